package origin_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/origin"
)

// recording is what testdata/verdicts.mjs saw upstream do.
type recording struct {
	Version  string
	Verdicts []struct {
		Patterns    []string
		Target      string
		URL, Origin bool
	}
	Mixture []struct {
		Target string
		URL    bool
	}
	URLs []struct {
		Input, Scheme, Host, Origin string
		Userinfo                    bool
	}
	StaticBases []struct {
		URL, Path string
		Base      *string
	}
	HostPatterns []struct {
		Host, Pattern string
		Allowed       bool
	}
	Dynamic []struct {
		Config  dynamicConfig
		Headers map[string]string
		Trust   bool
		Base    *string
	}
	Origins []struct {
		BaseURL json.RawMessage
		Origins []string
	}
}

type dynamicConfig struct {
	AllowedHosts       []string
	Fallback, Protocol string
}

func recorded(t testing.TB) recording {
	t.Helper()
	data, err := os.ReadFile("testdata/verdicts.json")
	if err != nil {
		t.Fatal(err)
	}
	var r recording
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	if r.Version != "1.6.9" {
		t.Fatalf("recorded from %s, want the pin", r.Version)
	}
	return r
}

// standard are the trusted origins that the lists of targets are written for.
var standard = []string{"http://localhost:3000", "https://*.example.com", "myapp://", "https://app.example.com"}

