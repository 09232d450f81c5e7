package routes_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
)

// Targets that lead to another site, or that some reader of URLs takes for one.
var badTargets = []string{
	"//evil.com", `/\evil.com`, `/\\evil.com`, "/%2f%2fevil.com", "/%5cevil.com", "/\t/evil.com", "/\n/evil.com", "///evil.com", `\\evil.com`,
	"https:evil.com", "https:/evil.com", `https:\\evil.com`, "http://localhost:3000@evil.com", "http://localhost:3000.evil.com", "http://localhost:30001",
	"http://evil.com#http://localhost:3000", "http://evil.com/?x=http://localhost:3000",
	`https://evil.com\.example.com`, "https://evil.com/.example.com", "https://evil.com?.example.com", "https://evil.com#.example.com",
	"https://a.example.com.evil.com", "https://aexample.com", "https://example.com", "https://a.example.com:8443", "http://a.example.com",
	"javascript:alert(1)", "javascript://localhost:3000/%0aalert(1)", "data:text/html,x", "vbscript:x", "blob:http://localhost:3000/x",
	" https://evil.com", "HTTPS://EVIL.COM", "http://127.0.0.1:3000", "http://[::1]:3000", "http://localhost%00.evil.com:3000", "https://evil。com",
	"null", "//localhost:3000", "/a\r\nX: y",
	// 1.6.9 takes these; 1.7 does not.
	"https://evil.com%2f.example.com",
	// 1.6.9 refuses these and 1.7 takes them.
	"/a#b", "/path?next=https://evil.com", "/üñí", "/%09/evil.com",
	// Not in 1.6.9's grammar of paths either.
	"dashboard", "./dashboard", "../dashboard", "?x=1", "#x", "/a b", "/a\x00b", "/a\u2028b",
	"https://user:p@a.example.com", "http://user@localhost:3000/", "myapp", "myapp:", "myapp:/cb", "myapp.evil://cb",
}

var goodTargets = []string{
	"/", "/dashboard", "/a?x=1", "/@evil.com", "/.//evil.com", "http://LOCALHOST:3000", "http://localhost:3000/", "http://localhost:3000/a?b=c#d",
	"https://a.b.example.com", "https://app.example.com", "https://app.example.com/x", "myapp://cb",
}

func TestRedirectTargets(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) {
		o.TrustedOrigins = []string{"https://*.example.com", "myapp://", "https://app.example.com"}
	})
	s.Client().SignUp(email, password)
	send := func(path, callback string, inQuery bool) *authtest.Answer {
		b := credentials(nil)
		if path == "/sign-up/email" {
			b = body(map[string]any{"email": "bob@example.com"})
		}
		if inQuery {
			return s.Client().Post(path+"?callbackURL="+url.QueryEscape(callback), b)
		}
		b["callbackURL"] = callback
		return s.Client().Post(path, b)
	}
	for _, path := range []string{"/sign-in/email", "/sign-up/email"} {
		for _, inQuery := range []bool{false, true} {
			where := path + " in the body: "
			if inQuery {
				where = path + " in the query: "
			}
			for _, target := range badTargets {
				t.Run(where+target, func(t *testing.T) {
					a := send(path, target, inQuery)
					if !inQuery && strings.Contains(target, "\x00") {
						// NUL does not get past the reader of JSON.
						same(t, "status", http.StatusBadRequest, a.Status)
						return
					}
					answers(t, a, http.StatusForbidden, badCallback)
					if a.Header.Get("Location") != "" || a.Header["Set-Cookie"] != nil {
						t.Errorf("the refusal carries %v", a.Header)
					}
				})
			}
			for _, target := range goodTargets {
				t.Run(where+target, func(t *testing.T) {
					a := send(path, target, inQuery)
					if path == "/sign-up/email" {
						if a.Status == http.StatusForbidden {
							t.Errorf("got %d %s", a.Status, a.Body)
						}
						return
					}
					location := target
					if inQuery {
						location = ""
					}
					if a.Status != http.StatusOK || a.Header.Get("Location") != location {
						t.Errorf("got %d %s, Location %q", a.Status, a.Body, a.Header.Get("Location"))
					}
				})
			}
		}
	}
}

// Each place is judged on its own, and each of several values.
func TestTargetsInSeveralPlaces(t *testing.T) {
	s := authtest.New(t)
	s.Client().SignUp(email, password)
	for _, tc := range []struct {
		name, query string
		change      map[string]any
		answer      string
	}{
		// 1.6.9 looks at the body's and lets the query's pass.
		{"good in the body, bad in the query", "?callbackURL=https://evil.com", map[string]any{"callbackURL": "/ok"}, badCallback},
		{"bad in the body, good in the query", "?callbackURL=/ok", map[string]any{"callbackURL": "https://evil.com"}, badCallback},
		// 1.6.9 falls over two values with an empty 500.
		{"good and bad in the query", "?callbackURL=/ok&callbackURL=https://evil.com", nil, badCallback},
		{"redirectTo", "", map[string]any{"redirectTo": "https://evil.com"}, `{"message":"Invalid redirectURL","code":"INVALID_REDIRECT_URL"}`},
		{"errorCallbackURL", "", map[string]any{"errorCallbackURL": "https://evil.com"}, `{"message":"Invalid errorCallbackURL","code":"INVALID_ERROR_CALLBACK_URL"}`},
		{"newUserCallbackURL", "", map[string]any{"newUserCallbackURL": "https://evil.com"}, `{"message":"Invalid newUserCallbackURL","code":"INVALID_NEW_USER_CALLBACK_URL"}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			answers(t, s.Client().Post("/sign-in/email"+tc.query, credentials(tc.change)), http.StatusForbidden, tc.answer)
			answers(t, s.Client().Post("/sign-up/email"+tc.query, body(tc.change)), http.StatusForbidden, tc.answer)
		})
	}
}

// Without the check a target still cannot break out of its header.
func TestTargetsWithoutTheOriginCheck(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) { o.Advanced.DisableOriginCheck = true })
	s.Client().SignUp(email, password)
	for target, status := range map[string]int{
		"https://anywhere.example":  http.StatusOK,
		"/a\r\nX: y":                http.StatusForbidden,
		"javascript:alert(1)":       http.StatusForbidden,
		"//evil.com":                http.StatusForbidden,
		"https://evil.com/\u00fc":   http.StatusForbidden,
		"https://evil.com/ with sp": http.StatusOK,
	} {
		a := s.Client().Post("/sign-in/email", credentials(map[string]any{"callbackURL": target}))
		if a.Status != status {
			t.Errorf("%q: got %d %s", target, a.Status, a.Body)
		}
	}
}
