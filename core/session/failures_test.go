package session_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/secondary/secondarytest"
	"github.com/gatehouse-auth/gatehouse/core/session"
)

// failing lets one call of a storage fail, or every call from it on.
type failing struct {
	mu        sync.Mutex
	calls, at int // the call that fails, from 1; 0 is none
	on        bool
}

func (f *failing) turn(context.Context, string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls++
	if f.at != 0 && (f.calls == f.at || f.on && f.calls > f.at) {
		return fmt.Errorf("dial the storage: %w", db.ErrUnavailable)
	}
	return nil
}

func fragile(t *testing.T, where place) (*world, *failing) {
	f := &failing{}
	w := newWorld(t, where, func(o *core.Options) {
		o.SecondaryStorage = secondarytest.Watched{Storage: o.SecondaryStorage, Before: f.turn}
	})
	return w, f
}

// Whatever call fails, the caller hears of it, unless it is done all the same; and
// what is tried again is done in full.
func TestAStorageThatFails(t *testing.T) {
	for _, tc := range []struct {
		name string
		do   func(w *world, s session.Session) error
		done func(w *world, s session.Session) bool
	}{
		{"while a session ends", func(w *world, s session.Session) error {
			return w.Sessions().Delete(w.t.Context(), s.Token)
		}, func(w *world, s session.Session) bool { return !w.alive(s.Token) }},
		{"while a session of the user's own ends", func(w *world, s session.Session) error {
			return w.Sessions().DeleteOwn(w.t.Context(), s.Token, w.ann.ID)
		}, func(w *world, s session.Session) bool { return !w.alive(s.Token) }},
		{"while all sessions end", func(w *world, _ session.Session) error {
			return w.Sessions().DeleteAll(w.t.Context(), w.ann.ID)
		}, func(w *world, s session.Session) bool { return !w.alive(s.Token) }},
		{"while the other sessions end", func(w *world, _ session.Session) error {
			return w.Sessions().DeleteOthers(w.t.Context(), w.ann.ID, "another")
		}, func(w *world, s session.Session) bool { return !w.alive(s.Token) }},
		{"while a session changes", func(w *world, s session.Session) error {
			_, _, err := w.Sessions().Update(w.t.Context(), s.Token, db.Row{"theme": "dark"})
			return err
		}, func(w *world, s session.Session) bool {
			found, _ := w.find(s.Token)
			return found.Session.Extra["theme"] == "dark"
		}},
		{"while a user changes", func(w *world, _ session.Session) error {
			_, _, err := w.Users().Update(w.t.Context(), w.ann.ID, db.Row{"name": "Anna"})
			return err
		}, func(w *world, s session.Session) bool {
			found, _ := w.find(s.Token)
			return found.User.Name == "Anna"
		}},
		{"while a session begins", func(w *world, _ session.Session) error {
			_, err := w.Sessions().Create(w.t.Context(), session.Session{ExpiresAt: w.Clock.Now().Add(day)}, w.ann)
			return err
		}, func(w *world, _ session.Session) bool { return len(w.active(w.ann)) >= 2 }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, where := range []place{inSecondary, inBoth, withRecord} {
				for k := 1; ; k++ {
					w, f := fragile(t, where)
					s := w.begin(w.ann, day)
					f.calls, f.at = 0, k
					err := tc.do(w, s)
					reached := f.calls >= k
					f.at = 0
					if !reached {
						if err != nil || k < 3 {
							t.Errorf("%s: %d calls, %v", where, k-1, err)
						}
						break
					}
					if err != nil && !errors.Is(err, db.ErrUnavailable) || err == nil && !tc.done(w, s) {
						t.Errorf("%s, call %d: %v, done: %v", where, k, err, tc.done(w, s))
					}
					if err := tc.do(w, s); err != nil || !tc.done(w, s) {
						t.Errorf("%s, call %d: tried again, and it is not done (%v)", where, k, err)
					}
				}
			}
		})
	}
}

// Where the database has the last word, sessions go on while the storage is away.
func TestTheDatabaseAnswersWhileTheStorageIsAway(t *testing.T) {
	w, f := fragile(t, inBoth)
	s, ended := w.begin(w.ann, day), w.begin(w.ann, day)
	w.Clock.Advance(time.Hour)
	f.calls, f.at, f.on = 0, 1, true
	if !w.alive(s.Token) || len(w.active(w.ann)) != 2 {
		t.Error("the sessions are not found")
	}
	if list, err := w.Sessions().ByTokens(t.Context(), []string{s.Token}); err != nil || len(list) != 1 {
		t.Errorf("found by their tokens: %v %v", list, err)
	}
	now := w.Clock.Now()
	if rec, ok, err := w.Sessions().Extend(t.Context(), s.Token, now, now.Add(2*day)); !ok || err != nil || !rec.ExpiresAt.Equal(now.Add(2*day)) {
		t.Errorf("extended: %v %v %+v", ok, err, rec)
	}
	// None ends: its copy would be good again when the storage is back.
	if err := w.Sessions().Delete(t.Context(), ended.Token); !errors.Is(err, db.ErrUnavailable) || !w.alive(ended.Token) {
		t.Errorf("ended: %v, alive: %v", err, w.alive(ended.Token))
	}
	if err := w.Sessions().DeleteAll(t.Context(), w.ann.ID); !errors.Is(err, db.ErrUnavailable) || !w.alive(ended.Token) {
		t.Errorf("ended all: %v, alive: %v", err, w.alive(ended.Token))
	}
	f.at = 0
	must(t, w.Sessions().Delete(t.Context(), ended.Token))
	if w.alive(ended.Token) || !w.alive(s.Token) {
		t.Error("the storage is back, and has the last word")
	}
}

// Where the storage has it, nothing goes on.
func TestNoSessionWhileTheStorageIsAway(t *testing.T) {
	for _, where := range []place{inSecondary, withRecord} {
		w, f := fragile(t, where)
		s := w.begin(w.ann, day)
		f.calls, f.at, f.on = 0, 1, true
		if _, ok, err := w.Sessions().ByToken(t.Context(), s.Token); ok || !errors.Is(err, db.ErrUnavailable) {
			t.Errorf("%s: found %v %v", where, ok, err)
		}
		if _, err := w.Sessions().Active(t.Context(), w.ann.ID, w.Clock.Now()); !errors.Is(err, db.ErrUnavailable) {
			t.Errorf("%s: listed %v", where, err)
		}
		now := w.Clock.Now()
		if _, ok, err := w.Sessions().Extend(t.Context(), s.Token, now, now.Add(day)); ok || !errors.Is(err, db.ErrUnavailable) {
			t.Errorf("%s: extended %v %v", where, ok, err)
		}
	}
}
