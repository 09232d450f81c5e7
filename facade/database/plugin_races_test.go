package database_test

import (
	"path/filepath"
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/redis"
	"github.com/gatehouse-auth/gatehouse/adapters/redis/redistest"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/mysql"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/postgres"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqlite"
	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqltest"
	"github.com/gatehouse-auth/gatehouse/core/authtest/racetest"
	"github.com/gatehouse-auth/gatehouse/core/authtest/services"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/plugins/plugintest"
)

// The plugins know no database, and the databases no plugin: here both meet.

// arena is a database on which plugins race.
type arena struct {
	create func(t *testing.T) string // an empty one, which goes with the test
	open   func(t *testing.T, dsn string) db.Adapter
	ids    db.IDKind // of two processes that share it; one alone makes texts
}

var (
	onSQLite = arena{
		func(t *testing.T) string { return filepath.Join(t.TempDir(), "plugins.db") },
		func(t *testing.T, dsn string) db.Adapter {
			a, err := sqlite.Open(t.Context(), dsn, sqlite.Options{SkipSync: true})
			return opened(t, a, err)
		},
		db.IDSerial,
	}
	onPostgres = arena{
		func(t *testing.T) string { return sqltest.Postgres(t) },
		func(t *testing.T, dsn string) db.Adapter {
			a, err := postgres.Open(t.Context(), dsn, postgres.Options{})
			return opened(t, a, err)
		},
		db.IDUUID, // which PostgreSQL has a type for
	}
	onMySQL = arena{
		func(t *testing.T) string { return sqltest.MySQL(t) },
		func(t *testing.T, dsn string) db.Adapter {
			a, err := mysql.Open(t.Context(), dsn, mysql.Options{})
			return opened(t, a, err)
		},
		db.IDSerial,
	}
)

func opened(t *testing.T, a *sqlbun.Adapter, err error) db.Adapter {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	closed(t, a.Close)
	return a
}

func (s arena) fresh(t *testing.T) db.Adapter {
	t.Helper()
	return s.open(t, s.create(t))
}

func (s arena) races(t *testing.T) {
	t.Helper()
	racetest.RunRaces(t, s.fresh, plugintest.Races)
}

func (s arena) processes(t *testing.T) {
	t.Helper()
	racetest.RunProcesses(t, racetest.Processes{
		New:      func(t *testing.T) racetest.Shared { return racetest.Shared{Database: s.create(t)} },
		Database: func(t *testing.T, at racetest.Shared) db.Adapter { return s.open(t, at.Database) },
		IDs:      s.ids,
	}, plugintest.Races)
}

func TestRacesOfThePluginsOnSQLite(t *testing.T) { onSQLite.races(t) }

func TestRacesOfThePluginsOnPostgres(t *testing.T) {
	t.Parallel()
	onPostgres.races(t)
}

func TestRacesOfThePluginsOnMySQL(t *testing.T) {
	t.Parallel()
	onMySQL.races(t)
}

func TestRacesOfThePluginsInTwoProcessesOnSQLite(t *testing.T) { onSQLite.processes(t) }

func TestRacesOfThePluginsInTwoProcessesOnPostgres(t *testing.T) {
	t.Parallel()
	onPostgres.processes(t)
}

func TestRacesOfThePluginsInTwoProcessesOnMySQL(t *testing.T) {
	t.Parallel()
	onMySQL.processes(t)
}

// With PostgreSQL: the races about a secondary storage.
func TestRacesOfThePluginsInTwoProcessesOnRedis(t *testing.T) {
	racetest.RunProcesses(t, onPostgresAndRedis, plugintest.Races)
}

// onPostgresAndRedis are processes that share both.
var onPostgresAndRedis = racetest.Processes{
	New: func(t *testing.T) racetest.Shared {
		t.Helper()
		return racetest.Shared{Database: onPostgres.create(t), Secondary: redistest.New(t).Prefix}
	},
	Database:  func(t *testing.T, at racetest.Shared) db.Adapter { return onPostgres.open(t, at.Database) },
	Secondary: func(t *testing.T, at racetest.Shared) secondary.Storage { return openRedis(t, at.Secondary) },
}

// openRedis opens what stands below a prefix. The clock of a race moves by leaps,
// and limits have to go with it.
func openRedis(t *testing.T, prefix string) secondary.Storage {
	t.Helper()
	s, err := redis.Open(t.Context(), services.Redis(t), redis.Options{KeyPrefix: prefix, SkipServerClock: true})
	if err != nil {
		t.Fatal(err)
	}
	closed(t, s.Close)
	return s
}
