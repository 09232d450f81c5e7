// Package postgres opens PostgreSQL databases for package sqlbun, with the
// driver pgx. It reads and writes what Better Auth's Kysely adapter keeps there:
// text, boolean, integer and bigint, timestamptz, jsonb for JSON and lists; ids
// as text, native uuid or an integer identity.
//
// # Statements
//
// sqlbun writes values into the text of its statements, quoted for
// standard_conforming_strings=on, which Open and New insist on. No two texts are
// alike, so that preparing them costs a round trip and is never of use again:
// Open sends them by the simple protocol.
//
// Look-ups by equality outside of transactions, such as that of a session, are the
// exception: Open has them prepared, since to plan one takes longer than to run it.
// Behind a PgBouncer in transaction mode that does not track prepared statements the
// first that fails runs again, and no other one is prepared.
//
// A pool for New should be opened in the same way:
//
//	config, err := pgx.ParseConfig(dsn)
//	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
//	pool := stdlib.OpenDB(*config)
//
// or with ?default_query_exec_mode=simple_protocol in the DSN. The mode exec is
// as good. pgx's default, cache_statement, gives the same answers more slowly,
// fills its cache with statements that never come again, and fails behind a
// PgBouncer that does not track prepared statements.
//
// # Concurrency
//
// Transactions are READ COMMITTED: of two that change one row the second waits
// and then sees what the first one left. Several reads that must see one state
// are REPEATABLE READ. A serialization failure or a deadlock runs the
// transaction again. A call whose context ends stops waiting at once; its
// connection is closed and the pool opens another. A row or a table that another
// transaction holds is waited for up to Options.LockTimeout, an advisory lock, and
// what a migration needs, up to 30 seconds; then the call fails with
// db.ErrUnavailable. A pool for New waits for rows as long as its own lock_timeout
// says, which is for ever by default.
//
// Advisory locks belong to the whole database, not to a schema: installations
// in two schemas of one database wait for each other's migrations, which is
// harmless.
package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
)

// connectTime is how long a server may take to accept a connection, unless the
// DSN sets connect_timeout.
const connectTime = 5 * time.Second

// Options of Open and New. The zero value is the recommendation.
type Options struct {
	// Connections bounds the pool; 0 is 4 for each processor, at least 10. The
	// server's max_connections must be enough for all instances together.
	Connections int
	// Lifetime is how long a connection is used before another one takes its
	// place, so that instances find their way back after a failover; 0 is 30
	// minutes.
	Lifetime time.Duration
	// LockTimeout is how long a row or a table that another transaction holds is
	// waited for, in milliseconds up to 30 seconds; then the call fails with
	// db.ErrUnavailable. 0 is the lock_timeout of the DSN, or else 5 seconds.
	LockTimeout time.Duration
}

const (
	lockTimeout    = 5 * time.Second
	maxLockTimeout = 30 * time.Second
)

// Open opens a database: a URL, such as
// postgres://user:password@host:5432/database?sslmode=verify-full, or keywords and
// values, as libpq takes them; PGHOST and the other variables of libpq complete
// it. Tables without a Schema of their own are those of the first schema of
// search_path, which the DSN may set. No error shows the DSN or a part of it. One
// that matches db.ErrUnavailable may pass; TLS that cannot work does not.
//
// A PgBouncer that refuses lock_timeout gets connections without it.
func Open(ctx context.Context, dsn string, opts Options) (*sqlbun.Adapter, error) {
	if opts.Connections < 0 || opts.Lifetime < 0 {
		return nil, errors.New("postgres: Connections and Lifetime cannot be negative")
	}
	if t := opts.LockTimeout; t < 0 || t > maxLockTimeout || t%time.Millisecond != 0 {
		return nil, fmt.Errorf("postgres: LockTimeout is %s, want milliseconds up to %s", t, maxLockTimeout)
	}
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		// What does not parse can hold the password anywhere.
		return nil, errors.New("postgres: the DSN does not parse; it is postgres://user:password@host:5432/database, special characters percent-encoded, or host=… user=… dbname=…; check also sslmode and the certificates that it names")
	}
	prepare(config)
	opts.waitForLocks(config)
	pool := opts.pool(config)
	err = check(ctx, pool)
	if errors.Is(err, errNoLockTimeout) {
		_ = pool.Close() // it has no connection
		delete(config.RuntimeParams, "lock_timeout")
		pool = opts.pool(config)
		err = check(ctx, pool)
	}
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	a := sqlbun.New(Dialect{}, pool, pool)
	a.PrepareLookups()
	return a, nil
}

func (o Options) pool(config *pgx.ConnConfig) *sql.DB {
	pool := stdlib.OpenDB(*config)
	conns := o.connections()
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	pool.SetConnMaxLifetime(o.lifetime())
	return pool
}

// waitForLocks bounds the waiting, unless the DSN does.
func (o Options) waitForLocks(config *pgx.ConnConfig) {
	timeout := o.LockTimeout
	if timeout == 0 {
		for name, v := range config.RuntimeParams {
			if strings.EqualFold(name, "lock_timeout") || name == "options" && strings.Contains(strings.ToLower(v), "lock_timeout") {
				return
			}
		}
		timeout = lockTimeout
	}
	for name := range config.RuntimeParams {
		if strings.EqualFold(name, "lock_timeout") {
			delete(config.RuntimeParams, name)
		}
	}
	config.RuntimeParams["lock_timeout"] = strconv.FormatInt(timeout.Milliseconds(), 10)
}

