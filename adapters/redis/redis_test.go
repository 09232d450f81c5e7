package redis_test

import (
	"context"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/adapters/redis"
)

// patience bounds what a test waits for.
const patience = 30 * time.Second

// patient are options for a machine that may be busy.
func patient() redis.Options { return redis.Options{Timeout: patience, DialTimeout: patience} }

func closeStorage(t *testing.T, s *redis.Storage) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
	defer cancel()
	if err := s.Close(ctx); err != nil {
		t.Error(err)
	}
}
