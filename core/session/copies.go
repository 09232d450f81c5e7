package session

import (
	"context"
	"fmt"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// copies are sessions in the secondary storage whose originals are rows of the
// database.
type copies struct {
	*shelf
	original func(ctx context.Context, token string) (WithUser, bool, error)
}

// add writes the copy of a new session.
func (c *copies) add(ctx context.Context, rec Session, owner user.User) error {
	if err := c.put(ctx, rec, owner); err != nil {
		return err
	}
	// Its row may have gone before the copy was there.
	_, err := c.sync(ctx, rec.Token)
	return err
}

// renew brings the copy of a session up to date that has changed.
func (c *copies) renew(ctx context.Context, rec Session) error {
	if there, err := c.sync(ctx, rec.Token); err != nil || !there {
		return err
	}
	return c.enlist(ctx, rec)
}

// sync makes a copy equal to its original, and removes it when there is none.
// The original is read after the copy, so that of several at once the last one
// to write has seen the newest. What is not there stays away: there tells.
func (c *copies) sync(ctx context.Context, token string) (there bool, err error) {
	err = secondary.Change(ctx, c.storage, token, func(old string) (string, time.Duration, bool, error) {
		if there = old != ""; !there {
			return "", 0, false, nil
		}
		found, ok, err := c.original(ctx, token)
		if err != nil {
			return "", 0, false, err
		}
		ttl := c.ttl(found.Session.ExpiresAt)
		if there = ok && ttl > 0; !there {
			return "", 0, true, nil
		}
		text, err := c.encode(found)
		return text, ttl, err == nil && text != old, err
	})
	if err != nil {
		return false, fmt.Errorf("renew the copy of a session: %w", err)
	}
	return there, nil
}
