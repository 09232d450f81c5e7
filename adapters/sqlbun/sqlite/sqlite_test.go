package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqlite"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// token is the table of the tests here.
func token(t *testing.T) *db.Table {
	t.Helper()
	return sqltest.Table(t, "token",
		&db.Field{Name: "value", Type: db.String},
		&db.Field{Name: "data", Type: db.JSON, Nullable: true},
		&db.Field{Name: "at", Type: db.Date, Nullable: true})
}

func TestDatabasesInMemoryAreApart(t *testing.T) {
	t.Parallel()
	tables := []*db.Table{token(t)}
	for _, dsn := range []string{":memory:", "file::memory:", "file:shared?mode=memory"} {
		a, b := migrated(t, dsn, sqlite.Options{}, tables), migrated(t, dsn, sqlite.Options{}, tables)
		insert(t, a, tables[0], "1")
		if n, err := b.Count(t.Context(), tables[0], nil); err != nil || n != 0 {
			t.Errorf("%s: the other database has %d rows, %v", dsn, n, err)
		}
	}
}

func insert(t *testing.T, a db.Adapter, table *db.Table, id string) {
	t.Helper()
	if _, err := a.Insert(t.Context(), table, db.Row{db.ID: id, "value": "v"}); err != nil {
		t.Fatal(err)
	}
}

func TestTheDatabaseIsInWALMode(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.db")
	migrated(t, path, sqlite.Options{}, []*db.Table{token(t)})
	if mode := sqltest.List(t, connect(t, path), "PRAGMA journal_mode", sqltest.One[string]); mode[0] != "wal" {
		t.Errorf("the journal mode is %s", mode[0])
	}
}

func TestAnInterruptedQueryDoesNotLoseADatabaseInMemory(t *testing.T) {
	t.Parallel()
	tables := []*db.Table{token(t)}
	a := migrated(t, ":memory:", sqlite.Options{}, tables)
	insert(t, a, tables[0], "kept")
	for range 20 {
		ctx, cancel := context.WithCancel(t.Context())
		go cancel()
		_ = a.Tx(ctx, func(ctx context.Context) error {
			_, err := a.Select(ctx, db.Query{Table: tables[0]})
			return err
		})
		cancel()
	}
	if n, err := a.Count(t.Context(), tables[0], nil); err != nil || n != 1 {
		t.Errorf("%d rows, %v", n, err)
	}
}

// A trigger that rolls back stands for whatever makes SQLite end a transaction
// by itself: a full disk, an interrupt. Later statements would then be on their own.
func TestATransactionThatTheDatabaseEndedIsNotGoneOnWith(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.db")
	tokens := token(t)
	a := migrated(t, path, sqlite.Options{}, []*db.Table{tokens})
	sqltest.Execute(t, connect(t, path), `create trigger bomb before insert on token when new.id = 'bomb' begin select raise(rollback, 'secret'); end`)
	put := func(ctx context.Context, id string) error {
		_, err := a.Insert(ctx, tokens, db.Row{db.ID: id, "value": "v"})
		return err
	}
	for name, nested := range map[string]bool{"at its top": false, "at a savepoint": true} {
		err := a.Tx(t.Context(), func(ctx context.Context) error {
			if err := put(ctx, "before"); err != nil {
				return err
			}
			bomb := func(ctx context.Context) error { return put(ctx, "bomb") }
			var err error
			if nested {
				err = a.Tx(ctx, bomb)
			} else {
				err = bomb(ctx)
			}
			if err == nil || strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: the error is %v", name, err)
			}
			if put(ctx, "after") == nil {
				t.Errorf("%s: a statement ran after the end", name)
			}
			return nil
		})
		if err == nil {
			t.Errorf("%s: the transaction pretends to have succeeded", name)
		}
		if n, err := a.Count(t.Context(), tokens, nil); err != nil || n != 0 {
			t.Errorf("%s: %d rows are left, %v", name, n, err)
		}
	}
}

func TestErrorsNameTheOperationAndNoValue(t *testing.T) {
	t.Parallel()
	a := open(t, ":memory:", sqlite.Options{})
	const secret = "hunter2"
	_, err := a.Insert(t.Context(), token(t), db.Row{db.ID: secret, "value": secret})
	var e *sqlbun.Error
	if !errors.As(err, &e) || e.Fault.Kind != sqlbun.Schema {
		t.Fatalf("the error is %v", err)
	}
	want := "insert into token: the database lacks a table or a column; migrate it (SQLITE_ERROR)"
	if err.Error() != want || errors.Unwrap(err) != nil {
		t.Errorf("the error is %q, want %q and nothing inside", err, want)
	}
}

func TestAColumnThatIsMissingIsNotTakenForText(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.db")
	sqltest.Execute(t, connect(t, path), `create table token (id text primary key)`, `insert into token values ('1')`)
	a := open(t, path, sqlite.Options{})
	if n, err := a.Count(t.Context(), token(t), db.Where{db.By("value", "value")}); err == nil {
		t.Errorf("%d rows match", n)
	}
}

