package mysql_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/mysql"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// token is the table of the tests here.
func token(t *testing.T) *db.Table {
	t.Helper()
	return sqltest.Table(t, "token",
		&db.Field{Name: "value", Type: db.String, Sortable: true},
		&db.Field{Name: "count", Type: db.Number, Nullable: true},
		&db.Field{Name: "moment", Type: db.Date, Nullable: true})
}

func insert(ctx context.Context, t *testing.T, a db.Adapter, table *db.Table, id, v string) {
	t.Helper()
	if _, err := a.Insert(ctx, table, db.Row{db.ID: id, "value": v}); err != nil {
		t.Fatal(err)
	}
}

// lookalikes are equal to each other by one collation or another.
var lookalikes = []string{"a", "A", "á", "a\u0301", "a ", "a  ", " a", "a\t", "ß", "ss", "K", "k", "ａ", "İ", "i̇", "😀", "😁", "", " "}

func TestTextsThatACollationTakesForEqualAreNot(t *testing.T) {
	t.Parallel()
	for _, collation := range []string{"utf8mb4_general_ci", "utf8mb4_unicode_ci", "utf8mb4_bin"} {
		t.Run(collation, func(t *testing.T) {
			t.Parallel()
			dsn, tokens := sqltest.MySQL(t), token(t)
			sqltest.Execute(t, connect(t, dsn), "create table token (id varchar(36) not null primary key, value varchar(255) collate "+collation+", count integer, moment datetime(3))")
			a := open(t, dsn, mysql.Options{})
			for i, text := range lookalikes {
				insert(t.Context(), t, a, tokens, fmt.Sprint(i), text)
			}
			want := func(what, text string, n int64, c db.Cond) {
				t.Helper()
				if got, err := a.Count(t.Context(), tokens, db.Where{c}); err != nil || got != n {
					t.Errorf("%s %q: %d rows, want %d (%v)", what, text, got, n, err)
				}
			}
			all := int64(len(lookalikes))
			for i, text := range lookalikes {
				want("equal", text, 1, db.By("value", text))
				want("unequal", text, all-1, db.Cond{Field: "value", Op: db.Ne, Value: text})
				want("one of", text, 2, db.Cond{Field: "value", Op: db.In, Value: []any{text, lookalikes[(i+1)%len(lookalikes)]}})
				want("none of", text, all-1, db.Cond{Field: "value", Op: db.NotIn, Value: []any{text, "other"}})
			}
			want("contains", "á", 1, db.Cond{Field: "value", Op: db.Contains, Value: "á"})
			want("ends with", "a ", 1, db.Cond{Field: "value", Op: db.EndsWith, Value: "a "})
			want("starts with", "A", 1, db.Cond{Field: "value", Op: db.StartsWith, Value: "A"})
			want("equal without case", "A", 2, db.Cond{Field: "value", Value: "A", Fold: true})
			want("equal without case", "İ", 1, db.Cond{Field: "value", Value: "İ", Fold: true})
			rows, err := a.Select(t.Context(), db.Query{Table: tokens, Order: []db.Order{{Field: "value"}}})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, row := range rows {
				got = append(got, row["value"].(string))
			}
			if diff := cmp.Diff(slices.Sorted(slices.Values(lookalikes)), got); diff != "" {
				t.Errorf("order (-want +got)\n%s", diff)
			}
			for i, text := range lookalikes {
				res, err := a.Delete(t.Context(), db.Removal{Table: tokens, Where: db.Where{db.By("value", text)}, Returning: i%2 == 0})
				if err != nil || res.Count != 1 {
					t.Errorf("delete %q: %d rows, %v", text, res.Count, err)
				}
			}
		})
	}
}

