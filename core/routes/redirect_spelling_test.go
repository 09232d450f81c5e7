package routes_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/input"
)

// links are the fields that are read from the query of a link.
func links() []field {
	return slices.DeleteFunc(redirectFields(), func(f field) bool { return f.status != http.StatusFound || f.mailed })
}

// openRaw opens a link with a query as it is written here, after its token.
func (f *field) openRaw(s *site, query, token string) *authtest.Answer {
	s.t.Helper()
	rewrite := authtest.NewClient(s.t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		before, _, _ := strings.Cut(r.URL.RawQuery, "callbackURL=")
		r.URL.RawQuery = before + query
		s.ServeHTTP(w, r)
	}))
	plain := *s.everyKind
	plain.ann, rewrite.Cookies = rewrite, s.ann.Cookies
	return f.ask(&site{&plain, s.l}, "", token)
}

// Escapes are read once, by the rules of browsers, and what is no escape is not
// an error of the server. Of several values each is judged.
func TestTargetsAsTheyAreWritten(t *testing.T) {
	const twice = `{"message":"[query.callbackURL] Invalid input: expected string, received array","code":"VALIDATION_ERROR"}`
	s := newSite(t)
	for _, tc := range []struct{ query, answer string }{
		{"callbackURL=%", ""},
		{"callbackURL=%25", ""},
		{"callbackURL=%25%20", ""},
		{"callbackURL=%zz", ""},
		{"callbackURL=%2", ""},
		{"callbackURL=/a%", ""},
		{"callbackURL=/%zz", ""},
		{"callbackURL=%ff", ""},
		{"callbackURL=/%ff", ""},
		{"callbackURL=/%c0%af/evil.com", ""},
		{"callbackURL=%c0%af%c0%afevil.com", ""},
		{"callbackURL=/%ed%a0%80", ""},
		{"callbackURL=%252f%252fevil.com", ""},
		{"callbackURL=/%252f/evil.com", ""},
		{"callbackURL=https%253A%252F%252Fevil.com", ""},
		{"callbackURL=%2568ttps://evil.com", ""},
		{"callbackURL=+https://evil.com", ""},
		{"callbackURL=/a+b", ""},
		{"callbackURL=/a%00", ""},
		{"callbackURL=%00/a", ""},
		{"callbackURL=/a%0d%0aX:y", ""},
		{"callbackURL=%0d%0aX:y", ""},
		{"callbackURL=/a%0A%0D%0A%0Dx", ""},
		{"callbackURL=/a%E5%98%8D%E5%98%8AX:y", ""},
		{"callbackURL=/a%c4%8d%c4%8aX:y", ""},
		{"%63allbackURL=https://evil.com", ""},
		{"&&callbackURL=//evil.com&", ""},
		{"callbackURL==https://evil.com", ""},
		{"callbackURL=https://evil.com;/a", ""},
		{"callbackURL=/a&callbackURL=https://evil.com", twice},
		{"callbackURL=https://evil.com&callbackURL=/a", twice},
		{"callbackURL=/a&%63allbackURL=https://evil.com", twice},
		{"callbackURL=&callbackURL=https://evil.com", twice},
	} {
		for _, f := range links() {
			t.Run(f.name+"?"+tc.query, func(t *testing.T) {
				s := newSite(t, f.configure...)
				token := f.prepare(s)
				s.l.open(0, nil)
				a := f.openRaw(s, tc.query, token)
				if tc.answer == "" {
					s.wantRefusal(a, tc.query, f.refusal, false)
					return
				}
				answers(t, a, http.StatusBadRequest, tc.answer)
				s.wantNothingEvil(a)
			})
		}
		for path, b := range posts(t, s) {
			t.Run(path+"?"+tc.query, func(t *testing.T) {
				s.l.open(0, nil)
				s.wantRefusal(s.ann.Post(path+"?"+tc.query, b), tc.query, badCallback, false)
			})
		}
	}
}

// wantNothingEvil wants no trace of evil.com in an answer or a mail, and no 5xx.
func (s *site) wantNothingEvil(a *authtest.Answer) {
	s.t.Helper()
	if text := fmt.Sprint(a.Header, a.Body, s.mails()); strings.Contains(text, "evil") || a.Status >= http.StatusInternalServerError {
		s.t.Errorf("got %d %s", a.Status, text)
	}
}

