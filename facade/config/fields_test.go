package config_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/facade/config"
)

// noFunctions compares fields by their data.
var noFunctions = cmp.FilterPath(func(p cmp.Path) bool {
	switch p.Last().String() {
	case ".Default", ".OnUpdate", ".Validate", ".TransformInput", ".TransformOutput":
		return true
	}
	return false
}, cmp.Ignore())

func TestAdditionalFieldsKeepTheirOrderAndAttributes(t *testing.T) {
	cfg := parse(t, `
user:
  additionalFields:
    zip: {type: string}
    age: {type: number, required: false, bigint: true, index: true}
    admin: {type: boolean, input: false, returned: false, defaultValue: false}
    team:
      type: string
      unique: true
      sortable: true
      fieldName: team_id
      references: {model: team, field: id, onDelete: set null}
session:
  additionalFields: {device: {type: string, required: false}}
account:
  additionalFields: {note: {type: json}}
verification:
  additionalFields: {tags: {type: "string[]"}}
`)
	o := cfg.Options
	got := [][]core.Field{o.User.AdditionalFields, o.Session.AdditionalFields, o.Account.AdditionalFields, o.Verification.AdditionalFields}
	want := [][]core.Field{
		{
			{Name: "zip", Type: db.String},
			{Name: "age", Type: db.Number, Nullable: true, BigInt: true, Index: true},
			{Name: "admin", Type: db.Boolean, NotInput: true, NotReturned: true, DDLDefault: false},
			{Name: "team", Type: db.String, Unique: true, Sortable: true, Column: "team_id", References: &db.Reference{Model: "team", Field: "id", OnDelete: "set null"}},
		},
		{{Name: "device", Type: db.String, Nullable: true}},
		{{Name: "note", Type: db.JSON}},
		{{Name: "tags", Type: db.StringArray}},
	}
	if diff := cmp.Diff(want, got, noFunctions); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestADefaultHasTheFieldsType(t *testing.T) {
	tests := map[string]struct {
		attributes string
		want       any
	}{
		"text":              {`{type: string, defaultValue: "17"}`, "17"},
		"a whole number":    {`{type: number, defaultValue: 17}`, int64(17)},
		"a fraction":        {`{type: number, defaultValue: 1.5}`, 1.5},
		"a boolean":         {`{type: boolean, defaultValue: true}`, true},
		"a date":            {`{type: date, defaultValue: 2026-01-31}`, time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)},
		"a point in time":   {`{type: date, defaultValue: "2026-01-31T10:00:00Z"}`, time.Date(2026, 1, 31, 10, 0, 0, 0, time.UTC)},
		"a list of texts":   {`{type: "string[]", defaultValue: [a, b]}`, []string{"a", "b"}},
		"a list of numbers": {`{type: "number[]", defaultValue: [1, 2.5]}`, []float64{1, 2.5}},
		"a JSON list":       {`{type: json, defaultValue: [1, a]}`, []any{1.0, "a"}},
		"a JSON text":       {`{type: json, defaultValue: a}`, "a"},
		"a word":            {`{type: [user, admin], defaultValue: user}`, "user"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			cfg := parse(t, "user: {additionalFields: {f: "+tt.attributes+"}}")
			if diff := cmp.Diff(tt.want, cfg.Options.User.AdditionalFields[0].Default()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryRecordGetsADefaultOfItsOwn(t *testing.T) {
	f := parse(t, `user: {additionalFields: {f: {type: "string[]", defaultValue: [a]}, o: {type: json, defaultValue: {b: [1], a: null}}}}`).Options.User.AdditionalFields
	list, ok := f[0].Default().([]string)
	if !ok {
		t.Fatal("the default is no list")
	}
	list[0] = "changed"
	if diff := cmp.Diff([]string{"a"}, f[0].Default()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	text, err := json.Marshal(f[1].Default())
	if err != nil || string(text) != `{"b":[1],"a":null}` {
		t.Errorf("the default is %s, %v", text, err)
	}
	if f[1].Default() == f[1].Default() {
		t.Error("two records share one object")
	}
}

func TestAListOfWordsAllowsTheseOnly(t *testing.T) {
	f := parse(t, `user: {additionalFields: {plan: {type: [free, pro], required: false}}}`).Options.User.AdditionalFields[0]
	for _, v := range []any{"free", "pro", nil} {
		if got, err := f.Validate(v); err != nil || got != v {
			t.Errorf("Validate(%v) = %v, %v", v, got, err)
		}
	}
	for _, v := range []any{"Free", "", 1.0, true, []any{"free"}} {
		if _, err := f.Validate(v); err == nil || err.Error() != `[body.plan] Invalid option: expected one of "free"|"pro"` {
			t.Errorf("Validate(%v) = %v", v, err)
		}
	}
}

func TestAFieldThatIsWrongIsAnError(t *testing.T) {
	const at = "line 1: user.additionalFields.f"
	for attributes, want := range map[string]string{
		`{required: false}`:                         at + ".type: is missing",
		`{type: text}`:                              at + ".type: expected string, number, boolean, date, json, string[], number[] or a list of words",
		`{type: []}`:                                at + ".type: a list of words must have at least one",
		`{type: [a, 1]}`:                            at + ".type[1]: expected a string, found a number; put it into quotes",
		`string`:                                    at + ": expected a mapping of the field's attributes, found a string",
		`{type: string, require: false}`:            at + ".require: is not an option; did you mean " + at[8:] + ".required?",
		`{type: number, defaultValue: "17"}`:        at + ".defaultValue: expected number, as the field's type says",
		`{type: number, defaultValue: 0x11}`:        at + ".defaultValue: expected number, as the field's type says",
		`{type: boolean, defaultValue: hunter2}`:    at + ".defaultValue: expected boolean, as the field's type says",
		`{type: date, defaultValue: hunter2}`:       at + ".defaultValue: expected date, as the field's type says",
		`{type: [a, b], defaultValue: hunter2}`:     at + ".defaultValue: expected one of the field's words, as the field's type says",
		`{type: string, defaultValue: null}`:        at + ".defaultValue: a required field cannot be null",
		`{type: string, references: {model: user}}`: at + ".references: needs a model and a field",
		`{type: string, references: {model: user, field: id, onDelete: drop}}`: at + ".references.onDelete: expected no action, restrict, cascade, set null or set default",
	} {
		_, err := config.Parse([]byte("user: {additionalFields: {f: "+attributes+"}}"), config.Source{})
		if err == nil || err.Error() != want {
			t.Errorf("%s\nerror = %v\nwant    %s", attributes, err, want)
		}
	}
	const list = "line 1: user.additionalFields: expected a mapping of fields, found a list"
	if _, err := config.Parse([]byte("user: {additionalFields: [f]}"), config.Source{}); err == nil || err.Error() != list {
		t.Errorf("error = %v, want %s", err, list)
	}
}
