package twofactor_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/plugins/twofactor"
)

const day = 24 * time.Hour

// trusting is a browser that a member trusts, signed in.
func (s *server) trusting(m *member) *authtest.Client {
	s.t.Helper()
	c := s.challenged(address)
	want(s.t, c.Post("/two-factor/verify-backup-code", map[string]any{"code": m.codes[0], "trustDevice": true}), http.StatusOK, "")
	m.codes = m.codes[1:]
	if c.Cookies[deviceCookie] == "" {
		s.t.Fatal("the browser is not trusted")
	}
	return c
}

// asked tells whether a sign-in of this browser is challenged.
func (s *server) asked(c *authtest.Client, email string) bool {
	s.t.Helper()
	a := s.signIn(c, email)
	want(s.t, a, http.StatusOK, "")
	return a.At(s.t, "twoFactorRedirect") == true
}

func TestATrustedBrowserIsNotAskedForThirtyDays(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	c := s.trusting(s.enrolled())
	for range 3 {
		before := c.Cookies[deviceCookie]
		s.Clock.Advance(29 * day)
		if s.asked(c, address) || s.signedIn(c) != address {
			t.Fatal("the browser is asked")
		}
		if c.Cookies[deviceCookie] == before {
			t.Error("the cookie is the old one")
		}
		thief := s.Client()
		thief.Cookies[deviceCookie] = before
		if !s.asked(thief, address) {
			t.Error("the old cookie is trusted")
		}
	}
	s.Clock.Advance(30 * day)
	if !s.asked(c, address) {
		t.Error("the browser is not asked after 30 days")
	}
	if _, has := c.Cookies[deviceCookie]; has {
		t.Error("the cookie stays")
	}
}

func TestATrustedBrowserIsThatOfOneUser(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	ann := s.enrolled()
	bob := s.join("bob@example.com")
	bob.enrol()
	want(t, bob.Post("/two-factor/verify-totp", body(bob.code(0))), http.StatusOK, "")
	c := s.trusting(ann)
	cookie := c.Cookies[deviceCookie]
	if !s.asked(c, "bob@example.com") {
		t.Error("Bob is not asked")
	}
	c.Cookies[deviceCookie] = cookie // of which nothing was spent
	if s.asked(c, address) {
		t.Error("Ann is asked")
	}
}

func TestCookiesOfTrustThatAreRefused(t *testing.T) {
	for name, change := range map[string]func(s *server, c *authtest.Client){
		"a signature over something else": func(s *server, c *authtest.Client) {
			signed, _ := s.Keys().Verify(unescape(t, c.Cookies[deviceCookie]))
			_, identifier, _ := strings.Cut(signed, "!")
			c.Cookies[deviceCookie] = s.Keys().Sign(s.Keys().SignRaw("somebody!"+identifier) + "!" + identifier)
		},
		"no signature over the user": func(s *server, c *authtest.Client) {
			signed, _ := s.Keys().Verify(unescape(t, c.Cookies[deviceCookie]))
			_, identifier, _ := strings.Cut(signed, "!")
			c.Cookies[deviceCookie] = s.Keys().Sign("!" + identifier)
		},
		"a record of another value": func(s *server, _ *authtest.Client) { s.set("verification", db.Row{"value": "somebody"}) },
		"no record":                 func(s *server, _ *authtest.Client) { remove(s, "verification") },
		"a changed letter": func(_ *server, c *authtest.Client) {
			letter := "A"
			if strings.HasPrefix(c.Cookies[deviceCookie], letter) {
				letter = "B"
			}
			c.Cookies[deviceCookie] = letter + c.Cookies[deviceCookie][1:]
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, twofactor.Options{})
			c := s.trusting(s.enrolled())
			change(s, c)
			if !s.asked(c, address) {
				t.Error("it is trusted")
			}
		})
	}
}

func TestSwitchingOffEndsTheTrustInEveryBrowser(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	ann := s.enrolled()
	phone, laptop := s.trusting(ann), s.trusting(ann)
	want(t, phone.Post("/two-factor/disable", map[string]any{"password": password}), http.StatusOK, "")
	if _, has := phone.Cookies[deviceCookie]; has {
		t.Error("the cookie stays")
	}
	if s.rows("twoFactor") != 0 || s.row("user")["twoFactorEnabled"] != false {
		t.Error("the factor is on")
	}
	if s.asked(s.Client(), address) {
		t.Error("a sign-in is challenged")
	}
	s.Clock.Advance(step)
	ann.Client = phone
	ann.enrol()
	want(t, ann.Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusOK, "")
	if !s.asked(laptop, address) {
		t.Error("the browser is trusted with the factor of before")
	}
	if s.asked(s.trusting(ann), address) {
		t.Error("a browser of now is not trusted")
	}
}

func TestSwitchingOffAsksForThePassword(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	ann := s.enrolled()
	for given, code := range map[string]string{"": "INVALID_PASSWORD", "password124": "INVALID_PASSWORD", strings.Repeat("x", 129): "PASSWORD_TOO_LONG"} {
		want(t, ann.Post("/two-factor/disable", map[string]any{"password": given}), http.StatusBadRequest, code)
	}
	before := ann.Cookies[sessionCookie]
	want(t, ann.Post("/two-factor/disable", map[string]any{"password": password}), http.StatusOK, "")
	if ann.Cookies[sessionCookie] == before || s.signedIn(ann.Client) != address {
		t.Error("there is no other session in the place of the old one")
	}
	old := s.Client()
	old.Cookies[sessionCookie] = before
	if s.signedIn(old) != "" {
		t.Error("the old session goes on")
	}
}
