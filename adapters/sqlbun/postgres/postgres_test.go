package postgres_test

import (
	"context"
	"errors"
	"math"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/postgres"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// noon is an instant with milliseconds that are not zero.
var noon = time.Date(2026, 11, 21, 12, 30, 45, 24e6, time.UTC)

// counter is the table of the tests here.
func counter(t *testing.T) *db.Table {
	t.Helper()
	return sqltest.Table(t, "counter",
		&db.Field{Name: "name", Type: db.String, Nullable: true},
		&db.Field{Name: "n", Type: db.Number, Nullable: true},
		&db.Field{Name: "at", Type: db.Date, Nullable: true})
}

func insert(t *testing.T, a db.Adapter, table *db.Table, row db.Row) {
	t.Helper()
	if _, err := a.Insert(t.Context(), table, row); err != nil {
		t.Fatal(err)
	}
}

func TestAnIntegerColumnRefusesWhatItCannotHold(t *testing.T) {
	t.Parallel()
	counters := counter(t)
	a := migrated(t, sqltest.Postgres(t), postgres.Options{}, []*db.Table{counters})
	insert(t, a, counters, db.Row{db.ID: "1", "n": math.MaxInt32})
	for name, n := range map[string]any{"an int64": int64(math.MaxInt32) + 1, "a fraction": 2.5, "a huge number": 1e300, "a tiny one": 1e-300, "the least int64": int64(math.MinInt64)} {
		_, inserted := a.Insert(t.Context(), counters, db.Row{db.ID: "2", "n": n})
		_, updated := a.Update(t.Context(), db.Change{Table: counters, Set: db.Row{"n": n}})
		for _, err := range []error{inserted, updated} {
			var e *sqlbun.Error
			if !errors.As(err, &e) || e.Fault.Kind != sqlbun.Range || !strings.Contains(err.Error(), "beyond what the column's type holds") {
				t.Errorf("%s: %v", name, err)
			}
		}
		for op, want := range map[db.Op]int64{db.Eq: 0, db.Ne: 1} {
			if got, err := a.Count(t.Context(), counters, db.Where{{Field: "n", Op: op, Value: n}}); err != nil || got != want {
				t.Errorf("%s %s: %d rows, %v", op, name, got, err)
			}
		}
	}
	_, err := a.Update(t.Context(), db.Change{Table: counters, Set: db.Row{"n": db.Increment(1)}})
	var e *sqlbun.Error
	if !errors.As(err, &e) || e.Fault.Kind != sqlbun.Range {
		t.Errorf("an increment beyond the end: %v", err)
	}
	list := []any{2.5, int64(1) << 40, math.MaxInt32}
	if n, err := a.Count(t.Context(), counters, db.Where{{Field: "n", Op: db.In, Value: list}}); err != nil || n != 1 {
		t.Errorf("one of a list: %d rows, %v", n, err)
	}
}

// A column that somebody made for them holds fractions and big numbers.
func TestNumbersInColumnsOfOtherTypes(t *testing.T) {
	t.Parallel()
	counters := counter(t)
	for typ, values := range map[string][]any{
		"bigint":           {int64(math.MaxInt64), int64(math.MinInt64)},
		"numeric":          {2.5, int64(math.MaxInt64), -1e300},
		"double precision": {2.5, int64(1) << 53, 1e-300},
		"smallint":         {int64(-7)},
	} {
		t.Run(typ, func(t *testing.T) {
			dsn := sqltest.Postgres(t)
			sqltest.Execute(t, connect(t, dsn), `create table counter (id text primary key, name text, n `+typ+`, at timestamptz)`)
			a := migrated(t, dsn, postgres.Options{}, []*db.Table{counters})
			for _, v := range values {
				row, err := a.Insert(t.Context(), counters, db.Row{db.ID: "1", "n": v})
				if err != nil || row["n"] != v {
					t.Errorf("%v is stored as %v, %v", v, row["n"], err)
				}
				res, err := a.Delete(t.Context(), db.Removal{Table: counters, Where: db.Where{db.By("n", v)}})
				if err != nil || res.Count != 1 {
					t.Errorf("%d rows equal %v, %v", res.Count, v, err)
				}
			}
		})
	}
}

func TestDatesOfEveryYearAndColumnType(t *testing.T) {
	t.Parallel()
	counters := counter(t)
	for _, typ := range []string{"timestamptz", "timestamp"} {
		t.Run(typ, func(t *testing.T) {
			dsn := sqltest.Postgres(t)
			raw := connect(t, dsn)
			sqltest.Execute(t, raw, `create table counter (id text primary key, name text, n int, at `+typ+`)`)
			a := migrated(t, dsn, postgres.Options{}, []*db.Table{counters})
			for _, at := range []time.Time{
				time.Date(0, 2, 29, 12, 0, 0, 1e6, time.UTC), time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC),
				time.Date(1880, 1, 1, 0, 0, 0, 999e6, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC),
			} {
				row, err := a.Insert(t.Context(), counters, db.Row{db.ID: "1", "at": at})
				if err != nil {
					t.Fatalf("%v: %v", at, err)
				}
				if diff := cmp.Diff(at, row["at"]); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
				res, err := a.Delete(t.Context(), db.Removal{Table: counters, Where: db.Where{db.By("at", at)}})
				if err != nil || res.Count != 1 {
					t.Errorf("%d rows of %v, %v", res.Count, at, err)
				}
			}
			sqltest.Execute(t, raw, `insert into counter values ('1', null, null, 'infinity')`)
			if rows, err := a.Select(t.Context(), db.Query{Table: counters}); err == nil {
				t.Errorf("infinity is read as %v", rows[0]["at"])
			}
		})
	}
}

