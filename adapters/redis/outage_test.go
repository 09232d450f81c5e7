package redis_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/gatehouse-auth/gatehouse/adapters/redis"
	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/memory"
	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
	"github.com/gatehouse-auth/gatehouse/core/verification"
)

// single is one server that a test may end.
type single struct {
	*server
	address string
}

func startSingle(t *testing.T, args ...string) *single {
	t.Helper()
	port := freePort(t)
	s := &single{startServer(t, append([]string{"--port", port}, args...)...), "127.0.0.1:" + port}
	s.waitFor(t, "tcp", s.address)
	return s
}

func (s *single) open(t *testing.T, opts redis.Options) *redis.Storage {
	t.Helper()
	out, err := redis.Open(t.Context(), "redis://"+s.address, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStorage(t, out) })
	return out
}

// restart starts the server again and waits until it can be reached.
func (s *single) restart(t *testing.T) (at time.Time) {
	t.Helper()
	s.start(t)
	s.waitFor(t, "tcp", s.address)
	return time.Now()
}

func TestEveryCallFailsWhileRedisIsAway(t *testing.T) {
	t.Parallel()
	r := startSingle(t)
	s := r.open(t, patient())
	const key = "a-token-that-is-a-key"
	for range 3 {
		if err := s.Set(t.Context(), key, "value", time.Hour); err != nil {
			t.Fatalf("the first call after Redis came back: %v", err)
		}
		r.kill()
		var took time.Duration
		for call, try := range map[string]func() (bool, error){
			"get":             func() (bool, error) { v, err := s.Get(t.Context(), key); return v != "", err },
			"set":             func() (bool, error) { return false, s.Set(t.Context(), key, "value", time.Hour) },
			"delete":          func() (bool, error) { return false, s.Delete(t.Context(), key, "another") },
			"compare and set": func() (bool, error) { return s.CompareAndSet(t.Context(), key, "value", "", 0) },
			"ping":            func() (bool, error) { return false, s.Ping(t.Context()) },
			"limit": func() (bool, error) {
				d, err := s.RateLimits().Consume(t.Context(), key, three, time.Now())
				return d.Allowed, err
			},
		} {
			began := time.Now()
			told, err := try()
			took = max(took, time.Since(began))
			if told || !errors.Is(err, db.ErrUnavailable) {
				t.Errorf("%s: %v, %v", call, told, err)
			}
			wantNoSecret(t, err, key)
		}
		t.Logf("a call fails after %v at most", took)
		r.restart(t)
		if err := s.Ping(t.Context()); err != nil {
			t.Errorf("the first call after Redis came back: %v", err)
		}
		// And if nobody has noticed that it was away.
		r.kill()
		r.restart(t)
	}
}

