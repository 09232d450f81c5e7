// Package secondarytest is the conformance suite of secondary.Storage. A
// storage's tests call Run with a function that opens an empty one. Tests of what
// stands on a storage get at its calls with a Watched.
//
// Nothing in the suite sleeps or asserts a time: values expire when the opener's
// clock is moved, and races start at a barrier.
package secondarytest

import (
	"context"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/secondary"
)

// Open gives an empty storage and a function that moves its clock forward. It
// closes what it opened with t.Cleanup. It is called once for every test.
//
// A storage whose clock cannot be moved, such as a real Redis, takes the time
// off what its values have left. Time may pass by itself meanwhile: the suite
// moves by minutes and looks at neither end of a lifetime.
type Open func(t *testing.T) (s secondary.Storage, advance func(d time.Duration))

// Run runs the suite.
func Run(t *testing.T, open Open) {
	for _, group := range []struct {
		name string
		run  func(t *testing.T, open Open)
	}{
		{"values", valueTests},
		{"expiry", expiryTests},
		{"compare and set", compareTests},
		{"hostile text", hostileTests},
		{"contexts", contextTests},
		{"races", raceTests},
	} {
		t.Run(group.name, func(t *testing.T) { group.run(t, open) })
	}
}

// racers is how many goroutines start at once.
const racers = 50

// fixture is one opened storage and short forms of its calls, which fail the
// test on an error.
type fixture struct {
	*testing.T
	s       secondary.Storage
	advance func(time.Duration)
	ctx     context.Context //nolint:containedctx // the test's own context
}

func (open Open) begin(t *testing.T) *fixture {
	t.Helper()
	s, advance := open(t)
	// The limit turns a hang into a failure that says where.
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return &fixture{T: t, s: s, advance: advance, ctx: ctx}
}

func (f *fixture) set(key, value string, ttl time.Duration) {
	f.Helper()
	if err := f.s.Set(f.ctx, key, value, ttl); err != nil {
		f.Fatalf("set: %v", err)
	}
}

func (f *fixture) remove(keys ...string) {
	f.Helper()
	if err := f.s.Delete(f.ctx, keys...); err != nil {
		f.Fatalf("delete: %v", err)
	}
}

func (f *fixture) compareAndSet(key, old, value string, ttl time.Duration) bool {
	f.Helper()
	done, err := f.s.CompareAndSet(f.ctx, key, old, value, ttl)
	if err != nil {
		f.Fatalf("compare and set: %v", err)
	}
	return done
}

// want checks what stands under a key.
func (f *fixture) want(key, value string) {
	f.Helper()
	got, err := f.s.Get(f.ctx, key)
	if err != nil {
		f.Fatalf("get: %v", err)
	}
	if got != value {
		f.Errorf("under %s is %s, want %s", short(key), short(got), short(value))
	}
}

// short quotes a text that may be long.
func short(s string) string {
	if len(s) > 60 {
		return strconv.Quote(s[:60]) + "…"
	}
	return strconv.Quote(s)
}

// race runs a call in as many goroutines that start together.
func (f *fixture) race(call func(i int) error) {
	f.Helper()
	start := make(chan struct{})
	errs := make([]error, racers)
	var done sync.WaitGroup
	for i := range racers {
		done.Go(func() {
			<-start
			errs[i] = call(i)
		})
	}
	close(start)
	done.Wait()
	for _, err := range errs {
		if err != nil {
			f.Fatalf("a racer failed: %v", err)
		}
	}
}
