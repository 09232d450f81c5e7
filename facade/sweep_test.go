package gatehouse_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/account"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/input"
	"github.com/gatehouse-auth/gatehouse/facade/config"
)

// The sweeps go over every endpoint that is registered, with every plugin that a
// file can configure. One that is new is in them by itself: where they do not know
// what to send, they fail and say so.

// everything configures all that there is. A new plugin gets a line.
const everything = `
user:
  changeEmail: {enabled: true}
  deleteUser: {enabled: true}
plugins:
  bearer: {}
  jwt: {}
  openAPI: {}
  organization:
    teams: {enabled: true}
    dynamicAccessControl: {enabled: true}
    accessControl:
      statements:
        organization: [update, delete]
        member: [create, update, delete]
        invitation: [create, cancel]
        team: [create, update, delete]
        ac: [create, read, update, delete]
    sendInvitationEmail: true
  twoFactor:
    otpOptions: {sendOTP: true}
`

func TestTheSweepsHaveEveryPlugin(t *testing.T) {
	for _, e := range config.Reference() {
		parts := strings.Split(e.Path, ".")
		if len(parts) == 2 && parts[0] == "plugins" && !strings.Contains(everything, "\n  "+parts[1]+":") {
			t.Errorf("plugins.%s is not in the sweeps: add it to the configuration of facade/sweep_test.go, and what its endpoints need to world", parts[1])
		}
	}
}

const (
	password = "password123"
	// mark stands in whatever belongs to Ann: nobody else may read it.
	mark = "annsown"
)

// world is a server on which Ann owns one of everything, and Mallory another one
// of everything.
type world struct {
	*authtest.Server
	t *testing.T

	ann, mallory *authtest.Client
	carl, dora   *authtest.Client // a member of Ann's organization, and somebody invited to it
	// actors are who may do what Ann may not, by endpoint.
	actors map[string]*authtest.Client
	// values are what a member of an input is given, by "METHOD /path member" or by
	// the member alone. The ids are those of Ann's.
	values map[string]any
}

