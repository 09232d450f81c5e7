package routes

import (
	"errors"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/account"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// ChangePasswordInput is the body of POST /change-password.
type ChangePasswordInput struct {
	NewPassword         string `json:"newPassword" doc:"The new password, of a length that the server allows"`
	CurrentPassword     string `json:"currentPassword" doc:"The password of now"`
	RevokeOtherSessions *bool  `json:"revokeOtherSessions" doc:"End all of the user's sessions; this client gets a new one"`
}

// ChangePasswordOutput is the user. Token is null unless there is a new session.
type ChangePasswordOutput struct {
	Token *string   `json:"token" doc:"The new session's token; null when the sessions went on"`
	User  user.User `json:"user"`
}

func (p *Plugin) setUpChangePassword(s *core.Setup) {
	p.ChangePassword = core.Route(s, core.Endpoint[ChangePasswordInput, ChangePasswordOutput]{
		Method: http.MethodPost, Path: "/change-password", OperationID: "changePassword",
		Summary: "Change the password of the signed-in user",
		Doc:     core.Doc{Success: "The user has the new password"},
		Use:     []core.Middleware{core.RequireSensitiveSession},
		Handle:  p.changePassword,
	})
	s.ErrorCodes(core.ErrPasswordTooShort, core.ErrPasswordTooLong, core.ErrInvalidPassword, core.ErrCredentialNotFound,
		core.ErrUpdateUser, core.ErrGetSession)
}

func (p *Plugin) changePassword(c *core.Ctx, in ChangePasswordInput) (*ChangePasswordOutput, error) {
	if err := c.CheckNewPassword(in.NewPassword); err != nil {
		return nil, err
	}
	current, err := p.checkOwnPassword(c, in.CurrentPassword)
	if err != nil {
		return nil, err
	}
	hash, err := c.HashPassword(in.NewPassword)
	if err != nil {
		return nil, err
	}
	revoke := valueOf(in.RevokeOtherSessions)
	fresh, err := p.storeChangedPassword(c, current, hash, revoke)
	if err != nil {
		return nil, err
	}
	out := &ChangePasswordOutput{User: p.auth.Users().Output(c.Session().User)}
	if revoke {
		c.SetHeader("Cache-Control", "no-store") // the answer carries a session token
		out.Token = &fresh.Session.Token
	}
	return out, nil
}

// storeChangedPassword puts the hash in the place of the one that was verified,
// and with revoke ends all sessions and opens one for this client, together or
// not at all.
func (p *Plugin) storeChangedPassword(c *core.Ctx, current account.Account, hash string, revoke bool) (fresh session.WithUser, err error) {
	u := c.Session().User
	err = c.Tx(func() error {
		replaced, err := p.auth.Accounts().ReplacePassword(c.Context(), current, hash)
		if err != nil {
			return stopped(err, core.ErrUpdateUser)
		}
		if !replaced {
			return core.ErrInvalidPassword
		}
		if !revoke {
			return nil
		}
		if err := p.auth.Sessions().DeleteAll(c.Context(), u.ID); err != nil {
			return err
		}
		fresh, err = c.CreateSession(u, false)
		if errors.Is(err, db.ErrStopped) {
			return core.ErrGetSession.WithCause(err)
		}
		return err
	})
	if err != nil || !revoke {
		return session.WithUser{}, err
	}
	// As upstream: a client that is not to be remembered stays so, though its new
	// session lasts as long as any.
	return fresh, c.RefreshSessionCookies(fresh)
}
