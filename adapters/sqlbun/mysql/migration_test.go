package mysql_test

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/mysql"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

func TestMigrations(t *testing.T) {
	owner := &db.Reference{Model: "owner", Field: db.ID}
	suite.RunMigrations(t, []sqltest.Migration{
		{
			Name:  "a nullable column is added",
			Field: &db.Field{Name: "note", Type: db.String, Nullable: true},
			Steps: []string{"alter table `t` add column `note` text collate utf8mb4_bin"},
		},
		{
			Name:  "a required column is added to a table without rows",
			Field: &db.Field{Name: "count", Type: db.Number},
			Steps: []string{"alter table `t` add column `count` integer not null"},
		},
		{
			Name:     "a required column with a default is added to a table with rows",
			Existing: []string{"insert into t values ('1')"},
			Field:    &db.Field{Name: "on", Type: db.Boolean, DDLDefault: false},
			Steps:    []string{"alter table `t` add column `on` boolean default (0) not null"},
		},
		{
			Name:     "a default of text is quoted",
			Existing: []string{"insert into t values ('1')"},
			Field:    &db.Field{Name: "say", Type: db.String, DDLDefault: `it's \`},
			Steps:    []string{"alter table `t` add column `say` text collate utf8mb4_bin default ('it''s \\\\') not null"},
		},
		{
			Name:      "a required column without a default is refused when there are rows",
			Existing:  []string{"insert into t values ('1')"},
			Field:     &db.Field{Name: "note", Type: db.String},
			Conflicts: []db.Conflict{{Table: "t", Column: "note", Want: "a value in every row", Have: "rows from before the column and no default for them"}},
		},
		{
			Name:     "a nullable reference is added with the collation of what it refers to, its index after it",
			Existing: []string{"insert into t values ('1')"},
			Field:    &db.Field{Name: "ownerId", Type: db.String, Nullable: true, Index: true, References: owner},
			Steps: []string{
				"alter table `t` add column `ownerId` varchar(36) collate utf8mb4_general_ci, add constraint `t_ownerId_fk` foreign key (`ownerId`) references `owner` (`id`) on delete cascade",
				"create index `t_ownerId_idx` on `t` (`ownerId`)",
			},
		},
		{
			Name:     "the referred column's character set is another",
			Existing: []string{"drop table owner", "create table owner (id varchar(36) character set latin1 not null primary key)"},
			Field:    &db.Field{Name: "ownerId", Type: db.String, References: owner},
			Steps: []string{
				"alter table `t` add column `ownerId` varchar(36) collate latin1_swedish_ci not null, add constraint `t_ownerId_fk` foreign key (`ownerId`) references `owner` (`id`) on delete cascade",
			},
		},
		{
			Name:     "a unique column is added as a column and a unique index",
			Existing: []string{"insert into t values ('1'), ('2')"},
			Field:    &db.Field{Name: "slug", Type: db.String, Nullable: true, Unique: true, Index: true},
			Steps: []string{
				"alter table `t` add column `slug` varchar(255) collate utf8mb4_bin",
				"create unique index `t_slug_uidx` on `t` (`slug`)",
			},
		},
		{
			Name:     "a missing index is added",
			Existing: []string{"alter table t add column kind varchar(255)"},
			Field:    &db.Field{Name: "kind", Type: db.String, Nullable: true, Index: true},
			Steps:    []string{"create index `t_kind_idx` on `t` (`kind`)"},
		},
		{
			Name:     "an index on text is over its beginning",
			Existing: []string{"alter table t add column kind text"},
			Field:    &db.Field{Name: "kind", Type: db.String, Nullable: true, Index: true},
			Steps:    []string{"create index `t_kind_idx` on `t` (`kind`(255))"},
		},
		{
			Name:     "a unique index over the beginning of a column is none",
			Existing: []string{"alter table t add column kind varchar(255)", "create unique index x on t (kind(10))"},
			Field:    &db.Field{Name: "kind", Type: db.String, Nullable: true, Unique: true},
			Steps:    []string{"create unique index `t_kind_uidx` on `t` (`kind`)"},
		},
		{
			Name:     "a unique index over more columns does not make one unique",
			Existing: []string{"alter table t add column kind varchar(255)", "create unique index x on t (kind, id)"},
			Field:    &db.Field{Name: "kind", Type: db.String, Nullable: true, Unique: true},
			Steps:    []string{"create unique index `t_kind_uidx` on `t` (`kind`)"},
		},
		{
			Name:     "an index under another name does",
			Existing: []string{"alter table t add column kind varchar(255)", "create index x on t (kind, id)"},
			Field:    &db.Field{Name: "kind", Type: db.String, Nullable: true, Index: true},
		},
		{
			Name:     "names differ in case only",
			Existing: []string{"alter table t add column KIND TEXT"},
			Field:    &db.Field{Name: "kind", Type: db.String, Nullable: true},
		},
		{
			Name:      "a column of another type is a conflict",
			Existing:  []string{"alter table t add column kind blob"},
			Field:     &db.Field{Name: "kind", Type: db.String, Nullable: true, Index: true},
			Conflicts: []db.Conflict{{Table: "t", Column: "kind", Want: "varchar(255)", Have: "blob"}},
		},
		{
			Name:      "a date in a text column is a conflict, as upstream sees it",
			Existing:  []string{"alter table t add column moment text"},
			Field:     &db.Field{Name: "moment", Type: db.Date, Nullable: true},
			Conflicts: []db.Conflict{{Table: "t", Column: "moment", Want: "timestamp(3)", Have: "text"}},
		},
		{
			Name:     "a date in a datetime column is accepted, as upstream does",
			Existing: []string{"alter table t add column moment datetime(3)"},
			Field:    &db.Field{Name: "moment", Type: db.Date, Nullable: true},
		},
		{
			Name:     "MariaDB's json is longtext",
			Existing: []string{"alter table t add column doc json"},
			Field:    &db.Field{Name: "doc", Type: db.JSON, Nullable: true},
		},
	})
}

func TestNamesThatDifferInCaseAreTwoTables(t *testing.T) {
	t.Parallel()
	dsn := sqltest.MySQL(t)
	pool := connect(t, dsn)
	if sqltest.List(t, pool, "SELECT @@lower_case_table_names", sqltest.One[int])[0] != 0 {
		t.Skip("to this server they are one")
	}
	sqltest.Execute(t, pool, "create table USER (id varchar(36) not null primary key, name blob)")
	p, err := open(t, dsn, mysql.Options{}).Plan(t.Context(), []*db.Table{sqltest.Table(t, "user", &db.Field{Name: "name", Type: db.String})})
	if err != nil || len(p.Steps) != 1 || p.Steps[0].Kind != "create table" {
		t.Errorf("the plan is %+v, %v", p, err)
	}
}

// failing declares what fails in the middle: two rows are not unique in slug.
// Before it run a new table, new columns with and without a reference, and indexes.
func failing(t *testing.T, dsn string, migrations ...db.Migration) []*db.Table {
	t.Helper()
	sqltest.MySQLExec(t, dsn,
		"create table a (id varchar(36) not null primary key)",
		"create table t (id varchar(36) not null primary key, slug varchar(255))",
		"insert into t values ('1', 'twin'), ('2', 'twin')")
	reference := func() *db.Field {
		return &db.Field{Name: "newId", Type: db.String, Nullable: true, Index: true, References: &db.Reference{Model: "new", Field: db.ID}}
	}
	existing := sqltest.Table(t, "a", reference(), &db.Field{Name: "kind", Type: db.String, Nullable: true, Index: true})
	made := sqltest.Table(t, "new", reference(), &db.Field{Name: "key", Type: db.String, Unique: true})
	made.Migrations = migrations
	return []*db.Table{existing, made, sqltest.Table(t, "t", &db.Field{Name: "slug", Type: db.String, Nullable: true, Unique: true})}
}

func TestAMigrationThatFailsIsUndone(t *testing.T) {
	t.Parallel()
	for name, conns := range map[string]int{"with a pool": 0, "with one connection": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn := sqltest.MySQL(t)
			tables, pool := failing(t, dsn), connect(t, dsn)
			before := schema(t, pool)
			a := open(t, dsn, mysql.Options{Connections: conns})
			ran := 0
			_, err := a.Apply(t.Context(), tables, func(db.Step) { ran++ })
			if err == nil || strings.Contains(err.Error(), "twin") || !strings.Contains(err.Error(), "create index t_slug_uidx on t: rows have the same value; remove duplicates") || ran < 5 {
				t.Errorf("after %d steps the error is %v", ran, err)
			}
			if diff := cmp.Diff(before, schema(t, pool)); diff != "" {
				t.Errorf("(-before +after)\n%s", diff)
			}
			sqltest.Execute(t, pool, "delete from t where id = '2'")
			if _, err := a.Apply(t.Context(), tables, nil); err != nil {
				t.Errorf("with the cause mended: %v", err)
			}
		})
	}
}

func TestAMigrationWhoseConnectionEndsIsUndone(t *testing.T) {
	t.Parallel()
	for name, conns := range map[string]int{"with a pool": 0, "with one connection": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn := sqltest.MySQL(t)
			tables, pool := failing(t, dsn), connect(t, dsn)
			before := schema(t, pool)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			a := open(t, dsn, mysql.Options{Connections: conns})
			ran := 0
			_, err := a.Apply(ctx, tables, func(db.Step) {
				if ran++; ran == 4 {
					cancel()
				}
			})
			if !errors.Is(err, context.Canceled) || ran != 4 {
				t.Errorf("after %d steps the error is %v", ran, err)
			}
			if diff := cmp.Diff(before, schema(t, pool)); diff != "" {
				t.Errorf("(-before +after)\n%s", diff)
			}
		})
	}
}

func TestWhatCannotBeUndoneStandsAndIsGoneOnFrom(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		migration db.Migration
		meanwhile string
		stand     string // the kind of what stands, in order
	}{
		"a table that got rows meanwhile": {
			meanwhile: "insert into new (id, `key`) values ('x', 'y')",
			stand:     "create table",
		},
		"the statements of a Migration, and all before them": {
			migration: db.Migration{Name: "test/one", SQL: map[string][]string{"mysql": {"update t set slug = id", "select * from nowhere"}}},
			stand:     "create table, add column, add column, create index, create index, create index, create index, create table, run migration",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dsn := sqltest.MySQL(t)
			var migrations []db.Migration
			if c.migration.Name != "" {
				migrations = append(migrations, c.migration)
			}
			tables, pool := failing(t, dsn, migrations...), connect(t, dsn)
			if c.migration.Name != "" {
				sqltest.Execute(t, pool, "update t set slug = id")
			}
			a := open(t, dsn, mysql.Options{})
			ran := 0
			_, err := a.Apply(t.Context(), tables, func(db.Step) {
				if ran++; c.meanwhile != "" && ran == 3 {
					sqltest.Execute(t, pool, c.meanwhile)
				}
			})
			stands, ok := errors.AsType[*sqlbun.UndoError](err)
			if !ok {
				t.Fatalf("the error is %v", err)
			}
			var kinds []string
			for _, step := range stands.Stand {
				kinds = append(kinds, step.Kind)
			}
			if got := strings.Join(kinds, ", "); got != c.stand || !strings.Contains(err.Error(), "migrate again") {
				t.Errorf("%q stand, want %q: %v", got, c.stand, err)
			}
			sqltest.Execute(t, pool, "delete from t where id = '2'")
			if c.migration.Name != "" {
				tables[1].Migrations[0].SQL["mysql"] = []string{"update t set slug = id"}
			}
			p, err := a.Apply(t.Context(), tables, nil)
			if err != nil {
				t.Fatalf("with the cause mended: %v", err)
			}
			for _, step := range p.Steps {
				if slices.ContainsFunc(stands.Stand, func(s db.Step) bool { return s.Kind == "create table" && s.SQL == step.SQL }) {
					t.Errorf("it ran again: %s", step.SQL)
				}
			}
		})
	}
}

func TestAColumnOfATableWithRowsStands(t *testing.T) {
	t.Parallel()
	dsn := sqltest.MySQL(t)
	tables, pool := failing(t, dsn), connect(t, dsn)
	sqltest.Execute(t, pool, "insert into a values ('1')")
	a := open(t, dsn, mysql.Options{})
	_, err := a.Apply(t.Context(), tables, nil)
	stands, ok := errors.AsType[*sqlbun.UndoError](err)
	if !ok {
		t.Fatalf("the error is %v", err)
	}
	var names []string
	for _, step := range stands.Stand {
		names = append(names, step.String())
	}
	// The reference keeps the table that it refers to.
	if diff := cmp.Diff([]string{"create table new", "add column a.newId", "add column a.kind"}, names); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if n := sqltest.List(t, pool, "select count(*) from a where newId is null and kind is null", sqltest.One[int])[0]; n != 1 {
		t.Errorf("%d rows have the columns", n)
	}
}

// waitForStatement polls until a session runs a statement that starts so, and
// waits for a table.
func waitForStatement(t *testing.T, pool *sql.DB, start string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		running := sqltest.List(t, pool, "SELECT ID FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND STATE LIKE 'Waiting for%' AND INFO LIKE '"+start+"%'", sqltest.One[int64])
		if len(running) == 1 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("no session runs %q", start)
		}
	}
}

// The server does not hear at once that nobody waits for its answer any more.
func TestAStepThatWasRunningWhenTheContextEndedIsUndone(t *testing.T) {
	t.Parallel()
	dsn := sqltest.MySQL(t)
	tables, pool := failing(t, dsn), connect(t, dsn)
	before := schema(t, pool)
	user, err := pool.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := user.ExecContext(t.Context(), "select * from a"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	failed := make(chan error, 1)
	a := open(t, dsn, mysql.Options{})
	go func() {
		_, err := a.Apply(ctx, tables, nil)
		failed <- err
	}()
	waitForStatement(t, pool, "alter table `a`")
	cancel()
	if err := user.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	if diff := cmp.Diff(before, schema(t, pool)); diff != "" {
		t.Errorf("(-before +after)\n%s", diff)
	}
}

func TestWhatAnotherInstanceHasGoneOnFromIsNotUndone(t *testing.T) {
	t.Parallel()
	dsn := sqltest.MySQL(t)
	tables, pool := failing(t, dsn), connect(t, dsn)
	pool.SetMaxOpenConns(1)
	sqltest.Execute(t, pool, "delete from t where id = '2'")
	a, ran := open(t, dsn, mysql.Options{}), 0
	_, err := a.Apply(t.Context(), tables, func(db.Step) {
		if ran++; ran != 4 {
			return
		}
		kill(t, pool)
		if _, err := open(t, dsn, mysql.Options{}).Apply(t.Context(), tables, nil); err != nil {
			t.Errorf("the other instance: %v", err)
		}
	})
	stands, ok := errors.AsType[*sqlbun.UndoError](err)
	if !ok || len(stands.Stand) != 4 || !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("the error is %v", err)
	}
	if p, err := a.Plan(t.Context(), tables); err != nil || !p.Empty() {
		t.Errorf("the plan is %+v, %v", p, err)
	}
}

func TestATableWithoutTransactionsIsAConflict(t *testing.T) {
	t.Parallel()
	dsn := sqltest.MySQL(t)
	sqltest.MySQLExec(t, dsn, "create table t (id varchar(36) not null primary key) engine = MyISAM")
	p, err := open(t, dsn, mysql.Options{}).Plan(t.Context(), []*db.Table{sqltest.Table(t, "t")})
	if err != nil || len(p.Conflicts) != 1 || p.Conflicts[0].Want != "ENGINE=InnoDB" || p.Conflicts[0].Have != "ENGINE=MyISAM" {
		t.Errorf("the plan is %+v, %v", p, err)
	}
}

func TestApplyInsideATransactionIsRefused(t *testing.T) {
	t.Parallel()
	a := open(t, sqltest.MySQL(t), mysql.Options{Connections: 1})
	err := a.Tx(t.Context(), func(ctx context.Context) error {
		_, err := a.Apply(ctx, []*db.Table{sqltest.Table(t, "t")}, nil)
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "context of a transaction") {
		t.Errorf("the error is %v", err)
	}
}
