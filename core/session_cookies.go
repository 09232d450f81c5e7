package core

import (
	"context"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// transientSession is how long a session lasts that is not to be remembered.
const transientSession = 24 * time.Hour

// CreateSession signs a user in: a new session under a new token, and its
// cookies. Inside a transaction the cookies wait for the commit, so that a
// rollback hands out nothing. transient sessions last a day and end with the
// browser.
func (c *Ctx) CreateSession(u user.User, transient bool) (session.WithUser, error) {
	lifetime := c.Auth.sessionSettings.expiresIn
	if transient {
		lifetime = transientSession
	}
	address, agent := c.address, c.Header("User-Agent")
	s, err := c.Auth.sessions.Create(c.ctx, session.Session{
		UserID: u.ID, ExpiresAt: c.Now().Add(lifetime), IPAddress: &address, UserAgent: &agent,
	})
	if err != nil {
		return session.WithUser{}, err
	}
	created := session.WithUser{Session: s, User: u}
	err = db.AfterCommit(c.ctx, func(context.Context) error {
		return c.SetSessionCookies(created, transient)
	})
	return created, err
}

// SetSessionCookies writes the session's cookies: the signed token, the mark of
// a transient session, and the cache. The session is Ctx.NewSession then.
func (c *Ctx) SetSessionCookies(s session.WithUser, transient bool) error {
	c.newSession = &s
	// As upstream: the lifetime is the session's, also where the options give the
	// cookie another one.
	token := c.specs.SessionToken.WithMaxAge(c.Auth.sessionSettings.expiresIn)
	if transient {
		token = token.WithMaxAge(0)
	}
	if err := c.setSigned(token.Cookie(s.Session.Token)); err != nil {
		return err
	}
	if transient {
		if err := c.setSigned(c.specs.DontRemember.Cookie("true")); err != nil {
			return err
		}
	}
	return c.setSessionCache(s, transient)
}

// DeleteSessionCookies takes the session's cookies from the client.
func (c *Ctx) DeleteSessionCookies(keepDontRemember bool) error {
	if err := c.jar.Set(c.specs.SessionToken.Expired()); err != nil {
		return err
	}
	if err := c.expireSessionCache(); err != nil {
		return err
	}
	if keepDontRemember {
		return nil
	}
	return c.jar.Set(c.specs.DontRemember.Expired())
}

// setSigned sets a cookie whose value carries its signature.
func (c *Ctx) setSigned(cookie cookies.Cookie) error {
	cookie.Value = c.Auth.keys.Sign(cookie.Value)
	return c.jar.Set(cookie)
}
