package routes_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/input"
	"github.com/gatehouse-auth/gatehouse/core/routes"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

const (
	nothingToUpdate = `{"message":"No fields to update"}`
	minuteLater     = "2026-03-14T09:27:53.589Z"
)

// storedAnn is the row of Ann's user with some of its columns, as JSON.
func storedAnn(name, image, updatedAt string) []string {
	return []string{`{"id":"<1>","name":` + name + `,"email":"ann@example.com","emailVerified":false,"image":` + image +
		`,"createdAt":"` + start + `","updatedAt":"` + updatedAt + `"}`}
}

func TestUpdateUser(t *testing.T) {
	for _, tc := range []struct{ name, body, storedName, storedImage string }{
		{"a name", `{"name":"Anna"}`, `"Anna"`, `"i"`},
		{"an empty name", `{"name":""}`, `""`, `"i"`},
		{"an image", `{"image":"j"}`, `"Ann"`, `"j"`},
		{"no image any more", `{"image":null}`, `"Ann"`, "null"},
		{"both", `{"name":"Anna","image":null}`, `"Anna"`, "null"},
		{"an address that is none", `{"name":"Anna","email":""}`, `"Anna"`, `"i"`},
		{"what is not for clients is left alone", `{"name":"Anna","id":"x","emailVerified":true,"createdAt":"2000-01-01T00:00:00.000Z","updatedAt":"2000-01-01T00:00:00.000Z","email":0}`, `"Anna"`, `"i"`},
		{"what there is not is left out", `{"name":"Anna","role":"admin","Name":"x","__proto__":{"emailVerified":true},"constructor":1}`, `"Anna"`, `"i"`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t)
			c := signUpAnn(t, s, map[string]any{"image": "i"})
			s.Clock.Advance(time.Minute)
			token := tokenOf(c)
			n := names{}
			a := c.Post("/update-user", tc.body)
			answers(t, a, http.StatusOK, done)
			same(t, "user", storedAnn(tc.storedName, tc.storedImage, minuteLater), rows(t, s, n, "user"))
			same(t, "cookies", []string{sessionCookie + "=" + token + ".signed; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax"}, cookieLines(s, names{token: token}, a))
		})
	}
}

func TestUpdateUserRefusesInput(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) {
		o.User.AdditionalFields = []core.Field{{Name: "role", Type: db.String, Nullable: true, NotInput: true}}
	})
	c := signUpAnn(t, s, nil)
	invalid := func(message string) string { return `{"message":"` + message + `","code":"VALIDATION_ERROR"}` }
	const fixed = `{"message":"Email can not be updated","code":"EMAIL_CAN_NOT_BE_UPDATED"}`
	for _, tc := range []struct {
		body   any
		answer string
	}{
		{nil, invalid("[body] Invalid input: expected record, received undefined")},
		{`null`, invalid("[body] Invalid input: expected record, received null")},
		{`[1,2]`, invalid("[body] Invalid input: expected record, received array")},
		{`"{}"`, invalid("[body] Invalid input: expected record, received string")},
		{`{}`, nothingToUpdate},
		{`{"email":""}`, nothingToUpdate},
		{`{"id":"x"}`, nothingToUpdate},
		{`{"emailVerified":true}`, nothingToUpdate},
		{`{"role":""}`, nothingToUpdate},
		{`{"email":"eve@example.com"}`, fixed},
		{`{"email":"ann@example.com","name":"Anna"}`, fixed},
		{`{"email":{},"role":"admin"}`, fixed},
		{`{"role":"admin","name":"Anna"}`, `{"message":"role is not allowed to be set","code":"FIELD_NOT_ALLOWED"}`},
		// 1.6.9 stores numbers as text, and fails in the database over a name that is null.
		{`{"name":5}`, invalid("[body.name] Invalid input: expected string, received number")},
		{`{"name":null}`, invalid("[body.name] Invalid input: expected string, received null")},
		{`{"image":5}`, invalid("[body.image] Invalid input: expected string, received number")},
	} {
		a := c.Post("/update-user", tc.body)
		answers(t, a, http.StatusBadRequest, tc.answer)
		same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
	}
	if row := stored(t, s, "user")[0]; row["name"] != "Ann" || row["email"] != email || row["role"] != nil || row["updatedAt"] != authtest.Start {
		t.Errorf("stored: %v", row)
	}
}