func TestColumnsOfAnotherCharacterSet(t *testing.T) {
	t.Parallel()
	dsn, tokens := sqltest.MySQL(t), token(t)
	sqltest.Execute(t, connect(t, dsn), "create table token (id varchar(36) not null primary key, value varchar(255), count integer, moment datetime(3)) character set latin1")
	a := open(t, dsn, mysql.Options{})
	insert(t.Context(), t, a, tokens, "1", "é")
	for text, want := range map[string]int64{"é": 1, "e": 0, "É": 0} {
		if n, err := a.Count(t.Context(), tokens, db.Where{db.By("value", text)}); err != nil || n != want {
			t.Errorf("%q: %d rows, want %d (%v)", text, n, want, err)
		}
	}
	// What it lacks can neither be written nor asked for.
	_, err := a.Insert(t.Context(), tokens, db.Row{db.ID: "2", "value": "😀"})
	wantKind(t, err, sqlbun.Range)
	_, err = a.Count(t.Context(), tokens, db.Where{db.By("value", "😀")})
	wantKind(t, err, sqlbun.Range)
}

func wantKind(t *testing.T, err error, kind sqlbun.Kind) {
	t.Helper()
	if e, ok := errors.AsType[*sqlbun.Error](err); !ok || e.Fault.Kind != kind {
		t.Errorf("the error is %v, want one of kind %d", err, kind)
	}
}

func TestUniqueTextsMayLookAlike(t *testing.T) {
	t.Parallel()
	names := sqltest.Table(t, "name", &db.Field{Name: "value", Type: db.String, Unique: true})
	a := migrated(t, sqltest.MySQL(t), mysql.Options{}, []*db.Table{names})
	for i, text := range []string{"a", "A", "á", "a\u0301", " a", "ß", "ss", "K", "k", "😀", "😁", "x' for key 'y"} {
		insert(t.Context(), t, a, names, fmt.Sprint(i), text)
	}
	// The last is documented: what the server's shared collations cannot tell apart is refused.
	for _, text := range []string{"a", "x' for key 'y", "a "} {
		_, err := a.Insert(t.Context(), names, db.Row{db.ID: "again", "value": text})
		if e, ok := errors.AsType[*db.UniqueError](err); !ok || e.Field != "value" {
			t.Errorf("%q again: %v", text, err)
		}
	}
	// Of a server that speaks another language.
	foreign := migrated(t, sqltest.MySQL(t)+"?lc_messages=ja_JP", mysql.Options{}, []*db.Table{names})
	insert(t.Context(), t, foreign, names, "1", "a")
	_, err := foreign.Insert(t.Context(), names, db.Row{db.ID: "2", "value": "a"})
	if e, ok := errors.AsType[*db.UniqueError](err); !ok || e.Field != "value" {
		t.Errorf("in another language: %v", err)
	}
	_, err = a.Insert(t.Context(), names, db.Row{db.ID: "1", "value": "other"})
	if e, ok := errors.AsType[*db.UniqueError](err); !ok || e.Field != db.ID {
		t.Errorf("an id again: %v", err)
	}
}

