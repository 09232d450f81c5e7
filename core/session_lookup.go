package core

import (
	"errors"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/session"
)

// SessionQuery says how a session is looked up.
type SessionQuery struct {
	// DisableCookieCache asks the database whatever the cache says.
	DisableCookieCache bool
	// DisableRefresh leaves the expiry in the database alone.
	DisableRefresh bool
	// ReadOnly writes nothing to the database and reports instead that a refresh
	// is due.
	ReadOnly bool
}

// SessionState is a session as it was found.
type SessionState struct {
	session.WithUser
	// Deferred tells that a ReadOnly query looked at the database; NeedsRefresh
	// then tells whether the session is due to be extended.
	Deferred, NeedsRefresh bool
}

// lookup is what a call has found out about the session of its cookies.
type lookup struct {
	query SessionQuery
	state *SessionState // nil when there is no session
	// stored is the session as the database, or the secondary storage, has it.
	// asked tells that it was asked; the session is nil when it has none.
	asked  bool
	stored *session.WithUser
}

// answers tells whether a look-up needs nothing more than was done before.
func (l *lookup) answers(q SessionQuery) bool {
	if !l.asked {
		return !q.DisableCookieCache // the cache leaves the rest of a query alone
	}
	return l.stored == nil || l.query.DisableRefresh == q.DisableRefresh && l.query.ReadOnly == q.ReadOnly
}

// FindSession looks up the session of the request's cookies: in the cookie
// cache, then in the database. It extends a session that is due, keeps the
// cookies up to date, and returns nil when there is no session. When this call
// has signed somebody in, it only looks, and finds the session of before; when it
// has taken the cookies from the client, it finds none.
//
// A call asks the database once: what middleware has found, FindSession returns
// again, unless it was in the cookie cache and the query does without.
func (c *Ctx) FindSession(q SessionQuery) (*SessionState, error) {
	token, ok := c.SignedCookie(c.specs.SessionToken.Name)
	if !ok {
		return nil, nil //nolint:nilnil // no session is an answer
	}
	if c.newSession != nil && c.newSession.Session.Token != token {
		return c.peekSession(token)
	}
	if c.left && c.found == nil {
		return nil, nil //nolint:nilnil // whoever has just left has no session
	}
	if c.found == nil || !c.found.answers(q) {
		l := lookup{query: q}
		if c.found != nil {
			l.asked, l.stored = c.found.asked, c.found.stored
		}
		if err := c.lookUp(&l, token); err != nil {
			return nil, err
		}
		c.found = &l
	}
	if c.found.state == nil {
		return nil, nil //nolint:nilnil // no session is an answer
	}
	state := *c.found.state
	return &state, nil
}

// lookUp finds the state of the session that a query asks for.
func (c *Ctx) lookUp(l *lookup, token string) error {
	q := l.query
	if !q.DisableCookieCache && !l.asked {
		cached, err := c.cachedSession(token)
		if err != nil {
			return err
		}
		if cached != nil {
			l.state = cached
			return nil
		}
	}
	if !l.asked {
		stored, ok, err := c.Auth.sessions.ByToken(c.ctx, token)
		if err != nil {
			return err
		}
		if l.asked = true; ok {
			l.stored = &stored
		}
	}
	now := c.Now()
	// At the very end a session is over, as for the list of active sessions and
	// for Extend; upstream gives it that last millisecond.
	if l.stored == nil || !l.stored.Session.ExpiresAt.After(now) {
		if l.stored != nil && !q.ReadOnly {
			if err := c.Auth.sessions.DeleteExpired(c.ctx, token, now); err != nil {
				return err
			}
		}
		l.stored = nil
		return c.DeleteSessionCookies(false)
	}
	found := *l.stored
	l.state = &SessionState{WithUser: found}
	if q.DisableRefresh || c.TransientSession() {
		return nil
	}
	set := &c.Auth.sessionSettings
	due := !found.Session.ExpiresAt.Add(-set.expiresIn + set.updateAge).After(now)
	due = due && !c.Auth.opts.Session.DisableSessionRefresh && !c.noRefresh
	if q.ReadOnly {
		l.state.Deferred, l.state.NeedsRefresh = true, due
		return c.setSessionCache(found, false)
	}
	if !due {
		return c.setSessionCache(found, false)
	}
	return c.extendSession(l, now)
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
func (c *Ctx) extendSession(l *lookup, now time.Time) error {
	expiresAt := now.Add(c.Auth.sessionSettings.expiresIn)
	extended, ok, err := c.Auth.sessions.Extend(c.ctx, l.stored.Session.Token, now, expiresAt)
	if err != nil && !errors.Is(err, db.ErrStopped) {
		return err
	}
	if !ok || err != nil {
		if err := c.DeleteSessionCookies(false); err != nil {
			return err
		}
		return ErrSessionOver
	}
	found := session.WithUser{Session: extended, User: l.stored.User}
	l.stored, l.state = &found, &SessionState{WithUser: found}
	return c.SetSessionCookies(found, false)
}
