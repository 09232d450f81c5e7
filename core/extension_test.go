package core_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/routes"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

func TestAPresentedCookieIsOneOfTheRequest(t *testing.T) {
	var token string
	s := authtest.New(t, with(plugin{"a", func(s *core.Setup) {
		// Middleware has looked already, and found nobody.
		s.Use(nil, func(c *core.Ctx) error {
			_, err := c.FindSession(core.SessionQuery{})
			return err
		})
		s.Before(core.Hook{Match: core.MatchPath("/get-session"), Run: func(c *core.Ctx) error {
			c.PresentCookie(c.CookieSpecs().SessionToken.Name, c.Auth.Keys().Sign(token))
			return nil
		}})
	}}))
	token = s.Client().SignUp("ann@example.com", "password123").Text(t, "token")
	if a := s.Client().Get("/get-session"); a.At(t, "user", "email") != "ann@example.com" {
		t.Errorf("got %s", a.Body)
	}
	bob := s.Client()
	bob.SignUp("bob@example.com", "password123")
	if a := bob.Get("/get-session"); a.At(t, "user", "email") != "bob@example.com" {
		t.Errorf("a cookie of the request has no precedence: %s", a.Body)
	}
}

func TestTheSessionThatACallGoesOnWith(t *testing.T) {
	var current string
	s := authtest.New(t, with(plugin{"a", func(s *core.Setup) {
		s.After(core.Hook{Run: func(c *core.Ctx) error {
			current = ""
			if found := c.CurrentSession(); found != nil {
				current = found.User.Email
			}
			return nil
		}})
	}}))
	c := s.Client()
	c.SignUp("ann@example.com", "password123")
	for _, step := range []struct {
		name, method, path string
		body               any
		want               string
	}{
		{"one that was found", http.MethodGet, "/get-session", nil, "ann@example.com"},
		{"one that was required", http.MethodGet, "/list-sessions", nil, "ann@example.com"},
		{"one that began", http.MethodPost, "/sign-up/email", map[string]any{"name": "Bob", "email": "bob@example.com", "password": "password123"}, "bob@example.com"},
		{"none where nobody asked", http.MethodGet, "/ok", nil, ""},
		{"none after it has ended", http.MethodPost, "/sign-out", map[string]any{}, ""},
	} {
		if a := c.Do(step.method, step.path, step.body); a.Status != http.StatusOK || current != step.want {
			t.Errorf("%s: %d, %q, want %q", step.name, a.Status, current, step.want)
		}
	}
}

// A hook that takes a new session back leaves nothing that a later hook could
// take for one.
func TestASessionThatIsTakenBackIsGone(t *testing.T) {
	on := true
	var later *core.SessionState
	var current bool
	s := authtest.New(t, func(o *core.Options) { o.Session.CookieCache.Enabled = &on }, with(plugin{"a", func(s *core.Setup) {
		s.After(core.Hook{Match: core.MatchPath("/sign-in/email"), Run: func(c *core.Ctx) error {
			if err := c.Auth.Sessions().Delete(c.Context(), c.NewSession().Session.Token); err != nil {
				return err
			}
			return c.DeleteSessionCookies(true)
		}})
		s.After(core.Hook{Match: core.MatchPath("/sign-in/email"), Run: func(c *core.Ctx) (err error) {
			current = c.CurrentSession() != nil || c.NewSession() != nil
			later, err = c.FindSession(core.SessionQuery{})
			return err
		}})
	}}))
	c := s.Client()
	c.SignUp("ann@example.com", "password123")
	a := c.Post("/sign-in/email", map[string]any{"email": "ann@example.com", "password": "password123"})
	if later != nil || current {
		t.Errorf("a later hook finds %v", later)
	}
	for _, line := range a.Header.Values("Set-Cookie") {
		if !strings.Contains(line, "Max-Age=0") {
			t.Errorf("the answer sets %s", line)
		}
	}
	if a := c.Get("/get-session"); a.Body != "null" {
		t.Errorf("there is a session: %s", a.Body)
	}
}

func TestExposedHeaders(t *testing.T) {
	s := authtest.New(t, with(plugin{"a", func(s *core.Setup) {
		echo(s, "/echo", func(c *core.Ctx, in echoInput) (*echoOutput, error) {
			c.SetHeader("Access-Control-Expose-Headers", "x-own, x-one")
			c.ExposeHeader("x-one", "1")
			c.ExposeHeader("x-two", "2")
			return same(c, in)
		})
	}}))
	a := s.Client().Post("/echo", map[string]any{"text": "x"})
	if got := a.Header.Get("Access-Control-Expose-Headers"); got != "x-own, x-one, x-two" {
		t.Errorf("exposed are %q", got)
	}
	if a.Header.Get("X-One") != "1" || a.Header.Get("X-Two") != "2" {
		t.Errorf("headers %v", a.Header)
	}
}

func TestPathsUnderAPrefix(t *testing.T) {
	match := core.PathUnder("/two-factor/", "/one")
	for path, want := range map[string]bool{"/two-factor/enable": true, "/two-factor": false, "/one-tap": true, "/x/two-factor/": false} {
		if match(path) != want {
			t.Errorf("%s: %t", path, !want)
		}
	}
}

