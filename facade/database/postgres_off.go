//go:build !gatehouse_postgres && !gatehouse_full

package database

func linkedPostgres() SQLDriver { return nil }
