// Package password hashes and checks passwords in the format of Better Auth:
// "salt:key", where salt is 32 lower-case hex characters whose text (not the
// bytes they spell) salts scrypt, and key is the 64 byte result in lower-case
// hex. Passwords are normalised to NFKC first.
//
// One hash works on 32 MiB, so the package bounds how many run and how many
// wait; see [ScryptOptions].
package password

import (
	"context"
	"errors"
	"unicode/utf16"
)

// Hasher turns passwords into strings that can be stored and checks them.
// Implementations are safe for concurrent use.
type Hasher interface {
	// Hash returns a new salted hash of password.
	Hash(ctx context.Context, password string) (string, error)
	// Verify reports whether password is the one hash was made from. A wrong
	// password is (false, nil); an error means that no answer was reached.
	Verify(ctx context.Context, hash, password string) (bool, error)
}

var (
	// ErrBusy says that all slots are taken and no place in the queue came
	// free in time. Answer 503 with a Retry-After.
	ErrBusy = errors.New("password: too many hashes in progress")
	// ErrMalformed says that a stored hash is not of the form "salt:key".
	ErrMalformed = errors.New("password: malformed hash")
	// ErrEncoding says that a password to be hashed is not valid UTF-8. Two
	// such passwords would share one hash once their bytes are replaced.
	ErrEncoding = errors.New("password: not valid UTF-8")
)

// UTF16Len returns the length of s as JavaScript's String.length counts it, in
// UTF-16 code units. Upstream's minimum and maximum lengths are in this unit.
// An invalid byte counts as one, the replacement character it decodes to.
func UTF16Len(s string) int {
	n := 0
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}
