package sqlbun

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/value"
)

// batch bounds the keys of one statement of a join.
const batch = 1000

// join reads the rows of a join that can give several per parent and puts them
// under the joined model's name: a list, or the first of it.
func (a *Adapter) join(ctx context.Context, conn bun.IDB, j db.Join, parents []db.Row) error {
	limit := 1
	if j.Many {
		limit = value.JoinLimit(j)
	}
	var keys []any
	known := map[any]bool{}
	for _, p := range parents {
		if v := p[j.Local]; v != nil && !known[joinKey(v)] {
			known[joinKey(v)] = true
			keys = append(keys, v)
		}
	}
	found := make(map[any][]db.Row, len(keys))
	for some := range slices.Chunk(keys, batch) {
		if err := a.joinBatch(ctx, conn, j, limit, some, found); err != nil {
			return err
		}
	}
	for _, p := range parents {
		var list []db.Row
		if v := p[j.Local]; v != nil {
			list = found[joinKey(v)]
		}
		switch {
		case j.Many:
			p[j.Table.Model] = append([]db.Row{}, list...)
		case len(list) > 0:
			p[j.Table.Model] = list[0]
		default:
			p[j.Table.Model] = nil
		}
	}
	return nil
}

// joinKey is the comparable form of a row's value.
func joinKey(v any) any {
	if t, ok := v.(time.Time); ok {
		return t.UnixMilli()
	}
	return v
}

func (a *Adapter) joinBatch(ctx context.Context, conn bun.IDB, j db.Join, limit int, keys []any, found map[any][]db.Row) error {
	cols := columns(j.Table, j.Table.Names())
	foreign := operand(primary, column(j.Table, j.Foreign))
	conds, err := value.Conditions(j.Table, db.Where{{Field: j.Foreign, Op: db.In, Value: keys}})
	if err != nil {
		return err
	}
	s := a.sql("SELECT ").columns(primary, cols).Text(" FROM ")
	if len(keys) == 1 {
		s.table(j.Table).Text(" AS ").Name(primary)
		if err := a.where(s, j.Table, primary, conds); err != nil {
			return err
		}
		s.Text(" LIMIT ").Value(int64(limit))
	} else {
		s.Text("(SELECT ").columns(primary, cols)
		s.Text(", row_number() OVER (PARTITION BY ")
		// Where a collation takes two parents' keys for one, they would share the limit.
		a.dialect.Exact(s, foreign.Column, foreign.Name)
		s.Text(") AS ").Name("gatehouse rank")
		s.Text(" FROM ").table(j.Table).Text(" AS ").Name(primary)
		if err := a.where(s, j.Table, primary, conds); err != nil {
			return err
		}
		s.Text(") AS ").Name(primary).Text(" WHERE ").Name("gatehouse rank").Text(" <= ").Value(int64(limit))
	}
	return a.query(ctx, conn, "select from", j.Table, s, len(cols), func(raw []any) error {
		row, err := a.decode(cols, raw)
		if err != nil {
			return err
		}
		k := joinKey(row[j.Foreign])
		found[k] = append(found[k], row)
		return nil
	})
}
