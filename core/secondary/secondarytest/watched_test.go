package secondarytest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/core/secondary/secondarytest"
)

func TestWhatAWatchedRefusesDoesNotHappen(t *testing.T) {
	boom := errors.New("boom")
	refuse := false
	var seen []string
	kept := secondary.NewMemory(nil)
	s := secondarytest.Watched{Storage: kept, Before: func(_ context.Context, op string) error {
		if seen = append(seen, op); refuse {
			return boom
		}
		return nil
	}}
	calls := []func() error{
		func() error { return s.Set(t.Context(), "a", "1", 0) },
		func() error { _, err := s.Get(t.Context(), "a"); return err },
		func() error { _, err := s.CompareAndSet(t.Context(), "a", "1", "2", 0); return err },
		func() error { return s.Set(t.Context(), "b", "3", 0) },
		func() error { return s.Delete(t.Context(), "b") },
	}
	for _, refuse = range []bool{true, false} {
		for i, call := range calls {
			if err := call(); errors.Is(err, boom) != refuse {
				t.Errorf("call %d: %v", i, err)
			}
		}
		want := map[string]string{"a": "2"}
		if refuse {
			want = map[string]string{}
		}
		if diff := cmp.Diff(want, kept.All()); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	}
	ops := []string{"set", "get", "compare and set", "set", "delete"}
	if diff := cmp.Diff(append(ops, ops...), seen); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
