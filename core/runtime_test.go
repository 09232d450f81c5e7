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
	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// handled sends a request and returns what Handle returned beside the answer.
func handled(t *testing.T, s *authtest.Server, method, path string) (*httptest.ResponseRecorder, error) {
	t.Helper()
	rec := httptest.NewRecorder()
	var body any
	if method == http.MethodPost {
		body = map[string]any{"text": "x"}
	}
	return rec, s.Handle(rec, s.Client().Request(method, path, body))
}

func TestErrorsAreThrownToTheMount(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) {
		o.OnAPIError.Throw = true
		o.DisabledPaths = []string{"/sign-up/email"}
	}, with(plugin{"a", func(s *core.Setup) {
		echo(s, "/redirects", func(*core.Ctx, echoInput) (*echoOutput, error) { return nil, core.Redirect("/elsewhere") })
		echo(s, "/breaks", func(*core.Ctx, echoInput) (*echoOutput, error) { return nil, errors.New("broken") })
	}}))
	for _, tc := range []struct {
		name, method, path string
		status             int   // of an answer
		thrown             error // instead of one
	}{
		{"success is answered", http.MethodGet, "/ok", http.StatusOK, nil},
		{"an endpoint's error is thrown", http.MethodGet, "/list-sessions", 0, core.ErrUnauthorized},
		{"an unexpected error is thrown without its cause on the wire", http.MethodPost, "/breaks", 0, core.ErrUnexpected},
		{"a redirect is answered", http.MethodPost, "/redirects", http.StatusFound, nil},
		{"an unknown path is answered", http.MethodGet, "/nothing", http.StatusNotFound, nil},
		{"a disabled path is answered", http.MethodPost, "/sign-up/email", http.StatusNotFound, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			rec, err := handled(t, s, tc.method, tc.path)
			if !errors.Is(err, tc.thrown) {
				t.Fatalf("thrown: %v, want %v", err, tc.thrown)
			}
			if err != nil && (rec.Body.Len() > 0 || len(rec.Header()) > 0) {
				t.Errorf("something was written: %v %s", rec.Header(), rec.Body)
			}
			if err == nil && rec.Code != tc.status {
				t.Errorf("status %d, want %d", rec.Code, tc.status)
			}
		})
	}
	t.Run("a handler panics with it", func(t *testing.T) {
		defer func() {
			if err, _ := recover().(error); !errors.Is(err, core.ErrUnauthorized) {
				t.Errorf("panicked with %v", err)
			}
		}()
		s.ServeHTTP(httptest.NewRecorder(), s.Client().Request(http.MethodGet, "/list-sessions", nil))
	})
}

func TestWithoutThrowErrorsAreAnswered(t *testing.T) {
	rec, err := handled(t, authtest.New(t), http.MethodGet, "/list-sessions")
	if err != nil || rec.Code != http.StatusUnauthorized {
		t.Errorf("%d, %v", rec.Code, err)
	}
}

func TestTheApplicationRunsBackgroundTasks(t *testing.T) {
	type task struct {
		name string
		run  func(context.Context)
	}
	var tasks []task
	s := authtest.New(t, func(o *core.Options) {
		o.Advanced.BackgroundTasks.Handler = func(name string, run func(context.Context)) { tasks = append(tasks, task{name, run}) }
		on := true
		o.EmailVerification.SendOnSignUp = &on
	})
	c := s.Client()
	c.Post("/sign-up/email", map[string]any{"name": "Ann", "email": "ann@example.com", "password": "password123"})
	if len(tasks) != 1 || tasks[0].name != "sendVerificationEmail" {
		t.Fatalf("tasks handed over: %v", tasks)
	}
	if sent := authtest.Sent[core.VerificationEmail](s.Outbox); len(sent) != 0 {
		t.Error("the mail was sent before the task ran")
	}
	for range 2 { // a runner that retries sends nothing twice
		tasks[0].run(t.Context())
	}
	s.Settle()
	if sent := authtest.Sent[core.VerificationEmail](s.Outbox); len(sent) != 1 {
		t.Errorf("%d mails, want 1", len(sent))
	}
}

func TestABackgroundHandlerThatPanics(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) {
		o.Advanced.BackgroundTasks.Handler = func(string, func(context.Context)) { panic("no runner") }
		on := true
		o.EmailVerification.SendOnSignUp = &on
	})
	a := s.Client().Post("/sign-up/email", map[string]any{"name": "Ann", "email": "ann@example.com", "password": "password123"})
	if a.Status != http.StatusOK {
		t.Errorf("the panic reached the request: %d %s", a.Status, a.Body)
	}
	s.Settle() // the task does not count as running for ever
	if !strings.Contains(s.Log.String(), "backgroundTasks.handler failed") {
		t.Error("the panic was not logged")
	}
}

