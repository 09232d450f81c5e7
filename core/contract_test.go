package core_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/routes"
)

func TestTheCauseOfAWordedFailureIsLoggedAndNotSent(t *testing.T) {
	s := authtest.New(t, with(plugin{"a", func(s *core.Setup) {
		echo(s, "/fails", func(*core.Ctx, echoInput) (*echoOutput, error) {
			return nil, core.ErrInternal.WithCause(fmt.Errorf("outer: %w", core.ErrUnavailable.WithCause(errors.New("disk on fire"))))
		})
	}}))
	a := s.Client().Post("/fails", map[string]any{"text": "x"})
	if a.Status != http.StatusInternalServerError || strings.Contains(a.Body, "disk") {
		t.Errorf("got %d %s", a.Status, a.Body)
	}
	if !strings.Contains(s.Log.String(), "disk on fire") {
		t.Errorf("the log lacks the cause: %s", s.Log)
	}
}

func TestAfterHooksOfTheDatabaseMayQueryAndStartWork(t *testing.T) {
	ran := make(chan string, 1)
	var s *authtest.Server
	s = authtest.New(t, func(o *core.Options) {
		o.DatabaseHooks.User.AfterCreate = func(ctx context.Context, row db.Row) error {
			c, ok := core.From(ctx)
			if !ok {
				return errors.New("no call in the context")
			}
			if _, found, err := s.Users().ByEmail(c.Context(), row["email"].(string)); err != nil || !found {
				return fmt.Errorf("look up: %v, %w", found, err)
			}
			c.Go("after", func(ctx context.Context) error {
				if _, ok := core.From(ctx); ok {
					t.Error("background work reaches the call, which is over")
				}
				ran <- "ran"
				return nil
			})
			return nil
		}
	})
	s.Client().SignUp("a@b.co", "password123")
	s.Settle()
	select {
	case <-ran:
	default:
		t.Error("the work did not run")
	}
}

func TestASharedResponseKeepsNobodysCookies(t *testing.T) {
	shared := &core.Response{Status: http.StatusAccepted, Body: []byte("done")}
	s := authtest.New(t, with(plugin{"a", func(s *core.Setup) {
		core.Route(s, core.Endpoint[echoInput, core.Response]{Method: http.MethodPost, Path: "/shared", Handle: func(c *core.Ctx, in echoInput) (*core.Response, error) {
			c.SetHeader("X-Mark", in.Text)
			return shared, c.Cookies().Set(cookies.Cookie{Name: in.Text, Value: "v"})
		}})
	}}))
	for _, name := range []string{"first", "second"} {
		a := s.Client().Post("/shared", map[string]any{"text": name})
		if got := a.Header["Set-Cookie"]; a.Status != http.StatusAccepted || a.Body != "done" || !reflect.DeepEqual(got, []string{name + "=v"}) || a.Header.Get("X-Mark") != name {
			t.Errorf("%s: %d %s %v", name, a.Status, a.Body, a.Header)
		}
	}
	if shared.Header != nil {
		t.Errorf("the shared value was changed: %v", shared.Header)
	}
}

func TestAnyErrorThatAnAfterHookReturnsAsResultIsAFailure(t *testing.T) {
	for _, tc := range []struct {
		name   string
		value  error
		status int
	}{
		{"an Error", core.ErrUnauthorized, http.StatusUnauthorized},
		{"a wrapped Error", fmt.Errorf("refused: %w", core.ErrUnauthorized), http.StatusUnauthorized},
		{"any other", errors.New("boom"), http.StatusInternalServerError},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t, with(plugin{"a", func(s *core.Setup) {
				echo(s, "/echo", same)
				s.After(core.Hook{Run: func(c *core.Ctx) error { c.SetReturned(tc.value); return nil }})
			}}))
			if a := s.Client().Post("/echo", map[string]any{"text": "x"}); a.Status != tc.status {
				t.Errorf("got %d %s", a.Status, a.Body)
			}
		})
	}
}

func TestAReplacedEndpointIsReplacedInProcessToo(t *testing.T) {
	var old core.Bound[echoInput, echoOutput]
	s := authtest.New(t, with(
		plugin{"a", func(s *core.Setup) { old = echo(s, "/echo", same) }},
		plugin{"b", func(s *core.Setup) {
			core.Route(s, core.Endpoint[echoInput, echoOutput]{Method: http.MethodPost, Path: "/echo", Replace: true, Handle: func(*core.Ctx, echoInput) (*echoOutput, error) {
				return &echoOutput{"new"}, nil
			}})
		}},
	))
	if out, err := old.Call(t.Context(), echoInput{"x"}); err != nil || out.Text != "new" {
		t.Errorf("in process: %v, %v", out, err)
	}
	n := 0
	for _, e := range s.Endpoints() {
		if e.Path == "/echo" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d endpoints are listed", n)
	}
}

