package routes_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/core/secondary/secondarytest"
)

// withAway is a server whose secondary storage is out of reach while gone says so.
func withAway(t *testing.T, configure ...func(*core.Options)) (s *authtest.Server, gone *bool) {
	gone = new(false)
	return authtest.New(t, append([]func(*core.Options){func(o *core.Options) {
		o.SecondaryStorage = secondarytest.Watched{Storage: secondary.NewMemory(o.Clock), Before: func(context.Context, string) error {
			if *gone {
				return fmt.Errorf("dial the storage: %w", db.ErrUnavailable)
			}
			return nil
		}}
	}}, configure...)...), gone
}

// 1.6.9 answers with 500, and at sign-out with success.
func TestAStorageOfSessionsThatIsAway(t *testing.T) {
	const unavailable = `{"message":"The service is temporarily unavailable. Please try again later.","code":"SERVICE_UNAVAILABLE"}`
	for _, record := range []bool{false, true} {
		s, gone := withAway(t, func(o *core.Options) {
			o.Session.StoreSessionInDatabase, o.Session.PreserveSessionInDatabase = record, record
		})
		c := signUpAnn(t, s, nil)
		*gone = true
		for _, r := range []*http.Request{
			c.Request(http.MethodGet, "/get-session", nil),
			c.Request(http.MethodGet, "/list-sessions", nil),
			c.Request(http.MethodPost, "/sign-in/email", credentials(nil)),
			c.Request(http.MethodPost, "/revoke-session", map[string]any{"token": tokenOf(c)}),
			c.Request(http.MethodPost, "/revoke-sessions", nil),
			c.Request(http.MethodPost, "/revoke-other-sessions", nil),
			c.Request(http.MethodPost, "/sign-out", nil),
		} {
			a := s.Client().Send(r)
			answers(t, a, http.StatusServiceUnavailable, unavailable)
			same(t, "Retry-After", "5", a.Header.Get("Retry-After"))
		}
		*gone = false
		answers(t, named(c.Get("/get-session")), http.StatusOK, annsSession)
	}
}

func TestSessionsInTheDatabaseGoOnWithoutTheStorage(t *testing.T) {
	s, gone := withAway(t, func(o *core.Options) { o.Session.StoreSessionInDatabase = true })
	c := signUpAnn(t, s, nil)
	*gone = true
	answers(t, named(c.Get("/get-session")), http.StatusOK, annsSession)
	s.Clock.Advance(day)
	answers(t, named(c.Get("/get-session")), http.StatusOK, sessionAnswer(iso(8*day), iso(day), ""))
	// It ends, but the storage may still know it: the client must try again.
	if a := s.Client().Send(c.Request(http.MethodPost, "/sign-out", nil)); a.Status != http.StatusServiceUnavailable {
		t.Errorf("sign-out: %d %s", a.Status, a.Body)
	}
	*gone = false
	answers(t, c.Post("/sign-out", nil), http.StatusOK, `{"success":true}`)
	count(t, s, "session", 0)
}
