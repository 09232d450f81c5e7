package twofactor_test

import (
	"context"
	"encoding/base32"
	"maps"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/plugins/twofactor"
)

const (
	address  = "ann@example.com"
	password = "password123"

	sessionCookie   = "better-auth.session_token"
	cacheCookie     = "better-auth.session_data"
	challengeCookie = "better-auth.two_factor"
	deviceCookie    = "better-auth.trust_device"

	step = 30 * time.Second
)

// server is one with the plugin.
type server struct {
	*authtest.Server
	*twofactor.Plugin

	t *testing.T
}

// newServer starts a server that sends codes to its outbox.
func newServer(t *testing.T, o twofactor.Options, configure ...func(*core.Options)) *server {
	t.Helper()
	outbox := &authtest.Outbox{}
	if o.OTP.SendOTP == nil {
		o.OTP.SendOTP = authtest.Keep[twofactor.Message](outbox)
	}
	p := twofactor.New(o)
	with := func(c *core.Options) { c.Plugins = append(c.Plugins, p) }
	s := &server{authtest.New(t, append(configure, with)...), p, t}
	s.Outbox = outbox
	return s
}

// sent is the code that was sent last.
func (s *server) sent() string {
	s.t.Helper()
	s.Settle()
	return authtest.Last[twofactor.Message](s.t, s.Outbox).OTP
}

// member is somebody with an authenticator app.
type member struct {
	*authtest.Client

	s      *server
	id     string
	secret string
	codes  []string // backup codes
}

// join signs somebody up.
func (s *server) join(email string) *member {
	s.t.Helper()
	m := &member{Client: s.Client(), s: s}
	id, _ := m.SignUp(email, password).At(s.t, "user", "id").(string)
	m.id = id
	return m
}

// enrol begins to set up an app.
func (m *member) enrol() *authtest.Answer {
	m.s.t.Helper()
	a := m.Post("/two-factor/enable", map[string]any{"password": password})
	want(m.s.t, a, http.StatusOK, "")
	m.secret = secretOf(m.s.t, a.Text(m.s.t, "totpURI"))
	m.codes = texts(m.s.t, a.At(m.s.t, "backupCodes"))
	return a
}

// enrolled is Ann with an app that is in use, signed in. Its next code is a new one.
func (s *server) enrolled() *member {
	s.t.Helper()
	m := s.join(address)
	m.enrol()
	want(s.t, m.Post("/two-factor/verify-totp", map[string]any{"code": m.code(0)}), http.StatusOK, "")
	s.Clock.Advance(2 * step)
	return m
}

// code is that of the app, so many steps from now.
func (m *member) code(steps int) string {
	m.s.t.Helper()
	m.s.Clock.Advance(time.Duration(steps) * step)
	defer m.s.Clock.Advance(-time.Duration(steps) * step)
	out, err := m.s.GenerateTOTP.Call(m.s.t.Context(), twofactor.GenerateTOTPInput{Secret: m.secret})
	if err != nil {
		m.s.t.Fatal(err)
	}
	return out.Code
}

// challenged is a browser that has shown the password and has a challenge.
func (s *server) challenged(email string, more ...map[string]any) *authtest.Client {
	s.t.Helper()
	c := s.Client()
	if a := s.signIn(c, email, more...); a.At(s.t, "twoFactorRedirect") != true {
		s.t.Fatalf("not challenged: %d %s", a.Status, a.Body)
	}
	return c
}

func (s *server) signIn(c *authtest.Client, email string, more ...map[string]any) *authtest.Answer {
	s.t.Helper()
	body := map[string]any{"email": email, "password": password}
	for _, m := range more {
		maps.Copy(body, m)
	}
	return c.Post("/sign-in/email", body)
}

// signedIn tells whose session a browser has.
func (s *server) signedIn(c *authtest.Client) string {
	s.t.Helper()
	a := c.Get("/get-session")
	if a.Status != http.StatusOK {
		s.t.Fatalf("get-session: %d %s", a.Status, a.Body)
	}
	email, _ := a.At(s.t, "user", "email").(string)
	return email
}

// rows counts the stored rows of a model.
func (s *server) rows(model string, where ...db.Cond) int64 {
	s.t.Helper()
	n, err := s.Store().Count(s.t.Context(), s.Table(model), where)
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// row is the one row of a model.
func (s *server) row(model string) db.Row {
	s.t.Helper()
	rows, err := s.Store().Select(s.t.Context(), db.Query{Table: s.Table(model)})
	if err != nil || len(rows) != 1 {
		s.t.Fatalf("%d rows of %s, want 1: %v", len(rows), model, err)
	}
	return rows[0]
}

// set changes every row of a model.
func (s *server) set(model string, fields db.Row) {
	s.t.Helper()
	if _, err := s.Store().Update(context.WithoutCancel(s.t.Context()), db.Change{Table: s.Table(model), Set: fields}); err != nil {
		s.t.Fatal(err)
	}
}

// want compares an answer's status and code.
func want(t *testing.T, a *authtest.Answer, status int, code string) {
	t.Helper()
	if a.Status != status || code != "" && a.Text(t, "code") != code {
		t.Fatalf("got %d %s, want %d %s", a.Status, a.Body, status, code)
	}
}

// secretOf reads the secret of an app from its URI.
func secretOf(t *testing.T, uri string) string {
	t.Helper()
	u, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(u.Query().Get("secret"))
	if err != nil || len(secret) == 0 {
		t.Fatalf("no secret in %q: %v", uri, err)
	}
	return string(secret)
}

func texts(t *testing.T, v any) []string {
	t.Helper()
	list, _ := v.([]any)
	out := make([]string, len(list))
	for i := range list {
		out[i], _ = list[i].(string)
	}
	return out
}

// body is a code to show.
func body(code string) map[string]any { return map[string]any{"code": code} }

// newServerOf starts a server with this plugin and nothing else.
func newServerOf(t *testing.T, p *twofactor.Plugin) *server {
	t.Helper()
	return &server{authtest.New(t, func(o *core.Options) { o.Plugins = append(o.Plugins, p) }), p, t}
}

// try starts a server that may be refused.
func try(t *testing.T, p *twofactor.Plugin) error {
	t.Helper()
	_, err := authtest.Try(t, func(o *core.Options) { o.Plugins = append(o.Plugins, p) })
	return err
}

func same(_ context.Context, text string) (string, error) { return text, nil }

func unescape(t *testing.T, cookie string) string {
	t.Helper()
	v, err := url.PathUnescape(cookie)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// remove deletes every row of a model.
func remove(s *server, model string) { removeWhere(s, model, nil) }

func removeWhere(s *server, model string, where db.Where) {
	s.t.Helper()
	if _, err := s.Store().Delete(s.t.Context(), db.Removal{Table: s.Table(model), Where: where}); err != nil {
		s.t.Fatal(err)
	}
}

// refusing is a database hook that refuses while it is told to.
func refusing(refuse *bool) func(context.Context, db.Row) (db.Row, error) {
	return func(context.Context, db.Row) (db.Row, error) {
		if *refuse {
			return nil, db.ErrStopped
		}
		return nil, nil
	}
}

// all are the rows of a model.
func (s *server) all(model string) []db.Row {
	s.t.Helper()
	rows, err := s.Store().Select(s.t.Context(), db.Query{Table: s.Table(model)})
	if err != nil {
		s.t.Fatal(err)
	}
	return rows
}
