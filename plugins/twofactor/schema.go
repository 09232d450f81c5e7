package twofactor

import (
	"context"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

const modelName = "twoFactor"

// enrolment is what a user has set up: the secret of an authenticator app, and
// backup codes. Users who get codes sent only have none.
type enrolment struct {
	ID          string `db:"id"`
	Secret      string `db:"secret,index,noreturn"` // encrypted
	BackupCodes string `db:"backupCodes,noreturn"`  // a JSON list of texts, encrypted unless the options say otherwise
	UserID      string `db:"userId,index,noreturn,ref=user"`
	// Verified is false until a first code has shown that the app works. It is NULL
	// in rows from before there was the column.
	Verified *bool `db:"verified,noinput,default=true"`
	// Failures counts wrong codes in a row, and LockedUntil ends a lock-out, as in 1.7.
	Failures    *int64     `db:"failedVerificationCount,noinput,noreturn,default=0,backfill"`
	LockedUntil *time.Time `db:"lockedUntil,noinput,noreturn"`
	// LastCodeAt is when the time step of the last code began that was accepted: the
	// same code, or an earlier one, is not accepted again. Gatehouse's own.
	LastCodeAt *time.Time     `db:"lastCodeAt,noinput,noreturn"`
	Extra      map[string]any `db:",extra"`
}

// unverified tells whether the app has not shown a code yet.
func (e enrolment) unverified() bool { return e.Verified != nil && !*e.Verified }

func newModel(now func() time.Time) (*db.Model[enrolment], error) {
	return db.NewModel[enrolment](modelName, now)
}

// enrolments is the only code that touches the table.
type enrolments struct {
	auth  *core.Auth
	model *db.Model[enrolment]
}

// of finds what a user has set up.
func (s *enrolments) of(ctx context.Context, userID string) (e enrolment, ok bool, err error) {
	row, err := s.auth.Store().First(ctx, db.Query{Table: s.model.Table, Where: db.Where{db.By("userId", userID)}})
	if err != nil || row == nil {
		return enrolment{}, false, err
	}
	e, err = s.model.Record(row)
	return e, err == nil, err
}

// create writes the enrolment of a user who has none.
func (s *enrolments) create(ctx context.Context, e enrolment) error {
	var none int64
	e.Failures = &none
	_, err := s.auth.Store().Create(ctx, s.model.Table, s.model.Row(e))
	return err
}

// change changes an enrolment that is still what the caller has seen: of many at
// once with a condition that the change ends, exactly one is ok.
func (s *enrolments) change(ctx context.Context, e enrolment, still db.Where, set db.Row) (ok bool, err error) {
	where := append(db.Where{db.By(db.ID, e.ID), db.By("userId", e.UserID)}, still...)
	res, err := s.auth.Store().Update(ctx, db.Change{Table: s.model.Table, Where: where, Set: set})
	return err == nil && res.Count > 0, err
}

// removeUnverified forgets an enrolment whose app has never shown a code.
func (s *enrolments) removeUnverified(ctx context.Context, userID string) error {
	_, err := s.auth.Store().Delete(ctx, db.Removal{
		Table: s.model.Table, Where: db.Where{db.By("userId", userID), db.By("verified", false)},
	})
	return err
}

// remove forgets what a user has set up.
func (s *enrolments) remove(ctx context.Context, userID string) error {
	_, err := s.auth.Store().Delete(ctx, db.Removal{Table: s.model.Table, Where: db.Where{db.By("userId", userID)}})
	return err
}
