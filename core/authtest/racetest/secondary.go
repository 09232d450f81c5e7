package racetest

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
)

// RunOnSecondary runs the races whose Configure sets a secondary storage on a
// given one, with one server and with two that share it. The database is in
// memory. open returns an empty storage, which it closes with the test. The
// servers' clocks are those of authtest: a storage that counts for the rate limit
// takes the time that it is given.
func RunOnSecondary(t *testing.T, open func(t *testing.T) secondary.Storage, races Races) {
	t.Helper()
	for _, servers := range []struct {
		name   string
		number int
	}{
		{"one server", 1},
		{"two servers", 2},
	} {
		wanted := func(race Race) bool { return race.usesSecondary() && (!race.Alone || servers.number == 1) }
		each(t, servers.name+": ", races, wanted, func(t *testing.T, race Race, app *Application) {
			t.Helper()
			race.runHere(t, app, servers.number, func(t *testing.T) storages {
				return storages{database: memory.New(), secondary: open(t)}
			})
		})
	}
}

// usesSecondary tells whether a race is about a secondary storage.
func (race Race) usesSecondary() bool {
	if race.Configure == nil {
		return false
	}
	var o core.Options
	race.Configure(&o)
	return o.SecondaryStorage != nil
}

// UseSecondary sets a secondary storage in memory that takes its time, as one
// behind a network does: other requests go on before and after each of its steps.
func UseSecondary(o *core.Options) { o.SecondaryStorage = yielding{secondary.NewMemory(o.Clock)} }

type yielding struct{ secondary.Storage }

func (y yielding) Get(ctx context.Context, key string) (string, error) {
	runtime.Gosched()
	defer runtime.Gosched()
	return y.Storage.Get(ctx, key)
}

func (y yielding) Set(ctx context.Context, key, value string, ttl time.Duration) error {
	runtime.Gosched()
	defer runtime.Gosched()
	return y.Storage.Set(ctx, key, value, ttl)
}

func (y yielding) Delete(ctx context.Context, keys ...string) error {
	runtime.Gosched()
	defer runtime.Gosched()
	return y.Storage.Delete(ctx, keys...)
}

func (y yielding) CompareAndSet(ctx context.Context, key, old, value string, ttl time.Duration) (bool, error) {
	runtime.Gosched()
	defer runtime.Gosched()
	return y.Storage.CompareAndSet(ctx, key, old, value, ttl)
}
