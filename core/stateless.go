package core

import (
	"cmp"

	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
)

// Stateless tells whether the server has no database: see Options.Database.
func (a *Auth) Stateless() bool { return a.stateless }

// SessionsInCookies tells whether nothing but a cookie has the last word on a
// session: there is neither a database nor a secondary storage that outlasts the
// process. A session, its user and the accounts may be unknown here and good all
// the same.
func (a *Auth) SessionsInCookies() bool { return a.stateless && a.opts.SecondaryStorage == nil }

// setStateless gives a server without a database the one that forgets, and the
// defaults by which sessions live in their cookies. What the options say wins.
func (a *Auth) setStateless() {
	o := &a.opts
	if o.Database != nil {
		return
	}
	a.stateless = true
	o.Database = memory.New()
	cc := &o.Session.CookieCache
	if cc.Enabled == nil {
		cc.Enabled = new(true)
	}
	cc.Strategy = cmp.Or(cc.Strategy, cookies.StrategyJWE)
	cc.MaxAge = cmp.Or(cc.MaxAge, o.Session.ExpiresIn, defaultSessionLifetime)
	if cc.RefreshCache.Enabled == nil {
		cc.RefreshCache.Enabled = new(o.SecondaryStorage == nil)
	}
	a.log.Warn("there is no database: users and sessions are gone when the process ends, and a session in a cookie cannot be revoked before the cookie ends")
}
