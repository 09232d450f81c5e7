package main

import (
	"runtime"
	"runtime/metrics"
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

// It goes on for the other tests of this process, which it does no harm. Where it
// does not follow, this test hangs.
func TestTheCollectorFollowsWhatIsInUse(t *testing.T) {
	collectLess(func(string) string { return "" })
	await := func(wanted func(percent uint64) bool) {
		now := []metrics.Sample{{Name: "/gc/gogc:percent"}}
		for metrics.Read(now); !wanted(now[0].Value.Uint64()); metrics.Read(now) {
			runtime.GC()
			runtime.Gosched()
		}
	}
	await(func(percent uint64) bool { return percent > leastPercent })
	held := make([]byte, 2*garbage)
	await(func(percent uint64) bool { return percent == leastPercent })
	runtime.KeepAlive(held)
	await(func(percent uint64) bool { return percent > leastPercent })
}
