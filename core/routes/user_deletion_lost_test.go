package routes_test

import (
	"context"
	"net/http"
	"sync"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db/dbtest"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
)

// A database that is lost in the middle cannot take a token back either.
func TestATokenStaysWithTheUserWhenTheDatabaseIsLost(t *testing.T) {
	var mu sync.Mutex // the server works in the background, too
	calls, lostFrom := 0, 0
	lose := func(from int) {
		mu.Lock()
		defer mu.Unlock()
		calls, lostFrom = 0, from
	}
	d := dbtest.Watched{Adapter: memory.New(), Before: func(_ context.Context, call dbtest.Call) error {
		if call.Op == "begin" || call.Op == "lock" {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		if calls++; lostFrom > 0 && calls >= lostFrom {
			return errBroken
		}
		return nil
	}}
	box := &authtest.Outbox{}
	s := authtest.New(t, byMail(box), func(o *core.Options) { o.Database = d })
	c := s.Client()
	c.SignUp(email, password)
	c.Post("/delete-user", map[string]any{})
	s.Settle()
	link := "/delete-user/callback?token=" + authtest.Last[core.DeleteAccountEmail](t, box).Token
	for from := 1; ; from++ {
		lose(from)
		a := c.Get(link)
		s.Settle()
		lose(0)
		if a.Status == http.StatusOK {
			count(t, s, "user", 0)
			count(t, s, "verification", 0)
			return
		}
		answers(t, a, http.StatusInternalServerError, "")
		count(t, s, "user", 1)
		count(t, s, "verification", 1)
		if t.Failed() || from > 100 {
			t.Fatalf("when the database was lost from call %d on", from)
		}
	}
}
