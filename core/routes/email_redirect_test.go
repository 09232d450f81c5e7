package routes_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
)

func trustingExamples(o *core.Options) {
	o.TrustedOrigins = []string{"https://*.example.com", "myapp://", "https://app.example.com"}
}

func TestTargetsOfVerifyEmail(t *testing.T) {
	s := authtest.New(t, trustingExamples, mailOnSignUp)
	s.Client().SignUp(email, password)
	token := lastMail(t, s).Token
	for _, target := range badTargets {
		t.Run(target, func(t *testing.T) {
			for _, given := range []string{token, "nonsense"} {
				a := s.Client().Get(verifyPath(given, target))
				answers(t, a, http.StatusForbidden, badCallback)
				if a.Header.Get("Location") != "" || a.Header["Set-Cookie"] != nil {
					t.Errorf("the refusal carries %v", a.Header)
				}
			}
		})
	}
	same(t, "addresses", email, addresses(t, s))
	for _, target := range goodTargets {
		t.Run(target, func(t *testing.T) {
			separator := "?"
			if strings.Contains(target, "?") {
				separator = "&"
			}
			redirects(t, s.Client().Get(verifyPath("nonsense", target)), target+separator+"error=INVALID_TOKEN")
			redirects(t, s.Client().Get(verifyPath(token, target)), target)
		})
	}
}

func TestTargetsOfRequestsForMail(t *testing.T) {
	s := authtest.New(t, trustingExamples, changeable)
	c := s.Client()
	c.SignUp(email, password)
	for path, b := range map[string]map[string]any{sendPath: to(email), "/change-email": {"newEmail": newEmail}} {
		for _, target := range badTargets {
			t.Run(path+": "+target, func(t *testing.T) {
				before := mails(s)
				b["callbackURL"] = target
				switch a := c.Post(path, b); {
				case strings.Contains(target, "\x00"): // does not get past the reader of JSON
					same(t, "status", http.StatusBadRequest, a.Status)
				default:
					answers(t, a, http.StatusForbidden, badCallback)
				}
				delete(b, "callbackURL")
				answers(t, c.Post(path+"?callbackURL="+url.QueryEscape(target), b), http.StatusForbidden, badCallback)
				if n := mails(s) - before; n != 0 {
					t.Errorf("%d mails were sent", n)
				}
			})
		}
		for _, target := range goodTargets {
			t.Run(path+": "+target, func(t *testing.T) {
				b["callbackURL"] = target
				answers(t, c.Post(path, b), http.StatusOK, accepted)
				// The target comes back as it was, also where it has a query.
				link, err := url.Parse(lastMail(t, s).URL)
				if err != nil {
					t.Fatal(err)
				}
				same(t, "callbackURL", target, link.Query().Get("callbackURL"))
				same(t, "parameters", 2, len(link.Query()))
			})
		}
	}
}

// Without the check a target still cannot break out of its header.
func TestTargetsOfVerifyEmailWithoutTheOriginCheck(t *testing.T) {
	for name, off := range map[string]func(*core.Options){
		"everywhere": func(o *core.Options) { o.Advanced.DisableOriginCheck = true },
		"here":       func(o *core.Options) { o.Advanced.DisableOriginCheckPaths = []string{"/verify-email"} },
	} {
		t.Run(name, func(t *testing.T) {
			s := authtest.New(t, mailOnSignUp, off)
			s.Client().SignUp(email, password)
			token := lastMail(t, s).Token
			for _, target := range []string{"/a\r\nX: y", "javascript:alert(1)", "//evil.com", "https://evil.com/\u00fc", "dashboard"} {
				answers(t, s.Client().Get(verifyPath(token, target)), http.StatusForbidden, badCallback)
			}
			same(t, "addresses", email, addresses(t, s))
			redirects(t, s.Client().Get(verifyPath(token, "https://anywhere.example")), "https://anywhere.example")
		})
	}
}
