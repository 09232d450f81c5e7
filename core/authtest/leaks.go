package authtest

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// leaks watches everything that a server answers and logs for what must not be
// there: passwords that clients sent, password hashes, the server's secret,
// tokens of mailed links and, in the log, tokens of sessions. Every test that
// uses authtest is a test of that too.
type leaks struct {
	t      testing.TB
	outbox *Outbox
	log    *Log

	mu        sync.Mutex
	passwords map[string]bool
	sessions  map[string]bool // tokens
}

// What a password hash in upstream's format and a JWT look like.
var (
	hashPattern = regexp.MustCompile(`[0-9a-f]{32}:[0-9a-f]{64,}`)
	jwtPattern  = regexp.MustCompile(`eyJ[\w-]{8,}\.[\w-]+\.[\w-]*`)
)

const shortestPassword = 8 // shorter ones are words that answers may contain

// ServeHTTP answers a request, and looks at the answer.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	given := s.leaks.read(r)
	rec := httptest.NewRecorder()
	s.Auth.ServeHTTP(rec, r)
	s.leaks.answer(r, rec, given)
	maps.Copy(w.Header(), rec.Header())
	w.WriteHeader(rec.Code)
	_, _ = w.Write(rec.Body.Bytes())
}

// read collects the passwords of a request.
func (l *leaks) read(r *http.Request) (given []string) {
	if r.Body == nil {
		return nil
	}
	body, err := io.ReadAll(r.Body)
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), failing{err}), r.Body}
	values := map[string]any{}
	if v, err := wire.Decode(body, wire.Limits{}); err == nil {
		if o, ok := v.(*wire.Object); ok {
			maps.Insert(values, o.All())
		}
	} else if form, err := url.ParseQuery(string(body)); err == nil {
		for name := range form {
			values[name] = form.Get(name)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, v := range values {
		text, ok := v.(string)
		if ok && len(text) >= shortestPassword && strings.Contains(strings.ToLower(name), "password") {
			given = append(given, text)
			l.passwords[text] = true
		}
	}
	return given
}

// failing goes on with the error that reading ended with.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) {
	if f.err != nil {
		return 0, f.err
	}
	return 0, io.EOF
}

// answer looks at an answer, and remembers the session tokens in it.
func (l *leaks) answer(r *http.Request, rec *httptest.ResponseRecorder, given []string) {
	var text strings.Builder
	for name, values := range rec.Header() {
		fmt.Fprintln(&text, name, values)
	}
	text.WriteString(rec.Body.String())
	where := fmt.Sprintf("the answer to %s %s", r.Method, r.URL.Path)
	for _, password := range given {
		l.refuse(where, text.String(), password, "the password of the request")
	}
	l.refuse(where, text.String(), Secret, "the server's secret")
	if hashPattern.MatchString(text.String()) {
		l.t.Errorf("%s holds a password hash", where)
	}
	// The link of a reset mail leads on to a page with its token.
	if r.Method != http.MethodGet || !strings.Contains(r.URL.Path, "/reset-password/") {
		for _, token := range l.outbox.tokens() {
			l.refuse(where, text.String(), token, "the token of a mailed link")
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, k := range (&http.Response{Header: rec.Header()}).Cookies() {
		value, err := url.PathUnescape(k.Value)
		if token, _, signed := strings.Cut(value, "."); err == nil && signed && strings.HasSuffix(k.Name, "session_token") && token != "" {
			l.sessions[token] = true
		}
	}
}

// check looks at the log, when the server has done its work.
func (l *leaks) check() {
	l.mu.Lock()
	defer l.mu.Unlock()
	log := l.log.String()
	l.refuse("the log", log, Secret, "the server's secret")
	for password := range l.passwords {
		l.refuse("the log", log, password, "a password")
	}
	for token := range l.sessions {
		l.refuse("the log", log, token, "the token of a session")
	}
	for _, token := range l.outbox.tokens() {
		l.refuse("the log", log, token, "the token of a mailed link")
	}
	if hashPattern.MatchString(log) {
		l.t.Error("the log holds a password hash")
	}
	if jwtPattern.MatchString(log) {
		l.t.Error("the log holds a JWT")
	}
}

func (l *leaks) refuse(where, text, secret, what string) {
	if strings.Contains(text, secret) {
		l.t.Errorf("%s holds %s", where, what)
	}
}

// tokens are the secrets of the messages so far.
func (o *Outbox) tokens() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var tokens []string
	for _, m := range o.messages {
		v := reflect.ValueOf(m)
		if v.Kind() != reflect.Struct {
			continue
		}
		if token := v.FieldByName("Token"); token.Kind() == reflect.String && token.Len() > 0 {
			tokens = append(tokens, token.String())
		}
	}
	return tokens
}
