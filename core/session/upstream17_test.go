package session_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/session"
)

// Better Auth 1.7.25 notes the time when it ends all sessions of a user, for
// those that its list has lost: what began before that is over.
func TestSessionsThatUpstreamHasRevoked(t *testing.T) {
	const key = "revoked-sessions-before-" + upstreamUser
	began := time.Date(2026, 11, 22, 1, 44, 37, 653e6, time.UTC).UnixMilli()
	for _, tc := range []struct {
		name, value string
		alive       bool
	}{
		{"nothing was noted", "", true},
		{"it began before", strconv.FormatInt(began+1, 10), false},
		{"it began then", strconv.FormatInt(began, 10), true},
		{"it began later", strconv.FormatInt(began-1, 10), true},
		{"what was noted is no time", "yes", true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := fromUpstream(t, upstreamAlone)
			must(t, w.storage.Set(t.Context(), key, tc.value, 7*day))
			if alive := w.alive(upstreamToken); alive != tc.alive {
				t.Errorf("alive: %v", alive)
			}
			if listed := len(w.active(w.ann)) == 1; listed != tc.alive {
				t.Errorf("listed: %v", listed)
			}
			found, err := w.Sessions().ByTokens(t.Context(), []string{upstreamToken})
			if err != nil || (len(found) == 1) != tc.alive {
				t.Errorf("found %d, %v", len(found), err)
			}
			w.Clock.Advance(time.Second)
			later, err := w.Sessions().Create(t.Context(), session.Session{ExpiresAt: w.Clock.Now().Add(day)}, w.ann)
			if err != nil || !w.alive(later.Token) {
				t.Errorf("a later session is over: %v", err)
			}
		})
	}
}

// The row is gone too then: the copy alone says nothing.
func TestACopyThatUpstreamHasRevoked(t *testing.T) {
	w := newWorld(t, inBoth)
	s := w.begin(w.ann, day)
	must(t, w.storage.Set(t.Context(), "revoked-sessions-before-"+w.ann.ID, strconv.FormatInt(w.Clock.Now().UnixMilli()+1, 10), day))
	if !w.alive(s.Token) {
		t.Error("a session whose row is there is over")
	}
	_, err := w.database.Delete(t.Context(), db.Removal{Table: w.Sessions().Table()})
	must(t, err)
	if w.alive(s.Token) {
		t.Error("a copy without its row lives")
	}
}
