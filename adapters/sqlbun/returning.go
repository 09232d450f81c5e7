package sqlbun

import (
	"context"
	"slices"
	"strconv"

	"github.com/uptrace/bun"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/value"
)

// What follows is for databases whose changes return no rows: rows are read and
// locked, then changed, in one transaction. Who comes second waits at the lock
// and then finds what the first one left, as with a single statement.

// insertThenRead runs an INSERT and reads its row as it was stored.
func (a *Adapter) insertThenRead(ctx context.Context, t *db.Table, insert *SQL, row db.Row) (stored db.Row, err error) {
	const op = "insert into"
	id, given := row[db.ID]
	if n, ok := id.(int64); ok {
		id = strconv.FormatInt(n, 10) // as conditions take it
	}
	err = a.Tx(ctx, func(ctx context.Context) error {
		return a.do(ctx, writing, op, t, func(conn bun.IDB) error {
			out, err := conn.ExecContext(ctx, string(insert.buf))
			if err != nil {
				return a.fail(ctx, op, t, err)
			}
			if !given {
				serial, err := out.LastInsertId()
				if err != nil {
					return a.fail(ctx, op, t, err)
				}
				id = strconv.FormatInt(serial, 10)
			}
			rows, err := a.locked(ctx, conn, op, t, []any{id})
			if err != nil {
				return err
			}
			if len(rows) != 1 {
				return &Error{Op: op, Model: t.Model, Fault: Fault{Code: "no row came back"}}
			}
			stored = rows[0]
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return stored, nil
}

// updateThenRead runs an UPDATE, given up to its WHERE, on the rows that match.
func (a *Adapter) updateThenRead(ctx context.Context, t *db.Table, update *SQL, conds []value.Condition) (db.Result, error) {
	const op = "update"
	var res db.Result
	err := a.Tx(ctx, func(ctx context.Context) error {
		return a.do(ctx, writing, op, t, func(conn bun.IDB) error {
			found, err := a.matching(ctx, conn, op, t, conds)
			if err != nil || len(found) == 0 {
				res = db.Result{}
				return err
			}
			ids := idsOf(found)
			if err := a.execByID(ctx, conn, op, t, update, ids); err != nil {
				return err
			}
			rows, err := a.locked(ctx, conn, op, t, ids)
			res = db.Result{Count: int64(len(rows)), Rows: rows}
			return err
		})
	})
	if err != nil {
		return db.Result{}, err
	}
	return res, nil
}

// readThenDelete removes the rows that match and returns them.
func (a *Adapter) readThenDelete(ctx context.Context, t *db.Table, conds []value.Condition) (db.Result, error) {
	const op = "delete from"
	var res db.Result
	err := a.Tx(ctx, func(ctx context.Context) error {
		return a.do(ctx, writing, op, t, func(conn bun.IDB) error {
			rows, err := a.matching(ctx, conn, op, t, conds)
			if err != nil {
				return err
			}
			res = db.Result{Count: int64(len(rows)), Rows: rows}
			if len(rows) == 0 {
				return nil
			}
			return a.execByID(ctx, conn, op, t, a.sql("DELETE FROM ").table(t), idsOf(rows))
		})
	})
	if err != nil {
		return db.Result{}, err
	}
	return res, nil
}

// matching reads and locks the rows that fulfil the conditions.
func (a *Adapter) matching(ctx context.Context, conn bun.IDB, op string, t *db.Table, conds []value.Condition) ([]db.Row, error) {
	cols := columns(t, t.Names())
	s := a.sql("SELECT ").columns("", cols).Text(" FROM ").table(t)
	if err := a.where(s, t, "", conds); err != nil {
		return nil, err
	}
	s.Text(a.dialect.Traits().ForUpdate)
	rows := []db.Row{}
	err := a.query(ctx, conn, op, t, s, len(cols), func(raw []any) error {
		row, err := a.decode(cols, raw)
		rows = append(rows, row)
		return err
	})
	return rows, err
}

// locked reads the rows of the ids, which this transaction has written.
func (a *Adapter) locked(ctx context.Context, conn bun.IDB, op string, t *db.Table, ids []any) ([]db.Row, error) {
	rows := make([]db.Row, 0, len(ids))
	for some := range slices.Chunk(ids, batch) {
		conds, err := value.Conditions(t, db.Where{{Field: db.ID, Op: db.In, Value: some}})
		if err != nil {
			return nil, err
		}
		found, err := a.matching(ctx, conn, op, t, conds)
		if err != nil {
			return nil, err
		}
		rows = append(rows, found...)
	}
	return rows, nil
}

// execByID runs a statement, given up to its WHERE, on the rows of the ids.
func (a *Adapter) execByID(ctx context.Context, conn bun.IDB, op string, t *db.Table, statement *SQL, ids []any) error {
	for some := range slices.Chunk(ids, batch) {
		conds, err := value.Conditions(t, db.Where{{Field: db.ID, Op: db.In, Value: some}})
		if err != nil {
			return err
		}
		s := &SQL{gen: statement.gen, buf: slices.Clone(statement.buf)}
		if err := a.where(s, t, "", conds); err != nil {
			return err
		}
		if _, err := conn.ExecContext(ctx, string(s.buf)); err != nil {
			return a.fail(ctx, op, t, err)
		}
	}
	return nil
}

func idsOf(rows []db.Row) []any {
	ids := make([]any, len(rows))
	for i, row := range rows {
		ids[i] = row[db.ID]
	}
	return ids
}