// Whoever does not know whether a token is spent has not redeemed it: over all
// crashes each is redeemed once at most. Nothing is repeated behind the caller's
// back, which would show as a token that is gone and that nobody got.
func TestNothingIsUsedTwiceOverCrashes(t *testing.T) {
	t.Parallel()
	r := startSingle(t, "--appendonly", "yes", "--appendfsync", "always")
	stores := []*redis.Storage{r.open(t, patient()), r.open(t, patient())}
	const tokens, crashes = 40, 5
	for crash := range crashes {
		var won [tokens]atomic.Int64
		name := func(i int) string { return fmt.Sprintf("crash %d token %d", crash, i) }
		for i := range tokens {
			if err := stores[0].Set(t.Context(), name(i), "v", time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		var seen atomic.Int64
		var calls sync.WaitGroup
		down := make(chan struct{})
		for w := range 8 {
			calls.Go(func() {
				for i := range tokens {
					done, err := stores[w%2].CompareAndSet(t.Context(), name(i), "v", "", 0)
					if done {
						won[i].Add(1)
					}
					if err != nil && !errors.Is(err, db.ErrUnavailable) {
						t.Error(err)
					}
					if seen.Add(1) == 2*tokens {
						close(down)
					}
				}
			})
		}
		<-down
		r.kill()
		calls.Wait()
		back := r.restart(t)
		eventually(t, func() error { _, err := stores[1].Get(t.Context(), name(0)); return err })
		t.Logf("Redis is used %v after its return", time.Since(back))
		for i := range tokens {
			done, err := stores[0].CompareAndSet(t.Context(), name(i), "v", "", 0)
			if err != nil {
				t.Fatalf("after the crash: %v", err)
			}
			if done {
				won[i].Add(1)
			}
			if n := won[i].Load(); n > 1 {
				t.Errorf("%s was redeemed %d times", name(i), n)
			}
		}
	}
}

// A server that hangs is as good as one that is away.
func TestAServerThatHangsIsAway(t *testing.T) {
	t.Parallel()
	r := startSingle(t)
	client, err := rueidis.NewClient(rueidis.ClientOption{
		InitAddress: []string{r.address}, Dialer: net.Dialer{Timeout: patience},
		DisableCache: true, DisableRetry: true, AlwaysPipelining: true, PipelineMultiplex: -1,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	s := redis.New(client, redis.Options{Timeout: 200 * time.Millisecond})
	r.pause(t)
	began := time.Now()
	if _, err := s.CompareAndSet(t.Context(), "k", "", "v", time.Hour); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("%v", err)
	}
	if took := time.Since(began); took > patience/2 {
		t.Errorf("a call took %v", took)
	}
	eventually(t, func() error {
		if _, err := s.Get(t.Context(), "k"); !errors.Is(err, db.ErrUnavailable) || !strings.Contains(err.Error(), "a moment ago") {
			return fmt.Errorf("no call fails at once while the server hangs: %w", err)
		}
		return nil
	})
	r.resume(t)
	back := time.Now()
	eventually(t, func() error { return s.Ping(t.Context()) })
	t.Logf("Redis is used %v after its return", time.Since(back))
}

func TestWhatAServerRefusesForNow(t *testing.T) {
	t.Parallel()
	r := startSingle(t)
	s := r.open(t, patient())
	const key, value = "a-token-that-is-a-key", "a-value-that-is-a-token"
	for _, c := range []struct {
		name, code string
		says       string
		begin, end []string
		ops        []string
	}{
		{
			"a replica", "READONLY", "name the master in the URL",
			[]string{"REPLICAOF", "127.0.0.1", "1"},
			[]string{"REPLICAOF", "NO", "ONE"},
			[]string{"set", "delete", "compare and set", "limit", "ping"},
		},
		{
			"a server without memory", "OOM", "raise its maxmemory",
			[]string{"CONFIG", "SET", "maxmemory", "1"},
			[]string{"CONFIG", "SET", "maxmemory", "0"},
			[]string{"set", "compare and set", "limit", "ping"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			r.cli(t, c.begin...)
			defer r.cli(t, c.end...)
			for _, op := range c.ops {
				var err error
				switch op {
				case "set":
					err = s.Set(t.Context(), key, value, time.Hour)
				case "delete":
					err = s.Delete(t.Context(), key)
				case "ping":
					err = s.Ping(t.Context())
				case "compare and set":
					_, err = s.CompareAndSet(t.Context(), key, "", value, time.Hour)
				case "limit":
					_, err = s.RateLimits().Consume(t.Context(), key, three, time.Now())
				}
				var e *redis.Error
				if !errors.Is(err, db.ErrUnavailable) || !errors.As(err, &e) || e.Code != c.code || e.Op != op {
					t.Errorf("%s: %v", op, err)
				}
				wantNoSecret(t, err, key, value)
			}
			if late, err := redis.Open(t.Context(), "redis://"+r.address, patient()); err == nil {
				closeStorage(t, late)
				t.Error("it opens")
			} else if !errors.Is(err, db.ErrUnavailable) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %q in it", err, c.says)
			}
		})
	}
	t.Run("another program's key", func(t *testing.T) {
		r.cli(t, "RPUSH", redis.DefaultKeyPrefix+key, value)
		_, err := s.Get(t.Context(), key)
		if err == nil || errors.Is(err, db.ErrUnavailable) {
			t.Errorf("%v", err)
		}
		wantNoSecret(t, err, key, value)
	})
}

// What the routes do while Redis is away and after, with the database beside it.
func TestAServerWhoseRedisGoesAway(t *testing.T) {
	t.Parallel()
	r := startSingle(t)
	storage := r.open(t, patient())
	enabled := true
	database := memory.New()
	configure := func(o *core.Options) {
		o.Database, o.SecondaryStorage = database, storage
		o.Session.StoreSessionInDatabase = true
		o.EmailAndPassword.SendResetPassword = authtest.Keep[core.ResetPasswordEmail](&authtest.Outbox{})
	}
	limited := func(o *core.Options) {
		o.RateLimit.Enabled = &enabled
		// A window that the hashing of passwords does not outlast.
		o.RateLimit.CustomRules = []ratelimit.CustomRule{{Path: "/sign-in/email", Rule: three}}
	}
	s := authtest.New(t, configure)
	guarded := authtest.New(t, configure, limited)
	c := s.Client()
	token := c.SignUp("ada@example.com", "password123").Text(t, "token")
	leaving := s.Client()
	leaving.Post("/sign-in/email", map[string]any{"email": "ada@example.com", "password": "password123"})
	onlyInRedis := authtest.New(t, func(o *core.Options) { o.SecondaryStorage = storage }).Client()
	onlyInRedis.SignUp("bea@example.com", "password123")
	issue := func(key string) {
		if _, err := s.Verifications().Create(t.Context(), reset, key, "user", s.Clock.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	issue("used")
	issue("unused")
	if _, ok, err := s.Verifications().Redeem(t.Context(), reset, "used"); !ok || err != nil {
		t.Fatal(ok, err)
	}
	r.kill()
	if a := c.Get("/get-session"); a.Status != http.StatusOK || a.Body == "null" {
		t.Errorf("a session that the database has: %d %s", a.Status, a.Body)
	}
	if _, ok, err := s.Sessions().ByToken(t.Context(), token); !ok || err != nil {
		t.Errorf("a session that the database has: %v, %v", ok, err)
	}
	if _, ok, err := s.Verifications().Redeem(t.Context(), reset, "unused"); ok || !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("a proof that only Redis has: %v, %v", ok, err)
	}
	wrong := map[string]any{"email": "ada@example.com", "password": "guess-password"}
	// These have rules of their own, and are refused before they do anything.
	for path, body := range map[string]map[string]any{
		"/sign-in/email":          wrong,
		"/request-password-reset": {"email": "ada@example.com"},
		"/sign-up/email":          {"name": "B", "email": "b@example.com", "password": "password123"},
		"/change-password":        {"currentPassword": "guess-password", "newPassword": "another-password"},
		"/verify-password":        {"password": "guess-password"},
	} {
		if a := guarded.Client().Post(path, body); a.Status != http.StatusServiceUnavailable {
			t.Errorf("%s with limits that nobody can count: %d %s", path, a.Status, a.Body)
		}
	}
	// This one has none. Where the token is decides: of one in the database it goes
	// on, counted in the process.
	inDatabase := authtest.New(t, configure, limited, func(o *core.Options) {
		o.SecondaryStorage, o.RateLimit.Store = nil, storage.RateLimits()
	})
	for from, want := range map[*authtest.Server]int{guarded: http.StatusServiceUnavailable, inDatabase: http.StatusBadRequest} {
		if a := from.Client().Post("/reset-password", map[string]any{"newPassword": "another-password", "token": "never issued"}); a.Status != want {
			t.Errorf("/reset-password: %d %s, want %d", a.Status, a.Body, want)
		}
	}
	for path, client := range map[string]*authtest.Client{"/sign-in/email": s.Client(), "/sign-out": leaving} {
		if a := client.Post(path, map[string]any{"email": "ada@example.com", "password": "password123"}); a.Status != http.StatusServiceUnavailable {
			t.Errorf("%s that Redis does not hear of: %d %s", path, a.Status, a.Body)
		}
	}
	if a := onlyInRedis.Get("/get-session"); a.Status != http.StatusServiceUnavailable {
		t.Errorf("a session that only Redis has: %d %s", a.Status, a.Body)
	}
	if a := s.Client().Post("/reset-password", map[string]any{"newPassword": "another-password", "token": "unused"}); a.Status != http.StatusServiceUnavailable {
		t.Errorf("a token that nobody can look up: %d %s", a.Status, a.Body)
	}

	back := r.restart(t) // as after FLUSHALL: it has kept nothing
	if err := storage.Ping(t.Context()); err != nil {
		t.Errorf("the first call after Redis came back: %v", err)
	}
	t.Logf("Redis is used %v after its return", time.Since(back))
	for _, key := range []string{"used", "unused"} {
		if _, ok, err := s.Verifications().Redeem(t.Context(), reset, key); ok || err != nil {
			t.Errorf("the proof %q after all is forgotten: %v, %v", key, ok, err)
		}
	}
	if a := c.Get("/get-session"); a.Status != http.StatusOK || a.Body == "null" {
		t.Errorf("a session that the database has, afterwards: %d %s", a.Status, a.Body)
	}
	for i, want := range []int{401, 401, 401, 429} {
		if a := guarded.Client().Post("/sign-in/email", wrong); a.Status != want {
			t.Errorf("guess %d after Redis came back: %d %s", i+1, a.Status, a.Body)
		}
	}
}

var reset = verification.Purpose{Prefix: "outage-", Shape: verification.IsID}

// What was used stays used when Redis forgets all, wherever proofs and sessions
// are kept.
func TestNothingComesBackAfterFLUSHALL(t *testing.T) {
	t.Parallel()
	for name, both := range map[string]bool{"only in Redis": false, "in the database too": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := startSingle(t)
			s := authtest.New(t, func(o *core.Options) {
				o.SecondaryStorage = r.open(t, patient())
				o.Session.StoreSessionInDatabase, o.Verification.StoreInDatabase = both, both
			})
			for _, key := range []string{"used", "unused"} {
				if _, err := s.Verifications().Create(t.Context(), reset, key, "user", s.Clock.Now().Add(time.Hour)); err != nil {
					t.Fatal(err)
				}
			}
			if _, ok, err := s.Verifications().Redeem(t.Context(), reset, "used"); !ok || err != nil {
				t.Fatal(ok, err)
			}
			left, stays := s.Client(), s.Client()
			ended := left.SignUp("ada@example.com", "password123").Text(t, "token")
			going := stays.Post("/sign-in/email", map[string]any{"email": "ada@example.com", "password": "password123"}).Text(t, "token")
			if a := left.Post("/sign-out", nil); a.Status != http.StatusOK {
				t.Fatalf("sign-out: %d %s", a.Status, a.Body)
			}
			r.cli(t, "FLUSHALL")
			for key, want := range map[string]bool{"used": false, "unused": both} {
				for _, want := range []bool{want, false} {
					if _, ok, err := s.Verifications().Redeem(t.Context(), reset, key); ok != want || err != nil {
						t.Errorf("the proof %q: %v, %v, want %v", key, ok, err, want)
					}
				}
			}
			for token, want := range map[string]bool{ended: false, going: both} {
				if _, alive, err := s.Sessions().ByToken(t.Context(), token); alive != want || err != nil {
					t.Errorf("the session %q: %v, %v, want %v", token, alive, err, want)
				}
			}
		})
	}
}
