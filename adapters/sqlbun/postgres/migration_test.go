package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/postgres"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

func TestMigrations(t *testing.T) {
	owner := &db.Reference{Model: "owner", Field: db.ID}
	withColumn := func(typ string) []string { return []string{`alter table "t" add column "kind" ` + typ} }
	text := func(f db.Field) *db.Field {
		f.Name, f.Type, f.Nullable = "kind", db.String, true
		return &f
	}
	suite.RunMigrations(t, []sqltest.Migration{
		{
			Name:  "a nullable column is added",
			Field: &db.Field{Name: "note", Type: db.String, Nullable: true},
			Steps: []string{`alter table "t" add column "note" text`},
		},
		{
			Name:  "a required column is added to a table without rows",
			Field: &db.Field{Name: "note", Type: db.String},
			Steps: []string{`alter table "t" add column "note" text not null`},
		},
		{
			Name:     "a required column with a default is added to a table with rows",
			Existing: []string{`insert into "t" values ('1')`},
			Field:    &db.Field{Name: "on", Type: db.Boolean, DDLDefault: false},
			Steps:    []string{`alter table "t" add column "on" boolean default FALSE not null`},
		},
		{
			Name:     "a default is quoted",
			Existing: []string{`insert into "t" values ('1')`},
			Field:    &db.Field{Name: "say", Type: db.String, DDLDefault: `it's \`},
			Steps:    []string{`alter table "t" add column "say" text default 'it''s \' not null`},
		},
		{
			Name:     "a default of JSON is JSON",
			Existing: []string{`insert into "t" values ('1')`},
			Field:    &db.Field{Name: "tags", Type: db.StringArray, DDLDefault: []string{"a"}},
			Steps:    []string{`alter table "t" add column "tags" jsonb default '["a"]' not null`},
		},
		{
			Name:  "a date that is filled in by itself gets upstream's default",
			Field: &db.Field{Name: "at", Type: db.Date, Default: func() any { return nil }},
			Steps: []string{`alter table "t" add column "at" timestamptz default CURRENT_TIMESTAMP not null`},
		},
		{
			Name:      "a required column without a default is refused when there are rows",
			Existing:  []string{`insert into "t" values ('1')`},
			Field:     &db.Field{Name: "note", Type: db.String},
			Conflicts: []db.Conflict{{Table: "t", Column: "note", Want: "a value in every row", Have: "rows from before the column and no default for them"}},
		},
		{
			Name:     "a nullable reference is added, its index after it",
			Existing: []string{`insert into "t" values ('1')`},
			Field:    &db.Field{Name: "ownerId", Type: db.String, Nullable: true, Index: true, References: owner},
			Steps: []string{
				`alter table "t" add column "ownerId" text references "owner" ("id") on delete cascade`,
				`create index "t_ownerId_idx" on "t" ("ownerId")`,
			},
		},
		{
			Name:     "a unique column is added as a column and a unique index",
			Existing: []string{`insert into "t" values ('1'), ('2')`},
			Field:    text(db.Field{Unique: true, Index: true}),
			Steps: []string{
				`alter table "t" add column "kind" text`,
				`create unique index "t_kind_uidx" on "t" ("kind")`,
			},
		},
		{Name: "a missing index is added", Existing: withColumn("text"), Field: text(db.Field{Index: true}), Steps: []string{`create index "t_kind_idx" on "t" ("kind")`}},
		{
			Name:     "a partial unique index is none",
			Existing: append(withColumn("text"), `create unique index x on t (kind) where kind <> 'a'`),
			Field:    text(db.Field{Unique: true}),
			Steps:    []string{`create unique index "t_kind_uidx" on "t" ("kind")`},
		},
		{
			Name:     "a unique index over an expression is none",
			Existing: append(withColumn("text"), `create unique index x on t (lower(kind))`),
			Field:    text(db.Field{Unique: true}),
			Steps:    []string{`create unique index "t_kind_uidx" on "t" ("kind")`},
		},
		{
			Name:     "a unique index over more columns does not make one unique",
			Existing: append(withColumn("text"), `create unique index x on t (kind, id)`),
			Field:    text(db.Field{Unique: true}),
			Steps:    []string{`create unique index "t_kind_uidx" on "t" ("kind")`},
		},
		{
			Name:     "columns that an index only includes are none of its own",
			Existing: append(withColumn("text"), `create unique index x on t (kind) include (id)`),
			Field:    text(db.Field{Unique: true}),
		},
		{
			Name:     "an index under another name does",
			Existing: append(withColumn("text"), `create index x on t (kind, id)`),
			Field:    text(db.Field{Index: true}),
		},
		{
			Name:     "names that differ in case are two",
			Existing: []string{`alter table "t" add column "KIND" text`},
			Field:    text(db.Field{}),
			Steps:    []string{`alter table "t" add column "kind" text`},
		},
		{Name: "a length in the type is ignored", Existing: withColumn("varchar(40)"), Field: text(db.Field{})},
		{Name: "a precision in the type is ignored", Existing: withColumn("timestamptz(3)"), Field: &db.Field{Name: "kind", Type: db.Date, Nullable: true}},
		{
			Name:      "a column of another type is a conflict",
			Existing:  withColumn("bytea"),
			Field:     text(db.Field{Index: true}),
			Conflicts: []db.Conflict{{Table: "t", Column: "kind", Want: "text", Have: "bytea"}},
		},
		{
			Name:      "a native UUID for free text is a conflict",
			Existing:  withColumn("uuid"),
			Field:     text(db.Field{}),
			Conflicts: []db.Conflict{{Table: "t", Column: "kind", Want: "text", Have: "uuid"}},
		},
		{
			Name: "text that the column's collation takes for equal is a conflict",
			Existing: []string{
				`create collation ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
				`alter table "t" add column "kind" text collate ci`,
			},
			Field:     text(db.Field{}),
			Conflicts: []db.Conflict{{Table: "t", Column: "kind", Want: "text", Have: "text collate ci"}},
		},
		{
			Name:      "a date in a text column is a conflict",
			Existing:  withColumn("text"),
			Field:     &db.Field{Name: "kind", Type: db.Date, Nullable: true},
			Conflicts: []db.Conflict{{Table: "t", Column: "kind", Want: "timestamptz", Have: "text"}},
		},
		{
			Name:      "a list in a native array is a conflict, as upstream sees it",
			Existing:  withColumn("text[]"),
			Field:     &db.Field{Name: "kind", Type: db.StringArray, Nullable: true},
			Conflicts: []db.Conflict{{Table: "t", Column: "kind", Want: "jsonb", Have: "text[]"}},
		},
	})
}

func TestColumnsThatWouldChangeAValueAreConflicts(t *testing.T) {
	suite.RunColumnTypes(t, []sqltest.ColumnType{
		{Type: "date", Field: db.Field{Type: db.Date}, Good: false},
		{Type: "timestamptz(2)", Field: db.Field{Type: db.Date}, Good: false},
		{Type: "timestamp(0)", Field: db.Field{Type: db.Date}, Good: false},
		{Type: "timestamp(3)", Field: db.Field{Type: db.Date}, Good: true},
		{Type: "timestamptz(6)", Field: db.Field{Type: db.Date}, Good: true},
		{Type: "real", Field: db.Field{Type: db.Number}, Good: false},
		{Type: "numeric(20)", Field: db.Field{Type: db.Number}, Good: false},
		{Type: "numeric(20,4)", Field: db.Field{Type: db.Number}, Good: true},
		{Type: "numeric", Field: db.Field{Type: db.Number, BigInt: true}, Good: true},
		{Type: "double precision", Field: db.Field{Type: db.Number}, Good: true},
		{Type: "double precision", Field: db.Field{Type: db.Number, BigInt: true}, Good: false},
	})
}

func TestAMigrationThatFailsLeavesNothingBehind(t *testing.T) { suite.RunFailedMigration(t) }

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
	sqltest.Execute(t, raw, "CREATE SCHEMA "+quoted)
	t.Cleanup(func() {
		if _, err := raw.ExecContext(context.WithoutCancel(t.Context()), "DROP SCHEMA "+quoted+" CASCADE"); err != nil {
			t.Error(err)
		}
	})
	// One of the same name in search_path is another table.
	sqltest.Execute(t, raw, `CREATE TABLE "users" ("id" bytea)`)
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
	sqltest.Execute(t, raw, "DROP SCHEMA "+schema)
	if _, err := a.Plan(t.Context(), []*db.Table{sqltest.Table(t, "t")}); err == nil || !strings.Contains(err.Error(), "search_path") {
		t.Errorf("the error is %v", err)
	}
	sqltest.Execute(t, raw, "CREATE SCHEMA "+schema)
}

func TestNamesThatTheServerCutsAreFoundAgain(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("n", 70)
	tables := []*db.Table{sqltest.Table(t, "t"+long, &db.Field{Name: "kind" + long, Type: db.String, Unique: true})}
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
