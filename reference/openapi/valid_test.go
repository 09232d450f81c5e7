package openapi_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/getkin/kin-openapi/openapi3"
)

// load reads a document and holds it against OpenAPI 3.1, its schemas against
// JSON Schema 2020-12, and its defaults against their schemas.
func load(t *testing.T, text []byte) (*openapi3.T, error) {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromData(text)
	if err != nil {
		return nil, err
	}
	return doc, doc.Validate(t.Context(), openapi3.EnableSchemaFormatValidation(), openapi3.EnableMultiError())
}

// everyType are additional fields of all types, with what else they may have.
func everyType(prefix string) []core.Field {
	fields := []core.Field{
		{Name: "text", Type: db.String, Default: func() any { return "free" }},
		{Name: "number", Type: db.Number, Default: func() any { return 7.5 }},
		{Name: "boolean", Type: db.Boolean, Default: func() any { return true }},
		{Name: "date", Type: db.Date, Default: func() any { return time.Now() }},
		{Name: "json", Type: db.JSON, Nullable: true, Default: func() any { return map[string]any{"a": []any{1.0}} }},
		{Name: "texts", Type: db.StringArray, Default: func() any { return []string{"a", "b"} }},
		{Name: "numbers", Type: db.NumberArray, Default: func() any { return []float64{1, 2.5} }},
		{Name: "required", Type: db.String},
		{Name: "optional", Type: db.String, Nullable: true},
		{Name: "noInput", Type: db.String, Nullable: true, NotInput: true},
		{Name: "notReturned", Type: db.String, NotReturned: true},
		{Name: "neither", Type: db.String, Nullable: true, NotInput: true, NotReturned: true},
	}
	for i := range fields {
		fields[i].Name = prefix + fields[i].Name
	}
	return fields
}

// hostile are names that mean something elsewhere.
func hostile() []core.Field {
	var fields []core.Field
	for _, name := range []string{
		"$ref", "$schema", "type", "properties", "__proto__", "constructor", "x-internal", "nullable",
		"</script>", `"quoted"`, "a/b~c", "{id}", "#/components/schemas/User", "a.b", " ", "\u2028", "größe",
	} {
		fields = append(fields, core.Field{Name: name, Type: db.String, Nullable: true})
	}
	return fields
}

func TestTheDocumentIsValid(t *testing.T) {
	for _, c := range []struct {
		name      string
		configure func(*core.Options)
	}{
		{"as it is", func(*core.Options) {}},
		{"with additional fields of every type", func(o *core.Options) {
			o.User.AdditionalFields, o.Session.AdditionalFields = everyType("u"), everyType("s")
			o.Account.AdditionalFields, o.Verification.AdditionalFields = everyType("a"), everyType("v")
		}},
		{"with fields of hostile names", func(o *core.Options) {
			o.User.AdditionalFields, o.Session.AdditionalFields = hostile(), hostile()
		}},
		{"with renamed models and columns", func(o *core.Options) {
			o.User.ModelName, o.User.Fields = "Personen & Co", map[string]string{"email": "e-mail address"}
			o.Session.ModelName, o.Verification.ModelName = "$ref", "schemas"
		}},
		{"with a hostile name", func(o *core.Options) { o.AppName = "</script>\u2028\"" }},
		{"without a base URL", func(o *core.Options) { o.BaseURL = "" }},
		{"at the root", func(o *core.Options) { o.BaseURL, o.BasePath = "", "/" }},
		{"with numbers as ids", func(o *core.Options) { o.Advanced.Database.GenerateID = db.IDSerial }},
		{"with paths switched off", func(o *core.Options) { o.DisabledPaths = []string{"/sign-up/email", "/ok"} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := server(t, c.configure)
			client := s.Client()
			path := "/open-api/generate-schema"
			r := client.Request("GET", path, nil)
			if s.Options().BasePath == "/" {
				r.URL.Path = path
			}
			a := client.Send(r)
			if _, err := load(t, []byte(a.Body)); a.Status != 200 || err != nil {
				t.Errorf("status %d: %v", a.Status, err)
			}
		})
	}
}

// TestWhatUpstreamGetsWrongIsSeen repeats in our document the mistakes of
// upstream's, each of which the validator has to find.
func TestWhatUpstreamGetsWrongIsSeen(t *testing.T) {
	for _, c := range []struct{ name, right, wrong string }{
		{"an id that two operations have", `"getSessionPost"`, `"getSession"`},
		{"a parameter of the path that is absent", `"/ok":`, `"/ok/{id}":`},
		{"a default that is no time", `"format":"date-time"`, `"format":"date-time","default":"Generated at runtime"`},
		{"a type that JSON Schema does not have", `"type":"boolean"`, `"type":"json"`},
		{"an array as a type", `"type":"array"`, `"type":"string[]"`},
		{"a component that is not there", `#/components/schemas/User"`, `#/components/schemas/Users"`},
		{"an answer without words", `"description":"The server answers"`, `"x-description":""`},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := describe(t, server(t))
			if !bytes.Contains(text, []byte(c.right)) {
				t.Fatalf("%s is not in the document", c.right)
			}
			if _, err := load(t, bytes.ReplaceAll(text, []byte(c.right), []byte(c.wrong))); err == nil {
				t.Error("the validator accepts it")
			}
		})
	}
}
