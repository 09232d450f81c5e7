// Package mysql opens MySQL and MariaDB databases for package sqlbun, with the
// driver go-sql-driver/mysql. It reads and writes what Better Auth's Kysely
// adapter keeps there: varchar and text, timestamp(3) in UTC, booleans as 0 and
// 1, JSON and lists in json columns (longtext on MariaDB). It keeps to the SQL
// that MySQL 8 and MariaDB 10.6 and later have in common.
//
// # Text
//
// Whatever the collation of a column, conditions compare text byte by byte: "A"
// is not "a", "á" is not "a" and "x " is not "x". The condition by collation
// stands beside it, so that indexes serve. Columns made by migrations are
// utf8mb4_bin, a reference has the collation of what it refers to. Both servers
// have utf8mb4_bin and it tells all characters apart, but a unique index takes
// texts that differ in trailing spaces alone for equal: the second is refused
// with db.ErrUnique. The collations that do not are named differently by MySQL
// and MariaDB and would keep a dump of one from being read by the other.
//
// Text that is unique, sortable or indexed is varchar(255), an id varchar(36), as
// upstream's. Longer text is an error, never cut.
//
// # Dates
//
// A timestamp lies between 1970-01-01T00:00:01Z and 2038-01-19T03:14:07Z. Writing
// another date is an error. Comparing with one is not.
//
// # Transactions
//
// Transactions are READ COMMITTED. A row lock is waited for up to
// Options.LockTimeout, then the call fails with db.ErrUnavailable; a deadlock is
// run again. Advisory locks belong to the connection: they are given back when
// the transaction has ended.
//
// MySQL cannot take back changes of tables, see sqlbun.UndoError. Undoing them
// asks for the privilege LOCK TABLES. Tables must be InnoDB's; others are
// conflicts of the Plan.
package mysql

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
)

// Options of Open and Connector. The zero value is the recommendation.
type Options struct {
	// Connections bounds the pool of Open; 0 is 4 for each processor, at least 10.
	// One is enough for everything.
	Connections int
	// LockTimeout is how long a row that another transaction holds is waited for,
	// in whole seconds up to 30; 0 is 5 seconds.
	LockTimeout time.Duration
}

// idleTime is below what servers and proxies leave an idle connection.
const idleTime = 3 * time.Minute

// lifetime lets a pool find servers that were added, or replaced by a failover.
const lifetime = 30 * time.Minute

// Open opens a database: mysql://user:password@host:3306/database, with the
// parameters of the driver (tls=true, timeout=5s, …), or the driver's own form,
// user:password@tcp(host:3306)/database. Sessions are set up as package sqlbun
// needs them, see Connector. No error shows the password. One that matches
// db.ErrUnavailable may pass; TLS that cannot work does not.
func Open(ctx context.Context, dsn string, opts Options) (*sqlbun.Adapter, error) {
	connector, err := Connector(dsn, opts)
	if err != nil {
		return nil, err
	}
	conns := opts.Connections
	if conns == 0 {
		conns = max(10, 4*runtime.NumCPU())
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	pool.SetConnMaxIdleTime(idleTime)
	pool.SetConnMaxLifetime(lifetime)
	if err := check(ctx, pool); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return sqlbun.New(Dialect{}, pool, pool), nil
}

// New uses a pool of the application's, which Close leaves open. It must have
// been opened with this driver, and its sessions as Connector sets them up:
//
//	connector, err := mysql.Connector(dsn, mysql.Options{})
//	pool := sql.OpenDB(connector)
//
// or by the driver with
//
//	clientFoundRows=true&time_zone='%2B00:00'&innodb_lock_wait_timeout=5&transaction_isolation='READ-COMMITTED'
//
// (tx_isolation on MariaDB before 11.1). What it finds otherwise in a session it
// refuses. readTimeout and writeTimeout are advised, see Connector; readTimeout
// must be more than the minute that locks are waited for. The account needs to be allowed CREATE TEMPORARY TABLES.
// Of the Options none concerns a pool that is open.
func New(ctx context.Context, pool *sql.DB, _ Options) (*sqlbun.Adapter, error) {
	if pool == nil {
		return nil, errors.New("mysql: there is no pool")
	}
	if err := check(ctx, pool, database, dates, statements, matches); err != nil {
		return nil, err
	}
	return sqlbun.Over(Dialect{}, pool), nil
}

func openError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	e := &openFailure{Fault: Dialect{}.Fault(err)}
	switch {
	case e.Code != "":
		e.reason = e.Code
	case e.Kind == sqlbun.Unavailable:
		e.reason = "no server answers at the host and port"
	default:
		e.reason = why(err)
	}
	return e
}

// why says what is no answer of the server's. The driver's own words can name
// any part of the data source, which is the password where it was misspelt; those
// that are constant cannot.
func why(err error) string {
	for _, fixed := range []error{
		mysql.ErrCleartextPassword, mysql.ErrNativePassword, mysql.ErrOldPassword, mysql.ErrUnknownPlugin,
	} {
		if errors.Is(err, fixed) {
			return fixed.Error()
		}
	}
	return "there is no connection; see that the server speaks MySQL's protocol and that the parameter tls is what it asks for"
}

// openFailure is why Open or New failed. It matches db.ErrUnavailable where the
// server was away.
type openFailure struct {
	sqlbun.Fault
	reason string
}

func (e *openFailure) Error() string { return "mysql: the database cannot be opened: " + e.reason }

// Is matches what the Adapter's own errors match.
func (e *openFailure) Is(target error) bool { return (&sqlbun.Error{Fault: e.Fault}).Is(target) }
