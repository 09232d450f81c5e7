package ratelimit_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/core/secondary/secondarytest"
)

func TestACounterOfUpstreamsFormIsGoneOnWith(t *testing.T) {
	for _, c := range []struct {
		name, text string
		left       int // requests that still pass
	}{
		{"as 1.6.9 writes it", `{"key":"k","count":2,"lastRequest":%d}`, 1},
		{"in another order, with more in it", `{"lastRequest":%d,"x":[1],"count":3}`, 0},
		{"of a plain number, as 1.7 counts", `3`, 3},
		{"without a count", `{"key":"k","lastRequest":%d}`, 3},
		{"without a time", `{"key":"k","count":3}`, 3},
		{"with text for numbers", `{"key":"k","count":"3","lastRequest":"%d"}`, 3},
		{"with a negative count", `{"key":"k","count":-3,"lastRequest":%d}`, 3},
		{"with a number beyond all bounds", `{"key":"k","count":1e300,"lastRequest":%d}`, 3},
		{"with null", `{"key":"k","count":null,"lastRequest":%d}`, 3},
		{"broken off", `{"key":"k","count":3,"lastReq`, 3},
		{"of another kind", `"count"`, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := stores["secondary storage"](t)
			text := c.text
			if strings.Contains(text, "%d") {
				text = fmt.Sprintf(text, start.UnixMilli())
			}
			if err := k.values.Set(t.Context(), "rate-limit:k", text, 0); err != nil {
				t.Fatal(err)
			}
			passed := 0
			for consume(t, k.store, "k", three, start.Add(time.Second)).Allowed {
				if passed++; passed > 3 {
					break
				}
			}
			if passed != c.left {
				t.Errorf("%d requests passed, want %d", passed, c.left)
			}
		})
	}
}

func TestACounterInTheSecondaryStorageEnds(t *testing.T) {
	k := stores["secondary storage"](t)
	for range 3 {
		consume(t, k.store, "k", three, k.clock.now)
	}
	k.clock.advance(three.Window - time.Millisecond)
	if consume(t, k.store, "k", three, k.clock.now).Allowed {
		t.Error("the fourth request passed")
	}
	if k.clock.advance(time.Millisecond); len(k.values.All()) != 0 {
		t.Errorf("a blocked request prolonged the counter: %v", k.values.All())
	}
}

// Nothing of upstream's is read or overwritten: 1.7 counts otherwise there.
func TestTheCountersOfUpstreamAreLeftAlone(t *testing.T) {
	k := stores["secondary storage"](t)
	if err := k.values.Set(t.Context(), "k", "3", 0); err != nil {
		t.Fatal(err)
	}
	if !consume(t, k.store, "k", three, start).Allowed || k.values.All()["k"] != "3" {
		t.Errorf("%v", k.values.All())
	}
}

func TestAStorageThatIsDownJudgesNothing(t *testing.T) {
	down := errors.New("connection refused")
	for name, fails := range map[string]string{"reading": "get", "writing": "compare and set"} {
		t.Run(name, func(t *testing.T) {
			s := secondarytest.Watched{Storage: secondary.NewMemory(nil), Before: func(_ context.Context, op string) error {
				if op == fails {
					return down
				}
				return nil
			}}
			d, err := ratelimit.NewSecondary(s).Consume(t.Context(), "k", three, start)
			if !errors.Is(err, down) || d != (ratelimit.Decision{}) {
				t.Errorf("Consume = %+v, %v", d, err)
			}
		})
	}
}
