package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// Go collects garbage whenever the heap has doubled. That of this server is a few
// megabytes, which busy requests fill hundreds of times a second: a fifth of the
// processor went into collecting. With room for some more, it is collected when
// there is as much garbage as this, or as much as is in use, whichever is more.
const garbage = 32 << 20 // bytes

// Both are of what is in use. What suddenly is in use is known one collection late:
// until then there may be mostPercent of it.
const (
	leastPercent = 100 // Go's default
	mostPercent  = 500
)

// collectLess gives the garbage collector that room, and goes on doing so with what
// is in use. GOGC and GOMEMLIMIT take precedence.
func collectLess(getenv func(string) string) {
	if getenv("GOGC") != "" || getenv("GOMEMLIMIT") != "" {
		return
	}
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	percent := 0
	var adjust func(struct{})
	adjust = func(struct{}) {
		metrics.Read(live)
		if live[0].Value.Kind() != metrics.KindUint64 {
			return // a Go that has it no more
		}
		if p := collectAt(live[0].Value.Uint64()); p != percent {
			percent = p
			debug.SetGCPercent(p)
		}
		// What nobody refers to is found by the next collection, which is when to look
		// again. One alone runs at a time: it makes the next.
		runtime.AddCleanup(&unused{}, adjust, struct{}{})
	}
	adjust(struct{}{})
}

// unused has a pointer, because small values without one share their memory.
type unused struct{ _ *unused }

// collectAt is GOGC for a heap of which so many bytes are in use. Steps keep it from
// being set after every collection, which stops the program for a moment.
func collectAt(live uint64) int {
	percent := mostPercent
	for percent > leastPercent && live*uint64(percent) > garbage*100 {
		percent -= 100
	}
	return percent
}
