package sqlbun

import (
	"context"
	"fmt"
	"math"

	"github.com/uptrace/bun"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/value"
)

// primary is the alias of the queried table; joined ones follow as j0, j1, ….
const primary = "t"

// selection is a query taken apart: which columns its statement reads, and
// which joins take statements of their own.
type selection struct {
	db.Query
	conds  []value.Condition
	cols   []Column // of the queried table
	hidden int      // the last so many of cols were not asked for
	inline []inline // joins of at most one row each
	apart  []db.Join
}

type inline struct {
	db.Join
	alias string
	cols  []Column
}

func newSelection(q db.Query) (*selection, error) {
	conds, err := value.Conditions(q.Table, q.Where)
	if err != nil {
		return nil, err
	}
	sel := &selection{Query: q, conds: conds}
	names := q.Fields
	if len(names) == 0 {
		names = q.Table.Names()
	}
	sel.cols = columns(q.Table, names)
	for _, j := range q.Joins {
		if !j.Many && (j.Foreign == db.ID || j.Table.Field(j.Foreign).Unique) {
			alias := fmt.Sprintf("j%d", len(sel.inline))
			sel.inline = append(sel.inline, inline{j, alias, columns(j.Table, j.Table.Names())})
			continue
		}
		sel.apart = append(sel.apart, j)
		if !sel.reads(j.Local) {
			sel.cols = append(sel.cols, column(q.Table, j.Local))
			sel.hidden++
		}
	}
	return sel, nil
}

func (sel *selection) reads(name string) bool {
	for _, c := range sel.cols {
		if c.Name() == name {
			return true
		}
	}
	return false
}

func (sel *selection) width() int {
	n := len(sel.cols)
	for _, j := range sel.inline {
		n += len(j.cols)
	}
	return n
}

func operand(alias string, c Column) Operand {
	return Operand{Column: c, Name: func(s *SQL) { s.Name(alias, c.SQLName()) }}
}

// Select reads rows: one statement, and one more for each join of many rows.
// Several statements see one snapshot; inside a transaction they see what its
// isolation lets them see. Rows to be locked that take several statements need a
// transaction, or the locks would end with the reading: db.ErrNoTx.
func (a *Adapter) Select(ctx context.Context, q db.Query) ([]db.Row, error) {
	if err := value.Query(q); err != nil {
		return nil, err
	}
	sel, err := newSelection(q)
	if err != nil {
		return nil, err
	}
	rows := []db.Row{}
	done, err := a.lookup(ctx, sel, func(raw []any) error {
		row, err := a.decodeSelected(sel, raw)
		rows = append(rows, row)
		return err
	})
	if done && err == nil {
		return rows, nil
	}
	if done {
		return nil, err
	}
	s, err := a.selectSQL(sel)
	if err != nil {
		return nil, err
	}
	mode := reading
	if len(sel.apart) > 0 {
		if _, ok := ctx.Value(txKey{a}).(*scope); q.ForUpdate && !ok {
			return nil, db.ErrNoTx
		}
		mode = snapshot
	}
	err = a.do(ctx, mode, "select from", q.Table, func(conn bun.IDB) error {
		rows = []db.Row{}
		err := a.query(ctx, conn, "select from", q.Table, s, sel.width(), func(raw []any) error {
			row, err := a.decodeSelected(sel, raw)
			rows = append(rows, row)
			return err
		})
		if err != nil {
			return err
		}
		for _, j := range sel.apart {
			if err := a.join(ctx, conn, j, rows); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, c := range sel.cols[len(sel.cols)-sel.hidden:] {
		for _, row := range rows {
			delete(row, c.Name())
		}
	}
	return rows, nil
}

func (a *Adapter) selectSQL(sel *selection) (*SQL, error) {
	s := a.sql("")
	return s, a.writeSelect(s, sel)
}

func (a *Adapter) writeSelect(s *SQL, sel *selection) error {
	s.Text("SELECT ").columns(primary, sel.cols)
	for _, j := range sel.inline {
		s.Text(", ").columns(j.alias, j.cols)
	}
	s.Text(" FROM ").table(sel.Table).Text(" AS ").Name(primary)
	for _, j := range sel.inline {
		s.Text(" LEFT JOIN ").table(j.Table).Text(" AS ").Name(j.alias).Text(" ON ")
		a.dialect.Equal(s, operand(j.alias, column(j.Table, j.Foreign)), operand(primary, column(sel.Table, j.Local)))
	}
	if err := a.where(s, sel.Table, primary, sel.conds); err != nil {
		return err
	}
	for i, o := range sel.Order {
		s.Text(map[bool]string{true: " ORDER BY ", false: ", "}[i == 0])
		c := column(sel.Table, o.Field)
		a.dialect.Order(s, c, func(s *SQL) { s.Name(primary, c.SQLName()) }, o.Desc)
	}
	switch {
	case sel.Limit > 0:
		s.Text(" LIMIT ").Value(int64(sel.Limit))
	case sel.Offset > 0:
		// Only PostgreSQL takes an offset without a limit.
		s.Text(" LIMIT ").Value(int64(math.MaxInt64))
	}
	if sel.Offset > 0 {
		s.Text(" OFFSET ").Value(int64(sel.Offset))
	}
	if sel.ForUpdate {
		s.Text(a.dialect.Traits().ForUpdate)
	}
	return nil
}

func (a *Adapter) decodeSelected(sel *selection, raw []any) (db.Row, error) {
	row, err := a.decode(sel.cols, raw)
	if err != nil {
		return nil, err
	}
	raw = raw[len(sel.cols):]
	for _, j := range sel.inline {
		joined, err := a.decode(j.cols, raw)
		if err != nil {
			return nil, err
		}
		raw = raw[len(j.cols):]
		if row[j.Table.Model] = joined; joined[db.ID] == nil {
			row[j.Table.Model] = nil
		}
	}
	return row, nil
}

// Count counts the rows that match.
func (a *Adapter) Count(ctx context.Context, t *db.Table, w db.Where) (int64, error) {
	conds, err := value.Conditions(t, w)
	if err != nil {
		return 0, err
	}
	s := a.sql("SELECT count(*) FROM ").table(t)
	if err := a.where(s, t, "", conds); err != nil {
		return 0, err
	}
	var n int64
	err = a.do(ctx, reading, "count", t, func(conn bun.IDB) error {
		return a.query(ctx, conn, "count", t, s, 1, func(raw []any) error {
			var ok bool
			if n, ok = raw[0].(int64); !ok {
				return fmt.Errorf("count %s: the driver gave a %T", t.Model, raw[0])
			}
			return nil
		})
	})
	return n, err
}
