package replay

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/dbtest"
	"github.com/gatehouse-auth/gatehouse/core/secret"
	gatehouse "github.com/gatehouse-auth/gatehouse/facade"
	"github.com/gatehouse-auth/gatehouse/facade/config"
)

// server is Gatehouse with what a scenario moves and looks at.
type server struct {
	*gatehouse.Auth
	clock    *authtest.Clock
	outbox   *outbox
	heard    *heard
	database *Database // nil for none
	storage  *storage  // nil for none
	faults   faults
	keys     *secret.Keys
}

// start configures Gatehouse from a scenario's profile, as `gatehouse serve`
// would, on empty storages.
func start(ctx context.Context, s *Scenario, on Storages) (*server, error) {
	out := &server{clock: authtest.NewClock(Start), outbox: &outbox{}, heard: &heard{}, faults: faults{}}
	cfg, err := config.Parse(s.Profile, config.Source{
		Env:     func(name string) (string, bool) { v, ok := s.Environment[name]; return v, ok },
		Deliver: out.outbox.deliver,
	})
	if err != nil {
		return nil, fmt.Errorf("profile: %w", err)
	}
	o := &cfg.Options
	o.Clock, o.Hasher = out.clock.Now, authtest.CheapHasher()
	if cfg.Database.Dialect != config.Stateless {
		if out.database, err = on.Database(ctx); err != nil {
			return nil, err
		}
		o.Database = dbtest.Watched{Adapter: out.database.Adapter, Before: out.faults.before}
	}
	if o.SecondaryStorage != nil {
		open := on.Secondary
		if open == nil {
			open = MemorySecondary
		}
		values, err := open(ctx, out.clock.Now)
		if err != nil {
			return nil, err
		}
		out.storage = newStorage(values, out.clock.Now)
		o.SecondaryStorage = out.storage.forServer()
	}
	if err := errors.Join(stop(o, s.Stops), out.heard.listen(o, s)); err != nil {
		return nil, err
	}
	if out.Auth, err = gatehouse.New(*o); err != nil {
		return nil, err
	}
	out.keys, err = secret.NewKeys(o.Secret, o.Secrets, o.Secret)
	if err != nil {
		return nil, err
	}
	if out.database == nil {
		return out, nil
	}
	if err := out.database.prepare(ctx, out.Tables()); err != nil {
		return nil, fmt.Errorf("migrate: %w", err)
	}
	return out, nil
}

func (s *server) close(ctx context.Context) error {
	err := s.Close(ctx)
	if s.database != nil {
		err = errors.Join(err, s.database.Close(ctx))
	}
	return err
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
	data, err := plain(m.Data)
	if err != nil {
		return err
	}
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

// faults are the operations that a scenario wants to fail, by model: "select",
// "insert", "update", "delete" or "all".
type faults map[string]string

var errFault = errors.New("a fault of the scenario")

// before fails a call of the database on a table that is at fault. A count is a
// kind of select.
func (f faults) before(_ context.Context, call dbtest.Call) error {
	if call.Table == nil {
		return nil
	}
	op := call.Op
	if op == "count" {
		op = "select"
	}
	tables := []*db.Table{call.Table}
	for _, j := range call.Joins {
		tables = append(tables, j.Table)
	}
	for _, t := range tables {
		if broken := f[t.Model]; broken == op || broken == "all" {
			return errFault
		}
	}
	return nil
}
