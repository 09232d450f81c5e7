package routes_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
)

// These show what a request costs in the server itself, on the in-memory adapter:
//
//	go test -run '^$' -bench . -benchmem ./core/routes
//
// tools/bench runs them, and takes its profile of BenchmarkSignIn.

// nobody takes an answer and keeps its status alone, so that what a recorder costs
// is not counted.
type nobody struct {
	header http.Header
	status int
}

func (w *nobody) Header() http.Header         { return w.header }
func (w *nobody) WriteHeader(status int)      { w.status = status }
func (w *nobody) Write(p []byte) (int, error) { return len(p), nil }

// quiet is a server that logs nothing.
func quiet(b *testing.B, configure func(*core.Options)) *authtest.Server {
	return authtest.New(b, func(o *core.Options) {
		o.Logger = core.Logger{Disabled: true}
		configure(o)
	})
}

// serve sends a request again and again, and wants 200. next, when it is not nil,
// makes it ready once more.
func serve(b *testing.B, s *authtest.Server, r *http.Request, next func()) {
	b.Helper()
	w := &nobody{header: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		if next != nil {
			next()
		}
		clear(w.header)
		w.status = http.StatusOK
		s.Auth.ServeHTTP(w, r)
		if w.status != http.StatusOK {
			b.Fatalf("answered %d", w.status)
		}
	}
}

func BenchmarkGetSession(b *testing.B) {
	for _, strategy := range []string{"none", "compact", "jwt", "jwe"} {
		b.Run("cache="+strategy, func(b *testing.B) {
			s := quiet(b, func(o *core.Options) {
				if strategy != "none" {
					o.Session.CookieCache = core.CookieCache{Enabled: new(true), Strategy: strategy}
				}
			})
			c := s.Client()
			c.SignUp(email, password)
			if got := c.Get("/get-session").At(b, "user", "email"); got != email {
				b.Fatalf("the session is that of %v", got)
			}
			serve(b, s, c.Request(http.MethodGet, "/get-session", nil), nil)
		})
	}
}

// signIn is a sign-in of somebody who is known.
func signIn(b *testing.B, configure func(*core.Options)) {
	b.Helper()
	s := quiet(b, configure)
	s.Client().SignUp(email, password)
	text := `{"email":"` + email + `","password":"` + password + `"}`
	r := s.Client().Request(http.MethodPost, "/sign-in/email", text)
	body := strings.NewReader("")
	r.Body = struct {
		*strings.Reader
		nothingToClose
	}{body, nothingToClose{}}
	serve(b, s, r, func() { body.Reset(text) })
}

type nothingToClose struct{}

func (nothingToClose) Close() error { return nil }

// BenchmarkSignIn hashes at the real cost.
func BenchmarkSignIn(b *testing.B) {
	signIn(b, func(o *core.Options) { o.Hasher = nil })
}

// BenchmarkSignInWithoutHashing shows what is around the hash.
func BenchmarkSignInWithoutHashing(b *testing.B) {
	signIn(b, func(*core.Options) {})
}
