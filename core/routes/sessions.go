package routes

import (
	"context"
	"errors"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/session"
)

// RevokeSessionInput is the body of POST /revoke-session.
type RevokeSessionInput struct {
	Token string `json:"token" doc:"The token of the session to end"`
}

func (p *Plugin) setUpSessions(s *core.Setup) {
	// The list carries tokens, so a stolen old session must not get it.
	list := core.Middleware(core.RequireFreshSession)
	if p.auth.Options().Compat.ListSessionsWithStaleSession {
		list = core.RequireSession
	}
	p.ListSessions = core.Route(s, core.Endpoint[struct{}, []session.Session]{
		Method: http.MethodGet, Path: "/list-sessions", OperationID: "listUserSessions",
		Summary: "The user's sessions that have not expired",
		Doc:     core.Doc{Success: "The sessions, this client's among them"},
		Use:     []core.Middleware{list},
		Handle:  p.listSessions,
	})
	sensitive := []core.Middleware{core.RequireSensitiveSession}
	over := core.Doc{Success: "What was to end has ended, or was not there"}
	p.RevokeSession = core.Route(s, core.Endpoint[RevokeSessionInput, StatusOutput]{
		Method: http.MethodPost, Path: "/revoke-session", OperationID: "revokeSession",
		Summary: "End one of the user's sessions", Doc: over, Use: sensitive, Handle: p.revokeSession,
	})
	p.RevokeSessions = core.Route(s, core.Endpoint[struct{}, StatusOutput]{
		Method: http.MethodPost, Path: "/revoke-sessions", OperationID: "revokeSessions",
		Summary: "End all of the user's sessions", Doc: over, Use: sensitive, Handle: p.revokeSessions,
	})
	p.RevokeOtherSessions = core.Route(s, core.Endpoint[struct{}, StatusOutput]{
		Method: http.MethodPost, Path: "/revoke-other-sessions", OperationID: "revokeOtherSessions",
		Summary: "End all of the user's sessions but this one", Doc: over, Use: sensitive, Handle: p.revokeOtherSessions,
	})
	s.ErrorCodes(core.ErrUnauthorized, core.ErrSessionNotFresh, core.ErrInternal)
}

func (p *Plugin) listSessions(c *core.Ctx, _ struct{}) (*[]session.Session, error) {
	c.SetHeader("Cache-Control", "no-store") // the answer carries session tokens
	active, err := p.auth.Sessions().Active(c.Context(), c.Session().User.ID, c.Now())
	if err != nil {
		return nil, err
	}
	alive := p.auth.Options().Compat.ListSessionsWithStaleSession
	for i := range active {
		alive = alive || active[i].Token == c.Session().Session.Token
		active[i] = p.auth.Sessions().Output(active[i])
	}
	if !alive {
		// Revoked: only the cookie cache still knows the session of this client.
		return nil, core.ErrUnauthorized
	}
	return &active, nil
}

// revokeSession answers the same for a session that is not there or somebody
// else's: the token tells nothing.
func (p *Plugin) revokeSession(c *core.Ctx, in RevokeSessionInput) (*StatusOutput, error) {
	if in.Token == c.Session().Session.Token {
		leaveCache(c)
	}
	return ended(p.auth.Sessions().DeleteOwn(c.Context(), in.Token, c.Session().User.ID))
}

func (p *Plugin) revokeSessions(c *core.Ctx, _ struct{}) (*StatusOutput, error) {
	leaveCache(c)
	return ended(p.auth.Sessions().DeleteAll(c.Context(), c.Session().User.ID))
}

// leaveCache gives the client no new cache of the session that it is ending.
func leaveCache(c *core.Ctx) { c.Cookies().RemoveChunked(c.CookieSpecs().SessionData.Name) }

func (p *Plugin) revokeOtherSessions(c *core.Ctx, _ struct{}) (*StatusOutput, error) {
	s := c.Session()
	return ended(p.auth.Sessions().DeleteOthers(c.Context(), s.User.ID, s.Session.Token))
}

// ended tells that sessions are over. What failed is upstream's 500 with a code.
func ended(err error) (*StatusOutput, error) {
	switch {
	case err == nil:
		return &StatusOutput{Status: true}, nil
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return nil, err
	}
	return nil, core.ErrInternal.WithCause(err)
}
