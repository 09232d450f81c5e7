// Package redistest gives tests a storage of their own on a Redis that others use
// at the same time: under a fresh prefix, whose keys are removed with the test.
package redistest

import (
	"cmp"
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/gatehouse-auth/gatehouse/adapters/redis"
	"github.com/gatehouse-auth/gatehouse/core/authtest/services"
)

// patience is how long a call may take: the machine may be busy.
const patience = 30 * time.Second

// Open gives an empty storage on the Redis that services finds. A rate limit
// there goes by the clock of Redis.
func Open(t testing.TB) *redis.Storage {
	t.Helper()
	return New(t).Open(redis.Options{})
}

// Namespace is what a test has of a Redis: the keys that begin with a prefix.
type Namespace struct {
	URL, Prefix string
	// Client sees all of the Redis.
	Client rueidis.Client

	t testing.TB
}

// New makes a namespace on the Redis that services finds.
func New(t testing.TB) *Namespace {
	t.Helper()
	return At(t, services.Redis(t))
}

// At makes a namespace on the Redis of a URL.
func At(t testing.TB, url string) *Namespace {
	t.Helper()
	option, err := rueidis.ParseURL(url)
	if err != nil {
		t.Fatalf("read the URL of Redis: %v", err)
	}
	option.DisableCache = true
	client, err := rueidis.NewClient(option)
	if err != nil {
		t.Fatalf("connect to Redis: %v", err)
	}
	n := &Namespace{URL: url, Prefix: "gatehouse-test:" + rand.Text() + ":", Client: client, t: t}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), patience)
		defer cancel()
		n.each(ctx, func(node rueidis.Client, key string) error {
			return node.Do(ctx, node.B().Del().Key(key).Build()).Error()
		})
		client.Close()
	})
	return n
}

// Open opens a storage of the namespace, patient where no timeouts are set.
// Several of one namespace are what several servers have.
func (n *Namespace) Open(opts redis.Options) *redis.Storage {
	n.t.Helper()
	opts.KeyPrefix = n.Prefix
	opts.Timeout, opts.DialTimeout = cmp.Or(opts.Timeout, patience), cmp.Or(opts.DialTimeout, patience)
	s, err := redis.Open(n.t.Context(), n.URL, opts)
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(n.t.Context()), patience)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			n.t.Error(err)
		}
	})
	return s
}

// Keys are the keys of the namespace, without the prefix, in order.
func (n *Namespace) Keys() []string {
	n.t.Helper()
	var keys []string
	n.each(n.t.Context(), func(_ rueidis.Client, key string) error {
		keys = append(keys, strings.TrimPrefix(key, n.Prefix))
		return nil
	})
	slices.Sort(keys)
	return keys
}

// Advance takes the time off what the values of the namespace have left.
func (n *Namespace) Advance(d time.Duration) {
	n.t.Helper()
	ctx := n.t.Context()
	n.each(ctx, func(node rueidis.Client, key string) error {
		left, err := node.Do(ctx, node.B().Pttl().Key(key).Build()).AsInt64()
		if err != nil || left < 0 {
			return err
		}
		// One with nothing left is removed by this.
		return node.Do(ctx, node.B().Pexpire().Key(key).Milliseconds(left-d.Milliseconds()).Build()).Error()
	})
}

// each calls a function with every key of the namespace, on the server that has
// it.
func (n *Namespace) each(ctx context.Context, do func(node rueidis.Client, key string) error) {
	n.t.Helper()
	for address, node := range n.Client.Nodes() {
		if role, err := node.Do(ctx, node.B().Role().Build()).ToArray(); err == nil && len(role) > 0 {
			if name, _ := role[0].ToString(); name != "master" {
				continue
			}
		}
		seen := map[string]bool{}
		for cursor := uint64(0); ; {
			page, err := node.Do(ctx, node.B().Scan().Cursor(cursor).Match(escape(n.Prefix)+"*").Count(1000).Build()).AsScanEntry()
			if err != nil {
				n.t.Errorf("look for the keys of the test at %s: %v", address, err)
				return
			}
			for _, key := range page.Elements {
				if seen[key] {
					continue
				}
				seen[key] = true
				if err := do(node, key); err != nil {
					n.t.Errorf("a key of the test at %s: %v", address, err)
					return
				}
			}
			if cursor = page.Cursor; cursor == 0 {
				break
			}
		}
	}
}

// escape makes of a text the glob pattern that only it matches.
func escape(text string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`).Replace(text)
}
