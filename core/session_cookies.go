package core

import (
	"context"
	"errors"
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
		ExpiresAt: c.Now().Add(lifetime), IPAddress: &address, UserAgent: &agent,
	}, u)
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
	c.newSession, c.left = &s, false
	c.found.changed(s)
	if err := c.setSessionToken(s.Session.Token, transient); err != nil {
		return err
	}
	if transient {
		if err := c.SetSignedCookie(c.specs.DontRemember, "true"); err != nil {
			return err
		}
	}
	return c.setSessionCache(s, transient)
}

// changed takes over what has changed about the session that was found.
func (l *lookup) changed(s session.WithUser) {
	if l == nil || l.state == nil || l.state.Session.Token != s.Session.Token {
		return
	}
	l.state = &SessionState{WithUser: s, Deferred: l.state.Deferred, NeedsRefresh: l.state.NeedsRefresh}
	if l.stored != nil {
		l.stored = &s
	}
}

// setSessionToken writes the cookie of the signed token. As upstream, its
// lifetime is the session's, also where the options give the cookie another one.
func (c *Ctx) setSessionToken(token string, transient bool) error {
	spec := c.specs.SessionToken.WithMaxAge(c.Auth.sessionSettings.expiresIn)
	if transient {
		spec = spec.WithMaxAge(0)
	}
	return c.SetSignedCookie(spec, token)
}

// RefreshSessionCookies writes the cookies of the present session again after it
// or its user has changed. A client that was not to be remembered stays so.
//
// A session that was found in the cookie cache only, and has ended, must not
// live on in a new cache: the cookies go, and the error is ErrUnauthorized.
func (c *Ctx) RefreshSessionCookies(s session.WithUser) error {
	if l := c.found; l != nil && !l.asked && !c.Auth.SessionsInCookies() {
		stored, ok, err := c.Auth.sessions.ByToken(c.ctx, s.Session.Token)
		if err != nil {
			return err
		}
		if !ok || !stored.Session.ExpiresAt.After(c.Now()) {
			if err := c.DeleteSessionCookies(false); err != nil {
				return err
			}
			return ErrUnauthorized
		}
		l.asked, l.stored = true, &stored
	}
	return c.SetSessionCookies(s, c.TransientSession())
}

// TransientSession tells whether the request came with the mark of a session
// that is not to be remembered.
func (c *Ctx) TransientSession() bool {
	_, marked := c.SignedCookie(c.specs.DontRemember.Name)
	return marked
}

// DeleteSessionCookies takes the session's cookies from the client, and those that
// this call was about to set. No session is Ctx.NewSession then.
func (c *Ctx) DeleteSessionCookies(keepDontRemember bool) error {
	c.found, c.newSession, c.left = nil, nil, true
	if err := c.jar.Set(c.specs.SessionToken.Expired()); err != nil {
		return err
	}
	if err := c.expireSessionCache(); err != nil {
		return err
	}
	if c.Auth.stateless {
		if err := c.expireProviderCookies(); err != nil {
			return err
		}
	}
	if keepDontRemember {
		return nil
	}
	return c.jar.Set(c.specs.DontRemember.Expired())
}

// expireProviderCookies takes what sign-in with a provider leaves in cookies
// where there is no database for it.
func (c *Ctx) expireProviderCookies() error {
	account := c.specs.AccountData
	if err := c.jar.ExpireChunked(c.received, account.Cookie("")); err != nil {
		return err
	}
	state, err := c.specs.Named("oauth_state", cookies.Override{})
	if err != nil {
		return err
	}
	return errors.Join(c.jar.Set(account.Expired()), c.jar.Set(state.Expired()))
}

// SetSignedCookie sets a cookie whose value carries its signature; SignedCookie
// reads it. The signature covers the value and not the name: what the value may
// be good for must stand in it, or in the record that it names.
func (c *Ctx) SetSignedCookie(spec cookies.Spec, value string) error {
	return c.jar.Set(spec.Cookie(c.Auth.keys.Sign(value)))
}
