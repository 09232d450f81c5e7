package verification_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

func TestHooksOfVerifications(t *testing.T) {
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) {
			var seen []string
			f := open(t, mode, setting{hooks: []db.Hooks{{
				Source: "user",
				BeforeCreate: func(_ context.Context, row db.Row) (db.Row, error) {
					seen = append(seen, "before create "+row["identifier"].(string))
					return db.Row{"value": row["value"].(string) + "-changed"}, nil
				},
				AfterCreate: func(_ context.Context, row db.Row) error {
					seen = append(seen, "after create "+row["value"].(string))
					return nil
				},
				BeforeUpdate: func(_ context.Context, set db.Row) (db.Row, error) {
					seen = append(seen, "before update "+set["value"].(string))
					return db.Row{"value": set["value"].(string) + "-again"}, nil
				},
				AfterUpdate: func(_ context.Context, row db.Row) error {
					seen = append(seen, "after update "+row["value"].(string))
					return nil
				},
				BeforeDelete: func(_ context.Context, row db.Row) error {
					seen = append(seen, "before delete "+row["value"].(string))
					return nil
				},
				AfterDelete: func(_ context.Context, row db.Row) error {
					seen = append(seen, "after delete "+row["value"].(string))
					return nil
				},
			}}})
			f.create(reset, "token", "user")
			want := []string{"before create reset-password:token", "after create user-changed"}
			if mode == inSecondary { // as upstream: what only the secondary storage has goes without hooks
				f.redeemed(reset, "token", "user-changed")
			} else {
				change := db.Change{Table: f.Table(), Where: db.Where{db.By("identifier", "reset-password:token")}, Set: db.Row{"value": "user"}}
				if res, err := f.db.Update(t.Context(), change); err != nil || res.Count != 1 {
					t.Errorf("update: %+v, %v", res, err)
				}
				f.redeemed(reset, "token", "user-again")
				want = append(want, "before update user", "after update user-again", "before delete user-again", "after delete user-again")
			}
			if !slices.Equal(seen, want) {
				t.Errorf("%q, want %q", seen, want)
			}
		})
	}
}

func TestAHookThatRefusesACreation(t *testing.T) {
	everywhere(t, setting{hooks: []db.Hooks{{BeforeCreate: func(context.Context, db.Row) (db.Row, error) { return nil, db.ErrStopped }}}}, func(t *testing.T, f *fixture) {
		if _, err := f.Create(t.Context(), reset, "token", "user", start.Add(time.Hour)); !errors.Is(err, db.ErrStopped) || !errors.Is(err, db.ErrHook) {
			t.Errorf("the error is %v", err)
		}
		f.found(reset, "token", "")
		f.left(0, 0)
	})
}

// What a hook keeps is not redeemed, by anybody.
func TestAHookThatRefusesARemoval(t *testing.T) {
	boom := errors.New("boom")
	for name, c := range map[string]struct{ refusal, want error }{
		"with a refusal": {db.ErrStopped, nil},
		"with an error":  {boom, boom},
	} {
		for _, mode := range []string{inDatabase, inBoth} {
			t.Run(name+", "+mode, func(t *testing.T) {
				refusal := c.refusal
				f := open(t, mode, setting{hooks: []db.Hooks{{BeforeDelete: func(context.Context, db.Row) error { return refusal }}}})
				f.create(shapedReset, "token", "user")
				for range 2 {
					rec, ok, err := f.Redeem(t.Context(), reset, "token")
					shaped, shapedOK, shapedErr := f.RedeemOf(t.Context(), shapedReset, "token", "user")
					if ok || shapedOK || rec.Value != "" || shaped.Value != "" || !errors.Is(err, c.want) || !errors.Is(shapedErr, c.want) {
						t.Errorf("redeemed %v, %v and %v, %v", ok, err, shapedOK, shapedErr)
					}
				}
				f.found(shapedReset, "token", "user")
				refusal = nil
				f.redeemed(shapedReset, "token", "user")
			})
		}
	}
}

// After hooks are told of what has happened, and of nothing else.
func TestAfterHooksWaitForTheTransaction(t *testing.T) {
	var created, removed int
	everywhere(t, setting{hooks: []db.Hooks{{
		AfterCreate: func(context.Context, db.Row) error { created++; return nil },
		AfterDelete: func(context.Context, db.Row) error { removed++; return nil },
	}}}, func(t *testing.T, f *fixture) {
		f.create(reset, "token", "user")
		created, removed = 0, 0
		err := f.db.Tx(t.Context(), func(ctx context.Context) error {
			if _, err := f.Create(ctx, reset, "another", "user", start.Add(time.Hour)); err != nil {
				return err
			}
			if _, _, err := f.Redeem(ctx, reset, "token"); err != nil {
				return err
			}
			return errLater
		})
		if !errors.Is(err, errLater) || created != 0 || removed != 0 {
			t.Errorf("%d and %d hooks ran (%v)", created, removed, err)
		}
	})
}
