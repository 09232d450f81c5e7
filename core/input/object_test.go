package input_test

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/input"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// everything has a field of each kind; no rule excludes any of its values.
type everything struct {
	S       string                      `json:"s"`
	B       bool                        `json:"b"`
	F       float64                     `json:"f"`
	N       int64                       `json:"n"`
	P       *string                     `json:"p"`
	PB      *bool                       `json:"pb"`
	O       input.Opt[string]           `json:"o"`
	OR      input.Opt[float64]          `json:"or,required"`
	OL      input.Opt[[]string]         `json:"ol"`
	Z       string                      `json:"z,optional"`
	ZN      int                         `json:"zn,optional"`
	L       []string                    `json:"l"`
	LO      []input.Opt[int]            `json:"lo,optional"`
	PL      *[]string                   `json:"pl"`
	E       color                       `json:"e" check:"enum=red|green"`
	T       string                      `json:"t" check:"type=string"`
	U       any                         `json:"u" check:"type=string|number|string[]"`
	A       any                         `json:"a"`
	AO      any                         `json:"ao,optional"`
	M       map[string]int              `json:"m"`
	MM      map[color][]input.Opt[bool] `json:"mm,optional"`
	R       *wire.Object                `json:"r"`
	RO      input.Opt[*wire.Object]     `json:"ro"`
	Inner   leaf                        `json:"inner"`
	Pointed *leaf                       `json:"pointed"`
	Leaves  []leaf                      `json:"leaves"`
	ByName  map[string]leaf             `json:"byName,optional"`
	Rest    *wire.Object                `json:",rest"`
	Caller  string                      `json:"-"`
}

type leaf struct {
	X string       `json:"x"`
	Y *float64     `json:"y"`
	R *wire.Object `json:",rest,loose"`
}

func anyValue(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		most := 5
		if depth == 0 {
			most = 3
		}
		switch rapid.IntRange(0, most).Draw(t, "kind") {
		case 1:
			return rapid.Bool().Draw(t, "bool")
		case 2:
			return rapid.Float64Range(-1e300, 1e300).Draw(t, "number")
		case 3:
			return rapid.String().Draw(t, "string")
		case 4:
			return append([]any{}, rapid.SliceOfN(anyValue(depth-1), 0, 3).Draw(t, "array")...)
		case 5:
			return object(depth-1).Draw(t, "object")
		}
		return nil
	})
}

func object(depth int) *rapid.Generator[*wire.Object] {
	return rapid.Custom(func(t *rapid.T) *wire.Object {
		o := wire.NewObject()
		for range rapid.IntRange(0, 3).Draw(t, "members") {
			// The keys cannot clash with a declared field.
			o.Set(rapid.StringMatching(`[A-Z0-9][a-z]?`).Draw(t, "key"), anyValue(depth).Draw(t, "value"))
		}
		return o
	})
}

func optional[T any](t *rapid.T, name string, g *rapid.Generator[T]) *T {
	if !rapid.Bool().Draw(t, name+" present") {
		return nil
	}
	v := g.Draw(t, name)
	return &v
}

func nullish[T any](t *rapid.T, name string, g *rapid.Generator[T], absent bool) input.Opt[T] {
	switch rapid.IntRange(0, 2).Draw(t, name+" state") {
	case 0:
		return input.Null[T]()
	case 1:
		if absent {
			return input.Opt[T]{}
		}
	}
	return input.Some(g.Draw(t, name))
}

func list[T any](g *rapid.Generator[T]) *rapid.Generator[[]T] {
	return rapid.Map(rapid.SliceOfN(g, 0, 3), func(l []T) []T { return append([]T{}, l...) })
}

