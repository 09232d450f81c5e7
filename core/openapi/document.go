package openapi

import "github.com/gatehouse-auth/gatehouse/core/wire"

// Document is an OpenAPI 3.1 document, as far as this package writes one.
// https://spec.openapis.org/oas/v3.1.1
type Document struct {
	OpenAPI    string              `json:"openapi"`
	Info       Info                `json:"info"`
	Components Components          `json:"components"`
	Security   []Requirement       `json:"security"`
	Servers    []Server            `json:"servers"`
	Tags       []Tag               `json:"tags"`
	Paths      map[string]PathItem `json:"paths"` // by path template: "/callback/{id}"
}

// Info says what the document is about.
type Info struct {
	Title       string `json:"title"`
	Description string `json:"description"`
	Version     string `json:"version"` // of the document
}

// Components are what other parts refer to by name.
type Components struct {
	Schemas         map[string]*Schema        `json:"schemas"`
	SecuritySchemes map[string]SecurityScheme `json:"securitySchemes"`
}

// SecurityScheme is a way to say who is calling.
type SecurityScheme struct {
	Type        string `json:"type"` // "apiKey" or "http"
	In          string `json:"in,omitempty"`
	Name        string `json:"name,omitempty"`
	Scheme      string `json:"scheme,omitempty"`
	Description string `json:"description"`
}

// Requirement names security schemes that are needed together.
type Requirement map[string][]string

// Server is where the paths begin.
type Server struct {
	URL string `json:"url"`
}

// Tag is a group of operations.
type Tag struct {
	Name        string `json:"name"`
	Description string `json:"description"`
}

// PathItem holds the operations of a path by method in lower case: "get".
type PathItem map[string]*Operation

// Operation is one method of one path.
type Operation struct {
	Tags        []string            `json:"tags"`
	Description string              `json:"description,omitempty"`
	OperationID string              `json:"operationId,omitempty"`
	Security    []Requirement       `json:"security"`
	Parameters  []Parameter         `json:"parameters"`
	RequestBody *RequestBody        `json:"requestBody,omitempty"`
	Responses   map[string]Response `json:"responses"` // by status: "200"
}

// Parameter is a parameter of the path or the query.
type Parameter struct {
	Name        string  `json:"name"`
	In          string  `json:"in"` // "path" or "query"
	Description string  `json:"description,omitempty"`
	Required    bool    `json:"required,omitempty"`
	Schema      *Schema `json:"schema"`
}

// RequestBody is what a request carries.
type RequestBody struct {
	Required bool                 `json:"required,omitempty"`
	Content  map[string]MediaType `json:"content"` // by media type
}

// Response is one answer.
type Response struct {
	Description string               `json:"description"`
	Content     map[string]MediaType `json:"content,omitempty"` // by media type; none without a body
}

// MediaType is the shape of a body.
type MediaType struct {
	Schema *Schema `json:"schema"`
}

// Schema is a schema of JSON Schema 2020-12. The zero value accepts anything.
type Schema struct {
	Ref         string `json:"$ref,omitempty"`
	Type        Types  `json:"type,omitempty"`
	Format      string `json:"format,omitempty"`
	Description string `json:"description,omitempty"`
	Default     any    `json:"default,omitempty"`
	Enum        []any  `json:"enum,omitempty"`
	ReadOnly    bool   `json:"readOnly,omitempty"`
	WriteOnly   bool   `json:"writeOnly,omitempty"`

	Minimum          *float64 `json:"minimum,omitempty"`
	Maximum          *float64 `json:"maximum,omitempty"`
	ExclusiveMinimum *float64 `json:"exclusiveMinimum,omitempty"`
	ExclusiveMaximum *float64 `json:"exclusiveMaximum,omitempty"`
	MinLength        *int     `json:"minLength,omitempty"`
	MaxLength        *int     `json:"maxLength,omitempty"`
	MinItems         *int     `json:"minItems,omitempty"`
	MaxItems         *int     `json:"maxItems,omitempty"`

	Items                *Schema    `json:"items,omitempty"`
	Properties           Properties `json:"properties,omitzero"`
	Required             []string   `json:"required,omitempty"`
	AdditionalProperties *Schema    `json:"additionalProperties,omitempty"`
	AnyOf                []*Schema  `json:"anyOf,omitempty"`
}

// Properties are the members of an object. Nil says nothing about them.
type Properties map[string]*Schema

// IsZero keeps an object without members apart from a schema that is no object.
func (p Properties) IsZero() bool { return p == nil }

// Types are the JSON types that a value may have.
type Types []string

// MarshalJSON writes one type as a word, and several as a list.
func (t Types) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return wire.Marshal(t[0])
	}
	return wire.Marshal([]string(t))
}

// nullable adds null to what s accepts.
func (s *Schema) nullable() *Schema {
	switch {
	case len(s.AnyOf) > 0:
		s.AnyOf = append(s.AnyOf, &Schema{Type: Types{"null"}})
	case s.Ref != "":
		return &Schema{AnyOf: []*Schema{s, {Type: Types{"null"}}}}
	case len(s.Type) > 0:
		s.Type = append(s.Type, "null")
	}
	if len(s.Enum) > 0 {
		s.Enum = append(s.Enum, nil)
	}
	return s
}
