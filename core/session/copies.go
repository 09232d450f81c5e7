package session

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// copies are sessions in the secondary storage whose originals are rows of the
// database. The storage may be lost, and come back, at any moment, and no copy says
// then what its row does not: one is there before its row is, marked until it
// has been compared with it; it is gone before its row is; and it is marked
// before its row or its user changes (announce). So what changes rows calls these
// methods in the transaction.
type copies struct {
	*shelf
	original func(ctx context.Context, token string) (WithUser, bool, error)
}

// trusted reads the copy of a session, unless its row has to be asked.
func (c *copies) trusted(ctx context.Context, token string) (found WithUser, ok bool, err error) {
	copied, ok, err := c.get(ctx, token)
	return copied.session, ok && len(copied.value.Changing) == 0, err
}

// add writes the copy of a session whose row has been written.
func (c *copies) add(ctx context.Context, rec Session, owner user.User) error {
	mark := c.newMark()
	// The user may have changed since the owner was read, and there may be no row.
	compare := func(ctx context.Context) error {
		_, err := c.sync(ctx, rec.Token, mark)
		return err
	}
	return c.aroundCommit(ctx, func(ctx context.Context) error {
		db.AfterRollback(ctx, func(ctx context.Context) { c.tell(ctx, compare(ctx)) })
		return c.put(ctx, rec, owner, mark)
	}, compare)
}

// update renews the copy of a session whose row has changed.
func (c *copies) update(ctx context.Context, rec Session) error {
	return c.announce(ctx, func(context.Context) ([]string, error) { return []string{rec.Token}, nil },
		func(ctx context.Context, _, mark string) error { return c.renew(ctx, rec, mark) })
}

// extend renews the copy of a session that lasts longer now. Until then the copy
// has the old expiry, is due for the next extension, and the database is asked when
// it ends: that is no reason to keep a session from being extended while the storage
// is away.
func (c *copies) extend(ctx context.Context, rec Session) error {
	return c.afterCommit(ctx, func(ctx context.Context) error { return c.renew(ctx, rec, "") })
}

// renew brings the copy of a session up to date that has changed.
func (c *copies) renew(ctx context.Context, rec Session, mark string) error {
	if there, err := c.sync(ctx, rec.Token, mark); err != nil || !there {
		return err
	}
	return c.enlist(ctx, rec)
}

// sync makes a copy equal to its original and takes a mark away. It removes the
// copy when there is no original, which is read after the copy, so that of
// several at once the last one to write has seen the newest. What is not there
// stays away: there tells.
func (c *copies) sync(ctx context.Context, token, mark string) (there bool, err error) {
	err = secondary.Change(ctx, c.storage, token, func(old string) (string, time.Duration, bool, error) {
		if there = old != ""; !there {
			return "", 0, false, nil
		}
		v, _, _ := c.decode(token, old)
		found, ok, err := c.original(ctx, token)
		if err != nil {
			return "", 0, false, err
		}
		ttl := c.ttl(found.Session.ExpiresAt)
		if there = ok && ttl > 0; !there {
			return "", 0, true, nil
		}
		text, err := c.encode(found, c.unmarked(v.Changing, mark))
		return text, ttl, err == nil && text != old, err
	})
	if err != nil {
		return false, fmt.Errorf("renew the copy of a session: %w", err)
	}
	return there, nil
}

// end removes the copy of the session that is meant. Its row, of which gone is
// what there was, has been removed; a copy without one has no right to be there.
func (c *copies) end(ctx context.Context, token string, which ending, gone []Session) error {
	owner := ""
	return c.aroundCommit(ctx, func(ctx context.Context) error {
		if len(gone) > 0 { // one: a token is unique
			owner = gone[0].UserID
			return c.drop(ctx, token)
		}
		var err error
		owner, _, err = c.take(ctx, token, which)
		return err
	}, func(ctx context.Context) error {
		if owner == "" {
			return nil
		}
		return c.strike(ctx, owner, token)
	})
}

// expire removes the copy of a session whose row has been removed since it had
// expired. The copy has as well: it can wait.
func (c *copies) expire(ctx context.Context, token string, which ending) error {
	return c.afterCommit(ctx, func(ctx context.Context) error { return c.takeOut(ctx, token, which) })
}

// endAll removes the copies of sessions of a user whose rows, gone, have been
// removed, and of others that were listed. Those of them that began meanwhile
// stay listed: so they are found by their user.
func (c *copies) endAll(ctx context.Context, userID string, listed, gone []string) error {
	return c.aroundCommit(ctx,
		func(ctx context.Context) error { return c.drop(ctx, slices.Concat(listed, gone)...) },
		func(ctx context.Context) error { return c.strike(ctx, userID, gone...) })
}

// forget removes the copies of all sessions of a user whose rows are about to go
// with the user's: those that are known now, and those that are listed then.
func (c *copies) forget(ctx context.Context, userID string, tokens []string) error {
	return c.aroundCommit(ctx, func(ctx context.Context) error {
		listed, err := c.listed(ctx, userID)
		if err != nil {
			return err
		}
		tokens = append(tokens, listed...)
		return c.drop(ctx, tokens...)
	}, func(ctx context.Context) error { return c.strike(ctx, userID, tokens...) })
}
