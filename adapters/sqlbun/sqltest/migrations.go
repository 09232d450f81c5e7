package sqltest

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// Migration is one of an existing table t, which has only an id, for a field
// beside it. There is also a table owner to refer to.
type Migration struct {
	Name      string
	Existing  []string // statements that run before
	Field     *db.Field
	Steps     []string // statements of the Plan
	Conflicts []db.Conflict
}

// RunMigrations runs the suite of migrations, those of an existing table with
// the dialect's own cases.
func (d Dialect) RunMigrations(t *testing.T, cases []Migration) {
	t.Parallel()
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			d.migrate(t, c)
		})
	}
	t.Run("ids of another strategy are a conflict", func(t *testing.T) {
		t.Parallel()
		d.otherIDs(t)
	})
	t.Run("of many instances that start at once one migrates", func(t *testing.T) {
		t.Parallel()
		d.startAtOnce(t)
	})
}

// ColumnType is the type of a column that exists, and whether it holds every value
// of a field unchanged.
type ColumnType struct {
	Type  string
	Field db.Field // of that column; without a name
	Good  bool
}

// RunColumnTypes runs the suite of columns that would change a value: they are
// conflicts.
func (d Dialect) RunColumnTypes(t *testing.T, cases []ColumnType) {
	t.Parallel()
	dsn := d.Empty(t)
	raw, a := d.Connect(t, dsn), d.open(t, dsn, 0)
	for i, c := range cases {
		name := fmt.Sprintf("t%d", i)
		Execute(t, raw, fmt.Sprintf("create table %s (id %s not null primary key, v %s)", name, d.IDs[0].Type, c.Type))
		c.Field.Name, c.Field.Nullable = "v", true
		p, err := a.Plan(t.Context(), []*db.Table{Table(t, name, &c.Field)})
		if err != nil {
			t.Fatal(err)
		}
		if good := len(p.Conflicts) == 0; good != c.Good {
			t.Errorf("%s for a %s (big %t): accepted %t", c.Type, c.Field.Type, c.Field.BigInt, good)
		}
	}
}

func (d Dialect) migrate(t *testing.T, c Migration) {
	t.Helper()
	dsn := d.Empty(t)
	raw := d.Connect(t, dsn)
	for _, name := range []string{"owner", "t"} {
		Execute(t, raw, fmt.Sprintf("create table %s (id %s not null primary key)", name, d.IDs[0].Type))
	}
	Execute(t, raw, c.Existing...)
	before := d.Describe(t, raw)
	tables := []*db.Table{Table(t, "t", c.Field), Table(t, "owner")}
	a := d.open(t, dsn, 0)
	p, err := a.Plan(t.Context(), tables)
	if err != nil {
		t.Fatal(err)
	}
	if diff := d.Diff(c.Steps, Statements(p)); diff != "" {
		t.Errorf("steps (-want +got)\n%s", diff)
	}
	if diff := d.Diff(c.Conflicts, p.Conflicts); diff != "" {
		t.Errorf("conflicts (-want +got)\n%s", diff)
	}
	if diff := d.Diff(before, d.Describe(t, raw)); diff != "" {
		t.Errorf("the plan changed the database\n%s", diff)
	}
	_, err = a.Apply(t.Context(), tables, nil)
	if _, conflict := errors.AsType[*db.ConflictError](err); conflict != (c.Conflicts != nil) || (err != nil) != (c.Conflicts != nil) {
		t.Fatalf("apply: %v", err)
	}
	if c.Conflicts == nil {
		if p, err = a.Plan(t.Context(), tables); err != nil || !p.Empty() {
			t.Errorf("after apply the plan is %+v, %v", p, err)
		}
	} else if diff := d.Diff(before, d.Describe(t, raw)); diff != "" {
		t.Errorf("a refused plan changed the database\n%s", diff)
	}
}

func (d Dialect) otherIDs(t *testing.T) {
	t.Helper()
	dsn := d.Empty(t)
	raw, a := d.Connect(t, dsn), d.open(t, dsn, 0)
	for i, live := range d.IDs {
		name := fmt.Sprintf("t%d", i)
		Execute(t, raw, fmt.Sprintf("create table %s (id %s not null primary key)", name, live.Type))
		for _, want := range d.IDs {
			table := Table(t, name)
			table.IDs = want.Kind
			p, err := a.Plan(t.Context(), []*db.Table{table})
			if err != nil {
				t.Fatal(err)
			}
			var conflicts []db.Conflict
			if want.Type != live.Type {
				conflicts = []db.Conflict{{Table: name, Column: db.ID, Want: want.Type, Have: live.Live}}
			}
			for i, c := range p.Conflicts {
				if strings.HasPrefix(c.Have, live.Live) {
					p.Conflicts[i].Have = live.Live // without a width that only some servers tell
				}
			}
			if diff := d.Diff(conflicts, p.Conflicts); diff != "" {
				t.Errorf("%s for ids %q (-want +got)\n%s", live.Type, want.Kind, diff)
			}
		}
	}
}

func (d Dialect) startAtOnce(t *testing.T) {
	t.Helper()
	dsn := d.Empty(t)
	tables := record(t).Cases["many plugins"].declare(t)
	const instances = 8
	adapters := make([]db.Migrator, instances)
	for i := range adapters {
		adapters[i] = d.open(t, dsn, 1+i%2)
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
	if diff := d.Diff(ran, heard); diff != "" {
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

// RunFailedMigration is for databases that take back tables with a transaction:
// a migration that fails leaves nothing behind.
func (d Dialect) RunFailedMigration(t *testing.T) {
	t.Parallel()
	dsn := d.Empty(t)
	raw := d.Connect(t, dsn)
	Execute(t, raw, `create table t (id text not null primary key, slug text)`, `insert into t values ('1', 'twin'), ('2', 'twin')`)
	before := d.Describe(t, raw)
	tables := []*db.Table{Table(t, "t", &db.Field{Name: "slug", Type: db.String, Nullable: true, Unique: true}), Table(t, "new")}
	heard := 0
	_, err := d.open(t, dsn, 0).Apply(t.Context(), tables, func(db.Step) { heard++ })
	if err == nil || strings.Contains(err.Error(), "twin") || !strings.Contains(err.Error(), "t_slug_uidx") {
		t.Errorf("the error is %v", err)
	}
	if heard != 1 {
		t.Errorf("%d steps ran before the one that failed, want 1", heard)
	}
	if diff := d.Diff(before, d.Describe(t, raw)); diff != "" {
		t.Errorf("(-before +after)\n%s", diff)
	}
}
