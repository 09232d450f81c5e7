package sqlite_test

import (
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqlite"
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
			steps:    []string{`alter table "t" add column "on" integer default 0 not null`},
		},
		{
			name:     "a default is quoted",
			existing: []string{`insert into "t" values ('1')`},
			field:    &db.Field{Name: "say", Type: db.String, DDLDefault: "it's"},
			steps:    []string{`alter table "t" add column "say" text default 'it''s' not null`},
		},
		{
			name:      "a required column without a default is refused when there are rows",
			existing:  []string{`insert into "t" values ('1')`},
			field:     &db.Field{Name: "note", Type: db.String},
			conflicts: []db.Conflict{{Table: "t", Column: "note", Want: "a value in every row", Have: "rows from before the column and no default for them"}},
		},
		{
			name:      "a required reference is refused when there are rows",
			existing:  []string{`insert into "t" values ('1')`},
			field:     &db.Field{Name: "ownerId", Type: db.String, References: owner, DDLDefault: "x"},
			conflicts: []db.Conflict{{Table: "t", Column: "ownerId", Want: "a reference in every row", Have: "rows from before the column"}},
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
			field:    &db.Field{Name: "slug", Type: db.String, Nullable: true, Unique: true, Index: true},
			steps: []string{
				`alter table "t" add column "slug" text`,
				`create unique index "t_slug_uidx" on "t" ("slug")`,
			},
		},
		{
			name:     "a missing index is added",
			existing: []string{`alter table "t" add column "kind" text`},
			field:    &db.Field{Name: "kind", Type: db.String, Nullable: true, Index: true},
			steps:    []string{`create index "t_kind_idx" on "t" ("kind")`},
		},
		{
			name:     "a partial unique index is none",
			existing: []string{`alter table "t" add column "kind" text`, `create unique index x on t (kind) where kind <> 'a'`},
			field:    &db.Field{Name: "kind", Type: db.String, Nullable: true, Unique: true},
			steps:    []string{`create unique index "t_kind_uidx" on "t" ("kind")`},
		},
		{
			name:     "a unique index over more columns does not make one unique",
			existing: []string{`alter table "t" add column "kind" text`, `create unique index x on t (kind, id)`},
			field:    &db.Field{Name: "kind", Type: db.String, Nullable: true, Unique: true},
			steps:    []string{`create unique index "t_kind_uidx" on "t" ("kind")`},
		},
		{
			name:     "an index under another name does",
			existing: []string{`alter table "t" add column "kind" text`, `create index x on t (kind, id)`},
			field:    &db.Field{Name: "kind", Type: db.String, Nullable: true, Index: true},
		},
		{
			name:     "names differ in case only",
			existing: []string{`alter table "t" add column "KIND" TEXT`},
			field:    &db.Field{Name: "kind", Type: db.String, Nullable: true},
		},
		{
			name:     "a length in the type is ignored",
			existing: []string{`alter table "t" add column "kind" text(40)`},
			field:    &db.Field{Name: "kind", Type: db.String, Nullable: true},
		},
		{
			name:      "a column of another type is a conflict",
			existing:  []string{`alter table "t" add column "kind" blob`},
			field:     &db.Field{Name: "kind", Type: db.String, Nullable: true, Index: true},
			conflicts: []db.Conflict{{Table: "t", Column: "kind", Want: "text", Have: "BLOB"}},
		},
		{
			name:      "a date in a text column is a conflict, as upstream sees it",
			existing:  []string{`alter table "t" add column "at" TEXT`},
			field:     &db.Field{Name: "at", Type: db.Date, Nullable: true},
			conflicts: []db.Conflict{{Table: "t", Column: "at", Want: "date", Have: "TEXT"}},
		},
		{
			name:      "a date in an integer column is a conflict: its unit is unknown, and text does not belong there",
			existing:  []string{`alter table "t" add column "at" INTEGER`},
			field:     &db.Field{Name: "at", Type: db.Date, Nullable: true},
			conflicts: []db.Conflict{{Table: "t", Column: "at", Want: "date", Have: "INTEGER"}},
		},
		{
			name:      "a big number in a real column is a conflict",
			existing:  []string{`alter table "t" add column "n" REAL`},
			field:     &db.Field{Name: "n", Type: db.Number, BigInt: true, Nullable: true},
			conflicts: []db.Conflict{{Table: "t", Column: "n", Want: "bigint", Have: "REAL"}},
		},
		{
			name:      "a column without a type is a conflict",
			existing:  []string{`alter table "t" add column "kind"`},
			field:     &db.Field{Name: "kind", Type: db.String, Nullable: true},
			conflicts: []db.Conflict{{Table: "t", Column: "kind", Want: "text", Have: "nothing declared"}},
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "auth.db")
			raw := connect(t, path)
			execute(t, raw, `create table "owner" ("id" text not null primary key)`, `create table "t" ("id" text not null primary key)`)
			execute(t, raw, c.existing...)
			before := schema(t, raw)
			tables := []*db.Table{table(t, "t", c.field), table(t, "owner")}
			a := open(t, path, sqlite.Options{})
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
			if diff := cmp.Diff(before, schema(t, raw)); diff != "" {
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
			} else if diff := cmp.Diff(before, schema(t, raw)); diff != "" {
				t.Errorf("a refused plan changed the database\n%s", diff)
			}
		})
	}
}

