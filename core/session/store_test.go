package session_test

import (
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

const (
	second = time.Second
	day    = 24 * time.Hour
)

// place is where sessions are kept.
type place string

const (
	inDatabase  place = "in the database"
	inSecondary place = "in the secondary storage"
	inBoth      place = "in both"
	withRecord  place = "in the secondary storage with a record"
)

var places = []place{inDatabase, inSecondary, inBoth, withRecord}

// world is a server with a user and what it keeps.
type world struct {
	*authtest.Server
	t        testing.TB
	database *memory.Adapter
	storage  *secondary.Memory
	ann      user.User
}

func newWorld(t testing.TB, where place, configure ...func(*core.Options)) *world {
	t.Helper()
	w := &world{t: t, database: memory.New()}
	w.Server = authtest.New(t, append([]func(*core.Options){func(o *core.Options) {
		w.storage = secondary.NewMemory(o.Clock)
		o.Database = w.database
		if where != inDatabase {
			o.SecondaryStorage = w.storage
		}
		o.Session.StoreSessionInDatabase = where == inBoth || where == withRecord
		o.Session.PreserveSessionInDatabase = where == withRecord
		o.Session.AdditionalFields = []core.Field{
			{Name: "theme", Type: db.String, Nullable: true},
			{Name: "hidden", Type: db.String, Nullable: true, NotReturned: true, Default: func() any { return "h" }},
			{Name: "count", Type: db.Number, Nullable: true, Default: func() any { return int64(7) }},
			{Name: "when", Type: db.Date, Nullable: true},
		}
		o.User.AdditionalFields = []core.Field{
			{Name: "note", Type: db.String, Nullable: true, NotReturned: true, Default: func() any { return "n" }},
		}
	}}, configure...)...)
	w.ann = w.addUser("ann@example.com")
	return w
}

func (w *world) addUser(email string) user.User {
	w.t.Helper()
	u, err := w.Users().Create(w.t.Context(), user.User{Name: "Ann", Email: email})
	if err != nil {
		w.t.Fatal(err)
	}
	return u
}

// begin makes a session that lasts for d.
func (w *world) begin(owner user.User, d time.Duration) session.Session {
	w.t.Helper()
	rec, err := w.Sessions().Create(w.t.Context(), session.Session{ExpiresAt: w.Clock.Now().Add(d)}, owner)
	if err != nil {
		w.t.Fatal(err)
	}
	return rec
}

func (w *world) find(token string) (session.WithUser, bool) {
	w.t.Helper()
	found, ok, err := w.Sessions().ByToken(w.t.Context(), token)
	if err != nil {
		w.t.Fatal(err)
	}
	return found, ok
}

func (w *world) alive(token string) bool {
	_, ok := w.find(token)
	return ok
}

// active are the tokens of the sessions that are listed.
func (w *world) active(owner user.User) []string {
	w.t.Helper()
	list, err := w.Sessions().Active(w.t.Context(), owner.ID, w.Clock.Now())
	if err != nil {
		w.t.Fatal(err)
	}
	tokens := []string{}
	for _, rec := range list {
		tokens = append(tokens, rec.Token)
	}
	return tokens
}

func (w *world) rows() int64 {
	w.t.Helper()
	n, err := w.Store().Count(w.t.Context(), w.Sessions().Table(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// everywhere runs a test wherever sessions can be kept.
func everywhere(t *testing.T, test func(t *testing.T, w *world, where place)) {
	for _, where := range places {
		t.Run(string(where), func(t *testing.T) { test(t, newWorld(t, where), where) })
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
