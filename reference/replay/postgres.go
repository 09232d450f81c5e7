package replay

import (
	"context"
	"database/sql"
	"slices"
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/postgres"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/authtest/services"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// Postgres opens databases of the PostgreSQL server that tests have, which are
// gone with the test.
func Postgres(t testing.TB) OpenDatabase {
	t.Helper()
	services.Postgres(t) // or skip this test, and not one below it
	return keep(t, service{
		fresh: func() string { return sqltest.Postgres(t) },
		open: func(ctx context.Context, dsn string) (*sqlbun.Adapter, error) {
			return postgres.Open(ctx, dsn, postgres.Options{})
		},
		look:    func(dsn string) (*sql.DB, error) { return sql.Open("pgx", dsn) },
		empty:   emptyPostgres,
		quote:   `"`,
		columns: "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position",
	})
}

// emptyPostgres deletes rather than truncates, which takes ten times as long,
// unless ids have to start anew.
func emptyPostgres(tables []*db.Table) (statements []string) {
	for _, t := range slices.Backward(tables) {
		if t.IDs == db.IDSerial {
			statements = append(statements, "TRUNCATE "+quoted(t.Name)+" RESTART IDENTITY CASCADE")
			continue
		}
		statements = append(statements, "DELETE FROM "+quoted(t.Name))
	}
	return statements
}
