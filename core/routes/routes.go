// Package routes holds the core endpoints: sign-up and sign-in with a password,
// sign-out, sessions, passwords and their reset, addresses and their proof, the
// user's own data and deletion, linked accounts, health and the error page.
//
// They are a plugin, written against the same contract as any other. They stand in
// files named after their paths; Setup lists them.
package routes

import (
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/account"
	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
	"github.com/gatehouse-auth/gatehouse/core/session"
)

// Plugin carries the core endpoints, for calls in process.
type Plugin struct {
	auth *core.Auth

	signUps       turns // by address
	verifications turns // by address
	deletions     turns // by id of the user

	SignUpEmail core.Bound[SignUpEmailInput, SignUpEmailOutput]
	SignInEmail core.Bound[SignInEmailInput, SignInEmailOutput]
	SignOut     core.Bound[struct{}, SignOutOutput]

	GetSession          core.Bound[GetSessionInput, GetSessionOutput]
	UpdateSession       core.Bound[UpdateSessionInput, UpdateSessionOutput]
	ListSessions        core.Bound[struct{}, []session.Session]
	RevokeSession       core.Bound[RevokeSessionInput, StatusOutput]
	RevokeSessions      core.Bound[struct{}, StatusOutput]
	RevokeOtherSessions core.Bound[struct{}, StatusOutput]

	RequestPasswordReset core.Bound[RequestPasswordResetInput, RequestPasswordResetOutput]
	ResetPasswordLink    core.Bound[ResetPasswordLinkInput, struct{}]
	ResetPassword        core.Bound[ResetPasswordInput, StatusOutput]
	VerifyPassword       core.Bound[VerifyPasswordInput, StatusOutput]
	ChangePassword       core.Bound[ChangePasswordInput, ChangePasswordOutput]
	// SetPassword gives the signed-in user a first password; in process only.
	SetPassword core.Bound[SetPasswordInput, StatusOutput]

	SendVerificationEmail core.Bound[SendVerificationEmailInput, StatusOutput]
	VerifyEmail           core.Bound[VerifyEmailInput, VerifyEmailOutput]
	ChangeEmail           core.Bound[ChangeEmailInput, StatusOutput]

	UpdateUser         core.Bound[UpdateUserInput, StatusOutput]
	DeleteUser         core.Bound[DeleteUserInput, DeleteUserOutput]
	DeleteUserCallback core.Bound[DeleteUserCallbackInput, DeleteUserOutput]

	ListAccounts  core.Bound[struct{}, []account.Summary]
	UnlinkAccount core.Bound[UnlinkAccountInput, StatusOutput]

	OK    core.Bound[struct{}, OKOutput]
	Error core.Bound[struct{}, ErrorPageOutput]
}

// New returns the core endpoints. Put them first in core.Options.Plugins.
func New() *Plugin { return &Plugin{} }

// ID is the owner that upstream's inventory gives to these endpoints.
func (p *Plugin) ID() string { return "core" }

// StatusOutput tells that something was done.
type StatusOutput struct {
	Status bool `json:"status"`
}

// accepted answers a request that was understood, unless err is not nil. It
// says nothing about what came of it.
func accepted(err error) (*StatusOutput, error) {
	if err != nil {
		return nil, err
	}
	return &StatusOutput{Status: true}, nil
}

// valueOf is what an optional input holds, or the zero value.
func valueOf[T any](given *T) T {
	if given == nil {
		var none T
		return none
	}
	return *given
}

// Setup declares the endpoints.
func (p *Plugin) Setup(s *core.Setup) error {
	p.auth = s.Auth()
	// What core answers in front of every endpoint and for the fields of a record.
	s.ErrorCodes(core.ErrInvalidOrigin, core.ErrMissingOrigin, core.ErrCrossSiteLogin, core.ErrInvalidCallbackURL,
		core.ErrInvalidRedirectURL, core.ErrInvalidErrorCallbackURL, core.ErrInvalidNewUserCallbackURL,
		core.ErrFieldNotAllowed, core.ErrMissingField, core.ErrValidation,
		core.ErrInvalidJSON, core.ErrInvalidForm, core.ErrBodyTooBig, core.ErrUnreadableBody, core.ErrURITooLong,
		core.ErrMediaType, core.ErrUnknownHost,
		core.ErrBusy, core.ErrClosing, core.ErrUnavailable)
	p.setUpSignUp(s)
	p.setUpSignIn(s)
	p.setUpSignOut(s)
	p.setUpGetSession(s)
	p.setUpSessions(s)
	p.setUpRequestPasswordReset(s)
	p.setUpResetPassword(s)
	p.setUpVerifyPassword(s)
	p.setUpChangePassword(s)
	p.setUpSetPassword(s)
	p.setUpSendVerificationEmail(s)
	p.setUpVerifyEmail(s)
	p.setUpChangeEmail(s)
	p.setUpUpdateUser(s)
	p.setUpUpdateSession(s)
	p.setUpDeleteUser(s)
	p.setUpDeleteUserCallback(s)
	p.setUpListAccounts(s)
	p.setUpUnlinkAccount(s)
	p.setUpOK(s)
	// A password can be guessed here too, and a mail be sent to an address that
	// nobody has proven: upstream lets a client do so a hundred times.
	s.RateLimit(core.PathIs("/verify-password", "/delete-user"), ratelimit.Rule{Window: 10 * time.Second, Max: 5})
	return p.setUpError(s)
}
