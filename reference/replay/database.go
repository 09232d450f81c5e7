package replay

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqlite"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// OpenDatabase opens an empty database for one scenario.
type OpenDatabase func(ctx context.Context) (*Database, error)

// Database is an adapter, and a look at what it keeps.
type Database struct {
	db.Adapter
	// rows reads a table as SQLite holds it: columns by their name in the
	// database, dates as text, booleans as 0 and 1, in the order of insertion.
	rows func(ctx context.Context, t *db.Table) ([]any, error)
	// columns lists the columns of a table in their order.
	columns func(ctx context.Context, t *db.Table) ([]string, error)
	close   func(ctx context.Context) error
}

// Close ends the use of the database.
func (d *Database) Close(ctx context.Context) error { return d.close(ctx) }

// Memory opens the in-memory adapter. What SQL would hold is derived from it.
func Memory(context.Context) (*Database, error) {
	a := memory.New()
	return &Database{
		Adapter: a,
		rows:    func(ctx context.Context, t *db.Table) ([]any, error) { return derivedRows(ctx, a, t) },
		columns: func(_ context.Context, t *db.Table) ([]string, error) {
			names := []string{db.ID}
			for _, f := range t.Fields {
				names = append(names, f.Column)
			}
			return names, nil
		},
		close: func(context.Context) error { return nil },
	}, nil
}

func derivedRows(ctx context.Context, a db.Adapter, t *db.Table) ([]any, error) {
	rows, err := a.Select(ctx, db.Query{Table: t})
	if err != nil {
		return nil, err
	}
	out := make([]any, len(rows))
	for i, row := range rows {
		id, _ := row[db.ID].(string)
		columns := map[string]any{db.ID: id}
		if n, err := strconv.ParseFloat(id, 64); err == nil && t.IDs == db.IDSerial {
			columns[db.ID] = n
		}
		for _, f := range t.Fields {
			if columns[f.Column], err = stored(t, f, row[f.Name]); err != nil {
				return nil, fmt.Errorf("%s.%s: %w", t.Model, f.Name, err)
			}
		}
		out[i] = columns
	}
	return out, nil
}

// stored is how upstream keeps a value in SQLite.
func stored(t *db.Table, f *db.Field, v any) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, nil //nolint:nilnil // NULL
	case bool:
		if v {
			return 1.0, nil
		}
		return 0.0, nil
	case time.Time:
		return v.UTC().Format("2006-01-02T15:04:05.000Z"), nil
	case int64:
		return float64(v), nil
	case float64:
		return v, nil
	case string:
		if f.Type != db.JSON {
			if n, err := strconv.ParseFloat(v, 64); err == nil && t.IDs == db.IDSerial && f.References != nil {
				return n, nil
			}
			return v, nil
		}
	}
	text, err := wire.Marshal(v)
	return string(text), err
}

// SQLite opens a database in a file in dir, and reads the file itself.
func SQLite(dir string) OpenDatabase {
	n := 0
	return func(ctx context.Context) (*Database, error) {
		n++
		path := filepath.Join(dir, strconv.Itoa(n)+".db")
		a, err := sqlite.Open(ctx, path, sqlite.Options{SkipSync: true})
		if err != nil {
			return nil, err
		}
		file, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
		if err != nil {
			return nil, errors.Join(err, a.Close(ctx))
		}
		return &Database{
			Adapter: a,
			rows:    func(ctx context.Context, t *db.Table) ([]any, error) { return fileRows(ctx, file, t) },
			columns: func(ctx context.Context, t *db.Table) ([]string, error) { return columnsOf(ctx, file, t.Name) },
			close:   func(ctx context.Context) error { return errors.Join(file.Close(), a.Close(ctx)) },
		}, nil
	}
}

func fileRows(ctx context.Context, file *sql.DB, t *db.Table) (out []any, err error) {
	columns, err := columnsOf(ctx, file, t.Name)
	if err != nil {
		return nil, err
	}
	// The sign hides the declared type, by which the driver would convert.
	terms := make([]string, len(columns))
	for i, c := range columns {
		terms[i] = "+" + quoted(c)
	}
	query := "SELECT " + strings.Join(terms, ", ") + " FROM " + quoted(t.Name) + " ORDER BY rowid"
	rows, err := file.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		values, targets := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			return nil, err
		}
		row := map[string]any{}
		for i, c := range columns {
			row[c] = values[i]
			if n, ok := values[i].(int64); ok {
				row[c] = float64(n)
			}
		}
		out = append(out, row)
	}
	return out, rows.Err()
}

func columnsOf(ctx context.Context, file *sql.DB, table string) ([]string, error) {
	rows, err := file.QueryContext(ctx, "SELECT name FROM pragma_table_info(?)", table)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	var names []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names = append(names, name)
	}
	return names, rows.Err()
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
