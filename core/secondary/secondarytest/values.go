package secondarytest

import "testing"

func valueTests(t *testing.T, open Open) {
	t.Run("what was never written is not there", func(t *testing.T) {
		f := open.begin(t)
		f.want("key", "")
	})
	t.Run("a value is read as it was written", func(t *testing.T) {
		f := open.begin(t)
		f.set("key", `{"a":1}`, 0)
		f.want("key", `{"a":1}`)
		f.want("key ", "")
		f.want("KEY", "")
		f.want("ke", "")
	})
	t.Run("a value replaces the one before", func(t *testing.T) {
		f := open.begin(t)
		f.set("key", "a longer value", 0)
		f.set("key", "b", 0)
		f.want("key", "b")
	})
	t.Run("writing nothing deletes", func(t *testing.T) {
		f := open.begin(t)
		f.set("key", "a", 0)
		f.set("key", "", 0)
		f.want("key", "")
		if !f.compareAndSet("key", "", "b", 0) {
			t.Error("something is still there")
		}
	})
	t.Run("a deleted value is gone and leaves the others", func(t *testing.T) {
		f := open.begin(t)
		for _, key := range []string{"a", "b", "c"} {
			f.set(key, "value of "+key, 0)
		}
		f.remove("a", "c", "never written", "a")
		f.want("a", "")
		f.want("b", "value of b")
		f.want("c", "")
	})
	t.Run("deleting no key is no error", func(t *testing.T) {
		f := open.begin(t)
		f.set("key", "a", 0)
		f.remove()
		f.want("key", "a")
	})
}
