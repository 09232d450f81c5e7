package sqlbun

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// attempts is how often a transaction runs when the database reports a
// serialization failure or a deadlock.
const attempts = 3

// endTime bounds each statement that ends a transaction, or brings it back to a
// savepoint. They do not end with the caller's context.
const endTime = 10 * time.Second

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
	locked bool  // Lock was called
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
		// Alone in its transaction, a statement can run again as one of Tx can.
		return again(ctx, func() error { return fn(a.write) })
	case reading:
		return fn(a.read)
	}
	tx, err := a.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: a.dialect.Traits().Snapshot})
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
	return again(ctx, func() error { return a.attempt(ctx, fn) })
}

// again runs a transaction until it has not met another one, at most so many times.
func again(ctx context.Context, run func() error) error {
	for n := 1; ; n++ {
		err := run()
		var e *Error
		if n == attempts || ctx.Err() != nil || !errors.As(err, &e) || e.Fault.Kind != Retry {
			return err
		}
	}
}

func (a *Adapter) attempt(ctx context.Context, fn func(context.Context) error) error {
	// The transaction's own context: with the caller's, a COMMIT that is under way
	// when the caller goes away would be done and reported as an error.
	life, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	conn, err := a.write.Conn(ctx)
	if err != nil {
		return a.fail(ctx, "begin", nil, err)
	}
	defer func() { _ = conn.Close() }()
	follow := context.AfterFunc(ctx, end) // while BEGIN waits
	tx, err := conn.BeginTx(life, &sql.TxOptions{Isolation: a.dialect.Traits().Isolation})
	if err != nil {
		follow()
		return a.fail(ctx, "begin", nil, err)
	}
	sc := &scope{tx: &transaction{conn: tx}}
	committed := false
	defer func() {
		// Runs on a panic too, which then goes on.
		sc.end()
		if !committed && errors.Is(a.finish(ctx, "rollback", end, tx.Rollback), db.ErrUnavailable) {
			discard(conn)
		}
		if sc.tx.locked {
			a.unlock(ctx, conn)
		}
	}()
	if !follow() {
		return a.fail(ctx, "begin", nil, context.Canceled)
	}
	if err := fn(context.WithValue(ctx, txKey{a}, sc)); err != nil {
		return err
	}
	sc.end()
	if err := sc.tx.broken; err != nil {
		return fmt.Errorf("the transaction failed before its end: %w", err)
	}
	// The last look at the context: from here on the answer is the database's.
	if err := ctx.Err(); err != nil {
		return a.fail(ctx, "commit", nil, err)
	}
	err = a.finish(ctx, "commit", end, tx.Commit)
	committed = err == nil
	return err
}

// finish runs what ends a transaction and, where it takes too long, calls end,
// which must cut it short.
func (a *Adapter) finish(ctx context.Context, op string, end func(), run func() error) error {
	late := make(chan struct{})
	timer := time.AfterFunc(endTime, func() {
		close(late)
		end()
	})
	err := run()
	if err != nil && !timer.Stop() {
		<-late
		return &Error{Op: op, Fault: Fault{Kind: Unavailable, Code: "no answer within " + endTime.String()}}
	}
	timer.Stop()
	return a.fail(context.WithoutCancel(ctx), op, nil, err)
}

// finishBy runs a statement of the same kind.
func (a *Adapter) finishBy(ctx context.Context, op string, conn bun.IConn, statement string) error {
	ctx, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	return a.finish(ctx, op, end, func() error {
		_, err := conn.ExecContext(ctx, statement)
		return err
	})
}

// unlock gives back what Lock took where the end of the transaction does not.
// A connection that cannot is closed, which gives it back as well.
func (a *Adapter) unlock(ctx context.Context, conn bun.Conn) {
	unlock := a.dialect.Traits().Unlock
	if unlock == "" {
		return
	}
	if a.finishBy(ctx, "unlock", conn, unlock) != nil {
		discard(conn)
	}
}

// discard ends a connection that must not be used again.
func discard(conn bun.Conn) {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
}

func (a *Adapter) savepoint(ctx context.Context, outer *scope, fn func(context.Context) error) error {
	var name string
	// ctx may end while the transaction goes on, which must then still get its
	// state back.
	exec := func(statement string) error {
		return a.finishBy(ctx, "savepoint", outer.tx.conn, statement+name)
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
		// Set before the call: one that was cut short may have taken the lock.
		sc.tx.locked = true
		return a.fail(ctx, "lock", nil, a.dialect.Lock(ctx, conn, name))
	})
}
