package input

import (
	"fmt"
	"reflect"
)

// BindBody is [Schema.Bind] for an input that exists as a value already, as in
// an in-process call: it validates body and replaces what dst takes from the
// body, and leaves what dst takes from the query and the path.
func (s *Schema) BindBody(body any, dst any) error {
	target := reflect.ValueOf(dst)
	if target.Kind() != reflect.Pointer || target.IsNil() || target.Type().Elem() != s.typ {
		return fmt.Errorf("input: BindBody needs a *%s, not %T", s.typ, dst)
	}
	if s.body == nil {
		return nil
	}
	fresh := reflect.New(s.typ).Elem()
	if err := bindPart(s.body, FromBody, body, fresh); err != nil {
		return err
	}
	for _, part := range []*shape{s.query, s.path} {
		if part == nil {
			continue
		}
		for _, p := range part.fields {
			fresh.FieldByIndex(p.index).Set(target.Elem().FieldByIndex(p.index))
		}
	}
	target.Elem().Set(fresh)
	return nil
}
