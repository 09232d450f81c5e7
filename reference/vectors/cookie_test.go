package vectors_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/core/cookies"
)

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }

// text returns the JSON that a vector holds in a string.
func text(t *testing.T, quoted json.RawMessage) json.RawMessage {
	t.Helper()
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		t.Fatal(err)
	}
	return json.RawMessage(s)
}

// attributes are upstream's, as make.mjs writes them.
type attributes struct {
	MaxAge      *float64
	Expires     *int64
	Domain      string
	Path        string
	SameSite    string
	HTTPOnly    bool `json:"httpOnly"`
	Secure      bool
	Partitioned bool
}

func (a attributes) ours() cookies.Attributes {
	out := cookies.Attributes{
		Domain: a.Domain, Path: a.Path, SameSite: a.SameSite,
		HTTPOnly: a.HTTPOnly, Secure: a.Secure, Partitioned: a.Partitioned,
	}
	if a.MaxAge != nil {
		if out.MaxAge = time.Duration(*a.MaxAge * float64(time.Second)); out.MaxAge == 0 {
			out.MaxAge = -1
		}
	}
	if a.Expires != nil {
		out.Expires = time.UnixMilli(*a.Expires)
	}
	return out
}

func TestUpstreamSignedCookiesAreRead(t *testing.T) {
	for _, v := range load[struct {
		Name, Value, Header, Line string
		Keys                      keys
	}](t, "signed") {
		t.Run(v.Name, func(t *testing.T) {
			k := v.Keys.load(t)
			name, encoded, _ := strings.Cut(v.Header, "=")
			got, ok := cookies.Parse(v.Header).Signed(name, k)
			if !ok {
				t.Fatal("the signature is refused")
			}
			same(t, "value", got, v.Value)
			for i, changed := range flips(encoded) {
				if got, ok := cookies.Parse(name+"="+changed).Signed(name, k); ok {
					t.Errorf("a cookie changed at %d is read as %q", i, got)
				}
			}
			line, err := cookies.Cookie{Name: name, Value: k.Sign(v.Value), Attributes: cookies.Attributes{
				Path: "/", HTTPOnly: true, Secure: true, SameSite: cookies.SameSiteLax, MaxAge: 7 * 24 * time.Hour,
			}}.Serialize()
			if err != nil {
				t.Fatal(err)
			}
			same(t, "our line", line, v.Line)
		})
	}
}

func TestSetCookieLinesAreUpstreams(t *testing.T) {
	for _, v := range load[struct {
		Name, Cookie, Value, Line string
		Attributes                attributes
	}](t, "lines") {
		t.Run(v.Name, func(t *testing.T) {
			line, err := cookies.Cookie{Name: v.Cookie, Value: v.Value, Attributes: v.Attributes.ours()}.Serialize()
			if err != nil {
				t.Fatal(err)
			}
			same(t, "line", line, v.Line)
		})
	}
}

func TestCookieHeadersAreReadAsUpstreamReadsThem(t *testing.T) {
	for _, v := range load[struct {
		Name, Header string
		Cookies      [][2]string
	}](t, "headers") {
		t.Run(v.Name, func(t *testing.T) {
			got := [][2]string{}
			for name, value := range cookies.Parse(v.Header).All() {
				got = append(got, [2]string{name, value})
			}
			if diff := cmp.Diff(v.Cookies, got); diff != "" {
				t.Errorf("cookies (-upstream +ours):\n%s", diff)
			}
		})
	}
}
