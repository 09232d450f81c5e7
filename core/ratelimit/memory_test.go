package ratelimit_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
)

var three = ratelimit.Rule{Window: 10 * time.Second, Max: 3}

// model is upstream's limiter with its memory storage, one request after the
// other: read, judge, and after the response read and write again.
type model map[string]modelEntry

type modelEntry struct {
	count         int
	last, expires int64 // milliseconds
}

func (m model) get(key string, now int64) (modelEntry, bool) {
	e, ok := m[key]
	if ok && now >= e.expires {
		delete(m, key)
		return modelEntry{}, false
	}
	return e, ok
}

func (m model) request(key string, window int64, limit int, now int64) (retryAfter int64) {
	if e, ok := m.get(key, now); ok && now-e.last < window && e.count >= limit {
		return (e.last + window - now + 999) / 1000
	}
	e, ok := m.get(key, now)
	if !ok || now-e.last > window {
		e.count = 0
	}
	m[key] = modelEntry{count: e.count + 1, last: now, expires: now + window}
	return 0
}

func TestMemoryIsUpstreamsAlgorithmInSequence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		store, upstream, now := ratelimit.NewMemory(0), model{}, start
		step := rapid.SampledFrom([]int64{0, 1, 500, 999, 1000, 1001, 1999, 2000, 2001, 9999, 10000, 10001, 60001})
		for range rapid.IntRange(1, 80).Draw(t, "requests") {
			now = now.Add(time.Duration(step.Draw(t, "step")) * time.Millisecond)
			key := rapid.SampledFrom([]string{"a|/x", "b|/x", "a|/y"}).Draw(t, "key")
			// The rule of a path may change: it can be a function of the request.
			window := rapid.SampledFrom([]int64{1000, 2000, 10000}).Draw(t, "window")
			limit := rapid.IntRange(1, 4).Draw(t, "max")
			want := time.Duration(upstream.request(key, window, limit, now.UnixMilli())) * time.Second
			got, err := store.Consume(t.Context(), key, ratelimit.Rule{Window: time.Duration(window) * time.Millisecond, Max: limit}, now)
			if err != nil || got.Allowed != (want == 0) || got.RetryAfter != want {
				t.Fatalf("%s at %v: %+v, %v, want retry after %v", key, now, got, err, want)
			}
		}
	})
}

func TestACounterThatExpiredCountsFromTheStartAlthoughItIsStillHeld(t *testing.T) {
	m := ratelimit.NewMemory(0)
	key := func(i int) string { return fmt.Sprintf("%d|/x", i) }
	for range 3 {
		for i := range 20 {
			consume(t, m, key(i), three, start)
		}
	}
	for i := range 20 {
		for n := range 3 {
			if !consume(t, m, key(19-i), three, start.Add(three.Window)).Allowed {
				t.Fatalf("request %d of key %d is blocked by the window before", n, 19-i)
			}
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	const capacity = 100
	m := ratelimit.NewMemory(capacity)
	for i := range 10 * capacity {
		consume(t, m, fmt.Sprintf("%d|/x", i), three, start)
	}
	if n := m.Len(); n != capacity {
		t.Errorf("%d counters, want %d", n, capacity)
	}
	for i := range capacity {
		consume(t, m, "one|/x", three, start.Add(three.Window+time.Duration(i)*time.Minute))
	}
	if n := m.Len(); n > 1 {
		t.Errorf("%d counters long after the flood", n)
	}
}

func TestLongKeysAreKeptApartAndSmall(t *testing.T) {
	m := ratelimit.NewMemory(0)
	long := "ip|/" + strings.Repeat("x", 100_000)
	for range 3 {
		consume(t, m, long+"a", three, start)
	}
	if consume(t, m, long+"a", three, start).Allowed {
		t.Error("the limit does not hold for a long key")
	}
	if !consume(t, m, long+"b", three, start).Allowed {
		t.Error("two long keys share a counter")
	}
}

func TestAFloodDoesNotResetACounter(t *testing.T) {
	const capacity = 100
	hundred := ratelimit.Rule{Window: 10 * time.Second, Max: 100}
	for name, c := range map[string]struct {
		used  int // of three
		flood ratelimit.Rule
		count int // requests per key of the flood
	}{
		"blocked, against many paths":                {3, hundred, 1},
		"one left, against many paths":               {2, hundred, 1},
		"two left, against many paths":               {1, hundred, 20},
		"blocked, against many addresses":            {3, three, 1},
		"blocked, against insistent addresses":       {3, three, 2},
		"one left, against many addresses, one each": {2, three, 1},
	} {
		t.Run(name, func(t *testing.T) {
			m := ratelimit.NewMemory(capacity)
			for range c.used {
				consume(t, m, "attacker|/sign-in/email", three, start)
			}
			for i := range 20 * capacity {
				for range c.count {
					consume(t, m, fmt.Sprintf("%d|/flood", i), c.flood, start.Add(time.Second))
				}
			}
			for range 3 - c.used {
				if !consume(t, m, "attacker|/sign-in/email", three, start.Add(2*time.Second)).Allowed {
					t.Fatal("blocked too early")
				}
			}
			if consume(t, m, "attacker|/sign-in/email", three, start.Add(2*time.Second)).Allowed {
				t.Error("the counter was forgotten")
			}
		})
	}
}

func TestExpiredCountersLeaveBeforeLiveOnes(t *testing.T) {
	m := ratelimit.NewMemory(4)
	short := ratelimit.Rule{Window: time.Second, Max: 1}
	for i := range 3 {
		consume(t, m, fmt.Sprintf("expired %d", i), short, start) // full, and so of the highest rank
	}
	consume(t, m, "live", ratelimit.Rule{Window: time.Minute, Max: 2}, start)
	later := start.Add(2 * time.Second)
	for i := range 3 {
		consume(t, m, fmt.Sprintf("new %d", i), three, later)
	}
	consume(t, m, "live", ratelimit.Rule{Window: time.Minute, Max: 2}, later)
	if consume(t, m, "live", ratelimit.Rule{Window: time.Minute, Max: 2}, later).Allowed {
		t.Error("a live counter had to leave")
	}
}

func BenchmarkMemoryConsume(b *testing.B) {
	keys := make([]string, 200_000)
	for i := range keys {
		keys[i] = fmt.Sprintf("10.%d.%d.%d|/sign-in/email", i>>16, i>>8&255, i&255)
	}
	for name, n := range map[string]int{"one key": 1, "half full": 50_000, "evicting": len(keys)} {
		b.Run(name, func(b *testing.B) {
			m, now, i := ratelimit.NewMemory(0), start, 0
			b.ReportAllocs()
			for b.Loop() {
				i++
				now = now.Add(time.Microsecond)
				if _, err := m.Consume(b.Context(), keys[i%n], three, now); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
