package routes_test

import (
	"encoding/base64"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

func always(v any) func() any { return func() any { return v } }

// manyFields adds one field of every kind to the user.
func manyFields(o *core.Options) {
	calls := 0
	o.User.AdditionalFields = []core.Field{
		{Name: "required", Type: db.String},
		{Name: "defaulted", Type: db.String, Nullable: true, Default: always("D")},
		{Name: "computed", Type: db.Number, Nullable: true, Default: func() any { calls++; return calls }},
		{Name: "guarded", Type: db.String, Nullable: true, NotInput: true},
		{Name: "guardedDefault", Type: db.String, Nullable: true, NotInput: true, Default: always("GD")},
		{Name: "hidden", Type: db.String, Nullable: true, NotReturned: true},
		{Name: "checked", Type: db.Number, Nullable: true, Validate: func(v any) (any, error) {
			if n, ok := v.(float64); ok && n > 0 {
				return n + 1, nil
			}
			return nil, errors.New("checked must be positive")
		}},
		{Name: "flag", Type: db.Boolean, Nullable: true},
		{Name: "when", Type: db.Date, Nullable: true},
		{Name: "optional", Type: db.String, Nullable: true},
	}
}

func TestAdditionalFieldsAtSignUp(t *testing.T) {
	const untouched = `"defaulted":"D","computed":1,"guarded":null,"guardedDefault":"GD","checked":null,"flag":null,"when":null,"optional":null`
	for _, tc := range []struct {
		name   string
		change map[string]any
		want   string // the additional members of the answer
	}{
		{"defaults are filled in", map[string]any{"required": "r"}, `"required":"r",` + untouched},
		{"an empty text is enough for a required field", map[string]any{"required": ""}, `"required":"",` + untouched},
		{
			"given values are kept, and replaced by what a validator returns",
			map[string]any{"required": "r", "defaulted": "x", "computed": 9, "hidden": "h", "checked": 4, "flag": true, "when": "2026-01-02T03:04:05.000Z", "optional": "o"},
			`"required":"r","defaulted":"x","computed":9,"guarded":null,"guardedDefault":"GD","checked":5,"flag":true,"when":"2026-01-02T03:04:05.000Z","optional":"o"`,
		},
		{
			"null is a value where the field allows it",
			map[string]any{"required": "r", "defaulted": nil, "optional": nil},
			`"required":"r","defaulted":null,"computed":1,"guarded":null,"guardedDefault":"GD","checked":null,"flag":null,"when":null,"optional":null`,
		},
		{"a guarded field takes its default, whatever was sent", map[string]any{"required": "r", "guardedDefault": "x"}, `"required":"r",` + untouched},
		{"an empty text for a guarded field is ignored", map[string]any{"required": "r", "guarded": ""}, `"required":"r",` + untouched},
		{"null for a guarded field is ignored", map[string]any{"required": "r", "guarded": nil}, `"required":"r",` + untouched},
		{"zero for a guarded field is ignored", map[string]any{"required": "r", "guarded": 0}, `"required":"r",` + untouched},
		{"false for a guarded field is ignored", map[string]any{"required": "r", "guarded": false}, `"required":"r",` + untouched},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t, manyFields)
			n := names{}
			a := s.Client().Post("/sign-up/email", body(tc.change))
			answers(t, &authtest.Answer{Status: a.Status, Body: n.in(a.Body)}, http.StatusOK,
				strings.Replace(plainSignUp, `"id":`, tc.want+`,"id":`, 1))
		})
	}
}

