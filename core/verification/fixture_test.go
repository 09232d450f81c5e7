package verification_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/core/verification"
)

// start is where upstream's records were made, too.
var start = time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)

// Where records are kept.
const (
	inDatabase  = "database"
	inSecondary = "secondary"
	inBoth      = "both"
)

var modes = []string{inDatabase, inSecondary, inBoth}

var reset = verification.Purpose{Prefix: "reset-password:"}

// fixture is a store with what stands behind it.
type fixture struct {
	*verification.Store
	t      *testing.T
	db     *db.Store
	values *secondary.Memory // nil unless records are there

	now    *authtest.Clock
	chores atomic.Int64

	running sync.WaitGroup
}

// setting changes how a fixture is opened.
type setting struct {
	config  func(*verification.Config)
	hooks   []db.Hooks
	adapter db.Adapter
	storage func(secondary.Storage) secondary.Storage
	fields  []*db.Field
}

func open(t *testing.T, mode string, with setting) *fixture {
	t.Helper()
	f := &fixture{t: t, now: authtest.NewClock(start)}
	model, err := verification.NewModel(f.now.Now)
	if err != nil {
		t.Fatal(err)
	}
	if err := model.Table.Extend(with.fields...); err != nil {
		t.Fatal(err)
	}
	if with.adapter == nil {
		with.adapter = memory.New()
	}
	var ids atomic.Int64
	newID := func(string) (string, error) { return fmt.Sprintf("verification-%d", ids.Add(1)), nil }
	f.db = db.NewStore(with.adapter, newID, map[string][]db.Hooks{verification.ModelName: with.hooks})
	cfg := verification.Config{Now: f.now.Now, InDatabase: mode == inBoth, Background: f.chore}
	if mode != inDatabase {
		f.values = secondary.NewMemory(f.now.Now)
		cfg.Secondary = f.values
		if with.storage != nil {
			cfg.Secondary = with.storage(f.values)
		}
	}
	if with.config != nil {
		with.config(&cfg)
	}
	f.Store = verification.NewStore(f.db, model, cfg)
	t.Cleanup(f.running.Wait)
	return f
}

// everywhere runs a test wherever records are kept.
func everywhere(t *testing.T, with setting, run func(t *testing.T, f *fixture)) {
	t.Helper()
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) { run(t, open(t, mode, with)) })
	}
}

// chore runs work in the background.
func (f *fixture) chore(_ string, fn func(context.Context) error) {
	f.chores.Add(1)
	f.running.Go(func() {
		if err := fn(context.WithoutCancel(f.t.Context())); err != nil {
			f.t.Errorf("a chore failed: %v", err)
		}
	})
}

func (f *fixture) create(p verification.Purpose, key, value string) verification.Verification {
	f.t.Helper()
	rec, err := f.Create(f.t.Context(), p, key, value, f.now.Now().Add(time.Hour))
	if err != nil {
		f.t.Fatalf("create: %v", err)
	}
	return rec
}

// found checks what Find says of a key: its value, or "" for nothing.
func (f *fixture) found(p verification.Purpose, key, value string) {
	f.t.Helper()
	rec, ok, err := f.Find(f.t.Context(), p, key)
	if err != nil || ok != (value != "") || rec.Value != value && ok {
		f.t.Errorf("find %s%s: %q, %v, %v, want %q", p.Prefix, key, rec.Value, ok, err, value)
	}
}

// redeemed does so for Redeem.
func (f *fixture) redeemed(p verification.Purpose, key, value string) {
	f.t.Helper()
	rec, ok, err := f.Redeem(f.t.Context(), p, key)
	f.wantRedeemed(rec, ok, err, value)
}

// redeemedOf does so for RedeemOf.
func (f *fixture) redeemedOf(p verification.Purpose, key, given, value string) {
	f.t.Helper()
	rec, ok, err := f.RedeemOf(f.t.Context(), p, key, given)
	f.wantRedeemed(rec, ok, err, value)
}

func (f *fixture) wantRedeemed(rec verification.Verification, ok bool, err error, value string) {
	f.t.Helper()
	if err != nil || ok != (value != "") || rec.Value != value {
		f.t.Errorf("redeemed %q, %v, %v, want %q", rec.Value, ok, err, value)
	}
}

// rows are what the database holds.
func (f *fixture) rows() []db.Row {
	f.t.Helper()
	f.running.Wait()
	rows, err := f.db.Adapter().Select(f.t.Context(), db.Query{Table: f.Table(), Order: []db.Order{{Field: "createdAt"}}})
	if err != nil {
		f.t.Fatal(err)
	}
	return rows
}

// insert writes a row as another server would.
func (f *fixture) insert(identifier, value string, createdAt, expiresAt time.Time) {
	f.t.Helper()
	row := db.Row{"id": "of another " + value, "identifier": identifier, "value": value, "createdAt": createdAt, "updatedAt": createdAt, "expiresAt": expiresAt}
	if _, err := f.db.Adapter().Insert(f.t.Context(), f.Table(), row); err != nil {
		f.t.Fatal(err)
	}
}

// left checks how many records there are.
func (f *fixture) left(database, values int) {
	f.t.Helper()
	if n := len(f.rows()); n != database {
		f.t.Errorf("the database holds %d records, want %d", n, database)
	}
	if f.values != nil && len(f.values.All()) != values {
		f.t.Errorf("the secondary storage holds %v, want %d values", f.values.All(), values)
	}
}
