// Package sqlbun is an Adapter over SQL databases. It uses uptrace/bun for
// quoting, literals and transactions, never as a mapper: tables exist only at
// run time, and values are converted by the type of our field, not by the
// driver's.
//
// This package knows no driver and no database. Packages postgres, mysql and
// sqlite open one; what differs between databases stands in their Dialects.
package sqlbun

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"

	"github.com/uptrace/bun"
	"golang.org/x/sync/semaphore"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// Adapter is a db.Adapter and a db.Migrator over one database.
type Adapter struct {
	dialect     Dialect
	write, read *bun.DB
	borrowed    bool         // Close leaves the pools open
	check       func() error // what Ping looks at besides; nil for nothing
	prepares    atomic.Bool  // look-ups are prepared

	turns *semaphore.Weighted // of prepared look-ups; nil: there is no bound
}

var (
	_ db.Adapter  = (*Adapter)(nil)
	_ db.Migrator = (*Adapter)(nil)
)

// New makes an Adapter over opened pools, which it owns from then on. Changes
// and transactions go through write, other queries through read; the two may
// be the same pool.
func New(d Dialect, write, read *sql.DB) *Adapter {
	a := &Adapter{dialect: d, write: bun.NewDB(write, d.Bun())}
	a.read = a.write
	if read != write {
		a.read = bun.NewDB(read, d.Bun())
	}
	return a
}

// Over makes an Adapter over a pool of the application's, which Close leaves open.
func Over(d Dialect, pool *sql.DB) *Adapter {
	a := New(d, pool, pool)
	a.borrowed = true
	return a
}

// CheckOnPing adds a check to Ping. Call it before the Adapter is used.
func (a *Adapter) CheckOnPing(check func() error) { a.check = check }

// Ping reports whether the database answers.
func (a *Adapter) Ping(ctx context.Context) error {
	if a.check != nil {
		if err := a.check(); err != nil {
			return err
		}
	}
	var one int64
	err := a.read.DB.QueryRowContext(ctx, "SELECT 1").Scan(&one)
	return a.fail(ctx, "ping", nil, err)
}

// Close closes the Adapter's own pools once their queries have ended, or reports the end of
// ctx and leaves them to close when they can. Later calls fail.
func (a *Adapter) Close(ctx context.Context) error {
	if a.borrowed {
		return nil
	}
	done := make(chan error, 1)
	// The goroutine ends with the last running query: every one has a context.
	go func() { done <- errors.Join(a.read.Close(), a.write.Close()) }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
