package dbtest

import (
	"context"
	"slices"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// Watched is an Adapter for tests that look at what reaches another one, hold it
// up, or let it fail.
type Watched struct {
	db.Adapter
	// Before runs ahead of each call. An error of it is what the call returns;
	// the adapter does not see the call then.
	Before func(ctx context.Context, call Call) error
}

// Call is one call of an Adapter.
type Call struct {
	// Op is "insert", "select", "update", "delete", "count", "lock", and of a
	// transaction "begin" and, unless it is rolled back, "commit".
	Op string
	// Table, Where and Joins are those of the call, if it has any.
	Table *db.Table
	Where db.Where
	Joins []db.Join
}

// Of tells whether the call is one of the operations, or any, on a model.
func (c Call) Of(model string, ops ...string) bool {
	return c.Table != nil && c.Table.Model == model && (len(ops) == 0 || slices.Contains(ops, c.Op))
}

// String names the call, such as "insert user" or "commit".
func (c Call) String() string {
	if c.Table == nil {
		return c.Op
	}
	return c.Op + " " + c.Table.Model
}

// Insert implements [db.Adapter].
func (w Watched) Insert(ctx context.Context, t *db.Table, row db.Row) (db.Row, error) {
	if err := w.Before(ctx, Call{Op: "insert", Table: t}); err != nil {
		return nil, err
	}
	return w.Adapter.Insert(ctx, t, row)
}

// Select implements [db.Adapter].
func (w Watched) Select(ctx context.Context, q db.Query) ([]db.Row, error) {
	if err := w.Before(ctx, Call{Op: "select", Table: q.Table, Where: q.Where, Joins: q.Joins}); err != nil {
		return nil, err
	}
	return w.Adapter.Select(ctx, q)
}

// Update implements [db.Adapter].
func (w Watched) Update(ctx context.Context, c db.Change) (db.Result, error) {
	if err := w.Before(ctx, Call{Op: "update", Table: c.Table, Where: c.Where}); err != nil {
		return db.Result{}, err
	}
	return w.Adapter.Update(ctx, c)
}

// Delete implements [db.Adapter].
func (w Watched) Delete(ctx context.Context, r db.Removal) (db.Result, error) {
	if err := w.Before(ctx, Call{Op: "delete", Table: r.Table, Where: r.Where}); err != nil {
		return db.Result{}, err
	}
	return w.Adapter.Delete(ctx, r)
}

// Count implements [db.Adapter].
func (w Watched) Count(ctx context.Context, t *db.Table, where db.Where) (int64, error) {
	if err := w.Before(ctx, Call{Op: "count", Table: t, Where: where}); err != nil {
		return 0, err
	}
	return w.Adapter.Count(ctx, t, where)
}

// Tx implements [db.Adapter].
func (w Watched) Tx(ctx context.Context, fn func(context.Context) error) error {
	if err := w.Before(ctx, Call{Op: "begin"}); err != nil {
		return err
	}
	return w.Adapter.Tx(ctx, func(ctx context.Context) error {
		if err := fn(ctx); err != nil {
			return err
		}
		return w.Before(ctx, Call{Op: "commit"})
	})
}

// Lock implements [db.Adapter].
func (w Watched) Lock(ctx context.Context, name string) error {
	if err := w.Before(ctx, Call{Op: "lock"}); err != nil {
		return err
	}
	return w.Adapter.Lock(ctx, name)
}
