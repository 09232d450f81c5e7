// Package database opens what a configuration keeps its data in: the database
// and the secondary storage.
//
// SQLite and memory are always there. PostgreSQL, MySQL and Redis come with a
// library each, which a program has only if it asks: by the build tags
// gatehouse_postgres, gatehouse_mysql and gatehouse_redis, or gatehouse_full for
// every feature; or without tags, by passing the packages below this one as
// [Drivers].
package database

import (
	"context"
	"errors"
	"fmt"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqlite"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/facade/config"
)

var (
	// ErrNotLinked says that a program was built without what its configuration
	// names. The error that matches it names the build tag to add.
	ErrNotLinked = errors.New("not in this program")
	// ErrMissing says that the configuration names no database.
	ErrMissing = errors.New("not configured: name one, such as {dialect: sqlite, dsn: gatehouse.db}, or say none for a server that keeps nothing but its cookies")
)

// SQLDriver opens a database of one dialect.
type SQLDriver func(ctx context.Context, b config.Database) (db.Adapter, error)

// RedisDriver opens a secondary storage.
type RedisDriver func(ctx context.Context, r config.Redis) (secondary.Storage, error)

// Drivers opens what needs a library of its own. A field that is nil says that
// the program does not have it.
type Drivers struct {
	Postgres, MySQL SQLDriver
	Redis           RedisDriver
}

// Open opens what a configuration names with the drivers that the build tags
// have linked; see [Drivers.Open].
func Open(ctx context.Context, cfg *config.Config) (*Stores, error) { return Linked().Open(ctx, cfg) }

// Open opens the database and the secondary storage that a configuration names
// and puts them into its Options. ctx bounds the opening only.
//
// An error names the option, never a password, and leaves nothing open. One
// that matches db.ErrUnavailable may pass: the server was not reached, or not
// ready.
//
// The memory dialect starts empty and is gone when the process ends. The dialect
// none has no adapter: Options.Database stays nil, which makes a server stateless.
func (d Drivers) Open(ctx context.Context, cfg *config.Config) (*Stores, error) {
	s := &Stores{}
	var err error
	if s.database, err = d.database(ctx, cfg.Database); err != nil {
		return nil, err
	}
	if cfg.Redis != nil {
		if s.secondary, err = d.redis(ctx, *cfg.Redis); err != nil {
			_ = s.Close(ctx) // the error that counts is the other one
			return nil, err
		}
		cfg.Options.SecondaryStorage = s.secondary
	}
	cfg.Options.Database = s.database
	return s, nil
}

func (d Drivers) database(ctx context.Context, b config.Database) (db.Adapter, error) {
	var open SQLDriver
	switch b.Dialect {
	case config.Stateless:
		return nil, nil // which is what was asked for
	case "memory":
		return memory.New(), nil
	case "sqlite":
		open = openSQLite
	case "postgres":
		open = d.Postgres
	case "mysql":
		open = d.MySQL
	case "":
		return nil, fmt.Errorf("database: %w", ErrMissing)
	default:
		return nil, errors.New("database.dialect: expected memory, sqlite, postgres, mysql or none")
	}
	if open == nil {
		return nil, fmt.Errorf("database.dialect: %s is %w", b.Dialect, notLinked(b.Dialect))
	}
	a, err := open(ctx, b)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	return a, nil
}

func (d Drivers) redis(ctx context.Context, r config.Redis) (secondary.Storage, error) {
	if d.Redis == nil {
		return nil, fmt.Errorf("secondaryStorage.redis is %w", notLinked("redis"))
	}
	s, err := d.Redis(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("secondaryStorage: %w", err)
	}
	return s, nil
}

func openSQLite(ctx context.Context, b config.Database) (db.Adapter, error) {
	a, err := sqlite.Open(ctx, b.DSN, sqlite.Options{Connections: b.Connections})
	if err != nil {
		return nil, err
	}
	return a, nil
}

// notLinked names the tag of a feature, which is called like it.
func notLinked(feature string) error {
	return fmt.Errorf("%w: build it with -tags gatehouse_%s, or use the command gatehouse, which has every feature", ErrNotLinked, feature)
}
