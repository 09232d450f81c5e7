package core_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
)

func TestTheApplicationHearsOfErrors(t *testing.T) {
	var heard []string
	s := authtest.New(t, func(o *core.Options) {
		o.OnAPIError.OnError = func(_ context.Context, err error) { heard = append(heard, err.Error()) }
		o.DatabaseHooks.Session.BeforeCreate = func(context.Context, db.Row) (db.Row, error) { return nil, errors.New("boom") }
	})
	c := s.Client()
	c.Get("/ok")
	if len(heard) != 0 {
		t.Errorf("of a success: %q", heard)
	}
	c.Post("/sign-in/email", map[string]any{"email": "a@b.co", "password": "wrong-password"})
	c.Post("/sign-up/email", map[string]any{"name": "A", "email": "a@b.co", "password": "password123"})
	if len(heard) != 2 || !strings.Contains(heard[0], "INVALID_EMAIL_OR_PASSWORD") || !strings.Contains(heard[1], "boom") {
		t.Errorf("heard %q", heard)
	}
}

func TestPasswordsCanBeHashedInAnotherWay(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) {
		o.EmailAndPassword.Password = core.PasswordFuncs{
			Hash:   func(_ context.Context, password string) (string, error) { return "own:" + password, nil },
			Verify: func(_ context.Context, hash, password string) (bool, error) { return hash == "own:"+password, nil },
		}
	})
	c := s.Client()
	c.SignUp("a@b.co", "password123")
	_, accounts, _, err := s.Users().WithAccounts(t.Context(), "a@b.co", s.Accounts())
	if err != nil || len(accounts) != 1 || *accounts[0].Password != "own:password123" {
		t.Errorf("stored: %v, %v", accounts, err)
	}
	for password, want := range map[string]int{"password123": http.StatusOK, "password124": http.StatusUnauthorized} {
		if a := c.Post("/sign-in/email", map[string]any{"email": "a@b.co", "password": password}); a.Status != want {
			t.Errorf("%s: %d, want %d", password, a.Status, want)
		}
	}
}

// ownStore refuses the second request of each key.
type ownStore map[string]int

func (s ownStore) Consume(_ context.Context, key string, _ ratelimit.Rule, _ time.Time) (ratelimit.Decision, error) {
	s[key]++
	return ratelimit.Decision{Allowed: s[key] < 2, RetryAfter: 7 * time.Second}, nil
}

func TestRequestsCanBeCountedElsewhere(t *testing.T) {
	store := ownStore{}
	s := authtest.New(t, limited, func(o *core.Options) { o.RateLimit.Store = store })
	c := s.Client()
	first, second := c.Get("/ok"), c.Get("/ok")
	if first.Status != http.StatusOK || second.Status != http.StatusTooManyRequests || second.Header.Get("X-Retry-After") != "7" || len(store) != 1 {
		t.Errorf("%d, then %d after %v; %v", first.Status, second.Status, second.Header, store)
	}
}

func TestTheLog(t *testing.T) {
	// A short secret is worth a warning.
	for _, tc := range []struct {
		name   string
		logger core.Logger
		own    bool // a handler
		want   bool
	}{
		{"warnings are on by default", core.Logger{}, false, true},
		{"a level can hide them", core.Logger{Level: "error"}, false, false},
		{"a lower one shows them too", core.Logger{Level: "debug"}, false, true},
		{"a handler gets them", core.Logger{}, true, true},
		{"no log at all", core.Logger{Disabled: true}, true, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var own strings.Builder
			logger := tc.logger
			if tc.own {
				logger.Handler = slog.NewTextHandler(&own, nil)
			}
			printed := stderr(t, func() {
				authtest.New(t, func(o *core.Options) { o.Secret, o.Logger = "short", logger })
			})
			if got := strings.Contains(printed+own.String(), "too weak"); got != tc.want || tc.own && printed != "" {
				t.Errorf("printed %q, handled %q", printed, own.String())
			}
		})
	}
}

// stderr runs f and returns what it wrote there.
func stderr(t *testing.T, f func()) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stderr
	os.Stderr = w
	f()
	os.Stderr = before
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// 1.6.9 takes radiusMd and radiusLg too, and has nothing that is so round.
func TestTheCornersOfTheErrorPage(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) {
		o.OnAPIError.ErrorPage = &core.ErrorPage{Size: core.ErrorPageSizes{RadiusSm: "1px", RadiusMd: "2em", RadiusLg: "3rem"}}
	})
	page := s.Client().Get("/error").Body
	for _, text := range []string{"--radius-sm: 1px;", "--radius-md: 2em;", "--radius-lg: 3rem;"} {
		if !strings.Contains(page, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
}
