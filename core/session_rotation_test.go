package core_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// rotating is a plugin whose one endpoint rotates the session, and fails then if it
// is told to.
type rotating struct{ fail bool }

type nothing struct{}

func (*rotating) ID() string { return "rotating" }

func (p *rotating) Setup(s *core.Setup) error {
	core.Route(s, core.Endpoint[nothing, nothing]{
		Method: http.MethodPost, Path: "/rotate", OperationID: "rotate",
		Use: []core.Middleware{core.RequireSensitiveSession},
		Handle: func(c *core.Ctx, _ nothing) (*nothing, error) {
			return &nothing{}, c.Tx(func() error {
				if _, err := c.RotateSession(c.Session().Session, c.Session().User); err != nil || !p.fail {
					return err
				}
				return core.ErrInvalidUser
			})
		},
	})
	return nil
}

func TestARotatedSession(t *testing.T) {
	p := &rotating{}
	s := authtest.New(t, func(o *core.Options) {
		o.Plugins = []core.Plugin{p}
		o.Session.AdditionalFields = []core.Field{{Name: "kept", Type: db.String, Nullable: true}, {Name: "preset", Type: db.String, Default: func() any { return "p" }}}
	})
	c := s.Client()
	c.SignUp("ann@example.com", "password123")
	token := func() string { token, _, _ := strings.Cut(c.Cookies["better-auth.session_token"], "."); return token }
	old := token()
	if _, ok, err := s.Sessions().Update(t.Context(), old, db.Row{"kept": "k", "preset": "changed"}); !ok || err != nil {
		t.Fatal(ok, err)
	}
	before, _, err := s.Sessions().ByToken(t.Context(), old)
	if err != nil {
		t.Fatal(err)
	}

	p.fail = true
	if a := c.Post("/rotate", map[string]any{}); a.Status != http.StatusUnauthorized || len(a.Header["Set-Cookie"]) != 0 || c.Get("/get-session").Body == "null" {
		t.Errorf("a rotation that was rolled back: %d %s, cookies %q", a.Status, a.Body, a.Header["Set-Cookie"])
	}

	p.fail = false
	s.Clock.Advance(time.Hour)
	if a := c.Post("/rotate", map[string]any{}); a.Status != http.StatusOK || token() == old {
		t.Fatalf("got %d %s", a.Status, a.Body)
	}
	after, ok, err := s.Sessions().ByToken(t.Context(), token())
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if got := after.Session; got.UserID != before.Session.UserID || got.Extra["kept"] != "k" || got.Extra["preset"] != "p" ||
		*got.IPAddress != *before.Session.IPAddress || !got.ExpiresAt.Equal(s.Clock.Now().Add(7*24*time.Hour)) {
		t.Errorf("the session is %+v", got)
	}
	if _, ok, err := s.Sessions().ByToken(t.Context(), old); ok || err != nil {
		t.Errorf("the old session goes on: %v, %v", ok, err)
	}
}
