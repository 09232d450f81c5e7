package wire_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/wire"
)

type appended struct{ text string }

func (a appended) AppendJSON(dst []byte) ([]byte, error) {
	if a.text == "" {
		return dst, errors.New("nothing to say")
	}
	return append(dst, a.text...), nil
}

// MarshalJSON is there for other encoders.
func (a appended) MarshalJSON() ([]byte, error) { return []byte(`"marshalled"`), nil }

var _ json.Marshaler = appended{}

func TestAValueThatAppendsItself(t *testing.T) {
	for name, c := range map[string]struct {
		v    any
		want string
	}{
		"alone":                {appended{`{"a":1}`}, `{"a":1}`},
		"by pointer":           {&appended{`1`}, `1`},
		"by a pointer to none": {(*appended)(nil), `null`},
		"in a struct":          {struct{ A appended }{appended{`[1]`}}, `{"A":[1]}`},
		"in a list":            {[]appended{{`1`}, {`2`}}, `[1,2]`},
		"in an object":         {map[string]any{"a": appended{`1`}}, `{"a":1}`},
	} {
		text, err := wire.Marshal(c.v)
		if err != nil || string(text) != c.want {
			t.Errorf("%s: %s, %v, want %s", name, text, err, c.want)
		}
	}
	if _, err := wire.Marshal([]appended{{}}); err == nil {
		t.Error("its error is lost")
	}
}

// embedding has AppendJSON from a part of it, and leaves out what that says.
type embedding struct{ appended }

func (embedding) MarshalJSON() ([]byte, error) { return []byte(`"less"`), nil }

type embeddingPointer struct{ *appended }

func (embeddingPointer) MarshalJSON() ([]byte, error) { return []byte(`"less"`), nil }

type embeddingAlone struct{ appended }

func TestAStructThatEmbedsOneIsNone(t *testing.T) {
	a := appended{`"all"`}
	for name, c := range map[string]struct {
		v    any
		want string
	}{
		"alone":                    {embedding{a}, `"less"`},
		"by pointer":               {&embedding{a}, `"less"`},
		"in a list":                {[]embedding{{a}}, `["less"]`},
		"in a struct, by pointer":  {&struct{ E embedding }{embedding{a}}, `{"E":"less"}`},
		"with a pointer":           {&embeddingPointer{&a}, `"less"`},
		"without one of its own":   {&embeddingAlone{a}, `"marshalled"`},
		"a part of it, as a field": {&struct{ A appended }{a}, `{"A":"all"}`},
	} {
		text, err := wire.Marshal(c.v)
		if err != nil || string(text) != c.want {
			t.Errorf("%s: %s, %v, want %s", name, text, err, c.want)
		}
	}
}
