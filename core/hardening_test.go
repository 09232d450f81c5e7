package core_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/dbtest"
	"github.com/gatehouse-auth/gatehouse/core/password"
	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
)

// GHSA-x732-6j76-qmhm for paths with parameters: one spelling for the route,
// the limit, the disabled paths and the hooks.
func TestEscapesInAParameterDoNotMakeAnotherPath(t *testing.T) {
	type in struct {
		ID string `path:"id"`
	}
	var seen []string
	item := plugin{"a", func(s *core.Setup) {
		core.Route(s, core.Endpoint[in, echoOutput]{Method: http.MethodGet, Path: "/callback/:id", Handle: func(c *core.Ctx, in in) (*echoOutput, error) {
			seen = append(seen, c.Path)
			return &echoOutput{in.ID}, nil
		}})
	}}
	s := authtest.New(t, limited, with(item), func(o *core.Options) {
		o.DisabledPaths = []string{"/callback/google"}
		o.RateLimit.CustomRules = []ratelimit.CustomRule{{Path: "/callback/a%20b", Rule: ratelimit.Rule{Window: time.Minute, Max: 2}}}
	})
	for _, path := range []string{"/callback/google", "/callback/%67oogle", "/callback/goo%67le", "/callback/%67%6F%6f%67%6c%65"} {
		if a := s.Client().Get(path); a.Status != http.StatusNotFound {
			t.Errorf("%s: %d %s", path, a.Status, a.Body)
		}
	}
	passed := 0
	for _, path := range []string{"/callback/a%20b", "/callback/a%20b", "/callback/a%20b", "/callback/%61%20b", "/callback/a%20%62"} {
		if s.Client().Get(path).Status == http.StatusOK {
			passed++
		}
	}
	if passed != 2 {
		t.Errorf("%d requests passed a limit of 2", passed)
	}
	if a := s.Client().Get("/callback/%c3%a9"); a.Body != `{"text":"é"}` || seen[len(seen)-1] != "/callback/%C3%A9" {
		t.Errorf("lower-case digits: %s, path %q", a.Body, seen[len(seen)-1])
	}
}

