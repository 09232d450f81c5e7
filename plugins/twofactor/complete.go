package twofactor

import (
	"errors"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// VerifiedOutput is the user whose factor was right, and the session that this has
// opened or that goes on.
type VerifiedOutput struct {
	Token string    `json:"token,omitempty" doc:"The session's token"`
	User  user.User `json:"user"`
}

// verified answers somebody who is signed in: the session goes on.
func (p *Plugin) verified(c *core.Ctx, cl *claimant) *VerifiedOutput {
	noStore(c)
	return &VerifiedOutput{Token: cl.session.Session.Token, User: p.auth.Users().Output(cl.user)}
}

// complete ends a sign-in whose second factor is right: spend takes away what proved
// it, the challenge goes, and the session begins, together or not at all. Of many at
// once with one challenge, one signs in.
func (p *Plugin) complete(c *core.Ctx, cl *claimant, trustDevice *bool, spend func() error) (*VerifiedOutput, error) {
	var opened session.WithUser
	trust := trustDevice != nil && *trustDevice
	err := c.Tx(func() error {
		if err := p.lock(c, cl.user.ID); err != nil {
			return err
		}
		if err := spend(); err != nil {
			return err
		}
		_, ok, err := p.auth.Verifications().RedeemOf(c.Context(), challengePurpose, cl.name, cl.user.ID)
		if err != nil {
			return err
		}
		if !ok {
			return ErrInvalidCookie
		}
		if _, _, err := p.auth.Verifications().Redeem(c.Context(), triesPurpose, cl.name); err != nil {
			return err
		}
		if err := p.stillKnown(c, cl); err != nil {
			return err
		}
		if err := p.forgive(c, cl.user); err != nil {
			return err
		}
		if opened, err = c.CreateSession(cl.user, c.TransientSession()); err != nil || !trust {
			return err
		}
		return p.trust(c, cl.user)
	})
	if err == nil && p.auth.Options().SecondaryStorage != nil {
		// There the session begins after the commit, and what ended the others may
		// have looked before.
		if err = p.stillKnown(c, cl); err != nil {
			err = errors.Join(err, p.takeBack(c, opened, trust))
		}
	}
	switch {
	case errors.Is(err, db.ErrStopped):
		return nil, errNoSession.WithCause(err)
	case errors.Is(err, db.ErrReference):
		return nil, ErrInvalidCookie.WithCause(err) // deleted meanwhile
	case errors.Is(err, ErrInvalidCookie):
		return nil, errors.Join(p.dropCookie(c, challengeCookie), err)
	case err != nil:
		return nil, err
	}
	if err := p.dropCookie(c, challengeCookie); err != nil {
		return nil, err
	}
	if trust {
		// As upstream: the browser is not asked again, so it is remembered.
		if err := c.Cookies().Set(c.CookieSpecs().DontRemember.Expired()); err != nil {
			return nil, err
		}
	}
	noStore(c)
	return &VerifiedOutput{Token: opened.Session.Token, User: p.auth.Users().Output(cl.user)}, nil
}

// takeBack ends a session that should not have begun, and sends nothing of it.
func (p *Plugin) takeBack(c *core.Ctx, opened session.WithUser, trust bool) error {
	err := errors.Join(p.auth.Sessions().Delete(c.Context(), opened.Session.Token), c.DeleteSessionCookies(false))
	if trust {
		err = errors.Join(err, p.dropCookie(c, deviceCookie))
	}
	return err
}

// stillKnown refuses a challenge of a user who is gone, and one that was issued for a
// password which is gone or has been changed since: a change that ends all sessions
// must not miss this one.
func (p *Plugin) stillKnown(c *core.Ctx, cl *claimant) error {
	u, ok, err := p.auth.Users().ByID(c.Context(), cl.user.ID)
	if err != nil {
		return err
	}
	if !ok {
		return ErrInvalidCookie
	}
	unchanged, err := p.passwordUnchanged(c, u.ID, cl.since)
	if err != nil {
		return err
	}
	if !unchanged {
		return ErrInvalidCookie
	}
	cl.user = u
	return nil
}

// passwordUnchanged tells whether a user has a password, which has not been changed
// since a moment. Inside a transaction, nobody can change it from then on.
func (p *Plugin) passwordUnchanged(c *core.Ctx, userID string, since time.Time) (bool, error) {
	own, has, err := p.auth.Accounts().WithPassword(c.Context(), userID)
	if err != nil || !has || own.UpdatedAt.After(since) {
		return false, err
	}
	return p.auth.Accounts().Holds(c.Context(), own)
}

// switchOn enables the second factor of somebody who is signed in, and gives them
// another session: spend takes away what proved the factor.
func (p *Plugin) switchOn(c *core.Ctx, cl *claimant, spend func() error) (rotated session.WithUser, err error) {
	err = c.Tx(func() error {
		if err := p.lock(c, cl.user.ID); err != nil {
			return err
		}
		if err := spend(); err != nil {
			return err
		}
		rotated, err = p.setEnabledAnew(c, cl.user, cl.session.Session, true)
		return err
	})
	return rotated, err
}

// setEnabledAnew is setEnabled, with another session for the user who is worth more,
// or less, from now on.
func (p *Plugin) setEnabledAnew(c *core.Ctx, was user.User, old session.Session, on bool) (rotated session.WithUser, err error) {
	u, err := p.setEnabled(c, was, on)
	if err != nil {
		return session.WithUser{}, err
	}
	return c.RotateSession(old, u)
}
