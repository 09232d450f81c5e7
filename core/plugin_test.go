package core_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/routes"
)

// plugin is a Plugin made of a function.
type plugin struct {
	id    string
	setup func(*core.Setup)
}

func (p plugin) ID() string { return p.id }

func (p plugin) Setup(s *core.Setup) error {
	p.setup(s)
	return nil
}

func with(ps ...core.Plugin) func(*core.Options) {
	return func(o *core.Options) { o.Plugins = append(o.Plugins, ps...) }
}

type echoInput struct {
	Text string `json:"text" check:"min=1"`
}

type echoOutput struct {
	Text string `json:"text"`
}

func echo(s *core.Setup, path string, handle func(c *core.Ctx, in echoInput) (*echoOutput, error)) core.Bound[echoInput, echoOutput] {
	return core.Route(s, core.Endpoint[echoInput, echoOutput]{Method: http.MethodPost, Path: path, OperationID: "echo", Handle: handle})
}

func same(_ *core.Ctx, in echoInput) (*echoOutput, error) { return &echoOutput{in.Text}, nil }

func TestTheOrderOfARequest(t *testing.T) {
	var order []string
	note := func(step string) { order = append(order, step) }
	s := authtest.New(t, func(o *core.Options) {
		o.Hooks.Before = func(*core.Ctx) error { note("user before"); return nil }
		o.Hooks.After = func(*core.Ctx) error { note("user after"); return nil }
	}, with(plugin{"a", func(s *core.Setup) {
		s.OnRequest(func(*http.Request) (*http.Request, *core.Response, error) { note("on request"); return nil, nil, nil })
		s.OnResponse(func(*http.Request, *core.Response) error { note("on response"); return nil })
		s.Use(core.PathIs("/echo"), func(*core.Ctx) error { note("middleware"); return nil })
		s.Before(core.Hook{Run: func(*core.Ctx) error { note("plugin before"); return nil }})
		s.After(core.Hook{Run: func(*core.Ctx) error { note("plugin after"); return nil }})
		core.Route(s, core.Endpoint[echoInput, echoOutput]{
			Method: http.MethodPost, Path: "/echo", Use: []core.Middleware{func(*core.Ctx) error { note("endpoint middleware"); return nil }},
			Handle: func(c *core.Ctx, in echoInput) (*echoOutput, error) { note("handler"); return same(c, in) },
		})
	}}))
	if a := s.Client().Post("/echo", map[string]any{"text": "x"}); a.Body != `{"text":"x"}` {
		t.Fatalf("got %d %s", a.Status, a.Body)
	}
	want := []string{"on request", "middleware", "user before", "plugin before", "endpoint middleware", "handler", "user after", "plugin after", "on response"}
	if !reflect.DeepEqual(order, want) {
		t.Errorf("got  %v\nwant %v", order, want)
	}
}

func TestBeforeHooks(t *testing.T) {
	t.Run("see the body before validation and may change it", func(t *testing.T) {
		s := authtest.New(t, with(plugin{"a", func(s *core.Setup) {
			echo(s, "/echo", same)
			s.Before(core.Hook{Match: core.MatchPath("/echo"), Run: func(c *core.Ctx) error {
				c.BodyObject().Set("text", "changed")
				return nil
			}})
		}}))
		if a := s.Client().Post("/echo", map[string]any{"text": 5}); a.Body != `{"text":"changed"}` {
			t.Errorf("got %s", a.Body)
		}
	})
	t.Run("may answer, which skips the handler and the after hooks", func(t *testing.T) {
		s := authtest.New(t, with(plugin{"a", func(s *core.Setup) {
			echo(s, "/echo", func(*core.Ctx, echoInput) (*echoOutput, error) { t.Error("the handler ran"); return nil, nil })
			s.Before(core.Hook{Run: func(c *core.Ctx) error { c.Answer(map[string]any{"answered": true}); return nil }})
			s.After(core.Hook{Run: func(*core.Ctx) error { t.Error("the after hook ran"); return nil }})
		}}))
		if a := s.Client().Post("/echo", map[string]any{"text": "x"}); a.Body != `{"answered":true}` {
			t.Errorf("got %s", a.Body)
		}
	})
	t.Run("may refuse, which skips the after hooks", func(t *testing.T) {
		s := authtest.New(t, with(plugin{"a", func(s *core.Setup) {
			echo(s, "/echo", same)
			s.Before(core.Hook{Run: func(*core.Ctx) error { return core.NewError(http.StatusTeapot, "TEA", "no") }})
			s.After(core.Hook{Run: func(*core.Ctx) error { t.Error("the after hook ran"); return nil }})
		}}))
		if a := s.Client().Post("/echo", map[string]any{"text": "x"}); a.Status != http.StatusTeapot || a.Body != `{"message":"no","code":"TEA"}` {
			t.Errorf("got %d %s", a.Status, a.Body)
		}
	})
}

