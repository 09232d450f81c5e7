package routes_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
)

// Without a database a session comes with all that is known of it, also to a
// process that has never heard of its user. The answers are those of 1.6.9.
func TestChangesOfASessionThatLivesInItsCookies(t *testing.T) {
	stateless := func(o *core.Options) {
		themes(o)
		deletable(o)
		o.Database = nil
		o.User.AdditionalFields = o.Session.AdditionalFields
	}
	one, two := authtest.New(t, stateless), authtest.New(t, stateless)
	c := two.Client()
	c.Cookies = signUpAnn(t, one, map[string]any{"image": "i"}).Cookies
	two.Clock.Advance(time.Minute)
	answers(t, c.Post("/update-user", `{"name":"Anna","theme":"gold","impersonatedBy":""}`), http.StatusOK, done)
	answers(t, c.Post("/update-user", `{"image":null}`), http.StatusOK, done)
	a := c.Post("/update-session", `{"theme":"dark","note":"hush"}`)
	const changed = `{"session":{"expiresAt":"` + weekEnd + `","token":"<1>","createdAt":"` + start + `","updatedAt":"` + minuteLater +
		`","ipAddress":"192.0.2.1","userAgent":"","userId":"<2>","theme":"dark","impersonatedBy":null,"id":"<3>"}`
	answers(t, named(a), http.StatusOK, changed+`}`)
	answers(t, named(c.Get("/get-session")), http.StatusOK, changed+
		`,"user":{"name":"Anna","email":"ann@example.com","emailVerified":false,"image":null,"createdAt":"`+start+`","updatedAt":"`+start+
		`","theme":"gold","impersonatedBy":null,"id":"<2>"}}`)
	answers(t, c.Get("/list-accounts"), http.StatusOK, "[]")
	answers(t, c.Post("/unlink-account", `{"providerId":"credential"}`), http.StatusBadRequest, noAccount)
	two.Clock.Advance(day)
	answers(t, c.Post("/unlink-account", `{"providerId":"credential"}`), http.StatusForbidden, notFresh)
	answers(t, two.Client().Post("/update-user", `{"name":"Eve"}`), http.StatusUnauthorized, unauthorized)
}

// A secondary storage knows better than the cookies.
func TestARevokedSessionBesideASecondaryStorage(t *testing.T) {
	s := authtest.New(t, themes, func(o *core.Options) {
		o.Database, o.SecondaryStorage = nil, secondary.NewMemory(o.Clock)
	})
	c, phone := signUpAnn(t, s, nil), s.Client()
	phone.Post("/sign-in/email", credentials(nil))
	if a := phone.Post("/revoke-other-sessions", nil); a.Status != http.StatusOK {
		t.Fatalf("got %d %s", a.Status, a.Body)
	}
	if !strings.Contains(c.Cookies[cacheCookie], ".") {
		t.Fatal("there is no cached session")
	}
	answers(t, c.Post("/update-user", `{"name":"Eve"}`), http.StatusUnauthorized, unauthorized)
}
