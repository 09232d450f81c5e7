package main

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver pgx
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
)

// fresh makes an empty database for each dialect that has a server.
func fresh() map[string]func(testing.TB) string {
	return map[string]func(testing.TB) string{"postgres": sqltest.Postgres, "mysql": sqltest.MySQL}
}

// TestDatabaseScripts runs each script on an empty database of each dialect,
// which it finds in $DIALECT and $DSN.
func TestDatabaseScripts(t *testing.T) {
	scripts, err := filepath.Glob("testdata/databases/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for dialect, dsn := range fresh() {
		for _, script := range scripts {
			t.Run(dialect, func(t *testing.T) {
				t.Parallel()
				dsn := dsn(t)
				testscript.Run(t, testscript.Params{
					Files: []string{script},
					Setup: func(env *testscript.Env) error {
						env.Setenv("DIALECT", dialect)
						env.Setenv("DSN", dsn)
						return nil
					},
					Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"exits": exits, "sql": runSQL},
				})
			})
		}
	}
}

// runSQL is the script command `sql FILE`: it runs a script on $DSN past
// Gatehouse. Names may stand in double quotes, whatever the dialect.
func runSQL(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: sql FILE")
	}
	pool, err := rawPool(ts.Getenv("DIALECT"), ts.Getenv("DSN"))
	ts.Check(err)
	defer func() { _ = pool.Close() }()
	_, err = pool.ExecContext(context.Background(), ts.ReadFile(args[0]))
	ts.Check(err)
}

func rawPool(dialect, dsn string) (*sql.DB, error) {
	if dialect == "postgres" {
		return sql.Open("pgx", dsn)
	}
	u, err := url.Parse(dsn)
	if err != nil {
		return nil, err
	}
	c := mysql.NewConfig()
	c.User, c.Net, c.Addr, c.DBName = u.User.Username(), "tcp", u.Host, strings.TrimPrefix(u.Path, "/")
	c.Passwd, _ = u.User.Password()
	c.MultiStatements = true
	c.Params = map[string]string{"sql_mode": "'ANSI_QUOTES,STRICT_ALL_TABLES'"}
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// Of several that migrate at once, one does.
func TestSeveralMigrationsAtOnceAreOne(t *testing.T) {
	t.Parallel()
	const processes = 4
	for dialect, dsn := range fresh() {
		t.Run(dialect, func(t *testing.T) {
			t.Parallel()
			dir := configure(t, configuration(dialect, dsn(t), ""))
			var mu sync.Mutex
			var all strings.Builder
			var group sync.WaitGroup
			for range processes {
				group.Go(func() {
					cmd := exec.CommandContext(t.Context(), "gatehouse", "migrate", "--config", "auth.yaml")
					cmd.Dir = dir
					out, err := cmd.CombinedOutput()
					mu.Lock()
					defer mu.Unlock()
					if err != nil || !strings.HasSuffix(string(out), "The database is up to date.\n") {
						t.Errorf("%v\n%s", err, out)
					}
					all.Write(out)
				})
			}
			group.Wait()
			if n := strings.Count(all.String(), "] create table user\n"); n != 1 {
				t.Errorf("the table was made %d times:\n%s", n, &all)
			}
		})
	}
}

// configuration is a file for a server in production on a database, with more
// YAML after it.
func configuration(dialect, dsn, more string) string {
	return strings.Replace(serveConfig, "{dialect: sqlite, dsn: auth.db}", fmt.Sprintf("{dialect: %s, dsn: %q}", dialect, dsn), 1) +
		"rateLimit: {enabled: false}\n" + more
}