func TestBindingTheObjectOfAnInputGivesTheInput(t *testing.T) {
	s := mustCompile[everything](t)
	text := rapid.String()
	leaves := rapid.Custom(func(t *rapid.T) leaf {
		return leaf{X: text.Draw(t, "x"), Y: optional(t, "y", rapid.Float64Range(-1, 1)), R: object(1).Draw(t, "r")}
	})
	whole := rapid.Int64Range(-(1<<53 - 1), 1<<53-1)
	rapid.Check(t, func(t *rapid.T) {
		in := everything{
			S: text.Draw(t, "s"), B: rapid.Bool().Draw(t, "b"), F: rapid.Float64Range(-1e308, 1e308).Draw(t, "f"), N: whole.Draw(t, "n"),
			P: optional(t, "p", text), PB: optional(t, "pb", rapid.Bool()),
			O: nullish(t, "o", text, true), OR: nullish(t, "or", rapid.Float64Range(0, 1), false), OL: nullish(t, "ol", list(text), true),
			Z: text.Draw(t, "z"), ZN: int(whole.Draw(t, "zn")), L: list(text).Draw(t, "l"), PL: optional(t, "pl", list(text)),
			E: rapid.SampledFrom([]color{"red", "green"}).Draw(t, "e"), T: text.Draw(t, "t"),
			U: rapid.SampledFrom([]any{"x", 1.5, []any{"a"}}).Draw(t, "u"), A: anyValue(2).Draw(t, "a"), AO: anyValue(2).Draw(t, "ao"),
			M: rapid.MapOfN(text, rapid.IntRange(-9, 9), 0, 3).Draw(t, "m"),
			R: object(2).Draw(t, "r"), RO: nullish(t, "ro", object(1), true),
			Inner: leaves.Draw(t, "inner"), Pointed: optional(t, "pointed", leaves), Leaves: list(leaves).Draw(t, "leaves"),
			Rest: object(2).Draw(t, "rest"),
		}
		if rapid.Bool().Draw(t, "more") {
			in.LO = []input.Opt[int]{input.Some(1), input.Null[int]()}
			in.MM = map[color][]input.Opt[bool]{"red": {input.Some(true), input.Null[bool]()}, "": {}}
			in.ByName = map[string]leaf{"k": leaves.Draw(t, "named")}
		}
		delete(in.M, "__proto__")

		var direct everything
		if err := s.Bind(input.Source{Body: s.ToObject(&in), HasBody: true}, &direct); err != nil {
			t.Fatal(err)
		}
		compare(t, in, direct)

		// And over the wire, where NUL has no place.
		encoded, err := wire.Marshal(s.ToObject(in))
		if err != nil {
			t.Fatal(err)
		}
		decoded, err := wire.Decode(encoded, wire.Limits{})
		if err != nil {
			return
		}
		var overWire everything
		if err := s.Bind(input.Source{Body: decoded, HasBody: true}, &overWire); err != nil {
			t.Fatal(err)
		}
		compare(t, in, overWire)
	})
}

func compare(t *rapid.T, want, got everything) {
	t.Helper()
	objects := cmp.Transformer("object", func(o *wire.Object) any {
		type member struct {
			Key   string
			Value any
		}
		if o == nil {
			return nil
		}
		members := []member{}
		for key, v := range o.All() {
			members = append(members, member{key, v})
		}
		return members
	})
	if diff := cmp.Diff(want, got, objects); diff != "" {
		t.Fatalf("(-in +bound):\n%s", diff)
	}
}

func TestAnObjectHoldsWhatAClientWouldSend(t *testing.T) {
	rest := wire.NewObject()
	rest.Set("plan", "pro")
	rest.Set("email", "another@b.co")
	rest.Set("__proto__", "x")
	image := ""
	in := signUp{Name: "n", Email: "a@b.co", Password: "p", Image: &image, Rest: rest}
	got, err := wire.Marshal(mustCompile[signUp](t).ToObject(in))
	if want := `{"name":"n","email":"a@b.co","password":"p","image":"","plan":"pro"}`; err != nil || string(got) != want {
		t.Errorf("got %s, %v; want %s", got, err, want)
	}
	if n := mustCompile[getSession](t).ToObject(getSession{}).Len(); n != 0 {
		t.Errorf("a schema without a body gives %d members", n)
	}
	defer func() {
		if recover() == nil {
			t.Error("a value of another type is taken")
		}
	}()
	mustCompile[signUp](t).ToObject(signIn{})
}
