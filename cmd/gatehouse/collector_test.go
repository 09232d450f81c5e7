package main

import (
	"runtime"
	"runtime/debug"
	"testing"
)

func TestGarbageHasRoom(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]int{0: 1000, 3 << 20: 1000, 8 << 20: 400, 20 << 20: 100, 32 << 20: 100, 4 << 30: 100} {
		if got := collectAt(live); got != want {
			t.Errorf("with %d bytes in use GOGC is %d, want %d", live, got, want)
		}
	}
}

func TestTheCollectorFollowsWhatIsInUse(t *testing.T) {
	before := debug.SetGCPercent(100)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	for _, name := range []string{"GOGC", "GOMEMLIMIT"} {
		collectLess(func(v string) string { return map[string]string{name: "50"}[v] })
		if got := current(); got != 100 {
			t.Errorf("%s is set, and GOGC becomes %d", name, got)
		}
	}
	collectLess(func(string) string { return "" })
	held := make([]byte, 2*garbage)
	for current() != leastPercent { // hangs if it does not follow
		runtime.GC()
		runtime.Gosched()
	}
	runtime.KeepAlive(held)
}

func current() int {
	now := debug.SetGCPercent(100)
	debug.SetGCPercent(now)
	return now
}
