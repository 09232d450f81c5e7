package routes_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/routes"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// themes adds fields to the session. impersonatedBy stands for those that only
// a plugin may set.
func themes(o *core.Options) {
	o.Session.AdditionalFields = []core.Field{
		{Name: "theme", Type: db.String, Nullable: true},
		{Name: "impersonatedBy", Type: db.String, Nullable: true, NotInput: true},
		{Name: "note", Type: db.String, Nullable: true, NotReturned: true},
	}
}

func TestUpdateSession(t *testing.T) {
	for name, body := range map[string]string{
		"a field":                      `{"theme":"dark"}`,
		"a field that is not returned": `{"theme":"dark","note":"hush"}`,
		"what is the session's own is left alone, as in 1.7": `{"theme":"dark","token":"x","userId":"x","expiresAt":"2030-01-01T00:00:00.000Z","id":"x","createdAt":"2000-01-01T00:00:00.000Z","activeOrganizationId":"x","impersonatedBy":""}`,
	} {
		t.Run(name, func(t *testing.T) {
			s := authtest.New(t, themes)
			c := signUpAnn(t, s, nil)
			other := s.Client()
			other.Post("/sign-in/email", credentials(nil))
			token := tokenOf(c)
			s.Clock.Advance(time.Minute)
			a := c.Post("/update-session", body)
			n := names{}
			n.in(token)
			answers(t, &authtest.Answer{Status: a.Status, Body: n.in(a.Body)}, http.StatusOK,
				`{"session":{"expiresAt":"`+weekEnd+`","token":"<1>","createdAt":"`+start+`","updatedAt":"`+minuteLater+
					`","ipAddress":"192.0.2.1","userAgent":"","userId":"<2>","theme":"dark","impersonatedBy":null,"id":"<3>"}}`)
			same(t, "cookies", []string{sessionCookie + "=<1>.signed; Max-Age=604800; Path=/; HttpOnly; SameSite=Lax"}, cookieLines(s, n, a))
			same(t, "caching", "no-store", a.Header.Get("Cache-Control"))
			sessions := stored(t, s, "session")
			same(t, "this session and the other", []any{"dark", nil}, []any{sessions[0]["theme"], sessions[1]["theme"]})
		})
	}
}

func TestUpdateSessionRefusesInput(t *testing.T) {
	s := authtest.New(t, themes)
	c := signUpAnn(t, s, nil)
	invalid := func(message string) string { return `{"message":"` + message + `","code":"VALIDATION_ERROR"}` }
	const guarded = `{"message":"impersonatedBy is not allowed to be set","code":"FIELD_NOT_ALLOWED"}`
	for _, tc := range []struct {
		body   any
		answer string
	}{
		{nil, invalid("[body] Invalid input: expected record, received undefined")},
		{`[{"theme":"dark"}]`, invalid("[body] Invalid input: expected record, received array")},
		{`{}`, nothingToUpdate},
		{`{"token":"x"}`, nothingToUpdate},
		{`{"expiresAt":"2030-01-01T00:00:00.000Z","userId":"x"}`, nothingToUpdate},
		{`{"impersonatedBy":""}`, nothingToUpdate},
		{`{"impersonatedBy":"x"}`, guarded},
		{`{"theme":"dark","impersonatedBy":"x"}`, guarded},
		// 1.6.9 stores numbers as text.
		{`{"theme":5}`, invalid("[body.theme] Invalid input: expected string")},
	} {
		a := c.Post("/update-session", tc.body)
		answers(t, a, http.StatusBadRequest, tc.answer)
		same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
	}
	row := stored(t, s, "session")[0]
	same(t, "session", []any{nil, nil, authtest.Start}, []any{row["theme"], row["impersonatedBy"], row["updatedAt"]})
	answers(t, s.Client().Post("/update-session", `{"theme":"dark"}`), http.StatusUnauthorized, unauthorized)
}

func TestUpdateSessionWritesTheCacheAnew(t *testing.T) {
	s, p := cached(t, cookies.StrategyCompact, themes)
	c := signUpAnn(t, s, nil)
	c.Post("/update-session", `{"theme":"dark","note":"hush"}`)
	p.count(0)
	a := c.Get("/get-session")
	if n := p.calls.Load(); n != 0 || !strings.Contains(a.Body, `"theme":"dark"`) || strings.Contains(a.Body, "hush") {
		t.Errorf("after %d calls to the database: %s", n, a.Body)
	}
}

func TestUpdateSessionInASecondaryStorage(t *testing.T) {
	s := authtest.New(t, themes, func(o *core.Options) { o.SecondaryStorage = secondary.NewMemory(o.Clock) })
	c := signUpAnn(t, s, nil)
	if a := c.Post("/update-session", `{"theme":"dark"}`); a.Status != http.StatusOK {
		t.Fatalf("got %d %s", a.Status, a.Body)
	}
	if a := c.Get("/get-session"); !strings.Contains(a.Body, `"theme":"dark"`) {
		t.Errorf("got %s", a.Body)
	}
	count(t, s, "session", 0)
}

// The session goes away between the look-up and the change. As in 1.7; 1.6.9
// answers with a session that nothing has stored.
func TestUpdateOfASessionThatIsGone(t *testing.T) {
	s := authtest.New(t, themes, func(o *core.Options) { o.Database = stale{o.Database} })
	c := signUpAnn(t, s, nil)
	a := c.Post("/update-session", `{"theme":"dark"}`)
	answers(t, a, http.StatusUnauthorized, `{"message":"Failed to get session","code":"FAILED_TO_GET_SESSION"}`)
	same(t, "cookies", signedOut, a.Header["Set-Cookie"])
}

func TestDatabaseHooksThatRefuseAChangeOfASession(t *testing.T) {
	for _, tc := range hookRefusals(`{"message":"Failed to update session","code":"FAILED_TO_UPDATE_SESSION"}`) {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t, themes, func(o *core.Options) {
				o.DatabaseHooks.Session.BeforeUpdate = func(context.Context, db.Row) (db.Row, error) { return nil, tc.err }
			})
			c := signUpAnn(t, s, nil)
			a := c.Post("/update-session", `{"theme":"dark"}`)
			answers(t, a, tc.status, tc.answer)
			same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
			same(t, "theme", nil, stored(t, s, "session")[0]["theme"])
		})
	}
}

func TestUpdateSessionWhenTheDatabaseFails(t *testing.T) {
	p := newProbe(memory.New())
	s := authtest.New(t, themes, func(o *core.Options) { o.Database = p })
	c := signUpAnn(t, s, nil)
	failed := p.eachFails(t, func() *authtest.Answer {
		return c.Post("/update-session", `{"theme":"dark"}`)
	}, func() { same(t, "theme", nil, stored(t, s, "session")[0]["theme"]) })
	same(t, "calls that can fail", 2, failed) // the session and the change
}

func TestUpdateSessionInProcess(t *testing.T) {
	s := authtest.New(t, themes)
	c := signUpAnn(t, s, nil)
	out, err := s.Routes.UpdateSession.Call(t.Context(), routes.UpdateSessionInput{Rest: wire.ObjectOf("theme", "dark", "note", "hush")},
		core.FromRequest(c.Request(http.MethodGet, "/", nil)))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "fields", map[string]any{"theme": any("dark"), "impersonatedBy": nil}, out.Session.Extra)
}
