package openapi

import (
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// models makes the component schemas: one for each declared table, by its
// model with a capital. It also says which model has which component.
func models(tables []*db.Table, now time.Time) (schemas map[string]*Schema, components map[string]string) {
	schemas, components = map[string]*Schema{}, map[string]string{}
	for _, t := range tables {
		name := componentName(t.Model, schemas)
		components[strings.ToLower(t.Model)] = name
		schemas[name] = modelSchema(t, now)
	}
	return schemas, components
}

// componentName is upstream's: the model with a capital. A component's key is
// made of ASCII letters, digits, '.', '-' and '_' (OpenAPI 3.1, Components
// Object); of two models that would share one, the second gets a number.
func componentName(model string, taken map[string]*Schema) string {
	plain := strings.Map(func(r rune) rune {
		if r < utf8.RuneSelf && (r == '.' || r == '-' || r == '_' || r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z') {
			return r
		}
		return '_'
	}, model)
	name := capital(plain)
	for n := 2; taken[name] != nil; n++ {
		name = capital(plain) + strconv.Itoa(n)
	}
	return name
}

func capital(s string) string {
	if s == "" {
		return "_"
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// modelSchema describes a record. As upstream's, it serves both ways: what a
// client cannot set is read-only and never required, and what is never
// returned is write-only.
func modelSchema(t *db.Table, now time.Time) *Schema {
	s := &Schema{Type: Types{"object"}, Properties: Properties{db.ID: {Type: Types{"string"}}}}
	for _, f := range t.Fields {
		p := fieldSchema(f)
		p.Default = constant(f, now)
		p.ReadOnly, p.WriteOnly = f.NotInput, f.NotReturned && !f.NotInput
		s.Properties[f.Name] = p
		if !f.Nullable && !f.NotInput {
			s.Required = append(s.Required, f.Name)
		}
	}
	return s
}

func fieldSchema(f *db.Field) *Schema {
	s := &Schema{}
	switch f.Type {
	case db.String:
		s.Type = Types{"string"}
	case db.Number:
		s.Type = Types{"number"}
	case db.Boolean:
		s.Type = Types{"boolean"}
	case db.Date:
		s.Type, s.Format = Types{"string"}, "date-time"
	case db.StringArray:
		s.Type, s.Items = Types{"array"}, &Schema{Type: Types{"string"}}
	case db.NumberArray:
		s.Type, s.Items = Types{"array"}, &Schema{Type: Types{"number"}}
	case db.JSON: // anything
	}
	if f.Nullable {
		s = s.nullable()
	}
	return s
}

// constant is the default of a field, or nil when a client could not rely on
// it: one that comes from the clock or from chance is another one each time.
func constant(f *db.Field, now time.Time) any {
	if f.Default == nil || f.Type == db.Date {
		return nil
	}
	v := f.Default()
	if !reflect.DeepEqual(v, f.Default()) {
		return nil
	}
	if n := reflect.ValueOf(v); n.IsValid() && n.CanInt() && isNow(float64(n.Int()), now) || n.IsValid() && n.CanFloat() && isNow(n.Float(), now) {
		return nil
	}
	return v
}

// isNow tells whether a number is the present in milliseconds since 1970.
func isNow(n float64, now time.Time) bool {
	return math.Abs(n-float64(now.UnixMilli())) < float64(time.Minute/time.Millisecond)
}
