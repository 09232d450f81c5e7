package sqlbun

import (
	"fmt"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/value"
)

// design writes the DDL of declared tables, worded as upstream's migrations
// come out, so that either of them finds the other's schema complete.
type design struct {
	a       *Adapter
	byModel map[string]*db.Table
	live    map[*db.Table]*LiveTable // nil for those that are not there
}

func (a *Adapter) design(tables []*db.Table) (*design, error) {
	d := &design{a: a, byModel: make(map[string]*db.Table, len(tables)), live: make(map[*db.Table]*LiveTable, len(tables))}
	names := map[string]string{}
	for _, t := range tables {
		full := t.Schema + "." + t.Name
		if other, dup := names[full]; dup {
			return nil, fmt.Errorf("the models %q and %q share the table %q", other, t.Model, t.Name)
		}
		names[full] = t.Model
		d.byModel[t.Model] = t
	}
	return d, nil
}

// inOrder sorts tables so that what is referred to comes first, else as declared.
func (d *design) inOrder(tables []*db.Table) []*db.Table {
	out := make([]*db.Table, 0, len(tables))
	seen := make(map[*db.Table]bool, len(tables))
	var visit func(t *db.Table)
	visit = func(t *db.Table) {
		if seen[t] {
			return // placed, or being placed: a cycle
		}
		seen[t] = true
		for _, f := range t.Fields {
			if f.References == nil {
				continue
			}
			if target := d.byModel[f.References.Model]; target != nil {
				visit(target)
			}
		}
		out = append(out, t)
	}
	for _, t := range tables {
		visit(t)
	}
	return out
}

func (d *design) createTable(t *db.Table) (db.Step, error) {
	s := d.a.sql("create table ").table(t).Text(" (").Name(db.ID).Text(" ").Text(d.a.dialect.IDType(column(t, db.ID)))
	inline := d.a.dialect.Traits().InlineReferences
	for _, f := range t.Fields {
		c := column(t, f.Name)
		s.Text(", ").Name(f.Column).Text(" ").Text(d.columnType(c))
		if !f.Nullable {
			s.Text(" not null")
		}
		if f.Unique {
			s.Text(" unique")
		}
		d.newRows(s, c)
		if inline {
			if err := d.references(s, c); err != nil {
				return db.Step{}, err
			}
		}
	}
	for _, f := range t.Fields {
		if inline || f.References == nil {
			continue
		}
		s.Text(", foreign key (").Name(f.Column).Text(")")
		if err := d.references(s, column(t, f.Name)); err != nil {
			return db.Step{}, err
		}
	}
	s.Text(")")
	return db.Step{Kind: stepCreateTable, Table: t.Name, SQL: string(s.buf)}, nil
}

// addColumn adds a column to a table that exists. Unlike upstream's it is not
// unique by itself, which SQLite refuses: an index of its own follows.
func (d *design) addColumn(c Column) (db.Step, error) {
	f := c.Field
	s := d.a.sql("alter table ").table(c.Table).Text(" add column ").Name(f.Column).Text(" ").Text(d.columnType(c))
	if f.DDLDefault != nil {
		v, err := value.Of(c.Table, f.Name, f.DDLDefault)
		if err != nil {
			return db.Step{}, fmt.Errorf("default of existing rows: %w", err)
		}
		if v, err = d.a.encode(c, v); err != nil {
			return db.Step{}, err
		}
		if d.a.dialect.Traits().ExpressionDefaults {
			s.Text(" default (").Value(v).Text(")")
		} else {
			s.Text(" default ").Value(v)
		}
	} else {
		d.newRows(s, c)
	}
	if !f.Nullable {
		s.Text(" not null")
	}
	if f.References != nil && !d.a.dialect.Traits().InlineReferences {
		s.Text(", add constraint ").Name(referenceName(c)).Text(" foreign key (").Name(f.Column).Text(")")
	}
	if err := d.references(s, c); err != nil {
		return db.Step{}, err
	}
	return db.Step{Kind: stepAddColumn, Table: c.Table.Name, Name: f.Column, SQL: string(s.buf)}, nil
}

// columnType is the type of a new column with its collation.
func (d *design) columnType(c Column) string {
	typ := d.a.dialect.Type(c)
	collator, ok := d.a.dialect.(Collator)
	if !ok {
		return typ
	}
	var referred *LiveColumn
	if c.Field.References != nil {
		target := d.byModel[c.Field.References.Model]
		if target != nil && d.live[target] != nil && target.Has(c.Field.References.Field) {
			if have, ok := d.live[target].column(d.a.dialect, column(target, c.Field.References.Field)); ok {
				referred = &have
			}
		}
	}
	return typ + collator.Collate(c, referred)
}

func (d *design) newRows(s *SQL, c Column) {
	if expr := d.a.dialect.Default(c); expr != "" {
		s.Text(" default ").Text(expr)
	}
}

func (d *design) references(s *SQL, c Column) error {
	ref := c.Field.References
	if ref == nil {
		return nil
	}
	schema, table, target := "", ref.Model, ref.Field
	if t := d.byModel[ref.Model]; t != nil {
		schema, table = t.Schema, t.Name
		name, err := t.Column(ref.Field)
		if err != nil {
			return fmt.Errorf("reference of %s.%s: %w", c.Table.Model, c.Field.Name, err)
		}
		target = name
	}
	action := strings.ToLower(ref.OnDelete)
	switch action {
	case "":
		action = "cascade"
	case "cascade", "no action", "restrict", "set null", "set default":
	default:
		return fmt.Errorf("reference of %s.%s: unknown action %q on delete", c.Table.Model, c.Field.Name, ref.OnDelete)
	}
	s.Text(" references ").Name(schema, table).Text(" (").Name(target).Text(") on delete ").Text(action)
	return nil
}

func (d *design) createIndex(c Column, unique bool) db.Step {
	name := indexName(c, unique)
	s := d.a.sql("create ")
	if unique {
		s.Text("unique ")
	}
	s.Text("index ").Name(name).Text(" on ").table(c.Table).Text(" (").Name(c.SQLName())
	if live := d.live[c.Table]; live != nil && !unique {
		if have, ok := live.column(d.a.dialect, c); ok && have.Prefix > 0 {
			s.Text(fmt.Sprintf("(%d)", have.Prefix))
		}
	}
	s.Text(")")
	return db.Step{Kind: stepCreateIndex, Table: c.Table.Name, Name: name, SQL: string(s.buf)}
}

// referenceName is that of a foreign key which must be named to be dropped.
func referenceName(c Column) string { return c.Table.Name + "_" + c.SQLName() + "_fk" }

// indexName is upstream's: session_userId_idx, organization_slug_uidx.
func indexName(c Column, unique bool) string {
	if unique {
		return c.Table.Name + "_" + c.SQLName() + "_uidx"
	}
	return c.Table.Name + "_" + c.SQLName() + "_idx"
}
