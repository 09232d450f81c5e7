package redis_test

import (
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/gatehouse-auth/gatehouse/adapters/redis"
	"github.com/gatehouse-auth/gatehouse/adapters/redis/redistest"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/core/secondary/secondarytest"
)

func TestConformanceOnRedis(t *testing.T) {
	t.Parallel()
	secondarytest.Run(t, func(t *testing.T) (secondary.Storage, func(time.Duration)) {
		n := redistest.New(t)
		return n.Open(redis.Options{}), n.Advance
	})
}

// A fake is the only one whose clock can be moved; and it speaks an older
// protocol, as old servers do.
func TestConformanceOnAFake(t *testing.T) {
	t.Parallel()
	secondarytest.Run(t, func(t *testing.T) (secondary.Storage, func(time.Duration)) {
		fake := miniredis.RunT(t)
		s, err := redis.Open(t.Context(), "redis://"+fake.Addr(), patient())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { closeStorage(t, s) })
		return s, fake.FastForward
	})
}
