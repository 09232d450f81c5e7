package value

import (
	"fmt"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// Row checks a row to be inserted and returns it complete and canonical:
// every declared field is there, absent ones as nil. The id is missing only
// where the database makes it. An absent or nil field that is not nullable is an error.
func Row(t *db.Table, row db.Row) (db.Row, error) {
	out := make(db.Row, len(t.Fields)+1)
	for name, v := range row {
		v, err := Of(t, name, v)
		if err != nil {
			return nil, err
		}
		if name != db.ID || v != nil {
			out[name] = v
		}
	}
	if id, ok := out[db.ID]; id == "" || !ok && t.IDs != db.IDSerial {
		return nil, fmt.Errorf("%s.%s: a value is required", t.Model, db.ID)
	}
	for _, f := range t.Fields {
		if out[f.Name] != nil {
			continue
		}
		if !f.Nullable {
			return nil, fmt.Errorf("%s.%s: a value is required", t.Model, f.Name)
		}
		out[f.Name] = nil
	}
	return out, nil
}

// Set checks the new values of a Change and returns them canonical. The id
// never changes; an Increment needs a number field; an empty Set is an error.
func Set(t *db.Table, set db.Row) (db.Row, error) {
	if len(set) == 0 {
		return nil, fmt.Errorf("%s: nothing to set", t.Model)
	}
	out := make(db.Row, len(set))
	for name, v := range set {
		f := t.Field(name)
		if f == nil {
			return nil, fmt.Errorf("table %q has no field %q to set", t.Model, name)
		}
		if inc, ok := v.(db.Increment); ok {
			if f.Type != db.Number || IsSerial(t, name) {
				return nil, fmt.Errorf("%s.%s: only a number can be incremented", t.Model, name)
			}
			out[name] = inc
			continue
		}
		v, err := Of(t, name, v)
		if err != nil {
			return nil, err
		}
		if v == nil && !f.Nullable {
			return nil, fmt.Errorf("%s.%s: a value is required", t.Model, name)
		}
		out[name] = v
	}
	return out, nil
}

// Query checks everything of a query except its Where.
func Query(q db.Query) error {
	if q.Limit < 0 || q.Offset < 0 {
		return fmt.Errorf("%s: limit and offset cannot be negative", q.Table.Model)
	}
	for _, name := range q.Fields {
		if !q.Table.Has(name) {
			return fmt.Errorf("table %q has no field %q", q.Table.Model, name)
		}
	}
	for _, o := range q.Order {
		if err := Sortable(q.Table, o.Field); err != nil {
			return err
		}
	}
	seen := make(map[string]bool, len(q.Joins))
	for _, j := range q.Joins {
		if seen[j.Table.Model] || q.Table.Has(j.Table.Model) {
			return fmt.Errorf("%s: two values would be called %q", q.Table.Model, j.Table.Model)
		}
		seen[j.Table.Model] = true
		if err := join(q.Table, j); err != nil {
			return err
		}
	}
	return nil
}

func join(t *db.Table, j db.Join) error {
	if j.Limit < 0 {
		return fmt.Errorf("%s: limit cannot be negative", j.Table.Model)
	}
	local, localSerial, err := shape(t, j.Local)
	if err != nil {
		return err
	}
	foreign, foreignSerial, err := shape(j.Table, j.Foreign)
	if err != nil {
		return err
	}
	if local != foreign || localSerial != foreignSerial || !hasOrder(local) {
		return fmt.Errorf("%s.%s and %s.%s cannot be joined", t.Model, j.Local, j.Table.Model, j.Foreign)
	}
	return nil
}

// JoinLimit is the number of rows that a many join gives to each parent.
func JoinLimit(j db.Join) int {
	if j.Limit == 0 {
		return 100
	}
	return j.Limit
}
