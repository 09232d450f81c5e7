package db

import (
	"sync"
	"time"
)

// cleanupEvery is how often a store looks for rows that have expired at most.
const cleanupEvery = time.Minute

// Cleanup remembers when a store last looked for expired rows, so that requests
// set it off without each of them doing so. The zero value has not looked yet.
type Cleanup struct {
	mu   sync.Mutex
	last time.Time
}

// Due tells whether a minute has passed since it last said so, or the clock was
// set back. Of many callers at once, one hears yes.
func (c *Cleanup) Due(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.last.IsZero() && now.Sub(c.last) < cleanupEvery && !now.Before(c.last) {
		return false
	}
	c.last = now
	return true
}