func TestAdditionalFieldsOfAUserCanChange(t *testing.T) {
	s := authtest.New(t, manyFields)
	c := signUpAnn(t, s, map[string]any{"required": "r"})
	for _, tc := range []struct{ body, answer string }{
		{`{"optional":"o","hidden":"h","flag":true,"when":"2026-01-02","checked":4,"required":"s"}`, done},
		{`{"guarded":"","optional":"p"}`, done},
		{`{"guarded":0}`, nothingToUpdate},
		{`{"guarded":"x"}`, `{"message":"guarded is not allowed to be set","code":"FIELD_NOT_ALLOWED"}`},
		{`{"guardedDefault":"x"}`, `{"message":"guardedDefault is not allowed to be set","code":"FIELD_NOT_ALLOWED"}`},
		{`{"guardedDefault":null}`, nothingToUpdate},
		{`{"checked":-1}`, `{"message":"checked must be positive","code":"VALIDATION_ERROR"}`},
		{`{"required":null}`, `{"message":"required is required","code":"MISSING_FIELD"}`},
		{`{"flag":"yes"}`, `{"message":"[body.flag] Invalid input: expected boolean","code":"VALIDATION_ERROR"}`},
	} {
		status := http.StatusOK
		if tc.answer != done {
			status = http.StatusBadRequest
		}
		answers(t, c.Post("/update-user", tc.body), status, tc.answer)
	}
	row := stored(t, s, "user")[0]
	for field, want := range map[string]any{
		"optional": "p", "hidden": "h", "flag": true, "when": time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), "checked": int64(5), "required": "s",
		"guarded": nil, "guardedDefault": "GD", "defaulted": "D", "computed": int64(1), "name": "Ann",
	} {
		same(t, field, want, row[field])
	}
}

// A cache that went on showing the old user would be seen for minutes.
func TestUpdateUserWritesTheCacheAnew(t *testing.T) {
	for _, strategy := range strategies {
		t.Run(strategy, func(t *testing.T) {
			s, p := cached(t, strategy, func(o *core.Options) {
				o.User.AdditionalFields = []core.Field{{Name: "note", Type: db.String, Nullable: true, NotReturned: true}}
			})
			c := signUpAnn(t, s, map[string]any{"rememberMe": false})
			a := c.Post("/update-user", `{"name":"Anna","note":"secret"}`)
			answers(t, a, http.StatusOK, done)
			if !strings.Contains(strings.Join(a.Header["Set-Cookie"], "\n"), "better-auth.dont_remember=") || strings.Contains(a.Header.Get("Set-Cookie"), "Max-Age") {
				t.Errorf("a client that is not to be remembered is: %v", a.Header["Set-Cookie"])
			}
			p.count(0)
			a = c.Get("/get-session")
			if n := p.calls.Load(); n != 0 || !strings.Contains(a.Body, `"name":"Anna"`) || strings.Contains(a.Body, "note") {
				t.Errorf("after %d calls to the database: %s", n, a.Body)
			}
		})
	}
}

// In 1.6.9 the answer would fill the cache anew, so that a session which was
// revoked could keep itself alive.
func TestARevokedSessionUpdatesNothing(t *testing.T) {
	s, _ := cached(t, cookies.StrategyCompact, func(o *core.Options) {
		o.Session.AdditionalFields = []core.Field{{Name: "theme", Type: db.String, Nullable: true}}
		o.User.DeleteUser.Enabled = true
	})
	c := signUpAnn(t, s, nil)
	kept := maps.Clone(c.Cookies)
	remove(t, s, "session")
	for _, path := range []string{"/update-user", "/update-session", "/delete-user", "/unlink-account"} {
		c.Cookies = maps.Clone(kept)
		a := c.Do(http.MethodPost, path, map[string]any{"name": "Eve", "theme": "dark", "providerId": "credential"})
		answers(t, a, http.StatusUnauthorized, unauthorized)
	}
	same(t, "user", storedAnn(`"Ann"`, "null", start), rows(t, s, names{}, "user"))
	count(t, s, "account", 1)
}

func TestUpdateUserIsForTheSignedIn(t *testing.T) {
	s := authtest.New(t)
	signUpAnn(t, s, nil)
	answers(t, s.Client().Post("/update-user", `{"name":"Eve"}`), http.StatusUnauthorized, unauthorized)
	answers(t, s.Client().Post("/update-user", `{"email":"eve@example.com"}`), http.StatusUnauthorized, unauthorized)
	answers(t, s.Client().Post("/update-user", `[]`), http.StatusBadRequest,
		`{"message":"[body] Invalid input: expected record, received array","code":"VALIDATION_ERROR"}`)
	same(t, "user", storedAnn(`"Ann"`, "null", start), rows(t, s, names{}, "user"))
}

func TestUpdatesAreGuardedAgainstOtherSites(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) { o.User.DeleteUser.Enabled = true })
	c := signUpAnn(t, s, nil)
	c.Header.Set("Origin", "https://evil.com")
	for _, path := range []string{"/update-user", "/update-session", "/delete-user", "/unlink-account"} {
		answers(t, c.Post(path, `{"name":"Eve","providerId":"credential"}`), http.StatusForbidden, `{"message":"Invalid origin","code":"INVALID_ORIGIN"}`)
	}
	same(t, "user", storedAnn(`"Ann"`, "null", start), rows(t, s, names{}, "user"))
}