func TestAfterHooks(t *testing.T) {
	replace := func(c *core.Ctx) error { c.SetReturned(map[string]any{"challenge": true}); return nil }
	var bound core.Bound[echoInput, echoOutput]
	s := authtest.New(t, with(plugin{"a", func(s *core.Setup) {
		bound = echo(s, "/echo", same)
		echo(s, "/fails", func(*core.Ctx, echoInput) (*echoOutput, error) {
			return nil, core.NewError(http.StatusBadRequest, "BAD", "bad")
		})
		s.After(core.Hook{Match: core.MatchPath("/echo"), Run: replace})
		s.After(core.Hook{Match: core.MatchPath("/fails"), Run: func(c *core.Ctx) error {
			if e, ok := c.Returned().(*core.Error); !ok || e.Code() != "BAD" {
				t.Errorf("the after hook sees %v", c.Returned())
			}
			return core.NewError(http.StatusConflict, "WORSE", "worse")
		}})
	}}))
	if a := s.Client().Post("/echo", map[string]any{"text": "x"}); a.Body != `{"challenge":true}` {
		t.Errorf("a replaced result: %s", a.Body)
	}
	if a := s.Client().Post("/fails", map[string]any{"text": "x"}); a.Status != http.StatusConflict || a.Text(t, "code") != "WORSE" {
		t.Errorf("a replaced error: %d %s", a.Status, a.Body)
	}
	out, err := bound.Call(t.Context(), echoInput{"x"})
	var replaced *core.Replaced
	if out != nil || !errors.As(err, &replaced) {
		t.Errorf("in process: %v, %v", out, err)
	}
}

func TestCookiesAndHeadersSurviveAnErrorAndCanBeTakenBack(t *testing.T) {
	s := authtest.New(t, with(plugin{"a", func(s *core.Setup) {
		s.Cookie("mark", cookies.Override{})
		echo(s, "/echo", func(c *core.Ctx, _ echoInput) (*echoOutput, error) {
			spec, err := c.CookieSpec("mark")
			if err != nil {
				return nil, err
			}
			if err := c.Cookies().Set(spec.Cookie("kept")); err != nil {
				return nil, err
			}
			if err := c.Cookies().Set(cookies.Cookie{Name: "secret", Value: "gone"}); err != nil {
				return nil, err
			}
			c.SetHeader("X-Mark", "kept")
			return nil, core.NewError(http.StatusBadRequest, "BAD", "bad")
		})
		s.After(core.Hook{Run: func(c *core.Ctx) error { c.Cookies().Remove("secret"); return nil }})
	}}))
	a := s.Client().Post("/echo", map[string]any{"text": "x"})
	if got := a.Header["Set-Cookie"]; !reflect.DeepEqual(got, []string{"better-auth.mark=kept; Path=/; HttpOnly; SameSite=Lax"}) {
		t.Errorf("cookies %q", got)
	}
	if a.Status != http.StatusBadRequest || a.Header.Get("X-Mark") != "kept" {
		t.Errorf("got %d %v", a.Status, a.Header)
	}
}

