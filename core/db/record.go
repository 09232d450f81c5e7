package db

import (
	"fmt"
	"iter"
	"reflect"
	"strings"
	"sync"

	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// Returned tells which added fields of a record an answer carries, in their
// order. The zero value, which stored records have, carries none: encoding one by
// mistake leaks nothing. Embed it, and let [Model.Output] set it.
type Returned struct{ names []string }

// Output returns the copy of a record that may leave the server: added fields
// that are not returned are gone. T embeds [Returned].
func (m *Model[T]) Output(rec T) T {
	rv := reflect.ValueOf(&rec).Elem()
	if m.returned < 0 {
		panic(fmt.Sprintf("db: %s embeds no db.Returned", rv.Type())) // of whoever wrote the type
	}
	extra, _ := reflect.TypeAssert[*map[string]any](rv.Field(m.extra).Addr())
	returned, _ := reflect.TypeAssert[*Returned](rv.Field(m.returned).Addr())
	returned.names, *extra = m.Admit(*extra)
	return rec
}

// Outputs is Output for several records. The result is never nil: an empty list
// is [] to a client.
func (m *Model[T]) Outputs(recs []T) []T {
	out := make([]T, len(recs))
	for i, rec := range recs {
		out[i] = m.Output(rec)
	}
	return out
}

// MarshalRecord encodes what an answer carries of a record: the fields of its
// `db` tags but for those with noreturn, the added fields that [Model.Output]
// has admitted, and the id last, as upstream. It is what the MarshalJSON of a
// record calls.
func MarshalRecord[T any](rec T) ([]byte, error) { return AppendRecord(nil, &rec) }

// AppendRecord is MarshalRecord for the AppendJSON of records that are encoded
// all the time.
func AppendRecord[T any](dst []byte, rec *T) ([]byte, error) {
	rv := reflect.ValueOf(rec).Elem()
	form := formOf(rv.Type())
	dst = append(dst, '{')
	var err error
	for _, f := range form.members {
		dst = append(dst, f.key...)
		if dst, err = f.append(dst, rv.Field(f.index)); err != nil {
			return dst, err
		}
		dst = append(dst, ',')
	}
	for name, v := range form.admitted(rv) {
		if dst, err = wire.Append(wire.AppendKey(dst, name), v); err != nil {
			return dst, err
		}
		dst = append(dst, ',')
	}
	dst, err = wire.Append(wire.AppendKey(dst, ID), rv.Field(form.id).String())
	return append(dst, '}'), err
}

// RecordObject is MarshalRecord for answers that carry more than the record.
func RecordObject[T any](rec T) *wire.Object {
	rv := reflect.ValueOf(&rec).Elem()
	form := formOf(rv.Type())
	o := wire.NewObject()
	for _, f := range form.members {
		o.Set(f.name, rv.Field(f.index).Interface())
	}
	for name, v := range form.admitted(rv) {
		o.Set(name, v)
	}
	o.Set(ID, rv.Field(form.id).String())
	return o
}

// recordForm is what the tags of a type say about its JSON.
type recordForm struct {
	members             []recordMember
	id, extra, returned int // positions; returned is -1 where the type embeds none
}

// admitted yields the added fields that an answer carries of a record, in their order.
func (form *recordForm) admitted(rv reflect.Value) iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		if form.returned < 0 {
			return
		}
		returned, _ := reflect.TypeAssert[Returned](rv.Field(form.returned))
		extra, _ := reflect.TypeAssert[map[string]any](rv.Field(form.extra))
		for _, name := range returned.names {
			if !yield(name, extra[name]) {
				return
			}
		}
	}
}

type recordMember struct {
	name   string
	key    []byte // quoted, with the colon
	index  int
	append func(dst []byte, v reflect.Value) ([]byte, error)
}

// recordForms holds nothing but what the types say, so that filling it is
// invisible.
var recordForms sync.Map // reflect.Type to *recordForm

func formOf(t reflect.Type) *recordForm {
	if form, ok := recordForms.Load(t); ok {
		return form.(*recordForm)
	}
	form := &recordForm{id: -1, extra: -1, returned: -1}
	for i := range t.NumField() {
		sf := t.Field(i)
		tag, tagged := sf.Tag.Lookup("db")
		name, flags, _ := strings.Cut(tag, ",")
		switch {
		case sf.Type == reflect.TypeFor[Returned]():
			form.returned = i
		case !tagged:
		case name == ID:
			form.id = i
		case flags == "extra":
			form.extra = i
		case !hasFlag(flags, "noreturn"):
			form.members = append(form.members, recordMember{name, wire.AppendKey(nil, name), i, wire.AppenderOf(sf.Type)})
		}
	}
	recordForms.Store(t, form)
	return form
}

func hasFlag(flags, flag string) bool { return strings.Contains(","+flags+",", ","+flag+",") }
