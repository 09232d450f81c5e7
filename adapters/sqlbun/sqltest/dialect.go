package sqltest

import (
	"context"
	"database/sql"
	"encoding/json"
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// Dialect is what the suites of migrations and of upstream's databases need to
// know of one.
type Dialect struct {
	// Empty gives the DSN of an empty database of the test's own.
	Empty func(t testing.TB) (dsn string)
	// Open opens it with so many connections; 0 is the usual number.
	Open func(ctx context.Context, dsn string, connections int) (*sqlbun.Adapter, error)
	// Connect opens it without an Adapter between, and closes it with the test.
	Connect func(t *testing.T, dsn string) *sql.DB

	// Diff prints how two values differ, as cmp.Diff does. What only tests need is
	// not imported here: programs of other modules import this package too.
	Diff func(want, got any) string

	// IDs are the columns of ids of each strategy, text first.
	IDs []IDColumn

	// Describe reads all tables, in an order that does not depend on how they were
	// made. Recorded reads what record.mjs wrote of upstream's in the same way; it
	// skips the test where the server says the same in other words.
	Describe func(t *testing.T, pool *sql.DB) any
	Recorded func(t *testing.T, pool *sql.DB, schema json.RawMessage) any

	// Session are statements for a connection that restores rows in any order, and
	// reads them as they were recorded.
	Session []string
	// Quote quotes a name. Literal is the expression for a column's value, quoted as
	// it is recorded.
	Quote, Literal func(name string) string
	// Differs changes what upstream answered where we read otherwise on purpose; nil
	// is nowhere.
	Differs func(model string, rows []map[string]any)
	// Stored is how we store the row that upstream stored so, ok is false for one
	// that we never write; nil is as upstream does.
	Stored func(model string, row map[string]string) (ours map[string]string, ok bool)
}

// IDColumn is the column of ids of one strategy: the type that we declare, and
// how the type as the database has it begins.
type IDColumn struct {
	Kind       db.IDKind
	Type, Live string
}

func (d Dialect) open(t *testing.T, dsn string, connections int) *sqlbun.Adapter {
	t.Helper()
	a, err := d.Open(t.Context(), dsn, connections)
	return Closed(t, a, err)
}

// Closed returns a database that was opened, unless err ends the test, and closes
// it with the test.
func Closed(t testing.TB, a *sqlbun.Adapter, err error) *sqlbun.Adapter {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// The test's own context has ended by now.
		if err := a.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return a
}

// Table declares one for a test.
func Table(t *testing.T, name string, fields ...*db.Field) *db.Table {
	t.Helper()
	table := &db.Table{Model: name, Fields: fields}
	if err := table.Init(); err != nil {
		t.Fatal(err)
	}
	return table
}

// Statements are those of a Plan.
func Statements(p *db.Plan) []string {
	var out []string
	for _, s := range p.Steps {
		out = append(out, s.SQL)
	}
	return out
}

// Execute runs statements.
func Execute(t *testing.T, pool *sql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := pool.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// List reads all rows of a query.
func List[T any](t *testing.T, pool *sql.DB, query string, scan func(rows *sql.Rows) (T, error)) []T {
	t.Helper()
	rows, err := pool.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer func() { _ = rows.Close() }()
	out := []T{}
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// One scans a row of one column, for List.
func One[T any](rows *sql.Rows) (v T, err error) { return v, rows.Scan(&v) }
