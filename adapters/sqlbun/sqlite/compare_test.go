package sqlite_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sqlite3 "modernc.org/sqlite"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqlite"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

func TestTextIsComparedByteByByteWhateverTheCollation(t *testing.T) {
	t.Parallel()
	for _, collation := range []string{"nocase", "rtrim", "binary"} {
		t.Run(collation, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "a.db")
			sqltest.Execute(t, connect(t, path), `create table token (id text collate `+collation+` not null primary key, value text collate `+collation+`, data text, at date)`,
				`create table holder (id text not null primary key, tokenId text collate `+collation+`)`,
				`insert into token values ('TokenABC', 'B', null, null), ('x', 'a', null, null), ('y', 'b ', null, null)`,
				`insert into holder values ('1', 'TokenABC'), ('2', 'tokenabc'), ('3', 'TokenABC ')`)
			a, tokens := open(t, path, sqlite.Options{}), token(t)
			for text, want := range map[string]int64{"TokenABC": 1, "tokenabc": 0, "TokenABC ": 0} {
				for op, n := range map[db.Op]int64{db.Eq: want, db.Ne: 3 - want, db.In: want, db.NotIn: 3 - want} {
					var v any = text
					if op == db.In || op == db.NotIn {
						v = []any{text}
					}
					if got, err := a.Count(t.Context(), tokens, db.Where{{Field: db.ID, Op: op, Value: v}}); err != nil || got != n {
						t.Errorf("%s %q: %d rows, want %d (%v)", op, text, got, n, err)
					}
				}
			}
			if n, err := a.Count(t.Context(), tokens, db.Where{{Field: "value", Op: db.Gt, Value: "B"}}); err != nil || n != 2 {
				t.Errorf("above B: %d rows, %v", n, err)
			}
			rows, err := a.Select(t.Context(), db.Query{Table: tokens, Order: []db.Order{{Field: "value"}}})
			if err != nil {
				t.Fatal(err)
			}
			got := []any{rows[0]["value"], rows[1]["value"], rows[2]["value"]}
			if diff := cmp.Diff([]any{"B", "a", "b "}, got); diff != "" {
				t.Errorf("order (-want +got)\n%s", diff)
			}
			holders := sqltest.Table(t, "holder", &db.Field{Name: "tokenId", Type: db.String})
			rows, err = a.Select(t.Context(), db.Query{
				Table: holders, Order: []db.Order{{Field: db.ID}}, Joins: []db.Join{{Table: tokens, Local: "tokenId", Foreign: db.ID}},
			})
			if err != nil {
				t.Fatal(err)
			}
			if rows[0]["token"] == nil || rows[1]["token"] != nil || rows[2]["token"] != nil {
				t.Errorf("joined %v", rows)
			}
		})
	}
}

// verifications has one of each kind of date.
func verifications(t *testing.T) (*sqlbun.Adapter, *db.Table) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.db")
	sqltest.Execute(t, connect(t, path), `create table token (id text not null primary key, value text, data text, at date)`,
		`insert into token values ('old text', '', null, '2026-11-21T11:55:47.023Z'), ('old number', '', null, 1795262147023), ('old real', '', null, 1795262147023.0),
			('text', '', null, '2026-11-21T11:55:47.024Z'), ('number', '', null, 1795262147024),
			('new text', '', null, '2026-11-21T11:55:47.025Z'), ('new number', '', null, 1795262147025), ('none', '', null, null)`)
	return open(t, path, sqlite.Options{}), token(t)
}

func TestDatesInMillisecondsCompareAsDates(t *testing.T) {
	t.Parallel()
	a, tokens := verifications(t)
	now := time.UnixMilli(1795262147024) // 2026-11-21T11:55:47.024Z
	old, same, later := []string{"old number", "old real", "old text"}, []string{"number", "text"}, []string{"new number", "new text"}
	for _, c := range []struct {
		op   db.Op
		v    any
		want []string
	}{
		{db.Lt, now, old},
		{db.Lte, now, slices.Concat(old, same)},
		{db.Gt, now, later},
		{db.Gte, now, slices.Concat(later, same)},
		{db.Eq, now, same},
		{db.In, []any{now, now.Add(time.Millisecond)}, slices.Concat(later, same)},
		{db.Ne, now, slices.Concat(old, later, []string{"none"})},
	} {
		rows, err := a.Select(t.Context(), db.Query{Table: tokens, Fields: []string{db.ID}, Where: db.Where{{Field: "at", Op: c.op, Value: c.v}}})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, row := range rows {
			got = append(got, row[db.ID].(string))
		}
		slices.Sort(got)
		slices.Sort(c.want)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", c.op, diff)
		}
	}
}

// recorder notes the queries of its connections.
type recorder struct {
	driver.Connector
	queries []string
}

type recorded struct {
	driver.Conn
	r *recorder
}

func (r *recorder) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := r.Connector.Connect(ctx)
	return recorded{conn, r}, err
}

func (c recorded) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.r.queries = append(c.r.queries, query)
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

func TestAnIndexServesConditions(t *testing.T) {
	t.Parallel()
	for _, collation := range []string{"binary", "nocase"} {
		path := filepath.Join(t.TempDir(), "a.db")
		raw := connect(t, path)
		sqltest.Execute(t, raw, `create table token (id text collate `+collation+` not null primary key, value text collate `+collation+`, data text, at date)`,
			`create index v on token (value)`, `create index a on token (at)`, `create table holder (id text not null primary key, tokenId text)`)
		connector, err := sqlite3.NewConnector("file:" + path)
		if err != nil {
			t.Fatal(err)
		}
		r := &recorder{Connector: connector}
		a := sqlbun.New(sqlite.Dialect{}, sql.OpenDB(r), sql.OpenDB(r))
		t.Cleanup(func() { _ = a.Close(context.WithoutCancel(t.Context())) })
		tokens, now := token(t), time.UnixMilli(1795262147024)
		holders := sqltest.Table(t, "holder", &db.Field{Name: "tokenId", Type: db.String})
		queries := []db.Query{
			{Table: holders, Where: db.Where{db.By(db.ID, "1")}, Joins: []db.Join{{Table: tokens, Local: "tokenId", Foreign: db.ID}}},
			{Table: tokens, Where: db.Where{db.By("value", "x")}},
			{Table: tokens, Where: db.Where{{Field: "value", Op: db.In, Value: []any{"x", "y"}}}},
			{Table: tokens, Where: db.Where{{Field: "at", Op: db.Lt, Value: now}}},
			{Table: tokens, Where: db.Where{{Field: "at", Op: db.Gte, Value: now}}},
			{Table: tokens, Where: db.Where{db.By("at", now)}},
		}
		if collation == "binary" {
			queries = append(queries, db.Query{Table: tokens, Where: db.Where{{Field: "value", Op: db.Gt, Value: "x"}}, Order: []db.Order{{Field: "value"}}})
		}
		for _, q := range queries {
			r.queries = nil
			if _, err := a.Select(t.Context(), q); err != nil || len(r.queries) != 1 {
				t.Fatalf("%v, %v", r.queries, err)
			}
			plan := strings.Join(sqltest.List(t, raw, "EXPLAIN QUERY PLAN "+r.queries[0], func(rows *sql.Rows) (detail string, err error) {
				return detail, rows.Scan(new(int), new(int), new(int), &detail)
			}), "; ")
			if strings.Contains(plan, "SCAN") || strings.Contains(plan, "AUTOMATIC") || strings.Contains(plan, "TEMP B-TREE") {
				t.Errorf("%s: %s\n%s", collation, plan, r.queries[0])
			}
		}
	}
}
