package secondary_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/core/secondary/secondarytest"
)

func newClock() *authtest.Clock { return authtest.NewClock(authtest.Start) }

func TestConformance(t *testing.T) {
	secondarytest.Run(t, func(*testing.T) (secondary.Storage, func(time.Duration)) {
		c := newClock()
		return secondary.NewMemory(c.Now), c.Advance
	})
}

func set(t *testing.T, m *secondary.Memory, key, value string, ttl time.Duration) {
	t.Helper()
	if err := m.Set(t.Context(), key, value, ttl); err != nil {
		t.Fatal(err)
	}
}

func TestALifetimeEndsToTheMillisecond(t *testing.T) {
	c := newClock()
	m := secondary.NewMemory(c.Now)
	set(t, m, "key", "a", 1500*time.Millisecond)
	c.Advance(1499 * time.Millisecond)
	if all := m.All(); all["key"] != "a" {
		t.Errorf("a millisecond before: %v", all)
	}
	c.Advance(time.Millisecond)
	if all := m.All(); len(all) != 0 {
		t.Errorf("at the end: %v", all)
	}
}

func TestTheSystemsClockIsTheDefault(t *testing.T) {
	m := secondary.NewMemory(nil)
	set(t, m, "ends", "a", time.Hour)
	set(t, m, "over", "b", -1)
	if all := m.All(); !maps.Equal(all, map[string]string{"ends": "a"}) {
		t.Errorf("%v", all)
	}
}

// Whatever came in a flood leaves with half as many writes, without a sweep
// that would hold everybody up.
func TestExpiredValuesLeaveAsOthersAreWritten(t *testing.T) {
	const flood = 1000
	for name, write := range map[string]func(m *secondary.Memory, i int) error{
		"as others are set":   func(m *secondary.Memory, i int) error { return m.Set(t.Context(), fmt.Sprintf("new %d", i), "v", 0) },
		"as one is set again": func(m *secondary.Memory, _ int) error { return m.Set(t.Context(), "one", "v", time.Minute) },
		"as others are claimed": func(m *secondary.Memory, i int) error {
			_, err := m.CompareAndSet(t.Context(), fmt.Sprintf("new %d", i), "", "v", time.Hour)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClock()
			m := secondary.NewMemory(c.Now)
			set(t, m, "live", "v", time.Hour)
			set(t, m, "endless", "v", 0)
			for i := range flood {
				set(t, m, fmt.Sprintf("%d", i), "v", time.Duration(i+1)*time.Millisecond)
			}
			c.Advance(10 * time.Second)
			before := m.Len()
			for i := range flood / 2 {
				if err := write(m, i); err != nil {
					t.Fatal(err)
				}
				if got, want := m.Len(), before-2*(i+1)+(i+1); got > want {
					t.Fatalf("after %d writes %d values are held, want at most %d", i+1, got, want)
				}
			}
			all := m.All()
			if len(all) != m.Len() {
				t.Errorf("%d values are held, of which %d have not expired", m.Len(), len(all))
			}
			if all["live"] != "v" || all["endless"] != "v" {
				t.Error("a value that has not expired was dropped")
			}
		})
	}
}

func TestValuesThatHaveNotExpiredAreNeverDropped(t *testing.T) {
	c := newClock()
	m := secondary.NewMemory(c.Now)
	for i := range 500 {
		set(t, m, fmt.Sprintf("%d", i), "v", time.Hour+time.Duration(500-i)*time.Second)
	}
	c.Advance(time.Hour)
	if n := len(m.All()); n != 500 || m.Len() != 500 {
		t.Errorf("%d values, %d held", n, m.Len())
	}
}

var errNext = errors.New("no")

func TestChange(t *testing.T) {
	for _, c := range []struct {
		name  string
		next  func(old string) (string, time.Duration, bool, error)
		err   error
		after string
	}{
		{"writes what it is given", func(old string) (string, time.Duration, bool, error) { return old + "b", time.Hour, true, nil }, nil, "ab"},
		{"deletes on nothing", func(string) (string, time.Duration, bool, error) { return "", 0, true, nil }, nil, ""},
		{"leaves everything when it shall not keep", func(string) (string, time.Duration, bool, error) { return "b", time.Hour, false, nil }, nil, "a"},
		{"leaves everything on an error", func(string) (string, time.Duration, bool, error) { return "b", time.Hour, true, errNext }, errNext, "a"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := secondary.NewMemory(nil)
			set(t, m, "key", "a", time.Hour)
			if err := secondary.Change(t.Context(), m, "key", c.next); !errors.Is(err, c.err) {
				t.Errorf("error %v, want %v", err, c.err)
			}
			if got := m.All()["key"]; got != c.after {
				t.Errorf("%q is there, want %q", got, c.after)
			}
		})
	}
}

func TestAChangeStartsOverWhenSomebodyWasFaster(t *testing.T) {
	m, seen := secondary.NewMemory(nil), []string(nil)
	err := secondary.Change(t.Context(), m, "key", func(old string) (string, time.Duration, bool, error) {
		if seen = append(seen, old); len(seen) < 3 {
			set(t, m, "key", fmt.Sprintf("faster %d", len(seen)), time.Hour)
		}
		return old + ", then us", time.Hour, true, nil
	})
	if err != nil || len(seen) != 3 || m.All()["key"] != "faster 2, then us" {
		t.Errorf("it saw %q and left %q (%v)", seen, m.All()["key"], err)
	}
}

func TestAChangeThatNeverWinsEndsWithItsContext(t *testing.T) {
	m, n := secondary.NewMemory(nil), 0
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := secondary.Change(ctx, m, "key", func(string) (string, time.Duration, bool, error) {
		if n++; n == 5 {
			cancel()
		}
		set(t, m, "key", fmt.Sprintf("faster %d", n), time.Hour)
		return "us", time.Hour, true, nil
	})
	if !errors.Is(err, context.Canceled) || n != 5 {
		t.Errorf("after %d attempts: %v", n, err)
	}
}
