package sqlbun

import (
	"context"
	"fmt"
	"slices"

	"github.com/uptrace/bun"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// The kinds of steps; see db.Step.
const (
	stepCreateTable = "create table"
	stepAddColumn   = "add column"
	stepCreateIndex = "create index"
	stepMigration   = "run migration"
	stepRemember    = "remember migration"
)

// migrations lists the steps of the declared Migrations that the database has
// not had.
func (d *design) migrations(ctx context.Context, conn bun.IDB, tables []*db.Table) ([]step, error) {
	declared := slices.ContainsFunc(tables, func(t *db.Table) bool { return len(t.Migrations) > 0 })
	if !declared {
		return nil, nil
	}
	var steps []step
	had, exists, err := d.ledger(ctx, conn)
	if err != nil {
		return nil, err
	}
	if !exists {
		s := d.a.sql("create table ").Name(db.MigrationTable).Text(" (").Name("name").Text(" varchar(255) not null primary key, ").
			Name("appliedAt").Text(" timestamp default current_timestamp)")
		create := db.Step{Kind: stepCreateTable, Table: db.MigrationTable, SQL: string(s.buf)}
		steps = append(steps, step{create, &db.Table{Name: db.MigrationTable}})
	}
	n := names{d}
	for _, t := range tables {
		for i := range t.Migrations {
			m := &t.Migrations[i]
			if had[m.Name] {
				continue
			}
			statements, err := m.Statements(n)
			if err != nil {
				return nil, err
			}
			for _, statement := range statements {
				steps = append(steps, step{db.Step{Kind: stepMigration, Table: t.Name, Name: m.Name, SQL: statement}, t})
			}
			s := d.a.sql("insert into ").Name(db.MigrationTable).Text(" (").Name("name").Text(") values (").Value(m.Name).Text(")")
			steps = append(steps, step{db.Step{Kind: stepRemember, Table: t.Name, Name: m.Name, SQL: string(s.buf)}, t})
		}
	}
	return steps, nil
}

// ledger reads which Migrations the database has had.
func (d *design) ledger(ctx context.Context, conn bun.IDB) (had map[string]bool, exists bool, err error) {
	t := &db.Table{Model: db.MigrationTable, Fields: []*db.Field{{Name: "name", Type: db.String}}}
	if err := t.Init(); err != nil {
		return nil, false, err
	}
	live, err := d.a.dialect.Inspect(ctx, conn, t)
	if err != nil || live == nil {
		return nil, false, d.a.fail(ctx, "inspect", t, err)
	}
	s := d.a.sql("select ").Name("name").Text(" from ").Name(db.MigrationTable)
	rows, err := conn.QueryContext(ctx, string(s.buf))
	if err != nil {
		return nil, true, d.a.fail(ctx, "read", t, err)
	}
	defer func() { _ = rows.Close() }()
	had = map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, true, d.a.fail(ctx, "read", t, err)
		}
		had[name] = true
	}
	return had, true, d.a.fail(ctx, "read", t, rows.Err())
}

// names is what a Migration is told.
type names struct{ d *design }

var _ db.Names = names{}

// Dialect implements db.Names.
func (n names) Dialect() string { return n.d.a.dialect.Traits().Name }

// Table implements db.Names.
func (n names) Table(model string) (string, error) {
	t := n.d.byModel[model]
	if t == nil {
		return "", fmt.Errorf("there is no model %q", model)
	}
	return string(n.d.a.sql("").table(t).buf), nil
}

// Column implements db.Names.
func (n names) Column(model, field string) (string, error) {
	t := n.d.byModel[model]
	if t == nil {
		return "", fmt.Errorf("there is no model %q", model)
	}
	name, err := t.Column(field)
	if err != nil {
		return "", err
	}
	return string(n.d.a.sql("").Name(name).buf), nil
}
