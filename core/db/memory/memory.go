// Package memory is an Adapter that keeps its tables in the process: for
// tests, demonstrations, and deployments that may forget everything.
//
// It behaves as the SQL adapters do: unset columns are NULL, unique fields and
// references are enforced, text compares byte by byte, NULL sorts first.
// Transactions exclude each other and every other call.
package memory

import (
	"context"
	"maps"
	"strconv"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/value"
)

// Adapter is a set of tables. A table comes into being when it is first used.
type Adapter struct {
	turn   chan struct{} // holds one token: whoever has it may touch the rest
	tables map[string]*table
	models []string // keys of tables, sorted
	undo   []func() // what a rollback runs, last first
}

var _ db.Adapter = (*Adapter)(nil)

// New returns an empty store.
func New() *Adapter {
	a := &Adapter{turn: make(chan struct{}, 1), tables: map[string]*table{}}
	a.turn <- struct{}{}
	return a
}

// Insert writes one row and returns it as stored.
func (a *Adapter) Insert(ctx context.Context, t *db.Table, row db.Row) (db.Row, error) {
	row, err := value.Row(t, row)
	if err != nil {
		return nil, err
	}
	var out db.Row
	err = a.statement(ctx, func() error {
		tb, err := a.table(t)
		if err != nil {
			return err
		}
		if _, ok := row[db.ID]; !ok {
			row[db.ID] = tb.serial + 1
		}
		r := &record{row: row}
		if err := a.link(tb, r); err != nil {
			return err
		}
		if err := a.parentsExist(tb, row, nil); err != nil {
			return err
		}
		out = tb.project(row, nil)
		return nil
	})
	return out, err
}

// Update changes the rows that match.
func (a *Adapter) Update(ctx context.Context, c db.Change) (db.Result, error) {
	conds, err := value.Conditions(c.Table, c.Where)
	if err != nil {
		return db.Result{}, err
	}
	set, err := value.Set(c.Table, c.Set)
	if err != nil {
		return db.Result{}, err
	}
	var res db.Result
	err = a.statement(ctx, func() error {
		tb, err := a.table(c.Table)
		if err != nil {
			return err
		}
		matched, err := tb.find(ctx, conds, 0)
		if err != nil {
			return err
		}
		for _, r := range matched {
			next := maps.Clone(r.row)
			for name, v := range set {
				if next[name], err = assign(r.row[name], v); err != nil {
					return err
				}
			}
			old := r.row
			if err := a.replace(tb, r, next); err != nil {
				return err
			}
			if err := a.parentsExist(tb, next, old); err != nil {
				return err
			}
			if c.Returning {
				res.Rows = append(res.Rows, tb.project(next, nil))
			}
		}
		res.Count = int64(len(matched))
		return nil
	})
	if err != nil {
		return db.Result{}, err
	}
	return res, nil
}

// Delete removes the rows that match, and what references delete with them.
func (a *Adapter) Delete(ctx context.Context, r db.Removal) (db.Result, error) {
	conds, err := value.Conditions(r.Table, r.Where)
	if err != nil {
		return db.Result{}, err
	}
	var res db.Result
	err = a.statement(ctx, func() error {
		tb, err := a.table(r.Table)
		if err != nil {
			return err
		}
		matched, err := tb.find(ctx, conds, 0)
		if err != nil {
			return err
		}
		var late []func() error
		for _, rec := range matched {
			if !rec.live {
				continue // a reference within the table took it already
			}
			if r.Returning {
				res.Rows = append(res.Rows, tb.project(rec.row, nil))
			}
			res.Count++
			if late, err = a.remove(tb, rec, late); err != nil {
				return err
			}
		}
		for _, check := range late {
			if err := check(); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return db.Result{}, err
	}
	return res, nil
}

// Count counts the rows that match.
func (a *Adapter) Count(ctx context.Context, t *db.Table, w db.Where) (int64, error) {
	conds, err := value.Conditions(t, w)
	if err != nil {
		return 0, err
	}
	var n int64
	err = a.statement(ctx, func() error {
		tb, err := a.table(t)
		if err != nil {
			return err
		}
		matched, err := tb.find(ctx, conds, 0)
		n = int64(len(matched))
		return err
	})
	return n, err
}

// project copies a row, or only the named fields of it.
func (tb *table) project(row db.Row, fields []string) db.Row {
	if len(fields) == 0 {
		fields = tb.names
	}
	out := make(db.Row, len(fields))
	for _, name := range fields {
		v := row[name]
		if n, ok := v.(int64); ok && value.IsSerial(tb.def, name) {
			v = strconv.FormatInt(n, 10)
		}
		out[name] = value.Copy(v)
	}
	return out
}
