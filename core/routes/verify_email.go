package routes

import (
	"errors"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/input"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// VerifyEmailInput is the query of GET /verify-email.
type VerifyEmailInput struct {
	Token       string  `query:"token" doc:"The token of the link that was mailed"`
	CallbackURL *string `query:"callbackURL" doc:"Where to go in the end; an error is appended to it as error=CODE"`
}

// VerifyEmailOutput is the answer to a link without a callbackURL.
type VerifyEmailOutput struct {
	Status bool `json:"status" doc:"Always true: what fails is an error"`
	// User is absent where the old address has agreed to a change.
	User input.Opt[user.User] `json:"user,omitzero" doc:"The user whose address has changed; null where one was verified"`
}

func (p *Plugin) setUpVerifyEmail(s *core.Setup) {
	p.VerifyEmail = core.Route(s, core.Endpoint[VerifyEmailInput, VerifyEmailOutput]{
		Method: http.MethodGet, Path: "/verify-email", OperationID: "verifyEmail",
		Summary: "Redeem a link that was mailed: prove an address, or change it",
		Doc: core.Doc{
			Success: "The address is verified, or has changed, or its change is confirmed",
			Answers: map[int]string{http.StatusFound: "There is a callbackURL; what went wrong stands in its error."},
		},
		Handle: p.verifyEmail,
	})
	s.ErrorCodes(core.ErrTokenExpired, errEmailToken, core.ErrUserNotFound, core.ErrInvalidUser, core.ErrUserExists,
		core.ErrCreateSession.WithStatus(http.StatusInternalServerError))
}

// openedLink is a link that is being redeemed.
type openedLink struct {
	*Plugin
	c           *core.Ctx
	callbackURL string // "" answers with JSON
}

func (p *Plugin) verifyEmail(c *core.Ctx, in VerifyEmailInput) (*VerifyEmailOutput, error) {
	l := openedLink{Plugin: p, c: c, callbackURL: valueOf(in.CallbackURL)}
	if err := checkTarget(c, l.callbackURL); err != nil {
		return nil, err
	}
	c.SetHeader("Cache-Control", "no-store") // opening a link changes something
	t, refusal := p.readEmailToken(c, in.Token)
	switch {
	case refusal != nil:
		return nil, l.refuse(refusal)
	case t.Kind == verifyAddress:
		return l.verify(t)
	}
	return l.change(t)
}

// done is the answer to a link that was good.
func (l openedLink) done(out VerifyEmailOutput) (*VerifyEmailOutput, error) {
	if l.callbackURL != "" {
		return nil, core.Redirect(l.callbackURL)
	}
	out.Status = true
	return &out, nil
}

// refuse is the answer to a link that was not.
func (l openedLink) refuse(e *core.Error) error {
	if l.callbackURL == "" {
		return e
	}
	return core.Redirect(withQuery(l.callbackURL, "error="+e.Code())).WithCause(e)
}

// owner is the user of a token, who must still have the address of it.
func (l openedLink) owner(t *emailToken) (user.User, error) {
	u, ok, err := l.auth.Users().ByEmail(l.c.Context(), t.Email)
	switch {
	case err != nil:
		return user.User{}, err
	case !ok || user.NormalizeEmail(u.Email) != t.Email: // a database may find á for a
		return user.User{}, l.refuse(core.ErrUserNotFound)
	case t.UserID != "" && u.ID != t.UserID: // the address has moved to somebody else
		return user.User{}, l.refuse(errEmailToken)
	}
	return u, nil
}

// verify marks an address as verified, once, after the application was asked.
func (l openedLink) verify(t *emailToken) (*VerifyEmailOutput, error) {
	before := l.auth.Options().EmailVerification.BeforeEmailVerification
	if before != nil {
		// Of many at once the first one asks the application. Between processes
		// each may ask, and one of them verifies.
		done, err := l.verifications.take(l.c.Context(), t.Email)
		if err != nil {
			return nil, err
		}
		defer done()
	}
	u, err := l.owner(t)
	if err != nil {
		return nil, err
	}
	if u.EmailVerified {
		return l.done(verifiedAddress)
	}
	if before != nil {
		if err := before(l.c.Context(), u); err != nil {
			return nil, err
		}
	}
	changed, ok, err := l.auth.Users().UpdateIf(l.c.Context(), u.ID,
		db.Where{db.By("email", u.Email), db.By("emailVerified", false)}, db.Row{"emailVerified": true})
	switch {
	case errors.Is(err, db.ErrStopped):
		return nil, l.refuse(core.ErrUpdateUser) // upstream answers success, and signs in
	case err != nil:
		return nil, err
	case ok:
		return l.verified(changed)
	}
	// Another request was faster: say what a later one hears.
	if _, err := l.owner(t); err != nil {
		return nil, err
	}
	return l.done(verifiedAddress)
}

// verifiedAddress is the answer where an address is verified, now or before.
var verifiedAddress = VerifyEmailOutput{User: input.Null[user.User]()}

// verified tells the application and signs in, when the options say so.
func (l openedLink) verified(u user.User) (*VerifyEmailOutput, error) {
	o := &l.auth.Options().EmailVerification
	if o.AfterEmailVerification != nil {
		if err := o.AfterEmailVerification(l.c.Context(), u); err != nil {
			return nil, err
		}
	}
	if o.AutoSignInAfterVerification {
		if err := l.signIn(u); err != nil {
			return nil, err
		}
	}
	return l.done(verifiedAddress)
}

// signIn leaves whoever opened the link with a session of u: the present one if
// it is u's, else a new one. Whether the client is remembered stays as it was.
func (l openedLink) signIn(u user.User) error {
	current, err := l.signedIn(l.c)
	if err != nil {
		return err
	}
	if current != nil && current.User.ID == u.ID {
		current.User = u
		return l.c.RefreshSessionCookies(*current)
	}
	fresh, err := l.c.CreateSession(u, false)
	if errors.Is(err, db.ErrStopped) {
		return core.ErrCreateSession.WithStatus(http.StatusInternalServerError)
	}
	if errors.Is(err, db.ErrReference) {
		return l.refuse(core.ErrUserNotFound.WithCause(err)) // deleted meanwhile
	}
	if err != nil {
		return err
	}
	return l.c.SetSessionCookies(fresh, l.c.TransientSession())
}
