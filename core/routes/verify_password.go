package routes

import (
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
)

// VerifyPasswordInput is the body of POST /verify-password.
type VerifyPasswordInput struct {
	Password string `json:"password" doc:"The user's password"`
}

func (p *Plugin) setUpVerifyPassword(s *core.Setup) {
	p.VerifyPassword = core.Route(s, core.Endpoint[VerifyPasswordInput, StatusOutput]{
		Method: http.MethodPost, Path: "/verify-password", OperationID: "verifyPassword",
		Summary: "Ask the signed-in user for the password once more",
		Doc:     core.Doc{Success: "It is the user's password"},
		Use:     []core.Middleware{core.RequireSensitiveSession},
		Handle:  p.verifyPassword,
	})
	s.ErrorCodes(core.ErrPasswordTooLong, core.ErrInvalidPassword)
}

func (p *Plugin) verifyPassword(c *core.Ctx, in VerifyPasswordInput) (*StatusOutput, error) {
	if err := c.CheckGivenPassword(in.Password); err != nil {
		return nil, err
	}
	own, _, err := p.auth.Accounts().WithPassword(c.Context(), c.Session().User.ID)
	if err != nil {
		return nil, err
	}
	if err := c.CheckPassword(own, in.Password); err != nil {
		return nil, err
	}
	return &StatusOutput{Status: true}, nil
}
