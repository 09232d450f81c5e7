package routes_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/origin"
)

// Targets that lead to another site, or that some reader of URLs takes for one.
var badTargets = []string{
	"//evil.com", `/\evil.com`, `/\\evil.com`, "/%2f%2fevil.com", "/%5cevil.com", "/\t/evil.com", "/\n/evil.com", "///evil.com", `\\evil.com`,
	"https:evil.com", "https:/evil.com", `https:\\evil.com`, "http://localhost:3000@evil.com", "http://localhost:3000.evil.com", "http://localhost:30001",
	"http://evil.com#http://localhost:3000", "http://evil.com/?x=http://localhost:3000",
	`https://evil.com\.example.com`, "https://evil.com/.example.com", "https://evil.com?.example.com", "https://evil.com#.example.com",
	"https://a.example.com.evil.com", "https://aexample.com", "https://example.com", "https://a.example.com:8443", "http://a.example.com",
	"javascript:alert(1)", "javascript://localhost:3000/%0aalert(1)", "data:text/html,x", "vbscript:x", "blob:http://localhost:3000/x",
	" https://evil.com", "HTTPS://EVIL.COM", "http://127.0.0.1:3000", "http://[::1]:3000", "http://localhost%00.evil.com:3000", "https://evil。com",
	"null", "//localhost:3000", "/a\r\nX: y",
	// 1.6.9 takes these; 1.7 does not.
	"https://evil.com%2f.example.com",
	// 1.6.9 refuses these and 1.7 takes them.
	"/a#b", "/path?next=https://evil.com", "/üñí", "/%09/evil.com",
	// Not in 1.6.9's grammar of paths either.
	"dashboard", "./dashboard", "../dashboard", "?x=1", "#x", "/a b", "/a\x00b", "/a\u2028b",
	"https://user:p@a.example.com", "http://user@localhost:3000/", "myapp", "myapp:", "myapp:/cb", "myapp.evil://cb",
}

var goodTargets = []string{
	"/", "/dashboard", "/a?x=1", "/@evil.com", "/.//evil.com", "http://LOCALHOST:3000", "http://localhost:3000/", "http://localhost:3000/a?b=c#d",
	"https://a.b.example.com", "https://app.example.com", "https://app.example.com/x", "myapp://cb",
}

// recordedTargets is what testdata/redirects.mjs saw upstream do with targets:
// by target and field nothing for a refusal, else where the target came back.
type recordedTargets struct {
	Refused, Accepted map[string]map[string]any
	// tooLong are those that 1.6.9 takes, and that are refused here for their
	// length.
	tooLong []string
}

func recorded(t *testing.T) recordedTargets {
	t.Helper()
	data, err := os.ReadFile("testdata/redirects.json")
	if err != nil {
		t.Fatal(err)
	}
	var short recordedTargets
	if err := json.Unmarshal(data, &short); err != nil {
		t.Fatal(err)
	}
	r := recordedTargets{Refused: unfold(short.Refused), Accepted: unfold(short.Accepted)}
	for target := range r.Accepted {
		if len(target) > longestTarget {
			delete(r.Accepted, target)
			r.tooLong = append(r.tooLong, target)
		}
	}
	return r
}

const longestTarget = 2048 // bytes

var repetition = regexp.MustCompile(`<([^<*]+)\*(\d+)>`)

// unfold writes repetitions out.
func unfold(short map[string]map[string]any) map[string]map[string]any {
	long := func(text string) string {
		return repetition.ReplaceAllStringFunc(text, func(found string) string {
			parts := repetition.FindStringSubmatch(found)
			n, _ := strconv.Atoi(parts[2])
			return strings.Repeat(parts[1], n)
		})
	}
	all := map[string]map[string]any{}
	for target, fields := range short {
		for name, v := range fields {
			if text, ok := v.(string); ok {
				fields[name] = long(text)
			}
		}
		all[long(target)] = fields
	}
	return all
}

// taken169 are the targets that 1.6.9 takes in some field, and why they are
// refused here.
var taken169 = map[string]string{
	"https://evil.com%2f.example.com": "a browser goes to evil.com; 1.7 refuses it",
	"https://user:p@a.example.com":    "user information makes a host look like another",
	"http://user@localhost:3000/":     "user information makes a host look like another",
	"http://localhost:3000/\r\nX: y":  "1.6.9 breaks over the header, or drops the line",
	"http://localhost:3000/a\nX: y":   "1.6.9 breaks over the header, or drops the line",
	"http://localhost:3000/a\x00":     "1.6.9 breaks over the header",
	"https://app.example.com\r\n":     "1.6.9 breaks over the header, or drops the line",
}