func TestAnIndexServesConditionsOnText(t *testing.T) {
	t.Parallel()
	for _, collation := range []string{"utf8mb4_general_ci", "utf8mb4_bin"} {
		dsn, tokens := sqltest.MySQL(t), token(t)
		pool := connect(t, dsn)
		pool.SetMaxOpenConns(1) // what was read is counted by session
		sqltest.Execute(t, pool, "create table token (id varchar(36) not null primary key, value varchar(255) collate "+collation+", count integer, moment timestamp(3), key (value), key (moment))")
		var values []string
		for i := range 2000 {
			values = append(values, fmt.Sprintf("('i%d', 'v%d', %d, '2026-01-01 00:00:%02d')", i, i, i, i%60))
		}
		sqltest.Execute(t, pool, "insert into token values "+strings.Join(values, ", "), "analyze table token")
		a, err := mysql.New(t.Context(), pool, mysql.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for name, run := range map[string]func() error{
			"equal": func() error { _, err := a.Count(t.Context(), tokens, db.Where{db.By("value", "v7")}); return err },
			"one of": func() error {
				_, err := a.Count(t.Context(), tokens, db.Where{{Field: db.ID, Op: db.In, Value: []any{"i1", "i2"}}})
				return err
			},
			"a moment": func() error {
				_, err := a.Count(t.Context(), tokens, db.Where{{Field: "moment", Op: db.Lt, Value: time.Date(2026, 1, 1, 0, 0, 1, 0, time.UTC)}})
				return err
			},
			"update": func() error {
				_, err := a.Update(t.Context(), db.Change{Table: tokens, Where: db.Where{db.By("value", "v7")}, Set: db.Row{"count": 1}, Returning: true})
				return err
			},
			"delete": func() error {
				_, err := a.Delete(t.Context(), db.Removal{Table: tokens, Where: db.Where{db.By(db.ID, "i9")}, Returning: true})
				return err
			},
		} {
			sqltest.Execute(t, pool, "FLUSH STATUS")
			if err := run(); err != nil {
				t.Fatal(err)
			}
			var variable string
			var read int
			if err := pool.QueryRowContext(t.Context(), "SHOW SESSION STATUS LIKE 'Handler_read_rnd_next'").Scan(&variable, &read); err != nil {
				t.Fatal(err)
			}
			if read >= 1000 {
				t.Errorf("%s, %s: %d rows were scanned", collation, name, read)
			}
		}
	}
}

func TestValuesBeyondTheirColumnAreRefused(t *testing.T) {
	t.Parallel()
	tokens := token(t)
	a := migrated(t, sqltest.MySQL(t), mysql.Options{}, []*db.Table{tokens})
	for name, row := range map[string]db.Row{
		"text":                      {"value": strings.Repeat("x", 256)},
		"an id":                     {db.ID: strings.Repeat("x", 37)},
		"a number":                  {"count": int64(1) << 31},
		"a date before 1970":        {"moment": time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC)},
		"the first instant of 1970": {"moment": time.Unix(0, 0)},
		"a date after 2038":         {"moment": time.Date(2120, 1, 1, 0, 0, 0, 0, time.UTC)},
	} {
		given := db.Row{db.ID: "1", "value": "v"}
		maps.Copy(given, row)
		err := a.Tx(t.Context(), func(ctx context.Context) error {
			_, err := a.Insert(ctx, tokens, given)
			wantKind(t, err, sqlbun.Range)
			_, err = a.Count(ctx, tokens, nil)
			return err
		})
		if err != nil {
			t.Errorf("%s: the transaction could not go on: %v", name, err)
		}
	}
	if n, err := a.Count(t.Context(), tokens, nil); err != nil || n != 0 {
		t.Errorf("%d rows were written, %v", n, err)
	}
}

func TestDatesThatNoTimestampHoldsCompare(t *testing.T) {
	t.Parallel()
	for _, typ := range []string{"timestamp(3)", "datetime(3)"} {
		dsn, tokens := sqltest.MySQL(t), token(t)
		sqltest.Execute(t, connect(t, dsn), "create table token (id varchar(36) not null primary key, value varchar(255), count integer, moment "+typ+" null)")
		a := open(t, dsn, mysql.Options{})
		now := time.Date(2026, 11, 22, 0, 0, 0, 5e6, time.UTC)
		if _, err := a.Insert(t.Context(), tokens, db.Row{db.ID: "1", "value": "v", "moment": now}); err != nil {
			t.Fatal(err)
		}
		early, late := time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)
		for _, c := range []struct {
			op   db.Op
			v    any
			want int64
		}{
			{db.Lt, late, 1},
			{db.Gt, late, 0},
			{db.Eq, late, 0},
			{db.Ne, late, 1},
			{db.Lte, early, 0},
			{db.Gte, early, 1},
			{db.Eq, early, 0},
			{db.In, []any{early, late}, 0},
			{db.In, []any{early, now}, 1},
			{db.NotIn, []any{late}, 1},
		} {
			where := db.Where{{Field: "moment", Op: c.op, Value: c.v}}
			if n, err := a.Count(t.Context(), tokens, where); err != nil || n != c.want {
				t.Errorf("%s %s %v: %d rows, want %d (%v)", typ, c.op, c.v, n, c.want, err)
			}
			if res, err := a.Update(t.Context(), db.Change{Table: tokens, Where: where, Set: db.Row{"value": "w"}}); err != nil || res.Count != c.want {
				t.Errorf("update %s %s %v: %d rows, want %d (%v)", typ, c.op, c.v, res.Count, c.want, err)
			}
		}
	}
}

