package secondarytest

import (
	"testing"
	"time"
)

func compareTests(t *testing.T, open Open) {
	for _, c := range []struct {
		name      string
		there     string // before, "" for nothing
		old, next string
		done      bool
		after     string
	}{
		{"nothing is there and nothing is wanted", "", "", "new", true, "new"},
		{"nothing is there and a value is wanted", "", "old", "new", false, ""},
		{"the value that is wanted is there", "old", "old", "new", true, "new"},
		{"another value is there", "other", "old", "new", false, "other"},
		{"a value is there and nothing is wanted", "old", "", "new", false, "old"},
		{"a value is there that begins like the wanted one", "older", "old", "new", false, "older"},
		{"the wanted value is written in other case", "OLD", "old", "new", false, "OLD"},
		{"the number is the same and the text is not", "1.0", "1", "2", false, "1.0"},
		{"the value stays the same", "old", "old", "old", true, "old"},
		{"the value that is wanted is deleted", "old", "old", "", true, ""},
		{"another value is not deleted", "other", "old", "", false, "other"},
		{"nothing is deleted where nothing is wanted", "", "", "", true, ""},
		{"nothing is wanted and a value is not deleted", "old", "", "", false, "old"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := open.begin(t)
			if c.there != "" {
				f.set("key", c.there, time.Hour)
			}
			f.set("another key", "old", time.Hour)
			if done := f.compareAndSet("key", c.old, c.next, time.Hour); done != c.done {
				t.Errorf("it says %v, want %v", done, c.done)
			}
			f.want("key", c.after)
			f.want("another key", "old")
		})
	}
	t.Run("a value that has expired is no value", func(t *testing.T) {
		f := open.begin(t)
		f.set("key", "old", 10*time.Minute)
		f.advance(20 * time.Minute)
		if f.compareAndSet("key", "old", "new", time.Hour) {
			t.Error("it was compared with an expired value")
		}
		if !f.compareAndSet("key", "", "new", time.Hour) {
			t.Error("an expired value is still there")
		}
		f.want("key", "new")
	})
	t.Run("a value that is written takes its own lifetime", func(t *testing.T) {
		f := open.begin(t)
		for key, ttl := range map[string]time.Duration{"longer": 10 * time.Minute, "shorter": 0, "endless": 10 * time.Minute} {
			f.set(key, "old", ttl)
		}
		for key, ttl := range map[string]time.Duration{"longer": time.Hour, "shorter": 10 * time.Minute, "endless": 0, "new": 10 * time.Minute} {
			old := "old"
			if key == "new" {
				old = ""
			}
			if !f.compareAndSet(key, old, "value", ttl) {
				t.Fatalf("%s was not written", key)
			}
		}
		f.advance(20 * time.Minute)
		f.want("longer", "value")
		f.want("shorter", "")
		f.want("endless", "value")
		f.want("new", "")
	})
	t.Run("a value that is not written keeps its lifetime", func(t *testing.T) {
		f := open.begin(t)
		f.set("ends", "old", 10*time.Minute)
		f.set("stays", "old", 0)
		f.compareAndSet("ends", "other", "new", 0)
		f.compareAndSet("stays", "other", "new", 10*time.Minute)
		f.advance(20 * time.Minute)
		f.want("ends", "")
		f.want("stays", "old")
	})
	t.Run("a deleted value can be claimed again", func(t *testing.T) {
		f := open.begin(t)
		f.set("key", "old", time.Hour)
		if !f.compareAndSet("key", "old", "", 0) || f.compareAndSet("key", "old", "", 0) {
			t.Error("it was not deleted exactly once")
		}
		if !f.compareAndSet("key", "", "new", time.Hour) {
			t.Error("it could not be claimed")
		}
	})
}
