// Package sqltest gives tests an empty database of their own on a server that
// package services finds, and removes it when they end: a schema on PostgreSQL, a
// database on MySQL and MariaDB.
package sqltest
