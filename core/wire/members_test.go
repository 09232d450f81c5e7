package wire_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"testing"
	"unicode/utf8"

	"github.com/gatehouse-auth/gatehouse/core/wire"
)

func TestMembersOfAnObject(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:                                     ``,
		` { } `:                                  ``,
		`{"a":1}`:                                `a="a"=1;`,
		`{"a":{"b":[1,"}"]},"c":"\""}`:           `a="a"={"b":[1,"}"]};c="c"="\"";`,
		"\n{ \"a\" :\t[ 1 , 2 ] , \"b\":null\r}": `a="a"=[ 1 , 2 ];b="b"=null;`,
		`{"\u0061\\":-1e5,"a":true}`:             `a\="\u0061\\"=-1e5;a="a"=true;`,
		`{"a":1,"a":2}`:                          `a="a"=1;a="a"=2;`,
	} {
		list, ok := wire.Members(nil, text)
		got := ""
		for _, m := range list {
			got += fmt.Sprintf("%s=%s=%s;", m.Name, m.Text, m.Value)
		}
		if !ok || got != want {
			t.Errorf("%s: %s, %t, want %s", text, got, ok, want)
		}
	}
	for _, text := range []string{``, ` `, `1`, `"{}"`, `[]`, `null`, `{`, `{}{}`, `{"a"}`, `{"a":1,}`, `{a:1}`, "{\"a\":\"\xff\"}"} {
		if list, ok := wire.Members(nil, text); ok {
			t.Errorf("%q is taken for an object: %v", text, list)
		}
	}
}

func FuzzMembers(f *testing.F) {
	for _, seed := range []string{`{}`, `{"a":1,"b":[{"c":"}"}]}`, ` {"\u0061" : "\"" , "a":-0.1e+9 } `, `[1]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.Count(data, []byte("["))+bytes.Count(data, []byte("{")) > 200 {
			return // deeper than 256, perhaps, which only Members refuses
		}
		list, ok := wire.Members(nil, string(data))
		want, object := byTokens(data)
		if ok != (object && utf8.Valid(data)) {
			t.Fatalf("%q: an object: %t, want %t", data, ok, object)
		}
		if !ok {
			return
		}
		if len(list) != len(want) {
			t.Fatalf("%q: %d members, want %d", data, len(list), len(want))
		}
		for i, m := range list {
			if m.Name != want[i].name || m.Value != string(want[i].value) {
				t.Errorf("%q: %q=%s, want %q=%s", data, m.Name, m.Value, want[i].name, want[i].value)
			}
		}
	})
}

type tokenMember struct {
	name  string
	value json.RawMessage
}

// byTokens takes an object apart with the standard library.
func byTokens(data []byte) (list []tokenMember, ok bool) {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, false
		}
		var m tokenMember
		if m.name, ok = name.(string); !ok || d.Decode(&m.value) != nil {
			return nil, false
		}
		list = append(list, m)
	}
	if _, err := d.Token(); err != nil {
		return nil, false
	}
	_, err := d.Token()
	return list, errors.Is(err, io.EOF)
}