func TestTheTargetsAreThoseThatWereRecorded(t *testing.T) {
	r := recorded(t)
	for _, target := range badTargets {
		if _, ok := r.Refused[target]; !ok {
			t.Errorf("%q is not recorded", target)
		}
	}
	for _, target := range goodTargets {
		if _, ok := r.Accepted[target]; !ok {
			t.Errorf("%q is not recorded", target)
		}
	}
	for target, fields := range r.Refused {
		if taken := fields != nil; taken != (taken169[target] != "") {
			t.Errorf("1.6.9 takes %q: %v, which is not what the list says", target, taken)
		}
	}
	for target, fields := range r.Accepted {
		for name, v := range fields {
			if _, ok := v.(string); !ok {
				t.Errorf("1.6.9 answers %v to %.80q in %s", v, target, name)
			}
		}
	}
}

// A refused target leaves no trace: no header, no cookie, no mail, nothing
// written, and the token that came with it is as good as before.
func TestRefusedTargets(t *testing.T) {
	r := recorded(t)
	for _, f := range redirectFields() {
		t.Run(f.name, func(t *testing.T) {
			s := newSite(t, f.configure...)
			token := f.prepare(s)
			before := len(s.mails())
			for target := range r.Refused {
				s.l.open(0, nil)
				a := f.ask(s, target, token)
				s.wantRefusal(a, target, f.refusal, f.inBody)
				if n := len(s.mails()) - before; n != 0 {
					t.Fatalf("%.80q: %d mails were sent", target, n)
				}
			}
			const good = "/dashboard"
			if a := f.ask(s, good, token); a.Status != f.status || f.back(s, a, token) != r.Accepted[good][f.recorded] {
				t.Errorf("afterwards %s gets %d %s %v", good, a.Status, a.Body, a.Header)
			}
		})
	}
}

func TestTargetsHaveABound(t *testing.T) {
	r := recorded(t)
	if len(r.tooLong) == 0 {
		t.Fatal("there is no long target")
	}
	fits := "/" + strings.Repeat("a", longestTarget-1)
	for _, f := range redirectFields() {
		t.Run(f.name, func(t *testing.T) {
			s := newSite(t, f.configure...)
			token := f.prepare(s)
			for _, target := range append(r.tooLong, fits+"a") {
				s.l.open(0, nil)
				s.wantRefusal(f.ask(s, target, token), target, f.refusal, f.inBody)
			}
			if a := f.ask(s, fits, token); a.Status != f.status {
				t.Errorf("one that is just short enough: %d %.200s", a.Status, a.Body)
			}
		})
	}
}

// wantRefusal wants an answer that refuses a target and did nothing else.
func (s *site) wantRefusal(a *authtest.Answer, target, refusal string, inBody bool) {
	s.t.Helper()
	status := http.StatusForbidden
	if inBody && strings.Contains(target, "\x00") {
		// The readers of bodies refuse it, wherever it stands.
		status, refusal = http.StatusBadRequest, a.Body
		if a.Text(s.t, "code") == "" {
			s.t.Errorf("%.80q: the answer has no code: %s", target, a.Body)
		}
	}
	if a.Status != status || a.Body != refusal {
		s.t.Errorf("%.80q: got %d %.200s", target, a.Status, a.Body)
	}
	if a.Header.Get("Location") != "" || a.Header["Set-Cookie"] != nil {
		s.t.Errorf("%.80q: the refusal carries %v", target, a.Header)
	}
	if n := s.l.writes(); n != 0 {
		s.t.Errorf("%.80q: the refusal writes %d times", target, n)
	}
}

// An accepted target comes back byte for byte as from upstream.
func TestAcceptedTargets(t *testing.T) {
	r := recorded(t)
	for _, f := range redirectFields() {
		t.Run(f.name, func(t *testing.T) {
			for target, want := range r.Accepted {
				s := newSite(t, f.configure...)
				token := f.prepare(s)
				a := f.ask(s, target, token)
				if a.Status != f.status || a.Body == f.refusal {
					t.Errorf("%.80q: got %d %.200s", target, a.Status, a.Body)
					continue
				}
				if back := f.back(s, a, token); back != want[f.recorded] {
					t.Errorf("%.80q comes back as\n%.300q, want\n%.300q", target, back, want[f.recorded])
				}
			}
		})
	}
}

// Every POST is checked for every field, whether or not the endpoint reads it.
func TestEveryPostIsChecked(t *testing.T) {
	r := recorded(t)
	s := newSite(t)
	for path, b := range posts(t, s) {
		for _, f := range checkedFields() {
			if b == nil && f.member != "" {
				continue // an endpoint that ignores its body
			}
			t.Run(path+" "+f.member+f.query, func(t *testing.T) {
				before := len(s.mails())
				for target := range r.Refused {
					s.l.open(0, nil)
					var a *authtest.Answer
					if f.query != "" {
						a = s.ann.Post(path+"?"+f.query+"="+url.QueryEscape(target), b)
					} else {
						b[f.member] = target
						a = s.ann.Post(path, b)
						delete(b, f.member)
					}
					s.wantRefusal(a, target, f.refusal, f.query == "")
				}
				same(t, "mails", before, len(s.mails()))
			})
		}
	}
}

