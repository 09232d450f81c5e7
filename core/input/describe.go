package input

import (
	"cmp"
	"reflect"
	"slices"
)

// Field describes one input of a schema, for the OpenAPI document and for the
// comparison with upstream's inventory.
type Field struct {
	Origin       Origin
	Name         string   // on the wire; empty for items and for additional members
	GoName       string   // of the struct field; empty for items
	Doc          string   // the tag doc of the struct field
	Type         string   // string, boolean, number, integer, array, object, record, any
	Required     bool     // must be present
	Nullable     bool     // may be null
	Coerced      bool     // other types are converted
	Additional   bool     // takes all members that are not declared
	Rules        []Rule   // in the order in which they run
	Values       []string // the only strings allowed
	Alternatives []string // the types that a field of type any may have: string, string[]
	Fields       []Field  // of an object
	Items        *Field   // of an array, or of a record with typed values
}

// Rule is one rule of a field: email, int, min, max, length, gt or lt.
type Rule struct {
	Name  string
	Bound float64 // 0 for email and int
}

// Fields describes the body, then the query, then the path, each in the order
// of declaration. The caller owns the result.
func (s *Schema) Fields() []Field {
	var all []Field
	if s.body != nil {
		all = append(all, s.body.describeFields(FromBody)...)
	}
	if s.query != nil {
		all = append(all, s.query.describeFields(FromQuery)...)
	}
	if s.path != nil {
		all = append(all, s.path.describeFields(FromPath)...)
	}
	return all
}

// BodyOptional tells whether a request may come without a body.
func (s *Schema) BodyOptional() bool { return s.body == nil || s.bodyOptional }

func (s *shape) describeFields(from Origin) []Field {
	fields := make([]Field, 0, len(s.fields)+1)
	for _, p := range s.fields {
		f := p.shape.describe(from)
		f.Name, f.GoName, f.Doc, f.Required = p.name, p.goName, p.doc, p.required
		fields = append(fields, f)
	}
	if s.rest != nil {
		fields = append(fields, Field{
			Origin: from, Type: "record", Additional: true, GoName: s.typ.FieldByIndex(s.rest).Name,
		})
	}
	return fields
}

func (s *shape) describe(from Origin) Field {
	f := Field{
		Origin: from, Type: s.typeName(), Nullable: s.wrap == optWrap, Coerced: s.coerce,
		Values: slices.Clone(s.values), Alternatives: slices.Clone(s.alternatives),
	}
	for _, r := range s.rules {
		f.Rules = append(f.Rules, Rule{Name: r.name, Bound: r.bound})
	}
	if s.kind == kindObject {
		f.Fields = s.describeFields(from)
	}
	if s.elem != nil {
		items := s.elem.describe(from)
		items.Required = true
		f.Items = &items
	}
	return f
}

func (s *shape) typeName() string {
	switch s.kind {
	case kindString, kindEnum:
		return "string"
	case kindUnion:
		if s.typ.Kind() == reflect.String {
			return "string"
		}
	case kindBoolean:
		return "boolean"
	case kindArray:
		return "array"
	case kindObject:
		return "object"
	case kindRecord:
		return "record"
	case kindNumber:
		if slices.ContainsFunc(s.rules, func(r rule) bool { return r.name == "int" }) {
			return "integer"
		}
		return "number"
	}
	return "any"
}

func sortedKeys(m reflect.Value) []reflect.Value {
	return slices.SortedFunc(slices.Values(m.MapKeys()), func(a, b reflect.Value) int {
		return cmp.Compare(a.String(), b.String())
	})
}
