package core

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// transientSession is how long a session lasts that is not to be remembered.
const transientSession = 24 * time.Hour

const maxUserAgent = 1024 // bytes that are kept of it

// CreateSession signs a user in: a new session under a new token, and its
// cookies. Inside a transaction the cookies wait for the commit, so that a
// rollback hands out nothing. transient sessions last a day and end with the
// browser.
func (c *Ctx) CreateSession(u user.User, transient bool) (session.WithUser, error) {
	lifetime := c.Auth.sessionSettings.expiresIn
	if transient {
		lifetime = transientSession
	}
	address, agent := c.address, plainHeader(c.Header("User-Agent"))
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

// plainHeader makes a header fit for the database: header bytes are Latin-1
// (RFC 9110, section 5.5) unless they are UTF-8, and 1024 of them tell enough.
func plainHeader(v string) string {
	v = strings.ReplaceAll(v, "\x00", "")
	if !utf8.ValidString(v) {
		latin1 := make([]rune, len(v))
		for i := range len(v) {
			latin1[i] = rune(v[i])
		}
		v = string(latin1)
	}
	return strings.ToValidUTF8(v[:min(len(v), maxUserAgent)], "")
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
	if err := c.SetSignedCookie(token, s.Session.Token); err != nil {
		return err
	}
	if transient {
		if err := c.SetSignedCookie(c.specs.DontRemember, "true"); err != nil {
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

// SetSignedCookie sets a cookie whose value carries its signature; SignedCookie
// reads it. The signature covers the value and not the name: what the value may
// be good for must stand in it, or in the record that it names.
func (c *Ctx) SetSignedCookie(spec cookies.Spec, value string) error {
	return c.jar.Set(spec.Cookie(c.Auth.keys.Sign(value)))
}
