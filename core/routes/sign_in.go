package routes

import (
	"errors"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/account"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/input"
	"github.com/gatehouse-auth/gatehouse/core/origin"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// SignInEmailInput is the body of POST /sign-in/email.
type SignInEmailInput struct {
	Email       string  `json:"email"`
	Password    string  `json:"password"`
	CallbackURL *string `json:"callbackURL"`
	RememberMe  *bool   `json:"rememberMe"` // default true
}

// SignInEmailOutput is the new session. URL is where to go, when it was asked for.
type SignInEmailOutput struct {
	Redirect bool      `json:"redirect"`
	Token    string    `json:"token"`
	URL      *string   `json:"url,omitempty"`
	User     user.User `json:"user"`
}

var errSignInDisabled = core.NewError(http.StatusBadRequest, "EMAIL_PASSWORD_DISABLED", "Email and password is not enabled")

func (p *Plugin) setUpSignIn(s *core.Setup) {
	p.SignInEmail = core.Route(s, core.Endpoint[SignInEmailInput, SignInEmailOutput]{
		Method: http.MethodPost, Path: "/sign-in/email", OperationID: "signInEmail",
		Summary:    "Sign in with an e-mail address and a password",
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
	if in.CallbackURL != nil {
		if _, err := origin.SafeLocation(*in.CallbackURL); *in.CallbackURL != "" && err != nil {
			return nil, core.ErrInvalidCallbackURL
		}
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
	ok, err := c.VerifyPassword(credentialHash(accounts), in.Password)
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
	signedIn, err := c.CreateSession(u, in.RememberMe != nil && !*in.RememberMe)
	if errors.Is(err, db.ErrStopped) {
		return nil, core.ErrCreateSession.WithStatus(http.StatusUnauthorized)
	}
	if err != nil {
		return nil, err
	}
	c.SetHeader("Cache-Control", "no-store") // the answer carries a session token
	out := &SignInEmailOutput{Token: signedIn.Session.Token, URL: in.CallbackURL, User: p.auth.Users().Output(u)}
	if in.CallbackURL != nil && *in.CallbackURL != "" {
		c.SetHeader("Location", *in.CallbackURL)
		out.Redirect = true
	}
	return out, nil
}

// credentialHash finds the password hash among a user's accounts, or "".
func credentialHash(accounts []account.Account) string {
	for _, a := range accounts {
		if a.ProviderID == account.Credential && a.Password != nil {
			return *a.Password
		}
	}
	return ""
}
