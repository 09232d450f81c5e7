package origin_test

import (
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/origin"
)

func TestTrustsURL(t *testing.T) {
	m := newMatcher(t, standard...)
	for name, targets := range map[string]struct {
		trusted bool
		targets []string
	}{
		"refuses network-path references": {false, []string{
			"//evil.com", "///evil.com", `/\evil.com`, `/\\evil.com`, `\\evil.com`, "//localhost:3000", "/\t/evil.com", "/\n/evil.com",
		}},
		"refuses encoded network-path references in either case": {false, []string{
			"/%2f%2fevil.com", "/%2F%2Fevil.com", "/%2fevil.com", "/%2F/evil.com", "/%5cevil.com", "/%5Cevil.com", "/%252f%252fevil.com", "/%09/evil.com",
		}},
		"refuses missing and surplus slashes": {false, []string{
			"https:evil.com", "https:/evil.com", `https:\\evil.com`, `http:\\evil`, "https:app.example.com", "https:///app.example.com", `https:\\app.example.com`,
		}},
		"refuses a trusted origin as somebody else's decoration": {false, []string{
			"http://localhost:3000@evil.com", "http://localhost:3000.evil.com", "http://localhost:30001",
			"http://evil.com#http://localhost:3000", "http://evil.com/?x=http://localhost:3000", `https://evil.com\.example.com`,
			"https://evil.com/.example.com", "https://evil.com?.example.com", "https://evil.com#.example.com", "https://a.example.com.evil.com",
			"http://localhost%00.evil.com:3000",
		}},
		"refuses unparsable hosts that end like a wildcard": {false, []string{
			"https://evil.com%2f.example.com", "https://evil.com%2F.example.com", "https://evil.com%5c.example.com", "https://evil.com%00.example.com", "https://evil.com .example.com",
		}},
		"refuses another scheme, host or port": {false, []string{
			"https://aexample.com", "https://example.com", "https://a.example.com:8443", "http://a.example.com", "http://127.0.0.1:3000", "http://[::1]:3000",
			"HTTPS://EVIL.COM", "https://evil。com", "https://localhost:3000",
		}},
		"refuses schemes that run script": {false, []string{
			"javascript:alert(1)", "javascript://localhost:3000/%0aalert(1)", "javascript://a.example.com/%0aalert(1)", "JAVASCRIPT:alert(1)",
			"data:text/html,x", "vbscript:x", "blob:http://localhost:3000/x", "filesystem:http://localhost:3000/x", "about:blank",
		}},
		"refuses control characters and surrounding blanks": {false, []string{
			" https://evil.com", " http://localhost:3000", "http://localhost:3000\t", "http://local\nhost:3000", "/a\r\nX: y", "http://localhost:3000/\r\nX: y",
			"/a\x00", "http://localhost:3000/\x7f", "http://localhost:3000/\u0085", "http://localhost:3000/\xff",
		}},
		"refuses userinfo": {false, []string{
			"https://user:p@a.example.com", "https://@a.example.com", "https://:@a.example.com", "myapp://a@b",
		}},
		"refuses what is no URL":              {false, []string{"", "null", "undefined", "dashboard", "./x", "../x", "?x", "#x", "localhost:3000", "*", "https://*.example.com"}},
		"refuses what 1.6.9 refuses in paths": {false, []string{"/a#b", "/path?next=https://evil.com", "/üñí", "/a b", "/a:b", "/a?b?c", "/a%20b"}},
		"accepts paths on this server": {true, []string{
			"/", "/dashboard", "/a?x=1", "/@evil.com", "/a/b.c-d_e+f", "/a?x=%2F%2Fevil.com&y=a@b.c", "/.//evil.com", "/..//evil.com", "/x/..//evil.com",
		}},
		"accepts trusted origins in every spelling browsers agree on": {true, []string{
			"http://localhost:3000", "http://LOCALHOST:3000", "http://localhost:3000/", "http://localhost:3000/a?b=https://evil.com#c", "http://localhost:03000",
			"https://a.b.example.com", "https://a.example.com:443/x", "https://app.example.com", "http://localhost:3000//evil.com", "http://localhost:3000/café",
		}},
		"accepts a custom scheme": {true, []string{"myapp://", "myapp://cb", "myapp://cb/x?y=1#z", "myapp:///x"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, target := range targets.targets {
				if got := m.TrustsURL(target); got != targets.trusted {
					t.Errorf("TrustsURL(%q) = %v", target, got)
				}
			}
		})
	}
}

func TestTrustsOriginNeverTrustsAPath(t *testing.T) {
	m := newMatcher(t, standard...)
	for _, header := range []string{"/", "/dashboard", "null", "", "*"} {
		if m.TrustsOrigin(header) {
			t.Errorf("TrustsOrigin(%q)", header)
		}
	}
	for _, header := range []string{"http://localhost:3000", "https://a.example.com", "http://localhost:3000/referring/page?x=1"} {
		if !m.TrustsOrigin(header) {
			t.Errorf("!TrustsOrigin(%q)", header)
		}
	}
}

