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

// RequireFreshSensitiveSession is RequireFreshSession past the cookie cache.
func RequireFreshSensitiveSession(c *Ctx) error {
	if err := RequireSensitiveSession(c); err != nil {
		return err
	}
	return c.requireFresh()
}

// RequireRequestSession is RequireSession for endpoints that the application
// also calls in process on its own behalf: without a request there need not be
// a session, and Ctx.Session is nil then.
func RequireRequestSession(c *Ctx) error {
	if c.Request == nil {
		return nil
	}
	return RequireSession(c)
}

// SessionIsFresh tells whether the session that middleware has required began
// recently; see SessionOptions.FreshAge.
func (c *Ctx) SessionIsFresh() bool { return c.requireFresh() == nil }

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
	if found == nil && (err == nil || errors.Is(err, ErrSessionOver)) {
		return ErrUnauthorized
	}
	if err != nil {
		return err
	}
	c.session = &found.WithUser
	return nil
}
