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
	d, err := l.Check(from("192.0.2.1:1", headers...), path, path, ip, start)
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

func TestPathsOfAPatternCountTogether(t *testing.T) {
	strict := func(path string) ratelimit.CustomRule {
		return ratelimit.CustomRule{Path: path, Rule: ratelimit.Rule{Window: time.Minute, Max: 2}}
	}
	for _, c := range []struct {
		name   string
		custom []ratelimit.CustomRule
		paths  []string // of the pattern /reset-password/:token, in order
		passed []bool
	}{
		{"whatever stands in the path", []ratelimit.CustomRule{strict("/reset-password/*")}, []string{"a", "b", "c", "a"}, []bool{true, true, false, false}},
		{
			"but for a path that a rule names",
			[]ratelimit.CustomRule{strict("/reset-password/a"), strict("/reset-password/*")},
			[]string{"a", "b", "a", "a", "c", "d"},
			[]bool{true, true, true, false, true, false},
		},
		{
			"under the rule of each path",
			[]ratelimit.CustomRule{{Path: "/reset-password/free*", Disabled: true}, strict("/reset-password/*")},
			[]string{"a", "freely", "free", "b", "c", "free"},
			[]bool{true, true, true, true, false, true},
		},
		{
			"under a named path's function, too",
			[]ratelimit.CustomRule{{Path: "/reset-password/a", Resolve: func(*http.Request, ratelimit.Rule) (ratelimit.Rule, bool) {
				return ratelimit.Rule{Window: time.Minute, Max: 1}, true
			}}, strict("/reset-password/*")},
			[]string{"b", "a", "a", "b", "b"},
			[]bool{true, true, false, true, false},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLimiter(t, ratelimit.Config{Custom: c.custom})
			for i, token := range c.paths {
				d, err := l.Check(from("192.0.2.1:1"), "/reset-password/"+token, "/reset-password/:token", "1.1.1.1", start)
				if err != nil {
					t.Fatal(err)
				}
				if d.Allowed != c.passed[i] {
					t.Errorf("request %d, for %s: passed %v, want %v", i, token, d.Allowed, c.passed[i])
				}
			}
		})
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
	rule := ratelimit.Rule{Window: time.Minute, Max: 5}
	l := newLimiter(t, ratelimit.Config{
		Store:       brokenStore{down},
		PluginRules: []ratelimit.PathRule{{Rule: rule, Match: func(path string) bool { return path == "/plugin" }}},
		Custom:      []ratelimit.CustomRule{{Path: "/custom", Rule: rule}, {Path: "/glob/*", Rule: rule}},
	})
	for _, path := range []string{"/sign-in/email", "/plugin", "/custom", "/glob/a"} {
		d, err := l.Check(httptest.NewRequest(http.MethodGet, "/", nil), path, path, "1.1.1.1", start)
		if !errors.Is(err, down) || d.Allowed {
			t.Errorf("%s: Check = %+v, %v", path, d, err)
		}
	}
}

func TestWithoutItsStoreTheGeneralRuleCountsInTheProcess(t *testing.T) {
	down := errors.New("connection refused")
	var heard []error
	l := newLimiter(t, ratelimit.Config{
		Max: 2, Store: brokenStore{down}, Away: func(_ context.Context, err error) { heard = append(heard, err) },
	})
	for i, want := range []bool{true, true, false} {
		d, err := l.Check(httptest.NewRequest(http.MethodGet, "/", nil), "/ok", "/ok", "1.1.1.1", start)
		if err != nil || d.Allowed != want {
			t.Errorf("request %d: Check = %+v, %v", i+1, d, err)
		}
	}
	if len(heard) != 3 || !errors.Is(heard[0], down) {
		t.Errorf("heard %v", heard)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(ended, http.MethodGet, "/", nil)
	if d, err := l.Check(r, "/get-session", "/get-session", "1.1.1.1", start); err == nil || d.Allowed {
		t.Errorf("a request that has ended: Check = %+v, %v", d, err)
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