func TestMailInProductionNeedsABaseURL(t *testing.T) {
	production := func(o *core.Options) { o.Production, o.BaseURL = true, "" }
	if _, err := authtest.Try(t, production); err == nil || !strings.Contains(err.Error(), "baseURL: needed in production when mail is sent") {
		t.Errorf("error %v", err)
	}
	for name, configure := range map[string]func(*core.Options){
		"no mail is sent":         func(o *core.Options) { o.EmailVerification.SendVerificationEmail = nil },
		"a list of hosts":         func(o *core.Options) { o.DynamicBaseURL = &core.DynamicBaseURL{AllowedHosts: []string{"a.com"}} },
		"1.6.9, which allows it":  func(o *core.Options) { o.Compat.MailLinksFromRequestHost = true },
		"a server in development": func(o *core.Options) { o.Production = false },
	} {
		if _, err := authtest.Try(t, production, configure); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestTwoOriginsAreNone(t *testing.T) {
	c := authtest.New(t).Client()
	c.Cookies["theme"] = "dark"
	r := c.Request(http.MethodPost, "/sign-out", nil)
	r.Header["Origin"] = []string{authtest.BaseURL, "https://evil.com"}
	if a := c.Send(r); a.Status != http.StatusForbidden {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}

func TestAnswersWithTokensAreNotCached(t *testing.T) {
	c := authtest.New(t).Client()
	up := c.SignUp("a@b.co", "password123")
	in := c.Post("/sign-in/email", map[string]any{"email": "a@b.co", "password": "password123"})
	for name, a := range map[string]*authtest.Answer{"sign-up": up, "sign-in": in, "list": c.Get("/list-sessions"), "session": c.Get("/get-session")} {
		if got := a.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("%s: Cache-Control %q", name, got)
		}
	}
}

func TestUserAgentsThatAreNotPlainText(t *testing.T) {
	for name, tc := range map[string]struct{ sent, stored string }{
		"Latin-1":     {"caf\xe9", "café"},
		"UTF-8":       {"café", "café"},
		"a long one":  {strings.Repeat("a", 5000), strings.Repeat("a", 1024)},
		"cut in half": {strings.Repeat("a", 1023) + "é", strings.Repeat("a", 1023)},
	} {
		s := authtest.New(t)
		c := s.Client()
		c.Header.Set("User-Agent", tc.sent)
		c.SignUp("a@b.co", "password123")
		rows, err := s.Store().Select(t.Context(), db.Query{Table: s.Sessions().Table()})
		if err != nil || len(rows) != 1 || rows[0]["userAgent"] != tc.stored {
			t.Errorf("%s: %v, %v", name, rows, err)
		}
	}
}

func TestAStorageThatIsAwayIsA503(t *testing.T) {
	s := authtest.New(t, with(plugin{"a", func(s *core.Setup) {
		echo(s, "/away", func(*core.Ctx, echoInput) (*echoOutput, error) {
			return nil, core.ErrGetSession.WithCause(fmt.Errorf("select: %w", db.ErrUnavailable))
		})
	}}))
	a := s.Client().Post("/away", map[string]any{"text": "x"})
	if a.Status != http.StatusServiceUnavailable || a.Text(t, "code") != "SERVICE_UNAVAILABLE" || a.Header.Get("Retry-After") == "" {
		t.Errorf("got %d %s %v", a.Status, a.Body, a.Header)
	}
}

func TestAnUnsafeLocationIsNotSent(t *testing.T) {
	s := authtest.New(t, with(plugin{"a", func(s *core.Setup) {
		core.Route(s, core.Endpoint[echoInput, core.Response]{Method: http.MethodPost, Path: "/go", Handle: func(_ *core.Ctx, in echoInput) (*core.Response, error) {
			return &core.Response{Status: http.StatusFound, Header: http.Header{"Location": {in.Text}}}, nil
		}})
	}}))
	for target, want := range map[string]int{"/home": 302, "https://a.com/x": 302, "//evil.com": 500, "/a\r\nX: y": 500, "javascript:alert(1)": 500} {
		a := s.Client().Post("/go", map[string]any{"text": target})
		if a.Status != want || want == 500 && a.Header.Get("Location") != "" {
			t.Errorf("%q: %d %v", target, a.Status, a.Header)
		}
	}
}

// The work of both answers must be the same, or time tells them apart.
func TestADuplicateThatIsHiddenWritesAsMuch(t *testing.T) {
	writes := 0
	count := func(o *core.Options) {
		o.Database = dbtest.Watched{Adapter: o.Database, Before: func(_ context.Context, call dbtest.Call) error {
			switch call.Op {
			case "insert", "update", "delete":
				writes++
			}
			return nil
		}}
	}
	s := authtest.New(t, func(o *core.Options) { o.EmailAndPassword.RequireEmailVerification = true }, count)
	c := s.Client()
	c.SignUp("a@b.co", "password123")
	first := writes
	writes = 0
	c.SignUp("a@b.co", "password123")
	if writes != first || first == 0 {
		t.Errorf("%d writes for a new address, %d for a taken one", first, writes)
	}
	rows, err := s.Store().Count(t.Context(), s.Verifications().Table(), nil)
	if err != nil || rows != 0 {
		t.Errorf("%d records stay behind, %v", rows, err)
	}
}

var errNoCookie = errors.New("no cookie")

func TestSignedCookiesOfAPlugin(t *testing.T) {
	s := authtest.New(t, with(plugin{"a", func(s *core.Setup) {
		s.Cookie("mark", cookies.Override{})
		echo(s, "/set", func(c *core.Ctx, in echoInput) (*echoOutput, error) {
			spec, err := c.CookieSpec("mark")
			if err != nil {
				return nil, err
			}
			return &echoOutput{}, c.SetSignedCookie(spec, in.Text)
		})
		echo(s, "/get", func(c *core.Ctx, _ echoInput) (*echoOutput, error) {
			v, ok := c.SignedCookie("better-auth.mark")
			if !ok {
				return nil, errNoCookie
			}
			return &echoOutput{v}, nil
		})
	}}))
	c := s.Client()
	c.Post("/set", map[string]any{"text": "hello"})
	if a := c.Post("/get", map[string]any{"text": "x"}); a.Body != `{"text":"hello"}` {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
	c.Cookies["better-auth.mark"] = "other" + c.Cookies["better-auth.mark"][5:]
	if a := c.Post("/get", map[string]any{"text": "x"}); a.Status == http.StatusOK {
		t.Errorf("a forged value passed: %s", a.Body)
	}
}

// full is a hasher without a place in its queue.
type full struct{ password.Hasher }

func (full) Hash(context.Context, string) (string, error) { return "", password.ErrBusy }

func TestAFloodWritesOneLineASecond(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) { o.Hasher = full{authtest.CheapHasher()} })
	c := s.Client()
	for range 30 {
		if a := signIn(c); a.Status != http.StatusServiceUnavailable {
			t.Fatalf("got %d", a.Status)
		}
	}
	s.Clock.Advance(time.Second)
	signIn(c)
	log := s.Log.String()
	if n := strings.Count(log, "refusing requests"); n != 2 || !strings.Contains(log, "refused=30") {
		t.Errorf("%d lines: %s", n, log)
	}
}