func TestIDsOfAnotherStrategyAreAConflict(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "auth.db")
	execute(t, connect(t, path), `create table "t" ("id" integer not null primary key)`)
	p, err := open(t, path, sqlite.Options{}).Plan(t.Context(), []*db.Table{table(t, "t")})
	if err != nil {
		t.Fatal(err)
	}
	want := []db.Conflict{{Table: "t", Column: "id", Want: "text", Have: "INTEGER"}}
	if diff := cmp.Diff(want, p.Conflicts); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAMigrationThatFailsLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "auth.db")
	raw := connect(t, path)
	execute(t, raw, `create table "t" ("id" text not null primary key, "slug" text)`, `insert into "t" values ('1', 'twin'), ('2', 'twin')`)
	before := schema(t, raw)
	tables := []*db.Table{table(t, "t", &db.Field{Name: "slug", Type: db.String, Nullable: true, Unique: true}), table(t, "new")}
	_, err := open(t, path, sqlite.Options{}).Apply(t.Context(), tables, nil)
	if err == nil || strings.Contains(err.Error(), "twin") || !strings.Contains(err.Error(), "t_slug_uidx") {
		t.Errorf("the error is %v", err)
	}
	if diff := cmp.Diff(before, schema(t, raw)); diff != "" {
		t.Errorf("(-before +after)\n%s", diff)
	}
}

func TestOfManyInstancesThatStartAtOnceOneMigrates(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "auth.db")
	tables := declare(t, false, record(t).Cases["many plugins"].Declared)
	const instances = 8
	adapters := make([]db.Migrator, instances)
	for i := range adapters {
		adapters[i] = open(t, path, sqlite.Options{})
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

func TestDeclarationsThatCannotBeMigratedAreErrors(t *testing.T) {
	t.Parallel()
	withSchema := table(t, "t")
	withSchema.Schema = "auth"
	for name, tables := range map[string][]*db.Table{
		"a schema":                         {withSchema},
		"two models of one table":          {table(t, "t"), table(t, "t")},
		"a reference to no field":          {table(t, "t", &db.Field{Name: "x", Type: db.String, References: &db.Reference{Model: "t", Field: "nope"}})},
		"an unknown action on delete":      {table(t, "t", &db.Field{Name: "x", Type: db.String, References: &db.Reference{Model: "t", Field: db.ID, OnDelete: "drop table t"}})},
		"an unknown action in a new table": {table(t, "u", &db.Field{Name: "x", Type: db.String, References: &db.Reference{Model: "u", Field: db.ID, OnDelete: "?"}})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if p, err := open(t, ":memory:", sqlite.Options{}).Plan(t.Context(), tables); err == nil {
				t.Errorf("planned %v", statements(p))
			}
		})
	}
}
