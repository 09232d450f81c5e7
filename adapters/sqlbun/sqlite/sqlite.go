// Package sqlite opens SQLite databases for package sqlbun, with the pure Go
// driver modernc.org/sqlite. It reads and writes what Better Auth's Kysely
// adapter keeps in a file: dates as JavaScript ISO strings, booleans as 0 and
// 1, JSON and lists as JSON text.
//
// Milliseconds in a date column are read and compared as dates too, but a column
// declared integer is a conflict: such are Drizzle's, which keeps seconds there
// (its mode timestamp) or milliseconds (timestamp_ms), and could not read the text
// written here.
//
// # Concurrency
//
// SQLite has one writer. A file gets a pool of one connection that writes, so
// that writers queue in the process, where waiting honours their contexts,
// instead of at the file's lock; and a pool of readers, which WAL lets read
// meanwhile. Transactions start with BEGIN IMMEDIATE: they never fail half way
// for want of the lock. Other processes are waited for up to BusyTimeout.
//
// A call outside a transaction must not be made from inside one with a context
// that does not carry it: a write would wait for the transaction to end.
//
// # Durability
//
// Files are in WAL mode with synchronous=FULL: what was acknowledged survives
// the end of the process (kill -9) and the loss of power. Synchronous=NORMAL
// would survive the first only; after the second a used token could be usable
// again. A commit costs an fsync, far below the cost of one password hash.
package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"modernc.org/sqlite"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
)

// Options of Open. The zero value is the recommendation.
type Options struct {
	// Connections bounds the pool: 0 is one writer and as many readers as
	// there are processors, at least 4; 1 is one connection for everything.
	// A database in memory always has 1.
	Connections int
	// BusyTimeout is how long a lock that another process holds is waited for;
	// 0 is 5 seconds.
	BusyTimeout time.Duration
	// SkipSync is synchronous=NORMAL: the last commits can be lost with the
	// power, and then a token that was used, or a session that was revoked,
	// is valid again.
	SkipSync bool
}

// Open opens a database: the path of a file, which is made if it does not
// exist, readable by its owner only; a `file:` URI, whose parameter mode may
// be rw (must exist), rwc or memory; or `:memory:`, which lives until Close.
func Open(ctx context.Context, dsn string, opts Options) (*sqlbun.Adapter, error) {
	src, err := parse(dsn)
	if err != nil {
		return nil, err
	}
	if opts.Connections < 0 || opts.BusyTimeout < 0 {
		return nil, errors.New("sqlite: Connections and BusyTimeout cannot be negative")
	}
	if src.memory {
		return openMemory(ctx, opts)
	}
	if err := src.create(); err != nil {
		return nil, err
	}
	write, err := open(ctx, src.uri(opts.parameters(true)), 1)
	if err != nil {
		return nil, err
	}
	if err := wantWAL(ctx, write); err != nil {
		return nil, errors.Join(err, write.Close())
	}
	read := write
	if opts.Connections != 1 {
		if read, err = open(ctx, src.uri(opts.parameters(false)), opts.readers()); err != nil {
			return nil, errors.Join(err, write.Close())
		}
	}
	a := sqlbun.New(Dialect{}, write, read)
	opened, err := os.Stat(src.path)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite: %w", err), a.Close(ctx))
	}
	a.CheckOnPing(func() error {
		// SQLite goes on writing to a file that was removed or replaced, and all
		// of it is lost with the process.
		if now, err := os.Stat(src.path); err != nil || !os.SameFile(opened, now) {
			return ErrFileGone
		}
		return nil
	})
	return a, nil
}

// ErrFileGone is what Ping reports when the database file was removed or
// replaced while it was open: what is written now is lost. Restart the server.
var ErrFileGone = errors.New("sqlite: the database file was removed or replaced; restart the server")

// openMemory gives the database a name of its own in the process.
func openMemory(ctx context.Context, opts Options) (*sqlbun.Adapter, error) {
	params := opts.parameters(true)
	params.Set("vfs", "memdb")
	pool, err := open(ctx, "file:/gatehouse-"+rand.Text()+"?"+params.Encode(), 1)
	if err != nil {
		return nil, err
	}
	return sqlbun.New(Dialect{}, pool, pool), nil
}

func (o Options) readers() int {
	if o.Connections > 1 {
		return o.Connections - 1
	}
	return max(4, runtime.NumCPU())
}

// parameters are the driver's: applied to every connection that it opens.
func (o Options) parameters(write bool) url.Values {
	wait := o.BusyTimeout
	if wait == 0 {
		wait = 5 * time.Second
	}
	p := url.Values{
		"_busy_timeout": {strconv.FormatInt(wait.Milliseconds(), 10)},
		"_foreign_keys": {"1"},
		// A misspelt column must not become a text literal.
		"_dqs": {"0"},
	}
	if !write {
		p.Set("_query_only", "1")
		return p
	}
	p.Set("_txlock", "immediate")
	p.Set("_journal_mode", "WAL")
	p.Set("_synchronous", "FULL")
	if o.SkipSync {
		p.Set("_synchronous", "NORMAL")
	}
	return p
}

// open opens a pool and tries its first connection.
func open(ctx context.Context, uri string, conns int) (*sql.DB, error) {
	connector, err := sqlite.NewConnector(uri)
	if err != nil {
		return nil, errors.New("sqlite: the data source does not parse")
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(openError(ctx, err), pool.Close())
	}
	return pool, nil
}

func openError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("sqlite: the database cannot be opened (%s)", Dialect{}.Fault(err).Code)
}

// wantWAL refuses file systems that cannot have WAL: there readers and the
// writer would keep each other out.
func wantWAL(ctx context.Context, pool *sql.DB) error {
	var mode string
	if err := pool.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return openError(ctx, err)
	}
	if !strings.EqualFold(mode, "wal") {
		return fmt.Errorf("sqlite: the file system or the database does not allow WAL, the journal mode is %q", mode)
	}
	return nil
}
