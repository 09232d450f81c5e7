package main

import (
	"slices"
	"strings"
	"testing"
)

func TestSessionsAreSharedOutAmongUsers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sessions     int
		organization bool
		users        int
		signers      int
	}{
		{1_000_000, false, 250_000, 1000},
		{1000, false, 250, 250},
		{1, false, 1, 1},
		{4, true, members, members},
	} {
		f := newFill(c.sessions, "salt:key", c.organization)
		if f.users != c.users || f.signers() != c.signers {
			t.Errorf("%d sessions: %d users, %d with a password; want %d and %d", c.sessions, f.users, f.signers(), c.users, c.signers)
		}
		text := strings.Join(f.statements(), ";")
		if strings.Contains(text, "insert into organization") != c.organization {
			t.Errorf("the organization is not as wanted: %v", c.organization)
		}
	}
}

func TestSampledRowsAreSpreadOverAll(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n, count int
		want     []int
	}{
		{10, 5, []int{1, 3, 5, 7, 9}},
		{3, 100, []int{1, 2, 3}},
		{1_000_000, 2, []int{1, 500_001}},
	} {
		if got := sampled(c.n, c.count); !slices.Equal(got, c.want) {
			t.Errorf("%d of %d are %v, want %v", c.count, c.n, got, c.want)
		}
	}
}

func TestNothingOfTheFillIsCleanedAway(t *testing.T) {
	t.Parallel()
	for _, s := range cleaning() {
		if strings.HasPrefix(s, "delete") && !strings.HasSuffix(s, "where id not like 'bench%'") {
			t.Errorf("%q removes more than was added", s)
		}
	}
	for _, s := range newFill(4, "salt:key", true).statements() {
		if strings.HasPrefix(s, "insert") && !strings.Contains(s, "'bench") {
			t.Errorf("%q makes rows whose ids do not begin with bench", s)
		}
	}
}
