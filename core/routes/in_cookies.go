package routes

import (
	"maps"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/session"
)

// beyondCache is the session's middleware for endpoints where the cookie cache
// is no proof, unless it is all there is: fresh also wants a fresh session.
func (p *Plugin) beyondCache(fresh bool) core.Middleware {
	switch {
	case p.auth.SessionsInCookies() && fresh:
		return core.RequireFreshSession
	case p.auth.SessionsInCookies():
		return core.RequireSession
	case fresh:
		return core.RequireFreshSensitiveSession
	}
	return core.RequireSensitiveSession
}

// withChangedUser is a session whose user has changed in the cookies only.
func withChangedUser(s session.WithUser, set db.Row) session.WithUser {
	u := &s.User
	u.Extra = maps.Clone(u.Extra)
	for name, value := range set {
		switch text, isText := value.(string); {
		case name == "name":
			u.Name = text
		case name == "image" && isText:
			u.Image = &text
		case name == "image":
			u.Image = nil
		default:
			u.Extra[name] = value
		}
	}
	return s
}
