package memory_test

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/dbtest"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
)

func TestConformance(t *testing.T) {
	t.Parallel()
	dbtest.Run(t, func(*testing.T, []*db.Table) db.Adapter { return memory.New() })
}
