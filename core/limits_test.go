package core_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/dbtest"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/core/secondary/secondarytest"
)

// storages are the places where counters can be.
var storages = map[string]func(*core.Options){
	"memory": func(o *core.Options) { o.RateLimit.Storage = "memory" },
	"memory beside another storage": func(o *core.Options) {
		o.RateLimit.Storage, o.SecondaryStorage = "memory", secondary.NewMemory(o.Clock)
	},
	"the database": func(o *core.Options) { o.RateLimit.Storage = "database" },
	"the secondary storage": func(o *core.Options) {
		o.RateLimit.Storage, o.SecondaryStorage = "secondary-storage", secondary.NewMemory(o.Clock)
	},
	"the secondary storage because it is there": func(o *core.Options) { o.SecondaryStorage = secondary.NewMemory(o.Clock) },
}

func TestTheLimitHoldsWhereverItIsCounted(t *testing.T) {
	for name, use := range storages {
		t.Run(name, func(t *testing.T) {
			s := authtest.New(t, limited, use)
			c, other := s.Client(), s.Client()
			other.RemoteAddr = "198.51.100.7:1"
			for i := range 3 {
				if a := signIn(c); a.Status != http.StatusUnauthorized {
					t.Fatalf("attempt %d: %d %s", i, a.Status, a.Body)
				}
			}
			s.Clock.Advance(4 * time.Second)
			if a := signIn(c); a.Status != http.StatusTooManyRequests || a.Header.Get("X-Retry-After") != "6" {
				t.Errorf("the fourth: %d after %s", a.Status, a.Header.Get("X-Retry-After"))
			}
			if a := signIn(other); a.Status != http.StatusUnauthorized {
				t.Errorf("of another client: %d", a.Status)
			}
			s.Clock.Advance(7 * time.Second)
			if a := signIn(c); a.Status != http.StatusUnauthorized {
				t.Errorf("after a quiet window: %d", a.Status)
			}
		})
	}
}

func TestServersThatShareAStorageCountTogether(t *testing.T) {
	database, storage := memory.New(), secondary.NewMemory(authtest.NewClock(authtest.Start).Now)
	for name, use := range map[string]func(*core.Options){
		"the database":          func(o *core.Options) { o.Database, o.RateLimit.Storage = database, "database" },
		"the secondary storage": func(o *core.Options) { o.SecondaryStorage = storage },
	} {
		t.Run(name, func(t *testing.T) {
			one, two := authtest.New(t, limited, use).Client(), authtest.New(t, limited, use).Client()
			statuses := []int{signIn(one).Status, signIn(two).Status, signIn(one).Status, signIn(two).Status, signIn(one).Status}
			if want := []int{401, 401, 401, 429, 429}; !slices.Equal(statuses, want) {
				t.Errorf("%v, want %v", statuses, want)
			}
		})
	}
}

// counting is a storage that counts by itself.
type counting struct {
	secondary.Storage
	store ratelimit.Store
}

func (c counting) RateLimits() ratelimit.Store { return c.store }

func TestAStorageThatCountsByItselfDoesSo(t *testing.T) {
	values, counters := secondary.NewMemory(nil), ratelimit.NewMemory(0)
	for range 2 { // two servers
		s := authtest.New(t, limited, func(o *core.Options) { o.SecondaryStorage = counting{values, counters} })
		signIn(s.Client())
		signIn(s.Client())
	}
	if a := signIn(authtest.New(t, limited, func(o *core.Options) { o.SecondaryStorage = counting{values, counters} }).Client()); a.Status != http.StatusTooManyRequests {
		t.Errorf("the fifth request gets %d", a.Status)
	}
	if counters.Len() != 1 || values.Len() != 0 {
		t.Errorf("%d counters of the storage's own and %d values, want 1 and 0", counters.Len(), values.Len())
	}
}

func TestWhereCountersStand(t *testing.T) {
	t.Run("as upstream's rows", func(t *testing.T) {
		s := authtest.New(t, limited, storages["the database"])
		c := s.Client()
		signIn(c)
		s.Clock.Advance(time.Second)
		signIn(c)
		table := s.Table(ratelimit.ModelName)
		rows, err := s.Store().Select(t.Context(), db.Query{Table: table})
		if err != nil || len(rows) != 1 {
			t.Fatalf("%v, %v", rows, err)
		}
		if r := rows[0]; r["key"] != "192.0.2.1|/sign-in/email" || r["count"] != int64(2) || r["lastRequest"] != s.Clock.Now().UnixMilli() || len(r[db.ID].(string)) != 32 {
			t.Errorf("%v", r)
		}
	})
	t.Run("in upstream's form, under a key of our own", func(t *testing.T) {
		storage := secondary.NewMemory(authtest.NewClock(authtest.Start).Now)
		s := authtest.New(t, limited, func(o *core.Options) { o.SecondaryStorage = storage })
		signIn(s.Client())
		want := fmt.Sprintf(`{"key":"192.0.2.1|/sign-in/email","count":1,"lastRequest":%d}`, authtest.Start.UnixMilli())
		if got := storage.All()["rate-limit:192.0.2.1|/sign-in/email"]; got != want {
			t.Errorf("%s, want %s; all: %v", got, want, storage.All())
		}
	})
}

