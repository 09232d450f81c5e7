package routes_test

import (
	"sync"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/routes/routestest"
)

func TestRaces(t *testing.T) {
	routestest.RunRaces(t, func(*testing.T) db.Adapter { return memory.New() })
}

func TestFailures(t *testing.T) {
	routestest.RunFailures(t, func(*testing.T) db.Adapter { return memory.New() })
}

// Fifty hashes of the real cost take longer than one may wait on a busy machine.
func TestOfManySignUpsForOneAddressOneHashes(t *testing.T) {
	h := &tally{}
	s := authtest.New(t, h.use)
	var wg sync.WaitGroup
	start := make(chan struct{})
	for range 50 {
		c := s.Client()
		wg.Go(func() {
			<-start
			c.Post("/sign-up/email", map[string]any{"name": "A", "email": "a@b.co", "password": "password123"})
		})
	}
	close(start)
	wg.Wait()
	if n := h.work(); n != 1 {
		t.Errorf("%d hashes", n)
	}
}
