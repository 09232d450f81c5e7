package wire

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// field is one member of a struct's JSON object.
type field struct {
	name   string
	key    []byte // quoted, with the colon
	index  []int
	tagged bool
	omit   func(reflect.Value) bool // nil: always written
	rest   bool                     // an *Object whose members stand here
	encode encoder
}

func (p planner) structure(t reflect.Type) encoder {
	fields, err := structFields(t)
	if err != nil {
		return func(dst []byte, _ reflect.Value, _ int) ([]byte, error) { return dst, err }
	}
	declared := make(map[string]bool, len(fields))
	for i := range fields {
		fields[i].encode = p.plan(t.FieldByIndex(fields[i].index).Type)
		fields[i].key = append(appendString(nil, fields[i].name), ':')
		declared[fields[i].name] = !fields[i].rest
	}
	return func(dst []byte, v reflect.Value, depth int) ([]byte, error) {
		if depth >= maxEncodeDepth {
			return dst, errTooDeep()
		}
		dst = append(dst, '{')
		first := true
		var err error
		for i := range fields {
			f := &fields[i]
			fv, ok := fieldValue(v, f.index)
			if !ok || (f.omit != nil && f.omit(fv)) {
				continue
			}
			if f.rest {
				if dst, first, err = appendRest(dst, fv.Interface().(*Object), declared, first, depth+1); err != nil {
					return dst, err
				}
				continue
			}
			if !first {
				dst = append(dst, ',')
			}
			first = false
			dst = append(dst, f.key...)
			if dst, err = f.encode(dst, fv, depth+1); err != nil {
				return dst, err
			}
		}
		return append(dst, '}'), nil
	}
}

// appendRest writes the members of o, except those that the struct declares:
// a declared field is never written twice.
func appendRest(dst []byte, o *Object, declared map[string]bool, first bool, depth int) ([]byte, bool, error) {
	var err error
	for key, v := range o.All() {
		if declared[key] {
			continue
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		dst = append(appendString(dst, key), ':')
		if dst, err = appendValue(dst, v, depth); err != nil {
			return dst, first, err
		}
	}
	return dst, first, nil
}

// fieldValue follows index through embedded structs; a nil embedded pointer on
// the way has no members.
func fieldValue(v reflect.Value, index []int) (reflect.Value, bool) {
	for i, at := range index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return reflect.Value{}, false
			}
			v = v.Elem()
		}
		v = v.Field(at)
	}
	return v, true
}

// structFields lists the members in declared order, embedded structs in place,
// with encoding/json's rule for names that occur twice: the least nested wins,
// among those a tagged one, and if that leaves several, none.
func structFields(t reflect.Type) ([]field, error) {
	all, err := collectFields(t, nil, nil)
	if err != nil {
		return nil, err
	}
	var kept []field
	for i, f := range all {
		if dominant(all, i) {
			kept = append(kept, f)
		}
	}
	return kept, nil
}

func dominant(all []field, i int) bool {
	f := all[i]
	for j, other := range all {
		if j == i || other.name != f.name {
			continue
		}
		if len(other.index) < len(f.index) {
			return false
		}
		if len(other.index) == len(f.index) && (other.tagged || !f.tagged) {
			return false
		}
	}
	return true
}

func collectFields(t reflect.Type, path []int, outer []reflect.Type) ([]field, error) {
	if slices.Contains(outer, t) {
		return nil, nil // embeds itself through a pointer: the outer level has it all
	}
	outer = append(slices.Clip(outer), t)
	var fields []field
	for i := range t.NumField() {
		sf := t.Field(i)
		tag := sf.Tag.Get("json")
		if tag == "-" {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		index := append(slices.Clone(path), i)
		if sf.Anonymous && name == "" {
			inner := sf.Type
			if inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			if inner.Kind() == reflect.Struct && inner != timeType && inner != objectType {
				if !sf.IsExported() && sf.Type.Kind() == reflect.Pointer {
					continue
				}
				embedded, err := collectFields(inner, index, outer)
				if err != nil {
					return nil, err
				}
				fields = append(fields, embedded...)
				continue
			}
		}
		if !sf.IsExported() {
			continue
		}
		f := field{name: name, index: index, tagged: name != ""}
		if name == "" {
			f.name = sf.Name
		}
		for option := range strings.SplitSeq(options, ",") {
			switch option {
			case "omitempty":
				f.omit = either(f.omit, isEmpty)
			case "omitzero":
				f.omit = either(f.omit, zeroTest(sf.Type))
			case "rest":
				if sf.Type != objectPointerType {
					return nil, fmt.Errorf("wire: %s.%s: the json option rest needs a *wire.Object", t, sf.Name)
				}
				f.rest = true
				f.name = ",rest" // a name that no other field has
			case "string":
				return nil, fmt.Errorf("wire: %s.%s: the json option string is not supported", t, sf.Name)
			}
		}
		fields = append(fields, f)
	}
	return fields, nil
}

func either(a, b func(reflect.Value) bool) func(reflect.Value) bool {
	if a == nil {
		return b
	}
	return func(v reflect.Value) bool { return a(v) || b(v) }
}

func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Array, reflect.Map, reflect.Slice, reflect.String:
		return v.Len() == 0
	case reflect.Struct:
		return false
	}
	return v.IsZero()
}

type zeroer interface{ IsZero() bool }

func zeroTest(t reflect.Type) func(reflect.Value) bool {
	if !t.Implements(reflect.TypeFor[zeroer]()) {
		return reflect.Value.IsZero
	}
	return func(v reflect.Value) bool {
		if (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && v.IsNil() {
			return true
		}
		return v.Interface().(zeroer).IsZero()
	}
}
