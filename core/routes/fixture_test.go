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
	"github.com/gatehouse-auth/gatehouse/core/db/dbtest"
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

// Answers that several endpoints give.
const (
	done          = `{"status":true}`
	unauthorized  = `{"message":"Unauthorized","code":"UNAUTHORIZED"}`
	badToken      = `{"message":"Invalid token","code":"INVALID_TOKEN"}`
	noUser        = `{"message":"User not found","code":"USER_NOT_FOUND"}`
	userExists    = `{"message":"User already exists. Use another email.","code":"USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL"}`
	tooShort      = `{"message":"Password too short","code":"PASSWORD_TOO_SHORT"}`
	tooLong       = `{"message":"Password too long","code":"PASSWORD_TOO_LONG"}`
	wrongPassword = `{"message":"Invalid password","code":"INVALID_PASSWORD"}`
	noCredential  = `{"message":"Credential account not found","code":"CREDENTIAL_ACCOUNT_NOT_FOUND"}`
	// userUnchanged answers what a database hook has stopped; 1.6.9 answers success.
	userUnchanged = `{"message":"Failed to update user","code":"FAILED_TO_UPDATE_USER"}`
)

// body is a JSON object that starts from a good sign-up; absent takes a member out.
func body(changes map[string]any) map[string]any {
	return changed(map[string]any{"name": "Ann", "email": email, "password": password}, changes)
}

// changed makes changes to an object; absent takes a member out.
func changed(object, changes map[string]any) map[string]any {
	for name, v := range changes {
		if object[name] = v; v == absent {
			delete(object, name)
		}
	}
	return object
}

var absent = new(struct{ _ int })

// credentials is a good sign-in, with changes as those of body.
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
	table := s.Table(model)
	if table == nil {
		t.Fatalf("there is no table %q", model)
	}
	return table
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
// the one whose turn it is. Of a transaction it sees the end, as a commit.
type probe struct {
	dbtest.Watched
	calls  atomic.Int64
	failAt atomic.Int64 // 0 never fails
}

var errBroken = errors.New("the disk is on fire")

func newProbe(a db.Adapter) *probe {
	p := &probe{}
	p.Watched = dbtest.Watched{Adapter: a, Before: p.turn}
	return p
}

// count makes the next call the first one, and the k-th the one that fails.
func (p *probe) count(k int64) {
	p.calls.Store(0)
	p.failAt.Store(k)
}

func (p *probe) turn(_ context.Context, call dbtest.Call) error {
	if call.Op == "begin" || call.Op == "lock" {
		return nil
	}
	if n := p.calls.Add(1); n == p.failAt.Load() {
		return errBroken
	}
	return nil
}

// eachFails sends a request again and again while the first call to the database
// fails, then the second, and so on, until it succeeds. A failure is a bare 500
// and sets no cookie; unchanged looks at what is stored then. It returns how many
// calls can fail.
func (p *probe) eachFails(t *testing.T, ask func() *authtest.Answer, unchanged func()) int {
	t.Helper()
	for failed := 0; ; failed++ {
		p.count(int64(failed) + 1)
		a := ask()
		p.count(0)
		if a.Status == http.StatusOK {
			return failed
		}
		answers(t, a, http.StatusInternalServerError, "")
		same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
		unchanged()
		if t.Failed() {
			t.Fatalf("when call %d failed", failed+1)
		}
	}
}

// refusal is how code of the application keeps something from happening, and what
// the client hears.
type refusal struct {
	name   string
	err    error
	status int
	answer string
}

// hookRefusals are those of database hooks. stopped is the answer to the one that
// is not alike everywhere: db.ErrStopped, of which 1.6.9 tells nobody.
func hookRefusals(stopped string) []refusal {
	return []refusal{
		{"it is stopped", db.ErrStopped, http.StatusBadRequest, stopped},
		{"it is refused in the hook's own words", errTeapot, http.StatusTeapot, noTea},
		{"it fails", errors.New("boom"), http.StatusInternalServerError, ""},
	}
}

// What a hook, or an application, says in its own words.
var errTeapot = core.NewError(http.StatusTeapot, "TEAPOT", "No tea")

const noTea = `{"message":"No tea","code":"TEAPOT"}`

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
