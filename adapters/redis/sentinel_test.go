package redis_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/adapters/redis"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// startSentinel starts a master with a replica and a sentinel, alone so that it
// is always of one mind, and returns the URL of it and of one that is not there.
func startSentinel(t *testing.T) (url string, sentinel, first, second *single) {
	t.Helper()
	first = startSingle(t)
	host, port, _ := strings.Cut(first.address, ":")
	second = startSingle(t, "--replicaof", host+" "+port)
	eventually(t, func() error { return follows(t, second) })
	own := freePort(t)
	config := filepath.Join(t.TempDir(), "sentinel.conf")
	text := fmt.Sprintf("port %s\nbind 127.0.0.1\ndir %s\nsentinel monitor main %s %s 1\nsentinel down-after-milliseconds main 1000\nsentinel failover-timeout main 10000\n",
		own, filepath.Dir(config), host, port)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	sentinel = &single{startServer(t, config, "--sentinel"), "127.0.0.1:" + own}
	sentinel.waitFor(t, "tcp", sentinel.address)
	eventually(t, func() error {
		if info := sentinel.cli(t, "INFO", "sentinel"); !strings.Contains(info, "status=ok,address="+first.address+",slaves=1") {
			return fmt.Errorf("the sentinel does not know the servers: %s", info)
		}
		// A replica is known before it was asked, and one that was not yet asked is no
		// one to promote.
		fields := strings.Fields(sentinel.cli(t, "SENTINEL", "REPLICAS", "main"))
		if at := slices.Index(fields, "master-link-status"); at < 0 || at+1 == len(fields) || fields[at+1] != "ok" {
			return fmt.Errorf("the sentinel has not heard from the replica: %s", fields)
		}
		return nil
	})
	return "redis://127.0.0.1:" + freePort(t) + "?addr=" + sentinel.address + "&master_set=main", sentinel, first, second
}

// follows tells whether a server is a replica that has what its master has.
func follows(t *testing.T, s *single) error {
	t.Helper()
	if info := s.cli(t, "INFO", "replication"); !strings.Contains(info, "role:slave") || !strings.Contains(info, "master_link_status:up") {
		return fmt.Errorf("no replica follows: %s", info)
	}
	return nil
}

func TestAFailover(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(t *testing.T, sentinel, master *single){
		"of a master that crashes": func(_ *testing.T, _, master *single) { master.kill() },
		// It keeps its connections, and for some seconds still takes what is written.
		"of a master that runs on": func(t *testing.T, sentinel, _ *single) {
			eventually(t, func() error {
				switch answer := sentinel.cli(t, "SENTINEL", "FAILOVER", "main"); {
				case answer == "OK":
					return nil
				// It calls one that did not answer it for a moment no good replica.
				case strings.HasPrefix(answer, "NOGOODSLAVE"):
					return errors.New(answer)
				default:
					t.Fatal(answer)
					return nil
				}
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, sentinel, first, second := startSentinel(t)
			s, err := redis.Open(t.Context(), url, patient())
			if err != nil {
				t.Fatal(err)
			}
			defer closeStorage(t, s)
			has := func(where *single, value string) error {
				if got := where.cli(t, "GET", redis.DefaultKeyPrefix+"key"); got != value {
					return fmt.Errorf("%s has %q, want %q", where.address, got, value)
				}
				return nil
			}
			if err := errors.Join(s.Set(t.Context(), "key", "before", time.Hour), has(first, "before")); err != nil {
				t.Fatal(err)
			}
			eventually(t, func() error { return has(second, "before") })
			begin(t, sentinel, first)
			eventually(t, func() error {
				if got := sentinel.cli(t, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", "main"); strings.Join(strings.Fields(got), ":") != second.address {
					return fmt.Errorf("the master is %s", got)
				}
				return nil
			})
			began := time.Now()
			eventually(t, func() error {
				err := s.Set(t.Context(), "key", "after", time.Hour)
				if err != nil && !errors.Is(err, db.ErrUnavailable) {
					t.Fatal(err)
				}
				return errors.Join(err, has(second, "after"))
			})
			t.Logf("the new master is used after %v", time.Since(began))
		})
	}
}
