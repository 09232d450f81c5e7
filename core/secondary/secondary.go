// Package secondary is the contract of secondary storage: a key-value store
// with expiry, such as Redis, that keeps sessions, verifications and rate
// limits beside the database or instead of it.
//
// Keys and values are those of upstream, so that a Better Auth server can share
// the storage: a session stands under its token, the list of a user's sessions
// under "active-sessions-<user id>", a verification under
// "verification:<identifier>". Counters of the rate limit are the exception:
// 1.6.9 and 1.7 keep them in forms of their own under the same keys, so that
// Gatehouse has others.
package secondary

import (
	"context"
	"time"
)

// Storage is what a secondary storage implements. secondarytest holds the suite
// that every Storage passes.
//
// An implementation owes:
//   - every method is one atomic step, Delete one for each key;
//   - keys and values are text of any bytes and any length that occurs, never
//     patterns;
//   - a value is never empty: "" stands for "there is none", and to write it is
//     to delete;
//   - an expired value is not there;
//   - a ttl counts from the call and is kept to the millisecond. Zero keeps a
//     value until it is deleted; a negative one is over, so nothing is there
//     afterwards;
//   - an error means that nothing is known about what happened: whoever guards
//     something with the storage refuses then. One that may pass matches
//     db.ErrUnavailable; a context that has ended is reported as its error.
type Storage interface {
	// Get reads a value, or "".
	Get(ctx context.Context, key string) (string, error)
	// Set writes a value, whatever was there.
	Set(ctx context.Context, key, value string, ttl time.Duration) error
	// Delete removes values; one that is not there is no error, nor is no key.
	Delete(ctx context.Context, keys ...string) error
	// CompareAndSet writes a value with its own ttl if the present one is old,
	// byte by byte, and tells whether it did. An old "" wants nothing to be
	// there; a value "" deletes.
	CompareAndSet(ctx context.Context, key, old, value string, ttl time.Duration) (bool, error)
}

// Change reads a value, asks next for the one to keep, and writes it unless
// somebody else was faster; then it starts over. next may run several times, so
// it only computes. It returns "" to delete, and keep false to leave everything
// as it is. Its error ends the change and comes back.
func Change(ctx context.Context, s Storage, key string, next func(old string) (value string, ttl time.Duration, keep bool, err error)) error {
	for {
		old, err := s.Get(ctx, key)
		if err != nil {
			return err
		}
		value, ttl, keep, err := next(old)
		if err != nil || !keep {
			return err
		}
		done, err := s.CompareAndSet(ctx, key, old, value, ttl)
		if done || err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}
