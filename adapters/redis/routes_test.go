package redis_test

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/redis"
	"github.com/gatehouse-auth/gatehouse/adapters/redis/redistest"
	"github.com/gatehouse-auth/gatehouse/core/routes/routestest"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
)

func TestRacesOfTheCoreRoutes(t *testing.T) {
	routestest.RunSecondary(t, func(t *testing.T) secondary.Storage {
		return redistest.New(t).Open(redis.Options{SkipServerClock: true})
	})
}
