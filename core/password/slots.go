package password

import (
	"context"
	"sync/atomic"
	"time"
)

// slots is a semaphore with a bounded queue in arrival order.
type slots struct {
	taken   chan struct{}
	waiting atomic.Int64
	queue   int64
	wait    time.Duration
}

func newSlots(n, queue int, wait time.Duration) *slots {
	return &slots{taken: make(chan struct{}, n), queue: int64(queue), wait: wait}
}

// acquire takes a slot. It fails with the context's error, or with ErrBusy
// when the queue is full or the wait is over.
func (s *slots) acquire(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s.taken <- struct{}{}:
		return nil
	default:
	}
	defer s.waiting.Add(-1)
	if s.waiting.Add(1) > s.queue {
		return ErrBusy
	}
	timer := time.NewTimer(s.wait)
	defer timer.Stop()
	select {
	case s.taken <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return ErrBusy
	}
}

func (s *slots) release() { <-s.taken }