// The column's collation sorts a < B and puts accents beside their letters.
func TestTextIsComparedByteByByteWhateverTheCollation(t *testing.T) {
	t.Parallel()
	counters := counter(t)
	dsn := sqltest.Postgres(t)
	sqltest.Execute(t, connect(t, dsn), `create table counter (id text collate "en-x-icu" primary key, name text collate "en-x-icu", n int, at timestamptz)`)
	a := migrated(t, dsn, postgres.Options{}, []*db.Table{counters})
	inOrder := []string{"B", "a", "b", "á", "İ", "😀"}
	for _, name := range []string{"á", "b", "😀", "a", "İ", "B"} {
		insert(t, a, counters, db.Row{db.ID: name, "name": name})
	}
	names := func(q db.Query) []string {
		t.Helper()
		q.Table = counters
		rows, err := a.Select(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, row := range rows {
			out = append(out, row["name"].(string))
		}
		return out
	}
	for _, field := range []string{"name", db.ID} {
		order := []db.Order{{Field: field}}
		if diff := cmp.Diff(inOrder, names(db.Query{Order: order})); diff != "" {
			t.Errorf("by %s (-want +got)\n%s", field, diff)
		}
		got := names(db.Query{Order: order, Where: db.Where{{Field: field, Op: db.Gt, Value: "a"}, {Field: field, Op: db.Lte, Value: "á"}}})
		if diff := cmp.Diff([]string{"b", "á"}, got); diff != "" {
			t.Errorf("between, by %s (-want +got)\n%s", field, diff)
		}
	}
	if got := names(db.Query{Where: db.Where{{Field: "name", Op: db.Eq, Value: "İ", Fold: true}}}); len(got) != 1 {
		t.Errorf("folding changes more than ASCII: %v", got)
	}
}

func TestANativeUUIDIsFoundByTheSpellingOfTheRowOnly(t *testing.T) {
	t.Parallel()
	tbl := sqltest.Table(t, "t")
	tbl.IDs = db.IDUUID
	a := migrated(t, sqltest.Postgres(t), postgres.Options{}, []*db.Table{tbl})
	const id = "018fabcd-0000-7000-8000-00000000000a"
	insert(t, a, tbl, db.Row{db.ID: id})
	for spelling, want := range map[string]int64{
		id: 1, strings.ToUpper(id): 0, "{" + id + "}": 0, strings.ReplaceAll(id, "-", ""): 0, id + " ": 0, "018fabcd": 0, "": 0, id[:35] + "g": 0,
	} {
		for op, rows := range map[db.Op]int64{db.Eq: want, db.Ne: 1 - want, db.In: want, db.NotIn: 1 - want} {
			var v any = spelling
			if op == db.In || op == db.NotIn {
				v = []any{spelling}
			}
			if n, err := a.Count(t.Context(), tbl, db.Where{{Field: db.ID, Op: op, Value: v}}); err != nil || n != rows {
				t.Errorf("%s %q: %d rows, %v, want %d", op, spelling, n, err, rows)
			}
		}
	}
	for op, text := range map[db.Op]string{db.StartsWith: "018fab", db.EndsWith: "0a", db.Contains: "-7000-"} {
		if n, err := a.Count(t.Context(), tbl, db.Where{{Field: db.ID, Op: op, Value: text}}); err != nil || n != 1 {
			t.Errorf("%s: %d rows, %v", op, n, err)
		}
	}
	if _, err := a.Insert(t.Context(), tbl, db.Row{db.ID: "free text"}); !errors.Is(err, sqlbun.ErrNeverHeld) {
		t.Errorf("insert: %v", err)
	}
}

func TestNULInJSONIsRefused(t *testing.T) {
	t.Parallel()
	tbl := sqltest.Table(t, "t", &db.Field{Name: "data", Type: db.JSON, Nullable: true})
	a := migrated(t, sqltest.Postgres(t), postgres.Options{}, []*db.Table{tbl})
	for _, v := range []any{"\x00", []any{"a\x00"}, map[string]any{"\x00": 1}, struct{ Name string }{"\x00"}} {
		if _, err := a.Insert(t.Context(), tbl, db.Row{db.ID: "1", "data": v}); !errors.Is(err, db.ErrNUL) {
			t.Errorf("%#v: %v, want db.ErrNUL", v, err)
		}
	}
	insert(t, a, tbl, db.Row{db.ID: "1", "data": `\u0000`})
}

// Rows are locked, not what is joined to them: the nullable side of a join
// cannot be.
func TestRowsReadForUpdateWithAJoinAreLocked(t *testing.T) {
	t.Parallel()
	user := sqltest.Table(t, "user")
	session := sqltest.Table(t, "session", &db.Field{Name: "userId", Type: db.String, Nullable: true, References: &db.Reference{Model: "user", Field: db.ID}})
	tables := []*db.Table{user, session}
	dsn := sqltest.Postgres(t)
	a := migrated(t, dsn, postgres.Options{}, tables)
	insert(t, a, session, db.Row{db.ID: "s"})
	err := a.Tx(t.Context(), func(ctx context.Context) error {
		rows, err := a.Select(ctx, db.Query{
			Table: session, ForUpdate: true, Order: []db.Order{{Field: db.ID}}, Limit: 1,
			Joins: []db.Join{{Table: user, Local: "userId", Foreign: db.ID}},
		})
		if err != nil || len(rows) != 1 {
			t.Fatalf("%v, %v", rows, err)
		}
		var locked string
		err = connect(t, dsn).QueryRowContext(t.Context(), `SELECT id FROM "session" FOR UPDATE SKIP LOCKED`).Scan(&locked)
		if err == nil {
			t.Error("the row is not locked")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestOpenSaysWhatIsWrongAndNoPassword(t *testing.T) {
	t.Parallel()
	dsn := sqltest.Postgres(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	const secret = "hunter2"
	for name, c := range map[string]struct {
		dsn, want   string
		unavailable bool
	}{
		"a URL that does not parse":     {"postgres://u:" + secret + "%zz@localhost/x", "does not parse", false},
		"a port that is none":           {"postgres://u:" + secret + "/2@localhost/x", "does not parse", false},
		"a password that looks like db": {"postgres://127.0.0.1:1/" + secret + "@localhost/x", "no server answers", true},
		"keywords that do not parse":    {"host=localhost password='" + secret, "does not parse", false},
		"an sslmode that is none":       {"host=localhost sslmode=maybe password=" + secret, "does not parse", false},
		"nobody at the port":            {"postgres://u:" + secret + "@" + closed + "/x?sslmode=disable", "no server answers", true},
		"no such database":              {sqltest.WithParameter(dsn, "dbname", secret), "there is no such database (SQLSTATE 3D000)", false},
		"no such user":                  {sqltest.WithParameter(dsn, "user", secret), "the server refuses the user, the password or the host (SQLSTATE 28000)", false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := postgres.Open(t.Context(), c.dsn, postgres.Options{})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), secret) {
				t.Errorf("the error is %v, want %q", err, c.want)
			}
			if errors.Is(err, db.ErrUnavailable) != c.unavailable {
				t.Errorf("unavailable: %t", !c.unavailable)
			}
		})
	}
	if _, err := postgres.Open(t.Context(), dsn, postgres.Options{Connections: -1}); err == nil {
		t.Error("a negative number of connections was taken")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := postgres.Open(ended, dsn, postgres.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that has ended: %v", err)
	}
}

func TestErrorsNameTheOperationAndNoValue(t *testing.T) {
	t.Parallel()
	a := open(t, sqltest.Postgres(t), postgres.Options{})
	const secret = "hunter2"
	_, err := a.Insert(t.Context(), counter(t), db.Row{db.ID: secret, "name": secret})
	want := "insert into counter: the database lacks a table or a column; migrate it (42P01)"
	if err == nil || err.Error() != want || errors.Unwrap(err) != nil {
		t.Errorf("the error is %q, want %q and nothing inside", err, want)
	}
}
