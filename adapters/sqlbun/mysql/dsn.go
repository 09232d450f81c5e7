package mysql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

const (
	defaultLockTimeout = 5 * time.Second
	maxLockTimeout     = 30 * time.Second
	dialTime           = 10 * time.Second
	// metadataWait bounds, in seconds, how long a change of a table waits for the
	// transactions that use it, and keeps new ones waiting behind it.
	metadataWait = "30"
	// readTime is how long an answer is waited for, unless the data source says
	// readTimeout: longer than any lock, see Dialect.Lock. A server that is gone
	// without a word is noticed by it, also at a COMMIT, which no context bounds.
	// A change of a big table takes longer and wants a longer one.
	readTime  = 2 * time.Minute
	writeTime = 30 * time.Second
)

// Connector opens connections as package sqlbun needs them, for sql.OpenDB: text
// is utf8mb4, dates are UTC, modes are strict, updates count the rows that match,
// a statement is one statement, transactions are READ COMMITTED and waits for
// locks are bounded, new tables are InnoDB's. A connection whose server turns out
// to be read-only, as after a failover, is closed. What the dsn says otherwise is
// overruled, but for timeout, readTimeout and writeTimeout: without them they are
// 10 seconds, 2 minutes and 30 seconds. An answer that takes longer is a lost
// connection; readTimeout=1h gives changes of big tables their time. The forms of
// the dsn are those of Open.
func Connector(dsn string, opts Options) (driver.Connector, error) {
	if opts.Connections < 0 {
		return nil, errors.New("mysql: Connections cannot be negative")
	}
	wait := opts.LockTimeout
	if wait == 0 {
		wait = defaultLockTimeout
	}
	if wait < time.Second || wait > maxLockTimeout || wait%time.Second != 0 {
		return nil, fmt.Errorf("mysql: LockTimeout must be whole seconds, at most %s", maxLockTimeout)
	}
	cfg, err := parse(dsn)
	if err != nil {
		return nil, err
	}
	if err := cfg.Apply(mysql.Charset("utf8mb4", "")); err != nil {
		return nil, errParse
	}
	cfg.ClientFoundRows = true
	cfg.ParseTime, cfg.Loc = false, time.UTC
	cfg.MultiStatements, cfg.InterpolateParams, cfg.ColumnsWithAlias, cfg.AllowAllFiles = false, false, false, false
	if cfg.Timeout == 0 {
		cfg.Timeout = dialTime
	}
	if cfg.ReadTimeout == 0 {
		cfg.ReadTimeout = readTime
	}
	if cfg.WriteTimeout == 0 {
		cfg.WriteTimeout = writeTime
	}
	cfg.RejectReadOnly = true
	// The driver would write to standard error what it also returns.
	cfg.Logger = &mysql.NopLogger{}
	if cfg.Params == nil {
		cfg.Params = map[string]string{}
	}
	delete(cfg.Params, "tx_isolation")
	delete(cfg.Params, "transaction_isolation")
	maps.Copy(cfg.Params, map[string]string{
		"sql_mode":                 "'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
		"time_zone":                "'+00:00'",
		"autocommit":               "1",
		"default_storage_engine":   "InnoDB",
		"innodb_lock_wait_timeout": strconv.Itoa(int(wait / time.Second)),
		"lock_wait_timeout":        metadataWait,
	})
	inner, err := mysql.NewConnector(cfg)
	if err != nil {
		return nil, errParse
	}
	return connector{inner}, nil
}

// connector sets the one thing that MySQL and MariaDB have no common variable for.
type connector struct{ driver.Connector }

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	exec, ok := conn.(driver.ExecerContext)
	if !ok {
		return nil, errors.Join(errors.New("mysql: the driver's connection runs no statements"), conn.Close())
	}
	if _, err := exec.ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// errParse has no detail: the parser's own may quote a password.
var errParse = errors.New("mysql: the data source does not parse; write mysql://user:password@host:3306/database, " +
	"with what is special in a URL percent-encoded, or the driver's form user:password@tcp(host:3306)/database")

// parse reads a URL or the driver's DSN.
func parse(dsn string) (*mysql.Config, error) {
	var cfg *mysql.Config
	var err error
	if scheme, _, ok := strings.Cut(dsn, "://"); ok && (scheme == "mysql" || scheme == "mariadb") {
		cfg, err = parseURL(dsn)
	} else {
		cfg, err = mysql.ParseDSN(dsn)
	}
	if err != nil {
		return nil, errParse
	}
	if cfg.DBName == "" {
		return nil, errors.New("mysql: the data source names no database; write it after the host: mysql://user:password@host:3306/database")
	}
	return cfg, nil
}

func parseURL(dsn string) (*mysql.Config, error) {
	u, err := url.Parse(dsn)
	if err != nil || u.Fragment != "" || u.Opaque != "" {
		return nil, errParse
	}
	// The driver knows its parameters; the rest of its form has no escapes.
	cfg, err := mysql.ParseDSN("/?" + u.RawQuery)
	if err != nil {
		return nil, errParse
	}
	cfg.User = u.User.Username()
	cfg.Passwd, _ = u.User.Password()
	cfg.DBName = strings.TrimPrefix(u.Path, "/")
	if host := u.Hostname(); host != "" {
		port := u.Port()
		if port == "" {
			port = "3306"
		}
		cfg.Net, cfg.Addr = "tcp", net.JoinHostPort(host, port)
		if cfg.TLS != nil && cfg.TLS.ServerName == "" && !cfg.TLS.InsecureSkipVerify {
			cfg.TLS.ServerName = host
		}
	}
	return cfg, nil
}
