package redis

import (
	"context"
	"errors"
	"sync"
	"time"
)

// shutTime is how long a gate stays shut after a call timed out: short, since for
// as long a server that is back is not asked.
const shutTime = 500 * time.Millisecond

// errShut is why a call was not sent.
var errShut = errors.New("the server did not answer a moment ago")

// gate stands before one server and remembers that it does not answer, so that
// not every call waits for its timeout. After one has, calls fail at once, but for
// one at a time that tries again, shutTime after the last that failed. The first
// answer opens the gate. The zero value is open; nil is always open.
type gate struct {
	now func() time.Time // nil means time.Now

	mu       sync.Mutex
	shut     bool
	trying   bool      // whether a call is under way that was let through the shut gate
	until    time.Time // while it is shut: when the next call may try
	answered time.Time // the last time
}

// outcome of a call, as far as the gate is concerned.
type outcome int

const (
	answered outcome = iota // also with an error
	broken                  // no answer, and none to wait for
	timedOut
	givenUp // the caller has ended it
)

// enter asks to make a call. leave must be called with its outcome.
func (g *gate) enter() (leave func(outcome), err error) {
	if g == nil {
		return func(outcome) {}, nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	began := g.time()
	tries := g.shut
	if tries && (g.trying || began.Before(g.until)) {
		return nil, errShut
	}
	g.trying = tries
	return func(o outcome) { g.left(o, began, tries) }, nil
}

func (g *gate) left(o outcome, began time.Time, tried bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if tried {
		g.trying = false
	}
	switch {
	case o == answered:
		g.shut, g.answered = false, g.time()
	case o == givenUp:
	case tried, o == timedOut && !g.shut && !g.answered.After(began):
		// One slow call is no outage while others are answered.
		g.shut, g.until = true, g.time().Add(shutTime)
	}
}

func (g *gate) time() time.Time {
	if g.now == nil {
		return time.Now()
	}
	return g.now()
}

// outcomeOf tells what came of a call; ctx is the caller's.
func outcomeOf(ctx context.Context, err error) outcome {
	late, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err)
	switch {
	case err == nil || isAnswer(err):
		return answered
	case ctx.Err() != nil:
		return givenUp
	case ok && late.Timeout():
		return timedOut
	}
	return broken
}
