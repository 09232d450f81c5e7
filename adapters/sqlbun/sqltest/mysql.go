package sqltest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net/url"
	"strings"
	"testing"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/mysql"
	"github.com/gatehouse-auth/gatehouse/core/authtest/services"
)

// MySQL returns the DSN of a new, empty database, which is dropped when the test
// has ended. Its default collation takes A for a, and á too, as those of most
// servers do. Where there is no MySQL or MariaDB the test is skipped, see
// package services.
func MySQL(t testing.TB) string {
	t.Helper()
	server := services.MySQL(t)
	name := "gatehouse_" + strings.ToLower(rand.Text())
	MySQLExec(t, server, "CREATE DATABASE "+name+" CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci")
	t.Cleanup(func() { MySQLExec(t, server, "DROP DATABASE "+name) })
	return inDatabase(t, server, name)
}

// ReusedMySQL is MySQL for many tests of one, such as those of a suite: each gets
// a database without rows, but possibly with the tables of a test before it,
// because it is tables that take MySQL time. All are dropped when parent has ended.
func ReusedMySQL(parent testing.TB) func(t testing.TB) string {
	return (&reused{parent: parent, create: MySQL, empty: emptyMySQL}).lend
}

// emptyMySQL removes all rows once every other connection has ended: a statement
// whose client is gone may still be about to write.
func emptyMySQL(t testing.TB, dsn string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
	defer cancel()
	pool := mysqlPool(t, dsn)
	defer func() { _ = pool.Close() }()
	for others := 1; others > 0; {
		const query = "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND ID <> CONNECTION_ID()"
		if err := pool.QueryRowContext(ctx, query).Scan(&others); err != nil {
			t.Fatalf("wait for the database's other connections to end: %v", err)
		}
	}
	tables, err := pool.QueryContext(ctx, "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()")
	if err != nil {
		t.Fatal(err)
	}
	statements := []string{"SET foreign_key_checks = 0", "BEGIN"}
	for tables.Next() {
		var name string
		if err := tables.Scan(&name); err != nil {
			t.Fatal(err)
		}
		statements = append(statements, "DELETE FROM `"+name+"`")
	}
	if err := tables.Err(); err != nil {
		t.Fatal(err)
	}
	for _, statement := range append(statements, "COMMIT") {
		if _, err := pool.ExecContext(ctx, statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// MySQLExec runs statements on a connection of their own, also when the context
// of the test has ended.
func MySQLExec(t testing.TB, dsn string, statements ...string) {
	t.Helper()
	pool := mysqlPool(t, dsn)
	defer func() { _ = pool.Close() }()
	for _, statement := range statements {
		if _, err := pool.ExecContext(context.WithoutCancel(t.Context()), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// mysqlPool opens a pool of one connection, so that statements about a session
// are about this one.
func mysqlPool(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	connector, err := mysql.Connector(dsn, mysql.Options{})
	if err != nil {
		t.Fatal(err)
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(1)
	return pool
}

// inDatabase names another database in a DSN of either form.
func inDatabase(t testing.TB, dsn, name string) string {
	t.Helper()
	if u, err := url.Parse(dsn); err == nil && u.Host != "" {
		u.Path = "/" + name
		return u.String()
	}
	cfg, err := driver.ParseDSN(dsn)
	if err != nil {
		t.Fatal("the DSN of the MySQL server does not parse")
	}
	cfg.DBName = name
	return cfg.FormatDSN()
}
