package sqlite_test

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqlite"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

func TestMigrations(t *testing.T) {
	owner := &db.Reference{Model: "owner", Field: db.ID}
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
			Steps:    []string{`alter table "t" add column "on" integer default 0 not null`},
		},
		{
			Name:     "a default is quoted",
			Existing: []string{`insert into "t" values ('1')`},
			Field:    &db.Field{Name: "say", Type: db.String, DDLDefault: "it's"},
			Steps:    []string{`alter table "t" add column "say" text default 'it''s' not null`},
		},
		{
			Name:      "a required column without a default is refused when there are rows",
			Existing:  []string{`insert into "t" values ('1')`},
			Field:     &db.Field{Name: "note", Type: db.String},
			Conflicts: []db.Conflict{{Table: "t", Column: "note", Want: "a value in every row", Have: "rows from before the column and no default for them"}},
		},
		{
			Name:      "a required reference is refused when there are rows",
			Existing:  []string{`insert into "t" values ('1')`},
			Field:     &db.Field{Name: "ownerId", Type: db.String, References: owner, DDLDefault: "x"},
			Conflicts: []db.Conflict{{Table: "t", Column: "ownerId", Want: "a reference in every row", Have: "rows from before the column"}},
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
			Field:    &db.Field{Name: "slug", Type: db.String, Nullable: true, Unique: true, Index: true},
			Steps: []string{
				`alter table "t" add column "slug" text`,
				`create unique index "t_slug_uidx" on "t" ("slug")`,
			},
		},
		{
			Name:     "a missing index is added",
			Existing: []string{`alter table "t" add column "kind" text`},
			Field:    &db.Field{Name: "kind", Type: db.String, Nullable: true, Index: true},
			Steps:    []string{`create index "t_kind_idx" on "t" ("kind")`},
		},
		{
			Name:     "a partial unique index is none",
			Existing: []string{`alter table "t" add column "kind" text`, `create unique index x on t (kind) where kind <> 'a'`},
			Field:    &db.Field{Name: "kind", Type: db.String, Nullable: true, Unique: true},
			Steps:    []string{`create unique index "t_kind_uidx" on "t" ("kind")`},
		},
		{
			Name:     "a unique index over more columns does not make one unique",
			Existing: []string{`alter table "t" add column "kind" text`, `create unique index x on t (kind, id)`},
			Field:    &db.Field{Name: "kind", Type: db.String, Nullable: true, Unique: true},
			Steps:    []string{`create unique index "t_kind_uidx" on "t" ("kind")`},
		},
		{
			Name:     "an index under another name does",
			Existing: []string{`alter table "t" add column "kind" text`, `create index x on t (kind, id)`},
			Field:    &db.Field{Name: "kind", Type: db.String, Nullable: true, Index: true},
		},
		{
			Name:     "names differ in case only",
			Existing: []string{`alter table "t" add column "KIND" TEXT`},
			Field:    &db.Field{Name: "kind", Type: db.String, Nullable: true},
		},
		{
			Name:     "a length in the type is ignored",
			Existing: []string{`alter table "t" add column "kind" text(40)`},
			Field:    &db.Field{Name: "kind", Type: db.String, Nullable: true},
		},
		{
			Name:      "a column of another type is a conflict",
			Existing:  []string{`alter table "t" add column "kind" blob`},
			Field:     &db.Field{Name: "kind", Type: db.String, Nullable: true, Index: true},
			Conflicts: []db.Conflict{{Table: "t", Column: "kind", Want: "text", Have: "BLOB"}},
		},
		{
			Name:      "a date in a text column is a conflict, as upstream sees it",
			Existing:  []string{`alter table "t" add column "at" TEXT`},
			Field:     &db.Field{Name: "at", Type: db.Date, Nullable: true},
			Conflicts: []db.Conflict{{Table: "t", Column: "at", Want: "date", Have: "TEXT"}},
		},
		{
			Name:      "a date in an integer column is a conflict: its unit is unknown, and text does not belong there",
			Existing:  []string{`alter table "t" add column "at" INTEGER`},
			Field:     &db.Field{Name: "at", Type: db.Date, Nullable: true},
			Conflicts: []db.Conflict{{Table: "t", Column: "at", Want: "date", Have: "INTEGER"}},
		},
		{
			Name:      "a big number in a real column is a conflict",
			Existing:  []string{`alter table "t" add column "n" REAL`},
			Field:     &db.Field{Name: "n", Type: db.Number, BigInt: true, Nullable: true},
			Conflicts: []db.Conflict{{Table: "t", Column: "n", Want: "bigint", Have: "REAL"}},
		},
		{
			Name:      "a column without a type is a conflict",
			Existing:  []string{`alter table "t" add column "kind"`},
			Field:     &db.Field{Name: "kind", Type: db.String, Nullable: true},
			Conflicts: []db.Conflict{{Table: "t", Column: "kind", Want: "text", Have: "nothing declared"}},
		},
	})
}

func TestAMigrationThatFailsLeavesNothingBehind(t *testing.T) { suite.RunFailedMigration(t) }

func TestDeclarationsThatCannotBeMigratedAreErrors(t *testing.T) {
	t.Parallel()
	withSchema := sqltest.Table(t, "t")
	withSchema.Schema = "auth"
	for name, tables := range map[string][]*db.Table{
		"a schema":                         {withSchema},
		"two models of one table":          {sqltest.Table(t, "t"), sqltest.Table(t, "t")},
		"a reference to no field":          {sqltest.Table(t, "t", &db.Field{Name: "x", Type: db.String, References: &db.Reference{Model: "t", Field: "nope"}})},
		"an unknown action on delete":      {sqltest.Table(t, "t", &db.Field{Name: "x", Type: db.String, References: &db.Reference{Model: "t", Field: db.ID, OnDelete: "drop table t"}})},
		"an unknown action in a new table": {sqltest.Table(t, "u", &db.Field{Name: "x", Type: db.String, References: &db.Reference{Model: "u", Field: db.ID, OnDelete: "?"}})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if p, err := open(t, ":memory:", sqlite.Options{}).Plan(t.Context(), tables); err == nil {
				t.Errorf("planned %v", sqltest.Statements(p))
			}
		})
	}
}
