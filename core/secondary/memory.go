package secondary

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// Memory is a Storage in the memory of one process, for development, tests and
// servers that run alone. Expired values leave as others are written; nothing
// else bounds it.
type Memory struct {
	now func() time.Time

	mu      sync.Mutex
	values  map[string]*value
	expires expiryHeap
}

var _ Storage = (*Memory)(nil)

type value struct {
	key, text string
	ends      time.Time // zero when it does not expire
	index     int       // in expires, or unlisted
}

const unlisted = -1

// NewMemory returns an empty storage. now is its clock; nil means the system's.
func NewMemory(now func() time.Time) *Memory {
	if now == nil {
		now = time.Now
	}
	return &Memory{now: now, values: map[string]*value{}}
}

// Get implements [Storage].
func (m *Memory) Get(ctx context.Context, key string) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return "", err
	}
	return m.read(key), nil
}

// Set implements [Storage].
func (m *Memory) Set(ctx context.Context, key, text string, ttl time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	m.write(key, text, ttl)
	return nil
}

// Delete implements [Storage].
func (m *Memory) Delete(ctx context.Context, keys ...string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	for _, key := range keys {
		m.remove(key)
	}
	return nil
}

// CompareAndSet implements [Storage].
func (m *Memory) CompareAndSet(ctx context.Context, key, old, text string, ttl time.Duration) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if m.read(key) != old {
		return false, nil
	}
	m.write(key, text, ttl)
	return true, nil
}

// All returns a copy of the content, for tests.
func (m *Memory) All() map[string]string {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := make(map[string]string, len(m.values))
	for key := range m.values {
		if text := m.read(key); text != "" {
			all[key] = text
		}
	}
	return all
}

// Len is the number of values held, expired ones included.
func (m *Memory) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.values)
}

func (m *Memory) read(key string) string {
	v := m.values[key]
	if v == nil || v.over(m.now()) {
		return ""
	}
	return v.text
}

func (m *Memory) write(key, text string, ttl time.Duration) {
	now := m.now()
	// Two leave for one that comes, so that nothing has to sweep.
	for range 2 {
		if len(m.expires) > 0 && m.expires[0].over(now) {
			m.remove(m.expires[0].key)
		}
	}
	m.remove(key)
	if text == "" || ttl < 0 {
		return
	}
	v := &value{key: key, text: text, index: unlisted}
	m.values[key] = v
	if ttl > 0 {
		v.ends = now.Add(ttl)
		heap.Push(&m.expires, v)
	}
}

func (m *Memory) remove(key string) {
	v := m.values[key]
	if v == nil {
		return
	}
	delete(m.values, key)
	if v.index != unlisted {
		heap.Remove(&m.expires, v.index)
	}
}

func (v *value) over(now time.Time) bool { return !v.ends.IsZero() && !now.Before(v.ends) }

type expiryHeap []*value

func (h expiryHeap) Len() int           { return len(h) }
func (h expiryHeap) Less(i, j int) bool { return h[i].ends.Before(h[j].ends) }
func (h expiryHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements [heap.Interface].
func (h *expiryHeap) Push(x any) {
	v := x.(*value)
	v.index = len(*h)
	*h = append(*h, v)
}

// Pop implements [heap.Interface].
func (h *expiryHeap) Pop() any {
	last := len(*h) - 1
	v := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	v.index = unlisted
	return v
}
