package core

import (
	"context"
	"errors"

	"github.com/gatehouse-auth/gatehouse/core/account"
	"github.com/gatehouse-auth/gatehouse/core/password"
)

// customHasher is the application's own hashing.
type customHasher struct{ funcs PasswordFuncs }

func (h customHasher) Hash(ctx context.Context, pw string) (string, error) {
	return h.funcs.Hash(ctx, pw)
}

func (h customHasher) Verify(ctx context.Context, hash, pw string) (bool, error) {
	return h.funcs.Verify(ctx, hash, pw)
}

// HashPassword hashes a password of checked length. Do not call it inside a
// transaction: hashes queue for memory.
func (c *Ctx) HashPassword(pw string) (string, error) { return c.Auth.hasher.Hash(c.ctx, pw) }

// VerifyPassword compares a password with a stored hash. An empty hash stands
// for "there is none": the same work is done and the answer is no, so that
// time does not tell who has a password. A hash that cannot be read is logged
// and matches nothing.
func (c *Ctx) VerifyPassword(hash, pw string) (bool, error) {
	if hash == "" {
		_, err := c.Auth.hasher.Hash(c.ctx, pw)
		return false, err
	}
	ok, err := c.Auth.hasher.Verify(c.ctx, hash, pw)
	if errors.Is(err, password.ErrMalformed) {
		// Nobody's password matches it, and a visitor must not learn whose row is
		// broken; upstream answers 500.
		c.Log().ErrorContext(c.ctx, "a stored password hash cannot be read", "error", err)
		return false, nil
	}
	return ok, err
}

// CheckNewPassword applies the length limits, counted as JavaScript counts.
func (c *Ctx) CheckNewPassword(pw string) error {
	n := password.UTF16Len(pw)
	switch ep := &c.Auth.opts.EmailAndPassword; {
	case n < ep.MinPasswordLength:
		return ErrPasswordTooShort
	case n > ep.MaxPasswordLength:
		return ErrPasswordTooLong
	}
	return nil
}

// CheckGivenPassword refuses a password that is too long to be anybody's,
// before any work is done for it.
func (c *Ctx) CheckGivenPassword(pw string) error {
	if !c.Auth.opts.Compat.HashLongPasswords && password.UTF16Len(pw) > c.Auth.opts.EmailAndPassword.MaxPasswordLength {
		return ErrPasswordTooLong
	}
	return nil
}

// CheckPassword is VerifyPassword for the account of the signed-in user: a wrong
// password is ErrInvalidPassword. An account without one has an empty hash, which
// costs the same and never matches.
func (c *Ctx) CheckPassword(own account.Account, given string) error {
	ok, err := c.VerifyPassword(own.Hash(), given)
	if err == nil && !ok {
		err = ErrInvalidPassword
	}
	return err
}
