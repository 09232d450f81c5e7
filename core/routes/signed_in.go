package routes

import (
	"errors"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/session"
)

// signedIn looks up who makes the call, or nil. It asks the database, if there
// is one: what a cache remembers of an address may be yesterday's.
func (p *Plugin) signedIn(c *core.Ctx) (*session.WithUser, error) {
	found, err := c.FindSession(core.SessionQuery{
		DisableCookieCache: !p.auth.Stateless(), ReadOnly: p.auth.Options().Session.DeferSessionRefresh,
	})
	switch {
	case errors.Is(err, core.ErrSessionOver):
		return nil, nil //nolint:nilnil // nobody is an answer
	case err != nil, found == nil:
		return nil, err
	}
	return &found.WithUser, nil
}

// signedOut takes the cookies of a session back that has turned out to be over.
func (p *Plugin) signedOut(c *core.Ctx) error {
	if err := c.DeleteSessionCookies(false); err != nil {
		return err
	}
	return core.ErrUnauthorized
}
