package routes

import (
	"context"
	"net/http"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/percent"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/verification"
)

// RequestPasswordResetInput is the body of POST /request-password-reset.
type RequestPasswordResetInput struct {
	Email      string  `json:"email" check:"email" doc:"The user's address"`
	RedirectTo *string `json:"redirectTo" doc:"Where the link in the mail leads in the end, with the parameter token, or error=INVALID_TOKEN"`
}

// RequestPasswordResetOutput says the same whether there is such a user or not.
type RequestPasswordResetOutput struct {
	Status  bool   `json:"status"`
	Message string `json:"message"`
}

// resetToken is the proof that a reset link carries: its value is the user's id.
var resetToken = verification.Purpose{Prefix: "reset-password:", Shape: verification.IsID}

const resetTokenLength = 24 // letters and digits, as upstream

var errResetDisabled = core.NewError(http.StatusBadRequest, "RESET_PASSWORD_DISABLED", "Reset password isn't enabled")

func (p *Plugin) setUpRequestPasswordReset(s *core.Setup) {
	p.RequestPasswordReset = core.Route(s, core.Endpoint[RequestPasswordResetInput, RequestPasswordResetOutput]{
		Method: http.MethodPost, Path: "/request-password-reset", OperationID: "requestPasswordReset",
		Summary: "Mail a link to a user who has forgotten the password",
		Doc:     core.Doc{Success: "The mail is on its way, if there is such a user"},
		Handle:  p.requestPasswordReset,
	})
	s.ErrorCodes(errResetDisabled)
}

// requestPasswordReset looks the user up, and leaves everything else to the
// background: neither time nor a failure of the database tells who has an
// account.
func (p *Plugin) requestPasswordReset(c *core.Ctx, in RequestPasswordResetInput) (*RequestPasswordResetOutput, error) {
	ep := &p.auth.Options().EmailAndPassword
	if ep.SendResetPassword == nil {
		return nil, errResetDisabled
	}
	u, exists, err := p.auth.Users().ByEmail(c.Context(), in.Email)
	if err != nil {
		return nil, err
	}
	if !exists {
		// The runner of the background is asked in the request.
		c.Go("sendResetPassword", func(context.Context) error { return nil })
	} else {
		link, target := c.BaseURL()+"/reset-password/", percent.Encode(valueOf(in.RedirectTo))
		expiresAt := c.Now().Add(ep.ResetPasswordTokenExpiresIn)
		c.Go("sendResetPassword", func(ctx context.Context) error {
			token, err := p.makeResetToken(ctx, u, expiresAt)
			if err != nil {
				return err
			}
			return ep.SendResetPassword(ctx, core.ResetPasswordEmail{
				User: u, Token: token, URL: link + token + "?callbackURL=" + target,
			})
		})
	}
	return &RequestPasswordResetOutput{
		Status: true, Message: "If this email exists in our system, check your email for the reset link",
	}, nil
}

func (p *Plugin) makeResetToken(ctx context.Context, u user.User, expiresAt time.Time) (string, error) {
	token := p.auth.RandomID(resetTokenLength)
	_, err := p.auth.Verifications().Create(ctx, resetToken, token, u.ID, expiresAt)
	return token, err
}
