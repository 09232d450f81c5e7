package core

import (
	"context"
	"errors"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// RotateSession puts a new session in the place of one whose user is worth more, or
// less, from now on: under a new token, with a whole lifetime, and with the address,
// the client and the added fields of the old one, but for fields that have a
// default. A client that is not to be remembered stays so.
//
// It is one transaction, or part of the caller's, whose end the cookies wait for. Of
// many at once exactly one gets the new session; to the others the old one has
// ended, which is ErrUnauthorized.
func (c *Ctx) RotateSession(old session.Session, u user.User) (rotated session.WithUser, err error) {
	next := session.Session{
		ExpiresAt: c.Now().Add(c.Auth.sessionSettings.expiresIn),
		IPAddress: old.IPAddress, UserAgent: old.UserAgent, Extra: c.Auth.carried(old),
	}
	err = c.Tx(func() error {
		s, ok, err := c.Auth.sessions.Rotate(c.ctx, old.Token, next, u)
		if err == nil && !ok && c.Auth.SessionsInCookies() { // where nobody else may know the old one
			s, err = c.Auth.sessions.Create(c.ctx, next, u)
			ok = true
		}
		if err != nil {
			return err
		}
		if !ok {
			return ErrUnauthorized
		}
		rotated = session.WithUser{Session: s, User: u}
		return db.AfterCommit(c.ctx, func(ctx context.Context) error {
			if c.Auth.opts.SecondaryStorage != nil {
				// There the old session may have ended while the rest was committed.
				switch _, ok, err := c.Auth.sessions.ByToken(ctx, s.Token); {
				case err != nil:
					return err
				case !ok:
					return errors.Join(ErrUnauthorized, c.DeleteSessionCookies(false))
				}
			}
			return c.SetSessionCookies(rotated, c.TransientSession())
		})
	})
	return rotated, err
}

// carried are the added fields that a session leaves to the one in its place.
func (a *Auth) carried(old session.Session) map[string]any {
	extra := map[string]any{}
	for _, f := range a.tables.added(session.ModelName) {
		if v, ok := old.Extra[f.Name]; ok && f.Default == nil {
			extra[f.Name] = v
		}
	}
	return extra
}
