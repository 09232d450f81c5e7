package secondarytest

import (
	"math"
	"testing"
	"time"
)

func expiryTests(t *testing.T, open Open) {
	t.Run("a value is there until its lifetime is over", func(t *testing.T) {
		f := open.begin(t)
		f.set("short", "a", 10*time.Minute)
		f.set("long", "b", 30*time.Minute)
		f.advance(5 * time.Minute)
		f.want("short", "a")
		f.advance(10 * time.Minute)
		f.want("short", "")
		f.want("long", "b")
		f.advance(20 * time.Minute)
		f.want("long", "")
	})
	t.Run("a value without a lifetime stays", func(t *testing.T) {
		f := open.begin(t)
		f.set("key", "a", 0)
		f.advance(10 * 365 * 24 * time.Hour)
		f.want("key", "a")
	})
	t.Run("a lifetime that is over when it begins leaves nothing", func(t *testing.T) {
		f := open.begin(t)
		f.set("set", "a", 0)
		f.set("set", "b", -time.Second)
		f.want("set", "")
		f.set("compared", "a", 0)
		if !f.compareAndSet("compared", "a", "b", math.MinInt64) {
			t.Error("the value was not the one that was there")
		}
		f.want("compared", "")
	})
	t.Run("a lifetime of less than a millisecond ends", func(t *testing.T) {
		f := open.begin(t)
		f.set("set", "a", time.Nanosecond)
		f.compareAndSet("compared", "", "a", time.Nanosecond)
		f.advance(time.Minute)
		f.want("set", "")
		f.want("compared", "")
	})
	t.Run("a lifetime of ten years is kept", func(t *testing.T) {
		f := open.begin(t)
		f.set("key", "a", 10*365*24*time.Hour)
		f.advance(9 * 365 * 24 * time.Hour)
		f.want("key", "a")
	})
	t.Run("writing again starts another lifetime", func(t *testing.T) {
		f := open.begin(t)
		f.set("longer", "a", 10*time.Minute)
		f.set("shorter", "a", 60*time.Minute)
		f.set("endless", "a", 10*time.Minute)
		f.advance(5 * time.Minute)
		f.set("longer", "b", 20*time.Minute)
		f.set("shorter", "b", 10*time.Minute)
		f.set("endless", "b", 0)
		f.advance(15 * time.Minute)
		f.want("longer", "b")
		f.want("shorter", "")
		f.want("endless", "b")
	})
	t.Run("a key can be used again after its value has expired", func(t *testing.T) {
		f := open.begin(t)
		f.set("key", "a", 10*time.Minute)
		f.advance(20 * time.Minute)
		f.set("key", "b", 10*time.Minute)
		f.want("key", "b")
		f.advance(20 * time.Minute)
		f.want("key", "")
	})
	t.Run("a deleted value leaves no lifetime behind", func(t *testing.T) {
		f := open.begin(t)
		f.set("key", "a", 10*time.Minute)
		f.remove("key")
		f.set("key", "b", 0)
		f.advance(20 * time.Minute)
		f.want("key", "b")
	})
}
