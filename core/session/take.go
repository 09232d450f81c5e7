package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// Take ends the session of a token and tells whether this call has ended it: of many
// at once exactly one has, and may put another session in its place. ok is false
// when it was over.
//
// It is part of the transaction of ctx, except that the secondary storage, where that
// decides, forgets the session at once: should the transaction fail, it is over all
// the same.
func (s *Store) Take(ctx context.Context, token string) (ok bool, err error) {
	return s.kept.take(ctx, token, s.cfg.Now())
}

func (k *inDatabase) take(ctx context.Context, token string, now time.Time) (ok bool, err error) {
	err = k.db.Tx(ctx, func(ctx context.Context) (err error) {
		// The change of nothing holds the row until the transaction ends.
		if _, ok, err = k.update(ctx, token, now, db.Row{}); err != nil || !ok {
			return err
		}
		return k.end(ctx, token, ending{})
	})
	return ok && err == nil, err
}

func (k *inSecondary) take(ctx context.Context, token string, now time.Time) (ok bool, err error) {
	for {
		got, ok, err := k.get(ctx, token)
		if err != nil || !ok || !got.session.Session.ExpiresAt.After(now) {
			return false, err
		}
		taken, err := k.storage.CompareAndSet(ctx, token, got.text, "", 0)
		if err != nil {
			return false, fmt.Errorf("take a session: %w", err)
		}
		if taken {
			return true, k.strike(ctx, got.session.Session.UserID, token)
		}
		if err := ctx.Err(); err != nil {
			return false, err
		}
	}
}

// Rotate puts a session in the place of that of a token, under a new one: of many at
// once, exactly one does. ok is false when the old one was over. What ends all
// sessions of the user at the same time ends the new one, too.
//
// It is part of the transaction of ctx. Where the secondary storage decides, both
// change when that has committed; where the old session was over by then, the new one
// has ended, too, which ByToken tells.
func (s *Store) Rotate(ctx context.Context, token string, rec Session, owner user.User) (rotated Session, ok bool, err error) {
	rec.ID, rec.Token, rec.UserID = "", s.cfg.NewToken(), owner.ID
	row, ok, err := s.kept.rotate(ctx, token, s.cfg.Now(), s.model.Row(rec), owner)
	if err != nil || !ok {
		return Session{}, false, err
	}
	rotated, err = s.model.Record(row)
	return rotated, err == nil, err
}

func (k *inDatabase) rotate(ctx context.Context, token string, now time.Time, row db.Row, owner user.User) (created db.Row, ok bool, err error) {
	err = k.db.Tx(ctx, func(ctx context.Context) (err error) {
		if ok, err = k.take(ctx, token, now); err != nil || !ok {
			return err
		}
		created, err = k.create(ctx, row, owner)
		return err
	})
	return created, ok && err == nil, err
}

// rotate begins the new session before it ends the old one: whoever ends all of them
// in between finds both, or has ended the old one, and then the new one goes as well.
func (k *inSecondary) rotate(ctx context.Context, token string, now time.Time, row db.Row, owner user.User) (db.Row, bool, error) {
	got, ok, err := k.get(ctx, token)
	if err != nil || !ok || !got.session.Session.ExpiresAt.After(now) {
		return nil, false, err
	}
	created, err := k.create(ctx, row, owner)
	if err != nil {
		return nil, false, err
	}
	next, _ := created["token"].(string)
	err = db.AfterCommit(ctx, func(ctx context.Context) error {
		taken, err := k.take(ctx, token, now)
		if err == nil && taken {
			return nil
		}
		return errors.Join(err, k.remove(ctx, owner.ID, []string{next}))
	})
	return created, err == nil, err
}
