// Package postgres is the driver that package database opens PostgreSQL with.
package postgres

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/postgres"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/facade/config"
)

// Open is a database.SQLDriver.
func Open(ctx context.Context, b config.Database) (db.Adapter, error) {
	a, err := postgres.Open(ctx, b.DSN, postgres.Options{Connections: b.Connections})
	if err != nil {
		return nil, err // never a nil pointer as an adapter
	}
	return a, nil
}
