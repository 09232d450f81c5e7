package redis_test

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/rueidis"

	"github.com/gatehouse-auth/gatehouse/adapters/redis"
	"github.com/gatehouse-auth/gatehouse/adapters/redis/redistest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/core/secondary/secondarytest"
)

// startCluster starts three masters that share the slots, and returns their URL.
func startCluster(t *testing.T) (url string, servers []*server) {
	t.Helper()
	cli := []string{"--cluster", "create"}
	var addresses []string
	for range 3 {
		port := freePort(t)
		s := startServer(t, "--port", port, "--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-require-full-coverage", "no")
		s.waitFor(t, "tcp", "127.0.0.1:"+port)
		servers, addresses = append(servers, s), append(addresses, "127.0.0.1:"+port)
	}
	cli = append(append(cli, addresses...), "--cluster-yes")
	name := client(t)
	if out, err := exec.CommandContext(t.Context(), name, cli...).CombinedOutput(); err != nil {
		t.Fatalf("create a cluster: %v\n%s", err, out)
	}
	for _, address := range addresses {
		eventually(t, func() error {
			out, err := exec.CommandContext(t.Context(), name, "-u", "redis://"+address, "cluster", "info").CombinedOutput()
			if err == nil && (!strings.Contains(string(out), "cluster_state:ok") || !strings.Contains(string(out), "cluster_known_nodes:3")) {
				err = fmt.Errorf("the cluster does not come up: %s", out)
			}
			return err
		})
	}
	return "redis://" + addresses[0] + "?addr=" + addresses[1] + "&addr=" + addresses[2], servers
}

func TestACluster(t *testing.T) {
	t.Parallel()
	url, servers := startCluster(t)
	t.Run("conformance", func(t *testing.T) {
		secondarytest.Run(t, func(t *testing.T) (secondary.Storage, func(time.Duration)) {
			n := redistest.At(t, url)
			return n.Open(redis.Options{}), n.Advance
		})
	})
	t.Run("one address is enough", func(t *testing.T) {
		n := redistest.At(t, url)
		n.URL, _, _ = strings.Cut(url, "?")
		s := n.Open(redis.Options{})
		keys := make([]string, 100)
		for i := range keys {
			keys[i] = fmt.Sprintf("key %d", i)
			if err := s.Set(t.Context(), keys[i], "v", time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		if len(n.Keys()) != len(keys) || n.Client.Mode() != rueidis.ClientModeCluster {
			t.Errorf("%d keys, mode %s", len(n.Keys()), n.Client.Mode())
		}
		// They are on all servers.
		if err := s.Delete(t.Context(), keys...); err != nil || len(n.Keys()) != 0 {
			t.Errorf("%d keys are left (%v)", len(n.Keys()), err)
		}
	})
	t.Run("limits hold", func(t *testing.T) {
		n := redistest.At(t, url)
		stores := []ratelimit.Store{n.Open(redis.Options{}).RateLimits(), n.Open(redis.Options{}).RateLimits()}
		for round := range 20 {
			var passed atomic.Int64
			together(50, func(i int) {
				if take(t, stores[i%2], fmt.Sprint(round), three, time.Now()).Allowed {
					passed.Add(1)
				}
			})
			if passed.Load() != 3 {
				t.Fatalf("round %d: %d passed", round, passed.Load())
			}
		}
	})
	t.Run("one server away takes its keys along and no others", func(t *testing.T) {
		n := redistest.At(t, url)
		s := n.Open(redis.Options{})
		servers[2].kill()
		var lost, kept int
		for i := range 60 {
			switch done, err := s.CompareAndSet(t.Context(), fmt.Sprint(i), "", "v", time.Minute); {
			case err == nil && done:
				kept++
			case errors.Is(err, db.ErrUnavailable):
				lost++
			default:
				t.Errorf("%v, %v", done, err)
			}
		}
		if lost == 0 || kept == 0 {
			t.Errorf("%d lost, %d kept", lost, kept)
		}
		servers[2].start(t)
		for i := range 60 {
			eventually(t, func() error {
				return s.Set(t.Context(), fmt.Sprint(i), "v", time.Minute)
			})
		}
	})
}