func TestNilMatcherTrustsNothing(t *testing.T) {
	var m *origin.Matcher
	if m.TrustsOrigin("http://localhost:3000") || m.TrustsURL("/") {
		t.Error("a nil Matcher trusts something")
	}
}

func TestNewMatcherRefusesPatternsThatCannotMatch(t *testing.T) {
	for name, pattern := range map[string]string{
		"a host without a scheme":             "example.com",
		"a host and port without a scheme":    "localhost:3000",
		"an origin with a path":               "https://example.com/app",
		"an origin with a query":              "https://example.com#x",
		"an origin with userinfo":             "https://user@example.com",
		"a wildcard origin with a path":       "https://*.example.com/app",
		"a wildcard origin without a host":    "https://",
		"a host wildcard with a path":         "*.example.com/app",
		"a scheme that runs script":           "javascript://",
		"a scheme that is none":               "my app://x",
		"an origin that is not ASCII":         "https://bücher.de",
		"a control character":                 "https://a.com\n",
		"the opaque origin":                   "null",
		"a scheme wildcard without slashes":   "*:/x",
		"an address that is none":             "http://1.2.3.256",
		"data as a scheme":                    "data:",
		"a custom scheme with odd characters": "my_app://x",
	} {
		t.Run(name, func(t *testing.T) {
			m, err := origin.NewMatcher([]string{"https://kept.example.com", pattern, ""})
			if err == nil || !strings.Contains(err.Error(), "trusted origin") {
				t.Fatalf("error = %v", err)
			}
			if !m.TrustsOrigin("https://kept.example.com") {
				t.Error("the good entry was lost")
			}
		})
	}
}

func TestWithAddsToACopy(t *testing.T) {
	base := newMatcher(t, "http://localhost:3000", "*.example.com")
	more, err := base.With("https://more.example.org", "https://*.example.net")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"http://localhost:3000", "https://a.example.com", "https://more.example.org", "https://a.example.net"} {
		if !more.TrustsOrigin(s) {
			t.Errorf("%s was not added or lost", s)
		}
	}
	if base.TrustsOrigin("https://more.example.org") || base.TrustsOrigin("https://a.example.net") {
		t.Error("the original changed")
	}
	if got, err := (*origin.Matcher)(nil).With("https://a.com"); err != nil || !got.TrustsOrigin("https://a.com") {
		t.Errorf("nil.With: %v", err)
	}
	if _, err := base.With("example.com"); err == nil {
		t.Error("a bad pattern was taken")
	}
}

func TestSafeLocation(t *testing.T) {
	for name, c := range map[string]struct {
		safe    bool
		targets []string
	}{
		"takes paths and absolute URLs as they are": {true, []string{
			"/", "/a//b/../c?x=%2F#y", "/.//evil.com", "https://idp.example.com/authorize?state=a%20b", "myapp://cb?x=1", "com.example.app:/done", "http://localhost:3000/a b",
		}},
		"refuses to split the header":      {false, []string{"/a\r\nSet-Cookie: x=y", "/a\n", "/a\r", "/a\x00", "/a\t", "https://a.com/\r\n"}},
		"refuses anything outside ASCII":   {false, []string{"/é", "https://a.com/é", "/\xff", "/a\x7f", "https://bücher.de"}},
		"refuses to leave by a path":       {false, []string{"//evil.com", `/\evil.com`, `\\evil.com`, `/./\evil.com`}},
		"refuses schemes that run script":  {false, []string{"javascript:alert(1)", "JavaScript:alert(1)", "data:text/html,x", "vbscript:x", "blob:https://a.com/x"}},
		"refuses what browsers would mend": {false, []string{"https:evil.com", `https:\\evil.com`, " https://a.com", "https:///a.com"}},
		"refuses what is no target":        {false, []string{"", "dashboard", "../x", "?x"}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, target := range c.targets {
				got, err := origin.SafeLocation(target)
				if (err == nil) != c.safe || c.safe && got != target {
					t.Errorf("SafeLocation(%q) = %q, %v", target, got, err)
				}
				if err != nil && target != "" && strings.Contains(err.Error(), target) {
					t.Errorf("the error quotes the target: %v", err)
				}
			}
		})
	}
}

func TestParseErrorsDoNotQuoteTheURL(t *testing.T) {
	for _, s := range []string{"https:secret", "https://secret\\x?secret", "https://sec ret/?token=secret", "https://h:secret/", "secret"} {
		if _, err := origin.Parse(s); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("Parse(%q): %v", s, err)
		}
	}
}

func TestIsLoopback(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "localhost:3000": true, "LOCALHOST": true, "localhost.": true, "a.localhost:80": true, "*.localhost:*": true,
		"127.0.0.1": true, "127.9.9.9:1": true, "::1": true, "[::1]": true, "[::1]:3000": true, "[::ffff:127.0.0.1]:1": true,
		"": false, "example.com": false, "localhost.evil.com": false, "notlocalhost": false, "127.evil.com": false, "0.0.0.0": false, "10.0.0.1": false, "[::2]": false, "[": false,
	} {
		if got := origin.IsLoopback(host); got != want {
			t.Errorf("IsLoopback(%q) = %v", host, got)
		}
	}
}
