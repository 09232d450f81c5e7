package routes_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// The expected answers of this package were taken from Better Auth 1.6.9,
// running on SQLite with its clock at authtest.Start, except where a comment
// says otherwise.

const (
	email    = "ann@example.com"
	password = "password123"

	// start is authtest.Start as the wire writes it.
	start = "2026-03-14T09:26:53.589Z"
)

// body is a JSON object that starts from a good sign-up; nil takes a member out.
func body(changes map[string]any) map[string]any {
	b := map[string]any{"name": "Ann", "email": email, "password": password}
	for name, v := range changes {
		if b[name] = v; v == absent {
			delete(b, name)
		}
	}
	return b
}

// absent, as a change of body, takes a member out.
var absent = new(struct{ _ int })

func credentials(changes map[string]any) map[string]any {
	b := body(changes)
	delete(b, "name")
	return b
}

// names replaces random ids and tokens by their order of appearance.
type names map[string]string

var random = regexp.MustCompile(`\b[A-Za-z0-9]{32}\b`)

func (n names) in(text string) string {
	return random.ReplaceAllStringFunc(text, func(id string) string {
		if n[id] == "" {
			n[id] = fmt.Sprintf("<%d>", len(n)+1)
		}
		return n[id]
	})
}

// cookieLines are the Set-Cookie lines of an answer. A value that the server
// signed is shown as "value.signed".
func cookieLines(s *authtest.Server, n names, a *authtest.Answer) []string {
	var lines []string
	for _, line := range a.Header["Set-Cookie"] {
		name, rest, _ := strings.Cut(line, "=")
		value, attributes, _ := strings.Cut(rest, ";")
		if plain, err := url.PathUnescape(value); err == nil {
			if signed, ok := s.Keys().Verify(plain); ok {
				value = n.in(signed) + ".signed"
			}
		}
		lines = append(lines, name+"="+value+";"+attributes)
	}
	return lines
}

// rows are the stored rows of a model as JSON, ids first.
func rows(t *testing.T, s *authtest.Server, n names, model string) []string {
	t.Helper()
	list := []string{}
	for _, row := range stored(t, s, model) {
		o := wire.NewObject()
		o.Set(db.ID, row[db.ID])
		for _, f := range tableOf(t, s, model).Fields {
			o.Set(f.Name, row[f.Name])
		}
		text, err := wire.Marshal(o)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, n.in(string(text)))
	}
	return list
}

func stored(t *testing.T, s *authtest.Server, model string) []db.Row {
	t.Helper()
	list, err := s.Store().Adapter().Select(t.Context(), db.Query{Table: tableOf(t, s, model)})
	if err != nil {
		t.Fatalf("read the rows of %s: %v", model, err)
	}
	return list
}

// update changes every row of a model behind the server's back.
func update(t *testing.T, s *authtest.Server, model string, set db.Row) {
	t.Helper()
	if _, err := s.Store().Adapter().Update(t.Context(), db.Change{Table: tableOf(t, s, model), Set: set}); err != nil {
		t.Fatalf("update %s: %v", model, err)
	}
}

// remove deletes every row of a model behind the server's back.
func remove(t *testing.T, s *authtest.Server, model string) {
	t.Helper()
	if _, err := s.Store().Adapter().Delete(t.Context(), db.Removal{Table: tableOf(t, s, model)}); err != nil {
		t.Fatalf("delete from %s: %v", model, err)
	}
}

func tableOf(t *testing.T, s *authtest.Server, model string) *db.Table {
	t.Helper()
	for _, table := range s.Tables() {
		if table.Model == model {
			return table
		}
	}
	t.Fatalf("there is no table %q", model)
	return nil
}

func count(t *testing.T, s *authtest.Server, model string, want int) {
	t.Helper()
	if got := len(stored(t, s, model)); got != want {
		t.Errorf("there are %d rows of %s, want %d", got, model, want)
	}
}

func answers(t *testing.T, a *authtest.Answer, status int, body string) {
	t.Helper()
	if a.Status != status || a.Body != body {
		t.Errorf("got  %d %s\nwant %d %s", a.Status, a.Body, status, body)
	}
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: -want +got\n%s", what, diff)
	}
}

// headerNames are the names of an answer's headers, sorted by cmp.
func headerNames(h http.Header) map[string]bool {
	set := map[string]bool{}
	for name := range h {
		set[name] = true
	}
	return set
}

// probe is an adapter that counts the calls that reach the database, and fails
// the one whose turn it is.
type probe struct {
	db.Adapter
	calls  atomic.Int64
	failAt atomic.Int64 // 0 never fails
}

var errBroken = errors.New("the disk is on fire")

func newProbe(a db.Adapter) *probe { return &probe{Adapter: a} }

// count makes the next call the first one, and the k-th the one that fails.
func (p *probe) count(k int64) {
	p.calls.Store(0)
	p.failAt.Store(k)
}

func (p *probe) turn() error {
	if n := p.calls.Add(1); n == p.failAt.Load() {
		return errBroken
	}
	return nil
}

func (p *probe) Insert(ctx context.Context, t *db.Table, row db.Row) (db.Row, error) {
	if err := p.turn(); err != nil {
		return nil, err
	}
	return p.Adapter.Insert(ctx, t, row)
}

func (p *probe) Select(ctx context.Context, q db.Query) ([]db.Row, error) {
	if err := p.turn(); err != nil {
		return nil, err
	}
	return p.Adapter.Select(ctx, q)
}

func (p *probe) Update(ctx context.Context, c db.Change) (db.Result, error) {
	if err := p.turn(); err != nil {
		return db.Result{}, err
	}
	return p.Adapter.Update(ctx, c)
}

func (p *probe) Delete(ctx context.Context, r db.Removal) (db.Result, error) {
	if err := p.turn(); err != nil {
		return db.Result{}, err
	}
	return p.Adapter.Delete(ctx, r)
}

func (p *probe) Count(ctx context.Context, t *db.Table, w db.Where) (int64, error) {
	if err := p.turn(); err != nil {
		return 0, err
	}
	return p.Adapter.Count(ctx, t, w)
}

// Tx fails at its end, as a commit does.
func (p *probe) Tx(ctx context.Context, fn func(context.Context) error) error {
	return p.Adapter.Tx(ctx, func(ctx context.Context) error {
		if err := fn(ctx); err != nil {
			return err
		}
		return p.turn()
	})
}

// tally is a hasher that counts its work and keeps passwords readable.
type tally struct{ hashed, verified atomic.Int64 }

func (h *tally) Hash(_ context.Context, pw string) (string, error) {
	h.hashed.Add(1)
	return "hash of " + pw, nil
}

func (h *tally) Verify(_ context.Context, hash, pw string) (bool, error) {
	h.verified.Add(1)
	return hash == "hash of "+pw, nil
}

func (h *tally) work() int64 { return h.hashed.Load() + h.verified.Load() }

func (h *tally) use(o *core.Options) { o.Hasher = h }
