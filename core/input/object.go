package input

import (
	"fmt"
	"reflect"

	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// ToObject is the inverse of [Schema.Bind] for the body: it gives v, a struct
// of the schema's type or a pointer to one, the form in which a client would
// have sent it. Binding the result yields v again. A nil slice or map of a
// required field is written as an empty one; numbers become float64. Values of
// type any and *wire.Object are shared with v.
//
// It panics when v is of another type: which type a schema is for is known when
// the program is written.
func (s *Schema) ToObject(v any) *wire.Object {
	rv := reflect.ValueOf(v)
	if rv.Kind() == reflect.Pointer && !rv.IsNil() {
		rv = rv.Elem()
	}
	if !rv.IsValid() || rv.Type() != s.typ {
		panic(fmt.Sprintf("input: ToObject needs a %s, not %T", s.typ, v))
	}
	if s.body == nil {
		return wire.NewObject()
	}
	return s.body.object(rv)
}

func (s *shape) object(v reflect.Value) *wire.Object {
	o := wire.NewObject()
	for _, p := range s.fields {
		if member, present := p.value(v.FieldByIndex(p.index)); present {
			o.Set(p.name, member)
		}
	}
	if s.rest == nil {
		return o
	}
	for key, member := range v.FieldByIndex(s.rest).Interface().(*wire.Object).All() {
		if !s.declares(key) && key != prototypeKey {
			o.Set(key, member)
		}
	}
	return o
}

func (s *shape) declares(name string) bool {
	for _, p := range s.fields {
		if p.name == name {
			return true
		}
	}
	return false
}

// value returns what the member would hold, and whether it would be there.
func (p *property) value(v reflect.Value) (any, bool) {
	switch {
	case p.shape.wrap == pointer && v.IsNil():
		return nil, false
	case p.shape.wrap == optWrap && !v.Field(0).Bool() && !p.required:
		return nil, false
	case p.shape.wrap == plain && !p.required && v.IsZero():
		return nil, false
	}
	return p.shape.unbind(v), true
}

func (s *shape) unbind(v reflect.Value) any {
	switch s.wrap {
	case pointer:
		v = v.Elem()
	case optWrap:
		if !v.Field(0).Bool() || v.Field(1).Bool() {
			return nil
		}
		v = v.Field(2)
	}
	switch s.kind {
	case kindString, kindEnum:
		return v.String()
	case kindBoolean:
		return v.Bool()
	case kindNumber:
		if v.CanInt() {
			return float64(v.Int())
		}
		return v.Float()
	case kindArray:
		list := make([]any, v.Len())
		for i := range list {
			list[i] = s.elem.unbind(v.Index(i))
		}
		return list
	case kindObject:
		return s.object(v)
	case kindRecord:
		return s.record(v)
	case kindUnion:
		if v.Kind() == reflect.String {
			return v.String()
		}
	}
	return v.Interface()
}

func (s *shape) record(v reflect.Value) *wire.Object {
	if s.typ == wireObjectType {
		if v.IsNil() {
			return wire.NewObject()
		}
		return v.Interface().(*wire.Object)
	}
	o := wire.NewObject()
	for _, key := range sortedKeys(v) {
		o.Set(key.String(), s.elem.unbind(v.MapIndex(key)))
	}
	return o
}
