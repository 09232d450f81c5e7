package session_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/user"
)

// What Better Auth 1.6.9 wrote, on SQLite, with the additional fields of world:
// where only the storage has the session, and where the database has it too.
// What Gatehouse writes is compared in the module reference.
const (
	upstreamUser  = "AuZTMYfuJU8XG3UxfbA15Gzc4moI6qpO"
	upstreamToken = "sheKp79fDQooiJ66mQQvpyWD8EzPynOW"
	upstreamList  = `[{"token":"sheKp79fDQooiJ66mQQvpyWD8EzPynOW","expiresAt":1795916677653}]`
	upstreamAlone = `{"session":{"id":"YUobbglaNxgKQrkeNY1mrHK5iuJv0BrQ","ipAddress":"","userAgent":"golden","expiresAt":"2026-11-29T01:44:37.653Z","userId":"AuZTMYfuJU8XG3UxfbA15Gzc4moI6qpO","token":"sheKp79fDQooiJ66mQQvpyWD8EzPynOW","createdAt":"2026-11-22T01:44:37.653Z","updatedAt":"2026-11-22T01:44:37.653Z","hidden":"h","count":7},"user":{"name":"Ann","email":"ann@example.com","emailVerified":false,"image":null,"createdAt":"2026-11-22T01:44:37.630Z","updatedAt":"2026-11-22T01:44:37.630Z","note":"n","id":"AuZTMYfuJU8XG3UxfbA15Gzc4moI6qpO"}}`
	upstreamBoth  = `{"session":{"expiresAt":"2026-11-29T01:44:37.653Z","token":"sheKp79fDQooiJ66mQQvpyWD8EzPynOW","createdAt":"2026-11-22T01:44:37.653Z","updatedAt":"2026-11-22T01:44:37.653Z","ipAddress":"","userAgent":"golden","userId":"AuZTMYfuJU8XG3UxfbA15Gzc4moI6qpO","theme":null,"hidden":"h","count":7,"when":null,"id":"YUobbglaNxgKQrkeNY1mrHK5iuJv0BrQ"},"user":{"name":"Ann","email":"ann@example.com","emailVerified":false,"image":null,"createdAt":"2026-11-22T01:44:37.630Z","updatedAt":"2026-11-22T01:44:37.630Z","note":"n","id":"AuZTMYfuJU8XG3UxfbA15Gzc4moI6qpO"}}`
)

// fromUpstream is a world whose storage a Better Auth server has filled.
func fromUpstream(t *testing.T, value string) *world {
	w := newWorld(t, inSecondary)
	began := time.Date(2026, 11, 22, 1, 44, 37, 653e6, time.UTC)
	w.Clock.Advance(began.Sub(w.Clock.Now()))
	var err error
	w.ann, err = w.Users().Create(t.Context(), user.User{ID: upstreamUser, Name: "Ann", Email: "upstream@example.com"})
	must(t, err)
	must(t, w.storage.Set(t.Context(), "active-sessions-"+upstreamUser, upstreamList, 7*day))
	must(t, w.storage.Set(t.Context(), upstreamToken, value, 7*day))
	return w
}

func TestASessionThatUpstreamHasBegun(t *testing.T) {
	for name, value := range map[string]string{"only in the storage": upstreamAlone, "in the database too": upstreamBoth} {
		t.Run(name, func(t *testing.T) {
			w := fromUpstream(t, value)
			found, ok := w.find(upstreamToken)
			s, u := found.Session, found.User
			if !ok || s.ID != "YUobbglaNxgKQrkeNY1mrHK5iuJv0BrQ" || s.UserID != upstreamUser || *s.UserAgent != "golden" || *s.IPAddress != "" ||
				!s.ExpiresAt.Equal(time.UnixMilli(1795916677653)) || s.Extra["hidden"] != "h" || s.Extra["count"] != int64(7) || s.Extra["theme"] != nil ||
				u.Email != "ann@example.com" || u.Extra["note"] != "n" || u.Image != nil {
				t.Errorf("found %v: %+v", ok, found)
			}
			if got := w.active(w.ann); len(got) != 1 || got[0] != upstreamToken {
				t.Errorf("listed: %v", got)
			}
			if _, ok, err := w.Sessions().Update(t.Context(), upstreamToken, db.Row{"theme": "dark"}); !ok || err != nil {
				t.Error(ok, err)
			}
			must(t, w.Sessions().DeleteAll(t.Context(), upstreamUser))
			if w.alive(upstreamToken) || len(w.storage.All()) != 0 {
				t.Errorf("left: %v", w.storage.All())
			}
		})
	}
}

