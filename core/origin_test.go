package core_test

import (
	"net/http"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
)

const (
	noOrigin  = `{"message":"Missing or null Origin","code":"MISSING_OR_NULL_ORIGIN"}`
	badOrigin = `{"message":"Invalid origin","code":"INVALID_ORIGIN"}`
	crossSite = `{"message":"Cross-site navigation login blocked. This request appears to be a CSRF attack.","code":"CROSS_SITE_NAVIGATION_LOGIN_BLOCKED"}`
)

func TestTheOriginOfRequestsWithCookies(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) { o.TrustedOrigins = []string{"https://*.example.com", "myapp://"} })
	for _, tc := range []struct {
		name    string
		headers map[string]string
		refused string
	}{
		{"the server's own origin", map[string]string{"Origin": "http://localhost:3000"}, ""},
		{"a trusted pattern", map[string]string{"Origin": "https://app.example.com"}, ""},
		{"a trusted app scheme", map[string]string{"Origin": "myapp://"}, ""},
		{"a trusted referer instead of an origin", map[string]string{"Referer": "http://localhost:3000/page"}, ""},
		{"a sandboxed page of the same origin", map[string]string{"Origin": "null", "Sec-Fetch-Site": "same-origin"}, ""},
		{"no origin at all", nil, noOrigin},
		{"a null origin", map[string]string{"Origin": "null"}, noOrigin},
		{"a null origin from another site", map[string]string{"Origin": "null", "Sec-Fetch-Site": "cross-site"}, noOrigin},
		{"a foreign origin", map[string]string{"Origin": "https://evil.com"}, badOrigin},
		{"a foreign referer", map[string]string{"Referer": "https://evil.com/http://localhost:3000"}, badOrigin},
		{"a trusted name as a prefix", map[string]string{"Origin": "http://localhost:3000.evil.com"}, badOrigin},
		{"a trusted name as user information", map[string]string{"Origin": "http://localhost:3000@evil.com"}, badOrigin},
		{"another scheme", map[string]string{"Origin": "https://localhost:3000"}, badOrigin},
		{"another port", map[string]string{"Origin": "http://localhost:30001"}, badOrigin},
		{"an escaped slash before a trusted suffix", map[string]string{"Origin": "https://evil.com%2f.example.com"}, badOrigin},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := s.Client()
			c.Cookies["theme"] = "dark"
			c.Header = http.Header{}
			for name, v := range tc.headers {
				c.Header.Set(name, v)
			}
			a := c.Post("/sign-out", nil)
			switch {
			case tc.refused == "" && a.Status != http.StatusOK:
				t.Errorf("refused: %d %s", a.Status, a.Body)
			case tc.refused != "" && (a.Status != http.StatusForbidden || a.Body != tc.refused):
				t.Errorf("got %d %s, want 403 %s", a.Status, a.Body, tc.refused)
			}
		})
	}
}

func TestReadingNeedsNoOrigin(t *testing.T) {
	c := authtest.New(t).Client()
	c.Cookies["theme"] = "dark"
	c.Header = http.Header{"Origin": {"https://evil.com"}}
	if a := c.Get("/get-session"); a.Status != http.StatusOK {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}

func TestSigningInWithoutCookies(t *testing.T) {
	body := map[string]any{"email": "a@b.co", "password": "password123"}
	for _, tc := range []struct {
		name    string
		headers map[string]string
		compat  bool
		refused string
	}{
		{"nothing known of the caller, such as curl", nil, false, ""},
		{"a trusted origin", map[string]string{"Origin": "http://localhost:3000"}, false, ""},
		// 1.6.9 does not look at the origin without cookies or fetch metadata.
		{"a foreign origin", map[string]string{"Origin": "https://evil.com"}, false, badOrigin},
		{"a foreign origin, as 1.6.9", map[string]string{"Origin": "https://evil.com"}, true, ""},
		{"a cross-site navigation", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, true, crossSite},
		{"a cross-site fetch from a foreign origin", map[string]string{"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Origin": "https://evil.com"}, true, badOrigin},
		{"a browser's fetch without an origin", map[string]string{"Sec-Fetch-Site": "same-origin"}, true, noOrigin},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t, func(o *core.Options) { o.Compat.SkipCookielessOriginCheck = tc.compat })
			s.Client().SignUp("a@b.co", "password123")
			c := s.Client()
			c.Header = http.Header{}
			for name, v := range tc.headers {
				c.Header.Set(name, v)
			}
			a := c.Post("/sign-in/email", body)
			switch {
			case tc.refused == "" && a.Status != http.StatusOK:
				t.Errorf("refused: %d %s", a.Status, a.Body)
			case tc.refused != "" && (a.Status != http.StatusForbidden || a.Body != tc.refused):
				t.Errorf("got %d %s, want 403 %s", a.Status, a.Body, tc.refused)
			case tc.refused != "" && len(a.Header["Set-Cookie"]) > 0:
				t.Errorf("a refused sign-in set cookies")
			}
		})
	}
}

