package postgres_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/uptrace/bun"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/postgres"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

func TestARowThatIsHeldTooLongIsUnavailable(t *testing.T) {
	t.Parallel()
	counters := counter(t)
	dsn := sqltest.Postgres(t)
	a := migrated(t, dsn, postgres.Options{LockTimeout: time.Millisecond}, []*db.Table{counters})
	insert(t, a, counters, db.Row{db.ID: "1"})
	touch := db.Change{Table: counters, Set: db.Row{"n": 1}}
	err := a.Tx(t.Context(), func(outer context.Context) error {
		if _, err := a.Update(outer, touch); err != nil {
			return err
		}
		if _, err := a.Update(t.Context(), touch); !errors.Is(err, db.ErrUnavailable) || !strings.Contains(err.Error(), "55P03") {
			t.Errorf("the error is %v, want db.ErrUnavailable (55P03)", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// An advisory lock and what follows it are waited for longer than a row, but not
// for ever; after the transaction all is as before.
func TestTheTransactionOfAnAdvisoryLockIsMorePatient(t *testing.T) {
	t.Parallel()
	dsn := sqltest.Postgres(t)
	pool := connect(t, sqltest.WithParameter(dsn, "lock_timeout", "1ms"))
	a, raw := open(t, dsn, postgres.Options{}), connect(t, dsn)
	pool.SetMaxOpenConns(1)
	waited := make(chan error, 1)
	err := a.Tx(t.Context(), func(ctx context.Context) error {
		if err := a.Lock(ctx, "busy"); err != nil {
			return err
		}
		go func() {
			conn := bun.NewDB(pool, postgres.Dialect{}.Bun())
			waited <- conn.RunInTx(t.Context(), nil, func(ctx context.Context, tx bun.Tx) error {
				var got string
				err := postgres.Dialect{}.Lock(ctx, tx, "busy")
				if err == nil {
					err = tx.QueryRowContext(ctx, "SHOW lock_timeout").Scan(&got)
				}
				if err == nil && got != "30s" {
					err = errors.New("lock_timeout is " + got)
				}
				return err
			})
		}()
		// Far longer than the pool's own lock_timeout.
		const query = `SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'
			AND application_name = current_setting('application_name') AND clock_timestamp() - query_start > interval '50 ms'`
		for n := 0; n == 0; {
			if err := raw.QueryRowContext(ctx, query).Scan(&n); err != nil {
				return err
			}
			if len(waited) > 0 {
				return nil // it did not wait; why is reported below
			}
		}
		return nil
	})
	if err = errors.Join(err, <-waited); err != nil {
		t.Fatal(err)
	}
	var after string
	if err := pool.QueryRowContext(t.Context(), "SHOW lock_timeout").Scan(&after); err != nil || after != "1ms" {
		t.Errorf("after the transaction lock_timeout is %q, %v", after, err)
	}
}

func TestLockTimeouts(t *testing.T) {
	t.Parallel()
	dsn := sqltest.Postgres(t)
	for _, timeout := range []time.Duration{-1, time.Microsecond, 31 * time.Second} {
		if _, err := postgres.Open(t.Context(), dsn, postgres.Options{LockTimeout: timeout}); err == nil || !strings.Contains(err.Error(), "LockTimeout") {
			t.Errorf("%s: %v", timeout, err)
		}
	}
}

// impatient stands for a PgBouncer: it refuses connections that set lock_timeout
// and passes others on.
func impatient(t *testing.T, server string) (addr string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go pass(client, server)
		}
	}()
	return listener.Addr().String()
}

func pass(client net.Conn, server string) {
	defer func() { _ = client.Close() }()
	backend := pgproto3.NewBackend(client, client)
	message, err := backend.ReceiveStartupMessage()
	if err != nil {
		return
	}
	start, ok := message.(*pgproto3.StartupMessage)
	if !ok || start.Parameters["lock_timeout"] != "" {
		backend.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: "08P01", Message: "unsupported startup parameter: lock_timeout"})
		_ = backend.Flush()
		return
	}
	behind, err := net.Dial("tcp", server)
	if err != nil {
		return
	}
	defer func() { _ = behind.Close() }()
	raw, err := start.Encode(nil)
	if err != nil {
		return
	}
	if _, err := behind.Write(raw); err != nil {
		return
	}
	go func() { _, _ = io.Copy(behind, client); _ = behind.Close() }()
	_, _ = io.Copy(client, behind)
}

func TestAPgBouncerThatRefusesLockTimeoutIsWorkedWith(t *testing.T) {
	t.Parallel()
	dsn, err := url.Parse(sqltest.Postgres(t))
	if err != nil || dsn.Scheme == "" {
		t.Fatal("the DSN of the tests is not a URL")
	}
	dsn.Host = impatient(t, dsn.Host)
	counters := counter(t)
	a := migrated(t, sqltest.WithParameter(dsn.String(), "sslmode", "disable"), postgres.Options{}, []*db.Table{counters})
	insert(t, a, counters, db.Row{db.ID: "1"})
}