func TestCookiesOfTheApplicationAreSharedWithSubdomains(t *testing.T) {
	set := with(plugin{"a", func(s *core.Setup) {
		echo(s, "/set", func(c *core.Ctx, in echoInput) (*echoOutput, error) {
			for _, k := range []cookies.Cookie{
				{Name: "theme", Value: "dark"},
				{Name: "other", Value: "x"},
				{Name: "own", Value: "x", Attributes: cookies.Attributes{Domain: "own.example.com"}},
			} {
				if err := c.Cookies().Set(k); err != nil {
					return nil, err
				}
			}
			return same(c, in)
		})
	}})
	for _, tc := range []struct {
		name    string
		enabled bool
		want    map[string]string
	}{
		{"where cookies are shared", true, map[string]string{"theme": "example.com", "other": "", "own": "own.example.com"}},
		{"not elsewhere", false, map[string]string{"theme": "", "other": "", "own": "own.example.com"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := authtest.New(t, set, func(o *core.Options) {
				o.Advanced.CrossSubDomainCookies = core.CrossSubDomainCookies{Enabled: tc.enabled, Domain: "example.com", AdditionalCookies: []string{"theme", "own", "absent"}}
			})
			a := s.Client().Post("/set", map[string]any{"text": "x"})
			for _, k := range (&http.Response{Header: a.Header}).Cookies() {
				if k.Domain != tc.want[k.Name] {
					t.Errorf("the domain of %s is %q, want %q", k.Name, k.Domain, tc.want[k.Name])
				}
				delete(tc.want, k.Name)
			}
			if len(tc.want) > 0 {
				t.Errorf("not set: %v", tc.want)
			}
		})
	}
}

func TestProvidersAreTrusted(t *testing.T) {
	var got []bool
	s := authtest.New(t, func(o *core.Options) {
		o.Account.AccountLinking.TrustedProviders = []string{"google"}
		o.Account.AccountLinking.TrustedProvidersFunc = func(r *http.Request) []string {
			if r != nil && r.Header.Get("X-Tenant") == "acme" {
				return []string{"okta"}
			}
			return nil
		}
	}, with(plugin{"a", func(s *core.Setup) {
		echo(s, "/ask", func(c *core.Ctx, in echoInput) (*echoOutput, error) {
			got = append(got, c.TrustsProvider("google"), c.TrustsProvider("okta"), c.TrustsProvider("github"))
			return same(c, in)
		})
	}}))
	c := s.Client()
	c.Header.Set("X-Tenant", "acme")
	c.Post("/ask", map[string]any{"text": "x"})
	s.Client().Post("/ask", map[string]any{"text": "x"}) // nothing stays of the first request
	want := []bool{true, true, false, true, false, false}
	for i := range want {
		if len(got) != len(want) || got[i] != want[i] {
			t.Fatalf("trusted: %v, want %v", got, want)
		}
	}
}

func TestStateLivesAsLongAsACall(t *testing.T) {
	first, second := core.NewState[string](), core.NewState[string]()
	var fromHook string
	s := authtest.New(t, func(o *core.Options) {
		o.DatabaseHooks.User.BeforeCreate = func(ctx context.Context, _ db.Row) (db.Row, error) {
			if c, ok := core.From(ctx); ok {
				fromHook = first.Of(c)
				second.Set(c, "from the database hook")
			}
			return nil, nil
		}
	}, with(plugin{"a", func(s *core.Setup) {
		s.Before(core.Hook{Match: core.MatchPath("/sign-up/email"), Run: func(c *core.Ctx) error {
			if v := first.Of(c); v != "" {
				t.Errorf("a new call begins with %q", v)
			}
			first.Set(c, "from the request hook")
			return nil
		}})
		s.After(core.Hook{Match: core.MatchPath("/sign-up/email"), Run: func(c *core.Ctx) error {
			c.SetHeader("X-Second", second.Of(c))
			return nil
		}})
	}}))
	for _, email := range []string{"ann@example.com", "bob@example.com"} {
		fromHook = ""
		a := s.Client().Post("/sign-up/email", map[string]any{"name": "Ann", "email": email, "password": "password123"})
		if fromHook != "from the request hook" || a.Header.Get("X-Second") != "from the database hook" {
			t.Errorf("the database hook saw %q, the after hook %q", fromHook, a.Header.Get("X-Second"))
		}
	}
}

func TestMigrationsOfPluginsStandBesideTheirTables(t *testing.T) {
	nothing := func(db.Names) ([]string, error) { return nil, nil }
	declare := func(model string, ms ...db.Migration) func(*core.Options) {
		return with(plugin{"a", func(s *core.Setup) {
			for _, m := range ms {
				s.Migration(model, m)
			}
		}})
	}
	s := authtest.New(t, declare("user", db.Migration{Name: "a/one", Plan: nothing}, db.Migration{Name: "a/two", Plan: nothing}))
	if ms := s.Users().Table().Migrations; len(ms) != 2 || ms[0].Name != "a/one" || ms[1].Name != "a/two" {
		t.Errorf("the table has %v", ms)
	}
	for _, tc := range []struct {
		name      string
		configure func(*core.Options)
		want      string
	}{
		{"an unknown table", declare("nobody", db.Migration{Name: "a/one", Plan: nothing}), `table "nobody" is not declared`},
		{"one name twice", declare("user", db.Migration{Name: "a/one", Plan: nothing}, db.Migration{Name: "a/one", Plan: nothing}), "declared twice"},
		{"no name", declare("user", db.Migration{Plan: nothing}), "needs a name"},
		{"nothing to run", declare("user", db.Migration{Name: "a/one"}), "either SQL or a Plan"},
	} {
		if _, err := authtest.Try(t, tc.configure); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want %q", tc.name, err, tc.want)
		}
	}
}
