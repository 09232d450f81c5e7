package routes

import (
	"context"
	"errors"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// GetSessionInput is the query of /get-session.
type GetSessionInput struct {
	DisableCookieCache *bool `query:"disableCookieCache" check:"coerce" doc:"Look the session up in the database, whatever a cookie says"`
	DisableRefresh     *bool `query:"disableRefresh" check:"coerce" doc:"Do not extend the session"`
}

// GetSessionOutput is the session of the request; a nil one is no session.
type GetSessionOutput struct {
	Session session.Session `json:"session"`
	User    user.User       `json:"user"`
	// NeedsRefresh is only there with deferSessionRefresh: POST extends the session.
	NeedsRefresh *bool `json:"needsRefresh,omitempty" doc:"Whether a POST to this path would extend the session; only where GET leaves that to it"`
}

func (p *Plugin) setUpGetSession(s *core.Setup) {
	p.GetSession = core.Route(s, core.Endpoint[GetSessionInput, GetSessionOutput]{
		Methods: []string{http.MethodGet, http.MethodPost}, Path: "/get-session", OperationID: "getSession",
		Summary: "The session of this client, or null",
		Doc:     core.Doc{Success: "The session with its user, or null without one", Nullable: true},
		// The client of 1.6.9 posts nothing, that of 1.7 an empty object.
		IgnoreBody: true,
		Handle:     p.getSession,
	})
	s.ErrorCodes(core.ErrDeferRequired, core.ErrGetSession)
}

func (p *Plugin) getSession(c *core.Ctx, in GetSessionInput) (*GetSessionOutput, error) {
	c.SetHeader("Cache-Control", "no-store")
	c.SetHeader("Pragma", "no-cache")
	deferred, post := p.auth.Options().Session.DeferSessionRefresh, c.Method == http.MethodPost
	if post && !deferred {
		return nil, core.ErrDeferRequired
	}
	found, err := c.FindSession(core.SessionQuery{
		DisableCookieCache: valueOf(in.DisableCookieCache),
		DisableRefresh:     valueOf(in.DisableRefresh),
		ReadOnly:           deferred && !post,
	})
	if err != nil {
		return nil, getSessionError(err)
	}
	if found == nil {
		return nil, nil //nolint:nilnil // JSON's null: no session
	}
	out := &GetSessionOutput{Session: p.auth.Sessions().Output(found.Session), User: p.auth.Users().Output(found.User)}
	if found.Deferred {
		out.NeedsRefresh = &found.NeedsRefresh
	}
	return out, nil
}

// getSessionError is upstream's answer to a session that could not be looked
// up: a 500 with a code, so that a client can tell it from being signed out.
func getSessionError(err error) error {
	if _, worded := errors.AsType[*core.Error](err); worded || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return core.ErrGetSession.WithCause(err)
}
