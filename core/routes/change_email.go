package routes

import (
	"context"
	"errors"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// ChangeEmailInput is the body of POST /change-email.
type ChangeEmailInput struct {
	NewEmail    string  `json:"newEmail" check:"email" doc:"The new address, kept in lower case"`
	CallbackURL *string `json:"callbackURL" doc:"Where the links in the mails lead in the end"`
}

var (
	errChangeEmailDisabled = core.NewError(http.StatusBadRequest, "CHANGE_EMAIL_DISABLED", "Change email is disabled")
	errSameEmail           = core.NewError(http.StatusBadRequest, "", "Email is the same")
	errNoChangeMail        = core.NewError(http.StatusBadRequest, "", "Verification email isn't enabled")
)

func (p *Plugin) setUpChangeEmail(s *core.Setup) {
	p.ChangeEmail = core.Route(s, core.Endpoint[ChangeEmailInput, StatusOutput]{
		Method: http.MethodPost, Path: "/change-email", OperationID: "changeEmail",
		Summary: "Change the user's address, or ask by mail whether to",
		Doc:     core.Doc{Success: "The address has changed, or a mail asks, or the address is somebody's already"},
		Use:     []core.Middleware{core.RequireSensitiveSession},
		Handle:  p.changeEmail,
	})
	s.ErrorCodes(errChangeEmailDisabled, errSameEmail, errNoChangeMail)
}

// addressChange is a change that was asked for.
type addressChange struct {
	*Plugin
	c           *core.Ctx
	current     session.WithUser // whose address it is
	newEmail    string
	callbackURL *string
}

func (p *Plugin) changeEmail(c *core.Ctx, in ChangeEmailInput) (*StatusOutput, error) {
	if !p.auth.Options().User.ChangeEmail.Enabled {
		return nil, errChangeEmailDisabled
	}
	a := addressChange{Plugin: p, c: c, current: *c.Session(), newEmail: user.NormalizeEmail(in.NewEmail), callbackURL: in.CallbackURL}
	if a.newEmail == user.NormalizeEmail(a.current.User.Email) {
		return nil, errSameEmail
	}
	// Before the address is looked up: a refusal must not tell whose it is.
	if a.way() == noWay {
		return nil, errNoChangeMail
	}
	taken, exists, err := p.auth.Users().ByEmail(c.Context(), a.newEmail)
	switch {
	case err != nil:
		return nil, err
	case !exists:
		return a.start()
	case taken.ID == a.current.User.ID: // it changed after the session was read
		return nil, errSameEmail
	}
	return a.pretend()
}

// wayToChange is how an address comes to be changed.
type wayToChange int

const (
	noWay       wayToChange = iota
	atOnce                  // without asking
	askOldFirst             // the old address is asked, then the new one
	askNewOnly              // the new address is asked
)

// way depends on whether the present address is verified, and on what the
// server can send.
func (a addressChange) way() wayToChange {
	o, verified := a.auth.Options(), a.current.User.EmailVerified
	switch {
	case !verified && o.User.ChangeEmail.UpdateEmailWithoutVerification:
		return atOnce
	case verified && o.User.ChangeEmail.SendChangeEmailConfirmation != nil:
		return askOldFirst
	case o.EmailVerification.SendVerificationEmail != nil:
		return askNewOnly
	}
	return noWay
}

func (a addressChange) start() (*StatusOutput, error) {
	switch a.way() {
	case atOnce:
		return a.changeNow()
	case askOldFirst:
		return accepted(a.mailConfirmation())
	case askNewOnly:
		u := a.current.User
		u.Email = a.newEmail
		return accepted(a.mailLink(a.c, u, a.token(verifyNewAddress), a.callbackURL))
	case noWay:
	}
	return nil, errNoChangeMail
}

// changeNow gives an unverified user the new address. Whoever verified the old
// one meanwhile is asked instead: that proof is not one of the new address.
func (a addressChange) changeNow() (*StatusOutput, error) {
	changed, ok, err := a.auth.Users().UpdateIf(a.c.Context(), a.current.User.ID,
		db.Where{db.By("emailVerified", false), {Field: "email", Op: db.Ne, Value: a.newEmail}}, db.Row{"email": a.newEmail})
	switch {
	case errors.Is(err, db.ErrStopped):
		return nil, core.ErrUpdateUser // upstream answers success
	case addressTaken(err):
		return a.pretend()
	case err != nil:
		return nil, err
	case !ok:
		return a.again()
	}
	a.current.User = changed
	if err := a.c.RefreshSessionCookies(a.current); err != nil {
		return nil, err
	}
	return accepted(a.mailVerification(a.c, changed, a.callbackURL))
}

// again goes on with the user as another request has left it.
func (a addressChange) again() (*StatusOutput, error) {
	u, exists, err := a.auth.Users().ByID(a.c.Context(), a.current.User.ID)
	switch {
	case err != nil:
		return nil, err
	case !exists:
		return nil, core.ErrUnauthorized
	case !u.EmailVerified, user.NormalizeEmail(u.Email) == a.newEmail:
		return nil, errSameEmail // nothing else keeps an unverified address from changing
	}
	a.current.User = u
	return a.start()
}

// pretend answers for an address that is taken as for a free one, after the
// same work and with the same cookies.
func (a addressChange) pretend() (*StatusOutput, error) {
	switch a.way() {
	case atOnce:
		if err := a.c.RefreshSessionCookies(a.current); err != nil {
			return nil, err
		}
		return accepted(a.mailNobody(a.c, "sendVerificationEmail", verificationOf(a.current.User), a.callbackURL))
	case askOldFirst:
		return accepted(a.mailNobody(a.c, "sendChangeEmailConfirmation", a.token(confirmChange), a.callbackURL))
	case askNewOnly, noWay:
	}
	return accepted(a.mailNobody(a.c, "sendVerificationEmail", a.token(verifyNewAddress), a.callbackURL))
}

func (a addressChange) mailConfirmation() error {
	token, link, err := a.emailLink(a.c, a.token(confirmChange), a.callbackURL)
	if err != nil {
		return err
	}
	send := a.auth.Options().User.ChangeEmail.SendChangeEmailConfirmation
	mail := core.ChangeEmailConfirmation{User: a.current.User, NewEmail: a.newEmail, URL: link, Token: token}
	a.c.Go("sendChangeEmailConfirmation", func(ctx context.Context) error { return send(ctx, mail) })
	return nil
}

func (a addressChange) token(kind emailTokenKind) emailToken {
	return emailToken{Kind: kind, Email: a.current.User.Email, UserID: a.current.User.ID, UpdateTo: a.newEmail}
}
