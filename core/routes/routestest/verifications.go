package routestest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/verification"
)

// redemptionRaces are the races for one proof wherever proofs can be kept.
func redemptionRaces() (cases []raceCase) {
	for _, storage := range []struct {
		name string
		use  func(*core.Options)
	}{
		{"in the database", nil},
		{"in the secondary storage", useSecondary},
		{"in both", func(o *core.Options) {
			useSecondary(o)
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
			cases = append(cases, raceCase{name: "proofs " + storage.name + ": " + tc.name, configure: storage.use, run: tc.run})
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

// redemption asks for a proof. It may be made for any of the servers.
type redemption struct {
	Key  string
	Bare bool    // without a shape
	Of   *string // the value that the proof must have, if any
}

func (r *race) issue(key, value string) {
	r.t.Helper()
	if _, err := r.s.Verifications().Create(r.t.Context(), proof, key, value, r.s.Clock.Now().Add(time.Hour)); err != nil {
		r.t.Fatalf("issue a proof: %v", err)
	}
}

// atOnce counts how many of the racers win.
func (r *race) atOnce(try func(i int) (bool, error)) int64 {
	r.t.Helper()
	var won atomic.Int64
	start := make(chan struct{})
	var ready, done sync.WaitGroup
	for i := range racers {
		ready.Add(1)
		done.Go(func() {
			ready.Done()
			<-start
			ok, err := try(i)
			if err != nil {
				r.t.Errorf("a racer failed: %v", err)
			}
			if ok {
				won.Add(1)
			}
		})
	}
	ready.Wait()
	close(start)
	done.Wait()
	r.collect()
	return won.Load()
}

func redemptions(r *race) {
	key := fmt.Sprint(r.round)
	r.issue(key, "user")
	won := r.atOnce(func(i int) (bool, error) {
		value, ok, err := r.server(i).redeem(redemption{Key: key, Bare: i%2 == 0})
		if ok && value != "user" {
			r.t.Errorf("redeemed %q", value)
		}
		return ok, err
	})
	r.wantOneRedemption(won, key)
}

// Whoever gives another value takes nothing away.
func redemptionsOf(r *race) {
	key := fmt.Sprint(r.round)
	r.issue(key, "user")
	won := r.atOnce(func(i int) (bool, error) {
		value := "user"
		if i%3 == 0 {
			value = "somebody"
		}
		_, ok, err := r.server(i).redeem(redemption{Key: key, Of: &value})
		if ok && value != "user" {
			r.t.Errorf("redeemed with the value %q", value)
		}
		return ok, err
	})
	r.wantOneRedemption(won, key)
}

func (r *race) wantOneRedemption(won int64, key string) {
	r.t.Helper()
	if won != 1 {
		r.t.Errorf("%d redeem it", won)
	}
	if _, again, err := r.s.Verifications().Find(r.t.Context(), proof, key); again || err != nil {
		r.t.Errorf("it is there still, or again (%v)", err)
	}
	r.wantRows(0, verification.ModelName, "identifier", proof.Prefix+key)
}

// Each of the two values is redeemed once at most, and the last one is there
// unless somebody took it.
func replacements(r *race) {
	key := fmt.Sprint(r.round)
	r.issue(key, "first")
	r.s.Clock.Advance(time.Second)
	var first, second atomic.Int64
	r.atOnce(func(i int) (bool, error) {
		if i == racers/2 {
			_, err := r.s.Verifications().Create(r.t.Context(), proof, key, "second", r.s.Clock.Now().Add(time.Hour))
			return false, err
		}
		value, ok, err := r.server(i).redeem(redemption{Key: key})
		switch {
		case ok && value == "first":
			first.Add(1)
		case ok:
			second.Add(1)
		}
		return ok, err
	})
	rec, left, err := r.s.Verifications().Redeem(r.t.Context(), proof, key)
	if err != nil {
		r.t.Fatal(err)
	}
	if left && rec.Value == "second" {
		second.Add(1)
	}
	if first.Load() > 1 || second.Load() != 1 || left && rec.Value != "second" {
		r.t.Errorf("the first was redeemed %d times, the second %d times, and %q is left", first.Load(), second.Load(), rec.Value)
	}
}
