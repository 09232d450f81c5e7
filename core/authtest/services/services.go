// Package services finds the servers that tests need: PostgreSQL, MySQL or
// MariaDB, Redis or Valkey. Each is where an environment variable says, else on
// its default local port. A test whose service is absent is skipped, or fails
// where GATEHOUSE_REQUIRE_SERVICES is 1, which CI sets.
package services

import (
	"net"
	"os"
	"testing"
	"time"
)

// reachTime is how long a service may take to accept a connection: longer than
// the pauses after which the network tries again where many others ask at once.
const reachTime = 20 * time.Second

// Postgres returns a DSN of a PostgreSQL server on which tests may create
// databases: $GATEHOUSE_TEST_POSTGRES, else the database test of the local one.
func Postgres(t testing.TB) string {
	t.Helper()
	return find(t, "PostgreSQL", "GATEHOUSE_TEST_POSTGRES", "127.0.0.1:5432", "postgres://postgres@127.0.0.1:5432/test?sslmode=disable")
}

// MySQL returns a DSN of a MySQL or MariaDB server on which tests may create
// databases: $GATEHOUSE_TEST_MYSQL, else the database test of the local one.
func MySQL(t testing.TB) string {
	t.Helper()
	return find(t, "MySQL", "GATEHOUSE_TEST_MYSQL", "127.0.0.1:3306", "mysql://root@127.0.0.1:3306/test")
}

// Redis returns a URL of a Redis or Valkey server in which tests may write:
// $GATEHOUSE_TEST_REDIS, else the local one.
func Redis(t testing.TB) string {
	t.Helper()
	return find(t, "Redis", "GATEHOUSE_TEST_REDIS", "127.0.0.1:6379", "redis://127.0.0.1:6379")
}

func find(t testing.TB, name, variable, address, dsn string) string {
	t.Helper()
	if set := os.Getenv(variable); set != "" {
		return set
	}
	conn, err := (&net.Dialer{Timeout: reachTime}).DialContext(t.Context(), "tcp", address)
	if err == nil {
		_ = conn.Close()
		return dsn
	}
	const how = "%s is neither named by %s nor at %s; docker compose up -d starts one"
	if os.Getenv("GATEHOUSE_REQUIRE_SERVICES") == "1" {
		t.Fatalf(how, name, variable, address)
	}
	t.Skipf(how, name, variable, address)
	return ""
}
