package bearer_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/routes"
	"github.com/gatehouse-auth/gatehouse/plugins/bearer"
)

const sessionCookie = "better-auth.session_token"

func server(t *testing.T, o bearer.Options, configure ...func(*core.Options)) *authtest.Server {
	t.Helper()
	with := func(c *core.Options) { c.Plugins = append(c.Plugins, bearer.New(o)) }
	return authtest.New(t, append(configure, with)...)
}

// app is a client that keeps no cookies and presents a token.
func app(s *authtest.Server, authorization string) *authtest.Client {
	c := s.Client()
	c.Header.Set("Authorization", authorization)
	return c
}

func email(t *testing.T, a *authtest.Answer) string {
	t.Helper()
	if a.Status != http.StatusOK {
		t.Fatalf("got %d %s", a.Status, a.Body)
	}
	v, _ := a.At(t, "user", "email").(string)
	return v
}

func TestTokensThatAreSessions(t *testing.T) {
	for _, tt := range []struct {
		name   string
		opts   bearer.Options
		header func(bare, signed string) string
		want   bool
	}{
		{"a signed one", bearer.Options{}, func(_, signed string) string { return "Bearer " + signed }, true},
		{"a signed one as the cookie's line has it", bearer.Options{}, func(_, signed string) string { return "Bearer " + url.QueryEscape(signed) }, true},
		{"a scheme in capitals, and spaces", bearer.Options{}, func(_, signed string) string { return "BEARER   " + signed + " " }, true},
		{"a bare one", bearer.Options{}, func(bare, _ string) string { return "Bearer " + bare }, true},
		{"a signed one where a signature is required", bearer.Options{RequireSignature: true}, func(_, signed string) string { return "Bearer " + signed }, true},
		{"a bare one where a signature is required", bearer.Options{RequireSignature: true}, func(bare, _ string) string { return "Bearer " + bare }, false},
		{"another scheme", bearer.Options{}, func(_, signed string) string { return "Basic " + signed }, false},
		{"no scheme", bearer.Options{}, func(_, signed string) string { return signed }, false},
		{"a scheme alone", bearer.Options{}, func(_, _ string) string { return "Bearer " }, false},
		{"a token with another signature", bearer.Options{}, func(bare, _ string) string { return "Bearer " + bare + "." + strings.Repeat("A", 43) + "=" }, false},
		{"a token with half a signature", bearer.Options{}, func(_, signed string) string { return "Bearer " + signed[:len(signed)-9] }, false},
		{"escapes that are broken", bearer.Options{}, func(_, _ string) string { return "Bearer %E0%A4%A.%E0" }, false},
		{"bytes that are no text", bearer.Options{}, func(_, _ string) string { return "Bearer \xff\xfe" }, false},
		{"escapes of bytes that are no text", bearer.Options{}, func(_, _ string) string { return "Bearer %ff.%fe" }, false},
		{"a text of any size", bearer.Options{}, func(_, _ string) string { return "Bearer " + strings.Repeat("x.", 4000) }, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := server(t, tt.opts)
			a := s.Client().SignUp("ann@example.com", "password123")
			got := email(t, app(s, tt.header(a.Text(t, "token"), a.Header.Get("Set-Auth-Token"))).Get("/get-session"))
			if (got == "ann@example.com") != tt.want {
				t.Errorf("the session is %q's, want a session: %t", got, tt.want)
			}
		})
	}
}

func TestTheTokenIsThatOfTheCookie(t *testing.T) {
	s := server(t, bearer.Options{})
	c := s.Client()
	a := c.SignUp("ann@example.com", "password123")
	cookie, err := url.QueryUnescape(c.Cookies[sessionCookie])
	if err != nil || a.Header.Get("Set-Auth-Token") != cookie {
		t.Errorf("the header is %q, the cookie %q: %v", a.Header.Get("Set-Auth-Token"), cookie, err)
	}
	if got := a.Header.Get("Access-Control-Expose-Headers"); got != "set-auth-token" {
		t.Errorf("scripts of other origins may read %q", got)
	}
	for _, path := range []string{"/get-session", "/ok"} {
		if got := c.Get(path).Header.Get("Set-Auth-Token"); got != "" {
			t.Errorf("%s hands out %q, and sets no cookie", path, got)
		}
	}
	if got := c.Post("/sign-out", map[string]any{}).Header.Get("Set-Auth-Token"); got != "" {
		t.Errorf("signing out hands out %q", got)
	}
}

