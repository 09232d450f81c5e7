package routestest

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/authtest/racetest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/verification"
)

// redemptionRaces are the races for one proof wherever proofs can be kept.
func redemptionRaces() (cases []racetest.Race) {
	for _, storage := range []struct {
		name string
		use  func(*core.Options)
	}{
		{"in the database", nil},
		{"in the secondary storage", racetest.UseSecondary},
		{"in both", func(o *core.Options) {
			racetest.UseSecondary(o)
			o.Verification.StoreInDatabase = true
		}},
		{"in the database with hooks", func(o *core.Options) { o.DatabaseHooks.Verification = idleHooks() }},
	} {
		for _, tc := range []struct {
			name string
			run  func(*race)
		}{
			{"one of many redeems a proof", redemptions},
			{"one of many redeems a proof that must have a value", redemptionsOf},
			{"a proof that is replaced meanwhile is redeemed once at most", replacements},
		} {
			cases = append(cases, racetest.Race{Name: "proofs " + storage.name + ": " + tc.name, Configure: storage.use, Run: run(tc.run), Actions: []racetest.Callable{redeem}})
		}
	}
	return cases
}

func idleHooks() db.Hooks {
	return db.Hooks{BeforeDelete: func(context.Context, db.Row) error { return nil }}
}

// proof is of a kind with a shape, of which no round sees another's.
var proof = verification.Purpose{Prefix: "race-", Shape: verification.IsID}

// bare is the same without a shape.
var bare = verification.Purpose{Prefix: proof.Prefix}

// redemption asks for a proof.
type redemption struct {
	Key  string
	Bare bool    // without a shape
	Of   *string // the value that the proof must have, if any
}

// redeemed is the answer.
type redeemed struct {
	Value string
	OK    bool
}

var redeem = racetest.Action[redemption, redeemed]{
	Name: "redeem a proof",
	Do: func(ctx context.Context, s *authtest.Server, asked redemption) (got redeemed, err error) {
		p := proof
		if asked.Bare {
			p = bare
		}
		var rec verification.Verification
		if asked.Of != nil {
			rec, got.OK, err = s.Verifications().RedeemOf(ctx, p, asked.Key, *asked.Of)
		} else {
			rec, got.OK, err = s.Verifications().Redeem(ctx, p, asked.Key)
		}
		got.Value = rec.Value
		return got, err
	},
}

func (r *race) issue(key, value string) {
	r.T.Helper()
	if _, err := r.Server.Verifications().Create(r.T.Context(), proof, key, value, r.Server.Clock.Now().Add(time.Hour)); err != nil {
		r.T.Fatalf("issue a proof: %v", err)
	}
}

func redemptions(r *race) {
	key := fmt.Sprint(r.N)
	r.issue(key, "user")
	won := r.AtOnce(racers, func(i int) (bool, error) {
		got, err := redeem.On(r.Round, i, redemption{Key: key, Bare: i%2 == 0})
		if got.OK && got.Value != "user" {
			r.T.Errorf("redeemed %q", got.Value)
		}
		return got.OK, err
	})
	r.wantOneRedemption(won, key)
}

// Whoever gives another value takes nothing away.
func redemptionsOf(r *race) {
	key := fmt.Sprint(r.N)
	r.issue(key, "user")
	won := r.AtOnce(racers, func(i int) (bool, error) {
		value := "user"
		if i%3 == 0 {
			value = "somebody"
		}
		got, err := redeem.On(r.Round, i, redemption{Key: key, Of: &value})
		if got.OK && got.Value != "user" {
			r.T.Errorf("redeemed with the value %q", value)
		}
		return got.OK, err
	})
	r.wantOneRedemption(won, key)
}

func (r *race) wantOneRedemption(won int, key string) {
	r.T.Helper()
	if won != 1 {
		r.T.Errorf("%d redeem it", won)
	}
	if _, again, err := r.Server.Verifications().Find(r.T.Context(), proof, key); again || err != nil {
		r.T.Errorf("it is there still, or again (%v)", err)
	}
	r.WantRows(0, verification.ModelName, "identifier", proof.Prefix+key)
}

// Each of the two values is redeemed once at most, and the last one is there
// unless somebody took it.
func replacements(r *race) {
	key := fmt.Sprint(r.N)
	r.issue(key, "first")
	r.Server.Clock.Advance(time.Second)
	var first, second atomic.Int64
	r.AtOnce(racers, func(i int) (bool, error) {
		if i == racers/2 {
			_, err := r.Server.Verifications().Create(r.T.Context(), proof, key, "second", r.Server.Clock.Now().Add(time.Hour))
			return false, err
		}
		got, err := redeem.On(r.Round, i, redemption{Key: key})
		switch {
		case got.OK && got.Value == "first":
			first.Add(1)
		case got.OK:
			second.Add(1)
		}
		return got.OK, err
	})
	rec, left, err := r.Server.Verifications().Redeem(r.T.Context(), proof, key)
	if err != nil {
		r.T.Fatal(err)
	}
	if left && rec.Value == "second" {
		second.Add(1)
	}
	if first.Load() > 1 || second.Load() != 1 || left && rec.Value != "second" {
		r.T.Errorf("the first was redeemed %d times, the second %d times, and %q is left", first.Load(), second.Load(), rec.Value)
	}
}
