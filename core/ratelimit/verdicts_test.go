package ratelimit_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
)

// recording is what testdata/verdicts.mjs saw upstream do.
type recording struct {
	Version string
	Answer  struct {
		Status                 int
		Type, Body, RetryAfter string
	}
	Sequences []struct {
		Window, Max    int
		Key            string
		Steps, Answers []int
		Database       struct {
			Answers []int
			Row     struct{ Count, LastRequest int64 }
		}
		Secondary struct {
			Answers []int
			Text    string
			TTL     int
		}
	}
	Rules []struct {
		Path        string
		Max, Window int
	}
	Addresses []struct {
		Value  string
		Subnet int
		IP     *string
	}
}

func recorded(t testing.TB) recording {
	t.Helper()
	data, err := os.ReadFile("testdata/verdicts.json")
	if err != nil {
		t.Fatal(err)
	}
	var r recording
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	if r.Version != "1.6.9" {
		t.Fatalf("recorded from %s, want the pin", r.Version)
	}
	return r
}

// start is an instant without a monotonic reading.
var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func consume(t testing.TB, s ratelimit.Store, key string, rule ratelimit.Rule, now time.Time) ratelimit.Decision {
	t.Helper()
	d, err := s.Consume(t.Context(), key, rule, now)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// beginning is where the clock of the recorded sequences stands.
var beginning = time.UnixMilli(1_700_000_000_000).UTC()

func TestSequencesGetUpstreamsAnswers(t *testing.T) {
	for i, v := range recorded(t).Sequences {
		for storage, answers := range map[string][]int{"memory": v.Answers, "database": v.Database.Answers, "secondary storage": v.Secondary.Answers} {
			t.Run(fmt.Sprintf("%d: %d in %d s, %s", i, v.Max, v.Window, storage), func(t *testing.T) {
				f := stores[storage](t)
				rule := ratelimit.Rule{Window: time.Duration(v.Window) * time.Second, Max: v.Max}
				f.clock.now = beginning
				for n, step := range v.Steps {
					f.clock.advance(time.Duration(step) * time.Millisecond)
					d := consume(t, f.store, v.Key, rule, f.clock.now)
					want := time.Duration(answers[n]) * time.Second
					if d.Allowed != (want == 0) || d.RetryAfter != want {
						t.Fatalf("request %d: %+v, upstream: retry after %v", n, d, want)
					}
				}
				switch storage {
				case "database":
					want := db.Row{"key": v.Key, "count": v.Database.Row.Count, "lastRequest": v.Database.Row.LastRequest}
					if diff := cmp.Diff([]db.Row{want}, f.rows(t)); diff != "" {
						t.Errorf("the row (-upstream +ours):\n%s", diff)
					}
				case "secondary storage":
					if got := f.values.All()["rate-limit:"+v.Key]; got != v.Secondary.Text {
						t.Errorf("the value is %s, upstream: %s", got, v.Secondary.Text)
					}
					if want := time.Duration(v.Secondary.TTL) * time.Second; f.ttl != want {
						t.Errorf("it lives %v, upstream: %v", f.ttl, want)
					}
				}
			})
		}
	}
}

func TestRulesAreFoundAsUpstreamFindsThem(t *testing.T) {
	seconds := func(window, limit int) ratelimit.Rule {
		return ratelimit.Rule{Window: time.Duration(window) * time.Second, Max: limit}
	}
	l, err := ratelimit.New(ratelimit.Config{
		Enabled: true,
		PluginRules: []ratelimit.PathRule{
			{Match: func(p string) bool { return p == "/one/a" }, Rule: seconds(60, 5)},
			{Match: func(p string) bool { return strings.HasPrefix(p, "/one") }, Rule: seconds(60, 6)},
			{Match: func(p string) bool { return strings.HasPrefix(p, "/one") || strings.HasPrefix(p, "/sign-in/two") }, Rule: seconds(30, 7)},
		},
		Custom: []ratelimit.CustomRule{
			{Path: "/custom", Rule: seconds(5, 2)},
			{Path: "/custom/*", Rule: seconds(6, 4)},
			{Path: "/custom/off", Rule: seconds(7, 1)},
			{Path: "/free", Disabled: true},
			{Path: "/sign-up/*", Rule: seconds(8, 8)},
			{Path: "/deep/**", Rule: seconds(9, 9)},
			{Path: "/one/z", Rule: seconds(3, 1)},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range recorded(t).Rules {
		t.Run(v.Path, func(t *testing.T) {
			allowed, window := 0, time.Duration(0)
			for ; allowed < 150; allowed++ {
				d, err := l.Check(httptest.NewRequest(http.MethodPost, "/", nil), v.Path, v.Path, "203.0.113.7", start)
				if err != nil {
					t.Fatal(err)
				}
				if !d.Allowed {
					window = d.RetryAfter
					break
				}
			}
			if v.Max == 0 && allowed == 150 {
				return
			}
			if allowed != v.Max || window != time.Duration(v.Window)*time.Second {
				t.Errorf("%d requests in %v, upstream: %d in %d s", allowed, window, v.Max, v.Window)
			}
		})
	}
}

func TestTheAnswerIsUpstreams(t *testing.T) {
	want := recorded(t).Answer
	retryAfter := ratelimit.Decision{RetryAfter: 10 * time.Second}.RetryAfterSeconds()
	if ratelimit.AnswerStatus != want.Status || ratelimit.AnswerBody != want.Body || ratelimit.AnswerContentType != want.Type ||
		ratelimit.RetryAfterHeader != "X-Retry-After" || retryAfter != want.RetryAfter {
		t.Errorf("a blocked request gets %d %s, %s %s, want %+v", ratelimit.AnswerStatus, ratelimit.AnswerBody, ratelimit.RetryAfterHeader, retryAfter, want)
	}
	if !json.Valid([]byte(ratelimit.AnswerBody)) {
		t.Error("the body is no JSON")
	}
}

func TestAddressesAreUpstreamsInCompat(t *testing.T) {
	for _, v := range recorded(t).Addresses {
		r := from("198.51.100.9:4711", "X-Forwarded-For", v.Value)
		ip, ok := ratelimit.ClientIP(r, ratelimit.IPConfig{Compat: true, IPv6Subnet: v.Subnet})
		if want := v.IP; ok != (want != nil) || ok && ip != *want {
			t.Errorf("%q with subnet %d: %q, %v", v.Value, v.Subnet, ip, ok)
		}
	}
}
