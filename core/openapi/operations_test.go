package openapi_test

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

func TestOperationIDsAreUnique(t *testing.T) {
	d := describe(t, with(feature{"a", func(s *core.Setup) {
		route(s, core.Endpoint[struct{}, struct{}]{Methods: []string{"GET", "POST", "PUT"}, Path: "/one", OperationID: "do"})
		route(s, core.Endpoint[struct{}, struct{}]{Method: "POST", Path: "/two", OperationID: "do"})
		route(s, core.Endpoint[struct{}, struct{}]{Method: "POST", Path: "/three"})
		route(s, core.Endpoint[struct{}, struct{}]{Method: "POST", Path: "/four"})
	}}))
	d.expect(`"do"`, "paths", "/one", "get", "operationId")
	d.expect(`"doPost"`, "paths", "/one", "post", "operationId")
	d.expect(`"doPut"`, "paths", "/one", "put", "operationId")
	d.expect(`"doPost2"`, "paths", "/two", "post", "operationId")
	d.expect("", "paths", "/three", "post", "operationId")
	d.expect("", "paths", "/four", "post", "operationId")
}

func TestTagsAreUpstreams(t *testing.T) {
	d := describe(t, with(
		feature{"two-factor", func(s *core.Setup) {
			route(s, core.Endpoint[struct{}, struct{}]{Method: "GET", Path: "/plain"})
			route(s, core.Endpoint[struct{}, struct{}]{Method: "GET", Path: "/grouped", Doc: core.Doc{Tags: []string{"Codes"}}})
		}},
	))
	d.expect(`["Default"]`, "paths", "/sign-out", "post", "tags")
	d.expect(`["Two-factor"]`, "paths", "/plain", "get", "tags")
	d.expect(`["Codes"]`, "paths", "/grouped", "get", "tags")
}

func TestPathsThatDifferInNamesOnlyAreOne(t *testing.T) {
	type byID struct {
		ID string `path:"id" doc:"the id"`
	}
	type byName struct {
		Name string `path:"name" doc:"the name"`
	}
	d := describe(t, with(feature{"a", func(s *core.Setup) {
		route(s, core.Endpoint[byID, struct{}]{Method: "GET", Path: "/things/:id/parts/:part"})
		route(s, core.Endpoint[byName, struct{}]{Method: "PUT", Path: "/things/:name/parts/:piece"})
	}}))
	at := []string{"paths", "/things/{id}/parts/{part}"}
	d.expect(`[
		{"name": "id", "in": "path", "required": true, "description": "the id", "schema": {"type": "string"}},
		{"name": "part", "in": "path", "required": true, "schema": {"type": "string"}}
	]`, append(at, "get", "parameters")...)
	d.expect(`[
		{"name": "id", "in": "path", "required": true, "description": "the name", "schema": {"type": "string"}},
		{"name": "part", "in": "path", "required": true, "schema": {"type": "string"}}
	]`, append(at, "put", "parameters")...)
	d.expect("", "paths", "/things/{name}/parts/{piece}")
}

func TestParametersOfTheQuery(t *testing.T) {
	type input struct {
		Limit *int     `query:"limit" check:"min=1,max=100" doc:"how many"`
		Sort  string   `query:"sort" check:"enum=up|down"`
		Fresh *bool    `query:"fresh" check:"coerce"`
		Only  []string `query:"only,optional"`
	}
	d := describe(t, with(feature{"a", func(s *core.Setup) {
		route(s, core.Endpoint[input, struct{}]{Method: "GET", Path: "/things"})
	}}))
	d.expect(`[
		{"name": "limit", "in": "query", "description": "how many", "schema": {"type": "integer", "minimum": 1, "maximum": 100}},
		{"name": "sort", "in": "query", "required": true, "schema": {"type": "string", "enum": ["up", "down"]}},
		{"name": "fresh", "in": "query", "schema": {"type": "boolean"}},
		{"name": "only", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}}
	]`, "paths", "/things", "get", "parameters")
}

func TestBodies(t *testing.T) {
	type some struct {
		Name string `json:"name"`
	}
	type optional struct {
		_    struct{} `body:"optional"`
		Name *string  `json:"name"`
	}
	d := describe(t, with(feature{"a", func(s *core.Setup) {
		route(s, core.Endpoint[some, struct{}]{Method: "POST", Path: "/some"})
		route(s, core.Endpoint[some, struct{}]{Method: "PATCH", Path: "/form", MediaTypes: []string{"application/x-www-form-urlencoded", "application/json"}})
		route(s, core.Endpoint[optional, struct{}]{Method: "POST", Path: "/optional"})
		route(s, core.Endpoint[struct{}, struct{}]{Method: "POST", Path: "/none"})
		route(s, core.Endpoint[some, struct{}]{Method: "DELETE", Path: "/deleted"})
	}}))
	schema := `{"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]}`
	d.expect(`{"required": true, "content": {"application/json": {"schema": `+schema+`}}}`, "paths", "/some", "post", "requestBody")
	d.expect(`{"required": true, "content": {
		"application/json": {"schema": `+schema+`}, "application/x-www-form-urlencoded": {"schema": `+schema+`}
	}}`, "paths", "/form", "patch", "requestBody")
	d.expect(`{"content": {"application/json": {"schema": {"type": "object", "properties": {"name": {"type": "string"}}}}}}`,
		"paths", "/optional", "post", "requestBody")
	d.expect("", "paths", "/none", "post", "requestBody")
	d.expect("", "paths", "/deleted", "delete", "requestBody")
	// As upstream, the core takes an empty object where it takes nothing.
	d.expect(`{"content": {"application/json": {"schema": {"type": "object", "properties": {}}}}}`, "paths", "/sign-out", "post", "requestBody")
}

