package redis_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/redis"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

// The rights that the README names are enough, and one that is missing is
// noticed at the start.
func TestRights(t *testing.T) {
	t.Parallel()
	r := startSingle(t)
	rights := []string{"+get", "+set", "+del", "+evalsha", "+eval", "+time", "+select"}
	open := func(name string, rights []string) (*redis.Storage, error) {
		user := append([]string{"ACL", "SETUSER", name, "on", ">" + password, "~" + redis.DefaultKeyPrefix + "*"}, rights...)
		if answer := r.cli(t, user...); answer != "OK" {
			t.Fatal(answer)
		}
		return redis.Open(t.Context(), "redis://"+name+":"+password+"@"+r.address+"/1", patient())
	}
	s, err := open("all", rights)
	if err != nil {
		t.Fatal(err)
	}
	defer closeStorage(t, s)
	if err := s.Ping(t.Context()); err != nil {
		t.Error(err)
	}
	if keys := r.cli(t, "-n", "1", "KEYS", "*"); keys != "" {
		t.Errorf("%q is left", keys)
	}
	for i, missing := range rights {
		s, err := open("no"+missing[1:], slices.Delete(slices.Clone(rights), i, i+1))
		if err == nil {
			closeStorage(t, s)
			t.Errorf("it opens without %s", missing)
			continue
		}
		if errors.Is(err, db.ErrUnavailable) || !strings.Contains(err.Error(), "refuses the user") || strings.Contains(err.Error(), password) {
			t.Errorf("without %s: %v", missing, err)
		}
	}
}
