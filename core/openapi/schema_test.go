package openapi_test

import (
	"encoding/json"
	"net/netip"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/account"
	"github.com/gatehouse-auth/gatehouse/core/input"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

func TestSchemasOfInputs(t *testing.T) {
	type inner struct {
		Deep string `json:"deep" doc:"within"`
	}
	type in struct {
		Text     string             `json:"text" check:"min=1,max=9" doc:"some words"`
		Exact    string             `json:"exact" check:"length=42"`
		Address  string             `json:"address" check:"email"`
		Optional *string            `json:"optional"`
		Nullish  input.Opt[string]  `json:"nullish"`
		Null     input.Opt[bool]    `json:"null,required"`
		Word     input.Opt[string]  `json:"word" check:"enum=a|b"`
		Whole    int                `json:"whole" check:"gt=0,lt=10"`
		Real     float64            `json:"real" check:"min=0.5,max=1.5"`
		List     []string           `json:"list" check:"min=1,max=3" each:"min=2"`
		Record   map[string]float64 `json:"record"`
		Open     *wire.Object       `json:"open"`
		Object   *inner             `json:"object"`
		Maybe    input.Opt[inner]   `json:"maybe"`
		Any      any                `json:"any"`
		Union    any                `json:"union" check:"type=string|number[]"`
		One      any                `json:"one" check:"type=object"`
		Rest     *wire.Object       `json:",rest"`
	}
	d := describe(t, with(feature{"a", func(s *core.Setup) {
		route(s, core.Endpoint[in, struct{}]{Method: "POST", Path: "/x"})
	}}))
	schema := []string{"paths", "/x", "post", "requestBody", "content", "application/json", "schema"}
	for name, want := range map[string]string{
		"text":     `{"type": "string", "minLength": 1, "maxLength": 9, "description": "some words"}`,
		"exact":    `{"type": "string", "minLength": 42, "maxLength": 42}`,
		"address":  `{"type": "string", "format": "email"}`,
		"optional": `{"type": "string"}`,
		"nullish":  `{"type": ["string", "null"]}`,
		"null":     `{"type": ["boolean", "null"]}`,
		"word":     `{"type": ["string", "null"], "enum": ["a", "b", null]}`,
		"whole":    `{"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 10}`,
		"real":     `{"type": "number", "minimum": 0.5, "maximum": 1.5}`,
		"list":     `{"type": "array", "minItems": 1, "maxItems": 3, "items": {"type": "string", "minLength": 2}}`,
		"record":   `{"type": "object", "additionalProperties": {"type": "number"}}`,
		"open":     `{"type": "object", "additionalProperties": {}}`,
		"object":   `{"type": "object", "properties": {"deep": {"type": "string", "description": "within"}}, "required": ["deep"]}`,
		"maybe":    `{"type": ["object", "null"], "properties": {"deep": {"type": "string", "description": "within"}}, "required": ["deep"]}`,
		"any":      `{}`,
		"union":    `{"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "number"}}]}`,
		"one":      `{"type": "object"}`,
	} {
		d.expect(want, append(schema, "properties", name)...)
	}
	d.expect(`["text", "exact", "address", "null", "whole", "real", "list", "record", "open", "any", "union", "one"]`, append(schema, "required")...)
	d.expect(`{}`, append(schema, "additionalProperties")...)
}

type tree struct {
	Name     string  `json:"name"`
	Children []*tree `json:"children"`
}

type embedded struct {
	Inner string `json:"inner"`
}

// Each schema says what core/wire writes; core/wire's own tests say what that is.
func TestSchemasOfOutputs(t *testing.T) {
	type out struct {
		embedded

		Text     string            `json:"text" doc:"some words"`
		Left     string            `json:"left,omitempty"`
		Pointer  *string           `json:"pointer"`
		Omitted  *time.Time        `json:"omitted,omitempty" doc:"when"`
		Opt      input.Opt[string] `json:"opt,omitzero"`
		At       time.Time         `json:"at"`
		Whole    int64             `json:"whole"`
		Real     float64           `json:"real"`
		List     []string          `json:"list"`
		Map      map[string]bool   `json:"map"`
		Any      any               `json:"any"`
		Raw      json.RawMessage   `json:"raw"`
		Object   *wire.Object      `json:"object"`
		Address  netip.Addr        `json:"address"`
		User     user.User         `json:"user" doc:"who"`
		Maybe    *user.User        `json:"maybe"`
		Account  account.Account   `json:"account"`
		Sessions []session.Session `json:"sessions"`
		Tree     tree              `json:"tree"`
		Plain    bool
		Skipped  string       `json:"-"`
		Rest     *wire.Object `json:",rest"`
		private  string
	}
	_ = out{private: ""}
	d := describe(t, with(feature{"a", func(s *core.Setup) {
		route(s, core.Endpoint[struct{}, out]{Method: "GET", Path: "/x"})
		route(s, core.Endpoint[struct{}, []user.User]{Method: "GET", Path: "/list"})
	}}))
	schema := []string{"paths", "/x", "get", "responses", "200", "content", "application/json", "schema"}
	const userRef = `"$ref": "#/components/schemas/User"`
	for name, want := range map[string]string{
		"inner":    `{"type": "string"}`,
		"text":     `{"type": "string", "description": "some words"}`,
		"left":     `{"type": "string"}`,
		"pointer":  `{"type": ["string", "null"]}`,
		"omitted":  `{"type": "string", "format": "date-time", "description": "when"}`,
		"opt":      `{"type": ["string", "null"]}`,
		"at":       `{"type": "string", "format": "date-time"}`,
		"whole":    `{"type": "integer"}`,
		"real":     `{"type": "number"}`,
		"list":     `{"type": "array", "items": {"type": "string"}}`,
		"map":      `{"type": "object", "additionalProperties": {"type": "boolean"}}`,
		"any":      `{}`,
		"raw":      `{}`,
		"object":   `{"type": "object", "additionalProperties": {}}`,
		"address":  `{"type": "string"}`,
		"user":     `{` + userRef + `, "description": "who"}`,
		"maybe":    `{"anyOf": [{` + userRef + `}, {"type": "null"}]}`,
		"account":  `{"$ref": "#/components/schemas/Account"}`,
		"sessions": `{"type": "array", "items": {"$ref": "#/components/schemas/Session"}}`,
		"tree": `{"type": "object", "required": ["name", "children"], "properties": {
			"name": {"type": "string"}, "children": {"type": "array", "items": {}}
		}}`,
		"Plain":   `{"type": "boolean"}`,
		"Skipped": "", "-": "", "private": "", "Rest": "",
	} {
		d.expect(want, append(schema, "properties", name)...)
	}
	d.expect(`["inner", "text", "pointer", "at", "whole", "real", "list", "map", "any", "raw", "object", "address",
		"user", "maybe", "account", "sessions", "tree", "Plain"]`, append(schema, "required")...)
	d.expect(`{}`, append(schema, "additionalProperties")...)
	d.expect(`{"type": "array", "items": {`+userRef+`}}`, "paths", "/list", "get", "responses", "200", "content", "application/json", "schema")
}
