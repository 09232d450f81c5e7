package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // a driver that is not pgx

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/postgres"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/dbtest"
)

// borrowed opens a pool as an application may have one, in one of pgx's modes.
func borrowed(t *testing.T, dsn string, mode pgx.QueryExecMode) *sql.DB {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.DefaultQueryExecMode = mode
	pool := stdlib.OpenDB(*config)
	t.Cleanup(func() { _ = pool.Close() })
	return pool
}

// Whatever the mode, the answers are the same: the driver scans another format
// for each.
func TestPoolsOfTheApplication(t *testing.T) {
	t.Parallel()
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol} {
		t.Run(mode.String(), func(t *testing.T) {
			tables, err := dbtest.Tables(db.IDUUID)
			if err != nil {
				t.Fatal(err)
			}
			pool := borrowed(t, sqltest.Postgres(t), mode)
			a, err := postgres.New(t.Context(), pool, postgres.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := a.Apply(t.Context(), tables, nil); err != nil {
				t.Fatal(err)
			}
			if p, err := a.Plan(t.Context(), tables); err != nil || !p.Empty() {
				t.Errorf("a second plan: %+v, %v", p, err)
			}
			sample := tables[3]
			want := db.Row{
				db.ID: "018f0000-0000-7000-8000-000000000001", "text": "x", "note": nil, "code": `it's \`, "kind": "", "count": int64(-7), "big": int64(1) << 60,
				"on": false, "at": noon, "data": []any{1.5, "x", nil}, "tags": []string{"a"}, "scores": []float64{1},
			}
			insert(t, a, sample, want)
			rows, err := a.Select(t.Context(), db.Query{Table: sample, Where: db.Where{db.By(db.ID, want[db.ID]), db.By("at", noon)}})
			if err != nil || len(rows) != 1 {
				t.Fatalf("%v, %v", rows, err)
			}
			if got, want := fmt.Sprint(rows[0]), fmt.Sprint(want); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			if err := a.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := pool.PingContext(t.Context()); err != nil {
				t.Errorf("the application's pool was closed: %v", err)
			}
		})
	}
}

func TestPoolsThatWouldMisreadAreRefused(t *testing.T) {
	t.Parallel()
	dsn := sqltest.Postgres(t)
	for set, want := range map[string]string{
		"standard_conforming_strings=off": "standard_conforming_strings is off, want on",
		"client_encoding=LATIN1":          "client_encoding is LATIN1, want UTF8",
		"datestyle=SQL":                   "DateStyle is SQL, want ISO",
	} {
		name, value, _ := strings.Cut(set, "=")
		config, err := pgx.ParseConfig(dsn)
		if err != nil {
			t.Fatal(err)
		}
		config.RuntimeParams[name] = value
		pool := stdlib.OpenDB(*config)
		if _, err := postgres.New(t.Context(), pool, postgres.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", set, err)
		}
		_ = pool.Close()
		// Open sets them right by itself.
		a, err := postgres.Open(t.Context(), sqltest.WithParameter(dsn, name, value), postgres.Options{})
		if err != nil {
			t.Errorf("%s: %v", set, err)
			continue
		}
		if err := a.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
	foreign, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := postgres.New(t.Context(), foreign, postgres.Options{}); err == nil || !strings.Contains(err.Error(), "not pgx's") {
		t.Errorf("a pool of another driver: %v", err)
	}
	_ = foreign.Close()
	pool := borrowed(t, dsn, pgx.QueryExecModeSimpleProtocol)
	if _, err := postgres.New(t.Context(), pool, postgres.Options{Connections: 3}); err == nil {
		t.Error("Options for a pool that is the application's were taken")
	}
}

// cut ends all other connections to the schema.
func cut(t *testing.T, raw *sql.DB) {
	t.Helper()
	var n int
	const query = `SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity
		WHERE application_name = current_setting('application_name') AND pid <> pg_backend_pid()`
	if err := raw.QueryRowContext(t.Context(), query).Scan(&n); err != nil || n == 0 {
		t.Fatalf("%d connections were cut, %v", n, err)
	}
}

func TestAConnectionThatIsCutIsUnavailableAndTheNextCallWorks(t *testing.T) {
	t.Parallel()
	counters := counter(t)
	dsn := sqltest.Postgres(t)
	a := migrated(t, dsn, postgres.Options{Connections: 1}, []*db.Table{counters})
	raw := connect(t, dsn)
	put := func(ctx context.Context, id string) error {
		_, err := a.Insert(ctx, counters, db.Row{db.ID: id})
		return err
	}
	calls := map[string]func() error{
		"in a transaction": func() error {
			return a.Tx(t.Context(), func(ctx context.Context) error {
				if err := put(ctx, "lost"); err != nil {
					return err
				}
				cut(t, raw)
				return put(ctx, "lost too")
			})
		},
		"in a transaction inside": func() error {
			return a.Tx(t.Context(), func(ctx context.Context) error {
				err := a.Tx(ctx, func(ctx context.Context) error { cut(t, raw); return put(ctx, "lost") })
				if !errors.Is(err, db.ErrUnavailable) {
					t.Errorf("inside: %v", err)
				}
				if put(ctx, "after") == nil {
					t.Error("a statement ran after the end")
				}
				return nil
			})
		},
		"at the commit": func() error {
			return a.Tx(t.Context(), func(ctx context.Context) error {
				err := put(ctx, "lost")
				cut(t, raw)
				return err
			})
		},
	}
	for name, call := range calls {
		if err := call(); !errors.Is(err, db.ErrUnavailable) || strings.Contains(err.Error(), "lost") && !strings.Contains(err.Error(), "connection was lost") {
			t.Errorf("%s: %v, want db.ErrUnavailable", name, err)
		}
		if n, err := a.Count(t.Context(), counters, nil); err != nil || n != 0 {
			t.Errorf("%s: the next call finds %d rows, %v", name, n, err)
		}
	}
}

// The pool finds out by itself when the connection has been idle for a while.
func TestAnIdleConnectionThatIsCutIsReplaced(t *testing.T) {
	t.Parallel()
	counters := counter(t)
	dsn := sqltest.Postgres(t)
	a := migrated(t, dsn, postgres.Options{Connections: 1}, []*db.Table{counters})
	cut(t, connect(t, dsn))
	if _, err := a.Count(t.Context(), counters, nil); err != nil && !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("the error is %v", err)
	}
	insert(t, a, counters, db.Row{db.ID: "1"})
}

func TestWhoWaitsForARowStopsWhenTheContextEnds(t *testing.T) {
	t.Parallel()
	counters := counter(t)
	dsn := sqltest.Postgres(t)
	a := migrated(t, dsn, postgres.Options{}, []*db.Table{counters})
	insert(t, a, counters, db.Row{db.ID: "1"})
	touch := db.Change{Table: counters, Set: db.Row{"n": 1}}
	raw := connect(t, dsn)
	err := a.Tx(t.Context(), func(outer context.Context) error {
		if _, err := a.Update(outer, touch); err != nil {
			return err
		}
		if err := a.Lock(outer, "busy"); err != nil {
			return err
		}
		for name, wait := range map[string]func(ctx context.Context) error{
			"a row": func(ctx context.Context) error { _, err := a.Update(ctx, touch); return err },
			"a row in a transaction": func(ctx context.Context) error {
				return a.Tx(ctx, func(ctx context.Context) error { _, err := a.Update(ctx, touch); return err })
			},
			"a lock": func(ctx context.Context) error {
				return a.Tx(ctx, func(ctx context.Context) error { return a.Lock(ctx, "busy") })
			},
		} {
			ctx, cancel := context.WithCancel(t.Context())
			waited := make(chan error, 1)
			go func() { waited <- wait(ctx) }()
			waitForBlocked(t, raw, 1)
			cancel()
			if err := <-waited; !errors.Is(err, context.Canceled) {
				t.Errorf("%s: %v, want context.Canceled", name, err)
			}
			// The server is told too and does not wait on.
			waitForBlocked(t, raw, 0)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// waitForBlocked polls until so many sessions of the schema wait for a lock.
func waitForBlocked(t *testing.T, raw *sql.DB, want int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	const query = `SELECT count(*) FROM pg_stat_activity
		WHERE wait_event_type = 'Lock' AND application_name = current_setting('application_name')`
	for {
		var n int
		if err := raw.QueryRowContext(ctx, query).Scan(&n); err != nil {
			t.Fatalf("%d sessions wait for a lock, want %d: %v", n, want, err)
		}
		if n == want {
			return
		}
	}
}

func TestADeadlockIsRunAgain(t *testing.T) {
	t.Parallel()
	counters := counter(t)
	a := migrated(t, sqltest.WithParameter(sqltest.Postgres(t), "deadlock_timeout", "10ms"), postgres.Options{}, []*db.Table{counters})
	ids := []string{"1", "2"}
	for _, id := range ids {
		insert(t, a, counters, db.Row{db.ID: id, "n": 0})
	}
	var runs atomic.Int64
	met := [2]chan struct{}{make(chan struct{}), make(chan struct{})}
	ended := [2]chan struct{}{make(chan struct{}), make(chan struct{})}
	both := func(first, second int) error {
		defer close(ended[first])
		once := true
		return a.Tx(t.Context(), func(ctx context.Context) error {
			runs.Add(1)
			if !once {
				<-ended[second] // or they could meet again
			}
			for i, id := range []string{ids[first], ids[second]} {
				if _, err := a.Update(ctx, db.Change{Table: counters, Where: db.Where{db.By(db.ID, id)}, Set: db.Row{"n": db.Increment(1)}}); err != nil {
					return err
				}
				if i == 0 && once {
					once = false
					close(met[first])
					<-met[second]
				}
			}
			return nil
		})
	}
	errs := make(chan error, 2)
	go func() { errs <- both(0, 1) }()
	go func() { errs <- both(1, 0) }()
	if err := errors.Join(<-errs, <-errs); err != nil {
		t.Fatal(err)
	}
	if runs.Load() != 3 {
		t.Errorf("the transactions ran %d times, want 3", runs.Load())
	}
	if n, err := a.Count(t.Context(), counters, db.Where{db.By("n", 2)}); err != nil || n != 2 {
		t.Errorf("%d rows were changed twice, %v", n, err)
	}
}

// A trigger stands for what makes the server give up a transaction, as often as
// it is told to.
func giveUp(t *testing.T, dsn string, times int) {
	t.Helper()
	sqltest.Execute(t, connect(t, dsn), fmt.Sprintf(`
		CREATE SEQUENCE given_up;
		CREATE FUNCTION give_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF nextval('given_up') <= %d THEN RAISE serialization_failure USING MESSAGE = 'secret'; END IF;
			RETURN new;
		END $$;
		CREATE TRIGGER give_up BEFORE INSERT ON counter FOR EACH ROW EXECUTE FUNCTION give_up()`, times))
}

func TestASerializationFailureIsRunAgainThreeTimesAtMost(t *testing.T) {
	t.Parallel()
	counters := counter(t)
	for _, c := range []struct {
		failures, runs int
		fails          bool
	}{{0, 1, false}, {2, 3, false}, {3, 3, true}} {
		t.Run(fmt.Sprint(c.failures), func(t *testing.T) {
			dsn := sqltest.Postgres(t)
			a := migrated(t, dsn, postgres.Options{}, []*db.Table{counters})
			giveUp(t, dsn, c.failures)
			runs := 0
			err := a.Tx(t.Context(), func(ctx context.Context) error {
				runs++
				return a.Tx(ctx, func(ctx context.Context) error {
					_, err := a.Insert(ctx, counters, db.Row{db.ID: "1"})
					return err
				})
			})
			if runs != c.runs || (err != nil) != c.fails {
				t.Errorf("%d runs, %v", runs, err)
			}
			if err != nil && (!errors.Is(err, db.ErrUnavailable) || strings.Contains(err.Error(), "secret")) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}

// A single statement outside a transaction is one too.
func TestASingleStatementThatMeetsAnotherIsRunAgain(t *testing.T) {
	t.Parallel()
	counters := counter(t)
	dsn := sqltest.Postgres(t)
	a := migrated(t, dsn, postgres.Options{}, []*db.Table{counters})
	giveUp(t, dsn, 2)
	insert(t, a, counters, db.Row{db.ID: "1"})
}

// A real one: the default of the database's transactions is stricter than ours.
func TestSerializableByDefaultIsWorkedWith(t *testing.T) {
	t.Parallel()
	counters := counter(t)
	a := migrated(t, sqltest.WithParameter(sqltest.Postgres(t), "default_transaction_isolation", "serializable"), postgres.Options{}, []*db.Table{counters})
	insert(t, a, counters, db.Row{db.ID: "1", "n": 0})
	const racers = 10
	errs := make(chan error, racers)
	for range racers {
		go func() {
			errs <- a.Tx(t.Context(), func(ctx context.Context) error {
				_, err := a.Update(ctx, db.Change{Table: counters, Set: db.Row{"n": db.Increment(1)}})
				return err
			})
		}()
	}
	for range racers {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if n, err := a.Count(t.Context(), counters, db.Where{db.By("n", racers)}); err != nil || n != 1 {
		t.Errorf("an increment was lost, %v", err)
	}
}

func TestAReadOnlyDatabaseIsUnavailable(t *testing.T) {
	t.Parallel()
	counters := counter(t)
	dsn := sqltest.Postgres(t)
	migrated(t, dsn, postgres.Options{}, []*db.Table{counters})
	a := open(t, sqltest.WithParameter(dsn, "default_transaction_read_only", "on"), postgres.Options{})
	if _, err := a.Insert(t.Context(), counters, db.Row{db.ID: "1"}); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("the error is %v", err)
	}
}

func TestAStatementThatTheServerRefusesUndoesTheTransactionThatGoesOn(t *testing.T) {
	t.Parallel()
	counters := counter(t)
	a := migrated(t, sqltest.Postgres(t), postgres.Options{}, []*db.Table{counters})
	insert(t, a, counters, db.Row{db.ID: "taken"})
	err := a.Tx(t.Context(), func(ctx context.Context) error {
		insert := func(id string) error { _, err := a.Insert(ctx, counters, db.Row{db.ID: id}); return err }
		if err := insert("before"); err != nil {
			return err
		}
		if err := insert("taken"); !errors.Is(err, db.ErrUnique) {
			t.Errorf("the second of the id: %v", err)
		}
		return nil // as if nothing had happened
	})
	if _, ok := errors.AsType[*sqlbun.Error](err); !ok {
		t.Errorf("the transaction pretends to have succeeded: %v", err)
	}
	if n, err := a.Count(t.Context(), counters, nil); err != nil || n != 1 {
		t.Errorf("%d rows, %v", n, err)
	}
}
