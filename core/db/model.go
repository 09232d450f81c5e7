package db

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Model declares a table by a Go struct and converts between its records and
// rows. The struct's fields carry `db:"name,flags…"`:
//
//	id          the primary key, a string
//	name        the field's upstream name; a pointer makes it nullable
//	unique, index, sortable, bigint, noinput, noreturn
//	now         defaults to the clock on creation
//	touch       set to the clock on every update
//	false       defaults to false
//	default=x   defaults to x: a text, a whole number, true or false
//	backfill    existing rows get the default when the column is added
//	ref=user    references the id of that model, deleted with it
//	",extra"    a map[string]any that takes the fields added by options and plugins
//
// A record that answers carry embeds [Returned] and encodes itself with
// [MarshalRecord].
type Model[T any] struct {
	Table *Table

	fields   []modelField
	id       int
	extra    int
	returned int // -1 where T embeds no Returned
}

type modelField struct {
	name     string
	index    int
	nullable bool
}

// NewModel reads the tags of T. now is the clock of `now` and `touch` fields.
func NewModel[T any](model string, now func() time.Time) (*Model[T], error) {
	rt := reflect.TypeFor[T]()
	m := &Model[T]{Table: &Table{Model: model}, id: -1, extra: -1, returned: -1}
	for i := range rt.NumField() {
		sf := rt.Field(i)
		if sf.Type == reflect.TypeFor[Returned]() {
			m.returned = i
			continue
		}
		tag, ok := sf.Tag.Lookup("db")
		if !ok {
			continue
		}
		name, flags, _ := strings.Cut(tag, ",")
		switch {
		case name == ID:
			m.id = i
			continue
		case flags == "extra":
			m.extra = i
			continue
		}
		f, err := taggedField(sf, name, flags, now)
		if err != nil {
			return nil, fmt.Errorf("model %q: %w", model, err)
		}
		m.Table.Fields = append(m.Table.Fields, f)
		m.fields = append(m.fields, modelField{name, i, f.Nullable})
	}
	if m.id < 0 || m.extra < 0 {
		return nil, fmt.Errorf("model %q: %s needs an id and an extra field", model, rt)
	}
	return m, m.Table.Init()
}

func taggedField(sf reflect.StructField, name, flags string, now func() time.Time) (*Field, error) {
	f := &Field{Name: name}
	ft := sf.Type
	if ft.Kind() == reflect.Pointer {
		f.Nullable, ft = true, ft.Elem()
	}
	switch {
	case ft == reflect.TypeFor[time.Time]():
		f.Type = Date
	case ft.Kind() == reflect.String:
		f.Type = String
	case ft.Kind() == reflect.Bool:
		f.Type = Boolean
	case ft.Kind() == reflect.Int64:
		f.Type = Number
	default:
		return nil, fmt.Errorf("field %s has the unsupported type %s", name, sf.Type)
	}
	for flag := range strings.SplitSeq(flags, ",") {
		key, value, _ := strings.Cut(flag, "=")
		switch key {
		case "":
		case "unique":
			f.Unique = true
		case "index":
			f.Index = true
		case "sortable":
			f.Sortable = true
		case "bigint":
			f.BigInt = true
		case "noinput":
			f.NotInput = true
		case "noreturn":
			f.NotReturned = true
		case "now":
			f.Default = func() any { return Millis(now()) }
		case "touch":
			f.OnUpdate = func() any { return Millis(now()) }
		case "false":
			f.Default = func() any { return false }
		case "default":
			preset, err := literal(f.Type, value)
			if err != nil {
				return nil, fmt.Errorf("field %s: %w", name, err)
			}
			f.Default = func() any { return preset }
		case "backfill":
			if f.Default == nil {
				return nil, fmt.Errorf("field %s has no default ahead of backfill", name)
			}
			f.DDLDefault = f.Default()
		case "ref":
			f.References = &Reference{Model: value, Field: ID}
		default:
			return nil, fmt.Errorf("field %s has the unknown flag %q", name, flag)
		}
	}
	return f, nil
}

// literal is the default that a tag spells out.
func literal(t Type, text string) (any, error) {
	switch t {
	case String:
		return text, nil
	case Boolean:
		return strconv.ParseBool(text)
	case Number:
		return strconv.ParseInt(text, 10, 64)
	case Date, JSON, StringArray, NumberArray:
	}
	return nil, fmt.Errorf("a %s has no default in a tag", t)
}

// Record makes a typed record from a row. Fields that T does not name go to
// its extra map. A row of another shape is an error that names the field.
func (m *Model[T]) Record(row Row) (T, error) {
	var rec T
	rv := reflect.ValueOf(&rec).Elem()
	if id, ok := row[ID].(string); ok {
		rv.Field(m.id).SetString(id)
	}
	for _, f := range m.fields {
		v, ok := row[f.name]
		if !ok || v == nil {
			continue
		}
		dst := rv.Field(f.index)
		if f.nullable {
			dst.Set(reflect.New(dst.Type().Elem()))
			dst = dst.Elem()
		}
		src := reflect.ValueOf(v)
		if src.Type() != dst.Type() {
			return rec, fmt.Errorf("%s.%s holds a %T, want %s", m.Table.Model, f.name, v, dst.Type())
		}
		dst.Set(src)
	}
	if n := len(m.Table.Fields) - len(m.fields); n > 0 {
		extra := make(map[string]any, n)
		for _, f := range m.Table.Fields[len(m.fields):] {
			extra[f.Name] = row[f.Name]
		}
		rv.Field(m.extra).Set(reflect.ValueOf(extra))
	}
	return rec, nil
}

// Records is Record for several rows.
func (m *Model[T]) Records(rows []Row) ([]T, error) {
	list := make([]T, len(rows))
	for i, row := range rows {
		var err error
		if list[i], err = m.Record(row); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Row makes the row of a record. Zero ids are left out, so that one is made.
func (m *Model[T]) Row(rec T) Row {
	rv := reflect.ValueOf(&rec).Elem()
	row := make(Row, len(m.Table.Fields)+1)
	if id := rv.Field(m.id).String(); id != "" {
		row[ID] = id
	}
	for _, f := range m.fields {
		v := rv.Field(f.index)
		switch {
		case f.nullable && v.IsNil():
			row[f.name] = nil
		case f.nullable:
			row[f.name] = v.Elem().Interface()
		case v.Type() == reflect.TypeFor[time.Time]() && v.IsZero():
			// absent: the field's default applies
		default:
			row[f.name] = v.Interface()
		}
	}
	for name, v := range rv.Field(m.extra).Seq2() {
		row[name.String()] = v.Interface()
	}
	return row
}

// Declared is the number of fields that T names; those behind them were added.
func (m *Model[T]) Declared() int { return len(m.fields) }

// Admit copies of a record's extra fields those that an answer may carry, and
// names them in declared order. It is the one place that keeps NotReturned
// fields in.
func (m *Model[T]) Admit(extra map[string]any) (names []string, kept map[string]any) {
	for _, f := range m.Table.Fields[len(m.fields):] {
		if f.NotReturned {
			continue
		}
		if kept == nil {
			kept = map[string]any{}
		}
		names = append(names, f.Name)
		kept[f.Name] = extra[f.Name]
	}
	return names, kept
}