// kill ends all connections of the database but pool's and waits until they are gone.
func kill(t *testing.T, pool *sql.DB) {
	t.Helper()
	const others = "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND ID <> CONNECTION_ID()"
	ids := sqltest.List(t, pool, others, sqltest.One[int64])
	if len(ids) == 0 {
		t.Fatal("there is no connection to kill")
	}
	for _, id := range ids {
		sqltest.Execute(t, pool, fmt.Sprintf("KILL %d", id))
	}
	for deadline := time.Now().Add(time.Minute); len(sqltest.List(t, pool, others, sqltest.One[int64])) > 0; {
		if time.Now().After(deadline) {
			t.Fatal("the connections do not end")
		}
	}
}

func TestAConnectionThatIsKilled(t *testing.T) {
	t.Parallel()
	dsn, tokens := sqltest.MySQL(t), token(t)
	a := migrated(t, dsn, mysql.Options{Connections: 1}, []*db.Table{tokens})
	pool := connect(t, dsn)
	pool.SetMaxOpenConns(1)
	works := func(when, id string) {
		t.Helper()
		if _, err := a.Insert(t.Context(), tokens, db.Row{db.ID: id, "value": "v"}); err != nil {
			t.Errorf("%s: %v", when, err)
		}
	}
	err := a.Tx(t.Context(), func(ctx context.Context) error {
		insert(ctx, t, a, tokens, "lost", "v")
		kill(t, pool)
		_, err := a.Insert(ctx, tokens, db.Row{db.ID: "lost too", "value": "v"})
		if !errors.Is(err, db.ErrUnavailable) {
			t.Errorf("inside the transaction: %v", err)
		}
		return err
	})
	if !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("the transaction: %v", err)
	}
	works("after the transaction", "1")

	err = a.Tx(t.Context(), func(ctx context.Context) error {
		insert(ctx, t, a, tokens, "lost", "v")
		kill(t, pool)
		return nil
	})
	if !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("at the commit: %v", err)
	}
	works("after the commit", "2")

	err = a.Tx(t.Context(), func(ctx context.Context) error {
		if err := a.Lock(ctx, "name"); err != nil {
			return err
		}
		kill(t, pool)
		return a.Lock(ctx, "other")
	})
	if !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("a lock: %v", err)
	}
	if err := a.Ping(t.Context()); err != nil {
		t.Errorf("after the lock: %v", err)
	}

	kill(t, pool)
	works("while idle", "3") // the pool finds out by itself
	kill(t, pool)
	if err := a.Ping(t.Context()); err != nil {
		t.Errorf("ping: %v", err)
	}
	if n, err := a.Count(t.Context(), tokens, nil); err != nil || n != 3 {
		t.Errorf("%d rows, %v", n, err)
	}
}

