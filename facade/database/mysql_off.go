//go:build !gatehouse_mysql && !gatehouse_full

package database

func linkedMySQL() SQLDriver { return nil }