func TestTheTableOfCountersIsDeclaredWhereItIsUsed(t *testing.T) {
	off := false
	for _, tc := range []struct {
		name      string
		configure func(*core.Options)
		want      bool
	}{
		{"in memory", storages["memory"], false},
		{"in the secondary storage", storages["the secondary storage"], false},
		{"in the database", storages["the database"], true},
		{"in the database, when the limit is off", func(o *core.Options) { o.RateLimit.Storage, o.RateLimit.Enabled = "database", &off }, true},
		{"elsewhere", func(o *core.Options) { o.RateLimit.Store = ownStore{} }, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tables := authtest.New(t, limited, tc.configure, with(plugin{"a", func(s *core.Setup) {
				s.Table(&db.Table{Model: "own", Fields: []*db.Field{{Name: "text", Type: db.String}}})
			}})).Tables()
			at := slices.IndexFunc(tables, func(t *db.Table) bool { return t.Model == ratelimit.ModelName })
			if got := at >= 0; got != tc.want || got && at != len(tables)-1 {
				t.Errorf("it is number %d of %d tables", at, len(tables))
			}
		})
	}
}

func TestTheTableOfCountersCanBeRenamed(t *testing.T) {
	s := authtest.New(t, limited, storages["the database"], func(o *core.Options) {
		o.RateLimit.ModelName, o.RateLimit.Fields = "limits", map[string]string{"key": "who", "lastRequest": "at"}
	})
	table := s.Table(ratelimit.ModelName)
	var columns []string
	for _, name := range table.Names() {
		column, err := table.Column(name)
		if err != nil {
			t.Fatal(err)
		}
		columns = append(columns, column)
	}
	if want := []string{"who", "count", "at", "id"}; table.Name != "limits" || !slices.Equal(columns, want) {
		t.Errorf("table %s has %v, want %v", table.Name, columns, want)
	}
	c := s.Client()
	for range 3 {
		signIn(c)
	}
	if a := signIn(c); a.Status != http.StatusTooManyRequests {
		t.Errorf("the fourth sign-in: %d", a.Status)
	}
}

func TestPlacesForCountersThatAreRefused(t *testing.T) {
	for _, tc := range []struct {
		name      string
		configure func(*core.Options)
		want      string
	}{
		{"an unknown one", func(o *core.Options) { o.RateLimit.Storage = "redis" }, `rateLimit.storage: "redis" is not memory, database or secondary-storage`},
		{"a secondary storage that is not there", func(o *core.Options) { o.RateLimit.Storage = "secondary-storage" }, "rateLimit.storage: secondary-storage needs the option secondaryStorage"},
		{"two of them", func(o *core.Options) { o.RateLimit.Storage, o.RateLimit.Store = "memory", ownStore{} }, "rateLimit.storage: rateLimit.customStorage keeps the counters"},
		{"a column of a field that is not there", func(o *core.Options) {
			o.RateLimit.Storage, o.RateLimit.Fields = "database", map[string]string{"ip": "address"}
		}, `rateLimit.fields: "ip" is not a field`},
		{"two fields in one column", func(o *core.Options) {
			o.RateLimit.Storage, o.RateLimit.Fields = "database", map[string]string{"key": "count"}
		}, `table "rateLimit" has two columns named "count"`},
		{"a table of another model", func(o *core.Options) { o.RateLimit.Storage, o.RateLimit.ModelName = "database", "user" }, "share the name"},
		{"a table that a plugin has", func(o *core.Options) {
			o.RateLimit.Storage = "database"
			with(plugin{"a", func(s *core.Setup) { s.Table(ratelimit.NewTable(time.Now)) }})(o)
		}, "rateLimit.storage: table"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if _, err := authtest.Try(t, tc.configure); err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("the error is %v, want %q", err, tc.want)
			}
		})
	}
}

