package core

import (
	"cmp"
	"time"
)

// Upstream's defaults.
const (
	defaultSessionLifetime = 7 * 24 * time.Hour
	defaultSessionAge      = 24 * time.Hour // updateAge and freshAge
	defaultCacheAge        = 5 * time.Minute
)

// sessionSettings are the session options with their defaults applied.
type sessionSettings struct {
	expiresIn, updateAge, freshAge time.Duration

	cached      bool          // in cookies
	cacheAge    time.Duration // how long a cache lasts
	renewBefore time.Duration // the end of a cache that renews itself; 0 is never
}

func (a *Auth) setSessions() {
	o, s := &a.opts.Session, &a.sessionSettings
	s.expiresIn = cmp.Or(o.ExpiresIn, defaultSessionLifetime)
	s.updateAge, s.freshAge = defaultSessionAge, defaultSessionAge
	if o.UpdateAge != nil {
		s.updateAge = *o.UpdateAge
	}
	if o.FreshAge != nil {
		s.freshAge = *o.FreshAge
	}
	a.setSessionCache()
}

// setSessionCache decides whether sessions are cached in cookies, and how long
// before its end a cache renews itself.
func (a *Auth) setSessionCache() {
	cc, s := &a.opts.Session.CookieCache, &a.sessionSettings
	s.cached, s.cacheAge = cc.Enabled != nil && *cc.Enabled, cmp.Or(cc.MaxAge, defaultCacheAge)
	if cc.RefreshCache.Enabled == nil || !*cc.RefreshCache.Enabled {
		return
	}
	if !a.SessionsInCookies() {
		a.log.Warn("session.cookieCache.refreshCache has no effect: it is for servers that have neither a database nor a secondary storage")
		return
	}
	if age := cc.RefreshCache.UpdateAge; age != nil {
		s.renewBefore = *age
		return
	}
	s.renewBefore = (s.cacheAge / 5).Truncate(time.Second)
}
