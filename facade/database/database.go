// Package database opens the database that a configuration names.
package database

import (
	"context"
	"errors"
	"fmt"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqlite"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/facade/config"
)

var (
	// ErrUnavailable says that this version cannot open a dialect that a file may name.
	ErrUnavailable = errors.New("not available in this version: use sqlite")
	// ErrMissing says that the configuration names no database.
	ErrMissing = errors.New("not configured: name one, such as {dialect: sqlite, dsn: gatehouse.db}")
)

// Closer ends the use of a database. Close waits for running queries until ctx
// ends.
type Closer interface {
	Close(ctx context.Context) error
}

// Open opens the database and returns it with what closes it. Both are nil
// when there is an error, which names the option and never holds the DSN's
// password.
//
// The memory dialect starts empty and is gone when the process ends.
func Open(ctx context.Context, b config.Database) (db.Adapter, Closer, error) {
	switch b.Dialect {
	case "memory":
		return memory.New(), nothing{}, nil
	case "sqlite":
		a, err := sqlite.Open(ctx, b.DSN, sqlite.Options{})
		if err != nil {
			return nil, nil, fmt.Errorf("database: %w", err)
		}
		return a, a, nil
	case "postgres", "mysql":
		return nil, nil, fmt.Errorf("database.dialect: %s: %w", b.Dialect, ErrUnavailable)
	case "":
		return nil, nil, fmt.Errorf("database: %w", ErrMissing)
	}
	return nil, nil, errors.New("database.dialect: expected memory, sqlite, postgres or mysql")
}

// nothing is closed with the process.
type nothing struct{}

func (nothing) Close(context.Context) error { return nil }
