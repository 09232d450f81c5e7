package twofactor

import (
	"strconv"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/verification"
)

// failuresPurpose counts the wrong codes of users who have nothing set up but get
// codes sent. It is by user. Gatehouse's own: 1.7 does not count for them.
var failuresPurpose = verification.Purpose{Prefix: "two-factor-failures-", Shape: isCount}

// locksOut tells whether wrong codes lock a user out.
func (p *Plugin) locksOut() bool {
	return !p.opts.AccountLockout.Disabled && !p.auth.Options().Compat.UnlimitedTwoFactorFailures
}

// begin counts a try of somebody who signs in as a failure, ahead of looking at the
// code, and refuses those who have had too many. forgive takes it back when the code
// is right. The enrolment is nil for users who have none.
//
// Only sign-ins count: whoever is signed in gains nothing by guessing.
func (p *Plugin) begin(c *core.Ctx, cl *claimant, e *enrolment) error {
	switch {
	case !cl.signsIn() || !p.locksOut():
		return nil
	case e == nil:
		return p.countSent(c, cl.user)
	}
	return p.count(c, *e)
}

// locked tells whether an enrolment is locked.
func (p *Plugin) locked(c *core.Ctx, e *enrolment) bool {
	return e != nil && p.locksOut() && e.LockedUntil != nil && e.LockedUntil.After(c.Now())
}

// count counts a failure in the enrolment. The last one that is allowed locks it at
// once, so that no two requests have it.
func (p *Plugin) count(c *core.Ctx, e enrolment) error {
	most := int64(p.opts.AccountLockout.MaxFailedAttempts)
	for range 2*most + 1 {
		if p.locked(c, &e) {
			return ErrAccountLocked
		}
		var seen any
		var failed int64
		if e.Failures != nil {
			seen = *e.Failures
			failed = *e.Failures
		}
		if e.LockedUntil != nil || failed >= most { // that is over
			failed = 0
		}
		set := db.Row{"failedVerificationCount": failed + 1, "lockedUntil": nil}
		if failed+1 >= most {
			set["lockedUntil"] = c.Now().Add(p.opts.AccountLockout.Duration)
		}
		ok, err := p.store.change(c.Context(), e, db.Where{db.By("failedVerificationCount", seen)}, set)
		if err != nil || ok {
			return err
		}
		if e, ok, err = p.store.of(c.Context(), e.UserID); err != nil {
			return err
		}
		if !ok {
			return ErrInvalidCookie // switched off meanwhile
		}
	}
	return ErrAccountLocked
}

// countSent counts a failure of a user who has no enrolment. The count ends when the
// lock-out would, from the first failure on.
func (p *Plugin) countSent(c *core.Ctx, u user.User) error {
	v, most := p.auth.Verifications(), p.opts.AccountLockout.MaxFailedAttempts
	for range 2*most + 1 {
		rec, ok, err := v.Find(c.Context(), failuresPurpose, u.ID)
		if err != nil {
			return err
		}
		n, _ := strconv.Atoi(rec.Value)
		switch {
		case !ok:
			begun, err := v.CreateOnce(c.Context(), failuresPurpose, u.ID, "1", c.Now().Add(p.opts.AccountLockout.Duration))
			if err != nil || begun {
				return err
			}
			continue // somebody else has begun
		case n >= most:
			return ErrAccountLocked
		}
		counted, err := v.Replace(c.Context(), failuresPurpose, u.ID, rec.Value, strconv.Itoa(n+1))
		if err != nil || counted {
			return err
		}
	}
	return ErrAccountLocked
}

// forgive forgets the failures of a user whose code was right.
func (p *Plugin) forgive(c *core.Ctx, u user.User) error {
	if !p.locksOut() {
		return nil
	}
	e, ok, err := p.store.of(c.Context(), u.ID)
	if err != nil {
		return err
	}
	if ok {
		_, err = p.store.change(c.Context(), e, nil, db.Row{"failedVerificationCount": int64(0), "lockedUntil": nil})
		return err
	}
	_, _, err = p.auth.Verifications().Redeem(c.Context(), failuresPurpose, u.ID)
	return err
}
