package postgres_test

import (
	"database/sql"
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
