package routes

import (
	"errors"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/input"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// change redeems a link about a new address, which anybody may open who is not
// signed in as somebody else.
func (l openedLink) change(t *emailToken) (*VerifyEmailOutput, error) {
	u, err := l.owner(t)
	if err != nil {
		return nil, err
	}
	current, err := l.signedIn(l.c)
	if err != nil {
		return nil, err
	}
	if current != nil && current.User.ID != u.ID {
		return nil, l.refuse(core.ErrInvalidUser)
	}
	if t.Credential != "" {
		// Whoever asked for the change may be the one whom a new password was to
		// shut out.
		credential, err := l.credentialMark(l.c, u.ID)
		if err != nil {
			return nil, err
		}
		if credential != t.Credential {
			return nil, l.refuse(errEmailToken)
		}
	}
	if t.Kind == confirmChange {
		return l.askNewAddress(t, u)
	}
	if u, err = l.moveAddress(t, u); err != nil {
		return nil, err
	}
	after := l.auth.Options().EmailVerification.AfterEmailVerification
	if after != nil && u.EmailVerified {
		if err := after(l.c.Context(), u); err != nil {
			return nil, err
		}
	}
	if current != nil {
		current.User = u
		if err := l.c.RefreshSessionCookies(*current); err != nil {
			return nil, err
		}
	}
	return l.done(VerifyEmailOutput{User: input.Some(l.auth.Users().Output(u))})
}

// askNewAddress mails the second link, now that the old address has agreed.
func (l openedLink) askNewAddress(t *emailToken, u user.User) (*VerifyEmailOutput, error) {
	next := *t
	next.Kind = verifyNewAddress
	u.Email = t.UpdateTo
	if err := l.mailLink(l.c, u, next, &l.callbackURL); err != nil {
		return nil, err
	}
	return l.done(VerifyEmailOutput{})
}

// moveAddress gives the user the new address, if the old one is still there:
// of many at once, and of links that change the same address, one does. The new
// address is as verified as the old one was, as in 1.7: a link that somebody
// opened does not vouch for the account of whoever asked for it.
func (l openedLink) moveAddress(t *emailToken, u user.User) (user.User, error) {
	changed, ok, err := l.auth.Users().UpdateIf(l.c.Context(), u.ID, db.Where{db.By("email", u.Email)}, db.Row{"email": t.UpdateTo})
	switch {
	case errors.Is(err, db.ErrStopped):
		return u, l.refuse(core.ErrUpdateUser) // upstream answers success
	case addressTaken(err):
		return u, l.refuse(core.ErrUserExists)
	case err != nil:
		return u, err
	case !ok:
		return u, l.refuse(core.ErrUserNotFound)
	}
	return changed, nil
}

// addressTaken tells whether the unique index of addresses refused a change.
func addressTaken(err error) bool {
	refused, ok := errors.AsType[*db.UniqueError](err)
	return ok && !errors.Is(err, db.ErrHook) && (refused.Field == "email" || refused.Field == "")
}
