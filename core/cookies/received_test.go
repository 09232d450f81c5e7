package cookies_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/secret"
)

// Upstream's own readings of many headers stand in the module reference.

func keys(t testing.TB) *secret.Keys {
	t.Helper()
	k, err := secret.NewKeys("kZ7nq0pTqW3yVb8sLx2mGd5hRf9cJt4u", nil, "")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestTheSecureCookieIsTheOneThatIsRead(t *testing.T) {
	set, err := cookies.New(cookies.Config{BaseURL: "https://app.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	const tossed = "better-auth.session_token=tossed"
	for header, want := range map[string]string{
		tossed: "",
		tossed + "; __Secure-better-auth.session_token=own":                                           "own",
		"__Secure-better-auth.session_token=own; " + tossed:                                           "own",
		"__secure-better-auth.session_token=tossed; __Secure-better-auth.session_token=own":           "own",
		"__Secure-better-auth.session_token=first; __Secure-better-auth.session_token=second":         "first",
		"__Host-better-auth.session_token=x; __Secure-better-auth.session_token.0=x; session_token=x": "",
		"%5F_Secure-better-auth.session_token=x; \"__Secure-better-auth.session_token\"=x":            "",
		"x=__Secure-better-auth.session_token=x;y; __Secure-better-auth.session_token =own":           "own",
		"__Secure-better-auth.session_token=; __Secure-better-auth.session_token=second":              "",
		"__Secure-better-auth.session_token=\x00x":                                                    "\x00x",
	} {
		got, ok := cookies.Parse(header).Get(set.SessionToken.Name)
		if got != want || ok != (want != "") {
			t.Errorf("%s: %q, %v; want %q", header, got, ok, want)
		}
	}
}

func TestASignedValueIsReadEncodedAndNot(t *testing.T) {
	k := keys(t)
	signed := k.Sign("token")
	encoded := strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D").Replace(signed)
	for header, want := range map[string]bool{
		"a=" + encoded:       true,
		"a=" + signed:        true,
		`a="` + signed + `"`: true,
		"a=" + strings.Replace(encoded, ".", "%2E", 1): true,
		"a=" + strings.ReplaceAll(encoded, "%", "%25"): false,
		"b=" + encoded:                  false,
		"a=" + encoded[:len(encoded)-3]: false,
		"a=token":                       false,
		"a=":                            false,
		"":                              false,
	} {
		value, ok := cookies.Parse(header).Signed("a", k)
		if ok != want || ok && value != "token" {
			t.Errorf("%s: %q, %v; want %v", header, value, ok, want)
		}
	}
}

func TestSeveralCookieLinesCountAsOne(t *testing.T) {
	r := &http.Request{Header: http.Header{"Cookie": {"a=1; b=2", "a=3; c=4"}}}
	var got []string
	for name, value := range cookies.FromRequest(r).All() {
		got = append(got, name+"="+value)
	}
	if want := "[a=1 b=2 c=4]"; fmt.Sprint(got) != want {
		t.Errorf("%v, want %s", got, want)
	}
}

func TestAFloodOfCookiesIsCutOff(t *testing.T) {
	var b strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&b, "c%d=x;", i)
	}
	r := cookies.Parse(b.String())
	if _, ok := r.Get("c511"); !ok {
		t.Error("the 512th cookie is not read")
	}
	if _, ok := r.Get("c512"); ok {
		t.Error("the 513th cookie is read")
	}
}

// However many there are, each is found, the first of a name counts, and one that
// is added disturbs none.
func TestManyCookiesAreTheSameAsFew(t *testing.T) {
	for _, n := range []int{1, 15, 16, 17, 18, 100, 511} {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "c%d=%d; ", i, i)
		}
		b.WriteString(strings.Repeat("c0=again; ", 20))
		r := cookies.Parse(b.String())
		with := r.With("more", "1").With("c0", "2")
		for i := range n {
			for _, r := range []cookies.Received{r, with} {
				if v, ok := r.Get(fmt.Sprint("c", i)); !ok || v != fmt.Sprint(i) {
					t.Errorf("%d: c%d is %q, %v", n, i, v, ok)
				}
			}
		}
		if v, ok := with.Get("more"); !ok || v != "1" {
			t.Errorf("%d: what was added is %q, %v", n, v, ok)
		}
		if _, ok := r.Get("more"); ok {
			t.Errorf("%d: what was added to one is in the other", n)
		}
	}
}

func TestNoCookiesAreNoCookies(t *testing.T) {
	var r cookies.Received
	if v, ok := r.Get(""); ok {
		t.Errorf("Get = %q", v)
	}
	if v, ok := r.Chunked("a"); ok {
		t.Errorf("Chunked = %q", v)
	}
}

func FuzzParse(f *testing.F) {
	k := keys(f)
	signed := k.Sign("token")
	for _, seed := range []string{
		"", "a=b; c=d", "a=" + signed, "a=\"x\"; a=y", ";;=;=", "a=%ff%", "a=%F0%9F%94%91", "a; b; c=d",
		"a.0=x; a.1=y", "a=" + strings.Repeat("%41", 100),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		r := cookies.Parse(header)
		seen := map[string]bool{}
		for name, value := range r.All() {
			if seen[name] {
				t.Errorf("%q comes twice", name)
			}
			seen[name] = true
			if strings.ContainsAny(name, ";=") {
				t.Errorf("a name %q", name)
			}
			if utf8.ValidString(header) && strings.Contains(value, "%") && !strings.Contains(header, "%") {
				t.Errorf("a value %q from nowhere", value)
			}
			if v, ok := r.Signed(name, k); ok && v != "token" {
				t.Errorf("%q is taken for signed", v)
			}
			if v, ok := r.Chunked(name); ok && len(v) > 64<<10 {
				t.Errorf("%d bytes are joined", len(v))
			}
		}
	})
}

// What is written must be read back.
func FuzzAValueSurvivesTheBrowser(f *testing.F) {
	for _, seed := range []string{"", "a", "a;b", `"quoted"`, "%41", "é🔑\u2028", "\x00\r\n", " a "} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		line, err := cookies.Cookie{Name: "a", Value: value}.Serialize()
		if !utf8.ValidString(value) {
			if err == nil {
				t.Errorf("%q is written", value)
			}
			return
		}
		if err != nil || strings.ContainsAny(line, "; \r\n\x00\",\\") {
			t.Errorf("%q is written as %q, %v", value, line, err)
		}
		if got, _ := cookies.Parse(line).Get("a"); got != value {
			t.Errorf("%q comes back as %q", value, got)
		}
	})
}
