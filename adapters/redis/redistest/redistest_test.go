package redistest_test

import (
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/adapters/redis"
	"github.com/gatehouse-auth/gatehouse/adapters/redis/redistest"
)

// Tests run beside others on one Redis: what is not theirs stays.
func TestANamespaceLeavesNothingAndNothingElse(t *testing.T) {
	t.Parallel()
	outer := redistest.New(t)
	s := outer.Open(redis.Options{})
	keep := func(key string) {
		if err := s.Set(t.Context(), key, "value", time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	// As a pattern, the inner prefix would match every other one.
	inner := "*?[a-z]\\:"
	for _, key := range []string{"mine", "xya:", "*?[a-z]x", "a-z]\\:"} {
		keep(key)
	}
	before := outer.Keys()
	t.Run("inner", func(t *testing.T) {
		n := redistest.New(t)
		n.Prefix = outer.Prefix + inner
		for range 3 {
			store := n.Open(redis.Options{})
			for _, key := range []string{"a", "*", "\x00", "line\nline"} {
				if err := store.Set(t.Context(), key, "value", time.Hour); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got, want := n.Keys(), []string{"\x00", "*", "a", "line\nline"}; !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
		if n.Advance(2 * time.Hour); len(n.Keys()) != 0 {
			t.Errorf("%q are left after two hours", n.Keys())
		}
		if err := n.Open(redis.Options{}).Set(t.Context(), "left", "value", 0); err != nil {
			t.Fatal(err)
		}
	})
	if after := outer.Keys(); !slices.Equal(before, after) {
		t.Errorf("%q became %q", before, after)
	}
}
