// Package redis is the driver that package database opens Redis and Valkey with.
package redis

import (
	"context"

	"github.com/gatehouse-auth/gatehouse/adapters/redis"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/facade/config"
)

// Open is a database.RedisDriver.
func Open(ctx context.Context, r config.Redis) (secondary.Storage, error) {
	s, err := redis.Open(ctx, r.URL, redis.Options{KeyPrefix: r.KeyPrefix})
	if err != nil {
		return nil, err // never a nil pointer as a storage
	}
	return s, nil
}
