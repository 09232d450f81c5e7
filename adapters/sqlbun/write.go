package sqlbun

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/value"
)

// Insert writes one row and returns it as stored.
func (a *Adapter) Insert(ctx context.Context, t *db.Table, row db.Row) (db.Row, error) {
	row, err := value.Row(t, row)
	if err != nil {
		return nil, err
	}
	s := a.sql("INSERT INTO ").table(t).Text(" (")
	var given []Column
	for _, c := range columns(t, t.Names()) {
		if _, ok := row[c.Name()]; ok {
			given = append(given, c)
		}
	}
	s.columns("", given).Text(") VALUES (")
	for i, c := range given {
		v, err := a.encode(c, row[c.Name()])
		if err != nil {
			return nil, err
		}
		if i > 0 {
			s.Text(", ")
		}
		s.Value(v)
	}
	s.Text(")")
	if !a.dialect.Traits().Returning {
		return a.insertThenRead(ctx, t, s, row)
	}
	rows, err := a.change(ctx, "insert into", t, s)
	if err != nil {
		return nil, err
	}
	if len(rows) != 1 {
		return nil, &Error{Op: "insert into", Model: t.Model, Fault: Fault{Code: "no row came back"}}
	}
	return rows[0], nil
}

// Update changes the rows that match, in one statement.
func (a *Adapter) Update(ctx context.Context, c db.Change) (db.Result, error) {
	conds, err := value.Conditions(c.Table, c.Where)
	if err != nil {
		return db.Result{}, err
	}
	set, err := value.Set(c.Table, c.Set)
	if err != nil {
		return db.Result{}, err
	}
	s := a.sql("UPDATE ").table(c.Table).Text(" SET ")
	first := true
	for _, col := range columns(c.Table, c.Table.Names()) {
		v, ok := set[col.Name()]
		if !ok {
			continue
		}
		if !first {
			s.Text(", ")
		}
		first = false
		s.Name(col.SQLName()).Text(" = ")
		if inc, ok := v.(db.Increment); ok {
			s.Name(col.SQLName()).Text(" + ").Value(int64(inc))
			continue
		}
		if v, err = a.encode(col, v); err != nil {
			return db.Result{}, err
		}
		s.Value(v)
	}
	if c.Returning && !a.dialect.Traits().Returning {
		return a.updateThenRead(ctx, c.Table, s, conds)
	}
	if err := a.where(s, c.Table, "", conds); err != nil {
		return db.Result{}, err
	}
	return a.changeOrCount(ctx, "update", c.Table, s, c.Returning)
}

// Delete removes the rows that match, in one statement. With Returning it is
// the "consume" of single-use records.
func (a *Adapter) Delete(ctx context.Context, r db.Removal) (db.Result, error) {
	conds, err := value.Conditions(r.Table, r.Where)
	if err != nil {
		return db.Result{}, err
	}
	if r.Returning && !a.dialect.Traits().Returning {
		return a.readThenDelete(ctx, r.Table, conds)
	}
	s := a.sql("DELETE FROM ").table(r.Table)
	if err := a.where(s, r.Table, "", conds); err != nil {
		return db.Result{}, err
	}
	return a.changeOrCount(ctx, "delete from", r.Table, s, r.Returning)
}

func (a *Adapter) changeOrCount(ctx context.Context, op string, t *db.Table, s *SQL, returning bool) (db.Result, error) {
	if returning {
		rows, err := a.change(ctx, op, t, s)
		return db.Result{Count: int64(len(rows)), Rows: rows}, err
	}
	var res db.Result
	err := a.do(ctx, writing, op, t, func(conn bun.IDB) error {
		out, err := conn.ExecContext(ctx, string(s.buf))
		if err == nil {
			res.Count, err = out.RowsAffected()
		}
		return a.fail(ctx, op, t, err)
	})
	return res, err
}

// change runs a statement that writes and returns the rows that it wrote.
func (a *Adapter) change(ctx context.Context, op string, t *db.Table, s *SQL) ([]db.Row, error) {
	cols := columns(t, t.Names())
	s.Text(" RETURNING ").columns("", cols)
	var rows []db.Row
	err := a.do(ctx, writing, op, t, func(conn bun.IDB) error {
		rows = nil
		return a.query(ctx, conn, op, t, s, len(cols), func(raw []any) error {
			row, err := a.decode(cols, raw)
			if err != nil {
				return &writtenError{err}
			}
			rows = append(rows, row)
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return rows, nil
}