func TestBodiesTakeAddedFields(t *testing.T) {
	type change struct {
		Name *string      `json:"name"`
		Rest *wire.Object `json:",rest"`
	}
	d := describe(t, with(feature{"a", func(s *core.Setup) {
		s.ExtendTable(user.ModelName, &db.Field{Name: "secret", Type: db.String, NotInput: true})
		route(s, core.Endpoint[change, struct{}]{Method: "POST", Path: "/change", Doc: core.Doc{Updates: user.ModelName}})
	}}), func(o *core.Options) {
		o.User.AdditionalFields = []core.Field{
			{Name: "plan", Type: db.String},
			{Name: "seats", Type: db.Number, Nullable: true},
			{Name: "theme", Type: db.String, Default: func() any { return "dark" }},
		}
	})
	added := `"plan": {"type": "string"}, "seats": {"type": ["number", "null"]}, "theme": {"type": "string"}`
	d.expect(`{"type": "object", "additionalProperties": {}, "properties": {"name": {"type": "string"}, `+added+`}}`,
		"paths", "/change", "post", "requestBody", "content", "application/json", "schema")
	sent := []string{"paths", "/sign-up/email", "post", "requestBody", "content", "application/json", "schema"}
	d.expect(`["name", "email", "password", "plan"]`, append(sent, "required")...)
	d.expect(`{"type": ["number", "null"]}`, append(sent, "properties", "seats")...)
	d.expect("", append(sent, "properties", "secret")...)
}

func TestAnswers(t *testing.T) {
	type output struct {
		Done bool `json:"done" doc:"whether it is"`
	}
	d := describe(t, with(feature{"a", func(s *core.Setup) {
		route(s, core.Endpoint[struct{}, output]{Method: "GET", Path: "/plain"})
		route(s, core.Endpoint[struct{}, output]{Method: "GET", Path: "/null", Doc: core.Doc{Nullable: true, Success: "Maybe"}})
		route(s, core.Endpoint[struct{}, output]{Method: "GET", Path: "/made", Doc: core.Doc{Status: 201}})
		route(s, core.Endpoint[struct{}, output]{Method: "GET", Path: "/gone", Doc: core.Doc{Status: 302, Success: "Elsewhere"}})
		route(s, core.Endpoint[struct{}, output]{Method: "GET", Path: "/empty", Doc: core.Doc{Status: 204}})
		route(s, core.Endpoint[struct{}, page]{Method: "GET", Path: "/page", Doc: core.Doc{MediaType: "text/html"}})
		route(s, core.Endpoint[struct{}, page]{Method: "GET", Path: "/unknown"})
		route(s, core.Endpoint[struct{}, core.Response]{Method: "GET", Path: "/raw"})
		route(s, core.Endpoint[struct{}, output]{Method: "GET", Path: "/refused", Doc: core.Doc{Answers: map[int]string{
			400: "Mine", 409: "Taken", 303: "Over there",
		}}})
	}}))
	schema := `{"type": "object", "properties": {"done": {"type": "boolean", "description": "whether it is"}}, "required": ["done"]}`
	nullable := `{"type": ["object", "null"], "properties": {"done": {"type": "boolean", "description": "whether it is"}}, "required": ["done"]}`
	for _, c := range []struct{ path, status, want string }{
		{"/plain", "200", `{"description": "Success", "content": {"application/json": {"schema": ` + schema + `}}}`},
		{"/null", "200", `{"description": "Maybe", "content": {"application/json": {"schema": ` + nullable + `}}}`},
		{"/made", "201", `{"description": "Success", "content": {"application/json": {"schema": ` + schema + `}}}`},
		{"/made", "200", ""},
		{"/gone", "302", `{"description": "Elsewhere"}`},
		{"/empty", "204", `{"description": "Success"}`},
		{"/page", "200", `{"description": "Success", "content": {"text/html": {"schema": {"type": "string"}}}}`},
		{"/unknown", "200", `{"description": "Success", "content": {"*/*": {"schema": {}}}}`},
		{"/raw", "200", `{"description": "Success"}`},
		{"/refused", "303", `{"description": "Over there"}`},
	} {
		d.expect(c.want, "paths", c.path, "get", "responses", c.status)
	}
	d.expect(`"Mine"`, "paths", "/refused", "get", "responses", "400", "description")
	d.expect(`"Taken"`, "paths", "/refused", "get", "responses", "409", "description")
	for _, status := range []string{"400", "401", "403", "404", "429", "500"} {
		d.expect(`"string"`, "paths", "/plain", "get", "responses", status, "content", "application/json", "schema", "properties", "message", "type")
	}
}

type page struct{}

func (*page) Respond() (string, []byte) { return "text/html; charset=utf-8", nil }
