package replay

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/secret"
	gatehouse "github.com/gatehouse-auth/gatehouse/facade"
	"github.com/gatehouse-auth/gatehouse/facade/config"
)

// server is Gatehouse with what a scenario moves and looks at.
type server struct {
	*gatehouse.Auth
	clock    *authtest.Clock
	outbox   *outbox
	database *Database
	faults   *faults
	keys     *secret.Keys
}

// start configures Gatehouse from a scenario's profile, as `gatehouse serve`
// would, on a fresh database.
func start(ctx context.Context, s *Scenario, open OpenDatabase) (*server, error) {
	out := &server{clock: authtest.NewClock(Start), outbox: &outbox{}}
	cfg, err := config.Parse(s.Profile, config.Source{
		Env:     func(name string) (string, bool) { v, ok := s.Environment[name]; return v, ok },
		Deliver: out.outbox.deliver,
	})
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	if out.database, err = open(ctx); err != nil {
		return nil, err
	}
	out.faults = &faults{Adapter: out.database.Adapter, broken: map[string]string{}}
	o := &cfg.Options
	o.Clock, o.Hasher, o.Database = out.clock.Now, authtest.CheapHasher(), out.faults
	if err := stop(o, s.Stops); err != nil {
		return nil, err
	}
	if out.Auth, err = gatehouse.New(*o); err != nil {
		return nil, err
	}
	out.keys, err = secret.NewKeys(o.Secret, o.Secrets, o.Secret)
	if err != nil {
		return nil, err
	}
	if m, ok := out.database.Adapter.(db.Migrator); ok {
		if _, err := m.Apply(ctx, out.Tables(), func(db.Step) {}); err != nil {
			return nil, fmt.Errorf("migrate: %w", err)
		}
	}
	return out, nil
}

func (s *server) close(ctx context.Context) error {
	return errors.Join(s.Close(ctx), s.database.Close(ctx))
}

// stop adds database hooks that refuse operations such as "session.create".
func stop(o *core.Options, operations []string) error {
	models := map[string]*db.Hooks{
		"user": &o.DatabaseHooks.User, "session": &o.DatabaseHooks.Session,
		"account": &o.DatabaseHooks.Account, "verification": &o.DatabaseHooks.Verification,
	}
	refuse := func(context.Context, db.Row) (db.Row, error) { return nil, db.ErrStopped }
	for _, name := range operations {
		model, operation, _ := strings.Cut(name, ".")
		h := models[model]
		switch {
		case h == nil:
			return fmt.Errorf("stops: %q has no known model", name)
		case operation == "create":
			h.BeforeCreate = refuse
		case operation == "update":
			h.BeforeUpdate = refuse
		case operation == "delete":
			h.BeforeDelete = func(context.Context, db.Row) error { return db.ErrStopped }
		default:
			return fmt.Errorf("stops: %q is not create, update or delete", name)
		}
	}
	return nil
}

// outbox keeps what the server sent, in the form of a recording.
type outbox struct {
	mu       sync.Mutex
	messages []any
}

func (o *outbox) deliver(_ context.Context, m config.Message) error {
	data := maps.Collect(m.Data.All())
	o.mu.Lock()
	defer o.mu.Unlock()
	o.messages = append(o.messages, map[string]any{"type": m.Type, "to": m.To, "data": data})
	return nil
}

func (o *outbox) all() []any {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]any(nil), o.messages...)
}

// faults is an adapter that fails where a scenario wants it.
type faults struct {
	db.Adapter
	broken map[string]string // operation by model; "all" is any
}

var errFault = errors.New("a fault of the scenario")

func (f *faults) at(t *db.Table, operation string) error {
	if b := f.broken[t.Model]; b == operation || b == "all" {
		return errFault
	}
	return nil
}

// Insert writes a row unless that is at fault.
func (f *faults) Insert(ctx context.Context, t *db.Table, row db.Row) (db.Row, error) {
	if err := f.at(t, "insert"); err != nil {
		return nil, err
	}
	return f.Adapter.Insert(ctx, t, row)
}

// Select reads rows unless a table of the query is at fault.
func (f *faults) Select(ctx context.Context, q db.Query) ([]db.Row, error) {
	err := f.at(q.Table, "select")
	for _, j := range q.Joins {
		err = errors.Join(err, f.at(j.Table, "select"))
	}
	if err != nil {
		return nil, err
	}
	return f.Adapter.Select(ctx, q)
}

// Update changes rows unless that is at fault.
func (f *faults) Update(ctx context.Context, c db.Change) (db.Result, error) {
	if err := f.at(c.Table, "update"); err != nil {
		return db.Result{}, err
	}
	return f.Adapter.Update(ctx, c)
}

// Delete removes rows unless that is at fault.
func (f *faults) Delete(ctx context.Context, r db.Removal) (db.Result, error) {
	if err := f.at(r.Table, "delete"); err != nil {
		return db.Result{}, err
	}
	return f.Adapter.Delete(ctx, r)
}

// Count counts rows unless that is at fault.
func (f *faults) Count(ctx context.Context, t *db.Table, w db.Where) (int64, error) {
	if err := f.at(t, "select"); err != nil {
		return 0, err
	}
	return f.Adapter.Count(ctx, t, w)
}