func TestDatabaseHooksAroundAnUpdate(t *testing.T) {
	var seen []db.Row
	after := ""
	s := authtest.New(t, func(o *core.Options) {
		o.DatabaseHooks.User = db.Hooks{
			BeforeUpdate: func(ctx context.Context, set db.Row) (db.Row, error) {
				if c, ok := core.From(ctx); !ok || c.Path != "/update-user" {
					t.Error("the hook cannot reach the request")
				}
				seen = append(seen, db.Row{"name": set["name"]})
				return db.Row{"image": "hooked"}, nil
			},
			AfterUpdate: func(_ context.Context, row db.Row) error {
				after, _ = row["name"].(string)
				return nil
			},
		}
	})
	c := signUpAnn(t, s, nil)
	answers(t, c.Post("/update-user", `{"name":"Anna"}`), http.StatusOK, done)
	same(t, "before", []db.Row{{"name": "Anna"}}, seen)
	same(t, "after", "Anna", after)
	same(t, "user", storedAnn(`"Anna"`, `"hooked"`, start), rows(t, s, names{}, "user"))
}

func TestDatabaseHooksThatRefuseAnUpdate(t *testing.T) {
	conflict := refusal{"a hook's own conflict is a failure", db.ErrUnique, http.StatusInternalServerError, ""}
	for _, tc := range append(hookRefusals(userUnchanged), conflict) {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t, func(o *core.Options) {
				o.DatabaseHooks.User.BeforeUpdate = func(context.Context, db.Row) (db.Row, error) { return nil, tc.err }
			})
			c := signUpAnn(t, s, nil)
			a := c.Post("/update-user", `{"name":"Anna"}`)
			answers(t, a, tc.status, tc.answer)
			same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
			same(t, "user", storedAnn(`"Ann"`, "null", start), rows(t, s, names{}, "user"))
		})
	}
}

func TestUpdateUserWithAValueThatSomebodyHas(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) {
		o.User.AdditionalFields = []core.Field{{Name: "handle", Type: db.String, Nullable: true, Unique: true}}
	})
	s.Client().Post("/sign-up/email", body(map[string]any{"email": "bob@example.com", "handle": "taken"}))
	c := signUpAnn(t, s, nil)
	answers(t, c.Post("/update-user", `{"handle":"taken"}`), http.StatusUnprocessableEntity, userUnchanged)
	answers(t, c.Post("/update-user", `{"handle":"free"}`), http.StatusOK, done)
}

func TestUpdateUserWhenTheDatabaseFails(t *testing.T) {
	p := newProbe(memory.New())
	s := authtest.New(t, func(o *core.Options) { o.Database = p })
	c := signUpAnn(t, s, nil)
	failed := p.eachFails(t, func() *authtest.Answer {
		return c.Post("/update-user", `{"name":"Anna"}`)
	}, func() { same(t, "user", storedAnn(`"Ann"`, "null", start), rows(t, s, names{}, "user")) })
	same(t, "calls that can fail", 2, failed) // the session and the change
}

// The user goes away between the session and the change.
func TestUpdateOfAUserWhoIsGone(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) { o.Database = stale{o.Database} })
	c := signUpAnn(t, s, nil)
	a := c.Post("/update-user", `{"name":"Anna"}`)
	answers(t, a, http.StatusUnauthorized, unauthorized)
	same(t, "cookies", signedOut, a.Header["Set-Cookie"])
}

func TestUpdateUserInProcess(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) {
		o.User.AdditionalFields = []core.Field{{Name: "plan", Type: db.String, Nullable: true}}
	})
	c := signUpAnn(t, s, map[string]any{"image": "i"})
	name := "Anna"
	request := core.FromRequest(c.Request(http.MethodGet, "/", nil))
	out, err := s.Routes.UpdateUser.Call(t.Context(), routes.UpdateUserInput{Name: &name, Image: input.Null[string](), Rest: wire.ObjectOf("plan", "gold")}, request)
	if err != nil || !out.Status {
		t.Fatalf("got %+v, %v", out, err)
	}
	_, err = s.Routes.UpdateUser.Call(t.Context(), routes.UpdateUserInput{}, request)
	if e, worded := errors.AsType[*core.Error](err); !worded || e.Message() != "No fields to update" {
		t.Errorf("got %v", err)
	}
	row := stored(t, s, "user")[0]
	same(t, "stored", []any{"Anna", nil, "gold"}, []any{row["name"], row["image"], row["plan"]})
}