func TestSetUpRefusesWhatWouldFailLater(t *testing.T) {
	nothing := func(*core.Setup) {}
	for _, tc := range []struct {
		name    string
		plugins []core.Plugin
		want    string
	}{
		{"a nil plugin", []core.Plugin{nil}, "entry 1 is nil"},
		{"one id twice", []core.Plugin{plugin{"a", nothing}, plugin{"a", nothing}}, `"a" is there twice`},
		{"an endpoint without a handler", []core.Plugin{plugin{"a", func(s *core.Setup) { echo(s, "/x", nil) }}}, "no Handle"},
		{"a hook that does nothing", []core.Plugin{plugin{"a", func(s *core.Setup) { s.Before(core.Hook{}) }}}, "no Run"},
		{"no middleware", []core.Plugin{plugin{"a", func(s *core.Setup) { s.Use(nil, nil) }}}, "no middleware"},
		{"a cookie twice", []core.Plugin{plugin{"a", func(s *core.Setup) { s.Cookie("x", cookies.Override{}); s.Cookie("x", cookies.Override{}) }}}, "declared twice"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := authtest.Try(t, with(tc.plugins...)); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
}

func TestMiddlewareWithoutAMatchIsForEveryPath(t *testing.T) {
	s := authtest.New(t, with(plugin{"a", func(s *core.Setup) {
		s.Use(nil, func(*core.Ctx) error { return core.NewError(http.StatusTeapot, "TEA", "no") })
	}}))
	if a := s.Client().Get("/ok"); a.Status != http.StatusTeapot {
		t.Errorf("got %d", a.Status)
	}
}

func TestResponseToReplacesHeadersAndKeepsOneCookieOfAName(t *testing.T) {
	s := authtest.New(t)
	s.Client().SignUp("a@b.co", "password123")
	rec := httptest.NewRecorder()
	rec.Header().Set("Cache-Control", "private")
	if _, err := s.Routes.GetSession.Call(t.Context(), routes.GetSessionInput{}, core.ResponseTo(rec)); err != nil {
		t.Fatal(err)
	}
	if got := rec.Header()["Cache-Control"]; !reflect.DeepEqual(got, []string{"no-store"}) {
		t.Errorf("Cache-Control %q", got)
	}
}

func TestErrorsMatchByCode(t *testing.T) {
	if !errors.Is(core.ErrCreateUser.WithStatus(http.StatusBadRequest), core.ErrCreateUser) {
		t.Error("another status is the same error")
	}
	if errors.Is(core.ErrCreateUser, core.ErrCreateSession) || errors.Is(core.Redirect("/"), core.ErrUnexpected) {
		t.Error("another code or, without one, another status is another error")
	}
}

// A hook that looks at the session of before must not bring it back.
func TestAHookAfterSignInFindsTheSessionOfBeforeAndLeavesTheCookiesAlone(t *testing.T) {
	for _, tc := range []struct {
		name  string
		age   time.Duration
		found bool
	}{{"one that is due to be extended", 2 * 24 * time.Hour, true}, {"one that has expired", 8 * 24 * time.Hour, false}} {
		t.Run(tc.name, func(t *testing.T) {
			var before *core.SessionState
			s := authtest.New(t, with(plugin{"a", func(s *core.Setup) {
				s.After(core.Hook{Match: core.MatchPath("/sign-in/email"), Run: func(c *core.Ctx) (err error) {
					before, err = c.FindSession(core.SessionQuery{})
					return err
				}})
			}}))
			c := s.Client()
			old := c.SignUp("a@b.co", "password123").Text(t, "token")
			s.Clock.Advance(tc.age)
			a := c.Post("/sign-in/email", map[string]any{"email": "a@b.co", "password": "password123"})
			if got := before != nil && before.Session.Token == old; got != tc.found {
				t.Errorf("the session of before: %v", before)
			}
			if token := a.Text(t, "token"); !strings.HasPrefix(c.Cookies["better-auth.session_token"], token+".") {
				t.Errorf("cookies %v after signing in as %s", a.Header["Set-Cookie"], token)
			}
		})
	}
}

// A hook of a write that nobody put into a transaction runs in one all the
// same; what it does through its Ctx must be part of it, or wait for it forever.
func TestAHookThatWritesIsPartOfTheTransaction(t *testing.T) {
	s := authtest.New(t)
	s.Client().SignUp("a@b.co", "password123")
	var inner *authtest.Server
	refuse := false
	inner = authtest.New(t, func(o *core.Options) {
		o.Database = s.Store().Adapter()
		o.DatabaseHooks.Session.BeforeCreate = func(ctx context.Context, row db.Row) (db.Row, error) {
			c, ok := core.From(ctx)
			if !ok {
				return nil, errors.New("no call in the context")
			}
			c.SetHeader("X-Hook", "ran")
			if _, _, err := inner.Users().Update(c.Context(), row["userId"].(string), db.Row{"name": "Changed"}); err != nil {
				return nil, err
			}
			if refuse {
				return nil, db.ErrStopped
			}
			return nil, nil
		}
	})
	name := func() string {
		u, _, err := s.Users().ByEmail(t.Context(), "a@b.co")
		if err != nil {
			t.Fatal(err)
		}
		return u.Name
	}
	refuse = true
	if a := signIn(inner.Client()); a.Status != http.StatusUnauthorized || a.Header.Get("X-Hook") != "ran" || name() != "Test User" {
		t.Errorf("refused: %d %s %v, name %q", a.Status, a.Body, a.Header, name())
	}
	refuse = false
	if a := signIn(inner.Client()); a.Status != http.StatusOK || name() != "Changed" {
		t.Errorf("allowed: %d %s, name %q", a.Status, a.Body, name())
	}
}
