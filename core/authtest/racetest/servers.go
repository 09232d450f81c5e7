package racetest

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
)

// storages are what servers of one race share.
type storages struct {
	database db.Adapter
	ids      db.IDKind
	// secondary takes the place of the secondary storage of a race that configures
	// one; nil leaves that.
	secondary secondary.Storage
}

// start starts servers on the same storages, with their tables.
func (race Race) start(t *testing.T, app *Application, servers int, on storages) (list []*authtest.Server) {
	t.Helper()
	for len(list) < servers {
		list = append(list, race.startOne(t, app, &on, list...))
	}
	if !race.Empty {
		Migrate(t, list[0], on.database)
	}
	return list
}

// startOne starts one server beside those that there are. The secondary storage
// that it uses is the one of those to come.
func (race Race) startOne(t *testing.T, app *Application, on *storages, beside ...*authtest.Server) *authtest.Server {
	t.Helper()
	s := authtest.New(t, func(o *core.Options) {
		o.Database, o.Advanced.Database.GenerateID = on.database, on.ids
		if len(beside) == 0 {
			app.listen(o)
		} else {
			o.Clock = beside[0].Clock.Now
			app.listen(o, authtest.Keep[core.VerificationEmail](beside[0].Outbox))
		}
		if race.Configure != nil {
			race.Configure(o)
		}
		if o.SecondaryStorage != nil && on.secondary != nil {
			o.SecondaryStorage = on.secondary
		}
		on.secondary = o.SecondaryStorage
	})
	if len(beside) > 0 {
		s.Clock = beside[0].Clock
	}
	return s
}

// Migrate brings a database to the server's tables, where it has a schema.
func Migrate(t *testing.T, s *authtest.Server, adapter db.Adapter) {
	t.Helper()
	if m, ok := adapter.(db.Migrator); ok {
		if _, err := m.Apply(t.Context(), s.Tables(), nil); err != nil {
			t.Fatalf("migrate: %v", err)
		}
	}
}

// server is one of the servers of a race, in this process or in another.
type server interface {
	http.Handler
	// perform makes the call of an action.
	perform(action string, in json.RawMessage) (out json.RawMessage, err error)
	// settle waits until the work in the background is done.
	settle() error
	// collect passes on what the application has heard from this server, if that
	// does not happen by itself.
	collect() error
}

// local is a server in this process.
type local struct {
	*authtest.Server

	ctx     context.Context // that of the test
	actions []Callable
}

var _ server = local{}

// local are servers of this process.
func (race Race) local(t *testing.T, list ...*authtest.Server) []server {
	all := make([]server, len(list))
	for i, s := range list {
		all[i] = local{s, t.Context(), race.Actions}
	}
	return all
}

func (s local) perform(action string, in json.RawMessage) (json.RawMessage, error) {
	return perform(s.ctx, s.Server, s.actions, action, in)
}

func (s local) settle() error { return s.Idle(s.ctx) }

func (s local) collect() error { return nil }
