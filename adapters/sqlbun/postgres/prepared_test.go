package postgres_test

import (
	"database/sql"
	"fmt"
	"reflect"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/postgres"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// prepares makes an Adapter that prepares look-ups, over a pool of one connection.
func prepares(t *testing.T) (*sqlbun.Adapter, *sql.DB, *db.Table) {
	t.Helper()
	pool := borrowed(t, sqltest.Postgres(t), pgx.QueryExecModeSimpleProtocol)
	pool.SetMaxOpenConns(1)
	a := sqlbun.Over(postgres.Dialect{}, pool)
	a.PrepareLookups()
	table := counter(t)
	if _, err := a.Apply(t.Context(), []*db.Table{table}, nil); err != nil {
		t.Fatal(err)
	}
	return a, pool, table
}

// kept counts the statements that the server keeps for the connection.
func kept(t *testing.T, pool *sql.DB) (n int) {
	t.Helper()
	if err := pool.QueryRowContext(t.Context(), "SELECT count(*) FROM pg_prepared_statements").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func lookUp(t *testing.T, a *sqlbun.Adapter, table *db.Table, id string, want int) {
	t.Helper()
	rows, err := a.Select(t.Context(), db.Query{Table: table, Where: db.Where{db.By(db.ID, id)}, Limit: 1})
	if err != nil || len(rows) != want {
		t.Errorf("%d rows for %q, %v, want %d", len(rows), id, err, want)
	}
}

func TestLookupsArePreparedOnce(t *testing.T) {
	t.Parallel()
	a, pool, table := prepares(t)
	insert(t, a, table, db.Row{db.ID: "one"})
	for _, id := range []string{"one", "two", `it's \ "`} {
		lookUp(t, a, table, id, map[string]int{"one": 1}[id])
	}
	if n := kept(t, pool); n != 1 {
		t.Errorf("%d statements are kept, want 1", n)
	}
	// What is not a look-up by equality, or stands in a transaction, is not prepared.
	for _, q := range []db.Query{
		{Table: table},
		{Table: table, Where: db.Where{{Field: db.ID, Op: db.In, Value: []any{"one", "two"}}}},
		{Table: table, Where: db.Where{{Field: db.ID, Op: db.Gt, Value: "a"}}},
		{Table: table, Where: db.Where{db.By(db.ID, "one")}, Offset: 1},
	} {
		if _, err := a.Select(t.Context(), q); err != nil {
			t.Error(err)
		}
	}
	if n := kept(t, pool); n != 1 {
		t.Errorf("%d statements are kept, want 1", n)
	}
}

// A proxy that hands every transaction another connection loses the statements.
func TestAServerThatLosesStatementsIsAskedWithoutThem(t *testing.T) {
	t.Parallel()
	a, pool, table := prepares(t)
	insert(t, a, table, db.Row{db.ID: "one"})
	lookUp(t, a, table, "one", 1)
	if _, err := pool.ExecContext(t.Context(), "DEALLOCATE ALL"); err != nil {
		t.Fatal(err)
	}
	lookUp(t, a, table, "one", 1)
	lookUp(t, a, table, "two", 0)
	if n := kept(t, pool); n != 0 {
		t.Errorf("%d statements are kept, want none any more", n)
	}
}

// A pool without room for statements is one of the application's own.
func TestAPoolThatKeepsNoStatementsIsAskedWithoutThem(t *testing.T) {
	t.Parallel()
	dsn := sqltest.Postgres(t)
	pool := borrowed(t, dsn+"&statement_cache_capacity=0", pgx.QueryExecModeSimpleProtocol)
	a := sqlbun.Over(postgres.Dialect{}, pool)
	a.PrepareLookups()
	table := counter(t)
	if _, err := a.Apply(t.Context(), []*db.Table{table}, nil); err != nil {
		t.Fatal(err)
	}
	insert(t, a, table, db.Row{db.ID: "one"})
	lookUp(t, a, table, "one", 1)
}

// A prepared statement is read from the driver itself, any other through
// database/sql: every type of column that is accepted gives the same either way.
func TestPreparedLookupsReadWhatOthersDo(t *testing.T) {
	t.Parallel()
	columns := []struct {
		of     db.Type
		column string
		values []string
	}{
		{db.String, "text", []string{"'é \\ '''", "''", "NULL"}},
		{db.String, "varchar(20)", []string{"'x'", "'x '"}},
		{db.String, "character(4)", []string{"'x'"}},
		{db.String, "uuid", []string{"'00000000-0000-4000-8000-00000000000f'"}},
		{db.String, "integer", []string{"-7"}},
		{db.Boolean, "boolean", []string{"true", "false", "NULL"}},
		{db.Number, "smallint", []string{"-7"}},
		{db.Number, "integer", []string{"2147483647"}},
		{db.Number, "bigint", []string{"9007199254740993", "-1"}},
		{db.Number, "numeric", []string{"2.5", "1e300"}},
		{db.Number, "double precision", []string{"2.5", "1e300"}},
		{db.Number, "real", []string{"0.25"}},
		{db.Date, "timestamptz", []string{"'2026-11-22 14:00:00.123456+02'", "'1969-12-31 23:59:59.999Z'", "'4713-01-01 BC'", "'0001-06-01 BC'", "'294276-12-31 23:59:59Z'", "'infinity'", "'-infinity'", "NULL"}},
		{db.Date, "timestamp", []string{"'2026-11-22 14:00:00.123456'"}},
		{db.Date, "date", []string{"'2026-11-22'"}},
		{db.JSON, "jsonb", []string{`'{"a": [1, null]}'`, "'null'"}},
		{db.JSON, "json", []string{`'{"a": [1, null]}'`}},
		{db.JSON, "text", []string{`'{"a": [1, null]}'`}},
		{db.StringArray, "jsonb", []string{`'["a", "b"]'`}},
	}
	pool := borrowed(t, sqltest.Postgres(t), pgx.QueryExecModeSimpleProtocol)
	a := sqlbun.Over(postgres.Dialect{}, pool)
	a.PrepareLookups()
	for i, c := range columns {
		table := sqltest.Table(t, fmt.Sprintf("t%d", i), &db.Field{Name: "v", Type: c.of, Nullable: true})
		create := fmt.Sprintf(`CREATE TABLE t%d (id text, v %s)`, i, c.column)
		if _, err := pool.ExecContext(t.Context(), create); err != nil {
			t.Fatal(err)
		}
		for n, v := range c.values {
			id := strconv.Itoa(n)
			if _, err := pool.ExecContext(t.Context(), fmt.Sprintf("INSERT INTO t%d VALUES ('%s', %s)", i, id, v)); err != nil {
				t.Fatal(err)
			}
			prepared, err := a.Select(t.Context(), db.Query{Table: table, Where: db.Where{db.By(db.ID, id)}})
			other, otherErr := a.Select(t.Context(), db.Query{Table: table, Where: db.Where{{Field: db.ID, Op: db.In, Value: []any{id}}}})
			if !reflect.DeepEqual(prepared, other) || fmt.Sprint(err) != fmt.Sprint(otherErr) {
				t.Errorf("%s in a column of type %s: %v, %v, and else %v, %v", v, c.column, prepared, err, other, otherErr)
			}
			if err == nil && len(prepared) != 1 {
				t.Errorf("%s in a column of type %s: %d rows", v, c.column, len(prepared))
			}
		}
	}
}
