package sqlbun

import (
	"context"
	"database/sql/driver"
	"errors"

	"golang.org/x/sync/semaphore"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// Preparer is a Dialect whose driver keeps statements prepared, by connection and
// under their text: planning a look-up takes longer than running it.
type Preparer interface {
	// Lookup runs a query with the placeholders $1, $2 and so on as a prepared
	// statement, and calls each with every row: the values that database/sql would
	// scan into an any. The slice is good until each returns. It goes to the driver's
	// own connection, as sql.Conn.Raw gives it, because database/sql takes longer to
	// hand over the rows than the database to find them.
	//
	// The error is driver.ErrBadConn where the connection was gone before anything
	// was sent, and driver.ErrSkip where it is not one that the Dialect knows.
	Lookup(ctx context.Context, conn any, query string, args []any, each func(raw []any)) error
	// CannotPrepare tells whether an error says that the server, or a proxy in front
	// of it, keeps no statements.
	CannotPrepare(err error) bool
}

// PrepareLookups has look-ups of rows by equality run as prepared statements, where
// the Dialect is a Preparer. Call it before the Adapter is used, and only for a pool
// whose connections keep statements.
//
// They get connections in the order in which they ask: database/sql takes any of those
// who wait, so that under load some wait several times as long as others.
func (a *Adapter) PrepareLookups() {
	if _, able := a.dialect.(Preparer); !able {
		return
	}
	if n := a.read.Stats().MaxOpenConnections; n > 0 {
		a.turns = semaphore.NewWeighted(int64(n))
	}
	a.prepares.Store(true)
}

// lookup runs a selection as a prepared statement. done is false where it is none
// that is prepared, and where that did not work: it only reads, and can run again
// as any other.
func (a *Adapter) lookup(ctx context.Context, sel *selection, each func(raw []any) error) (done bool, err error) {
	if !a.prepares.Load() || ctx.Value(txKey{a}) != nil || !sel.isLookup() {
		return false, nil
	}
	s := a.sql("")
	s.params = true
	if err := a.writeSelect(s, sel); err != nil || s.unfit {
		return err != nil, err
	}
	if a.turns != nil {
		if err := a.turns.Acquire(ctx, 1); err != nil {
			return true, a.fail(ctx, "select from", sel.Table, err)
		}
		defer a.turns.Release(1)
	}
	conn, err := a.read.DB.Conn(ctx)
	if err != nil {
		return true, a.fail(ctx, "select from", sel.Table, err)
	}
	// Given back, or closed: there is nothing to do about an error.
	defer func() { _ = conn.Close() }()
	p, _ := a.dialect.(Preparer)
	var refused error
	err = conn.Raw(func(conn any) error {
		return p.Lookup(ctx, conn, string(s.buf), s.args, func(raw []any) {
			if refused == nil {
				refused = each(raw)
			}
		})
	})
	switch {
	case err == nil:
		return true, refused
	case errors.Is(err, driver.ErrBadConn):
		return false, nil
	case errors.Is(err, driver.ErrSkip), p.CannotPrepare(err):
		a.prepares.Store(false)
		return false, nil
	}
	return a.ranAlready(err), a.fail(ctx, "select from", sel.Table, err)
}

// ranAlready tells errors that another way to run the statement would meet, too:
// what is not the database's own refusal.
func (a *Adapter) ranAlready(err error) bool {
	return a.dialect.Fault(err).Kind == Unavailable || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// isLookup tells whether all of a selection but the values is the same for each of
// its kind, so that preparing it pays.
func (sel *selection) isLookup() bool {
	if sel.ForUpdate || len(sel.apart) > 0 || sel.Offset > 0 || len(sel.Where) == 0 {
		return false
	}
	for _, c := range sel.conds {
		if c.Op != db.Eq || len(c.Any) > 0 || c.Null || c.Fold || c.Never || c.Always {
			return false
		}
	}
	return true
}
