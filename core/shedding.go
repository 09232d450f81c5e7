package core

import (
	"sync"
	"time"
)

// shedding counts requests in one kind of trouble, such as those refused because
// the server is full, so that a flood writes one log line a second and not one a
// request.
type shedding struct {
	mu    sync.Mutex
	since time.Time
	count int
}

// note counts one request. It returns how many there were since it last told,
// and whether it is time to tell.
func (s *shedding) note(now time.Time) (count int, tell bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	if elapsed := now.Sub(s.since); elapsed >= 0 && elapsed < time.Second {
		return 0, false
	}
	count, s.count, s.since = s.count, 0, now
	return count, true
}
