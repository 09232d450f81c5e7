package origin_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/origin"
)

func addRecorded(f *testing.F) {
	f.Helper()
	r := recorded(f)
	for _, v := range r.Verdicts {
		f.Add(v.Target)
	}
	for _, v := range r.URLs {
		f.Add(v.Input)
	}
}

// FuzzMatcher holds a verdict of trust against a second, cruder reading of the
// target: plain text up to the first delimiter that any URL parser knows.
func FuzzMatcher(f *testing.F) {
	addRecorded(f)
	m := newMatcher(f, standard...)
	f.Fuzz(func(t *testing.T, s string) {
		if !m.TrustsURL(s) {
			return
		}
		if strings.ContainsAny(s, "\t\r\n\x00") {
			t.Fatalf("%q has control characters", s)
		}
		if strings.HasPrefix(s, "/") {
			if len(s) > 1 && strings.ContainsRune(`/\%`, rune(s[1])) || m.TrustsOrigin(s) {
				t.Fatalf("%q leaves this server", s)
			}
			return
		}
		scheme, rest, _ := strings.Cut(s, "://")
		authority := strings.ToLower(rest)
		if i := strings.IndexAny(authority, `/\?#`); i >= 0 {
			authority = authority[:i]
		}
		if strings.ContainsAny(authority, "@%\\") {
			t.Fatalf("%q has an ambiguous authority", s)
		}
		host, port, _ := strings.Cut(authority, ":")
		port = strings.TrimLeft(port, "0")
		switch strings.ToLower(scheme) {
		case "myapp":
		case "http":
			if host != "localhost" || port != "3000" {
				t.Fatalf("%q is not http://localhost:3000", s)
			}
		case "https":
			if !strings.HasSuffix(host, ".example.com") || port != "" && port != "443" {
				t.Fatalf("%q is not below example.com", s)
			}
		default:
			t.Fatalf("%q has no trusted scheme", s)
		}
		if location, err := origin.SafeLocation(s); err == nil && location != s {
			t.Fatalf("SafeLocation changed %q to %q", s, location)
		}
	})
}

func FuzzParse(f *testing.F) {
	addRecorded(f)
	f.Fuzz(func(t *testing.T, s string) {
		u, err := origin.Parse(s)
		if err != nil {
			return
		}
		tuple := slices.Contains([]string{"http", "https", "ws", "wss", "ftp"}, u.Scheme())
		if (u.Origin() != "") != tuple {
			t.Fatalf("Parse(%q).Origin() = %q", s, u.Origin())
		}
		if !tuple {
			return
		}
		again, err := origin.Parse(u.Origin())
		if err != nil || again.Origin() != u.Origin() || again.Host() != u.Host() || again.HasUserinfo() || again.Path() != "" {
			t.Fatalf("the origin of %q is not canonical: %q, %v", s, u.Origin(), err)
		}
	})
}

// FuzzNewMatcher holds that no pattern without a wildcard trusts two origins.
func FuzzNewMatcher(f *testing.F) {
	for _, pattern := range []string{"https://a.com", "*.a.com", "myapp://x/y", "exp://*/*", "*://*", "192.168.*", "https://a.com/", "", "a:/"} {
		f.Add(pattern, "https://a.com")
	}
	f.Fuzz(func(t *testing.T, pattern, s string) {
		m, err := origin.NewMatcher([]string{pattern})
		if m == nil {
			t.Fatal("no Matcher")
		}
		trusted := m.TrustsOrigin(s)
		if err != nil && trusted {
			t.Fatalf("the refused pattern %q trusts %q", pattern, s)
		}
		if !trusted || strings.ContainsAny(pattern, "*?") {
			return
		}
		want, err := origin.Parse(pattern)
		if err != nil {
			t.Fatalf("%q was taken: %v", pattern, err)
		}
		if got, _ := origin.Parse(s); got.Origin() != want.Origin() || got.Scheme() != want.Scheme() {
			t.Fatalf("%q trusts %q", pattern, s)
		}
	})
}