// Each place is judged on its own, and each of several values.
func TestTargetsInSeveralPlaces(t *testing.T) {
	s := authtest.New(t)
	s.Client().SignUp(email, password)
	for _, tc := range []struct {
		name, query string
		change      map[string]any
		answer      string
	}{
		// 1.6.9 looks at the body's and lets the query's pass.
		{"good in the body, bad in the query", "?callbackURL=https://evil.com", map[string]any{"callbackURL": "/ok"}, badCallback},
		{"bad in the body, good in the query", "?callbackURL=/ok", map[string]any{"callbackURL": "https://evil.com"}, badCallback},
		// 1.6.9 falls over two values with an empty 500.
		{"good and bad in the query", "?callbackURL=/ok&callbackURL=https://evil.com", nil, badCallback},
		{"redirectTo", "", map[string]any{"redirectTo": "https://evil.com"}, `{"message":"Invalid redirectURL","code":"INVALID_REDIRECT_URL"}`},
		{"errorCallbackURL", "", map[string]any{"errorCallbackURL": "https://evil.com"}, `{"message":"Invalid errorCallbackURL","code":"INVALID_ERROR_CALLBACK_URL"}`},
		{"newUserCallbackURL", "", map[string]any{"newUserCallbackURL": "https://evil.com"}, `{"message":"Invalid newUserCallbackURL","code":"INVALID_NEW_USER_CALLBACK_URL"}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			answers(t, s.Client().Post("/sign-in/email"+tc.query, credentials(tc.change)), http.StatusForbidden, tc.answer)
			answers(t, s.Client().Post("/sign-up/email"+tc.query, body(tc.change)), http.StatusForbidden, tc.answer)
		})
	}
}

// A link that was mailed leads where the request for it said, byte for byte,
// through one escape and back.
func TestMailedLinksLeadWhereTheyWereAskedTo(t *testing.T) {
	r := recorded(t)
	for _, tc := range []struct{ field, leads string }{
		{"sign-up, JSON", "verify-email with a token"},
		{"sign-in that sends mail", "verify-email with a token"},
		{"request for a verification", "verify-email with a token"},
		{"change of address", "verify-email with a token"},
		{"change of address at once", "verify-email with a token"},
		{"change of address that asks the old one", "verify-email with a token"},
		{"link to the old address, which sends another", "verify-email with a token"},
		{"request for a reset", "reset-password with a token"},
		{"deletion", "delete-user/callback"},
	} {
		t.Run(tc.field, func(t *testing.T) {
			fields := redirectFields()
			f := fields[slices.IndexFunc(fields, func(f field) bool { return f.name == tc.field })]
			for target, want := range r.Accepted {
				s := newSite(t, f.configure...)
				f.ask(s, target, f.prepare(s))
				sent := s.links()
				link := sent[len(sent)-1]
				location := strings.Replace(open(s.ann, link.url).Header.Get("Location"), link.token, "TOKEN", 1)
				if location != want[tc.leads] {
					t.Errorf("%.80q leads to\n%.300q, want\n%.300q", target, location, want[tc.leads])
				}
			}
		})
	}
}

// Without the check a target still cannot break out of its header, nor run script.
func TestTargetsWithoutTheOriginCheck(t *testing.T) {
	r := recorded(t)
	for _, f := range redirectFields() {
		t.Run(f.name, func(t *testing.T) {
			off := func(o *core.Options) { o.Advanced.DisableOriginCheck = true }
			s := newSite(t, append(f.configure, off)...)
			token := f.prepare(s)
			if a := f.ask(s, "https://anywhere.example/x", token); a.Status != f.status {
				t.Errorf("the check is not off: %d %s", a.Status, a.Body)
			}
			token = ""
			for target := range r.Refused {
				if token == "" { // the last one is spent
					s = newSite(t, append(f.configure, off)...)
					token = f.prepare(s)
				}
				a := f.ask(s, target, token)
				location := a.Header.Get("Location")
				if a.Status >= http.StatusInternalServerError {
					t.Errorf("%.80q: got %d %s", target, a.Status, a.Body)
				}
				if location == "" {
					continue
				}
				token = ""
				if _, err := origin.SafeLocation(location); err != nil {
					t.Errorf("%.80q: sent to %q", target, location)
				}
			}
		})
	}
}
