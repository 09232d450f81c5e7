package verification_test

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/core/secondary/secondarytest"
	"github.com/gatehouse-auth/gatehouse/core/verification"
)

var errLater = errors.New("something else went wrong")

func TestARecordOfATransactionThatFails(t *testing.T) {
	for _, mode := range modes {
		for name, p := range map[string]verification.Purpose{"": reset, ", in a shape": shapedReset} {
			t.Run("is good again once redeemed, "+mode+name, func(t *testing.T) {
				f := open(t, mode, setting{})
				f.create(p, "token", "user")
				err := f.db.Tx(t.Context(), func(ctx context.Context) error {
					rec, ok, err := f.Redeem(ctx, p, "token")
					f.wantRedeemed(rec, ok, err, "user")
					if _, again, err := f.Redeem(ctx, p, "token"); again || err != nil {
						t.Errorf("redeemed again in the same transaction: %v", err)
					}
					return errLater
				})
				if !errors.Is(err, errLater) {
					t.Fatal(err)
				}
				if mode == inSecondary {
					f.redeemed(p, "token", "") // nothing else could have kept it from being used twice
					return
				}
				f.found(p, "token", "user")
				f.redeemed(p, "token", "user")
			})
			t.Run("does not exist, "+mode+name, func(t *testing.T) {
				f := open(t, mode, setting{})
				err := f.db.Tx(t.Context(), func(ctx context.Context) error {
					if _, err := f.Create(ctx, p, "token", "user", start.Add(time.Hour)); err != nil {
						return err
					}
					return errLater
				})
				if !errors.Is(err, errLater) {
					t.Fatal(err)
				}
				f.found(p, "token", "")
				f.redeemed(p, "token", "")
				f.left(0, 0)
			})
		}
	}
}

func TestARefusalInsideATransactionLeavesTheRest(t *testing.T) {
	everywhere(t, setting{}, func(t *testing.T, f *fixture) {
		f.create(shapedReset, "token", "user")
		err := f.db.Tx(t.Context(), func(ctx context.Context) error {
			if _, err := f.Create(ctx, reset, "another", "user", start.Add(time.Hour)); err != nil {
				return err
			}
			rec, ok, err := f.RedeemOf(ctx, shapedReset, "token", "somebody")
			f.wantRedeemed(rec, ok, err, "")
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		f.found(reset, "another", "user")
		f.redeemedOf(shapedReset, "token", "user", "user")
	})
}

// yielding lets others go on between reading and writing, as a storage behind a
// network does.
func yielding(s secondary.Storage) secondary.Storage {
	return secondarytest.Watched{Storage: s, Before: func(context.Context, string) error {
		runtime.Gosched()
		return nil
	}}
}

func TestOfManyExactlyOneRedeems(t *testing.T) {
	const racers, rounds = 50, 20
	// What is presented wrongly at the same time takes nothing away.
	wrong := verification.Purpose{Prefix: "reset-password:", Shape: isObject}
	for name, redeem := range map[string]func(f *fixture, key string, i int) (verification.Verification, bool, error){
		"by key": func(f *fixture, key string, _ int) (verification.Verification, bool, error) {
			return f.Redeem(f.t.Context(), reset, key)
		},
		"by key, in a shape": func(f *fixture, key string, i int) (verification.Verification, bool, error) {
			if i%5 == 4 {
				return f.Redeem(f.t.Context(), wrong, key)
			}
			return f.Redeem(f.t.Context(), shapedReset, key)
		},
		"by key and value": func(f *fixture, key string, i int) (verification.Verification, bool, error) {
			if i%5 == 4 {
				return f.RedeemOf(f.t.Context(), reset, key, "somebody")
			}
			return f.RedeemOf(f.t.Context(), reset, key, "user")
		},
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, setting{storage: yielding}, func(t *testing.T, f *fixture) {
				for round := range rounds {
					key := string(rune('a' + round))
					f.create(reset, key, "user")
					var won atomic.Int64
					var wg sync.WaitGroup
					gate := make(chan struct{})
					for i := range racers {
						wg.Go(func() {
							<-gate
							if rec, ok, err := redeem(f, key, i); err != nil {
								t.Errorf("a racer failed: %v", err)
							} else if ok {
								won.Add(1)
								f.wantRedeemed(rec, ok, err, "user")
							}
						})
					}
					close(gate)
					wg.Wait()
					if won.Load() != 1 {
						t.Fatalf("round %d: %d redeem", round, won.Load())
					}
					f.left(0, 0)
				}
			})
		})
	}
}
