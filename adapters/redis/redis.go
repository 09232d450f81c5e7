// Package redis keeps secondary storage and rate limits in Redis or Valkey,
// alone, as a Cluster or behind Sentinels, with the client rueidis.
//
// Keys and values are those of Better Auth's own Redis storage, so that both can
// share one: a key is a prefix and the key of package secondary, a value is a
// string. Only the counters of rate limits are Gatehouse's own; see
// [Storage.RateLimits].
//
// A call whose outcome is not known is an error and is never repeated here: of a
// token that is used once nobody could tell whether the second try lost to
// another caller or to the first try. While Redis is away every call fails within
// [Options].Timeout, and what stands on the storage refuses. The first call after
// its return succeeds. Only where a server took connections and did not answer, one
// call each half second finds out whether it does again, and the others fail at
// once.
package redis

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
)

// DefaultKeyPrefix is upstream's.
const DefaultKeyPrefix = "better-auth:"

const (
	defaultTimeout     = 3 * time.Second
	defaultDialTimeout = time.Second
)

// Options of Open and New. The zero value is the recommendation.
type Options struct {
	// KeyPrefix stands before every key; empty means [DefaultKeyPrefix].
	KeyPrefix string
	// Timeout is how long one call may take; zero means three seconds. A server
	// that does not answer for as long counts as away.
	Timeout time.Duration
	// DialTimeout is how long a connection may take to come up; zero means one
	// second. A dial_timeout in the URL wins. New ignores it.
	DialTimeout time.Duration
	// SkipServerClock judges rate limits by the time that the caller gives and not
	// by the clock of Redis. It is for tests whose clock stands still: servers
	// whose clocks differ would let each other's clients through.
	SkipServerClock bool
}

// Storage is a secondary storage in Redis. It is safe for concurrent use.
type Storage struct {
	client  rueidis.Client
	owned   bool
	prefix  string
	timeout time.Duration
	compare *rueidis.Lua
	limits  *limits
	gate    *gate
}

var _ secondary.Storage = (*Storage)(nil)

// Open connects to the servers that a URL names (see the README of this module)
// and tries everything once, on keys that it removes: a server that takes no
// writes, or a user without the rights, is an error here and not later. The caller
// closes the Storage. No error has the URL's password in it. One of a server that
// is away matches db.ErrUnavailable.
func Open(ctx context.Context, url string, opts Options) (*Storage, error) {
	option, err := parse(url, opts)
	if err != nil {
		return nil, err
	}
	client, err := rueidis.NewClient(option)
	if err != nil {
		return nil, failed(ctx, "open", err)
	}
	s := New(client, opts)
	s.owned = true
	if err := s.check(ctx); err != nil {
		client.Close()
		return nil, err
	}
	return s, nil
}

// New uses a client of the application, which Close leaves open. The client
// should be made with DisableRetry, so that a call fails while Redis is away and
// does not wait for it; with AlwaysPipelining, so that it sees a connection break
// before the next call does; and without ConnLifetime, which repeats a command
// that was cut off. Reads must not go to replicas (SendToReplicas), which lag.
func New(client rueidis.Client, opts Options) *Storage {
	s := &Storage{
		client: client, prefix: cmp.Or(opts.KeyPrefix, DefaultKeyPrefix), timeout: cmp.Or(opts.Timeout, defaultTimeout),
		compare: rueidis.NewLuaScript(compareAndSet),
	}
	if client.Mode() != rueidis.ClientModeCluster { // whose other servers may be fine
		s.gate = &gate{}
	}
	s.limits = &limits{storage: s, consume: rueidis.NewLuaScript(consume), callersClock: opts.SkipServerClock}
	return s
}

// throwAway is what the keys begin with that only show that they can be written.
// They expire after throwAwayTime where they cannot be deleted.
const (
	throwAway     = "gatehouse-check:"
	throwAwayTime = time.Second
)

// Ping asks whether Redis takes writes: it writes a key of its own and deletes it,
// both at once. A replica, or a server without memory, fails. Of a Cluster it
// asks one of the masters, each time any of them. It is for health checks.
func (s *Storage) Ping(ctx context.Context) error {
	key := s.prefix + throwAway + rand.Text()
	commands := rueidis.Commands{
		s.client.B().Set().Key(key).Value("1").PxMilliseconds(lifetime(throwAwayTime)).Build(),
		s.client.B().Del().Key(key).Build(),
	}
	return s.call(ctx, "ping", func(ctx context.Context) error { return s.all(ctx, commands) })
}

// check takes every kind of call once, so that a server that cannot or may not run them is
// noticed before somebody signs in.
func (s *Storage) check(ctx context.Context) error {
	key := throwAway + rand.Text()
	// In full, as to a server that does not know the script, so that the right for
	// that is needed today and not after the server's next restart.
	lives := strconv.FormatInt(lifetime(throwAwayTime), 10)
	whole := s.client.B().Eval().Script(compareAndSet).Numkeys(1).Key(s.prefix+key).Arg("", "1", lives).Build()
	if err := s.call(ctx, "compare and set", func(ctx context.Context) error { return s.client.Do(ctx, whole).Error() }); err != nil {
		return err
	}
	if _, err := s.CompareAndSet(ctx, key, "1", "2", throwAwayTime); err != nil {
		return err
	}
	if _, err := s.limits.Consume(ctx, key, ratelimit.Rule{Window: throwAwayTime, Max: 1}, time.Now()); err != nil {
		return err
	}
	if _, err := s.Get(ctx, key); err != nil {
		return err
	}
	return s.Delete(ctx, key, limitPrefix+key)
}

// Close closes what Open has opened, when the calls under way are done or the
// context has ended.
func (s *Storage) Close(ctx context.Context) error {
	if !s.owned {
		return nil
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.client.Close()
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return errors.Join(errors.New("redis: the connections are still closing"), ctx.Err())
	}
}
