package core

import (
	"fmt"
	"slices"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// tableSet is the declared schema, in the order of declaration.
type tableSet struct {
	list []*db.Table
	by   map[string]*db.Table
	// own is how many fields a table was declared with.
	own map[string]int
}

func (ts *tableSet) add(t *db.Table) error {
	if ts.by[t.Model] != nil {
		return fmt.Errorf("table %q is declared twice", t.Model)
	}
	if err := t.Init(); err != nil {
		return err
	}
	if ts.by == nil {
		ts.by, ts.own = map[string]*db.Table{}, map[string]int{}
	}
	ts.own[t.Model] = len(t.Fields)
	ts.by[t.Model] = t
	ts.list = append(ts.list, t)
	return nil
}

func (ts *tableSet) extend(model string, fields []*db.Field) error {
	t := ts.by[model]
	if t == nil {
		return fmt.Errorf("table %q is not declared", model)
	}
	return t.Extend(fields...)
}

func (ts *tableSet) migrate(model string, m db.Migration) error {
	t := ts.by[model]
	if t == nil {
		return fmt.Errorf("migration %q: table %q is not declared", m.Name, model)
	}
	t.Migrations = append(t.Migrations, m)
	return nil
}

// added are the fields that options and plugins have added to a table.
func (ts *tableSet) added(model string) []*db.Field {
	t := ts.by[model]
	if t == nil {
		return nil
	}
	return t.Fields[ts.own[model]:]
}

// rename applies the names that options give to a table and its columns.
func (ts *tableSet) rename(option, model, name string, columns map[string]string) error {
	t := ts.by[model]
	if t == nil {
		return fmt.Errorf("%s: table %q is not declared", option, model)
	}
	if name != "" {
		t.Name = name
	}
	for field, column := range columns {
		f := t.Field(field)
		if f == nil {
			return fmt.Errorf("%s.fields: %q is not a field of %s", option, field, model)
		}
		f.Column = column
	}
	return nil
}

// check looks at the whole schema when every plugin has declared its part.
func (ts *tableSet) check(ids db.IDKind) []error {
	var errs []error
	names := map[string]string{}
	migrations := map[string]bool{}
	for _, t := range ts.list {
		t.IDs = ids
		for i := range t.Migrations {
			m := &t.Migrations[i]
			errs = append(errs, m.Check())
			if migrations[m.Name] {
				errs = append(errs, fmt.Errorf("migration %q is declared twice", m.Name))
			}
			migrations[m.Name] = true
		}
		if other, dup := names[t.Name]; dup {
			errs = append(errs, fmt.Errorf("tables %q and %q share the name %q", other, t.Model, t.Name))
		}
		names[t.Name] = t.Model
		var columns []string
		for _, f := range t.Fields {
			if slices.Contains(columns, f.Column) || f.Column == db.ID {
				errs = append(errs, fmt.Errorf("table %q has two columns named %q", t.Model, f.Column))
			}
			columns = append(columns, f.Column)
			if r := f.References; r != nil {
				if target := ts.by[r.Model]; target == nil || !target.Has(r.Field) {
					errs = append(errs, fmt.Errorf("%s.%s references %s.%s, which is not declared", t.Model, f.Name, r.Model, r.Field))
				}
			}
		}
	}
	return errs
}