func TestSwitchingChecksOff(t *testing.T) {
	on, off := true, false
	for _, tc := range []struct {
		name                 string
		configure            func(*core.Advanced)
		origin, callback     string
		originOK, callbackOK bool
	}{
		{"disableCSRFCheck leaves the callback check", func(a *core.Advanced) { a.DisableCSRFCheck = &on }, "https://evil.com", "https://evil.com", true, false},
		{"disableOriginCheck alone switches off both", func(a *core.Advanced) { a.DisableOriginCheck = true }, "https://evil.com", "https://evil.com", true, true},
		{"a path prefix applies below it", func(a *core.Advanced) { a.DisableOriginCheckPaths = []string{"/sign-in"} }, "https://evil.com", "https://evil.com", true, true},
		{"a path prefix ends at a segment", func(a *core.Advanced) { a.DisableOriginCheckPaths = []string{"/sign"} }, "https://evil.com", "https://evil.com", false, false},
		{"an explicit false keeps the check", func(a *core.Advanced) { a.DisableCSRFCheck = &off }, "https://evil.com", "/ok", false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t, func(o *core.Options) { tc.configure(&o.Advanced) })
			s.Client().SignUp("a@b.co", "password123")
			c := s.Client()
			c.Cookies["theme"] = "dark"
			body := map[string]any{"email": "a@b.co", "password": "password123"}
			c.Header.Set("Origin", tc.origin)
			if a := c.Post("/sign-in/email", body); (a.Status == http.StatusOK) != tc.originOK {
				t.Errorf("origin: %d %s", a.Status, a.Body)
			}
			body["callbackURL"] = tc.callback
			if a := c.Post("/sign-in/email", body); (a.Status == http.StatusOK) != tc.callbackOK {
				t.Errorf("callback: %d %s", a.Status, a.Body)
			}
		})
	}
}

func TestOriginsThatDependOnTheRequest(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) {
		o.TrustedOriginsFunc = func(r *http.Request) []string {
			return []string{"https://" + r.Header.Get("X-Tenant") + ".example.com"}
		}
	})
	post := func(tenant, origin string) int {
		c := s.Client()
		c.Cookies["theme"] = "dark"
		c.Header = http.Header{"Origin": {origin}, "X-Tenant": {tenant}}
		return c.Post("/sign-out", nil).Status
	}
	if got := post("a", "https://a.example.com"); got != http.StatusOK {
		t.Errorf("the tenant's own origin: %d", got)
	}
	// 1.6.9 keeps the origins of the request before.
	if got := post("b", "https://a.example.com"); got != http.StatusForbidden {
		t.Errorf("another tenant's origin: %d", got)
	}
}

func TestTheHostOfTheRequestDecidesNothingWhenABaseURLIsSet(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) {
		o.EmailVerification.SendOnSignUp = new(bool)
		*o.EmailVerification.SendOnSignUp = true
	})
	c := s.Client()
	r := c.Request(http.MethodPost, "/sign-up/email", map[string]any{"name": "A", "email": "a@b.co", "password": "password123"})
	r.Host = "evil.com"
	for name, v := range map[string]string{"X-Forwarded-Host": "evil.com", "X-Forwarded-Proto": "https", "Forwarded": "host=evil.com"} {
		r.Header.Set(name, v)
	}
	if a := c.Send(r); a.Status != http.StatusOK {
		t.Fatalf("got %d %s", a.Status, a.Body)
	}
	s.Settle()
	mails := authtest.Sent[core.VerificationEmail](s.Outbox)
	if len(mails) != 1 || mails[0].URL[:len(authtest.BaseURL)] != authtest.BaseURL {
		t.Errorf("mail link %v", mails)
	}
}

func TestADynamicBaseURL(t *testing.T) {
	on := true
	s := authtest.New(t, func(o *core.Options) {
		o.BaseURL = ""
		o.DynamicBaseURL = &core.DynamicBaseURL{AllowedHosts: []string{"*.example.com", "localhost:3000"}, Protocol: "https"}
		o.EmailVerification.SendOnSignUp = &on
		o.Advanced.CrossSubDomainCookies.Enabled = true
	})
	signUp := func(host, email string) *authtest.Answer {
		c := s.Client()
		c.Header.Set("Origin", "https://"+host)
		r := c.Request(http.MethodPost, "/sign-up/email", map[string]any{"name": "A", "email": email, "password": "password123"})
		r.Host = host
		return c.Send(r)
	}
	for i, host := range []string{"a.example.com", "b.example.com", "a.example.com"} {
		a := signUp(host, string(rune('a'+i))+"@b.co")
		if a.Status != http.StatusOK {
			t.Fatalf("%s: %d %s", host, a.Status, a.Body)
		}
		s.Settle()
		mails := authtest.Sent[core.VerificationEmail](s.Outbox)
		if want := "https://" + host + "/api/auth/verify-email?"; mails[i].URL[:len(want)] != want {
			t.Errorf("link %q, want %q", mails[i].URL, want)
		}
		if cookie := a.Header.Get("Set-Cookie"); !contains(cookie, "__Secure-better-auth.session_token=") || !contains(cookie, "Domain="+host) {
			t.Errorf("cookie %q", cookie)
		}
	}
	a := signUp("evil.com", "z@b.co")
	if a.Status != http.StatusBadRequest || a.Text(t, "code") != "HOST_NOT_ALLOWED" {
		t.Errorf("a foreign host: %d %s", a.Status, a.Body)
	}
}
