package db_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

func TestACleanupIsDueOnceAMinute(t *testing.T) {
	var c db.Cleanup
	for _, step := range []struct {
		name string
		at   time.Duration
		want bool
	}{
		{"the first time", 0, true},
		{"at once again", 0, false},
		{"just before the minute is over", time.Minute - 1, false},
		{"after a minute", time.Minute, true},
		{"a minute after the first, but not after the last", time.Minute + 59*time.Second, false},
		{"when the clock was set back", -time.Hour, true},
		{"at once after that", -time.Hour + time.Second, false},
		{"a minute after that", -time.Hour + time.Minute, true},
	} {
		if got := c.Due(noon.Add(step.at)); got != step.want {
			t.Errorf("%s: %v", step.name, got)
		}
	}
}

func TestOneOfManyCleansUp(t *testing.T) {
	var c db.Cleanup
	var due atomic.Int64
	var wg sync.WaitGroup
	start := make(chan struct{})
	for range 50 {
		wg.Go(func() {
			<-start
			if c.Due(noon) {
				due.Add(1)
			}
		})
	}
	close(start)
	wg.Wait()
	if due.Load() != 1 {
		t.Errorf("%d clean up", due.Load())
	}
}
