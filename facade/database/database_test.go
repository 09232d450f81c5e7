package database_test

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/facade/config"
	"github.com/gatehouse-auth/gatehouse/facade/database"
	"github.com/gatehouse-auth/gatehouse/facade/database/mysql"
	"github.com/gatehouse-auth/gatehouse/facade/database/postgres"
	"github.com/gatehouse-auth/gatehouse/facade/database/redis"
)

// every is what no build tag is needed for: the drivers are passed.
func every() database.Drivers {
	return database.Drivers{Postgres: postgres.Open, MySQL: mysql.Open, Redis: redis.Open}
}

func TestAnOpenDatabaseKeepsRows(t *testing.T) {
	note := &db.Table{Model: "note", Fields: []*db.Field{{Name: "text", Type: db.String}}}
	if err := note.Init(); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]config.Database{
		"in memory":        {Dialect: "memory"},
		"in a SQLite file": {Dialect: "sqlite", DSN: filepath.Join(t.TempDir(), "notes.db"), Connections: 2},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			cfg := &config.Config{Database: b}
			stores, err := database.Open(ctx, cfg)
			if err != nil {
				t.Fatal(err)
			}
			a := cfg.Options.Database
			if m, ok := a.(db.Migrator); ok {
				if _, err := m.Apply(ctx, []*db.Table{note}, nil); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := a.Insert(ctx, note, db.Row{"id": "1", "text": "kept"}); err != nil {
				t.Fatal(err)
			}
			if n, err := a.Count(ctx, note, nil); err != nil || n != 1 {
				t.Errorf("there are %d rows (%v), want 1", n, err)
			}
			if err := stores.Ping(ctx); err != nil {
				t.Errorf("it does not answer: %v", err)
			}
			if err := stores.Close(ctx); err != nil {
				t.Errorf("it does not close: %v", err)
			}
		})
	}
}

func TestWhatCannotBeOpenedIsAnErrorThatSaysWhy(t *testing.T) {
	tests := map[string]struct {
		cfg  config.Config
		is   error
		want string
	}{
		"PostgreSQL in a program without it": {
			config.Config{Database: config.Database{Dialect: "postgres", DSN: "postgres://app:hunter2@db/app"}},
			database.ErrNotLinked,
			"database.dialect: postgres is not in this program: build it with -tags gatehouse_postgres, or use the command gatehouse, which has every feature",
		},
		"MySQL in a program without it": {
			config.Config{Database: config.Database{Dialect: "mysql", DSN: "app:hunter2@/app"}},
			database.ErrNotLinked,
			"database.dialect: mysql is not in this program: build it with -tags gatehouse_mysql, or use the command gatehouse, which has every feature",
		},
		"Redis in a program without it": {
			config.Config{Database: config.Database{Dialect: "memory"}, Redis: &config.Redis{URL: "redis://:hunter2@r"}},
			database.ErrNotLinked,
			"secondaryStorage.redis is not in this program: build it with -tags gatehouse_redis, or use the command gatehouse, which has every feature",
		},
		"a file that does not say": {
			config.Config{},
			database.ErrMissing,
			"database: not configured: name one, such as {dialect: sqlite, dsn: gatehouse.db}, or say none for a server that keeps nothing but its cookies",
		},
		"an unknown dialect": {
			config.Config{Database: config.Database{Dialect: "oracle"}},
			nil,
			"database.dialect: expected memory, sqlite, postgres, mysql or none",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			// No drivers, whatever tags this test was built with.
			stores, err := database.Drivers{}.Open(t.Context(), &tt.cfg)
			if err == nil || err.Error() != tt.want || tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("error = %v\nwant %s", err, tt.want)
			}
			if stores != nil || tt.cfg.Options.Database != nil || tt.cfg.Options.SecondaryStorage != nil {
				t.Error("there is a store beside the error")
			}
		})
	}
}

// Whatever is wrong with an address, its password is not in the error.
func TestNoErrorHasThePasswordOfAnAddress(t *testing.T) {
	const secret = "hunter2"
	addresses := map[string][]string{
		"postgres": {
			"postgres://app:hunter2@127.0.0.1:1/app", "postgres://app:hunter2@127.0.0.1:port/app", "postgres://app:hunter2@[::1/app",
			"postgres://app:hunter2%zz@db/app", "postgres://app:a/hunter2@db/app", "postgres://app:a#hunter2@db/app", "postgres://127.0.0.1:1/app?password=hunter2&sslmode=odd",
			"host=127.0.0.1 port=1 user=app password=hunter2", "host=127.0.0.1 port=one password=hunter2", "password='hunter2", "host=127.0.0.1 hunter2", "hunter2",
			"mysql://app:hunter2@127.0.0.1:1/app",
		},
		"mysql": {
			"mysql://app:hunter2@127.0.0.1:1/app", "mysql://app:hunter2@127.0.0.1:port/app", "mysql://app:hunter2@[::1/app", "mysql://app:hunter2%zz@db/app",
			"mysql://app:a/hunter2@db/app", "app:hunter2@tcp(127.0.0.1:1)/app", "app:hunter2@tcp(127.0.0.1:1/app", "app:hunter2@127.0.0.1/app", "app:a/hunter2@/app",
			"app:x@tcp(127.0.0.1:1)/app?tls=hunter2", "app:x@tcp(127.0.0.1:1)/app?hunter2", "hunter2",
			"postgres://app:hunter2@127.0.0.1:1/app",
		},
		"redis": {
			"redis://:hunter2@127.0.0.1:1", "redis://:hunter2@127.0.0.1:port", "redis://:hunter2@[::1", "redis://:hunter2%zz@r", "redis://:a/hunter2@r", "redis://:a#hunter2@r",
			"redis://127.0.0.1:1/hunter2", "redis://127.0.0.1:1?hunter2=1", "redis://127.0.0.1:1?dial_timeout=hunter2", "hunter2", "rediss://hunter2@127.0.0.1:1",
		},
	}
	for dialect, list := range addresses {
		for _, address := range list {
			t.Run(dialect+" "+address, func(t *testing.T) {
				t.Parallel()
				cfg := &config.Config{Database: config.Database{Dialect: dialect, DSN: address}}
				if dialect == "redis" {
					cfg = &config.Config{Database: config.Database{Dialect: "memory"}, Redis: &config.Redis{URL: address}}
				}
				_, err := every().Open(t.Context(), cfg)
				if err == nil {
					t.Fatal("nobody listens there, and it opened")
				}
				for e := err; e != nil; e = errors.Unwrap(e) {
					if strings.Contains(e.Error(), secret) {
						t.Errorf("%T: %v", e, e)
					}
				}
			})
		}
	}
}

