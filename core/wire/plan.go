package wire

import (
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// encoder appends one value of the type that it was planned for.
type encoder func(dst []byte, v reflect.Value, depth int) ([]byte, error)

// encoders caches a plan per type. It holds nothing but what the types say, so
// that filling it is invisible.
var encoders sync.Map // reflect.Type to encoder

var (
	timeType          = reflect.TypeFor[time.Time]()
	objectType        = reflect.TypeFor[Object]()
	objectPointerType = reflect.TypeFor[*Object]()
	rawType           = reflect.TypeFor[json.RawMessage]()
	appenderType      = reflect.TypeFor[Appender]()
	marshalerType     = reflect.TypeFor[json.Marshaler]()
	textMarshalerType = reflect.TypeFor[encoding.TextMarshaler]()
)

func encoderOf(t reflect.Type) encoder {
	if e, ok := encoders.Load(t); ok {
		return e.(encoder)
	}
	p := planner{}
	e := p.plan(t)
	for t, planned := range p {
		encoders.Store(t, *planned)
	}
	return e
}

// planner holds the plans under way, so that a recursive type finds its own.
type planner map[reflect.Type]*encoder

func (p planner) plan(t reflect.Type) encoder {
	if e, ok := p[t]; ok {
		return func(dst []byte, v reflect.Value, depth int) ([]byte, error) { return (*e)(dst, v, depth) }
	}
	if e, ok := encoders.Load(t); ok {
		return e.(encoder)
	}
	slot := new(encoder)
	p[t] = slot
	*slot = p.byMethod(t)
	return *slot
}

// byMethod looks for the types that write themselves before their kind.
func (p planner) byMethod(t reflect.Type) encoder {
	switch {
	case t == timeType:
		return func(dst []byte, v reflect.Value, _ int) ([]byte, error) {
			if v.CanAddr() { // spares the copy to the heap
				return appendTime(dst, *v.Addr().Interface().(*time.Time)), nil
			}
			return appendTime(dst, v.Interface().(time.Time)), nil
		}
	case t == objectPointerType:
		return func(dst []byte, v reflect.Value, depth int) ([]byte, error) {
			return appendObject(dst, v.Interface().(*Object), depth)
		}
	case t == objectType:
		return func(dst []byte, v reflect.Value, depth int) ([]byte, error) {
			o := v.Interface().(Object)
			return appendObject(dst, &o, depth)
		}
	case t == rawType:
		return func(dst []byte, v reflect.Value, _ int) ([]byte, error) { return appendRaw(dst, v.Bytes()) }
	case t.Kind() == reflect.Pointer && t.Elem() == timeType:
		return p.byKind(t)
	case embedsAppender(t):
	case t.Implements(appenderType):
		return encodeAppender
	case t.Kind() != reflect.Pointer && reflect.PointerTo(t).Implements(appenderType):
		return whenAddressable(encodeAppender, p.byMarshaler(t))
	}
	return p.byMarshaler(t)
}

// embedsAppender tells whether a struct, or what a pointer leads to, may have its
// AppendJSON from a part of it. That would go before a MarshalJSON of the struct's
// own, which may be there to leave something out.
func embedsAppender(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return false
	}
	for f := range t.Fields() {
		if f.Anonymous && (f.Type.Implements(appenderType) || reflect.PointerTo(f.Type).Implements(appenderType)) {
			return true
		}
	}
	return false
}

func (p planner) byMarshaler(t reflect.Type) encoder {
	switch {
	case t.Implements(marshalerType):
		return encodeMarshaler
	case t.Kind() != reflect.Pointer && reflect.PointerTo(t).Implements(marshalerType):
		return whenAddressable(encodeMarshaler, p.byTextMethod(t))
	}
	return p.byTextMethod(t)
}

func (p planner) byTextMethod(t reflect.Type) encoder {
	switch {
	case t.Implements(textMarshalerType):
		return encodeTextMarshaler
	case t.Kind() != reflect.Pointer && reflect.PointerTo(t).Implements(textMarshalerType):
		return whenAddressable(encodeTextMarshaler, p.byKind(t))
	}
	return p.byKind(t)
}

func (p planner) byKind(t reflect.Type) encoder {
	switch t.Kind() {
	case reflect.Bool:
		return func(dst []byte, v reflect.Value, _ int) ([]byte, error) { return appendBool(dst, v.Bool()), nil }
	case reflect.String:
		return func(dst []byte, v reflect.Value, _ int) ([]byte, error) { return appendString(dst, v.String()), nil }
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return func(dst []byte, v reflect.Value, _ int) ([]byte, error) { return appendInt(dst, v.Int()), nil }
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return func(dst []byte, v reflect.Value, _ int) ([]byte, error) {
			return strconv.AppendUint(dst, v.Uint(), 10), nil
		}
	case reflect.Float32, reflect.Float64:
		bits := t.Bits()
		return func(dst []byte, v reflect.Value, _ int) ([]byte, error) {
			return appendFloat(dst, v.Float(), bits), nil
		}
	case reflect.Interface:
		return func(dst []byte, v reflect.Value, depth int) ([]byte, error) {
			if v.IsNil() {
				return append(dst, "null"...), nil
			}
			return appendValue(dst, v.Elem().Interface(), depth)
		}
	case reflect.Pointer:
		return p.pointer(t)
	case reflect.Slice, reflect.Array:
		return p.list(t)
	case reflect.Map:
		return p.mapping(t)
	case reflect.Struct:
		return p.structure(t)
	}
	return refuse(t)
}

