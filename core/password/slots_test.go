package password

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestAFullQueueIsRefusedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(1, 2, time.Minute)
		if err := s.acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() {
				if err := s.acquire(t.Context()); err != nil {
					t.Errorf("a waiting call: %v", err)
				}
				s.release()
			})
		}
		synctest.Wait() // both stand in the queue
		before := time.Now()
		if err := s.acquire(t.Context()); !errors.Is(err, ErrBusy) {
			t.Errorf("the third: %v, want ErrBusy", err)
		}
		if !time.Now().Equal(before) {
			t.Error("the third waited")
		}
		s.release()
		wg.Wait()
		if err := s.acquire(t.Context()); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}

func TestAWaitThatIsOverIsBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(1, 2, 5*time.Second)
		if err := s.acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
		before := time.Now()
		if err := s.acquire(t.Context()); !errors.Is(err, ErrBusy) {
			t.Errorf("%v, want ErrBusy", err)
		}
		if waited := time.Since(before); waited != 5*time.Second {
			t.Errorf("waited %s of the bubble's time, want 5s", waited)
		}
		if n := s.waiting.Load(); n != 0 {
			t.Errorf("%d still count as waiting", n)
		}
	})
}

func TestACallGivesUpItsPlaceWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSlots(1, 1, time.Hour)
		if err := s.acquire(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.acquire(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v, want DeadlineExceeded", err)
		}
		if n := s.waiting.Load(); n != 0 {
			t.Errorf("%d still count as waiting", n)
		}
	})
}

func TestNoMoreThanTheSlotsRunAtOnce(t *testing.T) {
	s := newSlots(3, 1000, time.Minute)
	var running, most atomic.Int64
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			if err := s.acquire(t.Context()); err != nil {
				t.Error(err)
				return
			}
			defer s.release()
			n := running.Add(1)
			defer running.Add(-1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
		})
	}
	wg.Wait()
	if n := most.Load(); n > 3 || n < 1 {
		t.Errorf("%d ran at once, want at most 3", n)
	}
}

func TestTheDefaultsAreTheDocumentedOnes(t *testing.T) {
	s := NewScrypt(ScryptOptions{Slots: 20})
	if cap(s.slots.taken) != 20 || s.slots.queue != 160 || s.slots.wait != 5*time.Second {
		t.Errorf("slots %d, queue %d, wait %s", cap(s.slots.taken), s.slots.queue, s.slots.wait)
	}
	if s := NewScrypt(ScryptOptions{Slots: 1}); s.slots.queue != 64 {
		t.Errorf("queue %d, want 64", s.slots.queue)
	}
	if s := NewScrypt(ScryptOptions{Queue: -1}); s.slots.queue != 0 {
		t.Errorf("queue %d, want none", s.slots.queue)
	}
	if s.memory.work != 32<<20 {
		t.Errorf("a hash works on %d bytes, want 32 MiB", s.memory.work)
	}
}

func TestFinishedHashesAreCollectedBeforeTheyPileUp(t *testing.T) {
	m := newMemory(32<<20, 2)
	defer func() { m.idle.Stop() }()
	for range 10 {
		m.reserve()
		m.mu.Lock()
		if m.spent >= 2*m.work {
			t.Errorf("%d bytes of garbage when a hash starts", m.spent)
		}
		m.mu.Unlock()
		m.spend()
	}
}
