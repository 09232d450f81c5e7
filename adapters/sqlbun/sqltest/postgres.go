package sqltest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver

	"github.com/gatehouse-auth/gatehouse/core/authtest/services"
)

// Postgres returns the DSN of a new, empty schema, which is the only one in its
// search_path and is dropped when the test has ended. Connections through it
// have the schema's name as their application_name, and commits do not wait for the
// disk: that says nothing about correctness while the server lives, and would be
// most of a suite's time. Where there is no PostgreSQL the test is skipped, see
// package services.
func Postgres(t testing.TB) string {
	t.Helper()
	server := services.Postgres(t)
	name := "gatehouse_" + strings.ToLower(rand.Text())
	PostgresExec(t, server, "CREATE SCHEMA "+name)
	drop := server
	t.Cleanup(func() { PostgresExec(t, drop, "DROP SCHEMA "+name+" CASCADE") })
	for _, p := range [][2]string{{"search_path", name}, {"application_name", name}, {"synchronous_commit", "off"}} {
		server = WithParameter(server, p[0], p[1])
	}
	return server
}

// ReusedPostgres is Postgres for many tests of one, such as those of a suite: each
// gets a schema without rows, but possibly with the tables of a test before it,
// because it is tables that take time. All are dropped when parent has ended.
func ReusedPostgres(parent testing.TB) func(t testing.TB) string {
	return (&reused{parent: parent, create: Postgres, empty: emptyPostgres}).lend
}

// endOthers ends the other connections to the schema: a statement whose client is
// gone may still be about to write. It tells how many there were.
const endOthers = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
	WHERE application_name = current_setting('application_name') AND pid <> pg_backend_pid()`

// emptySchema removes all rows: those that others refer to in a second pass.
// TRUNCATE would write every table's files anew, which takes longer than
// creating them.
const emptySchema = `DO $$
DECLARE
	named regclass;
BEGIN
	FOR pass IN 1..2 LOOP
		FOR named IN SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' LOOP
			BEGIN
				EXECUTE 'DELETE FROM ' || named;
			EXCEPTION WHEN foreign_key_violation THEN
				IF pass = 2 THEN
					RAISE;
				END IF;
			END;
		END LOOP;
	END LOOP;
	PERFORM setval(oid, 1, false) FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind = 'S';
END $$`

func emptyPostgres(t testing.TB, dsn string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	defer cancel()
	pool := postgresPool(t, dsn)
	defer func() { _ = pool.Close() }()
	for others := 1; others > 0; {
		if err := pool.QueryRowContext(ctx, endOthers).Scan(&others); err != nil {
			t.Fatalf("end the other connections: %v", err)
		}
	}
	if _, err := pool.ExecContext(ctx, emptySchema); err != nil {
		t.Fatalf("empty the schema: %v", err)
	}
}

// PostgresExec runs statements on a connection of their own, also when the
// context of the test has ended.
func PostgresExec(t testing.TB, dsn string, statements ...string) {
	t.Helper()
	pool := postgresPool(t, dsn)
	defer func() { _ = pool.Close() }()
	for _, statement := range statements {
		if _, err := pool.ExecContext(context.WithoutCancel(t.Context()), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// postgresPool opens a pool of one connection, so that statements about a session
// are about this one.
func postgresPool(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	pool, err := sql.Open("pgx", dsn)
	if err != nil {
		t.Fatal("the DSN of the PostgreSQL server does not parse")
	}
	pool.SetMaxOpenConns(1)
	return pool
}

// WithParameter sets a parameter in a PostgreSQL DSN of either form.
func WithParameter(dsn, name, value string) string {
	u, err := url.Parse(dsn)
	if err != nil || u.Scheme == "" {
		return dsn + " " + name + "=" + value
	}
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
	return u.String()
}
