package redis_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/gatehouse-auth/gatehouse/adapters/redis"
	"github.com/gatehouse-auth/gatehouse/adapters/redis/redistest"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
)

// three has a window that no test outlasts, however slow the machine.
var three = ratelimit.Rule{Window: time.Hour, Max: 3}

func take(t testing.TB, s ratelimit.Store, key string, rule ratelimit.Rule, now time.Time) ratelimit.Decision {
	t.Helper()
	d, err := s.Consume(t.Context(), key, rule, now)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// Whatever order requests, rules and times come in, the script decides as
// State.Next does. The windows are long enough that nothing expires meanwhile.
func TestTheScriptIsTheAlgorithm(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]func(t *testing.T) *redis.Storage{
		"on Redis": func(t *testing.T) *redis.Storage { return redistest.New(t).Open(redis.Options{SkipServerClock: true}) },
		"on a fake": func(t *testing.T) *redis.Storage {
			s, err := redis.Open(t.Context(), "redis://"+miniredis.RunT(t).Addr(), redis.Options{SkipServerClock: true, Timeout: patience, DialTimeout: patience})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { closeStorage(t, s) })
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, run := open(t).RateLimits(), 0
			window := rapid.SampledFrom([]time.Duration{time.Hour, time.Hour + time.Millisecond, 1_234_567 * time.Millisecond, 365 * 24 * time.Hour})
			rapid.Check(t, func(r *rapid.T) {
				run++
				key, now, state := fmt.Sprintf("run %d", run), authtest.Start, ratelimit.State{}
				rules := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) ratelimit.Rule {
					return ratelimit.Rule{Window: window.Draw(r, "window"), Max: rapid.IntRange(1, 5).Draw(r, "max")}
				}), 1, 2).Draw(r, "rules")
				for range rapid.IntRange(1, 25).Draw(r, "requests") {
					rule := rapid.SampledFrom(rules).Draw(r, "rule")
					step := rapid.OneOf(
						rapid.Just(time.Duration(0)), rapid.Just(rule.Window), rapid.Just(rule.Window+time.Millisecond), rapid.Just(rule.Window-time.Millisecond),
						rapid.Map(rapid.Int64Range(-7_200_000, 7_200_000), func(ms int64) time.Duration { return time.Duration(ms) * time.Millisecond }),
					).Draw(r, "step")
					now = now.Add(step)
					if now.Sub(state.LastRequest) >= rule.Window {
						state = ratelimit.State{} // a counter ends with its window
					}
					next, want := state.Next(rule, now)
					got, err := store.Consume(t.Context(), key, rule, now)
					if err != nil {
						r.Fatal(err)
					}
					if got != want {
						r.Fatalf("after %+v, a request at %v under %v gets %+v, want %+v", state, now, rule, got, want)
					}
					state = next
				}
			})
		})
	}
}

func TestOfManyAtOnceTheLimitPasses(t *testing.T) {
	t.Parallel()
	n := redistest.New(t)
	servers := []ratelimit.Store{n.Open(redis.Options{}).RateLimits(), n.Open(redis.Options{}).RateLimits()}
	for _, limit := range []int{1, 3, 150, 250} {
		for round := range 10 {
			rule := ratelimit.Rule{Window: time.Hour, Max: limit}
			passed := atomic.Int64{}
			together(200, func(i int) {
				// Their clocks are ten minutes apart.
				now := time.Now().Add(time.Duration(i%2*10-5) * time.Minute)
				if d := take(t, servers[i%2], fmt.Sprintf("%d|%d", limit, round), rule, now); d.Allowed {
					passed.Add(1)
				} else if d.RetryAfter <= 0 || d.RetryAfter > rule.Window {
					t.Errorf("a block of %v", d.RetryAfter)
				}
			})
			if got, want := passed.Load(), int64(min(limit, 200)); got != want {
				t.Fatalf("limit %d, round %d: %d passed", limit, round, got)
			}
		}
	}
}

// Between the last request of one full count and the first of the next there is a
// window, so that no longer time lets more requests through.
func TestTheLimitHoldsOverTime(t *testing.T) {
	t.Parallel()
	n := redistest.New(t)
	own := redis.Options{SkipServerClock: true}
	servers := []ratelimit.Store{n.Open(own).RateLimits(), n.Open(own).RateLimits()}
	rule := ratelimit.Rule{Window: time.Hour, Max: 5}
	const steps = 6 // in a window
	for step := range 4 * steps {
		now := authtest.Start.Add(time.Duration(step) * rule.Window / steps)
		var passed atomic.Int64
		together(40, func(i int) {
			if take(t, servers[i%2], "k", rule, now).Allowed {
				passed.Add(1)
			}
		})
		want := int64(0)
		if step%steps == 0 {
			want = int64(rule.Max)
		}
		if got := passed.Load(); got != want {
			t.Errorf("%v after the first requests %d passed, want %d", now.Sub(authtest.Start), got, want)
		}
	}
}

