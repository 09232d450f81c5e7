package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqlite"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/routes/routestest"
)

// A second connection that a request asks for while it holds the first would
// never come.
func TestOneConnectionIsEnoughForTheCoreRoutes(t *testing.T) {
	routestest.RunOnOneConnection(t, func(t *testing.T) db.Adapter {
		t.Helper()
		return open(t, filepath.Join(t.TempDir(), "routes.db"), sqlite.Options{Connections: 1, SkipSync: true})
	})
}
