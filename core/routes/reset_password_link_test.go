package routes_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/verification"
)

// openResetLink opens the link of a mail with another target.
func openResetLink(c *authtest.Client, token, target string) *authtest.Answer {
	return c.Get("/reset-password/" + token + "?callbackURL=" + url.QueryEscape(target))
}

// The locations are those of URL and URLSearchParams in Node; the list for the
// serialisation itself stands in core/origin.
func TestTheResetLinkLeadsOn(t *testing.T) {
	for _, tc := range []struct{ target, good, bad string }{
		{"/reset", "http://localhost:3000/reset?token=TOKEN", "http://localhost:3000/reset?error=INVALID_TOKEN"},
		{"/reset?a=b%20c+d&token=old&x", "http://localhost:3000/reset?a=b+c+d&token=TOKEN&x=", "http://localhost:3000/reset?a=b+c+d&token=old&x=&error=INVALID_TOKEN"},
		{"/.//evil.com", "http://localhost:3000//evil.com?token=TOKEN", "http://localhost:3000//evil.com?error=INVALID_TOKEN"},
		{"http://LOCALHOST:3000", "http://localhost:3000/?token=TOKEN", "http://localhost:3000/?error=INVALID_TOKEN"},
		{"http://localhost:3000/a/../é#", "http://localhost:3000/%C3%A9?token=TOKEN#", "http://localhost:3000/%C3%A9?error=INVALID_TOKEN#"},
		{"myapp://cb", "myapp://cb?token=TOKEN", "myapp://cb?error=INVALID_TOKEN"},
	} {
		t.Run(tc.target, func(t *testing.T) {
			f := newForgetful(t, func(o *core.Options) { o.TrustedOrigins = []string{"myapp://"} })
			token := f.token(t)
			// A scanner opens the link before its owner does, and the page once more.
			for range 3 {
				a := openResetLink(f.Client(), token, tc.target)
				answers(t, a, http.StatusFound, "")
				same(t, "Location", strings.Replace(tc.good, "TOKEN", token, 1), a.Header.Get("Location"))
				same(t, "Cache-Control", "no-store", a.Header.Get("Cache-Control"))
				same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
			}
			same(t, "Location of another token", tc.bad, openResetLink(f.Client(), "nonsense", tc.target).Header.Get("Location"))
			count(t, f.Server, "verification", 1)
		})
	}
}

func TestResetLinksThatAreNoGood(t *testing.T) {
	const refused = "http://localhost:3000/reset?error=INVALID_TOKEN"
	for _, tc := range []struct {
		name string
		link func(t *testing.T, f *forgetful) (token, target string)
		want string
	}{
		{"a token that is none", func(*testing.T, *forgetful) (string, string) { return "nonsense", "/reset" }, refused},
		{"a token that has expired", func(t *testing.T, f *forgetful) (string, string) {
			token := f.token(t)
			f.Clock.Advance(time.Hour)
			return token, "/reset"
		}, refused},
		{"a token that was used", func(t *testing.T, f *forgetful) (string, string) {
			token := f.token(t)
			answers(t, f.Client().Post("/reset-password", map[string]any{"newPassword": newPassword, "token": token}), http.StatusOK, done)
			return token, "/reset"
		}, refused},
		{"a token of another kind", func(t *testing.T, f *forgetful) (string, string) {
			return foreignToken(t, f, verification.Purpose{Prefix: "delete-account-"}), "/reset"
		}, refused},
		{
			"a good token and no target", func(t *testing.T, f *forgetful) (string, string) { return f.token(t), "" },
			"http://localhost:3000/api/auth/error?error=INVALID_TOKEN",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newForgetful(t)
			token, target := tc.link(t, f)
			a := openResetLink(f.Client(), token, target)
			answers(t, a, http.StatusFound, "")
			same(t, "Location", tc.want, a.Header.Get("Location"))
		})
	}
	t.Run("just before its end it is good", func(t *testing.T) {
		f := newForgetful(t)
		token := f.token(t)
		f.Clock.Advance(time.Hour - time.Millisecond)
		same(t, "Location", "http://localhost:3000/reset?token="+token, openResetLink(f.Client(), token, "/reset").Header.Get("Location"))
	})
}

// foreignToken is a proof of another purpose for Ann.
func foreignToken(t *testing.T, f *forgetful, p verification.Purpose) string {
	t.Helper()
	const token = "abcdefghijklmnopqrstuvwx"
	owner, _ := stored(t, f.Server, "user")[0]["id"].(string)
	if _, err := f.Verifications().Create(t.Context(), p, token, owner, f.Clock.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	return token
}

func TestTargetsOfAResetLink(t *testing.T) {
	f := newForgetful(t, func(o *core.Options) {
		o.TrustedOrigins = []string{"https://*.example.com", "myapp://", "https://app.example.com"}
	})
	token := f.token(t)
	for _, target := range badTargets {
		t.Run(target, func(t *testing.T) {
			a := openResetLink(f.Client(), token, target)
			answers(t, a, http.StatusForbidden, badCallback)
			same(t, "Location", "", a.Header.Get("Location"))
		})
	}
	for _, target := range goodTargets {
		t.Run(target, func(t *testing.T) {
			a := openResetLink(f.Client(), token, target)
			location := a.Header.Get("Location")
			if a.Status != http.StatusFound || !strings.Contains(location, "token="+token) {
				t.Errorf("got %d %s, Location %q", a.Status, a.Body, location)
			}
			for _, own := range []string{"http://localhost:3000/", "https://a.b.example.com/", "https://app.example.com/", "myapp://"} {
				if strings.HasPrefix(location, own) {
					return
				}
			}
			t.Errorf("Location is %q", location)
		})
	}
}

// Without the check a target still has to be one that a browser can be sent to.
func TestTargetsOfAResetLinkWithoutTheOriginCheck(t *testing.T) {
	f := newForgetful(t, func(o *core.Options) { o.Advanced.DisableOriginCheck = true })
	token := f.token(t)
	for target, want := range map[string]string{
		"https://anywhere.example": "https://anywhere.example/?token=" + token,
		"/a\r\nX: y":               "",
		"javascript:alert(1)":      "",
		"//evil.com":               "",
		"https://u:p@evil.com":     "",
	} {
		a := openResetLink(f.Client(), token, target)
		same(t, "Location for "+target, want, a.Header.Get("Location"))
		if want == "" {
			answers(t, a, http.StatusForbidden, badCallback)
		}
	}
}

func TestAResetLinkIsOpenedByGET(t *testing.T) {
	f := newForgetful(t)
	token := f.token(t)
	for _, method := range []string{http.MethodHead, http.MethodOptions, http.MethodPost} {
		if a := f.Client().Do(method, "/reset-password/"+token+"?callbackURL=/reset", nil); a.Status != http.StatusNotFound {
			t.Errorf("%s gets %d %s", method, a.Status, a.Body)
		}
	}
}

func TestAResetLinkWhenTheDatabaseFails(t *testing.T) {
	p := newProbe(memory.New())
	f := newForgetful(t, func(o *core.Options) { o.Database, o.Verification.DisableCleanup = p, true })
	token := f.token(t)
	p.count(1)
	a := openResetLink(f.Client(), token, "/reset")
	p.count(0)
	answers(t, a, http.StatusInternalServerError, "")
	same(t, "Location", "", a.Header.Get("Location"))
}
