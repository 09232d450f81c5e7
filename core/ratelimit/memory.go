package ratelimit

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// DefaultCapacity is how many counters a [Memory] holds unless told otherwise.
const DefaultCapacity = 100_000

// ranks is the number of ranks that counters are sorted into, by the share of
// their limit that they have used.
const ranks = 4

// Memory keeps the counters of one process. It needs no goroutine: expired
// counters leave as new requests come in. The clock is the caller's.
//
// A counter lives for the window of the rule that last counted, as upstream.
// Memory is bounded, so a flood has to push something out. Expired counters go
// first. After them go the counters that have used the smallest share of their
// limit (below a quarter, below a half, below all, all), and among those the
// one that would expire first, which for equal windows is the least recently
// used. An attacker who wants his sign-in counter forgotten can therefore not
// do it by asking for many paths, whose counters stand at 1 of 100: he has to
// fill the whole memory with counters that are as full as his own. For that he
// needs as many addresses as there are counters, and whoever has those has
// that many fresh counters anyway.
type Memory struct {
	mu       sync.Mutex
	capacity int
	epoch    time.Time // times are kept as distances from here, and so monotonic
	entries  map[string]*entry
	byExpiry [ranks]expiryHeap
}

var _ Store = (*Memory)(nil)

type entry struct {
	key     string
	count   int
	last    time.Duration // since epoch
	expires time.Duration
	rank    int
	index   int // in byExpiry[rank], or unranked
}

const unranked = -1

// NewMemory returns an empty store for at most capacity counters; zero or less
// means [DefaultCapacity].
func NewMemory(capacity int) *Memory {
	if capacity <= 0 {
		capacity = DefaultCapacity
	}
	return &Memory{capacity: capacity, entries: make(map[string]*entry)}
}

// Consume implements [Store]. It never fails.
func (m *Memory) Consume(_ context.Context, key string, rule Rule, now time.Time) (Decision, error) {
	key = KeptKey(key)
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.epoch.IsZero() {
		m.epoch = now
	}
	at := now.Sub(m.epoch)
	// Two leave for one that may come: the store shrinks after a flood.
	for range 2 {
		m.dropExpired(at)
	}

	e := m.entries[key]
	var state State
	if e != nil && at < e.expires {
		state = State{Count: e.count, LastRequest: m.epoch.Add(e.last)}
	}
	next, decision := state.Next(rule, now)
	if e == nil {
		if len(m.entries) >= m.capacity {
			m.evict()
		}
		e = &entry{key: key, index: unranked}
		m.entries[key] = e
	}
	last := next.LastRequest.Sub(m.epoch)
	if decision.Allowed {
		e.expires = last + rule.Window
	} else {
		e.expires += last - e.last // moves only when the clock was set back
	}
	e.count, e.last = next.Count, last
	m.place(e, rankOf(e.count, rule.Max))
	return decision, nil
}

// place puts e where its rank and its expiry belong.
func (m *Memory) place(e *entry, rank int) {
	switch {
	case e.index == unranked:
	case e.rank == rank:
		heap.Fix(&m.byExpiry[rank], e.index)
		return
	default:
		heap.Remove(&m.byExpiry[e.rank], e.index)
	}
	e.rank = rank
	heap.Push(&m.byExpiry[rank], e)
}

// Len is the number of counters held, expired ones included.
func (m *Memory) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.entries)
}

func (m *Memory) dropExpired(at time.Duration) {
	for rank := range m.byExpiry {
		if h := m.byExpiry[rank]; len(h) > 0 && h[0].expires <= at {
			m.drop(rank)
			return
		}
	}
}

// evict makes room when nothing has expired.
func (m *Memory) evict() {
	for rank := range m.byExpiry {
		if len(m.byExpiry[rank]) > 0 {
			m.drop(rank)
			return
		}
	}
}

func (m *Memory) drop(rank int) {
	e := heap.Pop(&m.byExpiry[rank]).(*entry)
	delete(m.entries, e.key)
}

func rankOf(count, limit int) int {
	switch {
	case count >= limit:
		return 3
	case count*2 >= limit:
		return 2
	case count*4 >= limit:
		return 1
	}
	return 0
}

type expiryHeap []*entry

func (h expiryHeap) Len() int           { return len(h) }
func (h expiryHeap) Less(i, j int) bool { return h[i].expires < h[j].expires }
func (h expiryHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements [heap.Interface].
func (h *expiryHeap) Push(x any) {
	e := x.(*entry)
	e.index = len(*h)
	*h = append(*h, e)
}

// Pop implements [heap.Interface].
func (h *expiryHeap) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return e
}