// What only looks like a target is none, and values that are not texts are no
// targets: whoever reads the field says so, and nobody follows them.
func TestWhatIsNoTarget(t *testing.T) {
	for _, query := range []string{
		"callbackURL[]=https://evil.com", "callbackURL%5B%5D=https://evil.com", "callbackURL[0]=https://evil.com", "callbackURL.0=https://evil.com",
		"callbackurl=https://evil.com", "CallbackURL=https://evil.com", "+callbackURL=https://evil.com", "callbackURL+=https://evil.com", "callbackURL%00=https://evil.com",
		"redirectTo=https://evil.com", "errorCallbackURL=https://evil.com", "newUserCallbackURL=https://evil.com", "url=https://evil.com",
	} {
		for _, f := range links() {
			t.Run(f.name+"?"+query, func(t *testing.T) {
				s := newSite(t, f.configure...)
				s.wantNothingEvil(f.openRaw(s, query, f.prepare(s)))
			})
		}
		for path := range posts(t, newSite(t)) {
			t.Run(path+"?"+query, func(t *testing.T) {
				s := newSite(t)
				s.wantNothingEvil(s.ann.Post(path+"?"+query, posts(t, s)[path]))
			})
		}
	}
	for _, value := range []any{
		[]any{"https://evil.com"}, []any{"/a", "https://evil.com"}, []any{}, map[string]any{"0": "https://evil.com", "toString": "//evil.com"}, 5, true, false, nil,
	} {
		for _, f := range checkedFields() {
			for path, b := range posts(t, newSite(t)) {
				if f.member == "" || b == nil {
					continue
				}
				t.Run(fmt.Sprintf("%s %s=%v", path, f.member, value), func(t *testing.T) {
					s := newSite(t)
					b := posts(t, s)[path]
					b[f.member] = value
					a := s.ann.Post(path, b)
					s.wantNothingEvil(a)
					if s.reads(path, f.member) {
						same(t, "status", http.StatusBadRequest, a.Status)
					}
				})
			}
		}
	}
}

// reads tells whether an endpoint takes a member of the body.
func (s *site) reads(path, member string) bool {
	for _, e := range s.Endpoints() {
		if e.Path == path && slices.ContainsFunc(e.Inputs, func(in input.Field) bool { return in.Name == member }) {
			return true
		}
	}
	return false
}

// Of a member that comes twice the last one counts, as in JavaScript, for the
// check as for whoever reads it.
func TestTargetsThatComeTwice(t *testing.T) {
	const begin = `{"email":"ann@example.com","password":"password123",`
	for _, tc := range []struct{ body, location string }{
		{begin + `"callbackURL":"/a","callbackURL":"https://evil.com"}`, ""},
		{begin + `"callbackURL":"https://evil.com","callbackURL":"/a"}`, "/a"},
		{begin + `"callback\u0055RL":"https://evil.com"}`, ""},
		{begin + `"callbackURL":"/a","callback\u0055RL":"\u002f/evil.com"}`, ""},
		{begin + `"CallbackURL":"https://evil.com","callbackURL":"/a"}`, "/a"},
		{`email=ann%40example.com&password=password123&callbackURL=/a&callbackURL=https://evil.com`, ""},
		{`email=ann%40example.com&password=password123&callbackURL=https://evil.com&callbackURL=/a`, "/a"},
		{`email=ann%40example.com&password=password123&callbackURL=/a&%63allbackURL=%2f%2fevil.com`, ""},
		{`email=ann%40example.com&password=password123&callbackURL[]=https://evil.com&callbackURL=/a`, "/a"},
	} {
		t.Run(tc.body, func(t *testing.T) {
			s := newSite(t)
			r := s.Client().Request(http.MethodPost, "/sign-in/email", tc.body)
			if tc.body[0] != '{' {
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			s.l.open(0, nil)
			a := s.Client().Send(r)
			if tc.location == "" {
				s.wantRefusal(a, tc.body, badCallback, false)
				return
			}
			same(t, "Location", tc.location, a.Header.Get("Location"))
			s.wantNothingEvil(a)
		})
	}
}