func newWorld(t *testing.T) *world {
	t.Helper()
	cfg, err := config.Parse([]byte(everything), config.Source{Deliver: func(context.Context, config.Message) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, values: map[string]any{}, actors: map[string]*authtest.Client{}}
	w.Server = authtest.New(t, func(o *core.Options) {
		o.User, o.Plugins = cfg.Options.User, cfg.Options.Plugins
	})
	w.ann, w.mallory = w.Client(), w.Client()
	w.seedCore()
	w.seedOrganizations()
	return w
}

// seedCore makes the users with two accounts each, and says what the core's
// endpoints take.
func (w *world) seedCore() {
	for name, c := range map[string]*authtest.Client{mark: w.ann, "mallory": w.mallory} {
		a := c.Post("/sign-up/email", map[string]any{"name": name, "email": name + "@example.com", "password": password})
		id, _ := a.At(w.t, "user", "id").(string)
		_, err := w.Accounts().Create(w.t.Context(), account.Account{UserID: id, ProviderID: "github", AccountID: name})
		if err != nil {
			w.t.Fatalf("link an account: %v", err)
		}
		if _, _, err := w.Users().Update(w.t.Context(), id, db.Row{"emailVerified": true}); err != nil {
			w.t.Fatalf("verify %s: %v", name, err)
		}
	}
	phone := w.Client().Post("/sign-in/email", map[string]any{"email": mark + "@example.com", "password": password})
	w.give(map[string]any{
		"POST /revoke-session token":          phone.Text(w.t, "token"),
		"POST /unlink-account accountId":      w.row("account", "accountId", mark)[db.ID],
		"POST /unlink-account providerId":     "github",
		"POST /sign-in/email email":           mark + "@example.com",
		"POST /change-email newEmail":         "new@example.com",
		"POST /update-user name":              "New",
		"email":                               "new@example.com",
		"name":                                "New",
		"password":                            password,
		"currentPassword":                     password,
		"newPassword":                         "password456",
		"POST /request-password-reset email":  mark + "@example.com",
		"POST /send-verification-email email": mark + "@example.com",
	})
}

func (w *world) give(values map[string]any) {
	maps.Copy(w.values, values)
}

// row is the one row of a model that has a value.
func (w *world) row(model, field string, value any) db.Row {
	w.t.Helper()
	rows, err := w.Store().Select(w.t.Context(), db.Query{Table: w.Table(model), Where: db.Where{db.By(field, value)}})
	if err != nil || len(rows) != 1 {
		w.t.Fatalf("%d rows of %s have %s %v, want 1 (error: %v)", len(rows), model, field, value, err)
	}
	return rows[0]
}

// snapshot is all that is stored, but for what a look-up may change of a session.
func (w *world) snapshot() map[string][]string {
	w.t.Helper()
	w.Settle()
	all := map[string][]string{}
	for _, table := range w.Tables() {
		rows, err := w.Store().Select(w.t.Context(), db.Query{Table: table})
		if err != nil {
			w.t.Fatal(err)
		}
		for _, row := range rows {
			all[table.Model] = append(all[table.Model], fmt.Sprint(row))
		}
		slices.Sort(all[table.Model])
	}
	return all
}

// changes says which models are not as they were.
func changes(before, after map[string][]string) (models []string) {
	for model := range after {
		if !reflect.DeepEqual(before[model], after[model]) {
			models = append(models, model)
		}
	}
	for model := range before {
		if after[model] == nil {
			models = append(models, model)
		}
	}
	slices.Sort(models)
	return models
}

// endpoints are those that can be reached over HTTP, one for each method.
func (w *world) endpoints() (list []core.Registered) {
	for _, e := range w.Endpoints() {
		for _, method := range e.Methods {
			if !e.ServerOnly {
				one := e
				one.Methods = []string{method}
				list = append(list, one)
			}
		}
	}
	return list
}

func nameOf(e core.Registered) string { return e.Methods[0] + " " + e.Path }

// request is one for an endpoint with all members that are required, and those
// that are wanted besides, such as "data.organizationId".
func (w *world) request(c *authtest.Client, e core.Registered, wanted ...string) *http.Request {
	w.t.Helper()
	path, query := e.Path, url.Values{}
	for _, f := range e.Inputs {
		switch {
		case f.Origin == input.FromBody, !f.Required && !slices.Contains(wanted, f.Name):
		case f.Origin == input.FromPath:
			path = strings.ReplaceAll(path, ":"+f.Name, url.PathEscape(fmt.Sprint(w.value(e, f.Name, f, nil))))
		default:
			query.Set(f.Name, fmt.Sprint(w.value(e, f.Name, f, nil)))
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	if e.Methods[0] == http.MethodGet {
		return c.Request(http.MethodGet, path, nil)
	}
	return c.Request(e.Methods[0], path, w.body(e, wanted...))
}

// body is that of a request.
func (w *world) body(e core.Registered, wanted ...string) map[string]any {
	return w.object(e, "", slices.DeleteFunc(slices.Clone(e.Inputs), func(f input.Field) bool { return f.Origin != input.FromBody }), wanted)
}

// object has the members that are required or wanted, and those that wanted ones
// are inside of.
func (w *world) object(e core.Registered, prefix string, fields []input.Field, wanted []string) map[string]any {
	o := map[string]any{}
	for _, f := range fields {
		at := prefix + f.Name
		inside := func(name string) bool { return name == at || strings.HasPrefix(name, at+".") }
		if f.Name != "" && (f.Required || slices.ContainsFunc(wanted, inside)) {
			o[f.Name] = w.value(e, at, f, wanted)
		}
	}
	return o
}

// flattened lists the members of an endpoint with those of objects in them, by
// dotted names.
func flattened(prefix string, fields []input.Field) (names []string) {
	for _, f := range fields {
		if f.Name != "" {
			names = append(names, prefix+f.Name)
			names = append(names, flattened(prefix+f.Name+".", f.Fields)...)
		}
	}
	return names
}

// value is what a member is given: what is known for the endpoint, or for members of
// its name, or anything that fits.
func (w *world) value(e core.Registered, at string, f input.Field, wanted []string) any {
	v, known := w.known(e, at)
	o, isObject := v.(map[string]any)
	switch {
	case known && !isObject:
		return v
	case f.Type == "object":
		inner := w.object(e, at+".", f.Fields, wanted)
		maps.Copy(inner, o)
		return inner
	case known:
		return v
	case len(f.Values) > 0:
		return f.Values[0]
	}
	switch f.Type {
	case "boolean":
		return true
	case "number", "integer":
		return 1
	case "array":
		return []any{w.value(e, at, *f.Items, wanted)}
	case "record":
		return map[string]any{}
	}
	return "text"
}

// known is what world says of a member.
func (w *world) known(e core.Registered, at string) (any, bool) {
	for _, name := range []string{nameOf(e) + " " + at, at[strings.LastIndexByte(at, '.')+1:]} {
		if v, ok := w.values[name]; ok {
			return v, true
		}
	}
	return nil, false
}