func TestOnlyErrorsThatAreMeantForClientsReachThem(t *testing.T) {
	secret := "dsn=postgres://user:hunter2@db"
	s := authtest.New(t, with(plugin{"a", func(s *core.Setup) {
		echo(s, "/fails", func(*core.Ctx, echoInput) (*echoOutput, error) { return nil, errors.New(secret) })
		echo(s, "/panics", func(*core.Ctx, echoInput) (*echoOutput, error) { panic(secret) })
		echo(s, "/wrapped", func(*core.Ctx, echoInput) (*echoOutput, error) {
			return nil, core.ErrInvalidEmail.WithCause(errors.New(secret))
		})
		s.After(core.Hook{Match: core.MatchPath("/echo"), Run: func(*core.Ctx) error { panic(secret) }})
		echo(s, "/echo", same)
	}}))
	for path, want := range map[string]int{"/fails": 500, "/panics": 500, "/echo": 500, "/wrapped": 400} {
		a := s.Client().Post(path, map[string]any{"text": "x"})
		if a.Status != want || want == 500 && a.Body != "" || strings.Contains(a.Body, "hunter2") {
			t.Errorf("%s: %d %s", path, a.Status, a.Body)
		}
	}
	if a := s.Client().Get("/ok"); a.Status != http.StatusOK {
		t.Errorf("after a panic: %d", a.Status)
	}
}

func TestCallsInProcess(t *testing.T) {
	s := authtest.New(t)
	rec := httptest.NewRecorder()
	out, err := s.Routes.SignUpEmail.Call(t.Context(), routes.SignUpEmailInput{Name: "A", Email: "a@b.co", Password: "password123"}, core.ResponseTo(rec))
	if err != nil || out.Token == nil {
		t.Fatalf("sign up: %v, %v", out, err)
	}
	cookie := rec.Result().Cookies()
	if len(cookie) != 1 || cookie[0].Name != "better-auth.session_token" {
		t.Fatalf("cookies %v", cookie)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.AddCookie(cookie[0])
	found, err := s.Routes.GetSession.Call(t.Context(), routes.GetSessionInput{}, core.FromRequest(r))
	if err != nil || found == nil || found.User.Email != "a@b.co" {
		t.Fatalf("get session: %v, %v", found, err)
	}
	nobody, err := s.Routes.GetSession.Call(t.Context(), routes.GetSessionInput{})
	if err != nil || nobody != nil {
		t.Errorf("without a request: %v, %v", nobody, err)
	}
	_, err = s.Routes.SignUpEmail.Call(t.Context(), routes.SignUpEmailInput{Name: "A", Email: "not an address", Password: "password123"})
	var refused *core.Error
	if !errors.As(err, &refused) || refused.Message() != "[body.email] Invalid email address" {
		t.Errorf("validation in process: %v", err)
	}
	if _, err := s.Routes.ListSessions.Call(t.Context(), struct{}{}); !errors.Is(err, core.ErrUnauthorized) {
		t.Errorf("a session is required: %v", err)
	}
}

func TestSetUpMistakesComeBackTogether(t *testing.T) {
	_, err := authtest.Try(t, with(
		plugin{"a", func(s *core.Setup) {
			echo(s, "/ok2", same)
			echo(s, "/ok2", same)
			s.ExtendTable("nothing", &db.Field{Name: "x", Type: db.String})
		}},
		plugin{"b", func(s *core.Setup) {
			s.ExtendTable("user", &db.Field{Name: "email", Type: db.String})
			s.Table(&db.Table{Model: "orphan", Fields: []*db.Field{{Name: "ownerId", Type: db.String, References: &db.Reference{Model: "owner", Field: "id"}}}})
			core.Route(s, core.Endpoint[struct {
				X chan int `json:"x"`
			}, echoOutput]{Method: "GET", Path: "/x"})
		}},
	))
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		`plugin "a": POST /ok2 is registered already, by "a"`, `plugin "a": table "nothing" is not declared`,
		`plugin "b": table "user": field "email" is declared twice`, `orphan.ownerId references owner.id`, `plugin "b": endpoint /x`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error does not mention %s:\n%v", want, err)
		}
	}
}

