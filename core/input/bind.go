package input

import (
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// bind checks v and stores it in dst, which has the Go type of the shape with
// its pointer or Opt. What it stores after an issue is of no account.
func (s *shape) bind(r *report, at *path, v any, dst reflect.Value) {
	if r.full() {
		return
	}
	v = normal(v)
	switch s.wrap {
	case pointer:
		fresh := reflect.New(s.typ)
		s.bindValue(r, at, v, fresh.Elem())
		dst.Set(fresh)
	case optWrap:
		dst.Field(0).SetBool(true)
		if v == nil {
			dst.Field(1).SetBool(true)
			return
		}
		s.bindValue(r, at, v, dst.Field(2))
	default:
		s.bindValue(r, at, v, dst)
	}
}

func (s *shape) bindValue(r *report, at *path, v any, dst reflect.Value) {
	// Upstream accepts the absence itself here, and then misses the key.
	if _, absent := v.(undefined); absent && (s.coerce || s.kind == kindAny) {
		r.add(at, lengths, "Invalid input: expected nonoptional, received undefined")
		return
	}
	from := len(r.issues)
	switch s.kind {
	case kindString:
		v = s.bindString(r, at, v, dst)
	case kindBoolean:
		s.bindBoolean(r, at, v, dst)
	case kindNumber:
		s.bindNumber(r, at, v, dst)
	case kindEnum:
		s.bindEnum(r, at, v, dst)
	case kindArray:
		s.bindArray(r, at, v, dst)
	case kindObject:
		s.bindObject(r, at, v, dst)
	case kindRecord:
		s.bindRecord(r, at, v, dst)
	case kindUnion:
		if !s.oneOf(v) {
			r.add(at, lengths, "Invalid input")
			return
		}
		if dst.Kind() == reflect.String {
			v, _ := v.(string)
			dst.SetString(v)
			return
		}
		setAny(dst, v)
	case kindAny:
		setAny(dst, v)
	}
	s.run(r, at, v, from)
}

func setAny(dst reflect.Value, v any) {
	if v != nil {
		dst.Set(reflect.ValueOf(v))
	}
}

func wrongType(r *report, at *path, expected string, v any) {
	r.add(at, lengths, "Invalid input: expected "+expected+", received "+typeName(v))
}

// bindString returns the value that the rules look at.
func (s *shape) bindString(r *report, at *path, v any, dst reflect.Value) any {
	if s.coerce {
		switch known := v.(type) {
		case float64:
			v = numberText(known)
		case bool:
			v = strconv.FormatBool(known)
		}
	}
	text, ok := v.(string)
	if !ok {
		wrongType(r, at, "string", v)
		return v
	}
	dst.SetString(text)
	return v
}

func (s *shape) bindBoolean(r *report, at *path, v any, dst reflect.Value) {
	b, ok := v.(bool)
	switch {
	case s.coerce:
		_, absent := v.(undefined)
		b = !absent && wire.Truthy(v)
	case !ok:
		wrongType(r, at, "boolean", v)
	}
	dst.SetBool(b)
}

func (s *shape) bindNumber(r *report, at *path, v any, dst reflect.Value) {
	n, ok := v.(float64)
	switch {
	case ok && (math.IsNaN(n) || math.IsInf(n, 0)):
		r.add(at, lengths, "Invalid input: expected number, received "+nonFinite(n))
	case !ok:
		wrongType(r, at, "number", v)
	case dst.Kind() == reflect.Float64:
		dst.SetFloat(n)
	case math.Abs(n) <= maxSafeInteger: // beyond it the rule int complains
		if dst.OverflowInt(int64(n)) {
			r.add(at, goOn, "Invalid input")
		}
		dst.SetInt(int64(n))
	}
}

func nonFinite(n float64) string {
	switch {
	case n > 0:
		return "Infinity"
	case n < 0:
		return "-Infinity"
	}
	return "NaN"
}

func (s *shape) bindEnum(r *report, at *path, v any, dst reflect.Value) {
	text, ok := v.(string)
	for _, value := range s.values {
		if ok && text == value {
			dst.SetString(text)
			return
		}
	}
	if len(s.values) == 1 {
		r.add(at, lengths, `Invalid input: expected "`+s.values[0]+`"`)
		return
	}
	var message strings.Builder
	message.WriteString("Invalid option: expected one of ")
	for i, value := range s.values {
		if i > 0 {
			message.WriteString("|")
		}
		message.WriteString(`"` + value + `"`)
	}
	r.add(at, lengths, message.String())
}

func (s *shape) bindArray(r *report, at *path, v any, dst reflect.Value) {
	items, ok := v.([]any)
	if !ok {
		wrongType(r, at, "array", v)
		return
	}
	if s.tooLong(r, at, items) {
		return
	}
	list := reflect.MakeSlice(s.typ, len(items), len(items))
	for i, item := range items {
		if r.full() {
			return
		}
		s.elem.bind(r, &path{parent: at, step: strconv.Itoa(i)}, item, list.Index(i))
	}
	dst.Set(list)
}

// tooLong spares the items of an array that is too long anyway, and with them
// all other rules; upstream does the same.
func (s *shape) tooLong(r *report, at *path, items []any) bool {
	for _, rule := range s.rules {
		if (rule.name == "max" || rule.name == "length") && float64(len(items)) > rule.bound {
			rule.size(r, at, items)
			r.stop()
			return true
		}
	}
	return false
}

func (s *shape) bindObject(r *report, at *path, v any, dst reflect.Value) {
	o, ok := v.(*wire.Object)
	if !ok {
		if !s.onlyRest && (len(s.fields) > 0 || !s.strictRest) {
			wrongType(r, at, "object", v)
		}
		if s.strictRest {
			wrongType(r, at, "record", v)
		}
		return
	}
	for _, p := range s.fields {
		member, has := o.Get(p.name)
		switch {
		case has:
			p.shape.bind(r, &path{parent: at, step: p.name}, member, dst.FieldByIndex(p.index))
		case p.required:
			p.shape.bind(r, &path{parent: at, step: p.name}, undefined{}, dst.FieldByIndex(p.index))
		}
	}
	if s.rest != nil {
		dst.FieldByIndex(s.rest).Set(reflect.ValueOf(s.additional(o)))
	}
}

func (s *shape) bindRecord(r *report, at *path, v any, dst reflect.Value) {
	o, ok := v.(*wire.Object)
	switch {
	case !ok:
		wrongType(r, at, "record", v)
		return
	case s.typ == wireObjectType:
		dst.Set(reflect.ValueOf(s.additional(o)))
		return
	}
	record := reflect.MakeMapWithSize(s.typ, o.Len())
	for key, member := range o.All() {
		if key == prototypeKey {
			continue
		}
		value := reflect.New(s.typ.Elem()).Elem()
		s.elem.bind(r, &path{parent: at, step: key}, member, value)
		record.SetMapIndex(reflect.ValueOf(key).Convert(s.typ.Key()), value)
	}
	dst.Set(record)
}

// prototypeKey is dropped from records, as upstream does: a JavaScript server
// on the same database must not meet it either.
const prototypeKey = "__proto__"

// additional copies the outermost level of o, without what s declares.
func (s *shape) additional(o *wire.Object) *wire.Object {
	c := wire.NewObject()
	for key, v := range o.All() {
		if key != prototypeKey && !s.declares(key) {
			c.Set(key, v)
		}
	}
	return c
}

func (s *shape) oneOf(v any) bool {
	for _, alternative := range s.alternatives {
		if isOf(v, alternative) {
			return true
		}
	}
	return false
}

func isOf(v any, alternative string) bool {
	items, isArray := v.([]any)
	if n := len(alternative) - len("[]"); n > 0 && alternative[n:] == "[]" {
		for _, item := range items {
			if !isOf(item, alternative[:n]) {
				return false
			}
		}
		return isArray
	}
	return typeName(v) == alternative
}
