package session_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/session"
)

// Two things happen at once, step by step in every order. Whatever the order,
// what holds afterwards is the same.
func TestWhateverHappensAtOnce(t *testing.T) {
	over := func(w *world, s session.Session, _ *outcome) error {
		if w.alive(s.Token) {
			return errors.New("the session lives")
		}
		return nil
	}
	revocable := func(w *world, _ session.Session, out *outcome) error {
		token := out.began.Token
		if w.alive(token) && !slices.Contains(w.active(w.ann), token) {
			return errors.New("the session lives and is not listed")
		}
		if err := w.Sessions().DeleteAll(w.t.Context(), w.ann.ID); err != nil {
			return err
		}
		if w.alive(token) {
			return errors.New("the session outlives the revocation")
		}
		return nil
	}
	userAsStored := func(token string) func(w *world, s session.Session, out *outcome) error {
		return func(w *world, s session.Session, out *outcome) error {
			if token == "began" {
				s = out.began
			}
			u, _, err := w.Users().ByID(w.t.Context(), w.ann.ID)
			found, ok := w.find(s.Token)
			if err != nil || !ok || found.User.Name != u.Name {
				return fmt.Errorf("the session (there: %v) shows %q, the user is called %q (%w)", ok, found.User.Name, u.Name, err)
			}
			return nil
		}
	}

	for _, tc := range []struct {
		name     string
		one, two act
		want     func(w *world, s session.Session, out *outcome) error
		begins   bool // there is no session before
	}{
		{"a session that begins while all end can be revoked", create, endAll, revocable, true},
		{"a session that begins while others end can be revoked", create, endOthers, revocable, true},
		{"a session that is extended while it ends is over", extend, end, over, false},
		{"a session that is extended while all end is over", extend, endAll, over, false},
		{"a session that is extended while others end is over", extend, endOthers, over, false},
		{"a session that changes while it ends is over", update, end, over, false},
		{"a session that changes while all end is over", update, endAll, over, false},
		{"a session whose user changes while it ends is over", rename("Anna"), end, over, false},
		{"a session whose user changes while all end is over", rename("Anna"), endAll, over, false},
		{"a session that is extended while it runs out has one end", extend, expire, func(w *world, s session.Session, out *outcome) error {
			if alive := w.alive(s.Token); alive != out.ok {
				return fmt.Errorf("extended: %v, alive: %v", out.ok, alive)
			}
			return nil
		}, false},
		{"a session that changes while it is extended has both", update, extend, func(w *world, s session.Session, _ *outcome) error {
			found, _ := w.find(s.Token)
			if found.Session.Extra["theme"] != "dark" || !found.Session.ExpiresAt.Equal(w.Clock.Now().Add(2*day)) {
				return fmt.Errorf("the session is %+v", found.Session)
			}
			w.Clock.Advance(day + time.Hour)
			if !slices.Contains(w.active(w.ann), s.Token) {
				return errors.New("the list has forgotten the session")
			}
			return nil
		}, false},
		{"a session that begins while its user changes shows the user", create, rename("Anna"), userAsStored("began"), true},
		{"a session shows its user after two changes at once", rename("Anna"), rename("Annette"), userAsStored("before"), false},
		{"a session that changes while its user does shows the user", update, rename("Anna"), userAsStored("before"), false},
		{"a session that begins while its user is deleted is over", create, deleteUser, func(w *world, _ session.Session, out *outcome) error {
			return over(w, out.began, nil)
		}, true},
		{"a session whose user is deleted is over", update, deleteUser, over, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, where := range places {
				if where == inDatabase {
					continue // one statement each: there is nothing in between
				}
				t.Run(string(where), func(t *testing.T) {
					if n := explore(t, func() ([]func(context.Context), func() error) {
						w, _ := newStepwiseWorld(t, where)
						var s session.Session
						if !tc.begins {
							s = w.begin(w.ann, day)
						}
						var out [2]outcome
						work := []func(context.Context){tc.one(w, s, &out[0]), tc.two(w, s, &out[1])}
						return work, func() error {
							if err := errors.Join(append(out[0].errs, out[1].errs...)...); err != nil {
								return err
							}
							return tc.want(w, s, &out[0])
						}
					}); n < 4 {
						t.Errorf("only %d schedules: there is nothing between the steps", n)
					}
				})
			}
		})
	}
}
