package postgres_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/postgres"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

func TestUpstream(t *testing.T) { suite.RunUpstream(t) }

var suite = sqltest.Dialect{
	Empty: sqltest.Postgres,
	Open: func(ctx context.Context, dsn string, connections int) (*sqlbun.Adapter, error) {
		return postgres.Open(ctx, dsn, postgres.Options{Connections: connections})
	},
	Connect: connect,
	Diff:    func(want, got any) string { return cmp.Diff(want, got) },
	IDs: []sqltest.IDColumn{
		{Kind: db.IDText, Type: "text", Live: "text"},
		{Kind: db.IDUUID, Type: "uuid", Live: "uuid"},
		{Kind: db.IDSerial, Type: "integer", Live: "integer"},
	},
	Describe: describe,
	Recorded: func(t *testing.T, _ *sql.DB, schema json.RawMessage) any {
		t.Helper()
		var out any
		if err := json.Unmarshal(schema, &out); err != nil {
			t.Fatal(err)
		}
		return out
	},
	Session: []string{"SET timezone = 'UTC'", "SET session_replication_role = replica"},
	Quote:   strconv.Quote,
	Literal: func(column string) string { return "quote_nullable(" + strconv.Quote(column) + "::text)" },
	Differs: func(_ string, rows []map[string]any) {
		// Upstream leaves a bigint as the text that its driver gives.
		for _, row := range rows {
			if s, ok := row["big"].(string); ok {
				row["big"], _ = strconv.ParseFloat(s, 64)
			}
		}
	},
}

// connect opens a database without anything of ours between, on one connection.
func connect(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	pool, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pool.Close() })
	pool.SetMaxOpenConns(1)
	return pool
}

// describe is what record.mjs recorded of upstream's schema.
func describe(t *testing.T, pool *sql.DB) any {
	t.Helper()
	query, err := os.ReadFile(filepath.Join("testdata", "describe.sql"))
	if err != nil {
		t.Fatal(err)
	}
	var text string
	if err := pool.QueryRowContext(t.Context(), string(query)).Scan(&text); err != nil {
		t.Fatal(err)
	}
	var out any
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		t.Fatal(err)
	}
	return out
}
