package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/postgres"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// table declares one for a test.
func table(t *testing.T, name string, fields ...*db.Field) *db.Table {
	t.Helper()
	table := &db.Table{Model: name, Fields: fields}
	if err := table.Init(); err != nil {
		t.Fatal(err)
	}
	return table
}

func statements(p *db.Plan) []string {
	var out []string
	for _, s := range p.Steps {
		out = append(out, s.SQL)
	}
	return out
}

func TestMigrationsOfAnExistingTable(t *testing.T) {
	t.Parallel()
	owner := &db.Reference{Model: "owner", Field: db.ID}
	withColumn := func(typ string) []string { return []string{`alter table "t" add column "kind" ` + typ} }
	text := func(f db.Field) *db.Field {
		f.Name, f.Type, f.Nullable = "kind", db.String, true
		return &f
	}
	cases := []struct {
		name      string
		existing  []string
		field     *db.Field
		steps     []string
		conflicts []db.Conflict
	}{
		{
			name:  "a nullable column is added",
			field: &db.Field{Name: "note", Type: db.String, Nullable: true},
			steps: []string{`alter table "t" add column "note" text`},
		},
		{
			name:  "a required column is added to a table without rows",
			field: &db.Field{Name: "note", Type: db.String},
			steps: []string{`alter table "t" add column "note" text not null`},
		},
		{
			name:     "a required column with a default is added to a table with rows",
			existing: []string{`insert into "t" values ('1')`},
			field:    &db.Field{Name: "on", Type: db.Boolean, DDLDefault: false},
			steps:    []string{`alter table "t" add column "on" boolean default FALSE not null`},
		},
		{
			name:     "a default is quoted",
			existing: []string{`insert into "t" values ('1')`},
			field:    &db.Field{Name: "say", Type: db.String, DDLDefault: `it's \`},
			steps:    []string{`alter table "t" add column "say" text default 'it''s \' not null`},
		},
		{
			name:     "a default of JSON is JSON",
			existing: []string{`insert into "t" values ('1')`},
			field:    &db.Field{Name: "tags", Type: db.StringArray, DDLDefault: []string{"a"}},
			steps:    []string{`alter table "t" add column "tags" jsonb default '["a"]' not null`},
		},
		{
			name:  "a date that is filled in by itself gets upstream's default",
			field: &db.Field{Name: "at", Type: db.Date, Default: func() any { return nil }},
			steps: []string{`alter table "t" add column "at" timestamptz default CURRENT_TIMESTAMP not null`},
		},
		{
			name:      "a required column without a default is refused when there are rows",
			existing:  []string{`insert into "t" values ('1')`},
			field:     &db.Field{Name: "note", Type: db.String},
			conflicts: []db.Conflict{{Table: "t", Column: "note", Want: "a value in every row", Have: "rows from before the column and no default for them"}},
		},
		{
			name:     "a nullable reference is added, its index after it",
			existing: []string{`insert into "t" values ('1')`},
			field:    &db.Field{Name: "ownerId", Type: db.String, Nullable: true, Index: true, References: owner},
			steps: []string{
				`alter table "t" add column "ownerId" text references "owner" ("id") on delete cascade`,
				`create index "t_ownerId_idx" on "t" ("ownerId")`,
			},
		},
		{
			name:     "a unique column is added as a column and a unique index",
			existing: []string{`insert into "t" values ('1'), ('2')`},
			field:    text(db.Field{Unique: true, Index: true}),
			steps: []string{
				`alter table "t" add column "kind" text`,
				`create unique index "t_kind_uidx" on "t" ("kind")`,
			},
		},
		{name: "a missing index is added", existing: withColumn("text"), field: text(db.Field{Index: true}), steps: []string{`create index "t_kind_idx" on "t" ("kind")`}},
		{
			name:     "a partial unique index is none",
			existing: append(withColumn("text"), `create unique index x on t (kind) where kind <> 'a'`),
			field:    text(db.Field{Unique: true}),
			steps:    []string{`create unique index "t_kind_uidx" on "t" ("kind")`},
		},
		{
			name:     "a unique index over an expression is none",
			existing: append(withColumn("text"), `create unique index x on t (lower(kind))`),
			field:    text(db.Field{Unique: true}),
			steps:    []string{`create unique index "t_kind_uidx" on "t" ("kind")`},
		},
		{
			name:     "a unique index over more columns does not make one unique",
			existing: append(withColumn("text"), `create unique index x on t (kind, id)`),
			field:    text(db.Field{Unique: true}),
			steps:    []string{`create unique index "t_kind_uidx" on "t" ("kind")`},
		},
		{
			name:     "columns that an index only includes are none of its own",
			existing: append(withColumn("text"), `create unique index x on t (kind) include (id)`),
			field:    text(db.Field{Unique: true}),
		},
		{
			name:     "an index under another name does",
			existing: append(withColumn("text"), `create index x on t (kind, id)`),
			field:    text(db.Field{Index: true}),
		},
		{
			name:     "names that differ in case are two",
			existing: []string{`alter table "t" add column "KIND" text`},
			field:    text(db.Field{}),
			steps:    []string{`alter table "t" add column "kind" text`},
		},
		{name: "a length in the type is ignored", existing: withColumn("varchar(40)"), field: text(db.Field{})},
		{name: "a precision in the type is ignored", existing: withColumn("timestamptz(3)"), field: &db.Field{Name: "kind", Type: db.Date, Nullable: true}},
		{
			name:      "a column of another type is a conflict",
			existing:  withColumn("bytea"),
			field:     text(db.Field{Index: true}),
			conflicts: []db.Conflict{{Table: "t", Column: "kind", Want: "text", Have: "bytea"}},
		},
		{
			name:      "a native UUID for free text is a conflict",
			existing:  withColumn("uuid"),
			field:     text(db.Field{}),
			conflicts: []db.Conflict{{Table: "t", Column: "kind", Want: "text", Have: "uuid"}},
		},
		{
			name: "text that the column's collation takes for equal is a conflict",
			existing: []string{
				`create collation ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
				`alter table "t" add column "kind" text collate ci`,
			},
			field:     text(db.Field{}),
			conflicts: []db.Conflict{{Table: "t", Column: "kind", Want: "text", Have: "text collate ci"}},
		},
		{
			name:      "a date in a text column is a conflict",
			existing:  withColumn("text"),
			field:     &db.Field{Name: "kind", Type: db.Date, Nullable: true},
			conflicts: []db.Conflict{{Table: "t", Column: "kind", Want: "timestamptz", Have: "text"}},
		},
		{
			name:      "a list in a native array is a conflict, as upstream sees it",
			existing:  withColumn("text[]"),
			field:     &db.Field{Name: "kind", Type: db.StringArray, Nullable: true},
			conflicts: []db.Conflict{{Table: "t", Column: "kind", Want: "jsonb", Have: "text[]"}},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dsn := sqltest.Postgres(t)
			raw := connect(t, dsn)
			execute(t, raw, `create table "owner" ("id" text not null primary key)`, `create table "t" ("id" text not null primary key)`)
			execute(t, raw, c.existing...)
			before := describe(t, raw)
			tables := []*db.Table{table(t, "t", c.field), table(t, "owner")}
			a := open(t, dsn, postgres.Options{})
			p, err := a.Plan(t.Context(), tables)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.steps, statements(p)); diff != "" {
				t.Errorf("steps (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(c.conflicts, p.Conflicts); diff != "" {
				t.Errorf("conflicts (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(before, describe(t, raw)); diff != "" {
				t.Errorf("the plan changed the database\n%s", diff)
			}
			_, err = a.Apply(t.Context(), tables, nil)
			var conflict *db.ConflictError
			if errors.As(err, &conflict) != (c.conflicts != nil) || (err != nil) != (c.conflicts != nil) {
				t.Fatalf("apply: %v", err)
			}
			if c.conflicts == nil {
				if p, err = a.Plan(t.Context(), tables); err != nil || !p.Empty() {
					t.Errorf("after apply the plan is %+v, %v", p, err)
				}
			} else if diff := cmp.Diff(before, describe(t, raw)); diff != "" {
				t.Errorf("a refused plan changed the database\n%s", diff)
			}
		})
	}
}

func TestIDsOfAnotherStrategyAreAConflict(t *testing.T) {
	t.Parallel()
	dsn := sqltest.Postgres(t)
	live := map[string]db.IDKind{"text": db.IDText, "uuid": db.IDUUID, "integer": db.IDSerial}
	raw := connect(t, dsn)
	for typ := range live {
		execute(t, raw, `create table "`+typ+`" ("id" `+typ+` not null primary key)`)
	}
	a := open(t, dsn, postgres.Options{})
	for typ, own := range live {
		for want, ids := range live {
			tbl := table(t, typ)
			tbl.IDs = ids
			p, err := a.Plan(t.Context(), []*db.Table{tbl})
			if err != nil {
				t.Fatal(err)
			}
			var conflicts []db.Conflict
			if ids != own {
				conflicts = []db.Conflict{{Table: typ, Column: "id", Want: want, Have: typ}}
			}
			if diff := cmp.Diff(conflicts, p.Conflicts); diff != "" {
				t.Errorf("%s for ids %q (-want +got)\n%s", typ, ids, diff)
			}
		}
	}
}

func TestColumnsThatWouldChangeAValueAreConflicts(t *testing.T) {
	t.Parallel()
	dsn := sqltest.Postgres(t)
	raw := connect(t, dsn)
	a := open(t, dsn, postgres.Options{})
	for i, c := range []struct {
		typ   string
		field db.Field
		good  bool
	}{
		{"date", db.Field{Type: db.Date}, false},
		{"timestamptz(2)", db.Field{Type: db.Date}, false},
		{"timestamp(0)", db.Field{Type: db.Date}, false},
		{"timestamp(3)", db.Field{Type: db.Date}, true},
		{"timestamptz(6)", db.Field{Type: db.Date}, true},
		{"real", db.Field{Type: db.Number}, false},
		{"numeric(20)", db.Field{Type: db.Number}, false},
		{"numeric(20,4)", db.Field{Type: db.Number}, true},
		{"numeric", db.Field{Type: db.Number, BigInt: true}, true},
		{"double precision", db.Field{Type: db.Number}, true},
		{"double precision", db.Field{Type: db.Number, BigInt: true}, false},
	} {
		name := fmt.Sprintf("t%d", i)
		execute(t, raw, "create table "+name+" (id text not null primary key, v "+c.typ+")")
		c.field.Name, c.field.Nullable = "v", true
		p, err := a.Plan(t.Context(), []*db.Table{table(t, name, &c.field)})
		if err != nil {
			t.Fatal(err)
		}
		if good := len(p.Conflicts) == 0; good != c.good {
			t.Errorf("%s for a %s (big %t): accepted %t", c.typ, c.field.Type, c.field.BigInt, good)
		}
	}
}

func TestAMigrationThatFailsLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	dsn := sqltest.Postgres(t)
	raw := connect(t, dsn)
	execute(t, raw, `create table "t" ("id" text not null primary key, "slug" text)`, `insert into "t" values ('1', 'twin'), ('2', 'twin')`)
	before := describe(t, raw)
	tables := []*db.Table{table(t, "t", &db.Field{Name: "slug", Type: db.String, Nullable: true, Unique: true}), table(t, "new")}
	heard := 0
	_, err := open(t, dsn, postgres.Options{}).Apply(t.Context(), tables, func(db.Step) { heard++ })
	if err == nil || strings.Contains(err.Error(), "twin") || !strings.Contains(err.Error(), "t_slug_uidx") {
		t.Errorf("the error is %v", err)
	}
	if heard != 1 {
		t.Errorf("%d steps ran before the one that failed, want 1", heard)
	}
	if diff := cmp.Diff(before, describe(t, raw)); diff != "" {
		t.Errorf("(-before +after)\n%s", diff)
	}
}

func TestOfManyInstancesThatStartAtOnceOneMigrates(t *testing.T) {
	t.Parallel()
	dsn := sqltest.Postgres(t)
	tables := declare(t, db.IDText, record(t).Cases["many plugins"].Declared)
	const instances = 8
	adapters := make([]db.Migrator, instances)
	for i := range adapters {
		adapters[i] = open(t, dsn, postgres.Options{Connections: 1})
	}
	start := make(chan struct{})
	var done sync.WaitGroup
	ran, heard, errs := make([]int, instances), make([]int, instances), make([]error, instances)
	for i, a := range adapters {
		done.Go(func() {
			<-start
			p, err := a.Apply(t.Context(), tables, func(db.Step) { heard[i]++ })
			if errs[i] = err; err == nil {
				ran[i] = len(p.Steps)
			}
		})
	}
	close(start)
	done.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(ran, heard); diff != "" {
		t.Errorf("progress was not told of every step (-ran +heard)\n%s", diff)
	}
	migrated := 0
	for _, n := range ran {
		if n > 0 {
			migrated++
		}
	}
	if migrated != 1 {
		t.Errorf("%d instances migrated: %v", migrated, ran)
	}
}

// qualified are two tables in a schema that search_path does not name, with
// plural names and a renamed column.
func qualified(t *testing.T, schema string) []*db.Table {
	t.Helper()
	user := &db.Table{Model: "user", Name: "users", Schema: schema, Fields: []*db.Field{
		{Name: "email", Column: "e-mail", Type: db.String, Unique: true},
		{Name: "kind", Type: db.String, Nullable: true, Index: true},
	}}
	session := &db.Table{Model: "session", Name: "sessions", Schema: schema, Fields: []*db.Field{
		{Name: "userId", Column: "user id", Type: db.String, References: &db.Reference{Model: "user", Field: db.ID}},
	}}
	for _, table := range []*db.Table{user, session} {
		if err := table.Init(); err != nil {
			t.Fatal(err)
		}
	}
	return []*db.Table{session, user}
}

func TestTablesInASchemaOfTheirOwn(t *testing.T) {
	t.Parallel()
	dsn := sqltest.Postgres(t)
	raw := connect(t, dsn)
	var schema string
	if err := raw.QueryRowContext(t.Context(), "SELECT current_schema()").Scan(&schema); err != nil {
		t.Fatal(err)
	}
	schema += ` "auth"`
	quoted := `"` + strings.ReplaceAll(schema, `"`, `""`) + `"`
	tables := qualified(t, schema)
	a := open(t, dsn, postgres.Options{})
	if _, err := a.Plan(t.Context(), tables); err == nil || !strings.Contains(err.Error(), "auth") {
		t.Errorf("there is no such schema: %v", err)
	}
	execute(t, raw, "CREATE SCHEMA "+quoted)
	t.Cleanup(func() {
		if _, err := raw.ExecContext(context.WithoutCancel(t.Context()), "DROP SCHEMA "+quoted+" CASCADE"); err != nil {
			t.Error(err)
		}
	})
	// One of the same name in search_path is another table.
	execute(t, raw, `CREATE TABLE "users" ("id" bytea)`)
	if _, err := a.Apply(t.Context(), tables, nil); err != nil {
		t.Fatal(err)
	}
	if p, err := a.Plan(t.Context(), tables); err != nil || !p.Empty() {
		t.Errorf("a second plan: %+v, %v", p, err)
	}
	user, session := tables[1], tables[0]
	for range 2 {
		_, err := a.Insert(t.Context(), user, db.Row{db.ID: "u", "email": "a@example.com"})
		var unique *db.UniqueError
		if err != nil && (!errors.As(err, &unique) || unique.Field != db.ID) {
			t.Errorf("insert: %v", err)
		}
	}
	_, err := a.Insert(t.Context(), user, db.Row{db.ID: "v", "email": "a@example.com"})
	var unique *db.UniqueError
	if !errors.As(err, &unique) || unique.Field != "email" {
		t.Errorf("a second user of the address: %v", err)
	}
	if _, err := a.Insert(t.Context(), session, db.Row{db.ID: "s", "userId": "u"}); err != nil {
		t.Error(err)
	}
	rows, err := a.Select(t.Context(), db.Query{
		Table: session, Joins: []db.Join{{Table: user, Local: "userId", Foreign: db.ID}},
	})
	want := []db.Row{{db.ID: "s", "userId": "u", "user": db.Row{db.ID: "u", "email": "a@example.com", "kind": nil}}}
	if diff := cmp.Diff(want, rows); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func TestASearchPathWithoutASchemaIsTold(t *testing.T) {
	t.Parallel()
	dsn := sqltest.Postgres(t)
	raw := connect(t, dsn)
	a := open(t, dsn, postgres.Options{})
	var schema string
	if err := raw.QueryRowContext(t.Context(), "SELECT current_schema()").Scan(&schema); err != nil {
		t.Fatal(err)
	}
	execute(t, raw, "DROP SCHEMA "+schema)
	if _, err := a.Plan(t.Context(), []*db.Table{table(t, "t")}); err == nil || !strings.Contains(err.Error(), "search_path") {
		t.Errorf("the error is %v", err)
	}
	execute(t, raw, "CREATE SCHEMA "+schema)
}

func TestNamesThatTheServerCutsAreFoundAgain(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("n", 70)
	tables := []*db.Table{table(t, "t"+long, &db.Field{Name: "kind" + long, Type: db.String, Unique: true})}
	a := migrated(t, sqltest.Postgres(t), postgres.Options{}, tables)
	if p, err := a.Plan(t.Context(), tables); err != nil || !p.Empty() {
		t.Errorf("a second plan: %+v, %v", p, err)
	}
	row := db.Row{db.ID: "1", "kind" + long: "x"}
	if _, err := a.Insert(t.Context(), tables[0], row); err != nil {
		t.Fatal(err)
	}
	row[db.ID] = "2"
	_, err := a.Insert(t.Context(), tables[0], row)
	var unique *db.UniqueError
	if !errors.As(err, &unique) || unique.Field != "kind"+long {
		t.Errorf("the error is %v", err)
	}
}
