// Package routes holds the core endpoints: sign-up and sign-in with a
// password, sign-out, the session and its siblings, health and the error page.
//
// They are a plugin, written against the same contract as any other.
package routes

import (
	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/session"
)

// Plugin carries the core endpoints, for calls in process.
type Plugin struct {
	auth    *core.Auth
	signUps turns

	SignUpEmail         core.Bound[SignUpEmailInput, SignUpEmailOutput]
	SignInEmail         core.Bound[SignInEmailInput, SignInEmailOutput]
	SignOut             core.Bound[struct{}, SignOutOutput]
	GetSession          core.Bound[GetSessionInput, GetSessionOutput]
	ListSessions        core.Bound[struct{}, []session.Session]
	RevokeSession       core.Bound[RevokeSessionInput, StatusOutput]
	RevokeSessions      core.Bound[struct{}, StatusOutput]
	RevokeOtherSessions core.Bound[struct{}, StatusOutput]
	OK                  core.Bound[struct{}, OKOutput]
	Error               core.Bound[struct{}, ErrorPageOutput]
}

// New returns the core endpoints. Put them first in core.Options.Plugins.
func New() *Plugin { return &Plugin{} }

// ID is the owner that upstream's inventory gives to these endpoints.
func (p *Plugin) ID() string { return "core" }

// StatusOutput tells that something was done.
type StatusOutput struct {
	Status bool `json:"status"`
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
	p.setUpOK(s)
	return p.setUpError(s)
}