func TestARowThatIsLockedIsWaitedForSoLong(t *testing.T) {
	t.Parallel()
	dsn, tokens := sqltest.MySQL(t), token(t)
	holder := migrated(t, dsn, mysql.Options{}, []*db.Table{tokens})
	insert(t.Context(), t, holder, tokens, "1", "v")
	a := open(t, dsn, mysql.Options{Connections: 1, LockTimeout: time.Second})
	change := db.Change{Table: tokens, Where: db.Where{db.By(db.ID, "1")}, Set: db.Row{"value": "w"}}
	err := holder.Tx(t.Context(), func(ctx context.Context) error {
		if _, err := holder.Select(ctx, db.Query{Table: tokens, ForUpdate: true}); err != nil {
			return err
		}
		for _, returning := range []bool{false, true} {
			change.Returning = returning
			short, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			if _, err := a.Update(short, change); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("with a deadline: %v", err)
			}
			cancel()
			if _, err := a.Update(t.Context(), change); !errors.Is(err, db.ErrUnavailable) || !strings.Contains(err.Error(), "1205") {
				t.Errorf("without: %v", err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if res, err := a.Update(t.Context(), change); err != nil || res.Count != 1 {
		t.Errorf("afterwards: %+v, %v", res, err)
	}
}

func TestAnAdvisoryLockEndsWithTheTransaction(t *testing.T) {
	t.Parallel()
	dsn, elsewhere := sqltest.MySQL(t), sqltest.MySQL(t)
	a, b, other := open(t, dsn, mysql.Options{Connections: 1}), open(t, dsn, mysql.Options{Connections: 1}), open(t, elsewhere, mysql.Options{})
	name := strings.Repeat("long/", 100)
	take := func(ctx context.Context, a *sqlbun.Adapter) error {
		return a.Tx(ctx, func(ctx context.Context) error {
			return errors.Join(a.Lock(ctx, name), a.Lock(ctx, name), a.Lock(ctx, name+"x"))
		})
	}
	err := a.Tx(t.Context(), func(ctx context.Context) error {
		if err := a.Lock(ctx, name); err != nil {
			return err
		}
		short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := take(short, b); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the second: %v", err)
		}
		// Of another database of the same server.
		return take(t.Context(), other)
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := errors.Join(take(t.Context(), b), take(t.Context(), a)); err != nil {
			t.Error(err)
		}
	}
}

func TestADeadlockIsRunAgain(t *testing.T) {
	t.Parallel()
	tokens := token(t)
	a := migrated(t, sqltest.MySQL(t), mysql.Options{}, []*db.Table{tokens})
	insert(t.Context(), t, a, tokens, "a", "v")
	insert(t.Context(), t, a, tokens, "b", "v")
	var runs atomic.Int64
	var both, done sync.WaitGroup
	both.Add(2)
	errs := make([]error, 2)
	for i, order := range [][]string{{"a", "b"}, {"b", "a"}} {
		done.Go(func() {
			first := true
			errs[i] = a.Tx(t.Context(), func(ctx context.Context) error {
				runs.Add(1)
				for n, id := range order {
					_, err := a.Update(ctx, db.Change{Table: tokens, Where: db.Where{db.By(db.ID, id)}, Set: db.Row{"count": i}})
					if err != nil {
						return err
					}
					if n == 0 && first {
						first = false
						both.Done()
						both.Wait()
					}
				}
				return nil
			})
		})
	}
	done.Wait()
	if err := errors.Join(errs...); err != nil || runs.Load() != 3 {
		t.Errorf("%d runs, want 3 (%v)", runs.Load(), err)
	}
}

func TestOfManyWhoConsumeARowOneGetsIt(t *testing.T) {
	t.Parallel()
	dsn, tokens := sqltest.MySQL(t), token(t)
	servers := []*sqlbun.Adapter{migrated(t, dsn, mysql.Options{}, []*db.Table{tokens}), open(t, dsn, mysql.Options{Connections: 1})}
	for round := range 5 {
		insert(t.Context(), t, servers[0], tokens, "single-use", "v")
		const racers = 50
		var won atomic.Int64
		start := make(chan struct{})
		errs := make([]error, racers)
		var done sync.WaitGroup
		for i := range racers {
			done.Go(func() {
				<-start
				var res db.Result
				res, errs[i] = servers[i%2].Delete(t.Context(), db.Removal{Table: tokens, Where: db.Where{db.By("value", "v")}, Returning: true})
				won.Add(int64(len(res.Rows)))
			})
		}
		close(start)
		done.Wait()
		if err := errors.Join(errs...); err != nil || won.Load() != 1 {
			t.Fatalf("round %d: %d winners, %v", round, won.Load(), err)
		}
	}
}
