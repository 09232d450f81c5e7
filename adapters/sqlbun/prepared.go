package sqlbun

import (
	"context"
	"errors"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// Preparer is a Dialect whose driver keeps statements prepared, by connection and
// under their text: planning a look-up takes longer than running it.
type Preparer interface {
	// Prepared returns the arguments of QueryContext for a statement with the
	// placeholders $1, $2 and so on.
	Prepared(args []any) []any
	// CannotPrepare tells whether an error says that the server, or a proxy in front
	// of it, keeps no statements.
	CannotPrepare(err error) bool
}

// PrepareLookups has look-ups of rows by equality run as prepared statements, where
// the Dialect is a Preparer. Call it before the Adapter is used, and only for a pool
// whose connections keep statements.
func (a *Adapter) PrepareLookups() {
	_, able := a.dialect.(Preparer)
	a.prepares.Store(able)
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
	p, _ := a.dialect.(Preparer)
	rows, err := a.read.DB.QueryContext(ctx, string(s.buf), p.Prepared(s.args)...)
	if err != nil {
		if p.CannotPrepare(err) {
			a.prepares.Store(false)
			return false, nil
		}
		return a.ranAlready(err), a.fail(ctx, "select from", sel.Table, err)
	}
	err = a.each(ctx, rows, "select from", sel.Table, sel.width(), each)
	return err == nil || a.ranAlready(err), err
}

// ranAlready tells errors that another way to run the statement would meet, too:
// what is not the database's own refusal.
func (a *Adapter) ranAlready(err error) bool {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Fault.Kind != Other && e.Fault.Kind != Schema
	}
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