// New uses a pool of the application's, opened with pgx's stdlib as the package
// comment says; Close leaves it open. One connection is enough, if not fast. The
// pool's size and lifetimes are the application's to set: Options must be zero.
func New(ctx context.Context, pool *sql.DB, opts Options) (*sqlbun.Adapter, error) {
	if opts != (Options{}) {
		return nil, errors.New("postgres: Options are for Open; set the size of a pool and the lifetime of its connections on the pool")
	}
	if err := check(ctx, pool); err != nil {
		return nil, err
	}
	// The meaning of every error is read from pgx's own type.
	var refused *pgconn.PgError
	if _, err := pool.ExecContext(ctx, "SELECT 1/0"); !errors.As(err, &refused) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return nil, &openError{reason: notPgx}
	}
	return sqlbun.Over(Dialect{}, pool), nil
}

func (o Options) connections() int {
	if o.Connections > 0 {
		return o.Connections
	}
	return max(10, 4*runtime.NumCPU())
}

func (o Options) lifetime() time.Duration {
	if o.Lifetime > 0 {
		return o.Lifetime
	}
	return 30 * time.Minute
}

// prepare sets what every connection needs, over what the DSN says.
func prepare(config *pgx.ConnConfig) {
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	config.StatementCacheCapacity, config.DescriptionCacheCapacity = prepared, 0
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTime
	}
	named := false
	for name := range config.RuntimeParams {
		switch strings.ToLower(name) {
		case "standard_conforming_strings", "client_encoding", "datestyle", "timezone":
			delete(config.RuntimeParams, name)
		case "application_name":
			named = true
		}
	}
	config.RuntimeParams["standard_conforming_strings"] = "on"
	config.RuntimeParams["client_encoding"] = "UTF8"
	config.RuntimeParams["datestyle"] = "ISO"
	config.RuntimeParams["timezone"] = "UTC"
	if !named {
		config.RuntimeParams["application_name"] = "gatehouse"
	}
}

// oldest is the first version with gen_random_uuid in pg_catalog.
const oldest = 13

// check connects and refuses a database in which values would be misread.
func check(ctx context.Context, pool *sql.DB) error {
	const query = `SELECT current_setting('server_version_num'), current_setting('standard_conforming_strings'),
		current_setting('server_encoding'), current_setting('client_encoding'), current_setting('DateStyle')`
	var number, conforming, server, client, dates string
	if err := pool.QueryRowContext(ctx, query).Scan(&number, &conforming, &server, &client, &dates); err != nil {
		return connectError(ctx, err)
	}
	var version int
	if _, err := fmt.Sscan(number, &version); err != nil || version/10000 < oldest {
		return fmt.Errorf("postgres: the server's version is %s, want %d0000 (PostgreSQL %d) or later", number, oldest, oldest)
	}
	for _, setting := range []struct{ name, got, want string }{
		{"standard_conforming_strings", conforming, "on"},
		{"client_encoding", client, "UTF8"},
		{"DateStyle", strings.SplitN(dates, ",", 2)[0], "ISO"},
	} {
		if setting.got != setting.want {
			return fmt.Errorf("postgres: %s is %s, want %s; set it in the DSN, for the role or for the database", setting.name, setting.got, setting.want)
		}
	}
	if server != "UTF8" {
		return fmt.Errorf("postgres: the database is encoded in %s and cannot hold every text; create one with ENCODING 'UTF8'", server)
	}
	return nil
}

// connectError says why there is no connection. The driver's own words can name
// any part of the DSN, which is the password where the DSN was misspelt.
func connectError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == "08P01" && strings.Contains(refused.Message, "lock_timeout") {
		return errNoLockTimeout
	}
	fault := Dialect{}.Fault(err)
	if slices.Contains([]string{"28P01", "28000", "3D000"}, fault.Code) {
		fault.Kind = sqlbun.Other // somebody has to correct it
	}
	return &openError{reason: reason(fault.Code), fault: fault}
}

// errNoLockTimeout is PgBouncer's refusal of a parameter that it does not know.
var errNoLockTimeout = errors.New("postgres: PgBouncer refuses lock_timeout as a parameter of a connection; set it with ALTER ROLE or ALTER DATABASE")

// openError is why Open or New failed. It matches db.ErrUnavailable where the
// server was away.
type openError struct {
	reason string
	fault  sqlbun.Fault
}

func (e *openError) Error() string {
	return "postgres: the database cannot be opened: " + e.reason
}

// Is matches what the Adapter's own errors match.
func (e *openError) Is(target error) bool {
	return (&sqlbun.Error{Fault: e.fault}).Is(target)
}

const notPgx = "the pool is closed, or not pgx's; open it with github.com/jackc/pgx/v5/stdlib"

func reason(code string) string {
	switch code {
	case "28P01", "28000":
		return "the server refuses the user, the password or the host (SQLSTATE " + code + ")"
	case "3D000":
		return "there is no such database (SQLSTATE 3D000)"
	case "53300":
		return "the server has no connections left; see max_connections (SQLSTATE 53300)"
	case noServer:
		return "no server answers at the host and port"
	case noAnswer:
		return notPgx
	}
	return code
}
