package cookies_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/core/cookies"
)

func put(t *testing.T, jar *cookies.Jar, name, value string) {
	t.Helper()
	if err := jar.Set(cookies.Cookie{Name: name, Value: value}); err != nil {
		t.Fatal(err)
	}
}

func TestTheJarKeepsTheLastOfEachNameInItsPlace(t *testing.T) {
	var jar cookies.Jar
	put(t, &jar, "a", "1")
	put(t, &jar, "b", "2")
	put(t, &jar, "a", "3")
	put(t, &jar, "A", "4")
	if diff := cmp.Diff([]string{"b=2", "a=3", "A=4"}, jar.Lines()); diff != "" {
		t.Error(diff)
	}
	if c, ok := jar.Get("a"); !ok || c.Value != "3" {
		t.Errorf("Get = %+v, %v", c, ok)
	}
}

func TestACookieThatIsTakenBackIsNotMentioned(t *testing.T) {
	var jar cookies.Jar
	put(t, &jar, "a", "1")
	put(t, &jar, "b", "2")
	if !jar.Remove("a") || jar.Remove("a") {
		t.Error("Remove does not tell whether there was one")
	}
	if _, ok := jar.Get("a"); ok {
		t.Error("it is still there")
	}
	if diff := cmp.Diff([]string{"b=2"}, jar.Lines()); diff != "" {
		t.Error(diff)
	}
}

func TestTakingBackAChunkedCookieTakesItsChunks(t *testing.T) {
	var jar cookies.Jar
	for _, name := range []string{"a", "a.0", "a.12", "a.x", "a.0.1", "ab", "a.01", "b"} {
		put(t, &jar, name, "1")
	}
	jar.RemoveChunked("a")
	if diff := cmp.Diff([]string{"a.x=1", "a.0.1=1", "ab=1", "a.01=1", "b=1"}, jar.Lines()); diff != "" {
		t.Error(diff)
	}
}

func TestTheJarReplacesHeadersOfItsNamesOnly(t *testing.T) {
	h := http.Header{"Set-Cookie": {"a=old; Path=/", "b=kept", "ab=kept"}}
	var jar cookies.Jar
	jar.WriteTo(h)
	put(t, &jar, "a", "new")
	put(t, &jar, "c", "new")
	jar.WriteTo(h)
	if diff := cmp.Diff([]string{"b=kept", "ab=kept", "a=new", "c=new"}, h["Set-Cookie"]); diff != "" {
		t.Error(diff)
	}
}

func TestWhatWouldBreakTheHeaderIsRefused(t *testing.T) {
	good := cookies.Cookie{Name: "a", Value: "b"}
	for name, change := range map[string]func(*cookies.Cookie){
		"an empty name":                  func(c *cookies.Cookie) { c.Name = "" },
		"a name with a line break":       func(c *cookies.Cookie) { c.Name = "a\r\nSet-Cookie: b" },
		"a name with a semicolon":        func(c *cookies.Cookie) { c.Name = "a;b" },
		"a name with an equals sign":     func(c *cookies.Cookie) { c.Name = "a=b" },
		"a name with a space":            func(c *cookies.Cookie) { c.Name = "a b" },
		"a name that is not ASCII":       func(c *cookies.Cookie) { c.Name = "é" },
		"a value that is not UTF-8":      func(c *cookies.Cookie) { c.Value = "\xff" },
		"a path with a line break":       func(c *cookies.Cookie) { c.Path = "/\n" },
		"a path with a semicolon":        func(c *cookies.Cookie) { c.Path = "/; Domain=evil.com" },
		"a path without a slash":         func(c *cookies.Cookie) { c.Path = "auth" },
		"a path that is not ASCII":       func(c *cookies.Cookie) { c.Path = "/é" },
		"a domain with a semicolon":      func(c *cookies.Cookie) { c.Domain = "a.com; Path=/x" },
		"a domain with a line break":     func(c *cookies.Cookie) { c.Domain = "a.com\r\nX: y" },
		"a domain with a port":           func(c *cookies.Cookie) { c.Domain = "a.com:8080" },
		"a domain with an empty label":   func(c *cookies.Cookie) { c.Domain = "a..com" },
		"a domain of dots":               func(c *cookies.Cookie) { c.Domain = ".." },
		"a domain with a dash in front":  func(c *cookies.Cookie) { c.Domain = "-a.com" },
		"a domain that is far too long":  func(c *cookies.Cookie) { c.Domain = strings.Repeat("a.", 200) + "com" },
		"an unknown SameSite":            func(c *cookies.Cookie) { c.SameSite = "lax; Secure" },
		"more than 400 days":             func(c *cookies.Cookie) { c.MaxAge = cookies.MaxAgeLimit + time.Second },
		"a year that has no such format": func(c *cookies.Cookie) { c.Expires = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		c := good
		change(&c)
		var jar cookies.Jar
		if err := jar.Set(c); !errors.Is(err, cookies.ErrInvalid) || len(jar.Lines()) != 0 {
			t.Errorf("%s: %v with lines %q, want ErrInvalid", name, err, jar.Lines())
		}
	}
}

func TestBrowsersDemandSecureWithSomeAttributes(t *testing.T) {
	for name, tc := range map[string]struct {
		cookie cookies.Cookie
		want   string
	}{
		"partitioned":               {cookies.Cookie{Name: "a", Attributes: cookies.Attributes{Partitioned: true}}, "a=; Secure; Partitioned"},
		"none":                      {cookies.Cookie{Name: "a", Attributes: cookies.Attributes{SameSite: "None"}}, "a=; Secure; SameSite=None"},
		"a prefix in small letters": {cookies.Cookie{Name: "__host-a", Attributes: cookies.Attributes{Domain: "x.com"}}, "__host-a=; Path=/; Secure"},
		"a deletion":                {cookies.Cookie{Name: "a", Value: "b", Attributes: cookies.Attributes{MaxAge: time.Hour, Path: "/", Expires: time.Unix(1, 0)}}.Expired(), "a=; Max-Age=0; Path=/"},
	} {
		if got, err := tc.cookie.Serialize(); got != tc.want || err != nil {
			t.Errorf("%s: %q, %v; want %q", name, got, err, tc.want)
		}
	}
}
