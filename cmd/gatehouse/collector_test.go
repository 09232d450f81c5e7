package main

import (
	"os"
	"os/exec"
	"runtime"
	"runtime/metrics"
	"strconv"
	"testing"
)

func TestGarbageHasRoom(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]int{0: 500, 3 << 20: 500, 8 << 20: 400, 20 << 20: 100, 32 << 20: 100, 4 << 30: 100} {
		if got := collectAt(live); got != want {
			t.Errorf("with %d bytes in use GOGC is %d, want %d", live, got, want)
		}
	}
}

// Each setting has a process of its own, which is this test again.
func TestWhatTheOperatorSaysOfTheCollectorHolds(t *testing.T) {
	t.Parallel()
	const inside = "GATEHOUSE_TEST_GOGC"
	if want := os.Getenv(inside); want != "" {
		collectLess(os.Getenv)
		now := []metrics.Sample{{Name: "/gc/gogc:percent"}}
		metrics.Read(now)
		if got := strconv.FormatUint(now[0].Value.Uint64(), 10); got != want {
			t.Errorf("GOGC is %s, want %s", got, want)
		}
		return
	}
	for setting, want := range map[string]string{"GOGC=50": "50", "GOMEMLIMIT=64MiB": "100"} {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
		child.Env = append(os.Environ(), "GOGC=", "GOMEMLIMIT=", setting, inside+"="+want)
		if out, err := child.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", setting, err, out)
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
