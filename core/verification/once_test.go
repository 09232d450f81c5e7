package verification_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestARecordIsCreatedUnlessThereIsOne(t *testing.T) {
	everywhere(t, setting{}, func(t *testing.T, f *fixture) {
		once := func(key, value string) bool {
			created, err := f.CreateOnce(t.Context(), reset, key, value, f.now.Now().Add(time.Hour))
			if err != nil {
				t.Fatal(err)
			}
			return created
		}
		if !once("user", "1") || once("user", "2") || !once("other", "3") {
			t.Error("a record is created twice, or not at all")
		}
		f.found(reset, "user", "1")
		f.now.Advance(time.Hour)
		if !once("user", "4") {
			t.Error("one that has ended is in the way")
		}
		f.found(reset, "user", "4")
		f.redeemed(reset, "user", "4")
	})
}

func TestOfManyExactlyOneCreates(t *testing.T) {
	const racers, rounds = 50, 20
	everywhere(t, setting{storage: yielding}, func(t *testing.T, f *fixture) {
		for round := range rounds {
			key := string(rune('a' + round))
			var won atomic.Int64
			var wg sync.WaitGroup
			gate := make(chan struct{})
			for range racers {
				wg.Go(func() {
					<-gate
					created, err := f.CreateOnce(t.Context(), reset, key, "1", f.now.Now().Add(time.Hour))
					if err != nil {
						t.Errorf("a racer failed: %v", err)
					}
					if created {
						won.Add(1)
					}
				})
			}
			close(gate)
			wg.Wait()
			if n := won.Load(); n != 1 {
				t.Fatalf("%d have created it in round %d", n, round+1)
			}
		}
	})
}
