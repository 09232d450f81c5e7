package db

import (
	"encoding/json"
	"fmt"

	"github.com/gatehouse-auth/gatehouse/core/wire"
)

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
