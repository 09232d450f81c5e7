package verification_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/verification"
)

var leave = verification.Purpose{Prefix: "delete-account-"}

// What only a secondary storage has stays until it expires.
func TestProofsGoWithTheirUser(t *testing.T) {
	for name, with := range map[string]setting{
		"plain": {}, "hashed": {config: func(c *verification.Config) { c.Default = hashed }},
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, with, func(t *testing.T, f *fixture) {
				f.create(reset, "a", "ann")
				f.create(leave, "b", "ann")
				f.create(leave, "c", "bob")
				f.create(leave, "d", "anna")
				if err := f.DeleteOf(t.Context(), "ann"); err != nil {
					t.Fatal(err)
				}
				gone := "ann"
				if len(f.rows()) == 2 {
					gone = ""
				} else if f.values == nil {
					t.Errorf("%d rows are left", len(f.rows()))
				}
				f.found(reset, "a", gone)
				f.found(leave, "b", gone)
				f.found(leave, "c", "bob")
				f.found(leave, "d", "anna")
			})
		})
	}
}

func TestDeleteOfThatIsRolledBackOrStopped(t *testing.T) {
	errUndo, no := errors.New("undo"), false
	stop := db.Hooks{BeforeDelete: func(context.Context, db.Row) error {
		if no {
			return db.ErrStopped
		}
		return nil
	}}
	for _, mode := range []string{inDatabase, inBoth} {
		t.Run(mode, func(t *testing.T) {
			f := open(t, mode, setting{hooks: []db.Hooks{stop}})
			f.create(leave, "a", "ann")
			err := f.db.Tx(t.Context(), func(ctx context.Context) error {
				if err := f.DeleteOf(ctx, "ann"); err != nil {
					return err
				}
				return errUndo
			})
			if !errors.Is(err, errUndo) {
				t.Fatal(err)
			}
			f.found(leave, "a", "ann")
			f.left(1, 1)
			no = true
			if err := f.DeleteOf(t.Context(), "ann"); !errors.Is(err, db.ErrStopped) {
				t.Errorf("got %v", err)
			}
			f.left(1, 1)
			no = false
		})
	}
}
