package openapi

import (
	"strings"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/input"
)

// object is the schema of an object that has the given inputs as members.
// Names of required members come in the order of declaration.
func object(fields []input.Field) *Schema {
	s := &Schema{Type: Types{"object"}, Properties: Properties{}}
	for _, f := range fields {
		if f.Additional {
			s.AdditionalProperties = &Schema{}
			continue
		}
		s.Properties[f.Name] = inputSchema(f)
		if f.Required {
			s.Required = append(s.Required, f.Name)
		}
	}
	return s
}

// takeAdded adds the members that configured fields of a model make: fields
// that a client may set, in a record that is new or changed.
func (s *Schema) takeAdded(fields []*db.Field, isNew bool) {
	for _, f := range fields {
		if f.NotInput {
			continue
		}
		s.Properties[f.Name] = fieldSchema(f)
		if isNew && !f.Nullable && f.Default == nil {
			s.Required = append(s.Required, f.Name)
		}
	}
}

func inputSchema(f input.Field) *Schema {
	s := typeSchema(f)
	s.bound(f.Rules)
	for _, v := range f.Values {
		s.Enum = append(s.Enum, v)
	}
	s.Description = f.Doc
	if f.Nullable {
		s = s.nullable()
	}
	return s
}

func typeSchema(f input.Field) *Schema {
	switch f.Type {
	case "object":
		return object(f.Fields)
	case "record":
		s := &Schema{Type: Types{"object"}, AdditionalProperties: &Schema{}}
		if f.Items != nil {
			s.AdditionalProperties = inputSchema(*f.Items)
		}
		return s
	case "array":
		s := &Schema{Type: Types{"array"}, Items: &Schema{}}
		if f.Items != nil {
			s.Items = inputSchema(*f.Items)
		}
		return s
	case "any":
		return anyOf(f.Alternatives)
	}
	return &Schema{Type: Types{f.Type}}
}

// anyOf is one of several types: words of JSON Schema, or arrays of them, such
// as "string[]". Without any it is whatever the client sends.
func anyOf(types []string) *Schema {
	s := &Schema{}
	for _, t := range types {
		item, isArray := strings.CutSuffix(t, "[]")
		one := &Schema{Type: Types{item}}
		if isArray {
			one = &Schema{Type: Types{"array"}, Items: one}
		}
		s.AnyOf = append(s.AnyOf, one)
	}
	if len(s.AnyOf) == 1 {
		return s.AnyOf[0]
	}
	return s
}

// bound takes over the rules that JSON Schema has a word for.
func (s *Schema) bound(rules []input.Rule) {
	for _, r := range rules {
		b, n := r.Bound, int(r.Bound)
		switch {
		case r.Name == "email":
			s.Format = "email"
		case r.Name == "gt":
			s.ExclusiveMinimum = &b
		case r.Name == "lt":
			s.ExclusiveMaximum = &b
		case r.Name == "int":
		case s.Type[0] == "string":
			sized(r.Name, n, &s.MinLength, &s.MaxLength)
		case s.Type[0] == "array":
			sized(r.Name, n, &s.MinItems, &s.MaxItems)
		case r.Name == "min":
			s.Minimum = &b
		case r.Name == "max":
			s.Maximum = &b
		}
	}
}

func sized(rule string, n int, least, most **int) {
	if rule != "max" {
		*least = &n
	}
	if rule != "min" {
		*most = &n
	}
}