func TestAReplacedPathBelongsToTheLaterPlugin(t *testing.T) {
	s := authtest.New(t, with(plugin{"a", func(s *core.Setup) {
		core.Route(s, core.Endpoint[struct{}, echoOutput]{Method: http.MethodGet, Path: "/ok", Replace: true, Handle: func(*core.Ctx, struct{}) (*echoOutput, error) {
			return &echoOutput{"mine"}, nil
		}})
	}}))
	if a := s.Client().Get("/ok"); a.Body != `{"text":"mine"}` {
		t.Errorf("got %s", a.Body)
	}
}

func TestPathParameters(t *testing.T) {
	type in struct {
		ID string `path:"id"`
	}
	s := authtest.New(t, with(plugin{"a", func(s *core.Setup) {
		core.Route(s, core.Endpoint[in, echoOutput]{Method: http.MethodGet, Path: "/item/:id/show", Handle: func(_ *core.Ctx, in in) (*echoOutput, error) {
			return &echoOutput{in.ID}, nil
		}})
	}}))
	for path, want := range map[string]string{
		"/item/a%20b/show": `{"text":"a b"}`, "/item/%C3%A9/show": `{"text":"é"}`,
		"/item//show": "", "/item/../show": "", "/item/a%2Fb/show": "", "/item/%ff/show": "", "/item/%00/show": "", "/item/x/other": "",
	} {
		if a := s.Client().Get(path); a.Body != want {
			t.Errorf("%s: %d %q, want %q", path, a.Status, a.Body, want)
		}
	}
}

func TestServerOnlyEndpointsAreNotRouted(t *testing.T) {
	var bound core.Bound[echoInput, echoOutput]
	s := authtest.New(t, with(plugin{"a", func(s *core.Setup) {
		bound = core.Route(s, core.Endpoint[echoInput, echoOutput]{Method: http.MethodPost, Path: "/secret", ServerOnly: true, Handle: same})
	}}))
	if a := s.Client().Post("/secret", map[string]any{"text": "x"}); a.Status != http.StatusNotFound {
		t.Errorf("over HTTP: %d", a.Status)
	}
	if out, err := bound.Call(t.Context(), echoInput{"x"}); err != nil || out.Text != "x" {
		t.Errorf("in process: %v, %v", out, err)
	}
}

func TestBackgroundWork(t *testing.T) {
	blocked := make(chan struct{})
	s := authtest.New(t, with(plugin{"a", func(s *core.Setup) {
		echo(s, "/slow", func(c *core.Ctx, in echoInput) (*echoOutput, error) {
			c.Go("slow", func(context.Context) error { <-blocked; return nil })
			return same(c, in)
		})
		echo(s, "/panics", func(c *core.Ctx, in echoInput) (*echoOutput, error) {
			c.Go("panics", func(context.Context) error { panic("boom") })
			return same(c, in)
		})
	}}))
	if a := s.Client().Post("/slow", map[string]any{"text": "x"}); a.Status != http.StatusOK {
		t.Errorf("the answer waited or failed: %d", a.Status)
	}
	close(blocked)
	s.Client().Post("/panics", map[string]any{"text": "x"})
	s.Settle()
	if !strings.Contains(s.Log.String(), "background task failed") {
		t.Error("the panic was not logged")
	}
	if err := s.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if a := s.Client().Get("/ok"); a.Status != http.StatusServiceUnavailable || a.Header.Get("Retry-After") == "" {
		t.Errorf("after Close: %d %v", a.Status, a.Header)
	}
}
