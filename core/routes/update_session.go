package routes

import (
	"maps"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// UpdateSessionInput is the body of POST /update-session: the additional fields
// of the session that are to change. The session's own fields are not a
// client's to set.
type UpdateSessionInput struct {
	Rest *wire.Object `json:",rest,record"`
}

// UpdateSessionOutput is the session as it is now.
type UpdateSessionOutput struct {
	Session session.Session `json:"session"`
}

var errSessionUnchanged = core.NewError(http.StatusBadRequest, "FAILED_TO_UPDATE_SESSION", "Failed to update session")

func (p *Plugin) setUpUpdateSession(s *core.Setup) {
	p.UpdateSession = core.Route(s, core.Endpoint[UpdateSessionInput, UpdateSessionOutput]{
		Method: http.MethodPost, Path: "/update-session", OperationID: "updateSession",
		Summary: "Change additional fields of the session of this client",
		Doc:     core.Doc{Success: "The session as it is now", Updates: session.ModelName},
		Use:     []core.Middleware{p.beyondCache(false)},
		Handle:  p.updateSession,
	})
	s.ErrorCodes(core.ErrUnauthorized, core.ErrBodyMustBeObject, core.ErrFieldNotAllowed, core.ErrMissingField,
		errNothingToDo, errSessionUnchanged, core.ErrSessionOver)
}

func (p *Plugin) updateSession(c *core.Ctx, in UpdateSessionInput) (*UpdateSessionOutput, error) {
	set, err := p.auth.ParseUpdate(session.ModelName, in.Rest)
	if err != nil {
		return nil, err
	}
	if len(set) == 0 {
		return nil, errNothingToDo
	}
	current := *c.Session()
	changed, ok, err := p.auth.Sessions().Update(c.Context(), current.Session.Token, set)
	if err != nil {
		return nil, stopped(err, errSessionUnchanged)
	}
	switch {
	case ok:
		current.Session = changed
	case p.auth.SessionsInCookies():
		current.Session.UpdatedAt = db.Millis(c.Now())
		current.Session.Extra = maps.Clone(current.Session.Extra)
		maps.Copy(current.Session.Extra, set)
	default:
		if err := c.DeleteSessionCookies(false); err != nil {
			return nil, err
		}
		return nil, core.ErrSessionOver
	}
	if err := c.RefreshSessionCookies(current); err != nil {
		return nil, err
	}
	c.SetHeader("Cache-Control", "no-store") // the answer carries the session token
	return &UpdateSessionOutput{Session: p.auth.Sessions().Output(current.Session)}, nil
}
