package sqlbun

import (
	"context"
	"fmt"

	"github.com/uptrace/bun"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// LiveTable is a table as the database has it.
type LiveTable struct {
	Columns []LiveColumn
	Indexes []LiveIndex
	Rows    bool // there are some
}

// LiveColumn is a column as the database has it, its type in the database's words.
type LiveColumn struct{ Name, Type string }

// LiveIndex is an index over whole columns of all rows; others are left out.
type LiveIndex struct {
	Name    string
	Columns []string
	Unique  bool
}

// Plan compares the declared tables with the live database and changes nothing.
func (a *Adapter) Plan(ctx context.Context, tables []*db.Table) (*db.Plan, error) {
	var p *db.Plan
	err := a.do(ctx, snapshot, "plan", nil, func(conn bun.IDB) error {
		var err error
		p, err = a.plan(ctx, conn, tables)
		return err
	})
	return p, err
}

// Missing tells whether the database is not yet, or not quite, what the
// declared tables need.
func (a *Adapter) Missing(ctx context.Context, tables []*db.Table) (bool, error) {
	p, err := a.Plan(ctx, tables)
	if err != nil {
		return false, err
	}
	return !p.Empty(), nil
}

// plan lists new tables first, then new columns, then indexes, so that every
// step finds what it refers to.
func (a *Adapter) plan(ctx context.Context, conn bun.IDB, tables []*db.Table) (*db.Plan, error) {
	d, err := a.design(tables)
	if err != nil {
		return nil, err
	}
	var creates, adds, indexes []db.Step
	p := &db.Plan{}
	for _, t := range d.inOrder(tables) {
		live, err := a.dialect.Inspect(ctx, conn, t)
		if err != nil {
			return nil, a.fail(ctx, "inspect", t, err)
		}
		if live == nil {
			step, err := d.createTable(t)
			if err != nil {
				return nil, err
			}
			creates = append(creates, step)
			for _, f := range t.Fields {
				if f.Index {
					indexes = append(indexes, d.createIndex(column(t, f.Name), f.Unique))
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
		p.Conflicts = append(p.Conflicts, alter.conflicts...)
	}
	p.Steps = append(append(creates, adds...), indexes...)
	return p, nil
}

// alteration is what an existing table lacks.
type alteration struct {
	d    *design
	live *LiveTable
	t    *db.Table

	adds, indexes []db.Step
	conflicts     []db.Conflict
}

func (al *alteration) run() error {
	id := column(al.t, db.ID)
	if have, ok := al.column(id); !ok || !al.d.a.dialect.Accepts(id, have) {
		al.conflict(id, al.d.a.dialect.Type(id), have)
	}
	for _, f := range al.t.Fields {
		c := column(al.t, f.Name)
		have, ok := al.column(c)
		if !ok {
			if err := al.add(c); err != nil {
				return err
			}
			continue
		}
		if !al.d.a.dialect.Accepts(c, have) {
			al.conflict(c, al.d.a.dialect.Type(c), have)
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
	step, err := al.d.addColumn(c)
	if err != nil {
		return err
	}
	al.adds = append(al.adds, step)
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
	al.indexes = append(al.indexes, al.d.createIndex(c, c.Field.Unique))
}

func (al *alteration) column(c Column) (typ string, ok bool) {
	for _, live := range al.live.Columns {
		if al.d.a.dialect.SameName(live.Name, c.SQLName()) {
			return live.Type, true
		}
	}
	return "", false
}

func (al *alteration) conflict(c Column, want, have string) {
	if have == "" {
		have = "nothing declared"
	}
	al.conflicts = append(al.conflicts, db.Conflict{Table: al.t.Name, Column: c.SQLName(), Want: want, Have: have})
}

// Apply brings the database to the declared tables in one transaction, under
// a lock: of two instances that start at once, one migrates and the other
// finds nothing to do. progress, which may be nil, hears of each step when it
// has run; nothing stands until all of them have. The Plan that ran comes
// back. A Plan with conflicts is a *db.ConflictError and runs nothing.
func (a *Adapter) Apply(ctx context.Context, tables []*db.Table, progress func(step db.Step)) (*db.Plan, error) {
	// Without a look first, every start of a complete server would take the
	// lock for writing.
	p, err := a.Plan(ctx, tables)
	if err != nil || p.Empty() {
		return p, err
	}
	err = a.Tx(ctx, func(ctx context.Context) error {
		if err := a.Lock(ctx, "gatehouse migration"); err != nil {
			return err
		}
		return a.do(ctx, writing, "migrate", nil, func(conn bun.IDB) error {
			var err error
			if p, err = a.plan(ctx, conn, tables); err != nil {
				return err
			}
			return a.apply(ctx, conn, p, progress)
		})
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

func (a *Adapter) apply(ctx context.Context, conn bun.IDB, p *db.Plan, progress func(step db.Step)) error {
	if len(p.Conflicts) > 0 {
		return &db.ConflictError{Conflicts: p.Conflicts}
	}
	for _, step := range p.Steps {
		if _, err := conn.ExecContext(ctx, step.SQL); err != nil {
			what := fmt.Sprintf("%s %s", step.Kind, step.Table)
			if step.Name != "" {
				what += "." + step.Name
			}
			err = a.fail(ctx, what, nil, err)
			return err
		}
		if progress != nil {
			progress(step)
		}
	}
	return nil
}
