package sqlbun

import (
	"context"
	"database/sql"
	"strconv"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/schema"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/value"
)

// SQL is a statement being written. Text is ours and constant; names and
// values are quoted by bun.
type SQL struct {
	gen schema.QueryGen
	buf []byte

	// params makes Value write a placeholder, and keep the value in args. unfit
	// tells that a value was not one that goes as a parameter.
	params, unfit bool
	args          []any
}

// Part writes a piece of a statement.
type Part func(*SQL)

// Text appends SQL as it stands.
func (s *SQL) Text(sql string) *SQL {
	s.buf = append(s.buf, sql...)
	return s
}

// Name appends a quoted identifier; several are joined with dots, empty ones left out.
func (s *SQL) Name(parts ...string) *SQL {
	dot := false
	for _, p := range parts {
		if p == "" {
			continue
		}
		if dot {
			s.buf = append(s.buf, '.')
		}
		s.buf = s.gen.AppendName(s.buf, p)
		dot = true
	}
	return s
}

// Value appends a literal, or a placeholder for it.
func (s *SQL) Value(v any) *SQL {
	if s.params {
		switch v.(type) {
		case string, int64, bool:
			s.args = append(s.args, v)
			s.buf = strconv.AppendInt(append(s.buf, '$'), int64(len(s.args)), 10)
			return s
		}
		s.unfit = true
	}
	s.buf = s.gen.Append(s.buf, v)
	return s
}

// Values appends literals, between commas.
func (s *SQL) Values(vs []any) *SQL {
	return s.list(len(vs), func(i int) { s.Value(vs[i]) })
}

// Put appends what a part writes.
func (s *SQL) Put(p Part) *SQL {
	p(s)
	return s
}

func (s *SQL) list(n int, item func(i int)) *SQL {
	for i := range n {
		if i > 0 {
			s.Text(", ")
		}
		item(i)
	}
	return s
}

func (a *Adapter) sql(start string) *SQL {
	return &SQL{gen: a.write.QueryGen(), buf: append(make([]byte, 0, 512), start...)}
}

func (s *SQL) table(t *db.Table) *SQL { return s.Name(t.Schema, t.Name) }

func (s *SQL) columns(alias string, cols []Column) *SQL {
	return s.list(len(cols), func(i int) { s.Name(alias, cols[i].SQLName()) })
}

// encode is the literal of a canonical value, NULL included.
func (a *Adapter) encode(c Column, v any) (any, error) {
	if v == nil {
		return nil, nil //nolint:nilnil // NULL
	}
	out, err := a.dialect.Encode(c, v)
	if err != nil {
		return nil, &valueError{c, err}
	}
	return out, nil
}

// query runs a statement that gives rows and calls each with every one. A
// change has happened only when query returns nil: databases finish it with
// the last row.
func (a *Adapter) query(ctx context.Context, conn bun.IDB, op string, t *db.Table, s *SQL, width int, each func(raw []any) error) error {
	rows, err := conn.QueryContext(ctx, string(s.buf))
	if err != nil {
		return a.fail(ctx, op, t, err)
	}
	return a.each(ctx, rows, op, t, width, each)
}

// each reads the rows of a query, and closes them.
func (a *Adapter) each(ctx context.Context, rows *sql.Rows, op string, t *db.Table, width int, each func(raw []any) error) (err error) {
	defer func() {
		if e := rows.Close(); err == nil {
			err = a.fail(ctx, op, t, e)
		}
	}()
	raw, into := make([]any, width), make([]any, width)
	for i := range raw {
		into[i] = &raw[i]
	}
	var refused error
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return a.fail(ctx, op, t, err)
		}
		if refused == nil {
			refused = each(raw)
		}
	}
	if err := rows.Err(); err != nil {
		// Whatever the rows before it were, the statement has failed.
		return a.fail(ctx, op, t, err)
	}
	return refused
}

// decode makes a row of scanned values.
func (a *Adapter) decode(cols []Column, raw []any) (db.Row, error) {
	row := make(db.Row, len(cols))
	for i, c := range cols {
		if raw[i] == nil {
			row[c.Name()] = nil
			continue
		}
		v, err := a.scanned(c, raw[i])
		if err != nil {
			return nil, &valueError{c, err}
		}
		row[c.Name()] = v
	}
	return row, nil
}

// where writes WHERE and its conditions, or nothing.
func (a *Adapter) where(s *SQL, t *db.Table, alias string, conds []value.Condition) error {
	if len(conds) == 0 {
		return nil
	}
	s.Text(" WHERE ")
	return a.conjunction(s, t, alias, conds)
}
