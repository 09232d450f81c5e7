package routes

import (
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// SendVerificationEmailInput is the body of POST /send-verification-email.
type SendVerificationEmailInput struct {
	Email       string  `json:"email" check:"email" doc:"The address to prove; the caller's own when signed in"`
	CallbackURL *string `json:"callbackURL" doc:"Where the link in the mail leads in the end"`
}

var (
	errNoVerificationMail = core.NewError(http.StatusBadRequest, "VERIFICATION_EMAIL_NOT_ENABLED", "Verification email isn't enabled")
	errEmailMismatch      = core.NewError(http.StatusBadRequest, "EMAIL_MISMATCH", "Email mismatch")
	errAlreadyVerified    = core.NewError(http.StatusBadRequest, "EMAIL_ALREADY_VERIFIED", "Email is already verified")
)

func (p *Plugin) setUpSendVerificationEmail(s *core.Setup) {
	p.SendVerificationEmail = core.Route(s, core.Endpoint[SendVerificationEmailInput, StatusOutput]{
		Method: http.MethodPost, Path: "/send-verification-email", OperationID: "sendVerificationEmail",
		Summary: "Mail the link that proves an address",
		Doc:     core.Doc{Success: "The mail is on its way, if there is anybody to get it"},
		Handle:  p.sendVerificationEmail,
	})
	s.ErrorCodes(errNoVerificationMail, errEmailMismatch, errAlreadyVerified)
}

func (p *Plugin) sendVerificationEmail(c *core.Ctx, in SendVerificationEmailInput) (*StatusOutput, error) {
	if p.auth.Options().EmailVerification.SendVerificationEmail == nil {
		return nil, errNoVerificationMail
	}
	current, err := p.signedIn(c)
	if err != nil {
		return nil, err
	}
	if current == nil {
		return p.sendToStranger(c, in)
	}
	switch {
	case user.NormalizeEmail(in.Email) != user.NormalizeEmail(current.User.Email):
		return nil, errEmailMismatch
	case current.User.EmailVerified:
		return nil, errAlreadyVerified
	}
	return accepted(p.mailVerification(c, current.User, in.CallbackURL))
}

// sendToStranger answers the same whoever has the address, after the same work.
// The mail goes to the address as it is stored, never to the one that was typed.
func (p *Plugin) sendToStranger(c *core.Ctx, in SendVerificationEmailInput) (*StatusOutput, error) {
	u, exists, err := p.auth.Users().ByEmail(c.Context(), in.Email)
	if err != nil {
		return nil, err
	}
	if !exists || u.EmailVerified {
		return accepted(p.mailNobody(c, "sendVerificationEmail", emailToken{Email: in.Email}, in.CallbackURL))
	}
	return accepted(p.mailVerification(c, u, in.CallbackURL))
}
