package db_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

func TestAPlanIsAScript(t *testing.T) {
	plan := &db.Plan{
		Steps: []db.Step{
			{Kind: "create table", Table: "user", SQL: `create table "user" ("id" text)`},
			{Kind: "add column", Table: "user", Name: "image", SQL: "alter table \"user\" add column \"image\" text;\n"},
			{Kind: "create index", Table: "user", Name: "user_email", SQL: `create index "user_email" on "user" ("email")`},
			{Kind: "run migration", Table: "user", Name: "me/names\ndrop table user", SQL: "update \"user\" set \"name\" = ''\n-- of all"},
			{Kind: "run migration", Table: "user", Name: "mine", SQL: "update \"user\" set \"name\" = '' # of all"},
		},
		Conflicts: []db.Conflict{{Table: "user", Column: "age", Want: "text", Have: "int"}},
	}
	const want = `-- create table user
create table "user" ("id" text)
;

-- add column user.image
alter table "user" add column "image" text
;

-- create index user_email on user
create index "user_email" on "user" ("email")
;

-- run migration me/names drop table user on user
update "user" set "name" = ''
-- of all
;

-- run migration mine on user
update "user" set "name" = '' # of all
;

`
	if diff := cmp.Diff(want, plan.SQL()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := (&db.Plan{}).SQL(); got != "" {
		t.Errorf("nothing to do is %q", got)
	}
}
