package ratelimit

import (
	"context"
	"time"
)

// Store keeps the counters. Implementations are safe for concurrent use.
type Store interface {
	// Consume judges one request under key and counts it if it is allowed, in one
	// atomic step: of any number of parallel calls exactly rule.Max are allowed.
	// [State.Next] is the algorithm. now is the time of the request; a store that
	// is shared between machines may prefer its own clock. Keys come from
	// requests and may be of any length.
	//
	// On an error the request was not judged; [Limiter.Check] refuses it then, or
	// counts it in the process where no special rule guards the path.
	Consume(ctx context.Context, key string, rule Rule, now time.Time) (Decision, error)
}

// Decision is the answer to one request.
type Decision struct {
	Allowed bool
	// RetryAfter is the time until the block ends, in whole seconds, rounded up,
	// at least one. It is zero when the request is allowed.
	RetryAfter time.Duration
}

// State is the counter of one key. The zero value is a key never seen.
type State struct {
	Count       int
	LastRequest time.Time // of the last request that was counted
}

// Next judges a request at now and returns the state to keep. A blocked
// request leaves the state as it was. When the clock was set back, the last
// request counts as made now, so that no block outlasts one window.
func (s State) Next(rule Rule, now time.Time) (State, Decision) {
	if s.Count == 0 {
		return State{Count: 1, LastRequest: now}, Decision{Allowed: true}
	}
	quiet := now.Sub(s.LastRequest)
	if quiet < 0 {
		s.LastRequest, quiet = now, 0
	}
	switch {
	case quiet < rule.Window && s.Count >= rule.Max:
		return s, Decision{RetryAfter: ceilSeconds(rule.Window - quiet)}
	case quiet > rule.Window:
		return State{Count: 1, LastRequest: now}, Decision{Allowed: true}
	}
	return State{Count: s.Count + 1, LastRequest: now}, Decision{Allowed: true}
}

// sameAs tells whether there is nothing to write.
func (s State) sameAs(other State) bool {
	return s.Count == other.Count && s.LastRequest.Equal(other.LastRequest)
}

func ceilSeconds(d time.Duration) time.Duration {
	return (d + time.Second - 1).Truncate(time.Second)
}
