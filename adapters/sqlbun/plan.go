package sqlbun

import (
	"context"
	"errors"
	"slices"

	"github.com/uptrace/bun"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// LiveTable is a table as the database has it.
type LiveTable struct {
	Columns []LiveColumn
	Indexes []LiveIndex
	Rows    bool // there are some
	// Conflicts are what of the table as a whole the Adapter cannot work with.
	Conflicts []db.Conflict
}

// LiveColumn is a column as the database has it, its type in the database's words.
type LiveColumn struct {
	Name, Type string
	// Collation is that of a text column, where a Collator needs to know it.
	Collation string
	// Prefix is how many characters of the column an index takes; 0 is all.
	Prefix int
}

// LiveIndex is an index over whole columns of all rows; others are left out.
type LiveIndex struct {
	Name    string
	Columns []string
	Unique  bool
}

// Plan compares the declared tables with the live database and changes nothing.
func (a *Adapter) Plan(ctx context.Context, tables []*db.Table) (*db.Plan, error) {
	var p *plan
	mode := snapshot
	if !a.dialect.Traits().TransactionalDDL {
		// A change of a table by another instance would end the snapshot.
		mode = reading
	}
	err := a.do(ctx, mode, "plan", nil, func(conn bun.IDB) error {
		var err error
		p, err = a.plan(ctx, conn, tables)
		return err
	})
	if err != nil {
		return nil, err
	}
	return p.told(), nil
}

// plan is a db.Plan that knows the tables.
type plan struct {
	steps     []step
	conflicts []db.Conflict
}

// step is a db.Step on a table, which has no declared fields where it is the
// ledger of Migrations.
type step struct {
	db.Step
	table *db.Table
}

func (p *plan) told() *db.Plan { return &db.Plan{Steps: told(p.steps), Conflicts: p.conflicts} }

func told(steps []step) []db.Step {
	var out []db.Step
	for _, s := range steps {
		out = append(out, s.Step)
	}
	return out
}

// plan lists new tables first, then new columns, then indexes, then Migrations,
// so that every step finds what it refers to.
func (a *Adapter) plan(ctx context.Context, conn bun.IDB, tables []*db.Table) (*plan, error) {
	d, err := a.design(tables)
	if err != nil {
		return nil, err
	}
	var creates, adds, indexes []step
	p := &plan{}
	for _, t := range tables {
		if d.live[t], err = a.dialect.Inspect(ctx, conn, t); err != nil {
			return nil, a.fail(ctx, "inspect", t, err)
		}
	}
	for _, t := range d.inOrder(tables) {
		live := d.live[t]
		if live == nil {
			create, err := d.createTable(t)
			if err != nil {
				return nil, err
			}
			creates = append(creates, step{create, t})
			for _, f := range t.Fields {
				if f.Index {
					indexes = append(indexes, step{d.createIndex(column(t, f.Name), f.Unique), t})
				}
			}
			continue
		}
		alter := &alteration{d: d, live: live, t: t}
		if err := alter.run(); err != nil {
			return nil, err
		}
		adds = append(adds, alter.adds...)
		indexes = append(indexes, alter.indexes...)
		p.conflicts = append(p.conflicts, alter.conflicts...)
	}
	migrations, err := d.migrations(ctx, conn, tables)
	if err != nil {
		return nil, err
	}
	p.steps = slices.Concat(creates, adds, indexes, migrations)
	return p, nil
}

// alteration is what an existing table lacks.
type alteration struct {
	d    *design
	live *LiveTable
	t    *db.Table

	adds, indexes []step
	conflicts     []db.Conflict
}

func (al *alteration) run() error {
	al.conflicts = append(al.conflicts, al.live.Conflicts...)
	id := column(al.t, db.ID)
	if have, ok := al.live.column(al.d.a.dialect, id); !ok || !al.d.a.dialect.Accepts(id, have.Type) {
		al.conflict(id, al.d.a.dialect.Type(id), have.Type)
	}
	for _, f := range al.t.Fields {
		c := column(al.t, f.Name)
		have, ok := al.live.column(al.d.a.dialect, c)
		if !ok {
			if err := al.add(c); err != nil {
				return err
			}
			continue
		}
		if !al.d.a.dialect.Accepts(c, have.Type) {
			al.conflict(c, al.d.a.dialect.Type(c), have.Type)
			continue
		}
		al.index(c)
	}
	return nil
}

func (al *alteration) add(c Column) error {
	f := c.Field
	if al.live.Rows && !f.Nullable {
		switch {
		case f.DDLDefault == nil:
			al.conflict(c, "a value in every row", "rows from before the column and no default for them")
			return nil
		case f.References != nil:
			al.conflict(c, "a reference in every row", "rows from before the column")
			return nil
		}
	}
	add, err := al.d.addColumn(c)
	if err != nil {
		return err
	}
	al.adds = append(al.adds, step{add, al.t})
	al.index(c)
	return nil
}

// index adds the index that a column is declared to have, unless any index
// does its work already. A unique one that rows contradict fails in Apply.
func (al *alteration) index(c Column) {
	if !c.Field.Unique && !c.Field.Index {
		return
	}
	for _, ix := range al.live.Indexes {
		leads := len(ix.Columns) > 0 && al.d.a.dialect.SameName(ix.Columns[0], c.SQLName())
		if leads && (!c.Field.Unique || ix.Unique && len(ix.Columns) == 1) {
			return
		}
	}
	al.indexes = append(al.indexes, step{al.d.createIndex(c, c.Field.Unique), al.t})
}

func (live *LiveTable) column(d Dialect, c Column) (have LiveColumn, ok bool) {
	for _, have := range live.Columns {
		if d.SameName(have.Name, c.SQLName()) {
			return have, true
		}
	}
	return LiveColumn{}, false
}

func (al *alteration) conflict(c Column, want, have string) {
	if have == "" {
		have = "nothing declared"
	}
	al.conflicts = append(al.conflicts, db.Conflict{Table: al.t.Name, Column: c.SQLName(), Want: want, Have: have})
}

// Apply brings the database to the declared tables under a lock: of two
// instances that start at once, one migrates and the other finds nothing to do.
// It is one transaction where the database can take back tables and columns;
// elsewhere the steps of a migration that fails are undone one by one, see
// [UndoError]. It is refused inside a transaction of the Adapter. progress, which
// may be nil, hears of each step when it has run; nothing stands until all of
// them have. The Plan that ran comes back. A Plan with conflicts is a
// *db.ConflictError and runs nothing.
func (a *Adapter) Apply(ctx context.Context, tables []*db.Table, progress func(step db.Step)) (*db.Plan, error) {
	if _, inside := ctx.Value(txKey{a}).(*scope); inside {
		return nil, errApplyInside
	}
	// Without a look first, every start of a complete server would take the
	// lock for writing.
	seen, err := a.Plan(ctx, tables)
	if err != nil || seen.Empty() {
		return seen, err
	}
	if len(seen.Conflicts) > 0 {
		return nil, &db.ConflictError{Conflicts: seen.Conflicts}
	}
	if !a.dialect.Traits().TransactionalDDL {
		return a.applyInSteps(ctx, tables, progress)
	}
	var p *plan
	err = a.Tx(ctx, func(ctx context.Context) error {
		if err := a.Lock(ctx, migrationLock); err != nil {
			return err
		}
		return a.do(ctx, writing, "migrate", nil, func(conn bun.IDB) error {
			var err error
			if p, err = a.plan(ctx, conn, tables); err != nil {
				return err
			}
			_, err = a.run(ctx, conn, p, progress)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return p.told(), nil
}

var errApplyInside = errors.New("migrate: Apply was called with the context of a transaction; call it before the transaction, or with another context")

const migrationLock = "gatehouse migration"

// run runs the steps of a Plan and tells how many have.
func (a *Adapter) run(ctx context.Context, conn bun.IDB, p *plan, progress func(step db.Step)) (int, error) {
	if len(p.conflicts) > 0 {
		return 0, &db.ConflictError{Conflicts: p.conflicts}
	}
	for i, step := range p.steps {
		if _, err := conn.ExecContext(ctx, step.SQL); err != nil {
			return i, a.fail(ctx, step.String(), nil, err)
		}
		if progress != nil {
			progress(step.Step)
		}
	}
	return len(p.steps), nil
}
