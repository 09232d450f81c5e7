package replay

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/mysql"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/authtest/services"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// MySQL opens databases of the MySQL or MariaDB server that tests have, which
// are gone with the test.
func MySQL(t testing.TB) OpenDatabase {
	t.Helper()
	services.MySQL(t) // or skip this test, and not one below it
	return keep(t, service{
		fresh: func() string { return sqltest.MySQL(t) },
		open: func(ctx context.Context, dsn string) (*sqlbun.Adapter, error) {
			return mysql.Open(ctx, dsn, mysql.Options{})
		},
		look:  lookMySQL,
		empty: emptyMySQL,
		// InnoDB has them in the order of their ids, which are random.
		unordered: true,
		quote:     "`",
		columns:   "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position",
	})
}

func lookMySQL(dsn string) (*sql.DB, error) {
	c, err := driver.ParseDSN(dsn)
	if u, e := url.Parse(dsn); e == nil && u.Host != "" {
		c, err = driver.NewConfig(), nil
		c.Net, c.Addr, c.DBName = "tcp", u.Host, strings.TrimPrefix(u.Path, "/")
		c.User = u.User.Username()
		c.Passwd, _ = u.User.Password()
	}
	if err != nil {
		return nil, errors.New("the DSN of the MySQL server does not parse")
	}
	c.ParseTime, c.Loc = true, time.UTC
	c.Params = map[string]string{"time_zone": "'+00:00'"}
	connector, err := driver.NewConnector(c)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// emptyMySQL deletes rather than truncates, which makes every table anew.
func emptyMySQL(tables []*db.Table) []string {
	statements := []string{"SET foreign_key_checks = 0"}
	for _, t := range tables {
		statements = append(statements, "DELETE FROM `"+t.Name+"`")
		if t.IDs == db.IDSerial {
			statements = append(statements, "ALTER TABLE `"+t.Name+"` AUTO_INCREMENT = 1")
		}
	}
	return statements
}
