package memory

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// refusal is a *reference* error that names the referring field, never a value.
func refusal(t *db.Table, f *db.Field) error {
	return fmt.Errorf("%s.%s: %w", t.Model, f.Name, db.ErrReference)
}

// parentsExist checks the references of a row that was written. Those that
// equal old's are left alone.
func (a *Adapter) parentsExist(tb *table, row, old db.Row) error {
	for _, f := range tb.def.Fields {
		v := row[f.Name]
		if f.References == nil || v == nil || old != nil && key(old[f.Name]) == key(v) {
			continue
		}
		parent := a.tables[f.References.Model]
		if parent == nil || len(parent.matching(f.References.Field, v)) == 0 {
			return refusal(tb.def, f)
		}
	}
	return nil
}

// matching lists the records that have a value in a field, in no order.
func (tb *table) matching(field string, v any) []*record {
	if ix := tb.indexes[field]; ix != nil {
		return slices.Collect(maps.Keys(ix.by[key(v)]))
	}
	var out []*record
	for r := tb.root.next; r != &tb.root; r = r.next {
		if w := r.row[field]; w != nil && key(w) == key(v) {
			out = append(out, r)
		}
	}
	return out
}

// keyUnused refuses to change a value that other rows refer to.
func (a *Adapter) keyUnused(tb *table, old, next db.Row) error {
	return a.referrers(tb, func(child *table, f *db.Field) error {
		v := old[f.References.Field]
		if v == nil || key(v) == key(next[f.References.Field]) || len(child.matching(f.Name, v)) == 0 {
			return nil
		}
		return refusal(child.def, f)
	})
}

// referrers calls fn for each field that refers to the table, always in the same order.
func (a *Adapter) referrers(tb *table, fn func(child *table, f *db.Field) error) error {
	for _, model := range a.models {
		child := a.tables[model]
		for _, f := range child.def.Fields {
			if f.References == nil || f.References.Model != tb.def.Model {
				continue
			}
			if err := fn(child, f); err != nil {
				return err
			}
		}
	}
	return nil
}

// remove takes a record out and does to the rows that refer to it what their
// fields say. It appends what can only be judged when the statement is over.
func (a *Adapter) remove(tb *table, r *record, late []func() error) ([]func() error, error) {
	a.unlink(tb, r)
	err := a.referrers(tb, func(child *table, f *db.Field) error {
		v := r.row[f.References.Field]
		if v == nil {
			return nil
		}
		children := child.matching(f.Name, v)
		switch strings.ToLower(f.References.OnDelete) {
		case "", "cascade":
			for _, c := range children {
				if !c.live {
					continue
				}
				var err error
				if late, err = a.remove(child, c, late); err != nil {
					return err
				}
			}
		case "set null", "set default":
			for _, c := range children {
				if !f.Nullable {
					return refusal(child.def, f)
				}
				next := maps.Clone(c.row)
				next[f.Name] = nil
				if err := a.replace(child, c, next); err != nil {
					return err
				}
			}
		case "restrict":
			if len(children) > 0 {
				return refusal(child.def, f)
			}
		default: // no action
			late = append(late, func() error {
				if len(child.matching(f.Name, v)) > 0 && len(tb.matching(f.References.Field, v)) == 0 {
					return refusal(child.def, f)
				}
				return nil
			})
		}
		return nil
	})
	return late, err
}