func TestNoClockOfAServerMatters(t *testing.T) {
	t.Parallel()
	store := redistest.Open(t).RateLimits()
	for i, skew := range []time.Duration{0, 5 * time.Minute, -5 * time.Minute, time.Hour, 0, -time.Hour} {
		d := take(t, store, "k", ratelimit.Rule{Window: time.Minute, Max: 3}, time.Now().Add(skew))
		if d.Allowed != (i < 3) || d.RetryAfter > time.Minute {
			t.Errorf("request %d of a server that is %v off: %+v", i, skew, d)
		}
	}
}

func TestACounterEndsAfterItsWindow(t *testing.T) {
	t.Parallel()
	n := redistest.New(t)
	store := n.Open(redis.Options{}).RateLimits()
	for range 3 {
		take(t, store, "k", three, time.Now())
	}
	n.Advance(30 * time.Minute)
	if take(t, store, "k", three, time.Now()).Allowed {
		t.Error("the fourth request passed")
	}
	left, err := n.Client.Do(t.Context(), n.Client.B().Pttl().Key(n.Prefix+"limit:k").Build()).AsInt64()
	if err != nil || left <= 0 || left > (30*time.Minute).Milliseconds()+1 {
		t.Errorf("the counter lives for %d ms (%v): a blocked request has prolonged it", left, err)
	}
	if n.Advance(31 * time.Minute); len(n.Keys()) != 0 {
		t.Errorf("%q are left", n.Keys())
	}
}

// Both generations of upstream keep counters under "<ip>|<path>", in forms of
// their own.
func TestCountersStandApart(t *testing.T) {
	t.Parallel()
	n := redistest.New(t)
	s := n.Open(redis.Options{SkipServerClock: true})
	upstream := map[string]string{
		"203.0.113.7|/sign-in/email":            `{"key":"203.0.113.7|/sign-in/email","count":3,"lastRequest":1773480413589}`,
		"203.0.113.7|/sign-up/email":            "3",
		"rate-limit:203.0.113.7|/sign-in/email": `{"count":3,"lastRequest":1773480413589}`,
	}
	for key, value := range upstream {
		if err := s.Set(t.Context(), key, value, time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{"/sign-in/email", "/sign-up/email", "/" + strings.Repeat("x", 100_000)} {
		if !take(t, s.RateLimits(), "203.0.113.7|"+path, three, authtest.Start).Allowed {
			t.Errorf("%.30s is blocked", path)
		}
	}
	for key, value := range upstream {
		if got, err := s.Get(t.Context(), key); got != value || err != nil {
			t.Errorf("%s is now %q (%v)", key, got, err)
		}
	}
	keys := n.Keys()
	keys = slices.DeleteFunc(keys, func(key string) bool { _, ok := upstream[key]; return ok })
	if len(keys) != 3 || keys[0] != "limit:203.0.113.7|/sign-in/email" || keys[1] != "limit:203.0.113.7|/sign-up/email" || len(keys[2]) > 255 {
		t.Errorf("the counters are %.300q", keys)
	}
	if got, err := s.Get(t.Context(), keys[0]); got != fmt.Sprintf("1 %d", authtest.Start.UnixMilli()) || err != nil {
		t.Errorf("a counter is %q (%v)", got, err)
	}
}

func TestWhatIsNoCounterCountsAsNeverSeen(t *testing.T) {
	t.Parallel()
	s := redistest.New(t).Open(redis.Options{SkipServerClock: true})
	passed := map[string]int{}
	want := map[string]int{
		"": 3, "3": 3, "3 ": 3, `{"count":3}`: 3, "-3 1773480413589": 3, "3 1773480413589 ": 3, "3 x": 3, "0 1773480413589": 3, "nan nan": 3,
		fmt.Sprintf("2 %d", authtest.Start.UnixMilli()): 1, fmt.Sprintf("3 %d", authtest.Start.UnixMilli()): 0,
	}
	for text := range want {
		if err := s.Set(t.Context(), "limit:"+text, text, time.Hour); err != nil {
			t.Fatal(err)
		}
		for passed[text] = 0; take(t, s.RateLimits(), text, three, authtest.Start).Allowed; passed[text]++ {
		}
	}
	if diff := cmp.Diff(want, maps.Clone(passed)); diff != "" {
		t.Errorf("requests that pass, -want +got\n%s", diff)
	}
}

// together runs a call in goroutines that start at once.
func together(n int, call func(i int)) {
	var done sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		done.Go(func() {
			<-start
			call(i)
		})
	}
	close(start)
	done.Wait()
}
