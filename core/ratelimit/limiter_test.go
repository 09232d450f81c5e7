package ratelimit_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
)

func newLimiter(t testing.TB, cfg ratelimit.Config) *ratelimit.Limiter {
	t.Helper()
	cfg.Enabled = true
	l, err := ratelimit.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func check(t testing.TB, l *ratelimit.Limiter, path, ip string, headers ...string) ratelimit.Decision {
	t.Helper()
	d, err := l.Check(from("192.0.2.1:1", headers...), path, ip, start)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestClientsAndPathsHaveCountersOfTheirOwn(t *testing.T) {
	l := newLimiter(t, ratelimit.Config{})
	for range 3 {
		check(t, l, "/sign-in/email", "1.1.1.1")
	}
	if check(t, l, "/sign-in/email", "1.1.1.1").Allowed {
		t.Error("the fourth sign-in passed")
	}
	if !check(t, l, "/sign-in/email", "2.2.2.2").Allowed || !check(t, l, "/sign-in/social", "1.1.1.1").Allowed {
		t.Error("another client or path was blocked")
	}
}

func TestClientsWithoutAnAddressAreLimitedTogether(t *testing.T) {
	l := newLimiter(t, ratelimit.Config{})
	for range 3 {
		check(t, l, "/sign-in/email", "")
	}
	if d := check(t, l, "/sign-in/email", ""); d.Allowed || d.RetryAfterSeconds() != "10" {
		t.Errorf("the fourth sign-in: %+v", d)
	}
	if got := ratelimit.Key("", "/x"); got != "no-ip|/x" {
		t.Errorf("Key = %q", got)
	}
	if got := ratelimit.Key("1.2.3.4", "/x"); got != "1.2.3.4|/x" {
		t.Errorf("Key = %q", got)
	}
}

func TestADisabledLimiterAllowsEverything(t *testing.T) {
	disabled, err := ratelimit.New(ratelimit.Config{})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []*ratelimit.Limiter{nil, disabled} {
		for range 10 {
			if !check(t, l, "/sign-in/email", "1.1.1.1").Allowed {
				t.Fatal("it blocks")
			}
		}
	}
}

func TestACustomRuleMayDependOnTheRequest(t *testing.T) {
	var seen ratelimit.Rule
	l := newLimiter(t, ratelimit.Config{Custom: []ratelimit.CustomRule{{
		Path: "/sign-in/*",
		Resolve: func(r *http.Request, current ratelimit.Rule) (ratelimit.Rule, bool) {
			seen = current
			switch r.Header.Get("X-Kind") {
			case "free":
				return ratelimit.Rule{}, false
			case "strict":
				return ratelimit.Rule{Window: time.Minute, Max: 1}, true
			}
			return ratelimit.Rule{}, true
		},
	}}})
	for kind, want := range map[string]int{"free": 20, "strict": 1, "": 3} {
		allowed := 0
		for allowed < 20 && check(t, l, "/sign-in/email", "ip of "+kind, "X-Kind", kind).Allowed {
			allowed++
		}
		if allowed != want {
			t.Errorf("%q: %d requests passed, want %d", kind, allowed, want)
		}
	}
	if seen != three {
		t.Errorf("the function was given %+v, want the special rule", seen)
	}
}

type brokenStore struct{ err error }

func (s brokenStore) Consume(context.Context, string, ratelimit.Rule, time.Time) (ratelimit.Decision, error) {
	return ratelimit.Decision{Allowed: true}, s.err
}

func TestAStoreThatFailsAllowsNothing(t *testing.T) {
	down := errors.New("connection refused")
	l := newLimiter(t, ratelimit.Config{Store: brokenStore{down}})
	d, err := l.Check(httptest.NewRequest(http.MethodGet, "/", nil), "/ok", "1.1.1.1", start)
	if !errors.Is(err, down) || d.Allowed {
		t.Errorf("Check = %+v, %v", d, err)
	}
}

func TestNewNamesEveryWrongOption(t *testing.T) {
	valid := ratelimit.Rule{Window: time.Second, Max: 1}
	_, err := ratelimit.New(ratelimit.Config{
		Window:      -1,
		Max:         -1,
		PluginRules: []ratelimit.PathRule{{Rule: valid}},
		Custom: []ratelimit.CustomRule{
			{Path: "/a", Rule: ratelimit.Rule{Max: 1}},
			{Path: "/b", Rule: ratelimit.Rule{Window: time.Second}},
			{Path: "c", Rule: valid},
			{Path: "/fine", Disabled: true},
		},
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"rateLimit: window", "rateLimit: max", "plugin rate limit 0: it matches", `customRules["/a"]: window`, `customRules["/b"]: max`, `customRules["c"]: a path`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is missing in:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "fine") {
		t.Errorf("a valid rule was refused: %v", err)
	}
}
