package twofactor

import (
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

func (p *Plugin) setUpDisable(s *core.Setup) {
	p.Disable = core.Route(s, core.Endpoint[PasswordInput, StatusOutput]{
		Method: http.MethodPost, Path: disablePath, OperationID: "disableTwoFactor",
		Summary: "Switch the second factor off",
		Doc:     core.Doc{Success: "It is off, and no browser is trusted any more"},
		Use:     []core.Middleware{core.RequireSensitiveSession},
		Handle:  p.disable,
	})
}

func (p *Plugin) disable(c *core.Ctx, in PasswordInput) (*StatusOutput, error) {
	verified, err := p.checkPassword(c, in.Password)
	if err != nil {
		return nil, err
	}
	err = p.changing(c, verified, func(u user.User) error {
		if err := p.store.remove(c.Context(), u.ID); err != nil {
			return err
		}
		if err := p.distrust(c, u); err != nil {
			return err
		}
		_, err := p.setEnabledAnew(c, u, c.Session().Session, false)
		return err
	})
	if err != nil {
		return nil, err
	}
	return &StatusOutput{Status: true}, nil
}
