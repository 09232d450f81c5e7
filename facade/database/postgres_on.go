//go:build gatehouse_postgres || gatehouse_full

package database

import "github.com/gatehouse-auth/gatehouse/facade/database/postgres"

func linkedPostgres() SQLDriver { return postgres.Open }
