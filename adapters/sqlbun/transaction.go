package sqlbun

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"

	"github.com/uptrace/bun"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// attempts is how often a transaction runs when the database reports a
// serialization failure or a deadlock.
const attempts = 3

var errEnded = errors.New("the transaction of this context has ended")

// txKey finds the transaction of one Adapter in a context.
type txKey struct{ a *Adapter }

// transaction is one on the database. Its mutex orders the calls of goroutines
// that share it.
type transaction struct {
	mu     sync.Mutex
	conn   bun.Tx
	depth  int
	broken error // what made it unfit to go on; see harmless
}

// scope is the part of a transaction that one call of Tx covers.
type scope struct {
	tx    *transaction
	ended bool // guarded by tx.mu
}

// access says which connection a call needs where there is no transaction.
type access int

const (
	reading  access = iota
	writing         // a single statement that changes rows
	snapshot        // several statements that read
)

// do runs fn on the connection of ctx's transaction, or else of a pool.
func (a *Adapter) do(ctx context.Context, mode access, op string, t *db.Table, fn func(conn bun.IDB) error) error {
	if sc, ok := ctx.Value(txKey{a}).(*scope); ok {
		return sc.do(ctx, fn)
	}
	switch mode {
	case writing:
		return fn(a.write)
	case reading:
		return fn(a.read)
	}
	tx, err := a.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return a.fail(ctx, op, t, err)
	}
	err = fn(tx)
	// It only read: how it ends changes nothing.
	_ = tx.Rollback()
	return err
}

func (sc *scope) do(ctx context.Context, fn func(conn bun.IDB) error) error {
	sc.tx.mu.Lock()
	defer sc.tx.mu.Unlock()
	switch {
	case sc.ended:
		return errEnded
	case ctx.Err() != nil:
		return ctx.Err()
	case sc.tx.broken != nil:
		return fmt.Errorf("the transaction failed before: %w", sc.tx.broken)
	}
	err := fn(sc.tx.conn)
	if err != nil && !harmless(err) {
		sc.tx.broken = err
	}
	return err
}

func (sc *scope) end() {
	sc.tx.mu.Lock()
	defer sc.tx.mu.Unlock()
	sc.ended = true
}

// Tx runs fn in a transaction, or inside one at a savepoint. A statement that
// the database refuses (a unique index, a reference) should be the end of fn,
// or stand in a Tx of its own: PostgreSQL does not go on after it otherwise.
func (a *Adapter) Tx(ctx context.Context, fn func(context.Context) error) error {
	if sc, ok := ctx.Value(txKey{a}).(*scope); ok {
		return a.savepoint(ctx, sc, fn)
	}
	for n := 1; ; n++ {
		err := a.attempt(ctx, fn)
		var e *Error
		if n == attempts || ctx.Err() != nil || !errors.As(err, &e) || e.Fault.Kind != Retry {
			return err
		}
	}
}

func (a *Adapter) attempt(ctx context.Context, fn func(context.Context) error) error {
	conn, err := a.write.BeginTx(ctx, nil)
	if err != nil {
		return a.fail(ctx, "begin", nil, err)
	}
	sc := &scope{tx: &transaction{conn: conn}}
	committed := false
	defer func() {
		// Runs on a panic too, which then goes on.
		sc.end()
		if !committed {
			_ = conn.Rollback()
		}
	}()
	if err := fn(context.WithValue(ctx, txKey{a}, sc)); err != nil {
		return err
	}
	sc.end()
	if err := sc.tx.broken; err != nil {
		return fmt.Errorf("the transaction failed before its end: %w", err)
	}
	err = conn.Commit()
	committed = err == nil
	return a.fail(ctx, "commit", nil, err)
}

func (a *Adapter) savepoint(ctx context.Context, outer *scope, fn func(context.Context) error) error {
	var name string
	// Not ctx: it may end while the transaction goes on, which must then still
	// get its state back.
	exec := func(statement string) error {
		_, err := outer.tx.conn.ExecContext(context.WithoutCancel(ctx), statement+name)
		return a.fail(context.WithoutCancel(ctx), "savepoint", nil, err)
	}
	err := outer.do(ctx, func(bun.IDB) error {
		outer.tx.depth++
		name = fmt.Sprintf("gatehouse_%d", outer.tx.depth)
		return exec("SAVEPOINT ")
	})
	if err != nil {
		return err
	}
	inner := &scope{tx: outer.tx}
	kept := false
	defer func() {
		inner.end()
		if kept {
			return
		}
		outer.tx.mu.Lock()
		defer outer.tx.mu.Unlock()
		if err := errors.Join(exec("ROLLBACK TO SAVEPOINT "), exec("RELEASE SAVEPOINT ")); err != nil && outer.tx.broken == nil {
			outer.tx.broken = err
		}
	}()
	if err := fn(context.WithValue(ctx, txKey{a}, inner)); err != nil {
		return err
	}
	err = inner.do(ctx, func(bun.IDB) error { return exec("RELEASE SAVEPOINT ") })
	kept = err == nil
	return err
}

// Lock takes an advisory lock until the transaction ends.
func (a *Adapter) Lock(ctx context.Context, name string) error {
	sc, ok := ctx.Value(txKey{a}).(*scope)
	if !ok {
		return db.ErrNoTx
	}
	return sc.do(ctx, func(conn bun.IDB) error {
		return a.fail(ctx, "lock", nil, a.dialect.Lock(ctx, conn, name))
	})
}
