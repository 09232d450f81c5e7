// Package mysql is the driver that package database opens MySQL and
// MariaDB with.
package mysql

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/mysql"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/facade/config"
)

// Open is a database.SQLDriver.
func Open(ctx context.Context, b config.Database) (db.Adapter, error) {
	a, err := mysql.Open(ctx, b.DSN, mysql.Options{Connections: b.Connections})
	if err != nil {
		return nil, err // never a nil pointer as an adapter
	}
	return a, nil
}
