package database_test

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/facade/config"
	"github.com/gatehouse-auth/gatehouse/facade/database"
)

func TestAnOpenDatabaseKeepsRows(t *testing.T) {
	note := &db.Table{Model: "note", Fields: []*db.Field{{Name: "text", Type: db.String}}}
	if err := note.Init(); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string]config.Database{
		"in memory":        {Dialect: "memory"},
		"in a SQLite file": {Dialect: "sqlite", DSN: filepath.Join(t.TempDir(), "notes.db")},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			a, closer, err := database.Open(ctx, b)
			if err != nil {
				t.Fatal(err)
			}
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
			if err := closer.Close(ctx); err != nil {
				t.Errorf("it does not close: %v", err)
			}
		})
	}
}

func TestADatabaseThatCannotBeOpenedIsAnErrorThatSaysWhy(t *testing.T) {
	tests := map[string]struct {
		b    config.Database
		is   error
		want string
	}{
		"PostgreSQL is for a later version": {
			config.Database{Dialect: "postgres", DSN: "postgres://app:hunter2@db/app"},
			database.ErrUnavailable,
			"database.dialect: postgres: not available in this version: use sqlite",
		},
		"MySQL is for a later version": {
			config.Database{Dialect: "mysql", DSN: "app:hunter2@/app"},
			database.ErrUnavailable,
			"database.dialect: mysql: not available in this version: use sqlite",
		},
		"a file that does not say": {
			config.Database{},
			database.ErrMissing,
			"database: not configured: name one, such as {dialect: sqlite, dsn: gatehouse.db}",
		},
		"an unknown dialect": {
			config.Database{Dialect: "oracle"},
			nil,
			"database.dialect: expected memory, sqlite, postgres or mysql",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a, closer, err := database.Open(t.Context(), tt.b)
			if err == nil || err.Error() != tt.want || tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("error = %v, want %s", err, tt.want)
			}
			if a != nil || closer != nil {
				t.Error("there is a database beside the error")
			}
		})
	}
}

func TestASQLiteDatabaseInAMissingFolderIsAnError(t *testing.T) {
	dsn := filepath.Join(t.TempDir(), "missing", "notes.db")
	if a, closer, err := database.Open(t.Context(), config.Database{Dialect: "sqlite", DSN: dsn}); err == nil || a != nil || closer != nil {
		t.Errorf("Open = %v, %v, %v", a, closer, err)
	}
}