func TestAServerThatKeepsNothingHasNoDatabase(t *testing.T) {
	cfg := &config.Config{Database: config.Database{Dialect: config.Stateless}}
	stores, err := database.Open(t.Context(), cfg)
	if err != nil || cfg.Options.Database != nil {
		t.Fatalf("Open: %v, database %v", err, cfg.Options.Database)
	}
	if err := errors.Join(stores.Ping(t.Context()), stores.Close(t.Context())); err != nil {
		t.Errorf("it does not answer or close: %v", err)
	}
}

func TestASQLiteDatabaseInAMissingFolderIsAnError(t *testing.T) {
	cfg := &config.Config{Database: config.Database{Dialect: "sqlite", DSN: filepath.Join(t.TempDir(), "missing", "notes.db")}}
	if stores, err := database.Open(t.Context(), cfg); err == nil || stores != nil || cfg.Options.Database != nil {
		t.Errorf("Open = %v, %v, %v", stores, err, cfg.Options.Database)
	}
}

// health answers as it is told to.
type health struct {
	ping   error
	hangs  bool
	closed bool
}

func (h *health) Ping(ctx context.Context) error {
	if h.hangs {
		<-ctx.Done()
	}
	return errors.Join(h.ping, ctx.Err())
}

func (h *health) Close(context.Context) error {
	h.closed = true
	return nil
}

type adapter struct {
	*memory.Adapter
	*health
}

type storage struct {
	*secondary.Memory
	*health
}

func TestEachStoreIsPingedAndClosed(t *testing.T) {
	sql, redis := &health{}, &health{}
	d := database.Drivers{
		Postgres: func(context.Context, config.Database) (db.Adapter, error) { return adapter{memory.New(), sql}, nil },
		Redis: func(context.Context, config.Redis) (secondary.Storage, error) {
			return storage{secondary.NewMemory(nil), redis}, nil
		},
	}
	stores, err := d.Open(t.Context(), &config.Config{Database: config.Database{Dialect: "postgres", DSN: "x"}, Redis: &config.Redis{URL: "x"}})
	if err != nil {
		t.Fatal(err)
	}
	for want, store := range map[string]*health{"database: gone fishing": sql, "secondaryStorage: gone fishing": redis} {
		store.ping = errors.New("gone fishing")
		if err := stores.Ping(t.Context()); err == nil || err.Error() != want {
			t.Errorf("Ping = %v, want %s", err, want)
		}
		store.ping = nil
	}
	if err := stores.Ping(t.Context()); err != nil {
		t.Errorf("both are there again: %v", err)
	}
	if err := stores.Close(t.Context()); err != nil || !sql.closed || !redis.closed {
		t.Errorf("closed: database %t, secondary storage %t (%v)", sql.closed, redis.closed, err)
	}
}

// What hangs takes all the time of a probe, but not that of the other's.
func TestOnlyWhatHangsIsBlamed(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"the database": "database: context deadline exceeded", "the secondary storage": "secondaryStorage: context deadline exceeded",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := database.Drivers{
					Postgres: func(context.Context, config.Database) (db.Adapter, error) {
						return adapter{memory.New(), &health{hangs: name == "the database"}}, nil
					},
					Redis: func(context.Context, config.Redis) (secondary.Storage, error) {
						return storage{secondary.NewMemory(nil), &health{hangs: name != "the database"}}, nil
					},
				}
				stores, err := d.Open(t.Context(), &config.Config{Database: config.Database{Dialect: "postgres", DSN: "x"}, Redis: &config.Redis{URL: "x"}})
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if err := stores.Ping(ctx); err == nil || err.Error() != want {
					t.Errorf("Ping = %v, want %s", err, want)
				}
			})
		})
	}
}

func TestADatabaseBesideAStorageThatDoesNotOpenIsClosed(t *testing.T) {
	sql := &health{}
	d := database.Drivers{
		Postgres: func(context.Context, config.Database) (db.Adapter, error) { return adapter{memory.New(), sql}, nil },
		Redis:    func(context.Context, config.Redis) (secondary.Storage, error) { return nil, db.ErrUnavailable },
	}
	cfg := &config.Config{Database: config.Database{Dialect: "postgres", DSN: "x"}, Redis: &config.Redis{URL: "x"}}
	if _, err := d.Open(t.Context(), cfg); !errors.Is(err, db.ErrUnavailable) || !sql.closed || cfg.Options.Database != nil {
		t.Errorf("error %v, database closed: %t", err, sql.closed)
	}
}