func TestACookieGoesBeforeAToken(t *testing.T) {
	s := server(t, bearer.Options{})
	ann := s.Client().SignUp("ann@example.com", "password123")
	bob := app(s, "Bearer "+ann.Text(t, "token"))
	bob.Header.Del("Authorization")
	bob.SignUp("bob@example.com", "password123")
	bob.Header.Set("Authorization", "Bearer "+ann.Text(t, "token"))
	if got := email(t, bob.Get("/get-session")); got != "bob@example.com" {
		t.Errorf("the session is %q's", got)
	}
}

// Whatever else the secret has signed is no token of a session.
func TestOtherSignedValuesAreNoSessions(t *testing.T) {
	s := server(t, bearer.Options{})
	for _, value := range []string{"true", "2fa-abcdefghijklmnopqrst", ""} {
		if got := email(t, app(s, "Bearer "+s.Keys().Sign(value)).Get("/get-session")); got != "" {
			t.Errorf("%q is a session of %s", value, got)
		}
	}
}

func TestATokenWithoutASession(t *testing.T) {
	s := server(t, bearer.Options{})
	token := s.Client().SignUp("ann@example.com", "password123").Text(t, "token")
	app(s, "Bearer "+token).Post("/sign-out", map[string]any{})
	a := app(s, "Bearer "+token).Post("/update-user", map[string]any{"name": "Annie"})
	if a.Status != http.StatusUnauthorized || a.Header.Get("Set-Auth-Token") != "" {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
	if got := a.Header.Values("Set-Cookie"); len(got) == 0 {
		t.Error("the token is not taken back")
	}
}

func TestATokenNeedsNoOrigin(t *testing.T) {
	s := server(t, bearer.Options{})
	token := s.Client().SignUp("ann@example.com", "password123").Text(t, "token")
	c := app(s, "Bearer "+token)
	c.Header.Del("Origin")
	if a := c.Post("/update-user", map[string]any{"name": "Annie"}); a.Status != http.StatusOK {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
}

// A cached session is not asked for: it could be another one's.
func TestATokenIsLookedUpBesideACache(t *testing.T) {
	on := true
	cached := func(o *core.Options) { o.Session.CookieCache.Enabled = &on }
	s := server(t, bearer.Options{}, cached)
	ann := s.Client().SignUp("ann@example.com", "password123")
	bob := s.Client()
	bob.SignUp("bob@example.com", "password123")
	delete(bob.Cookies, sessionCookie) // and the cache stays
	bob.Header.Set("Authorization", "Bearer "+ann.Text(t, "token"))
	if got := email(t, bob.Get("/get-session")); got != "ann@example.com" {
		t.Errorf("the session is %q's", got)
	}
}

func TestACallInProcessHasTheTokenOfItsRequest(t *testing.T) {
	s := server(t, bearer.Options{})
	token := s.Client().SignUp("ann@example.com", "password123").Text(t, "token")
	r := app(s, "Bearer "+token).Request(http.MethodGet, "/get-session", nil)
	out, err := s.Routes.GetSession.Call(t.Context(), routes.GetSessionInput{}, core.FromRequest(r))
	if err != nil || out == nil || out.User.Email != "ann@example.com" {
		t.Errorf("got %+v, %v", out, err)
	}
}

func TestTheHeaderOfAnErrorHandsOutNothing(t *testing.T) {
	s := server(t, bearer.Options{})
	s.Client().SignUp("ann@example.com", "password123")
	a := s.Client().Post("/sign-in/email", map[string]any{"email": "ann@example.com", "password": "wrong-password"})
	if a.Status != http.StatusUnauthorized || a.Header.Get("Set-Auth-Token") != "" {
		t.Errorf("got %d with %q", a.Status, a.Header.Get("Set-Auth-Token"))
	}
}

// A plugin that comes later takes the session back, as a second factor does.
func TestASessionThatIsTakenBackIsNotHandedOut(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) { o.Plugins = append(o.Plugins, bearer.New(bearer.Options{}), takesBack{}) })
	c := s.Client()
	c.SignUp("ann@example.com", "password123")
	a := c.Post("/sign-in/email", map[string]any{"email": "ann@example.com", "password": "password123"})
	if got := a.Header.Get("Set-Auth-Token"); got != "" {
		t.Errorf("the answer hands out %q", got)
	}
}

// takesBack ends every session that begins with a password.
type takesBack struct{}

func (takesBack) ID() string { return "takes-back" }

func (takesBack) Setup(s *core.Setup) error {
	s.After(core.Hook{Match: core.MatchPath("/sign-in/email"), Run: func(c *core.Ctx) error {
		if err := c.Auth.Sessions().Delete(c.Context(), c.NewSession().Session.Token); err != nil {
			return err
		}
		return c.DeleteSessionCookies(true)
	}})
	return nil
}