// Otherwise an outage would be a way around the limit.
func TestNothingPassesThatCannotBeCounted(t *testing.T) {
	boom := errors.New("dial tcp 10.0.0.5: connection refused")
	for name, use := range map[string]func(*core.Options){
		"the database": func(o *core.Options) {
			o.RateLimit.Storage = "database"
			o.Database = dbtest.Watched{Adapter: o.Database, Before: func(_ context.Context, call dbtest.Call) error {
				if call.Of(ratelimit.ModelName, "select") {
					return boom
				}
				return nil
			}}
		},
		"the secondary storage": func(o *core.Options) {
			o.SecondaryStorage = secondarytest.Watched{Storage: secondary.NewMemory(o.Clock), Before: func(context.Context, string) error { return boom }}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := authtest.New(t, limited, use, func(o *core.Options) { o.RateLimit.Max = 3 })
			a := s.Client().Post("/sign-up/email", map[string]any{"name": "A", "email": "a@b.co", "password": "password123"})
			if a.Status != http.StatusServiceUnavailable || a.Text(t, "code") != "SERVICE_UNAVAILABLE" || a.Header.Get("Retry-After") == "" {
				t.Errorf("got %d %s", a.Status, a.Body)
			}
			if strings.Contains(a.Body, "10.0.0.5") || !strings.Contains(s.Log.String(), "connection refused") {
				t.Errorf("the answer is %s, the log: %s", a.Body, s.Log)
			}
			if n, err := s.Store().Count(t.Context(), s.Users().Table(), nil); err != nil || n != 0 {
				t.Errorf("%d users (%v)", n, err)
			}
			// What no special rule guards goes on, and is counted here.
			for i := range 4 {
				want := http.StatusOK
				if i == 3 {
					want = http.StatusTooManyRequests
				}
				if a := s.Client().Get("/ok"); a.Status != want {
					t.Errorf("request %d for a path without a rule of its own: %d %s", i+1, a.Status, a.Body)
				}
			}
		})
	}
}

// Whoever guesses at what stands in a path gets no new counter for each guess.
func TestPathsOfOneEndpointCountTogether(t *testing.T) {
	tokens := with(plugin{"a", func(s *core.Setup) {
		for _, path := range []string{"/things/:token", "/things/:token/more", "/things/all"} {
			core.Route(s, core.Endpoint[struct{}, echoOutput]{Method: http.MethodGet, Path: path, Handle: func(c *core.Ctx, _ struct{}) (*echoOutput, error) {
				return &echoOutput{}, nil
			}})
		}
	}})
	for name, use := range storages {
		t.Run(name, func(t *testing.T) {
			s := authtest.New(t, limited, use, tokens, func(o *core.Options) {
				o.RateLimit.Max = 3
				o.RateLimit.CustomRules = []ratelimit.CustomRule{{Path: "/things/known", Rule: ratelimit.Rule{Window: time.Minute, Max: 1}}}
			})
			c := s.Client()
			var statuses []int
			for _, path := range []string{
				"/things/a", "/things/b", "/things/a%20b", // the limit of three
				"/things/c", "/things/a", "/things/%C3%A4",
				"/things/a/more", "/things/all", // of their own
				"/things/known", "/things/known", // a rule names it
			} {
				statuses = append(statuses, c.Get(path).Status)
			}
			if want := []int{200, 200, 200, 429, 429, 429, 200, 200, 200, 429}; !slices.Equal(statuses, want) {
				t.Errorf("%v, want %v", statuses, want)
			}
			other := s.Client()
			other.RemoteAddr = "198.51.100.7:1"
			if a := other.Get("/things/a"); a.Status != http.StatusOK {
				t.Errorf("another client: %d", a.Status)
			}
		})
	}
}

// Counters are nothing that an application is told of, or could refuse.
func TestCountersRunNoHooks(t *testing.T) {
	refuse := errors.New("no")
	s := authtest.New(t, limited, storages["the database"], with(plugin{"a", func(s *core.Setup) {
		s.DatabaseHooks(ratelimit.ModelName, db.Hooks{
			BeforeCreate: func(context.Context, db.Row) (db.Row, error) { return nil, refuse },
			BeforeUpdate: func(context.Context, db.Row) (db.Row, error) { return nil, refuse },
			BeforeDelete: func(context.Context, db.Row) error { return refuse },
		})
	}}))
	c := s.Client()
	for range 3 {
		if a := signIn(c); a.Status != http.StatusUnauthorized {
			t.Errorf("%d %s", a.Status, a.Body)
		}
	}
	s.Settle()
}

func TestOldCountersAreRemoved(t *testing.T) {
	s := authtest.New(t, limited, storages["the database"])
	c := s.Client()
	for i := range 20 {
		c.RemoteAddr = fmt.Sprintf("198.51.100.%d:1", i)
		c.Get("/ok")
	}
	s.Clock.Advance(2 * time.Hour)
	c.Get("/ok")
	s.Settle()
	table := s.Table(ratelimit.ModelName)
	if n, err := s.Store().Count(t.Context(), table, nil); err != nil || n != 1 {
		t.Errorf("%d counters (%v)", n, err)
	}
}
