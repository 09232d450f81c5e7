package core

import (
	"errors"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// cachedSession reads the cookie cache. A cache that is not genuine, has
// expired, has another version or belongs to another session is no cache: nil,
// and the database decides. Upstream lets the first two count as signed out and
// does not look at the last.
func (c *Ctx) cachedSession(token string) (*SessionState, error) {
	cc := &c.Auth.opts.Session.CookieCache
	if !c.Auth.sessionSettings.cached {
		return nil, nil //nolint:nilnil // no cache is an answer
	}
	value, ok := c.received.Chunked(c.specs.SessionData.Name)
	if !ok {
		return nil, nil //nolint:nilnil // no cache is an answer
	}
	payload, ends, err := cookies.DecodeCache(cc.Strategy, c.Auth.keys, value, c.Now())
	cached := &SessionState{}
	if err == nil {
		cached.WithUser, err = c.decodeCached(payload)
	}
	switch {
	case err != nil:
	case cached.Session.Token != token || cached.Session.UserID != cached.User.ID:
		err = errors.New("the cached session is another one")
	case !cached.Session.ExpiresAt.After(c.Now()):
		err = errors.New("the cached session has expired")
	case cacheVersion(payload.Version) != c.cacheVersionOf(&cached.WithUser):
		err = errors.New("the cache has another version")
	}
	if err != nil {
		c.Log().Debug("session cache not used", "reason", err)
		return nil, c.expireSessionCache()
	}
	return cached, c.renewSessionCache(&cached.WithUser, ends)
}

// renewSessionCache makes a cache that ends soon last again, and its session as
// long, where there is no database to ask. As upstream, it is kept for its whole
// lifetime also by a browser that shall not remember the session.
func (c *Ctx) renewSessionCache(cached *session.WithUser, ends time.Time) error {
	set, now := &c.Auth.sessionSettings, c.Now()
	if c.noRefresh || ends.Sub(now) >= set.renewBefore {
		return nil
	}
	cached.Session.ExpiresAt = db.Millis(now.Add(set.cacheAge))
	if err := c.setSessionCache(*cached, false); err != nil {
		return err
	}
	return c.setSessionToken(cached.Session.Token, c.TransientSession())
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

func (c *Ctx) cacheVersionOf(found *session.WithUser) string {
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
	if !c.Auth.sessionSettings.cached {
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
		Session: string(s), User: string(u), UpdatedAt: now.UnixMilli(), Version: c.cacheVersionOf(&kept),
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
