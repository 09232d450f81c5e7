package db

import (
	"encoding/json"
	"fmt"

	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// JSON encodes a whole row, fields that no answer carries too, as a storage
// beside the database keeps it. Model.FromJSON reads it.
func (t *Table) JSON(row Row) ([]byte, error) {
	o := wire.NewObject()
	for _, f := range t.Fields {
		o.Set(f.Name, row[f.Name])
	}
	if id, ok := row[ID]; ok {
		o.Set(ID, id)
	}
	return wire.Marshal(o)
}

// RowJSON is Table.JSON of a record.
func (m *Model[T]) RowJSON(rec T) ([]byte, error) { return m.Table.JSON(m.Row(rec)) }

// FromJSON makes a record from the JSON object that an answer or a cache
// carries. Members that the table does not have are skipped.
func (m *Model[T]) FromJSON(raw json.RawMessage) (T, error) {
	var none T
	v, err := wire.Decode(raw, wire.Limits{})
	if err != nil {
		return none, err
	}
	o, ok := v.(*wire.Object)
	if !ok {
		return none, fmt.Errorf("%s: the JSON is not an object", m.Table.Model)
	}
	row := make(Row, o.Len())
	for name, v := range o.All() {
		f := m.Table.Field(name)
		switch {
		case name == ID:
			id, ok := v.(string)
			if !ok {
				return none, fmt.Errorf("%s.id is not text", m.Table.Model)
			}
			row[ID] = id
			continue
		case f == nil:
			continue // a field that was removed since
		}
		if row[name], err = Coerce(f, v); err != nil {
			return none, fmt.Errorf("%s.%s: %w", m.Table.Model, name, err)
		}
	}
	return m.Record(row)
}