func TestJSONKeepsTheOrderOfItsMembers(t *testing.T) {
	t.Parallel()
	tokens := token(t)
	a := migrated(t, ":memory:", sqlite.Options{}, []*db.Table{tokens})
	const text = `{"z":1,"a":{"y":true,"b":null},"m":"<&>\u2028"}`
	v, err := wire.Decode([]byte(text), wire.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	row, err := a.Insert(t.Context(), tokens, db.Row{db.ID: "1", "value": "v", "data": v})
	if err != nil {
		t.Fatal(err)
	}
	got, err := wire.Marshal(row["data"])
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.ReplaceAll(text, `\u2028`, "\u2028"); string(got) != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestDatesInADatabaseOfAnotherKind(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.db")
	tokens := token(t)
	a := migrated(t, path, sqlite.Options{}, []*db.Table{tokens})
	raw := connect(t, path)
	for stored, want := range map[string]string{
		"1795262147024":                   "2026-11-21T11:55:47.024Z",
		"1795262147024.0":                 "2026-11-21T11:55:47.024Z",
		"'2026-11-21T21:55:47.024Z'":      "2026-11-21T21:55:47.024Z",
		"'2026-11-21T21:55:47Z'":          "2026-11-21T21:55:47.000Z",
		"'2026-11-21 21:55:47'":           "2026-11-21T21:55:47.000Z",
		"'2026-11-21T23:55:47.024+02:00'": "2026-11-21T21:55:47.024Z",
		"'2026-11-21'":                    "2026-11-21T00:00:00.000Z",
		"'soon'":                          "",
		"x'00'":                           "",
	} {
		sqltest.Execute(t, raw, "delete from token", "insert into token values ('1', 'v', null, "+stored+")")
		rows, err := a.Select(t.Context(), db.Query{Table: tokens})
		if want == "" {
			if err == nil {
				t.Errorf("%s is read as %v", stored, rows[0]["at"])
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", stored, err)
			continue
		}
		if text, err := wire.Marshal(rows[0]["at"]); err != nil || string(text) != `"`+want+`"` {
			t.Errorf("%s is read as %s, want %s (%v)", stored, text, want, err)
		}
	}
}

func TestTwoServersShareAFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.db")
	tokens := token(t)
	servers := []*sqlbun.Adapter{migrated(t, path, sqlite.Options{}, []*db.Table{tokens}), open(t, path, sqlite.Options{})}
	const racers = 50
	insert(t, servers[0], tokens, "single-use")
	var won atomic.Int64
	start := make(chan struct{})
	errs := make([]error, racers)
	var done sync.WaitGroup
	for i := range racers {
		done.Go(func() {
			<-start
			a := servers[i%2]
			res, err := a.Delete(t.Context(), db.Removal{Table: tokens, Where: db.Where{db.By(db.ID, "single-use")}, Returning: true})
			won.Add(int64(len(res.Rows)))
			_, err2 := a.Insert(t.Context(), tokens, db.Row{db.ID: fmt.Sprint(i), "value": "v"})
			err3 := a.Tx(t.Context(), func(ctx context.Context) error {
				if _, err := a.Count(ctx, tokens, nil); err != nil {
					return err
				}
				_, err := a.Insert(ctx, tokens, db.Row{db.ID: fmt.Sprint("tx", i), "value": "v"})
				return err
			})
			errs[i] = errors.Join(err, err2, err3)
		})
	}
	close(start)
	done.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if n, err := servers[1].Count(t.Context(), tokens, nil); err != nil || n != 2*racers || won.Load() != 1 {
		t.Errorf("%d rows and %d winners, %v", n, won.Load(), err)
	}
}

func TestPingAndClose(t *testing.T) {
	t.Parallel()
	tokens := token(t)
	a := migrated(t, filepath.Join(t.TempDir(), "a.db"), sqlite.Options{}, []*db.Table{tokens})
	if err := a.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := a.Ping(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("ping: %v, want context.Canceled", err)
	}
	if err := a.Close(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	if err := a.Close(context.WithoutCancel(t.Context())); err != nil {
		t.Errorf("the second close: %v", err)
	}
	if a.Ping(t.Context()) == nil {
		t.Error("a closed database answers")
	}
	if _, err := a.Count(t.Context(), tokens, nil); err == nil {
		t.Error("a closed database counts")
	}
}

func TestAFileThatIsGoneIsNotReady(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	a := open(t, path, sqlite.Options{})
	if err := a.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	if err := a.Ping(t.Context()); !errors.Is(err, sqlite.ErrFileGone) {
		t.Errorf("removed: %v", err)
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := a.Ping(t.Context()); !errors.Is(err, sqlite.ErrFileGone) {
		t.Errorf("replaced: %v", err)
	}
}

func TestALockedDatabaseIsUnavailable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	other := open(t, path, sqlite.Options{})
	a := open(t, path, sqlite.Options{BusyTimeout: time.Millisecond})
	err := other.Tx(t.Context(), func(ctx context.Context) error {
		return a.Tx(t.Context(), func(context.Context) error { return nil })
	})
	if !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("error %v", err)
	}
}
