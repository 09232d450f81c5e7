package session_test

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/session"
)

func TestASessionIsTakenOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, _ place) {
		s, other := w.begin(w.ann, day), w.begin(w.ann, day)
		for i, want := range []bool{true, false} {
			if ok, err := w.Sessions().Take(t.Context(), s.Token); ok != want || err != nil {
				t.Errorf("try %d: %v, %v", i+1, ok, err)
			}
		}
		if w.alive(s.Token) || !w.alive(other.Token) || len(w.active(w.ann)) != 1 {
			t.Error("it goes on, or the other one has ended")
		}
		if ok, err := w.Sessions().Take(t.Context(), "nobody"); ok || err != nil {
			t.Errorf("nothing is taken: %v, %v", ok, err)
		}
		w.Clock.Advance(day + time.Millisecond)
		if ok, err := w.Sessions().Take(t.Context(), other.Token); ok || err != nil {
			t.Errorf("one that is over is taken: %v, %v", ok, err)
		}
	})
}

func TestOfManyExactlyOneTakesASession(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, _ place) {
		for range 20 {
			s := w.begin(w.ann, day)
			var won atomic.Int64
			var wg sync.WaitGroup
			gate := make(chan struct{})
			for range 50 {
				wg.Go(func() {
					<-gate
					ok, err := w.Sessions().Take(t.Context(), s.Token)
					if err != nil {
						t.Errorf("a racer failed: %v", err)
					}
					if ok {
						won.Add(1)
					}
				})
			}
			close(gate)
			wg.Wait()
			if n := won.Load(); n != 1 {
				t.Fatalf("%d have taken it", n)
			}
		}
	})
}

func TestASessionIsRotatedOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, _ place) {
		s := w.begin(w.ann, day)
		next := session.Session{ExpiresAt: w.Clock.Now().Add(day)}
		rotated, ok, err := w.Sessions().Rotate(t.Context(), s.Token, next, w.ann)
		if err != nil || !ok || rotated.Token == s.Token || !w.alive(rotated.Token) || w.alive(s.Token) || len(w.active(w.ann)) != 1 {
			t.Errorf("%+v, %v, %v: %d live", rotated, ok, err, len(w.active(w.ann)))
		}
		if again, ok, err := w.Sessions().Rotate(t.Context(), s.Token, next, w.ann); ok || err != nil || len(w.active(w.ann)) != 1 {
			t.Errorf("once more: %+v, %v, %v", again, ok, err)
		}
	})
}

// Whatever order they come in: what ends all sessions ends the one that takes the
// place of another.
func TestARotatedSessionDoesNotEscapeTheEndOfAll(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, _ place) {
		for range 50 {
			s := w.begin(w.ann, day)
			var wg sync.WaitGroup
			gate := make(chan struct{})
			wg.Go(func() {
				<-gate
				_, _, err := w.Sessions().Rotate(t.Context(), s.Token, session.Session{ExpiresAt: w.Clock.Now().Add(day)}, w.ann)
				if err != nil {
					t.Errorf("rotate: %v", err)
				}
			})
			wg.Go(func() {
				<-gate
				must(t, w.Sessions().DeleteAll(t.Context(), w.ann.ID))
			})
			close(gate)
			wg.Wait()
			if n := len(w.active(w.ann)); n != 0 {
				t.Fatalf("%d sessions go on", n)
			}
		}
	})
}