func newMatcher(t testing.TB, patterns ...string) *origin.Matcher {
	t.Helper()
	m, err := origin.NewMatcher(patterns)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// intended are the targets that get another verdict than in 1.6.9.
var intended = []struct {
	reason   string
	patterns []string
	targets  []string
}{
	{
		"1.6.9 matches the raw text when a URL cannot be parsed (fixed in 1.7)", standard,
		[]string{
			"https://evil.com%2f.example.com", "https://evil.com%00.example.com", "https://evil.com%23.example.com", "https://evil.com%5c.example.com",
			"https://evil.com .example.com", "https://evil.com:80:.example.com", "https://evil.com:x.example.com", "https://evil.com／.example.com",
		},
	},
	{
		"1.6.9 matches the raw text when a URL cannot be parsed (fixed in 1.7)",
		[]string{"http://localhost:*"},
		[]string{"http://localhost:evil", "http://localhost:3000.evil.com"},
	},
	{"a blob has no origin of its own (fixed in 1.7)", standard, []string{"blob:https://a.example.com/x"}},
	{"a blob has no origin of its own (fixed in 1.7)", []string{"http://localhost:*"}, []string{"blob:http://localhost:3000/x"}},
	{
		"a URL that parsers repair is refused: control characters and blanks", standard,
		[]string{
			"https://evil.com\t.example.com", "http://localhost:3000/\r\nX: y", " http://localhost:3000", "http://localhost:3000 ",
			"http://local\thost:3000", "http://loc\nalhost:3000/x",
		},
	},
	{
		"a URL that parsers repair is refused: slashes and backslashes", standard,
		[]string{
			"http://localhost:3000/\\evil.com", "http://localhost:3000\\evil.com",
			"https:app.example.com", "https:/app.example.com", "https:///app.example.com", "https:\\\\app.example.com",
		},
	},
	{
		"a host is letters, digits, '-', '_' and '.', as DNS has it", standard,
		[]string{
			"https://.example.com", "https://a..example.com", "https://a。example.com", "https://ａ.example.com",
			"https://a!b.example.com", "https://%61.example.com", "http://%6cocalhost:3000",
		},
	},
	{
		"userinfo is refused", standard,
		[]string{
			"https://user:p@a.example.com", "https://@a.example.com", "http://user@localhost:3000/", "http://localhost:3000@localhost:3000/",
			"myapp://user@cb",
		},
	},
	{"userinfo is refused", []string{"exp://"}, []string{"exp://user@192.168.1.5:8081/x"}},
	{"userinfo is refused", []string{"exp://**"}, []string{"exp://user@192.168.1.5:8081/x"}},
	{"scheme and authority have no case (as 1.7)", standard, []string{"MYAPP://cb"}},
	{"scheme and authority have no case (as 1.7)", []string{"myapp://cb"}, []string{"myapp://CB/x"}},
	{
		"a custom scheme is compared by authority and segment, not by prefix (fixed in 1.7)",
		[]string{"myapp://cb"},
		[]string{"myapp://cb.attacker.tld", "myapp://cb@attacker.tld", "myapp://cb:80", "myapp://cbx"},
	},
	{
		"a custom scheme is compared by authority and segment, not by prefix (fixed in 1.7)",
		[]string{"myapp://host/cb"},
		[]string{"myapp://host/cbx", "myapp://host/cb/../evil", "myapp://host/cb/%2e%2e/evil", "myapp://host/cb/..%2fevil"},
	},
	{
		"a custom scheme is compared by authority and segment, not by prefix (fixed in 1.7)", extensions,
		[]string{"chrome-extension://abcdefg", "capacitor://localhost:80"},
	},
	{
		"a wildcard for addresses does not cover names (fixed in 1.7)",
		[]string{"http://192.168.*.*"},
		[]string{"http://192.168.evil.com", "http://192.168.1.evil.com", "http://192.168.1.5.evil.com"},
	},
	{
		"a wildcard for addresses does not cover names (fixed in 1.7)",
		[]string{"192.168.*.*"},
		[]string{"http://192.168.evil.com", "http://192.168.1.evil.com", "http://192.168.1.5.evil.com"},
	},
	{"a wildcard for addresses does not cover names (fixed in 1.7)", []string{"http://10.*"}, []string{"http://10.evil.com"}},
	{
		"a wildcard for hosts is about http and https",
		[]string{"*.example.com"},
		[]string{"myapp://a.example.com", "javascript://a.example.com/%0aalert(1)", "ftp://a.example.com", "ws://a.example.com"},
	},
	{
		"a wildcard for hosts is about http and https",
		[]string{"*"},
		[]string{"myapp://a.example.com", "javascript://a.example.com/%0aalert(1)", "ftp://a.example.com", "ws://a.example.com"},
	},
	{
		"a wildcard in the scheme is about http and https",
		[]string{"*://a.example.com"},
		[]string{"myapp://a.example.com", "ftp://a.example.com", "ws://a.example.com"},
	},
	{"no path is the path / (as 1.7)", []string{"exp://192.168.*.*:*/*"}, []string{"exp://192.168.1.5:8081"}},
	{
		"patterns are put into canonical form instead of matching nothing",
		[]string{"https://APP.example.com/", "https://app.example.com:443"},
		[]string{"https://app.example.com", "https://app.example.com:443", "https://APP.example.com/x"},
	},
	{"a path on this server needs no trusted origin", nil, []string{"/dashboard"}},
}

var extensions = []string{
	"chrome-extension://abcdef", "capacitor://localhost", "com.example.app:/", "file://", "https://127.0.0.1", "https://[::1]:8443",
	"https://app.example.com",
}

func TestVerdictsAreUpstreamsExceptWhereIntended(t *testing.T) {
	differences := map[string]string{}
	for _, d := range intended {
		for _, target := range d.targets {
			differences[strings.Join(d.patterns, " ")+" | "+target] = d.reason
		}
	}
	for _, v := range recorded(t).Verdicts {
		m := newMatcher(t, v.Patterns...)
		key := strings.Join(v.Patterns, " ") + " | " + v.Target
		_, differs := differences[key]
		delete(differences, key)
		if got := m.TrustsURL(v.Target); (got != v.URL) != differs {
			t.Errorf("%q trusts the URL %q: %v, upstream: %v, difference intended: %v", v.Patterns, v.Target, got, v.URL, differs)
		}
		differs = differs && !strings.HasPrefix(v.Target, "/")
		if got := m.TrustsOrigin(v.Target); (got != v.Origin) != differs {
			t.Errorf("%q trusts the origin %q: %v, upstream: %v, difference intended: %v", v.Patterns, v.Target, got, v.Origin, differs)
		}
	}
	for key, reason := range differences {
		t.Errorf("%s: listed as different (%s) and not recorded", key, reason)
	}
}

func TestNothingOfTheMixtureIsTrustedBeyondUpstream(t *testing.T) {
	m := newMatcher(t, standard...)
	trusted := 0
	for _, v := range recorded(t).Mixture {
		switch got := m.TrustsURL(v.Target); {
		case got && v.URL:
			trusted++
		case got:
			t.Errorf("%q is trusted, and not upstream", v.Target)
		case v.URL:
			u, err := origin.Parse(v.Target)
			if err == nil && !u.HasUserinfo() && u.Scheme() != "blob" {
				t.Errorf("%q is refused without need", v.Target)
			}
		}
	}
	if trusted < 200 {
		t.Errorf("only %d targets are trusted: the mixture shows nothing", trusted)
	}
}

// stricter are the URLs that Node reads and Parse refuses.
var stricter = map[string][]string{
	"control characters": {
		"ht\ntps://evil.com", "\thttps://evil.com", "https://evil.com\t.example.com", "java\nscript:alert(1)",
		"http://localhost:3000/\r\nX: y", "http://local\thost:3000", "http://loc\nalhost:3000/x",
	},
	"surrounded by blanks": {" https://evil.com", " http://localhost:3000", "http://localhost:3000 "},
	"two slashes":          {"https:evil.com", "https:/evil.com", "https:app.example.com", "https:/app.example.com"},
	"no host":              {"https:///evil.com", "https:///app.example.com"},
	"backslash": {
		"https:\\\\evil.com", "http:\\\\evil", "http://evil.com\\@localhost:3000", "https://evil.com\\.example.com",
		"http://localhost:3000/\\evil.com", "http://localhost:3000\\evil.com", "https:\\\\app.example.com", "myapp://cb\\x", "myapp://cb\\evil",
	},
	"empty label":           {"https://.example.com", "https://a..example.com", "http://a..b/", "http://.a/"},
	"percent-encoded":       {"https://%61.example.com", "http://%6cocalhost:3000", "http://a%62.de/"},
	"not ASCII":             {"https://evil。com", "https://a。example.com", "https://ａ.example.com", "http://bücher.de/", "http://ａ.de/"},
	"unexpected characters": {"https://a!b.example.com", "http://a!b/", "http://a'b/", "http://+1/"},
}

func TestParseAgreesWithTheWHATWGParserOrRefuses(t *testing.T) {
	reasons := map[string]string{}
	for reason, inputs := range stricter {
		for _, input := range inputs {
			reasons[input] = reason
		}
	}
	type parts struct {
		Scheme, Host, Origin string
		Userinfo             bool
	}
	for _, v := range recorded(t).URLs {
		u, err := origin.Parse(v.Input)
		if err != nil {
			if v.Scheme != "" && (reasons[v.Input] == "" || !strings.Contains(err.Error(), reasons[v.Input])) {
				t.Errorf("%q: %v, want %+v", v.Input, err, v)
			}
			continue
		}
		got := parts{u.Scheme(), u.Host(), u.Origin(), u.HasUserinfo()}
		want := parts{v.Scheme, v.Host, strings.TrimPrefix(v.Origin, "null"), v.Userinfo}
		if v.Scheme == "blob" {
			want.Origin = "" // a blob takes the origin of the URL inside; nothing here may
		}
		if !slices.Contains([]string{"http", "https", "ws", "wss", "ftp"}, v.Scheme) {
			want.Host = strings.ToLower(want.Host) // opaque to the standard, compared without case here
		}
		want.Userinfo = want.Userinfo || strings.Contains(v.Input, "//@") // Node does not tell an empty one
		if got != want {
			t.Errorf("Parse(%q) = %+v, want %+v", v.Input, got, want)
		}
	}
}
