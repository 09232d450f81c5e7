package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// shelf is what the secondary storage holds of sessions, under upstream's keys
// and in its form: a session with its user under the token, for as long as it
// lives, and a list of each user's sessions (list.go).
//
// Only a session that begins makes a value; whatever else writes one compares it
// with what was read, so that a session that has ended never comes back.
type shelf struct {
	storage secondary.Storage
	model   *db.Model[Session]
	users   *user.Store
	now     func() time.Time
	// away hears why the storage could not be asked or brought up to date, where
	// that is made good by the database.
	away func(ctx context.Context, err error)
}

// value is what stands under a token: both as whole rows.
type value struct {
	Session json.RawMessage `json:"session"`
	User    json.RawMessage `json:"user"`
	// Changing marks a value that the database knows better: see announce.
	// Upstream does not look at it.
	Changing []string `json:"changing,omitempty"`
}

// stored is a value as it was read.
type stored struct {
	text    string
	value   value
	session WithUser
}

// get reads the session of a token. Anything but its session counts as absent.
func (s *shelf) get(ctx context.Context, token string) (found stored, ok bool, err error) {
	if found.text, err = s.storage.Get(ctx, token); err != nil {
		return stored{}, false, fmt.Errorf("read a session: %w", err)
	}
	if found.value, found.session, ok = s.decode(token, found.text); !ok {
		return stored{}, false, nil
	}
	revoked, err := s.revoked(ctx, found.session.Session)
	if err != nil || revoked {
		return stored{}, false, err
	}
	return found, true, nil
}

// revoked tells whether a server of 1.7 has ended all sessions of the user since
// this one began: it leaves a time, in milliseconds, for those that its list has
// lost. Gatehouse ends them all by itself and writes none.
func (s *shelf) revoked(ctx context.Context, rec Session) (bool, error) {
	text, err := s.storage.Get(ctx, "revoked-sessions-before-"+rec.UserID)
	if err != nil {
		return false, fmt.Errorf("read when sessions were revoked: %w", err)
	}
	before, err := strconv.ParseInt(text, 10, 64)
	return err == nil && rec.CreatedAt.UnixMilli() < before, nil
}

// reach tells whether the storage that has a key can be reached.
func (s *shelf) reach(ctx context.Context, key string) error {
	if _, err := s.storage.Get(ctx, key); err != nil {
		return fmt.Errorf("reach the storage of sessions: %w", err)
	}
	return nil
}

func (s *shelf) decode(token, text string) (v value, found WithUser, ok bool) {
	if text == "" || json.Unmarshal([]byte(text), &v) != nil {
		return value{}, WithUser{}, false
	}
	var err [2]error
	found.Session, err[0] = s.model.FromJSON(string(v.Session))
	found.User, err[1] = s.users.FromJSON(string(v.User))
	// Other things stand in the storage too, and a client can name any key.
	ok = errors.Join(err[:]...) == nil && found.Session.Token == token && found.Session.UserID == found.User.ID && token != ""
	return v, found, ok
}

func (s *shelf) encode(found WithUser, changing []string) (string, error) {
	v := value{Changing: changing}
	var err error
	if v.Session, err = s.model.RowJSON(found.Session); err != nil {
		return "", err
	}
	if v.User, err = s.users.RowJSON(found.User); err != nil {
		return "", err
	}
	return v.text()
}

func (v value) text() (string, error) {
	text, err := wire.Marshal(v)
	return string(text), err
}

// ttl is how long something is kept that ends then, in whole seconds.
func (s *shelf) ttl(expiresAt time.Time) time.Duration {
	return max(expiresAt.Sub(s.now()).Truncate(time.Second), 0)
}

// put writes a new session. The list comes first: what ends all sessions of the
// user meanwhile finds it there, or has taken it out.
func (s *shelf) put(ctx context.Context, rec Session, owner user.User, marks ...string) error {
	text, err := s.encode(WithUser{Session: rec, User: owner}, marks)
	if err != nil {
		return err
	}
	if err := s.enlist(ctx, rec); err != nil {
		return err
	}
	ttl := s.ttl(rec.ExpiresAt)
	if ttl == 0 {
		return nil // it lasts for less than a second: as upstream, it never begins
	}
	// The token is new. Its value may be there if a transaction is run again.
	if err := s.storage.Set(ctx, rec.Token, text, ttl); err != nil {
		return fmt.Errorf("write a session: %w", err)
	}
	return nil
}

// change replaces the value of a token by what next makes of it, unless the
// session is gone. next returns a value, or ok false to leave everything as it
// is; one whose expiresAt has come is removed. It may run several times. done
// tells whether the session was there and next wanted it.
func (s *shelf) change(ctx context.Context, token string, next func(value, WithUser) (changed value, expiresAt time.Time, ok bool, err error)) (done bool, err error) {
	err = secondary.Change(ctx, s.storage, token, func(old string) (string, time.Duration, bool, error) {
		var v value
		var found WithUser
		if v, found, done = s.decode(token, old); !done {
			return "", 0, false, nil
		}
		var changed value
		var expiresAt time.Time
		var err error
		if changed, expiresAt, done, err = next(v, found); err != nil || !done {
			return "", 0, false, err
		}
		ttl := s.ttl(expiresAt)
		if ttl == 0 {
			return "", 0, true, nil
		}
		text, err := changed.text()
		return text, ttl, err == nil && text != old, err
	})
	if err != nil {
		return false, fmt.Errorf("change a session: %w", err)
	}
	return done, nil
}

// take removes the session of a token, if it is the one that is meant, and tells
// whose it was.
func (s *shelf) take(ctx context.Context, token string, which ending) (userID string, ok bool, err error) {
	found, ok, err := s.get(ctx, token)
	if err != nil || !ok || !which.fits(found.session.Session) {
		return "", false, err
	}
	if which.expiredAt.IsZero() {
		err = s.storage.Delete(ctx, token)
	} else {
		ok, err = s.storage.CompareAndSet(ctx, token, found.text, "", 0) // or it was extended meanwhile
	}
	if err != nil {
		return "", false, fmt.Errorf("remove a session: %w", err)
	}
	if !ok {
		return "", false, nil
	}
	return found.session.Session.UserID, true, nil
}

// takeOut is take, and strikes the session from the list.
func (s *shelf) takeOut(ctx context.Context, token string, which ending) error {
	userID, ok, err := s.take(ctx, token, which)
	if err != nil || !ok {
		return err
	}
	return s.strike(ctx, userID, token)
}
