package routestest

import (
	"fmt"
	"net/http"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest/racetest"
	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
)

// limitRaces are the races for a limit wherever its counters can be kept.
func limitRaces() (cases []racetest.Race) {
	for _, storage := range []struct {
		name  string
		use   func(*core.Options)
		alone bool
	}{
		{"in memory", func(*core.Options) {}, true},
		{"in the database", func(o *core.Options) { o.RateLimit.Storage = "database" }, false},
		{"in the secondary storage", func(o *core.Options) {
			racetest.UseSecondary(o)
			o.Session.StoreSessionInDatabase = true // where the races count them
		}, false},
	} {
		limited := func(o *core.Options) {
			limitRequests(o)
			storage.use(o)
		}
		for _, tc := range []struct {
			name      string
			configure func(*core.Options)
			run       func(*race)
		}{
			{"sign-ins pass up to the limit", limited, limitedSignIns},
			{"a client who was blocked passes up to the limit again", limited, limitedAgain},
			{"guesses at a token pass up to the limit of all", func(o *core.Options) {
				limited(o)
				o.RateLimit.Max = guessLimit
			}, limitedGuesses},
		} {
			cases = append(cases, racetest.Race{Name: "limits " + storage.name + ": " + tc.name, Configure: tc.configure, Run: run(tc.run), Alone: storage.alone})
		}
	}
	return cases
}

func (r *race) wantPassed(want int, requests []*http.Request) {
	r.T.Helper()
	statuses := racetest.Tally(r.Together(requests))
	if blocked := statuses[http.StatusTooManyRequests]; len(requests)-blocked != want {
		r.T.Errorf("answers by status: %v, want %d that passed", statuses, want)
	}
}

// wantCounter looks for the one counter of this round's client, where counters
// are rows.
func (r *race) wantCounter(path string, count int64) {
	r.T.Helper()
	if r.Server.Options().RateLimit.Storage != "database" {
		return
	}
	row := r.Row(ratelimit.ModelName, "key", r.Address()+"|"+path)
	if row["count"] != count || row["lastRequest"] != r.Server.Clock.Now().UnixMilli() {
		r.T.Errorf("the counter is %v, want %d", row, count)
	}
}

func limitedAgain(r *race) {
	for range 3 {
		r.Server.Clock.Advance(time.Minute)
		r.wantPassed(signInLimit, r.signIns(racers))
		r.wantCounter("/sign-in/email", signInLimit)
	}
	r.Server.Clock.Advance(9 * time.Second)
	r.wantPassed(0, r.signIns(racers)) // and they prolong nothing
	r.Server.Clock.Advance(2 * time.Second)
	r.wantPassed(1, r.signIns(1))
	r.wantPassed(signInLimit-1, r.signIns(racers))
}

const guessLimit = 7

func limitedGuesses(r *race) {
	requests := make([]*http.Request, racers)
	for i := range requests {
		requests[i] = r.Client().Request(http.MethodGet, fmt.Sprintf("/reset-password/guess%d?callbackURL=%%2F", i), nil)
	}
	r.wantPassed(guessLimit, requests)
	r.wantCounter("/reset-password/:token", guessLimit)
}