// Another server may know fields that this one does not.
func TestFieldsOfAnotherServerStay(t *testing.T) {
	w := fromUpstream(t, strings.Replace(upstreamAlone, `"count":7`, `"count":7,"activeOrganizationId":"o1"`, 1))
	if _, ok, err := w.Sessions().Update(t.Context(), upstreamToken, db.Row{"theme": "dark"}); !ok || err != nil {
		t.Fatal(ok, err)
	}
	must(t, w.Sessions().RefreshUser(t.Context(), upstreamUser))
	var got struct{ Session, User map[string]any }
	must(t, json.Unmarshal([]byte(w.storage.All()[upstreamToken]), &got))
	if got.Session["activeOrganizationId"] != "o1" || got.Session["theme"] != "dark" || got.Session["hidden"] != "h" || got.User["email"] != "upstream@example.com" {
		t.Errorf("the value is %v", got)
	}
}

// Whatever else stands in the storage is no session, also where a client names
// its key.
func TestValuesThatAreNoSession(t *testing.T) {
	for name, value := range map[string]string{
		"nothing":                         ``,
		"garbage":                         `garbage`,
		"null":                            `null`,
		"a text":                          `"text"`,
		"a list of sessions":              upstreamList,
		"an object":                       `{}`,
		"a session without a user":        `{"session":{"token":"key","userId":"u"}}`,
		"a session with a user of null":   `{"session":{"token":"key","userId":"u"},"user":null}`,
		"a session under another token":   upstreamAlone,
		"a session of another user":       `{"session":{"token":"key","userId":"u"},"user":{"id":"other"}}`,
		"a session with a wrong expiry":   `{"session":{"token":"key","userId":"u","expiresAt":"soon"},"user":{"id":"u"}}`,
		"a session whose token is a list": `{"session":{"token":["key"],"userId":"u"},"user":{"id":"u"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, inSecondary)
			if value != "" {
				must(t, w.storage.Set(t.Context(), "key", value, 0))
			}
			if w.alive("key") {
				t.Error("it is a session")
			}
			if _, ok, err := w.Sessions().Update(t.Context(), "key", db.Row{"theme": "dark"}); ok || err != nil {
				t.Errorf("it is changed: %v %v", ok, err)
			}
			must(t, w.Sessions().Delete(t.Context(), "key"))
			must(t, w.Sessions().DeleteOwn(t.Context(), "key", ""))
			if got := w.storage.All()["key"]; got != value {
				t.Errorf("%q has become %q", value, got)
			}
		})
	}
}

func TestListsThatAreNone(t *testing.T) {
	for _, list := range []string{`garbage`, `{}`, `null`, `[1]`, `[{"token":5}]`, `[]`} {
		w := newWorld(t, inSecondary)
		must(t, w.storage.Set(t.Context(), "active-sessions-"+w.ann.ID, list, 0))
		s := w.begin(w.ann, day)
		if got := w.active(w.ann); len(got) != 1 || got[0] != s.Token {
			t.Errorf("%s: listed %v", list, got)
		}
		must(t, w.Sessions().DeleteAll(t.Context(), w.ann.ID))
		if w.alive(s.Token) {
			t.Errorf("%s: the session lives on", list)
		}
	}
}
