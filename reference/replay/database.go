package replay

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
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
	// prepare brings it to the declared tables, all of them empty, once the
	// server knows them.
	prepare func(ctx context.Context, tables []*db.Table) error
	// rows reads a table as SQLite holds it: columns by their name in the
	// database, dates as text, booleans as 0 and 1, in the order of insertion.
	rows func(ctx context.Context, t *db.Table) ([]any, error)
	// columns lists the columns of a table in their order.
	columns func(ctx context.Context, t *db.Table) ([]string, error)
	// unordered says that rows come in no order where none is asked for.
	unordered bool
	close     func(ctx context.Context) error
}

// Close ends the use of the database.
func (d *Database) Close(ctx context.Context) error { return d.close(ctx) }

// Memory opens the in-memory adapter. What SQL would hold is derived from it.
func Memory(context.Context) (*Database, error) {
	a := memory.New()
	return &Database{
		Adapter: a,
		prepare: func(context.Context, []*db.Table) error { return nil },
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
	case bool, time.Time, int64, float64:
		return inSQLite(v), nil
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
			prepare: func(ctx context.Context, tables []*db.Table) error {
				_, err := a.Apply(ctx, tables, nil)
				return err
			},
			rows: func(ctx context.Context, t *db.Table) ([]any, error) { return fileRows(ctx, file, t) },
			columns: func(ctx context.Context, t *db.Table) ([]string, error) {
				return columnsOf(ctx, file, columnsOfFile, t.Name)
			},
			close: func(ctx context.Context) error { return errors.Join(file.Close(), a.Close(ctx)) },
		}, nil
	}
}

const columnsOfFile = "SELECT name FROM pragma_table_info(?)"

func fileRows(ctx context.Context, file *sql.DB, t *db.Table) ([]any, error) {
	columns, err := columnsOf(ctx, file, columnsOfFile, t.Name)
	if err != nil {
		return nil, err
	}
	// The sign hides the declared type, by which the driver would convert.
	terms := make([]string, len(columns))
	for i, c := range columns {
		terms[i] = "+" + quoted(c) + " AS " + quoted(c)
	}
	return query(ctx, file, "SELECT "+strings.Join(terms, ", ")+" FROM "+quoted(t.Name)+" ORDER BY rowid")
}

// query reads rows by their columns, as a recording shows them.
func query(ctx context.Context, conn *sql.DB, text string) (out []any, err error) {
	rows, err := conn.QueryContext(ctx, text)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	columns, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
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
			row[c.Name()] = inSQLite(values[i])
			if text, ok := row[c.Name()].(string); ok && c.DatabaseTypeName() == "JSONB" {
				row[c.Name()] = compact(text)
			}
		}
		out = append(out, row)
	}
	return out, rows.Err()
}

// inSQLite is what SQLite has, by upstream's hand, where another database has
// what its driver gives.
func inSQLite(v any) any {
	switch v := v.(type) {
	case []byte:
		return string(v)
	case bool:
		if v {
			return 1.0
		}
		return 0.0
	case time.Time:
		return v.UTC().Format(isoDate)
	case int64:
		return float64(v)
	}
	return v
}

// compact takes out the spaces with which PostgreSQL shows what it has parsed.
func compact(text string) string {
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(text)); err != nil {
		return text
	}
	return b.String()
}

// isoDate is how JavaScript writes a date.
const isoDate = "2006-01-02T15:04:05.000Z"

// columnsOf asks for the columns of a table by a statement with its name as the
// only parameter.
func columnsOf(ctx context.Context, conn *sql.DB, statement, table string) ([]string, error) {
	rows, err := conn.QueryContext(ctx, statement, table)
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