func TestAdditionalFieldsThatAreRefused(t *testing.T) {
	for _, tc := range []struct {
		name          string
		change        map[string]any
		code, message string
	}{
		{"a required field is missing", nil, "MISSING_FIELD", "required is required"},
		{"text for a guarded field", map[string]any{"required": "r", "guarded": "x"}, "FIELD_NOT_ALLOWED", "guarded is not allowed to be set"},
		{"an object for a guarded field", map[string]any{"required": "r", "guarded": map[string]any{}}, "FIELD_NOT_ALLOWED", "guarded is not allowed to be set"},
		{"a number that a validator refuses", map[string]any{"required": "r", "checked": -1}, "VALIDATION_ERROR", "checked must be positive"},
		{"null that a validator refuses", map[string]any{"required": "r", "checked": nil}, "VALIDATION_ERROR", "checked must be positive"},
		// 1.6.9 answers 422 FAILED_TO_CREATE_USER where the database refuses the
		// value, and otherwise stores what it is given.
		{"null for a required field", map[string]any{"required": nil}, "MISSING_FIELD", "required is required"},
		{"a number for text", map[string]any{"required": 5}, "VALIDATION_ERROR", "[body.required] Invalid input: expected string"},
		{"an object for text", map[string]any{"required": map[string]any{}}, "VALIDATION_ERROR", "[body.required] Invalid input: expected string"},
		{"text for a number", map[string]any{"required": "r", "computed": "abc"}, "VALIDATION_ERROR", "[body.computed] Invalid input: expected number"},
		{"text for a boolean", map[string]any{"required": "r", "flag": "yes"}, "VALIDATION_ERROR", "[body.flag] Invalid input: expected boolean"},
		{"text that is no date", map[string]any{"required": "r", "when": "nope"}, "VALIDATION_ERROR", "[body.when] Invalid input: expected date"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := new(tally)
			s := authtest.New(t, manyFields, h.use)
			a := s.Client().Post("/sign-up/email", body(tc.change))
			answers(t, a, http.StatusBadRequest, `{"message":"`+tc.message+`","code":"`+tc.code+`"}`)
			if h.work() != 0 {
				t.Error("a password was hashed for a refused sign-up")
			}
			count(t, s, "user", 0)
		})
	}
}

// In 1.6.9 a field of such a name breaks every sign-up.
func TestFieldsNamedLikeJavaScriptsOwn(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) {
		for _, name := range []string{"toString", "constructor", "hasOwnProperty"} {
			o.User.AdditionalFields = append(o.User.AdditionalFields, core.Field{Name: name, Type: db.String, Nullable: true})
		}
	})
	n := names{}
	a := s.Client().Post("/sign-up/email", body(map[string]any{"toString": "x"}))
	answers(t, &authtest.Answer{Status: a.Status, Body: n.in(a.Body)}, http.StatusOK,
		strings.Replace(plainSignUp, `"id":`, `"toString":"x","constructor":null,"hasOwnProperty":null,"id":`, 1))
}

// A returned:false field must not show in any answer nor in a cookie, which is
// readable in two of the three strategies.
func TestHiddenFieldsNeverLeaveTheServer(t *testing.T) {
	const secret = "nobody-may-see-this"
	for _, strategy := range []string{cookies.StrategyCompact, cookies.StrategyJWT, cookies.StrategyJWE} {
		t.Run(strategy, func(t *testing.T) {
			s := authtest.New(t, func(o *core.Options) {
				hidden := core.Field{Name: "hidden", Type: db.String, Nullable: true, NotReturned: true}
				o.User.AdditionalFields = []core.Field{hidden}
				hidden.Default = always(secret)
				o.Session.AdditionalFields = []core.Field{hidden}
				o.Session.CookieCache = core.CookieCache{Enabled: new(true), Strategy: strategy}
			})
			c := s.Client()
			check := func(a *authtest.Answer) {
				t.Helper()
				if a.Status != http.StatusOK {
					t.Fatalf("got %d %s", a.Status, a.Body)
				}
				for _, text := range append([]string{a.Body}, a.Header["Set-Cookie"]...) {
					for _, part := range append(strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("=;. ", r) }), text) {
						plain, _ := base64.RawURLEncoding.DecodeString(part)
						if strings.Contains(part, secret) || strings.Contains(string(plain), secret) || strings.Contains(string(plain), `"hidden"`) {
							t.Errorf("the hidden value shows in %q", text)
						}
					}
				}
			}
			check(c.Post("/sign-up/email", body(map[string]any{"hidden": secret})))
			if got := stored(t, s, "user")[0]["hidden"]; got != secret {
				t.Fatalf("%v was stored", got)
			}
			check(c.Get("/get-session"))
			check(c.Get("/get-session?disableCookieCache=true"))
			check(c.Get("/list-sessions"))
			check(s.Client().Post("/sign-in/email", credentials(nil)))
		})
	}
}
