package db

import (
	"fmt"
	"reflect"
	"strings"
	"time"

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
func (m *Model[T]) FromJSON(text string) (T, error) {
	var rec, none T
	var room [16]wire.Member
	members, ok := wire.Members(room[:0], text)
	if !ok {
		return none, fmt.Errorf("%s: the JSON is not an object", m.Table.Model)
	}
	rv := reflect.ValueOf(&rec).Elem()
	var extra map[string]any
	for _, member := range members {
		if err := m.setJSON(rv, member, &extra); err != nil {
			return none, fmt.Errorf("%s.%s: %w", m.Table.Model, member.Name, err)
		}
	}
	if added := m.Table.Fields[len(m.fields):]; len(added) > 0 {
		all := make(map[string]any, len(added))
		for _, f := range added {
			all[f.Name] = extra[f.Name]
		}
		rv.Field(m.extra).Set(reflect.ValueOf(all))
	}
	return rec, nil
}

// setJSON puts one member into its place of a record, or among the extra ones.
func (m *Model[T]) setJSON(rv reflect.Value, member wire.Member, extra *map[string]any) error {
	if member.Name == ID {
		id, ok := plainText(member.Value)
		if !ok {
			v, err := wire.Decode([]byte(member.Value), wire.Limits{})
			if id, ok = v.(string); err != nil || !ok {
				return fmt.Errorf("it is not text")
			}
		}
		rv.Field(m.id).SetString(id)
		return nil
	}
	for i, f := range m.fields {
		if f.name == member.Name {
			return m.setField(rv.Field(f.index), m.Table.Fields[i], f.nullable, member.Value)
		}
	}
	f := m.Table.Field(member.Name)
	if f == nil {
		return nil // a field that was removed since
	}
	v, err := fromJSON(f, member.Value)
	if err != nil {
		return err
	}
	if *extra == nil {
		*extra = map[string]any{}
	}
	(*extra)[f.Name] = v
	return nil
}

func (m *Model[T]) setField(dst reflect.Value, f *Field, nullable bool, text string) error {
	if text == "null" {
		dst.SetZero()
		return nil
	}
	if nullable {
		dst.Set(reflect.New(dst.Type().Elem()))
		dst = dst.Elem()
	}
	// What a record is mostly made of needs no detour.
	switch at := dst.Addr().Interface().(type) {
	case *string:
		if s, ok := plainText(text); ok && f.Type == String {
			*at = s
			return nil
		}
	case *bool:
		if f.Type == Boolean && (text == "true" || text == "false") {
			*at = text == "true"
			return nil
		}
	case *time.Time:
		if s, ok := plainText(text); ok {
			if t, err := time.Parse(time.RFC3339Nano, s); err == nil {
				*at = Millis(t)
				return nil
			}
		}
	}
	v, err := fromJSON(f, text)
	if err != nil {
		return err
	}
	src := reflect.ValueOf(v)
	if src.Type() != dst.Type() {
		return fmt.Errorf("it holds a %T, want %s", v, dst.Type())
	}
	dst.Set(src)
	return nil
}

// fromJSON reads any value of a field.
func fromJSON(f *Field, text string) (any, error) {
	v, err := wire.Decode([]byte(text), wire.Limits{})
	if err != nil {
		return nil, err
	}
	return Coerce(f, v)
}

// plainText is what a valid JSON string says that has no escapes.
func plainText(text string) (string, bool) {
	if len(text) < 2 || text[0] != '"' || strings.IndexByte(text, '\\') >= 0 {
		return "", false
	}
	return text[1 : len(text)-1], true
}
