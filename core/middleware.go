package core

import "errors"

// RequireSession is the middleware of endpoints for signed-in users. The
// session stands in Ctx.Session afterwards.
func RequireSession(c *Ctx) error { return c.require(SessionQuery{}) }

// RequireSensitiveSession is RequireSession past the cookie cache, so that a
// revoked session cannot do it.
func RequireSensitiveSession(c *Ctx) error {
	return c.require(SessionQuery{DisableCookieCache: true})
}

// RequireFreshSession is RequireSession for a session that began recently; see
// SessionOptions.FreshAge.
func RequireFreshSession(c *Ctx) error {
	if err := RequireSession(c); err != nil {
		return err
	}
	return c.requireFresh()
}

func (c *Ctx) requireFresh() error {
	freshAge := c.Auth.sessionSettings.freshAge
	if freshAge != 0 && c.Now().Sub(c.session.Session.CreatedAt) >= freshAge {
		return ErrSessionNotFresh
	}
	return nil
}

func (c *Ctx) require(q SessionQuery) error {
	q.ReadOnly = c.Auth.opts.Session.DeferSessionRefresh
	found, err := c.FindSession(q)
	if found == nil && (err == nil || errors.Is(err, errSessionGone)) {
		return ErrUnauthorized
	}
	if err != nil {
		return err
	}
	c.session = &found.WithUser
	return nil
}