func refuse(t reflect.Type) encoder {
	return func(dst []byte, _ reflect.Value, _ int) ([]byte, error) {
		return dst, fmt.Errorf("wire: the type %s has no JSON form", t)
	}
}

func whenAddressable(yes, no encoder) encoder {
	return func(dst []byte, v reflect.Value, depth int) ([]byte, error) {
		if v.CanAddr() {
			return yes(dst, v.Addr(), depth)
		}
		return no(dst, v, depth)
	}
}

func encodeMarshaler(dst []byte, v reflect.Value, _ int) ([]byte, error) {
	if (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && v.IsNil() {
		return append(dst, "null"...), nil
	}
	raw, err := v.Interface().(json.Marshaler).MarshalJSON()
	if err != nil {
		return dst, fmt.Errorf("wire: MarshalJSON of %s: %w", v.Type(), err)
	}
	return appendRaw(dst, raw)
}

func encodeAppender(dst []byte, v reflect.Value, _ int) ([]byte, error) {
	if (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && v.IsNil() {
		return append(dst, "null"...), nil
	}
	dst, err := v.Interface().(Appender).AppendJSON(dst)
	if err != nil {
		return dst, fmt.Errorf("wire: AppendJSON of %s: %w", v.Type(), err)
	}
	return dst, nil
}

func encodeTextMarshaler(dst []byte, v reflect.Value, _ int) ([]byte, error) {
	if (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) && v.IsNil() {
		return append(dst, "null"...), nil
	}
	text, err := v.Interface().(encoding.TextMarshaler).MarshalText()
	if err != nil {
		return dst, fmt.Errorf("wire: MarshalText of %s: %w", v.Type(), err)
	}
	return appendString(dst, string(text)), nil
}

func (p planner) pointer(t reflect.Type) encoder {
	elem := p.plan(t.Elem())
	return func(dst []byte, v reflect.Value, depth int) ([]byte, error) {
		if v.IsNil() {
			return append(dst, "null"...), nil
		}
		if depth >= maxEncodeDepth {
			return dst, errTooDeep()
		}
		return elem(dst, v.Elem(), depth+1)
	}
}

func (p planner) list(t reflect.Type) encoder {
	if t.Elem().Kind() == reflect.Uint8 {
		return refuse(t)
	}
	elem := p.plan(t.Elem())
	return func(dst []byte, v reflect.Value, depth int) ([]byte, error) {
		if v.Kind() == reflect.Slice && v.IsNil() {
			return append(dst, "null"...), nil
		}
		if depth >= maxEncodeDepth {
			return dst, errTooDeep()
		}
		dst = append(dst, '[')
		var err error
		for i := range v.Len() {
			if i > 0 {
				dst = append(dst, ',')
			}
			if dst, err = elem(dst, v.Index(i), depth+1); err != nil {
				return dst, err
			}
		}
		return append(dst, ']'), nil
	}
}

func (p planner) mapping(t reflect.Type) encoder {
	var name func(reflect.Value) string
	switch t.Key().Kind() {
	case reflect.String:
		name = reflect.Value.String
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		name = func(v reflect.Value) string { return strconv.FormatInt(v.Int(), 10) }
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		name = func(v reflect.Value) string { return strconv.FormatUint(v.Uint(), 10) }
	default:
		return refuse(t)
	}
	elem := p.plan(t.Elem())
	type entry struct {
		name  string
		value reflect.Value
	}
	return func(dst []byte, v reflect.Value, depth int) ([]byte, error) {
		if v.IsNil() {
			return append(dst, "null"...), nil
		}
		if depth >= maxEncodeDepth {
			return dst, errTooDeep()
		}
		entries := make([]entry, 0, v.Len())
		for it := v.MapRange(); it.Next(); {
			entries = append(entries, entry{name(it.Key()), it.Value()})
		}
		slices.SortFunc(entries, func(a, b entry) int { return compareKeys(a.name, b.name) })
		dst = append(dst, '{')
		var err error
		for i, e := range entries {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = append(appendString(dst, e.name), ':')
			if dst, err = elem(dst, e.value, depth+1); err != nil {
				return dst, err
			}
		}
		return append(dst, '}'), nil
	}
}

// compareKeys puts array indices first, as [Object] does.
func compareKeys(a, b string) int {
	i, isA := arrayIndex(a)
	j, isB := arrayIndex(b)
	switch {
	case isA && isB && i < j, isA && !isB:
		return -1
	case isA && isB && i > j, !isA && isB:
		return 1
	}
	return strings.Compare(a, b)
}
