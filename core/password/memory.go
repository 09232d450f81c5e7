package password

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
	"time"
)

const (
	// settle is how long after the last hash its memory is given back.
	settle = 20 * time.Second
	// noticeable is the size of a hash, in bytes, from which on its garbage is
	// worth the trouble; a test's cheap cost stays below.
	noticeable = 1 << 20
)

// memory keeps the garbage of finished hashes small.
//
// Each scrypt call allocates its working memory anew, 32 MiB at the usual
// cost, and the collector lets the heap grow to twice what is live. Measured
// under a flood, eight slots came to 517 MiB that way, and kept it, since
// nothing collects an idle process. So the collector is asked for a cycle as
// soon as finished hashes amount to two since the last one (or to half of what
// else is live, where there is much to mark): 356 MiB. Once no hash has run
// for a while, the pages go back to the system; a collection alone left the
// background scavenger at 226 MiB for minutes.
type memory struct {
	work   uint64 // bytes that one hash allocates
	flight uint64 // bytes that all slots have in use

	mu     sync.Mutex
	spent  uint64 // bytes of hashes finished since the last cycle
	cycles uint64
	idle   *time.Timer
}

func newMemory(work, slots int) *memory {
	return &memory{work: uint64(max(0, work)), flight: uint64(max(0, work)) * uint64(max(0, slots))}
}

// reserve makes room for one hash, which may take a collection. The caller
// holds a slot; the others wait for a collection too, or they would outrun it.
func (m *memory) reserve() {
	if m.work < noticeable {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.idle != nil {
		m.idle.Stop()
	}
	cycles, live := collected()
	if cycles != m.cycles {
		m.cycles, m.spent = cycles, 0
	}
	other := live - min(live, m.flight)
	if m.spent >= max(2*m.work, other/2) {
		runtime.GC()
		m.cycles, _ = collected()
		m.spent = 0
	}
}

// spend notes that a hash has finished.
func (m *memory) spend() {
	if m.work < noticeable {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.spent += m.work
	if m.idle == nil {
		m.idle = time.AfterFunc(settle, debug.FreeOSMemory)
		return
	}
	m.idle.Reset(settle)
}

// collected returns how many collections there were and how many bytes the
// last one found in use.
func collected() (cycles, live uint64) {
	s := []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	for i := range s {
		if s[i].Value.Kind() != metrics.KindUint64 {
			return 0, 0
		}
	}
	return s[0].Value.Uint64(), s[1].Value.Uint64()
}
