package core

import (
	"errors"
	"net/http"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// SessionQuery says how a session is looked up.
type SessionQuery struct {
	// DisableCookieCache asks the database whatever the cache says.
	DisableCookieCache bool
	// DisableRefresh leaves the expiry alone.
	DisableRefresh bool
	// ReadOnly writes nothing and reports instead that a refresh is due.
	ReadOnly bool
}

// SessionState is a session as it was found.
type SessionState struct {
	session.WithUser
	// Deferred tells that a ReadOnly query looked at the database; NeedsRefresh
	// then tells whether the session is due to be extended.
	Deferred, NeedsRefresh bool
}

// FindSession looks up the session of the request's cookies: in the cookie
// cache, then in the database. It extends a session that is due, keeps the
// cookies up to date, and returns nil when there is no session. When this call
// has signed somebody in, it only looks, and finds the session of before.
func (c *Ctx) FindSession(q SessionQuery) (*SessionState, error) {
	token, ok := c.SignedCookie(c.specs.SessionToken.Name)
	if !ok {
		return nil, nil //nolint:nilnil // no session is an answer
	}
	if c.newSession != nil {
		return c.peekSession(token)
	}
	if !q.DisableCookieCache {
		cached, err := c.cachedSession(token)
		if err != nil {
			return nil, err
		}
		if cached != nil {
			return &SessionState{WithUser: *cached}, nil
		}
	}
	found, ok, err := c.Auth.sessions.ByToken(c.ctx, token)
	if err != nil {
		return nil, err
	}
	now := c.Now()
	// At the very end a session is over, as for the list of active sessions and
	// for Extend; upstream gives it that last millisecond.
	if !ok || !found.Session.ExpiresAt.After(now) {
		if ok && !q.ReadOnly {
			if err := c.Auth.sessions.DeleteExpired(c.ctx, token, now); err != nil {
				return nil, err
			}
		}
		return nil, c.DeleteSessionCookies(false)
	}
	_, transient := c.SignedCookie(c.specs.DontRemember.Name)
	if transient || q.DisableRefresh {
		return &SessionState{WithUser: found}, nil
	}
	set := &c.Auth.sessionSettings
	due := !found.Session.ExpiresAt.Add(-set.expiresIn + set.updateAge).After(now)
	due = due && !c.Auth.opts.Session.DisableSessionRefresh && !c.noRefresh
	if q.ReadOnly {
		return &SessionState{WithUser: found, Deferred: true, NeedsRefresh: due}, c.setSessionCache(found, false)
	}
	if !due {
		return &SessionState{WithUser: found}, c.setSessionCache(found, false)
	}
	return c.extendSession(found, now)
}

// peekSession looks up the session that the request came with after the call
// has signed somebody in: nothing of it may reach the cookies any more.
func (c *Ctx) peekSession(token string) (*SessionState, error) {
	found, ok, err := c.Auth.sessions.ByToken(c.ctx, token)
	if err != nil || !ok || !found.Session.ExpiresAt.After(c.Now()) {
		return nil, err
	}
	return &SessionState{WithUser: found}, nil
}

// extendSession moves the expiry. A session that went away meanwhile is over,
// and so is one whose extension a database hook refuses.
func (c *Ctx) extendSession(found session.WithUser, now time.Time) (*SessionState, error) {
	expiresAt := now.Add(c.Auth.sessionSettings.expiresIn)
	extended, ok, err := c.Auth.sessions.Extend(c.ctx, found.Session.Token, now, expiresAt)
	if err != nil && !errors.Is(err, db.ErrStopped) {
		return nil, err
	}
	if !ok || err != nil {
		if err := c.DeleteSessionCookies(false); err != nil {
			return nil, err
		}
		return nil, errSessionGone
	}
	found.Session = extended
	return &SessionState{WithUser: found}, c.SetSessionCookies(found, false)
}

// errSessionGone is the answer to a session that ended while it was extended.
var errSessionGone = ErrGetSession.WithStatus(http.StatusUnauthorized)

// cachedSession reads the cookie cache. A cache that is not genuine, has
// expired, has another version or belongs to another session is no cache: nil,
// and the database decides. Upstream lets the first two count as signed out and
// does not look at the last.
func (c *Ctx) cachedSession(token string) (*session.WithUser, error) {
	cc := &c.Auth.opts.Session.CookieCache
	if !cc.Enabled {
		return nil, nil //nolint:nilnil // no cache is an answer
	}
	value, ok := c.received.Chunked(c.specs.SessionData.Name)
	if !ok {
		return nil, nil //nolint:nilnil // no cache is an answer
	}
	payload, _, err := cookies.DecodeCache(cc.Strategy, c.Auth.keys, value, c.Now())
	var cached session.WithUser
	if err == nil {
		cached, err = c.decodeCached(payload)
	}
	switch {
	case err != nil:
	case cached.Session.Token != token || cached.Session.UserID != cached.User.ID:
		err = errors.New("the cached session is another one")
	case !cached.Session.ExpiresAt.After(c.Now()):
		err = errors.New("the cached session has expired")
	case cacheVersion(payload.Version) != c.cacheVersionOf(cached):
		err = errors.New("the cache has another version")
	}
	if err != nil {
		c.Log().Debug("session cache not used", "reason", err)
		return nil, c.expireSessionCache()
	}
	return &cached, nil
}

func (c *Ctx) decodeCached(p cookies.CachePayload) (session.WithUser, error) {
	s, err := c.Auth.sessions.FromJSON(p.Session)
	if err != nil {
		return session.WithUser{}, err
	}
	u, err := c.Auth.users.FromJSON(p.User)
	return session.WithUser{Session: s, User: u}, err
}

func cacheVersion(v string) string {
	if v == "" {
		return "1"
	}
	return v
}

func (c *Ctx) cacheVersionOf(found session.WithUser) string {
	cc := &c.Auth.opts.Session.CookieCache
	if cc.VersionFunc != nil {
		return cacheVersion(cc.VersionFunc(found.Session, found.User))
	}
	return cacheVersion(cc.Version)
}

// setSessionCache writes the cookie cache, when it is on. transient leaves out
// the lifetime, so that the cookie ends with the browser.
func (c *Ctx) setSessionCache(found session.WithUser, transient bool) error {
	cc := &c.Auth.opts.Session.CookieCache
	if !cc.Enabled {
		return nil
	}
	// VersionFunc must see the same when the cache is read again.
	kept := session.WithUser{Session: c.Auth.sessions.Output(found.Session), User: c.Auth.users.Output(found.User)}
	s, err := wire.Marshal(kept.Session)
	if err != nil {
		return err
	}
	u, err := wire.Marshal(kept.User)
	if err != nil {
		return err
	}
	spec := c.specs.SessionData
	if transient {
		spec = spec.WithMaxAge(0)
	}
	now := c.Now()
	value, err := cookies.EncodeCache(cc.Strategy, c.Auth.keys, cookies.CachePayload{
		Session: s, User: u, UpdatedAt: now.UnixMilli(), Version: c.cacheVersionOf(kept),
	}, spec.MaxAge, now)
	if err != nil {
		return err
	}
	err = c.jar.SetChunked(c.received, spec.Cookie(""), value, cookies.SessionDataLimit)
	if errors.Is(err, cookies.ErrTooLarge) {
		c.Log().Warn("session is too large for the cookie cache", "bytes", len(value))
		return nil
	}
	return err
}

func (c *Ctx) expireSessionCache() error {
	spec := c.specs.SessionData
	if err := c.jar.ExpireChunked(c.received, spec.Cookie("")); err != nil {
		return err
	}
	return c.jar.Set(spec.Expired())
}
