package wire_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestObjectBehavesLikeAMapWithAnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o, model := wire.NewObject(), map[string]int{}
		var order []string // of insertion
		key := rapid.OneOf(
			rapid.Map(rapid.IntRange(0, 40), func(i int) string { return fmt.Sprintf("k%d", i) }),
			rapid.Map(rapid.IntRange(0, 40), strconv.Itoa),
			rapid.SampledFrom([]string{"", "01", "-1", "4294967294", "4294967295", "__proto__"}),
		)
		for i := range rapid.IntRange(0, 200).Draw(t, "steps") {
			k := key.Draw(t, "key")
			if rapid.IntRange(0, 3).Draw(t, "action") == 0 {
				o.Delete(k)
				delete(model, k)
				order = slices.DeleteFunc(order, func(s string) bool { return s == k })
				continue
			}
			if _, ok := model[k]; !ok {
				order = append(order, k)
			}
			o.Set(k, i)
			model[k] = i
		}
		want := slices.Clone(order)
		slices.SortStableFunc(want, func(a, b string) int { return rank(a) - rank(b) })
		if diff := cmp.Diff(want, o.Keys(), cmpEmpty); diff != "" {
			t.Fatalf("order (-want +got):\n%s", diff)
		}
		got := map[string]int{}
		for k, v := range o.All() {
			got[k] = v.(int)
		}
		if !maps.Equal(got, model) || o.Len() != len(model) {
			t.Fatalf("got %v, want %v", got, model)
		}
		for k, want := range model {
			if v, ok := o.Get(k); !ok || v != want || !o.Has(k) {
				t.Fatalf("Get(%q) = %v, %v; want %v", k, v, ok, want)
			}
		}
		if o.Has("never set") {
			t.Fatal("has a key that was never set")
		}
	})
}

var cmpEmpty = cmp.Transformer("emptyIsNil", func(s []string) []string { return append([]string{}, s...) })

// rank puts array indices before everything else, by value.
func rank(key string) int {
	n, err := strconv.ParseUint(key, 10, 64)
	if err != nil || strconv.FormatUint(n, 10) != key || n > 1<<32-2 {
		return math.MaxInt
	}
	return int(n)
}

func TestACloneIsIndependent(t *testing.T) {
	o := wire.NewObject()
	inner := wire.NewObject()
	inner.Set("x", 1.0)
	o.Set("inner", inner)
	o.Set("list", []any{inner, "a"})
	o.Set("7", "seven")
	for i := range 30 {
		o.Set(fmt.Sprintf("k%d", i), nil)
	}
	before := written(t, o)
	c := o.Clone()
	if got := written(t, c); got != before {
		t.Fatalf("the clone is %s, want %s", got, before)
	}
	v, _ := c.Get("inner")
	v.(*wire.Object).Set("x", 2.0)
	list, _ := c.Get("list")
	list.([]any)[0].(*wire.Object).Set("x", 3.0)
	list.([]any)[1] = "b"
	c.Set("7", "other")
	c.Set("k3", true)
	c.Delete("k4")
	c.Set("new", true)
	if got := written(t, o); got != before {
		t.Errorf("changing the clone changed the original: %s, was %s", got, before)
	}
}

func TestANilObjectReadsAsEmpty(t *testing.T) {
	var o *wire.Object
	o.Delete("a")
	if o.Len() != 0 || o.Has("a") || len(o.Keys()) != 0 || o.Clone() != nil {
		t.Error("a nil object is not empty")
	}
}

func TestAllStopsWhenTheCallerStops(t *testing.T) {
	o := wire.NewObject()
	for _, k := range []string{"1", "2", "a", "b"} {
		o.Set(k, nil)
	}
	for n := 1; n <= 4; n++ {
		seen := 0
		for range o.All() {
			if seen++; seen == n {
				break
			}
		}
		if seen != n {
			t.Errorf("saw %d members, want %d", seen, n)
		}
	}
}
