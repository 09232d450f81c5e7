package replay

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
)

// storage is a scenario's secondary storage. It tells what a step changed, fails
// where the scenario wants it, and ends values by the scenario's clock.
type storage struct {
	*Secondary
	now func() time.Time

	mu       sync.Mutex
	lifetime map[string]lifetime // of the last writing, by key
	before   map[string]entry
	broken   []string // operations: get, set, delete or all
}

// lifetime is how long a value was given, zero for ever, and when it ends.
type lifetime struct {
	ttl  time.Duration
	ends time.Time
}

type entry struct {
	text string
	lifetime
}

func newStorage(s *Secondary, now func() time.Time) *storage {
	return &storage{Secondary: s, now: now, lifetime: map[string]lifetime{}}
}

// forServer is the storage as the server gets it: one that counts by itself
// where what is behind it does.
func (s *storage) forServer() secondary.Storage {
	if c, ok := s.Storage.(ratelimit.Counter); ok {
		return counting{s, c.RateLimits()}
	}
	return s
}

var errStorageFault = errors.New("a fault of the scenario's storage")

func (s *storage) fault(operation string) error {
	if !slices.Contains([]string{"get", "set", "delete", "all"}, operation) {
		return fmt.Errorf("fault: %s is not get, set, delete or all", operation)
	}
	s.broken = append(s.broken, operation)
	return nil
}

// begin fails where an operation is at fault. Else it takes away what has ended:
// a real server has a clock of its own, which knows nothing of the scenario's.
func (s *storage) begin(ctx context.Context, operations ...string) error {
	for _, b := range s.broken {
		if b == "all" || slices.Contains(operations, b) {
			return errStorageFault
		}
	}
	return s.expire(ctx)
}

func (s *storage) expire(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var over []string
	for key, l := range s.lifetime {
		if !l.ends.IsZero() && !s.now().Before(l.ends) {
			over = append(over, key)
			delete(s.lifetime, key)
		}
	}
	return s.remove(ctx, over)
}

func (s *storage) wrote(key string, l lifetime) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lifetime[key] = l
}

// lasting is the lifetime of what is written now.
func (s *storage) lasting(ttl time.Duration) lifetime {
	l := lifetime{ttl: max(ttl, 0)}
	if ttl > 0 {
		l.ends = s.now().Add(ttl)
	}
	return l
}

// Get reads a value unless that is at fault.
func (s *storage) Get(ctx context.Context, key string) (string, error) {
	if err := s.begin(ctx, "get"); err != nil {
		return "", err
	}
	return s.Storage.Get(ctx, key)
}

// Set writes a value unless that is at fault.
func (s *storage) Set(ctx context.Context, key, text string, ttl time.Duration) error {
	if err := s.begin(ctx, "set"); err != nil {
		return err
	}
	s.wrote(key, s.lasting(ttl))
	return s.Storage.Set(ctx, key, text, ttl)
}

// Delete removes values unless that is at fault.
func (s *storage) Delete(ctx context.Context, keys ...string) error {
	if err := s.begin(ctx, "delete"); err != nil {
		return err
	}
	return s.Storage.Delete(ctx, keys...)
}

// CompareAndSet writes a value unless reading or writing is at fault.
func (s *storage) CompareAndSet(ctx context.Context, key, old, text string, ttl time.Duration) (bool, error) {
	if err := s.begin(ctx, "get", "set"); err != nil {
		return false, err
	}
	done, err := s.Storage.CompareAndSet(ctx, key, old, text, ttl)
	if done {
		s.wrote(key, s.lasting(ttl))
	}
	return done, err
}

// counting is a storage that counts requests in a way of its own.
type counting struct {
	*storage
	counters ratelimit.Store
}

// RateLimits returns the store of the counters.
func (c counting) RateLimits() ratelimit.Store { return c }

// Consume counts a request unless reading or writing is at fault.
func (c counting) Consume(ctx context.Context, key string, rule ratelimit.Rule, now time.Time) (ratelimit.Decision, error) {
	if err := c.begin(ctx, "get", "set"); err != nil {
		return ratelimit.Decision{}, err
	}
	d, err := c.counters.Consume(ctx, key, rule, now)
	if err == nil && d.Allowed {
		// Until the window is over, and no longer.
		l := c.lasting(rule.Window)
		l.ends = l.ends.Add(time.Millisecond)
		c.wrote(counterPrefix+ratelimit.KeptKey(key), l)
	}
	return d, err
}

func (s *storage) entries(ctx context.Context) (map[string]entry, error) {
	if err := s.expire(ctx); err != nil {
		return nil, err
	}
	all, err := s.all(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]entry{}
	for key, v := range all {
		e := entry{v.text, s.lifetime[key]}
		if !v.isFor(e.ttl) {
			e.ttl = v.left
		}
		out[key] = e
	}
	return out, nil
}

// mark is where changes begins to look.
func (s *storage) mark(ctx context.Context) (err error) {
	s.before, err = s.entries(ctx)
	return err
}

// changes lists by key what was written since mark, with its lifetime in whole
// seconds, and nil for what was taken away.
func (s *storage) changes(ctx context.Context) (map[string]any, error) {
	now, err := s.entries(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string]any{}
	for key, e := range now {
		if old, was := s.before[key]; was && old.text == e.text && old.ends.Equal(e.ends) {
			continue
		}
		change := map[string]any{"value": contentOf(e.text), "ttl": nil}
		if e.ttl > 0 {
			change["ttl"] = float64(e.ttl / time.Second)
		}
		out[key] = change
	}
	for key := range s.before {
		if _, is := now[key]; !is {
			out[key] = nil
		}
	}
	return out, nil
}

// contentOf shows JSON as what is in it, whose order of members means nothing.
func contentOf(text string) any {
	var v any
	if strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[") {
		if json.Unmarshal([]byte(text), &v) == nil {
			return v
		}
	}
	return text
}

// storage compares what a step changed in the secondary storage. Keys hold
// placeholders: those that are bound already come first, so that the others
// find theirs among what is left.
func (c *comparison) storage(want, got map[string]any) {
	left := withoutPrefix(got)
	keys := sortedKeys(want)
	slices.SortStableFunc(keys, func(a, b string) int { return c.names.unbound(a) - c.names.unbound(b) })
	for _, key := range keys {
		field := "storage." + key
		found := ""
		for _, candidate := range sortedKeys(left) {
			if _, ok := c.names.match(key, candidate); ok {
				found = candidate
				break
			}
		}
		if found == "" {
			c.differ(field, want[key], Absent{}, "")
			continue
		}
		c.value(field, want[key], withoutOwnMembers(want[key], left[found]))
		delete(left, found)
	}
	for _, key := range sortedKeys(left) {
		c.differ("storage."+key, Absent{}, left[key], "")
	}
}
