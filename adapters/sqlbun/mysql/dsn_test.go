package mysql_test

import (
	"database/sql"
	"net/url"
	"strings"
	"testing"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/mysql"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
)

func TestDataSourcesThatAreRefusedDoNotShowThePassword(t *testing.T) {
	t.Parallel()
	server, err := url.Parse(sqltest.MySQL(t))
	if err != nil {
		t.Fatal(err)
	}
	const password = "hunter2"
	for name, dsn := range map[string]string{
		"empty":                     "",
		"no database":               "mysql://root:hunter2@127.0.0.1:3306",
		"no database, driver":       "root:hunter2@tcp(127.0.0.1:3306)/",
		"a slash in the password":   "root:x/hunter2@tcp(127.0.0.1:3306",
		"a space in the host":       "mysql://root:hunter2@127.0.0.1 :3306/x",
		"a bad escape":              "mysql://root:hunter2%zz@127.0.0.1/x",
		"no port":                   "mysql://root:hunter2@127.0.0.1:hunter2/x",
		"a bad parameter":           "mysql://root:hunter2@127.0.0.1/x?timeout=hunter2",
		"an unknown TLS setting":    "root:hunter2@tcp(127.0.0.1)/x?tls=hunter2",
		"another database's":        "postgres://root:hunter2@127.0.0.1/x",
		"nobody listens":            "mysql://root:hunter2@127.0.0.1:1/x",
		"a password for a host":     "mysql://root@hunter2.invalid:1/x",
		"a password for a socket":   "root@unix(/hunter2)/x",
		"no such account":           "mysql://nobody:hunter2@" + server.Host + "/x",
		"no such database":          "mysql://" + server.User.String() + "@" + server.Host + "/gatehouse_hunter2",
		"a parameter nobody knows":  server.String() + "?sslmode=hunter2",
		"a fragment of the address": "mysql://root@127.0.0.1/x#hunter2",
	} {
		a, err := mysql.Open(t.Context(), dsn, mysql.Options{})
		if err == nil {
			_ = a.Close(t.Context())
			t.Errorf("%s: opened", name)
			continue
		}
		if strings.Contains(err.Error(), password) || !strings.HasPrefix(err.Error(), "mysql: ") {
			t.Errorf("%s: the error is %q", name, err)
		}
	}
}

func TestBothFormsOfADataSourceOpen(t *testing.T) {
	t.Parallel()
	dsn := sqltest.MySQL(t)
	u, err := url.Parse(dsn)
	if err != nil || u.Host == "" {
		t.Skip("the server is not named by a URL")
	}
	secret, _ := u.User.Password()
	for _, dsn := range []string{
		dsn, strings.Replace(dsn, "mysql:", "mariadb:", 1), dsn + "?timeout=9s",
		u.User.Username() + ":" + secret + "@tcp(" + u.Host + ")" + u.Path,
		// What would break it is overruled.
		dsn + "?sql_mode='NO_BACKSLASH_ESCAPES'&time_zone='%2B05:00'&clientFoundRows=false&parseTime=true&loc=Asia%2FKolkata&charset=latin1&multiStatements=true&autocommit=0",
	} {
		a := open(t, dsn, mysql.Options{})
		if err := a.Ping(t.Context()); err != nil {
			t.Errorf("%v", err)
		}
	}
}

func TestOptionsThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, opts := range []mysql.Options{{Connections: -1}, {LockTimeout: -1}, {LockTimeout: time.Millisecond}, {LockTimeout: time.Minute}} {
		if _, err := mysql.Open(t.Context(), "mysql://root@127.0.0.1/x", opts); err == nil {
			t.Errorf("%+v is taken", opts)
		}
	}
}

func TestPoolsOfTheApplication(t *testing.T) {
	t.Parallel()
	connector, err := mysql.Connector(sqltest.MySQL(t), mysql.Options{})
	if err != nil {
		t.Fatal(err)
	}
	good := sql.OpenDB(connector)
	t.Cleanup(func() { _ = good.Close() })
	name := sqltest.List(t, good, "SELECT DATABASE()", sqltest.One[string])[0]
	good.SetMaxOpenConns(1)
	a, err := mysql.New(t.Context(), good, mysql.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := good.PingContext(t.Context()); err != nil {
		t.Errorf("Close closed the application's pool: %v", err)
	}
	if _, err := mysql.New(t.Context(), nil, mysql.Options{}); err == nil {
		t.Error("no pool is taken")
	}
	isolation := "tx_isolation"
	if len(sqltest.List(t, good, "SHOW VARIABLES LIKE 'tx_isolation'", func(rows *sql.Rows) (string, error) { return "", nil })) == 0 {
		isolation = "transaction_isolation"
	}
	for want, change := range map[string]func(*driver.Config){
		"":                         func(c *driver.Config) { c.ParseTime = true },
		"NO_BACKSLASH_ESCAPES":     func(c *driver.Config) { c.Params["sql_mode"] = "'STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES'" },
		"not strict":               func(c *driver.Config) { c.Params["sql_mode"] = "''" },
		"default_storage_engine":   func(c *driver.Config) { c.Params["default_storage_engine"] = "MyISAM" },
		"autocommit":               func(c *driver.Config) { c.Params["autocommit"] = "0" },
		"time_zone":                func(c *driver.Config) { c.Params["time_zone"] = "'+05:30'" },
		"character_set_client":     func(c *driver.Config) { _ = c.Apply(driver.Charset("latin1", "")) },
		"READ COMMITTED":           func(c *driver.Config) { delete(c.Params, isolation) },
		"innodb_lock_wait_timeout": func(c *driver.Config) { c.Params["innodb_lock_wait_timeout"] = "50" },
		"names no database":        func(c *driver.Config) { c.DBName = "" },
		"loc":                      func(c *driver.Config) { c.ParseTime, c.Loc = true, time.FixedZone("", 3600) },
		"multiStatements":          func(c *driver.Config) { c.MultiStatements = true },
		"clientFoundRows":          func(c *driver.Config) { c.ClientFoundRows = false },
	} {
		cfg := config(t)
		cfg.DBName, cfg.ClientFoundRows = name, true
		cfg.Params = map[string]string{
			"time_zone": "'+00:00'", "innodb_lock_wait_timeout": "5", isolation: "'READ-COMMITTED'", "sql_mode": "'STRICT_TRANS_TABLES'",
		}
		_ = cfg.Apply(driver.Charset("utf8mb4", ""))
		change(cfg)
		connector, err := driver.NewConnector(cfg)
		if err != nil {
			t.Fatal(err)
		}
		pool := sql.OpenDB(connector)
		_, err = mysql.New(t.Context(), pool, mysql.Options{})
		switch {
		case want == "" && err != nil:
			t.Errorf("a pool that is as it must be: %v", err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "mysql.Connector")):
			t.Errorf("%s: the error is %v", want, err)
		}
		if err := pool.Close(); err != nil {
			t.Error(err)
		}
	}
}

// config is the driver's own of the tests' server.
func config(t *testing.T) *driver.Config {
	t.Helper()
	server := sqltest.MySQL(t)
	u, err := url.Parse(server)
	if err != nil || u.Host == "" {
		cfg, err := driver.ParseDSN(server)
		if err != nil {
			t.Fatal("the DSN of the server does not parse")
		}
		return cfg
	}
	cfg := driver.NewConfig()
	cfg.User = u.User.Username()
	cfg.Passwd, _ = u.User.Password()
	cfg.Net, cfg.Addr = "tcp", u.Host
	return cfg
}
