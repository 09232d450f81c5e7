package sqlite_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqlite"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// people declares a renamed table with migrations.
func people(t *testing.T, migrations ...db.Migration) []*db.Table {
	t.Helper()
	p := sqltest.Table(t, "person", &db.Field{Name: "name", Type: db.String, Nullable: true, Column: "full_name"})
	p.Name, p.Migrations = "people", migrations
	return []*db.Table{p}
}

func seed(n db.Names) ([]string, error) {
	person, err := n.Table("person")
	name, err2 := n.Column("person", "name")
	return []string{`insert into ` + person + ` ("id", ` + name + `) values ('1', 'Ann')`}, errors.Join(err, err2)
}

var (
	planned  = db.Migration{Name: "a/seed", Plan: seed}
	scripted = db.Migration{Name: "a/index", SQL: map[string][]string{"sqlite": {`create index people_both on people (full_name, id)`}}}
)

func TestMigrationsRunOnceAfterTheTables(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "auth.db")
	a := open(t, path, sqlite.Options{})
	var ran []string
	hear := func(s db.Step) { ran = append(ran, s.Kind+" "+s.Name) }
	if _, err := a.Apply(t.Context(), people(t, planned), hear); err != nil {
		t.Fatal(err)
	}
	want := []string{"create table ", "create table ", "run migration a/seed", "remember migration a/seed"}
	if diff := cmp.Diff(want, ran); diff != "" {
		t.Errorf("steps (-want +got)\n%s", diff)
	}
	ran = nil
	if p, err := a.Apply(t.Context(), people(t, planned), hear); err != nil || !p.Empty() {
		t.Errorf("a second time: %v, %v", p, err)
	}
	if _, err := a.Apply(t.Context(), people(t, planned, scripted), hear); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"run migration a/index", "remember migration a/index"}, ran); diff != "" {
		t.Errorf("steps of a later version (-want +got)\n%s", diff)
	}
	rows, err := a.Select(t.Context(), db.Query{Table: people(t)[0]})
	if err != nil || len(rows) != 1 || rows[0]["name"] != "Ann" {
		t.Errorf("rows: %v, %v", rows, err)
	}
}

func TestAMigrationThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "auth.db")
	a := open(t, path, sqlite.Options{})
	broken := db.Migration{Name: "a/broken", SQL: map[string][]string{"sqlite": {`update nowhere set x = 1`}}}
	if _, err := a.Apply(t.Context(), people(t, planned, broken), nil); err == nil {
		t.Fatal("a statement that cannot run was taken for done")
	}
	if left := schema(t, connect(t, path)); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestMigrationsThatCannotBePlanned(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		m    db.Migration
		want string
	}{
		{"no statements for the database", db.Migration{Name: "a/x", SQL: map[string][]string{"postgres": {"select 1"}}}, `no statements for sqlite`},
		{"a plan that fails", db.Migration{Name: "a/x", Plan: func(db.Names) ([]string, error) { return nil, errors.New("no idea") }}, "no idea"},
		{"an unknown model", db.Migration{Name: "a/x", Plan: func(n db.Names) ([]string, error) { _, err := n.Table("nobody"); return nil, err }}, `no model "nobody"`},
		{"an unknown field", db.Migration{Name: "a/x", Plan: func(n db.Names) ([]string, error) {
			_, err := n.Column("person", "age")
			return nil, err
		}}, `no field "age"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			a := open(t, filepath.Join(t.TempDir(), "auth.db"), sqlite.Options{})
			if _, err := a.Plan(t.Context(), people(t, tc.m)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
}

func TestADatabaseWithNothingToDoHasNoLedger(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "auth.db")
	a := open(t, path, sqlite.Options{})
	p, err := a.Apply(t.Context(), people(t), nil)
	if err != nil || len(p.Steps) != 1 {
		t.Errorf("plan %v, %v", p, err)
	}
}
