//go:build gatehouse_full

package database_test

import (
	"errors"
	"testing"

	"github.com/gatehouse-auth/gatehouse/facade/config"
	"github.com/gatehouse-auth/gatehouse/facade/database"
)

// A program with every feature refuses an address for what it says, not for
// what the program lacks.
func TestTheFullProgramHasEveryDriver(t *testing.T) {
	for _, cfg := range []*config.Config{
		{Database: config.Database{Dialect: "postgres", DSN: "postgres://127.0.0.1:port/app"}},
		{Database: config.Database{Dialect: "mysql", DSN: "mysql://127.0.0.1:port/app"}},
		{Database: config.Database{Dialect: "memory"}, Redis: &config.Redis{URL: "redis://127.0.0.1:port"}},
	} {
		if _, err := database.Open(t.Context(), cfg); err == nil || errors.Is(err, database.ErrNotLinked) {
			t.Errorf("%v %v: %v", cfg.Database, cfg.Redis, err)
		}
	}
}
