package wire_test

import (
	"encoding/json"
	"errors"
	"math"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

type base struct {
	ID        string    `json:"id"`
	CreatedAt time.Time `json:"createdAt"`
	Shadowed  string    `json:"name"`
}

type role string

type person struct {
	base
	Name     string          `json:"name"`
	Image    *string         `json:"image"`
	Nick     *string         `json:"nick,omitempty"`
	Deleted  time.Time       `json:"deleted,omitzero"`
	Roles    []role          `json:"roles"`
	Meta     json.RawMessage `json:"meta"`
	Hidden   string          `json:"-"`
	Dash     int             `json:"-,"`
	Count    int64           `json:"count,omitempty"`
	Untagged bool
	Parent   *person      `json:"parent,omitempty"`
	Expires  *time.Time   `json:"expires"`
	Rest     *wire.Object `json:",rest"`
	private  string
}

type loopy struct {
	N    int    `json:"n"`
	Next *loopy `json:"next"`
}

type upper string

func (u upper) MarshalJSON() ([]byte, error) { return json.Marshal(strings.ToUpper(string(u))) }

type pointed struct{ _ int }

func (p *pointed) MarshalJSON() ([]byte, error) { return []byte(`"pointed"`), nil }

type failing struct{}

var errFailing = errors.New("no")

func (failing) MarshalJSON() ([]byte, error) { return nil, errFailing }

type broken struct{}

func (broken) MarshalJSON() ([]byte, error) { return []byte(`{"a":`), nil }

func TestGoValuesAreWritten(t *testing.T) {
	at := time.Date(2024, 2, 29, 1, 2, 3, 987_654_321, time.FixedZone("", 3600))
	rest := wire.NewObject()
	rest.Set("plan", "pro")
	rest.Set("name", "not this one")
	rest.Set("3", 3.0)
	image := "https://example.com/a.png?x=1&y=<2>"
	type list struct {
		P []pointed `json:"p"`
		M map[string]pointed
	}
	for name, tt := range map[string]struct {
		value any
		want  string
	}{
		"a struct in declared order, embedded fields in place": {
			&person{
				base: base{ID: "u1", CreatedAt: at, Shadowed: "no"}, Name: "A", Image: &image, Roles: []role{"x"},
				Meta: json.RawMessage(`{ "a" : 1 }`), Hidden: "h", Dash: 1, Untagged: true, Expires: &at, Rest: rest, private: "p",
			},
			`{"id":"u1","createdAt":"2024-02-29T00:02:03.987Z","name":"A","image":"https://example.com/a.png?x=1&y=<2>",` +
				`"roles":["x"],"meta":{ "a" : 1 },"-":1,"Untagged":true,"expires":"2024-02-29T00:02:03.987Z","3":3,"plan":"pro"}`,
		},
		"an empty struct of the same type": {
			person{},
			`{"id":"","createdAt":"0001-01-01T00:00:00.000Z","name":"","image":null,"roles":null,"meta":null,"-":0,"Untagged":false,"expires":null}`,
		},
		"a recursive struct": {
			struct{ P *loopy }{&loopy{N: 1, Next: &loopy{N: 2}}},
			`{"P":{"n":1,"next":{"n":2,"next":null}}}`,
		},
		"a map in JavaScript's order":               {map[string]int{"b": 1, "10": 2, "9": 3, "a": 4, "": 5}, `{"9":3,"10":2,"":5,"a":4,"b":1}`},
		"a map with integer keys":                   {map[int]string{10: "x", 9: "y", -1: "z"}, `{"9":"y","10":"x","-1":"z"}`},
		"a nil map":                                 {map[string]int(nil), `null`},
		"an empty slice":                            {[]string{}, `[]`},
		"a typed nil pointer":                       {(*person)(nil), `null`},
		"a nil object":                              {(*wire.Object)(nil), `null`},
		"an object by value":                        {struct{ O wire.Object }{}, `{"O":{}}`},
		"large integers keep their digits":          {[]any{int64(math.MaxInt64), uint64(math.MaxUint64), 7, int8(-3)}, `[9223372036854775807,18446744073709551615,7,-3]`},
		"a float32 is printed as short as it can":   {float32(0.1), `0.1`},
		"a marshaler":                               {[]any{upper("a<b"), []upper{"c"}}, `["A\u003cB",["C"]]`},
		"a text marshaler":                          {netip.MustParseAddr("::1"), `"::1"`},
		"a marshaler on a pointer":                  {&pointed{}, `"pointed"`},
		"a marshaler on a pointer, reached as item": {list{P: make([]pointed, 1), M: map[string]pointed{"x": {}}}, `{"p":["pointed"],"M":{"x":{}}}`},
		"an empty raw message":                      {json.RawMessage{}, `null`},
		"invalid UTF-8":                             {"a\xffb\xc0\xafc", `"a` + "\ufffd" + `b` + "\ufffd\ufffd" + `c"`},
		"an array":                                  {[2]bool{true, false}, `[true,false]`},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, written(t, tt.value)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatHasNoJSONFormIsAnError(t *testing.T) {
	type loop struct {
		Next *loop `json:"next"`
	}
	ring := &loop{}
	ring.Next = ring
	self := wire.NewObject()
	self.Set("self", self)
	list := []any{nil}
	list[0] = list
	for name, v := range map[string]any{
		"bytes":                           []byte("secret"),
		"bytes in a struct":               struct{ B []byte }{[]byte("secret")},
		"an array of bytes":               [4]byte{},
		"a channel":                       make(chan int),
		"a function":                      func() {},
		"a complex number":                1i,
		"a map with keys of no name":      map[float64]int{1: 1},
		"a cycle of pointers":             ring,
		"an object inside itself":         self,
		"a list inside itself":            list,
		"an invalid raw message":          json.RawMessage(`{"a":secret}`),
		"a marshaler that writes rubbish": broken{},
		"a marshaler that fails":          failing{},
		"the option string": struct {
			N int `json:"n,string"`
		}{},
		"the option rest on another type": struct {
			M map[string]any `json:",rest"`
		}{},
	} {
		t.Run(name, func(t *testing.T) {
			b, err := wire.Marshal([]any{v})
			if err == nil {
				t.Fatalf("written as %s", b)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error repeats the value: %v", err)
			}
		})
	}
	if _, err := wire.Marshal(failing{}); !errors.Is(err, errFailing) {
		t.Errorf("the marshaler's own error is lost: %v", err)
	}
}

// Where JavaScript and encoding/json agree, so do we.
func TestStructsAreWrittenAsEncodingJSONWritesThem(t *testing.T) {
	type inner struct {
		A int     `json:"a,omitempty"`
		B *string `json:"b,omitzero"`
	}
	type sample struct {
		inner
		S string            `json:"s"`
		N int64             `json:"n"`
		L []inner           `json:"l"`
		M map[string]string `json:"m,omitempty"`
		P *inner            `json:"p,omitempty"`
		A bool              `json:"a"`
	}
	gen := rapid.Custom(func(t *rapid.T) inner {
		in := inner{A: rapid.IntRange(0, 2).Draw(t, "a")}
		if rapid.Bool().Draw(t, "b") {
			s := rapid.StringMatching(`[a-z"\\\n]*`).Draw(t, "text")
			in.B = &s
		}
		return in
	})
	rapid.Check(t, func(t *rapid.T) {
		v := sample{
			inner: gen.Draw(t, "inner"), S: rapid.StringMatching(`[a-zé\t]*`).Draw(t, "s"), N: rapid.Int64().Draw(t, "n"),
			L: rapid.SliceOf(gen).Draw(t, "l"), M: rapid.MapOf(rapid.StringMatching(`[a-z]+`), rapid.StringMatching(`[a-z]*`)).Draw(t, "m"),
			A: rapid.Bool().Draw(t, "flag"),
		}
		if rapid.Bool().Draw(t, "p") {
			in := gen.Draw(t, "pointed")
			v.P = &in
		}
		want, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		got, err := wire.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Fatalf("(-encoding/json +wire):\n%s", diff)
		}
	})
}

func TestAppendKeepsWhatIsThere(t *testing.T) {
	b, err := wire.Append([]byte("x="), []string{"a"})
	if err != nil || string(b) != `x=["a"]` {
		t.Errorf("got %s, %v", b, err)
	}
}

func TestPlansAreSharedByConcurrentCallers(t *testing.T) {
	type node struct {
		Name     string           `json:"name"`
		Children []node           `json:"children"`
		ByName   map[string]*node `json:"byName"`
	}
	v := node{Name: "a", Children: []node{{Name: "b"}}, ByName: map[string]*node{"c": {Name: "c"}}}
	const want = `{"name":"a","children":[{"name":"b","children":null,"byName":null}],"byName":{"c":{"name":"c","children":null,"byName":null}}}`
	results := make(chan string)
	for range 8 {
		go func() {
			b, err := wire.Marshal(v)
			if err != nil {
				results <- err.Error()
				return
			}
			results <- string(b)
		}()
	}
	for range 8 {
		if got := <-results; got != want {
			t.Errorf("got %s", got)
		}
	}
}

// sessionAnswer has the shape of what get-session returns.
type sessionAnswer struct {
	Session struct {
		ExpiresAt time.Time `json:"expiresAt"`
		Token     string    `json:"token"`
		CreatedAt time.Time `json:"createdAt"`
		UpdatedAt time.Time `json:"updatedAt"`
		IPAddress *string   `json:"ipAddress"`
		UserAgent *string   `json:"userAgent"`
		UserID    string    `json:"userId"`
		ID        string    `json:"id"`
	} `json:"session"`
	User struct {
		Name          string       `json:"name"`
		Email         string       `json:"email"`
		EmailVerified bool         `json:"emailVerified"`
		Image         *string      `json:"image"`
		CreatedAt     time.Time    `json:"createdAt"`
		UpdatedAt     time.Time    `json:"updatedAt"`
		ID            string       `json:"id"`
		Extra         *wire.Object `json:",rest"`
	} `json:"user"`
}

func sampleAnswer() *sessionAnswer {
	at := time.Date(2026, 1, 2, 3, 4, 5, 678_000_000, time.UTC)
	agent := "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"
	a := &sessionAnswer{}
	a.Session.ExpiresAt, a.Session.CreatedAt, a.Session.UpdatedAt = at, at, at
	a.Session.Token, a.Session.UserID, a.Session.ID = "0123456789abcdefghijklmnopqrstuv", "Uabcdefghijklmnopqrstuvwxyz01234", "S0123"
	a.Session.UserAgent = &agent
	a.User.Name, a.User.Email, a.User.ID = "Ada Lovelace", "ada@example.com", a.Session.UserID
	a.User.CreatedAt, a.User.UpdatedAt = at, at
	return a
}

func BenchmarkMarshalSession(b *testing.B) {
	a := sampleAnswer()
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		var err error
		if buf, err = wire.Append(buf[:0], a); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMarshalSessionEncodingJSON(b *testing.B) {
	a := sampleAnswer()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := json.Marshal(a); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecodeSignUp(b *testing.B) {
	body := []byte(`{"name":"Ada Lovelace","email":"ada@example.com","password":"correct horse battery","callbackURL":"/welcome","rememberMe":true}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := wire.Decode(body, wire.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}
