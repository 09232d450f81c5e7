package routes

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// SignUpEmailInput is the body of POST /sign-up/email.
type SignUpEmailInput struct {
	Name        string  `json:"name" doc:"What the user is called"`
	Email       string  `json:"email" check:"email" doc:"The user's address, kept in lower case"`
	Password    string  `json:"password" check:"min=1" doc:"The new password, of a length that the server allows"`
	Image       *string `json:"image" doc:"URL of a picture of the user"`
	CallbackURL *string `json:"callbackURL" doc:"Where the link in the verification mail leads in the end"`
	RememberMe  *bool   `json:"rememberMe" doc:"False for a session that ends with the browser; true unless given"`
	// Rest holds the additional fields of the user.
	Rest *wire.Object `json:",rest"`
}

// SignUpEmailOutput is the new user. Token is null when no session was made.
type SignUpEmailOutput struct {
	Token *string   `json:"token" doc:"The session's token; null when the user has to verify the address or to sign in first"`
	User  user.User `json:"user"`
}

var errSignUpDisabled = core.NewError(http.StatusBadRequest, "EMAIL_PASSWORD_SIGN_UP_DISABLED", "Email and password sign up is not enabled")

func (p *Plugin) setUpSignUp(s *core.Setup) {
	p.SignUpEmail = core.Route(s, core.Endpoint[SignUpEmailInput, SignUpEmailOutput]{
		Method: http.MethodPost, Path: "/sign-up/email", OperationID: "signUpWithEmailAndPassword",
		Summary: "Create a user with an e-mail address and a password",
		Doc: core.Doc{
			Success: "The new user, signed in unless the server is told otherwise", Creates: user.ModelName,
			Answers: map[int]string{http.StatusUnprocessableEntity: "The address is taken, or the user could not be created."},
		},
		MediaTypes: []string{"application/x-www-form-urlencoded", "application/json"},
		Use:        []core.Middleware{core.FormCSRF},
		Handle:     p.signUpEmail,
	})
	s.ErrorCodes(errSignUpDisabled, core.ErrInvalidEmail, core.ErrInvalidPassword, core.ErrPasswordTooShort,
		core.ErrPasswordTooLong, core.ErrUserExists, core.ErrCreateUser, core.ErrCreateSession)
}

func (p *Plugin) signUpEmail(c *core.Ctx, in SignUpEmailInput) (*SignUpEmailOutput, error) {
	o := p.auth.Options()
	if !o.EmailAndPassword.Enabled || o.EmailAndPassword.DisableSignUp {
		return nil, errSignUpDisabled
	}
	if err := c.CheckNewPassword(in.Password); err != nil {
		return nil, err
	}
	extra, err := p.auth.ParseCreate(user.ModelName, in.Rest)
	if err != nil {
		return nil, err
	}
	fresh := user.User{Name: in.Name, Email: in.Email, Image: in.Image, Extra: extra}
	if !p.hidesDuplicates() {
		// Where duplicates look like success every request has to hash.
		done, err := p.signUps.take(c.Context(), user.NormalizeEmail(in.Email))
		if err != nil {
			return nil, err
		}
		defer done()
	}
	taken, exists, err := p.auth.Users().ByEmail(c.Context(), in.Email)
	if err != nil {
		return nil, err
	}
	if exists && !p.hidesDuplicates() {
		return nil, core.ErrUserExists
	}
	// Also for a taken address, so that both answers take the same time. Hashing
	// is done before the transaction: it may have to queue.
	hash, err := c.HashPassword(in.Password)
	if err != nil {
		return nil, err
	}
	c.SetHeader("Cache-Control", "no-store") // the answer carries a session token
	if exists {
		return p.duplicate(c, taken, fresh)
	}
	out, err := p.createUser(c, fresh, hash, in)
	if errors.Is(err, errTaken) {
		return p.lostRace(c, fresh, err)
	}
	return out, err
}

// lostRace answers when another user has a value that must be unique. If it is
// the address, another sign-up was faster, and the answer is that of a
// duplicate; a unique field that the application added is told as a failure.
func (p *Plugin) lostRace(c *core.Ctx, fresh user.User, cause error) (*SignUpEmailOutput, error) {
	taken, exists, err := p.auth.Users().ByEmail(c.Context(), fresh.Email)
	switch {
	case err != nil:
		return nil, err
	case !exists:
		return nil, core.ErrCreateUser.WithCause(cause)
	case !p.hidesDuplicates():
		return nil, core.ErrUserExists.WithCause(cause)
	}
	return p.duplicate(c, taken, fresh)
}

// errTaken says that a unique index refused the new user.
var errTaken = errors.New("a user has this value already")

