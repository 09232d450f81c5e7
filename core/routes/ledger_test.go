package routes_test

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
)

// ledger notes what a request has others do, in order: the database, the
// secondary storage, the hasher and the background. It can fail one step of the
// two storages.
type ledger struct {
	mu      sync.Mutex
	entries []string
	failAt  int // counts the steps at storages from 1; 0 never fails
	fault   error
	steps   int
	held    []func(context.Context)
}

// use puts the ledger between the server and whatever the options name so far.
func (l *ledger) use(o *core.Options) {
	o.Database, o.Hasher = noted{o.Database, l}, notedHasher{l, new(tally)}
	if o.SecondaryStorage != nil {
		o.SecondaryStorage = notedStorage{o.SecondaryStorage, l}
	}
}

// holdBack keeps the tasks of the background until they are released.
func (l *ledger) holdBack(o *core.Options) {
	o.Advanced.BackgroundTasks.Handler = func(_ string, task func(context.Context)) {
		l.note("task")
		l.mu.Lock()
		defer l.mu.Unlock()
		l.held = append(l.held, task)
	}
}

// open starts a page. Of the steps that follow, the one whose number is failAt
// fails with fault.
func (l *ledger) open(failAt int, fault error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries, l.steps, l.failAt, l.fault = nil, 0, failAt, fault
}

// page is what was noted since open. A write is a write, wherever it goes: a
// request that pretends writes elsewhere.
func (l *ledger) page() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	page := make([]string, len(l.entries))
	for i, entry := range l.entries {
		page[i] = entry
		switch verb, _, _ := strings.Cut(entry, " "); verb {
		case "insert", "update", "delete":
			page[i] = "write"
		}
	}
	return page
}

// writes counts the changes that reached the database since open.
func (l *ledger) writes() int {
	n := 0
	for _, entry := range l.page() {
		if entry == "write" {
			n++
		}
	}
	return n
}

// failed tells whether the page has the step that was to fail.
func (l *ledger) failed() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failAt > 0 && l.steps >= l.failAt
}

// release runs the tasks that were held back.
func (l *ledger) release(ctx context.Context) {
	l.mu.Lock()
	held := l.held
	l.held = nil
	l.mu.Unlock()
	for _, task := range held {
		task(ctx)
	}
}

func (l *ledger) note(entry string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = append(l.entries, entry)
}

// step notes a step at a storage, and fails it if it is its turn.
func (l *ledger) step(entry string) error {
	l.note(entry)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.steps++; l.steps == l.failAt {
		return l.fault
	}
	return nil
}

// noted is a database under the eyes of a ledger.
type noted struct {
	db.Adapter
	l *ledger
}

func (n noted) Insert(ctx context.Context, t *db.Table, row db.Row) (db.Row, error) {
	if err := n.l.step("insert " + t.Model); err != nil {
		return nil, err
	}
	return n.Adapter.Insert(ctx, t, row)
}

func (n noted) Select(ctx context.Context, q db.Query) ([]db.Row, error) {
	what := "select " + q.Table.Model
	for _, j := range q.Joins {
		what += "+" + j.Table.Model
	}
	if err := n.l.step(what); err != nil {
		return nil, err
	}
	return n.Adapter.Select(ctx, q)
}

func (n noted) Update(ctx context.Context, c db.Change) (db.Result, error) {
	if err := n.l.step("update " + c.Table.Model); err != nil {
		return db.Result{}, err
	}
	return n.Adapter.Update(ctx, c)
}

func (n noted) Delete(ctx context.Context, r db.Removal) (db.Result, error) {
	if err := n.l.step("delete " + r.Table.Model); err != nil {
		return db.Result{}, err
	}
	return n.Adapter.Delete(ctx, r)
}

func (n noted) Count(ctx context.Context, t *db.Table, w db.Where) (int64, error) {
	if err := n.l.step("count " + t.Model); err != nil {
		return 0, err
	}
	return n.Adapter.Count(ctx, t, w)
}

func (n noted) Lock(ctx context.Context, name string) error {
	if err := n.l.step("lock"); err != nil {
		return err
	}
	return n.Adapter.Lock(ctx, name)
}

// Tx has two steps of its own, the begin and the commit.
func (n noted) Tx(ctx context.Context, fn func(context.Context) error) error {
	if err := n.l.step("begin"); err != nil {
		return err
	}
	return n.Adapter.Tx(ctx, func(ctx context.Context) error {
		if err := fn(ctx); err != nil {
			n.l.note("rollback")
			return err
		}
		return n.l.step("commit")
	})
}

// notedStorage is a secondary storage under the eyes of a ledger.
type notedStorage struct {
	secondary.Storage
	l *ledger
}

func (n notedStorage) Get(ctx context.Context, key string) (string, error) {
	if err := n.l.step("get"); err != nil {
		return "", err
	}
	return n.Storage.Get(ctx, key)
}

func (n notedStorage) Set(ctx context.Context, key, value string, ttl time.Duration) error {
	if err := n.l.step("set"); err != nil {
		return err
	}
	return n.Storage.Set(ctx, key, value, ttl)
}

func (n notedStorage) Delete(ctx context.Context, keys ...string) error {
	if err := n.l.step("remove"); err != nil {
		return err
	}
	return n.Storage.Delete(ctx, keys...)
}

func (n notedStorage) CompareAndSet(ctx context.Context, key, old, value string, ttl time.Duration) (bool, error) {
	if err := n.l.step("compare and set"); err != nil {
		return false, err
	}
	return n.Storage.CompareAndSet(ctx, key, old, value, ttl)
}

// notedHasher is the cheapest of hashers under the eyes of a ledger.
type notedHasher struct {
	l *ledger
	*tally
}

func (n notedHasher) Hash(ctx context.Context, pw string) (string, error) {
	n.l.note("hash")
	return n.tally.Hash(ctx, pw)
}

func (n notedHasher) Verify(ctx context.Context, hash, pw string) (bool, error) {
	n.l.note("hash")
	return n.tally.Verify(ctx, hash, pw)
}
