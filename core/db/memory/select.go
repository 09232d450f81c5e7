package memory

import (
	"context"
	"slices"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/value"
)

// Select reads rows; without an order they come as they were inserted. Rows to be
// locked with a join that can give several for each need a transaction, as on SQL,
// where that takes statements of its own: db.ErrNoTx.
func (a *Adapter) Select(ctx context.Context, q db.Query) ([]db.Row, error) {
	if err := value.Query(q); err != nil {
		return nil, err
	}
	conds, err := value.Conditions(q.Table, q.Where)
	if err != nil {
		return nil, err
	}
	if _, ok := ctx.Value(txKey{a}).(*tx); q.ForUpdate && !ok && slices.ContainsFunc(q.Joins, several) {
		return nil, db.ErrNoTx
	}
	var out []db.Row
	err = a.statement(ctx, func() error {
		tb, err := a.table(q.Table)
		if err != nil {
			return err
		}
		limit := 0
		if q.Limit > 0 && len(q.Order) == 0 {
			limit = q.Limit + q.Offset
		}
		found, err := tb.find(ctx, conds, limit)
		if err != nil {
			return err
		}
		sortBy(found, q.Order)
		found = found[min(q.Offset, len(found)):]
		if q.Limit > 0 {
			found = found[:min(q.Limit, len(found))]
		}
		out = make([]db.Row, len(found))
		for i, r := range found {
			out[i] = tb.project(r.row, q.Fields)
			for _, j := range q.Joins {
				if out[i][j.Table.Model], err = a.joined(ctx, j, r.row[j.Local]); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// several tells whether a join can find more than one row, whichever it gives.
func several(j db.Join) bool {
	f := j.Table.Field(j.Foreign)
	return j.Many || j.Foreign != db.ID && (f == nil || !f.Unique)
}

func sortBy(records []*record, order []db.Order) {
	if len(order) == 0 {
		return
	}
	slices.SortStableFunc(records, func(a, b *record) int {
		for _, o := range order {
			c := compare(a.row[o.Field], b.row[o.Field])
			if o.Desc {
				c = -c
			}
			if c != 0 {
				return c
			}
		}
		return 0
	})
}

// joined is the Row or nil of a one join, the []Row of a many join.
func (a *Adapter) joined(ctx context.Context, j db.Join, v any) (any, error) {
	tb, err := a.table(j.Table)
	if err != nil {
		return nil, err
	}
	var found []*record
	if v != nil {
		limit := 1
		if j.Many {
			limit = value.JoinLimit(j)
		}
		by := []value.Condition{{Field: j.Foreign, Op: db.Eq, Value: v}}
		if found, err = tb.find(ctx, by, limit); err != nil {
			return nil, err
		}
	}
	if j.Many {
		rows := make([]db.Row, len(found))
		for i, r := range found {
			rows[i] = tb.project(r.row, nil)
		}
		return rows, nil
	}
	if len(found) == 0 {
		return nil, nil //nolint:nilnil // no row is NULL
	}
	return tb.project(found[0].row, nil), nil
}
