package routes

import (
	"cmp"
	"context"
	"errors"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/origin"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// ResetPasswordLinkInput is what the link in a reset mail carries.
type ResetPasswordLinkInput struct {
	Token       string `path:"token" doc:"The token of the mail"`
	CallbackURL string `query:"callbackURL" doc:"Where to go, with the parameter token, or error=INVALID_TOKEN"`
}

// ResetPasswordInput is what POST /reset-password takes. The token stands in the
// body, or else in the query.
type ResetPasswordInput struct {
	NewPassword  string  `json:"newPassword" doc:"The new password, of a length that the server allows"`
	Token        *string `json:"token" doc:"The token of the mail"`
	TokenInQuery *string `query:"token" doc:"The token, when the body has none"`
}

// errResetUserGone is as since 1.7; 1.6.9 falls over the missing user.
var errResetUserGone = core.ErrUserNotFound.WithStatus(http.StatusBadRequest)

func (p *Plugin) setUpResetPassword(s *core.Setup) {
	p.ResetPasswordLink = core.Route(s, core.Endpoint[ResetPasswordLinkInput, struct{}]{
		Method: http.MethodGet, Path: "/reset-password/:token", OperationID: "resetPasswordCallback",
		Summary: "Send whoever opens the link of a reset mail on to the application",
		Doc:     core.Doc{Success: "On to the callback URL, with the token or an error", Status: http.StatusFound},
		Handle:  p.resetPasswordLink,
	})
	p.ResetPassword = core.Route(s, core.Endpoint[ResetPasswordInput, StatusOutput]{
		Method: http.MethodPost, Path: "/reset-password", OperationID: "resetPassword",
		Summary: "Give the user whom a reset mail went to a new password",
		Doc:     core.Doc{Success: "The user has the new password"},
		Handle:  p.resetPassword,
	})
	s.ErrorCodes(core.ErrPasswordTooShort, core.ErrPasswordTooLong, core.ErrInvalidToken, errResetUserGone, core.ErrUpdateUser)
}

// resetPasswordLink only looks: mail scanners open links before people do.
func (p *Plugin) resetPasswordLink(c *core.Ctx, in ResetPasswordLinkInput) (*struct{}, error) {
	if err := c.CheckCallbackURL(in.CallbackURL); err != nil {
		return nil, err
	}
	if in.CallbackURL == "" {
		return nil, core.Redirect(c.BaseURL() + "/error?error=" + core.ErrInvalidToken.Code())
	}
	_, valid, err := p.auth.Verifications().Find(c.Context(), resetToken, in.Token)
	if err != nil {
		return nil, err
	}
	name, value := "error", core.ErrInvalidToken.Code()
	if valid {
		name, value = "token", in.Token
	}
	target, err := origin.WithParameter(in.CallbackURL, c.BaseURL(), name, value)
	if err != nil {
		return nil, core.ErrInvalidCallbackURL
	}
	c.SetHeader("Cache-Control", "no-store") // the target carries the token
	return nil, core.Redirect(target)
}

func (p *Plugin) resetPassword(c *core.Ctx, in ResetPasswordInput) (*StatusOutput, error) {
	token := cmp.Or(valueOf(in.Token), valueOf(in.TokenInQuery))
	if token == "" {
		return nil, core.ErrInvalidToken
	}
	if err := c.CheckNewPassword(in.NewPassword); err != nil {
		return nil, err
	}
	u, err := p.resetUser(c, token)
	if err != nil {
		return nil, err
	}
	// Only for a token that is genuine, or anybody could make the server hash;
	// and before the token is spent, so that one that finds no slot is not lost.
	hash, err := c.HashPassword(in.NewPassword)
	if err != nil {
		return nil, err
	}
	if err := p.redeemReset(c, token, u, hash); err != nil {
		return nil, err
	}
	if tell := p.auth.Options().EmailAndPassword.OnPasswordReset; tell != nil {
		err := db.AfterCommit(c.Context(), func(ctx context.Context) error { return tell(ctx, u) })
		if err != nil {
			return nil, err
		}
	}
	return &StatusOutput{Status: true}, nil
}

// resetUser finds whose token it is, and spends nothing.
func (p *Plugin) resetUser(c *core.Ctx, token string) (user.User, error) {
	rec, valid, err := p.auth.Verifications().Find(c.Context(), resetToken, token)
	if err != nil {
		return user.User{}, err
	}
	if !valid {
		return user.User{}, core.ErrInvalidToken
	}
	u, exists, err := p.auth.Users().ByID(c.Context(), rec.Value)
	if err != nil {
		return user.User{}, err
	}
	if !exists {
		return user.User{}, errResetUserGone
	}
	// A database that counts may have given the id to another user since.
	if rec.CreatedAt.Before(u.CreatedAt) {
		return user.User{}, core.ErrInvalidToken
	}
	return u, nil
}

// redeemReset spends the token and stores the hash, together or not at all.
func (p *Plugin) redeemReset(c *core.Ctx, token string, u user.User, hash string) error {
	err := c.Tx(func() error {
		_, redeemed, err := p.auth.Verifications().RedeemOf(c.Context(), resetToken, token, u.ID)
		if err != nil {
			return err
		}
		if !redeemed {
			return core.ErrInvalidToken
		}
		// The password first: whoever signs in with the old one meanwhile waits, or
		// has a session that ends.
		if err := p.auth.Accounts().SetPassword(c.Context(), u.ID, hash); err != nil {
			return err
		}
		if !p.auth.Options().EmailAndPassword.RevokeSessionsOnPasswordReset {
			return nil
		}
		return p.auth.Sessions().DeleteAll(c.Context(), u.ID)
	})
	if errors.Is(err, db.ErrReference) {
		return errResetUserGone.WithCause(err)
	}
	return stopped(err, core.ErrUpdateUser)
}
