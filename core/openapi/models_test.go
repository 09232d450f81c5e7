package openapi_test

import (
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

func TestSchemasOfFields(t *testing.T) {
	count := 0
	fixed := func(v any) func() any { return func() any { return v } }
	fields := []struct {
		name     string
		field    core.Field
		want     string
		required bool
	}{
		{"a text", core.Field{Type: db.String}, `{"type": "string"}`, true},
		{"a text that may be absent", core.Field{Type: db.String, Nullable: true}, `{"type": ["string", "null"]}`, false},
		{"a number", core.Field{Type: db.Number}, `{"type": "number"}`, true},
		{"a boolean", core.Field{Type: db.Boolean}, `{"type": "boolean"}`, true},
		{"a time", core.Field{Type: db.Date}, `{"type": "string", "format": "date-time"}`, true},
		{"texts", core.Field{Type: db.StringArray}, `{"type": "array", "items": {"type": "string"}}`, true},
		{"numbers", core.Field{Type: db.NumberArray}, `{"type": "array", "items": {"type": "number"}}`, true},
		{"any JSON", core.Field{Type: db.JSON, Nullable: true}, `{}`, false},
		{"what no client sets", core.Field{Type: db.String, NotInput: true}, `{"type": "string", "readOnly": true}`, false},
		{"what is never returned", core.Field{Type: db.String, NotReturned: true}, `{"type": "string", "writeOnly": true}`, true},
		{"neither of both", core.Field{Type: db.String, NotInput: true, NotReturned: true}, `{"type": "string", "readOnly": true}`, false},
		{"a default", core.Field{Type: db.Boolean, Default: fixed(false)}, `{"type": "boolean", "default": false}`, true},
		{"a text as default", core.Field{Type: db.String, Default: fixed("free")}, `{"type": "string", "default": "free"}`, true},
		{"a list as default", core.Field{Type: db.StringArray, Default: func() any { return []string{"a"} }}, `{"type": "array", "items": {"type": "string"}, "default": ["a"]}`, true},
		{"a default of null", core.Field{Type: db.String, Nullable: true, Default: fixed(nil)}, `{"type": ["string", "null"]}`, false},
		{"a default that counts", core.Field{Type: db.Number, Default: func() any { count++; return int64(count) }}, `{"type": "number"}`, true},
		{"now", core.Field{Type: db.Date, Default: fixed(authtest.Start)}, `{"type": "string", "format": "date-time"}`, true},
		{"now in milliseconds", core.Field{Type: db.Number, Default: fixed(authtest.Start.UnixMilli())}, `{"type": "number"}`, true},
		{"a long time in milliseconds", core.Field{Type: db.Number, Default: fixed(24 * time.Hour.Milliseconds())}, `{"type": "number", "default": 86400000}`, true},
	}
	d := describe(t, func(o *core.Options) {
		for _, f := range fields {
			f.field.Name = f.name
			o.User.AdditionalFields = append(o.User.AdditionalFields, f.field)
		}
	})
	required := map[any]bool{}
	for _, name := range d.at("components", "schemas", "User", "required").([]any) {
		required[name] = true
	}
	for _, f := range fields {
		t.Run(f.name, func(t *testing.T) {
			d.t = t
			d.expect(f.want, "components", "schemas", "User", "properties", f.name)
			if required[f.name] != f.required {
				t.Errorf("it is required: %t", required[f.name])
			}
		})
	}
}

func TestNamesOfComponents(t *testing.T) {
	d := describe(t, with(feature{"a", func(s *core.Setup) {
		for _, model := range []string{"apiThing", "größe", "a b", "a_b", "A_b"} {
			s.Table(&db.Table{Model: model})
		}
	}}), func(o *core.Options) {
		o.User.ModelName, o.User.Fields = "people", map[string]string{"email": "mail_address"}
	})
	const empty = `{"type": "object", "properties": {"id": {"type": "string"}}}`
	for _, name := range []string{"ApiThing", "Gr__e", "A_b", "A_b2", "A_b3"} {
		d.expect(empty, "components", "schemas", name)
	}
	// Names in the database are nobody's business.
	d.expect(`{"type": "string"}`, "components", "schemas", "User", "properties", "email")
	d.expect("", "components", "schemas", "User", "properties", "mail_address")
	d.expect("", "components", "schemas", "People")
}

func TestHostileFieldNamesAreJustNames(t *testing.T) {
	names := []string{"</script>", `"`, "$ref", "__proto__", "constructor", "\u2028", "a/b~c", "{id}"}
	d := describe(t, func(o *core.Options) {
		for _, name := range names {
			o.User.AdditionalFields = append(o.User.AdditionalFields, core.Field{Name: name, Type: db.String, Nullable: true})
		}
	})
	for _, name := range names {
		d.expect(`{"type": ["string", "null"]}`, "components", "schemas", "User", "properties", name)
	}
}