// createUser writes the user, the credential account and the session together.
func (p *Plugin) createUser(c *core.Ctx, fresh user.User, hash string, in SignUpEmailInput) (*SignUpEmailOutput, error) {
	o := p.auth.Options()
	out := &SignUpEmailOutput{}
	var created user.User
	err := c.Tx(func() (err error) {
		if created, err = p.auth.Users().Create(c.Context(), fresh); err != nil {
			return createUserError(err)
		}
		err = p.auth.Accounts().CreateCredential(c.Context(), created.ID, hash)
		if errors.Is(err, db.ErrStopped) {
			// Upstream goes on, and leaves a user who can never sign in.
			return core.ErrCreateUser.WithStatus(http.StatusBadRequest)
		}
		if err != nil {
			return err
		}
		if o.EmailAndPassword.DisableAutoSignIn || o.EmailAndPassword.RequireEmailVerification {
			return nil
		}
		signedIn, err := c.CreateSession(created, in.RememberMe != nil && !*in.RememberMe)
		if errors.Is(err, db.ErrStopped) {
			return core.ErrCreateSession
		}
		if err != nil {
			return err
		}
		out.Token = &signedIn.Session.Token
		return nil
	})
	if err != nil {
		return nil, err
	}
	out.User = p.auth.Users().Output(created)
	switch {
	case p.sendsOnSignUp():
		if err := p.mailVerification(c, created, in.CallbackURL); err != nil {
			return nil, err
		}
	case p.hidesDuplicates():
		c.Go("onExistingUserSignUp", func(context.Context) error { return nil })
	}
	return out, nil
}

// createUserError words the refusal of a database hook as upstream does: 400
// when it stopped the creation, 422 when it failed. An error that the hook has
// worded itself, and one that is not a hook's, stays as it is; the refusal of a
// unique index is errTaken.
func createUserError(err error) error {
	var worded *core.Error
	switch {
	case !errors.Is(err, db.ErrHook) && errors.Is(err, db.ErrUnique):
		return fmt.Errorf("%w: %w", errTaken, err)
	case !errors.Is(err, db.ErrHook), errors.As(err, &worded):
		return err
	case errors.Is(err, db.ErrStopped):
		return core.ErrCreateUser.WithStatus(http.StatusBadRequest)
	}
	return core.ErrCreateUser.WithCause(err)
}

// hidesDuplicates tells whether the answer to a taken address looks like success.
func (p *Plugin) hidesDuplicates() bool {
	o := p.auth.Options()
	return o.EmailAndPassword.RequireEmailVerification ||
		o.EmailAndPassword.DisableAutoSignIn && !o.Compat.RevealDuplicateSignUp
}

// duplicate answers a sign-up for a taken address as if it had succeeded, and
// tells the owner of the address in the background.
func (p *Plugin) duplicate(c *core.Ctx, taken, fresh user.User) (*SignUpEmailOutput, error) {
	ep := &p.auth.Options().EmailAndPassword
	// A new user with somebody's nickname is refused: so is this one.
	conflict, err := p.auth.Users().Conflicts(c.Context(), fresh)
	if err != nil {
		return nil, err
	}
	if conflict {
		return nil, core.ErrCreateUser
	}
	if err := p.pretendSignUp(c, taken); err != nil {
		return nil, err
	}
	// The runner of the background is asked in the request, also for a new user.
	c.Go("onExistingUserSignUp", func(ctx context.Context) error {
		if ep.OnExistingUserSignUp == nil || taken.ID == "" {
			return nil
		}
		return ep.OnExistingUserSignUp(ctx, taken)
	})
	id, err := p.syntheticID(c)
	if err != nil {
		return nil, err
	}
	now := db.Millis(c.Now())
	fresh.ID, fresh.Email, fresh.CreatedAt, fresh.UpdatedAt = id, user.NormalizeEmail(fresh.Email), now, now
	if ep.CustomSyntheticUser != nil {
		fresh = ep.CustomSyntheticUser(fresh)
	}
	return &SignUpEmailOutput{User: p.auth.Users().Output(fresh)}, nil
}

// syntheticID looks like the id of a new user.
func (p *Plugin) syntheticID(c *core.Ctx) (string, error) {
	if p.auth.Users().Table().IDs == db.IDSerial {
		return p.auth.Users().NextSerial(c.Context())
	}
	return p.auth.NewID(user.ModelName)
}

// pretendSignUp does the work of a sign-up for nothing, so that time does not tell
// the two apart: two writes in a transaction that commits, and a signature.
func (p *Plugin) pretendSignUp(c *core.Ctx, taken user.User) error {
	if p.sendsOnSignUp() {
		if _, err := p.newEmailToken(c, verificationOf(taken)); err != nil {
			return err
		}
	}
	return p.auth.Verifications().Decoy(c.Context(), p.auth.RandomID(decoyLength), c.Now())
}

const decoyLength = 32 // letters and digits of an identifier that nobody will look up
