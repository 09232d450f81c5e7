package routes

import (
	"errors"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// SetPasswordInput is what Plugin.SetPassword takes.
type SetPasswordInput struct {
	NewPassword string `json:"newPassword"`
}

var errPasswordSet = core.NewError(http.StatusBadRequest, "PASSWORD_ALREADY_SET", "User already has a password set")

func (p *Plugin) setUpSetPassword(s *core.Setup) {
	p.SetPassword = core.Route(s, core.Endpoint[SetPasswordInput, StatusOutput]{
		Method: http.MethodPost, ServerOnly: true, OperationID: "setPassword",
		Summary: "Give the signed-in user a first password",
		Use:     []core.Middleware{core.RequireSensitiveSession},
		Handle:  p.setPassword,
	})
	s.ErrorCodes(core.ErrPasswordTooShort, core.ErrPasswordTooLong, core.ErrUpdateUser, errPasswordSet)
}

func (p *Plugin) setPassword(c *core.Ctx, in SetPasswordInput) (*StatusOutput, error) {
	if err := c.CheckNewPassword(in.NewPassword); err != nil {
		return nil, err
	}
	id := c.Session().User.ID
	_, exists, err := p.auth.Accounts().WithPassword(c.Context(), id)
	if err != nil {
		return nil, err
	}
	if exists {
		return nil, errPasswordSet
	}
	hash, err := c.HashPassword(in.NewPassword)
	if err != nil {
		return nil, err
	}
	added, err := p.auth.Accounts().AddPassword(c.Context(), id, hash)
	if errors.Is(err, db.ErrReference) {
		return nil, core.ErrUnauthorized.WithCause(err) // the user went away
	}
	if err != nil {
		return nil, stopped(err, core.ErrUpdateUser)
	}
	if !added {
		return nil, errPasswordSet
	}
	return &StatusOutput{Status: true}, nil
}
