package verification_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestAValueIsReplacedByWhoeverHasSeenIt(t *testing.T) {
	everywhere(t, setting{}, func(t *testing.T, f *fixture) {
		before := f.create(reset, "token", "123456:0")
		for _, step := range []struct {
			seen, value string
			want        bool
			after       string
		}{
			{"123456:1", "123456:2", false, "123456:0"},
			{"123456:0", "123456:1", true, "123456:1"},
			{"123456:0", "123456:1", false, "123456:1"},
		} {
			ok, err := f.Replace(t.Context(), reset, "token", step.seen, step.value)
			if err != nil || ok != step.want {
				t.Errorf("%s for %s: %v, %v", step.value, step.seen, ok, err)
			}
			f.found(reset, "token", step.after)
		}
		rec, _, err := f.Find(t.Context(), reset, "token")
		if err != nil || !rec.ExpiresAt.Equal(before.ExpiresAt) {
			t.Errorf("it ends at %v, and was to end at %v: %v", rec.ExpiresAt, before.ExpiresAt, err)
		}
		f.now.Advance(time.Hour)
		if ok, err := f.Replace(t.Context(), reset, "token", "123456:1", "123456:2"); ok || err != nil {
			t.Errorf("one that has ended is replaced: %v, %v", ok, err)
		}
		if ok, err := f.Replace(t.Context(), reset, "nothing", "", "x"); ok || err != nil {
			t.Errorf("one that is not there is replaced: %v, %v", ok, err)
		}
	})
}

func TestAReplacedRecordIsRedeemedWithItsNewValue(t *testing.T) {
	everywhere(t, setting{}, func(t *testing.T, f *fixture) {
		f.create(reset, "token", "old")
		if ok, err := f.Replace(t.Context(), reset, "token", "old", "new"); !ok || err != nil {
			t.Fatalf("%v, %v", ok, err)
		}
		f.redeemedOf(reset, "token", "old", "")
		f.redeemed(reset, "token", "new")
		f.left(0, 0)
	})
}

// Attempts that are counted in a value are all counted.
func TestOfManyExactlyOneReplaces(t *testing.T) {
	const racers, rounds = 50, 20
	everywhere(t, setting{storage: yielding}, func(t *testing.T, f *fixture) {
		for round := range rounds {
			key := string(rune('a' + round))
			f.create(reset, key, "|")
			var won atomic.Int64
			var wg sync.WaitGroup
			gate := make(chan struct{})
			for range racers {
				wg.Go(func() {
					<-gate
					for range 3 {
						rec, _, err := f.Find(t.Context(), reset, key)
						if err != nil {
							t.Errorf("a racer failed: %v", err)
							return
						}
						ok, err := f.Replace(t.Context(), reset, key, rec.Value, rec.Value+"|")
						if err != nil {
							t.Errorf("a racer failed: %v", err)
						}
						if ok {
							won.Add(1)
						}
					}
				})
			}
			close(gate)
			wg.Wait()
			f.found(reset, key, strings.Repeat("|", int(won.Load())+1))
		}
	})
}
