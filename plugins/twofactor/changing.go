package twofactor

import (
	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/account"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// owner is the signed-in user as stored: a session may have an older copy.
func (p *Plugin) owner(c *core.Ctx) (user.User, error) {
	u, ok, err := p.auth.Users().ByID(c.Context(), c.Session().User.ID)
	if err == nil && !ok {
		err = core.ErrUnauthorized
	}
	return u, err
}

// changing makes a change of what the signed-in user has set up, in a transaction and
// one at a time. Hashing takes its while, in which the password may have been changed
// and the session ended: whoever has lost the account meanwhile changes nothing.
func (p *Plugin) changing(c *core.Ctx, verified account.Account, change func(u user.User) error) error {
	return c.Tx(func() error {
		if err := p.lock(c, c.Session().User.ID); err != nil {
			return err
		}
		if err := p.stillHolds(c, verified); err != nil {
			return err
		}
		if err := p.stillThere(c); err != nil {
			return err
		}
		u, err := p.owner(c)
		if err != nil {
			return err
		}
		return change(u)
	})
}

// stillHolds refuses when the password that was verified is another one by now.
func (p *Plugin) stillHolds(c *core.Ctx, verified account.Account) error {
	if verified.ID == "" { // none was needed
		return nil
	}
	same, err := p.auth.Accounts().Holds(c.Context(), verified)
	if err == nil && !same {
		return core.ErrInvalidPassword
	}
	return err
}

// stillThere refuses when the session has been ended.
func (p *Plugin) stillThere(c *core.Ctx) error {
	if p.auth.SessionsInCookies() { // there nothing else knows it
		return nil
	}
	found, ok, err := p.auth.Sessions().ByToken(c.Context(), c.Session().Session.Token)
	if err == nil && (!ok || !found.Session.ExpiresAt.After(c.Now())) {
		return core.ErrUnauthorized
	}
	return err
}
