// Package sqltest gives tests an empty database of their own on a server that
// package services finds, and removes it when they end: a schema on PostgreSQL, a
// database on MySQL and MariaDB.
//
// It also holds what the tests of each dialect have in common: the suites of
// migrations and of databases that upstream made ([Dialect]), and that of TLS
// ([TLS]).
package sqltest
