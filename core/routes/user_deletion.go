package routes

import (
	"context"
	"errors"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/verification"
)

// deletionToken is the token of a mail that asks whether a user is to be deleted.
var deletionToken = verification.Purpose{Prefix: "delete-account-", Shape: verification.IsID}

// deletion is one call that deletes the user of its session.
type deletion struct {
	*Plugin
	c    *core.Ctx
	user user.User
	done bool // the user is deleted, whatever happens afterwards
}

// deleteBySession deletes the user of the session, once however many ask for it
// at once: one call at a time goes on for a user, and the session has to be
// there still when it is its turn.
func (p *Plugin) deleteBySession(c *core.Ctx) error {
	current := c.Session()
	next, err := p.deletions.take(c.Context(), current.User.ID)
	if err != nil {
		return err
	}
	defer next()
	_, alive, err := p.auth.Sessions().ByToken(c.Context(), current.Session.Token)
	switch {
	case err != nil:
		return err
	case !alive:
		return p.signedOut(c)
	}
	d := deletion{Plugin: p, c: c, user: current.User}
	return d.run()
}

// deleteByToken is deleteBySession for the token of a mail. Both go together
// where they can: the token is spent with the user, or stays with the user. Where
// the application is asked first, or another storage has the token, it is spent
// first, so that one call does the work, and is good again if the user stays.
func (p *Plugin) deleteByToken(c *core.Ctx, token string) error {
	d := deletion{Plugin: p, c: c, user: c.Session().User}
	next, err := p.deletions.take(c.Context(), d.user.ID)
	if err != nil {
		return err
	}
	defer next()
	o := p.auth.Options()
	if o.User.DeleteUser.BeforeDelete == nil && (o.SecondaryStorage == nil || o.Verification.StoreInDatabase) {
		return d.remove(func() error {
			_, err := d.redeem(token)
			return err
		})
	}
	spent, err := d.redeem(token)
	if err != nil {
		return err
	}
	defer func() { // also when a callback panics
		if !d.done {
			d.restore(token, spent)
		}
	}()
	return d.run()
}

// redeem spends the token.
func (d *deletion) redeem(token string) (verification.Verification, error) {
	spent, ok, err := d.auth.Verifications().RedeemOf(d.c.Context(), deletionToken, token, d.user.ID)
	if err == nil && !ok {
		err = errNoDeletionToken
	}
	return spent, err
}

// restore makes a token good again, also when the client has gone.
func (d *deletion) restore(token string, spent verification.Verification) {
	ctx := context.WithoutCancel(d.c.Context())
	if _, err := d.auth.Verifications().Create(ctx, deletionToken, token, spent.Value, spent.ExpiresAt); err != nil {
		d.c.Log().ErrorContext(ctx, "the token of a deletion that failed is lost", "error", err)
	}
}

// run deletes the user between the application's callbacks. The first one runs
// outside the transaction: it may take its time, and may reach the same database
// over a connection of its own. An error of the second one, or of a database
// hook that runs after the commit, is returned though the user is deleted.
func (d *deletion) run() error {
	if before := d.auth.Options().User.DeleteUser.BeforeDelete; before != nil {
		if err := before(d.c.Context(), d.user); err != nil {
			return err
		}
	}
	return d.remove(func() error { return nil })
}

// remove deletes the user in one transaction with what comes first.
func (d *deletion) remove(first func() error) error {
	err := d.c.Tx(func() error {
		if err := first(); err != nil {
			return err
		}
		if err := d.deleteWithBelongings(d.c.Context(), d.user.ID); err != nil {
			return err
		}
		return db.AfterCommit(d.c.Context(), d.finish)
	})
	if !d.done { // upstream takes the sessions and accounts, and leaves the user
		err = stopped(err, errUserKept)
	}
	d.done = d.done || err == nil // a transaction around this one may commit later
	return err
}

// finish signs the client out and tells the application, also when whoever asked
// has gone meanwhile.
func (d *deletion) finish(ctx context.Context) error {
	d.done = true
	err := d.c.DeleteSessionCookies(false)
	if after := d.auth.Options().User.DeleteUser.AfterDelete; after != nil {
		err = errors.Join(err, after(context.WithoutCancel(ctx), d.user))
	}
	return err
}

// deleteWithBelongings removes a user and what is theirs. Of several servers at
// once, one does it.
//
// The order is that in which every other transaction takes what it needs of a
// user: a reset has the token, then the account, then the sessions; a sign-in the
// account, then a session. In another one a database ends them as a deadlock.
func (p *Plugin) deleteWithBelongings(ctx context.Context, id string) error {
	for _, remove := range []func(context.Context, string) error{
		p.auth.Verifications().DeleteOf, p.auth.Accounts().DeleteOfUser, p.auth.Sessions().DeleteAll,
	} {
		if err := remove(ctx, id); err != nil {
			return err
		}
	}
	gone, err := p.auth.Users().Delete(ctx, id)
	if err == nil && !gone {
		return core.ErrUnauthorized
	}
	return err
}
