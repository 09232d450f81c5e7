package sqlite

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/uptrace/bun"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// IDType is upstream's, but that a number is never given out twice. Without
// autoincrement a new row gets the number of the newest one that was removed,
// and with it whatever still names that row: tokens, caches, other systems.
func (Dialect) IDType(c sqlbun.Column) string {
	if c.Serial {
		return "integer not null primary key autoincrement"
	}
	return "text not null primary key"
}

// Type is upstream's column type.
func (Dialect) Type(c sqlbun.Column) string {
	switch {
	case c.Serial:
		return "integer"
	case c.Key:
		return "text"
	}
	switch c.Type {
	case db.Boolean:
		return "integer"
	case db.Number:
		if c.Field.BigInt {
			return "bigint"
		}
		return "integer"
	case db.Date:
		return "date"
	}
	return "text"
}

// Default is none, as upstream's for SQLite.
func (Dialect) Default(sqlbun.Column) string { return "" }

// Accepts follows upstream's table of types that agree. Beyond it, bigint is a
// number and text is a list: upstream creates such columns and then warns
// about them. Short of it, an integer column is no date: which unit it counts in
// cannot be seen, and what else uses it would not read the text that we write. Nor
// is a real one a big number, of which it keeps 53 bits.
func (Dialect) Accepts(c sqlbun.Column, live string) bool {
	live, _, _ = strings.Cut(strings.ToLower(live), "(")
	live = strings.TrimSpace(live)
	var good []string
	switch {
	case c.Serial:
		good = []string{"integer", "bigint", "int"}
	case c.Key:
		good = []string{"text"}
	default:
		good = map[db.Type][]string{
			db.String:      {"text"},
			db.Number:      {"integer", "real", "bigint"},
			db.Boolean:     {"integer", "boolean"},
			db.Date:        {"date"},
			db.JSON:        {"text"},
			db.StringArray: {"text", "json", "jsonb"},
			db.NumberArray: {"text", "json", "jsonb"},
		}[c.Type]
	}
	if live == "real" && c.Field != nil && c.Field.BigInt {
		return false
	}
	return slices.Contains(good, live)
}

// Inspect reads the table's columns and indexes from PRAGMAs.
func (Dialect) Inspect(ctx context.Context, conn bun.IDB, t *db.Table) (*sqlbun.LiveTable, error) {
	if t.Schema != "" {
		return nil, errors.New("SQLite has no schemas")
	}
	live := &sqlbun.LiveTable{}
	err := sqlbun.Scan(ctx, conn, "SELECT name, type FROM pragma_table_info(?)", []any{t.Name}, func(scan func(...any) error) error {
		var c sqlbun.LiveColumn
		if err := scan(&c.Name, &c.Type); err != nil {
			return err
		}
		live.Columns = append(live.Columns, c)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(live.Columns) == 0 {
		return nil, nil //nolint:nilnil // there is no such table
	}
	if live.Indexes, err = indexes(ctx, conn, t.Name); err != nil {
		return nil, err
	}
	err = conn.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM ?)", bun.Name(t.Name)).Scan(&live.Rows)
	return live, err
}

func indexes(ctx context.Context, conn bun.IDB, table string) ([]sqlbun.LiveIndex, error) {
	const query = `SELECT il.name, il."unique", ii.name FROM pragma_index_list(?) AS il, pragma_index_info(il.name) AS ii
		WHERE il.partial = 0 ORDER BY il.seq, ii.seqno`
	var out []sqlbun.LiveIndex
	err := sqlbun.Scan(ctx, conn, query, []any{table}, func(scan func(...any) error) error {
		var ix sqlbun.LiveIndex
		var col *string // NULL for an expression
		if err := scan(&ix.Name, &ix.Unique, &col); err != nil {
			return err
		}
		if n := len(out); n == 0 || out[n-1].Name != ix.Name {
			out = append(out, ix)
		}
		last := &out[len(out)-1]
		if col == nil {
			col = new(string)
		}
		last.Columns = append(last.Columns, *col)
		return nil
	})
	return out, err
}
