package openapi

import (
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/input"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

var (
	timeType          = reflect.TypeFor[time.Time]()
	objectType        = reflect.TypeFor[wire.Object]()
	marshalerType     = reflect.TypeFor[json.Marshaler]()
	textMarshalerType = reflect.TypeFor[encoding.TextMarshaler]()
	optPackage        = reflect.TypeFor[input.Opt[any]]().PkgPath()
)

// outputs finds the schemas of Go types as core/wire encodes them. A record of
// a model, a struct with `db` tags, is a reference to the model's component.
type outputs struct {
	components map[string]string // by model in lower case
}

// schema describes t. within are the structs that t is inside of: a type that
// contains itself is not told again.
func (o outputs) schema(t reflect.Type, within ...reflect.Type) *Schema {
	switch {
	case t.Kind() == reflect.Pointer && t.Elem() != objectType:
		return o.schema(t.Elem(), within...).nullable()
	case t == timeType:
		return &Schema{Type: Types{"string"}, Format: "date-time"}
	case t == objectType, t.Kind() == reflect.Pointer:
		return &Schema{Type: Types{"object"}, AdditionalProperties: &Schema{}}
	case isOpt(t):
		return o.schema(t.Field(2).Type, within...).nullable()
	case isRecord(t) && o.components[strings.ToLower(t.Name())] != "":
		return &Schema{Ref: "#/components/schemas/" + o.components[strings.ToLower(t.Name())]}
	case t.Implements(marshalerType), reflect.PointerTo(t).Implements(marshalerType):
		return &Schema{} // it alone knows
	case t.Implements(textMarshalerType), reflect.PointerTo(t).Implements(textMarshalerType):
		return &Schema{Type: Types{"string"}}
	case slices.Contains(within, t):
		return &Schema{}
	}
	return o.byKind(t, within)
}

func (o outputs) byKind(t reflect.Type, within []reflect.Type) *Schema {
	switch t.Kind() {
	case reflect.Bool:
		return &Schema{Type: Types{"boolean"}}
	case reflect.String:
		return &Schema{Type: Types{"string"}}
	case reflect.Float32, reflect.Float64:
		return &Schema{Type: Types{"number"}}
	case reflect.Slice, reflect.Array:
		return &Schema{Type: Types{"array"}, Items: o.schema(t.Elem(), within...)}
	case reflect.Map:
		return &Schema{Type: Types{"object"}, AdditionalProperties: o.schema(t.Elem(), within...)}
	case reflect.Struct:
		return o.structure(t, append(slices.Clip(within), t))
	}
	if reflect.Int <= t.Kind() && t.Kind() <= reflect.Uint64 {
		return &Schema{Type: Types{"integer"}}
	}
	return &Schema{} // an interface: anything
}

func (o outputs) structure(t reflect.Type, within []reflect.Type) *Schema {
	s := &Schema{Type: Types{"object"}, Properties: Properties{}}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case !f.IsExported(), f.Tag.Get("json") == "-", f.Anonymous && name == "":
			continue
		case slices.Contains(strings.Split(options, ","), "rest"):
			s.AdditionalProperties = &Schema{}
			continue
		case name == "":
			name = f.Name
		}
		s.Properties[name] = o.member(f, within)
		if !strings.Contains(options, "omit") {
			s.Required = append(s.Required, name)
		}
	}
	return s
}

// member describes a field. A pointer that is left out when nil is not nullable.
func (o outputs) member(f reflect.StructField, within []reflect.Type) *Schema {
	t := f.Type
	if t.Kind() == reflect.Pointer && t.Elem() != objectType && strings.Contains(f.Tag.Get("json"), ",omit") {
		t = t.Elem()
	}
	s := o.schema(t, within...)
	s.Description = f.Tag.Get("doc")
	return s
}

func isOpt(t reflect.Type) bool {
	return t.Kind() == reflect.Struct && t.PkgPath() == optPackage && strings.HasPrefix(t.Name(), "Opt[")
}

// isRecord tells whether a type is the record of a model: see db.Model.
func isRecord(t reflect.Type) bool {
	if t.Kind() != reflect.Struct {
		return false
	}
	return slices.ContainsFunc(reflect.VisibleFields(t), func(f reflect.StructField) bool {
		return f.Tag.Get("db") == db.ID
	})
}