func TestRoutesWithParametersThatShareAMethod(t *testing.T) {
	type in struct {
		ID string `path:"id"`
	}
	route := func(s *core.Setup, text, path string, replace bool, methods ...string) {
		core.Route(s, core.Endpoint[in, echoOutput]{Methods: methods, Path: path, Replace: replace, Handle: func(*core.Ctx, in) (*echoOutput, error) {
			return &echoOutput{text}, nil
		}})
	}
	_, err := authtest.Try(t, with(plugin{"a", func(s *core.Setup) {
		route(s, "first", "/item/:id", false, http.MethodGet, http.MethodPost)
		route(s, "second", "/item/:id", false, http.MethodPost)
	}}))
	if err == nil || !strings.Contains(err.Error(), "registered already") {
		t.Errorf("error %v", err)
	}
	s := authtest.New(t, with(plugin{"a", func(s *core.Setup) {
		route(s, "first", "/item/:id", false, http.MethodGet, http.MethodPost)
		route(s, "second", "/item/:id", true, http.MethodPost)
	}}))
	if a := s.Client().Post("/item/x", map[string]any{}); a.Text(t, "text") != "second" {
		t.Errorf("POST: %s", a.Body)
	}
	if a := s.Client().Get("/item/x"); a.Text(t, "text") != "first" {
		t.Errorf("GET: %s", a.Body)
	}
}

func TestTheSchemaOptionOfAPlugin(t *testing.T) {
	set := func(model string, o core.ModelSchema) func(*core.Options) {
		return with(plugin{"a", func(s *core.Setup) {
			s.Table(&db.Table{Model: "box", Fields: []*db.Field{{Name: "label", Type: db.String}}})
			s.ExtendTable(user.ModelName, &db.Field{Name: "boxes", Type: db.Number, Nullable: true, NotInput: true})
			s.Schema(model, o)
		}})
	}
	s := authtest.New(t, set("box", core.ModelSchema{
		ModelName: "crates", Fields: map[string]string{"label": "label_text"},
		AdditionalFields: []core.Field{{Name: "color", Type: db.String}},
	}))
	box := s.Table("box")
	if box.Name != "crates" || box.Field("label").Column != "label_text" || box.Field("color") == nil {
		t.Errorf("the table is %+v", box)
	}
	s = authtest.New(t, set("user", core.FieldNames{Fields: map[string]string{"boxes": "box_count"}}.Schema()))
	if f := s.Table("user").Field("boxes"); f.Column != "box_count" {
		t.Errorf("the column is %s", f.Column)
	}
	for name, c := range map[string]struct {
		model string
		o     core.ModelSchema
		want  string
	}{
		"a field that there is not": {"box", core.ModelSchema{Fields: map[string]string{"size": "x"}}, `schema.box.fields: "size" is not a field of box`},
		"a table that there is not": {"lid", core.ModelSchema{ModelName: "x"}, `schema.lid: table "lid" is not declared`},
		"a field that is there":     {"box", core.ModelSchema{AdditionalFields: []core.Field{{Name: "label", Type: db.String}}}, `field "label" is declared twice`},
	} {
		if _, err := authtest.Try(t, set(c.model, c.o)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// What fails without words skips the hooks behind it: the one among them that would
// have taken a session back has not run.
func TestAFailureThatNobodyWordedHandsOutNoCookies(t *testing.T) {
	fails := errors.New("the audit log is full")
	for name, configure := range map[string]func(*core.Options){
		"a hook of the application's": func(o *core.Options) {
			o.Hooks.After = func(c *core.Ctx) error {
				if c.Pattern == "/sign-in/email" {
					return fails
				}
				return nil
			}
		},
		"a database hook of the application's": func(o *core.Options) {
			failing := false
			o.Hooks.Before = func(c *core.Ctx) error {
				failing = c.Pattern == "/sign-in/email"
				return nil
			}
			o.DatabaseHooks.Session.AfterCreate = func(context.Context, db.Row) error {
				if failing {
					return fails
				}
				return nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := authtest.New(t, configure)
			s.Client().SignUp("ann@example.com", "password123")
			c := s.Client()
			body := map[string]any{"email": "ann@example.com", "password": "password123"}
			a := c.Post("/sign-in/email", body)
			if a.Status != http.StatusInternalServerError || len(a.Header.Values("Set-Cookie")) > 0 {
				t.Errorf("got %d with %v", a.Status, a.Header.Values("Set-Cookie"))
			}
			rec := httptest.NewRecorder()
			_, err := s.Routes.SignInEmail.Call(t.Context(), routes.SignInEmailInput{Email: "ann@example.com", Password: "password123"}, core.ResponseTo(rec))
			if err == nil || len(rec.Header().Values("Set-Cookie")) > 0 {
				t.Errorf("in process: %v with %v", err, rec.Header().Values("Set-Cookie"))
			}
		})
	}
}
