package routes

import (
	"errors"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/account"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/input"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// SignInEmailInput is the body of POST /sign-in/email.
type SignInEmailInput struct {
	Email       string  `json:"email" doc:"The user's address"`
	Password    string  `json:"password" doc:"The user's password"`
	CallbackURL *string `json:"callbackURL" doc:"Where to go once signed in, also by the link of a verification mail"`
	RememberMe  *bool   `json:"rememberMe" doc:"False for a session that ends with the browser; true unless given"`
}

// SignInEmailOutput is the new session. URL is where to go, when it was asked for.
type SignInEmailOutput struct {
	Redirect bool      `json:"redirect" doc:"Whether the client is to go to the URL"`
	Token    string    `json:"token" doc:"The session's token"`
	URL      *string   `json:"url,omitempty" doc:"The callback URL of the request"`
	User     user.User `json:"user"`
}

var errSignInDisabled = core.NewError(http.StatusBadRequest, "EMAIL_PASSWORD_DISABLED", "Email and password is not enabled")

func (p *Plugin) setUpSignIn(s *core.Setup) {
	p.SignInEmail = core.Route(s, core.Endpoint[SignInEmailInput, SignInEmailOutput]{
		Method: http.MethodPost, Path: "/sign-in/email", OperationID: "signInEmail",
		Summary:    "Sign in with an e-mail address and a password",
		Doc:        core.Doc{Success: "The user and the new session's token"},
		MediaTypes: []string{"application/x-www-form-urlencoded", "application/json"},
		Use:        []core.Middleware{core.FormCSRF},
		Handle:     p.signInEmail,
	})
	s.ErrorCodes(errSignInDisabled, core.ErrInvalidEmailOrPassword, core.ErrEmailNotVerified)
}

func (p *Plugin) signInEmail(c *core.Ctx, in SignInEmailInput) (*SignInEmailOutput, error) {
	o := p.auth.Options()
	if !o.EmailAndPassword.Enabled {
		return nil, errSignInDisabled
	}
	if !input.IsEmail(in.Email) {
		return nil, core.ErrInvalidEmail
	}
	callbackURL := valueOf(in.CallbackURL)
	if err := checkLocation(callbackURL); err != nil {
		return nil, err
	}
	if err := c.CheckGivenPassword(in.Password); err != nil {
		return nil, err
	}
	u, accounts, _, err := p.auth.Users().WithAccounts(c.Context(), in.Email, p.auth.Accounts())
	if err != nil {
		return nil, err
	}
	// Without a user, an account or a password there is an empty hash, which
	// costs the same and never matches.
	credential := account.WithPassword(accounts)
	ok, err := c.VerifyPassword(credential.Hash(), in.Password)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, core.ErrInvalidEmailOrPassword
	}
	if o.EmailAndPassword.RequireEmailVerification && !u.EmailVerified {
		if o.EmailVerification.SendOnSignIn {
			if err := p.mailVerification(c, u, in.CallbackURL); err != nil {
				return nil, err
			}
		}
		return nil, core.ErrEmailNotVerified
	}
	signedIn, err := p.openSession(c, u, credential, in.RememberMe != nil && !*in.RememberMe)
	if errors.Is(err, db.ErrStopped) {
		return nil, core.ErrCreateSession.WithStatus(http.StatusUnauthorized)
	}
	if errors.Is(err, db.ErrReference) {
		return nil, core.ErrInvalidEmailOrPassword.WithCause(err) // deleted meanwhile
	}
	if err != nil {
		return nil, err
	}
	c.SetHeader("Cache-Control", "no-store") // the answer carries a session token
	out := &SignInEmailOutput{Token: signedIn.Session.Token, URL: in.CallbackURL, User: p.auth.Users().Output(u)}
	if callbackURL != "" {
		c.SetHeader("Location", callbackURL)
		out.Redirect = true
	}
	return out, nil
}

// openSession signs a user in whose password was verified, unless it has been
// changed since: a change that ends all sessions must not miss this one.
func (p *Plugin) openSession(c *core.Ctx, u user.User, verified account.Account, transient bool) (signedIn session.WithUser, err error) {
	err = c.Tx(func() error {
		if err := p.stillHolds(c, verified); err != nil {
			return err
		}
		signedIn, err = c.CreateSession(u, transient)
		return err
	})
	if err != nil || p.auth.Options().SecondaryStorage == nil {
		return signedIn, err
	}
	// There the session begins after the commit, and what ended the others may
	// have looked before.
	if err := p.stillHolds(c, verified); err != nil {
		return session.WithUser{}, errors.Join(err, p.auth.Sessions().Delete(c.Context(), signedIn.Session.Token), c.DeleteSessionCookies(false))
	}
	return signedIn, nil
}

// stillHolds refuses when an account has another password than it had. Inside a
// transaction, nobody can change it from then on.
func (p *Plugin) stillHolds(c *core.Ctx, verified account.Account) error {
	same, err := p.auth.Accounts().Holds(c.Context(), verified)
	if err == nil && !same {
		return core.ErrInvalidEmailOrPassword
	}
	return err
}
