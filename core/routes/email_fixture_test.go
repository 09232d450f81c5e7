package routes_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

const (
	bobsEmail = "bob@example.com"
	newEmail  = "new@example.com"

	accepted     = `{"status":true}`
	verifiedBody = `{"status":true,"user":null}`

	oldToken  = `{"message":"Token expired","code":"TOKEN_EXPIRED"}`
	wrongUser = `{"message":"Invalid user","code":"INVALID_USER"}`
)

// mailOnSignUp makes every sign-up send a verification mail.
func mailOnSignUp(o *core.Options) { o.EmailVerification.SendOnSignUp = new(true) }

// lastMail is the verification mail that was sent last.
func lastMail(t *testing.T, s *authtest.Server) core.VerificationEmail {
	t.Helper()
	s.Settle()
	return authtest.Last[core.VerificationEmail](t, s.Outbox)
}

// mails counts the verification mails so far.
func mails(s *authtest.Server) int {
	s.Settle()
	return len(authtest.Sent[core.VerificationEmail](s.Outbox))
}

func verifyPath(token, callbackURL string) string {
	path := "/verify-email?token=" + url.QueryEscape(token)
	if callbackURL != "" {
		path += "&callbackURL=" + url.QueryEscape(callbackURL)
	}
	return path
}

// open follows a link of a mail.
func open(c *authtest.Client, link string) *authtest.Answer {
	return c.Get(strings.TrimPrefix(link, authtest.BaseURL+"/api/auth"))
}

// redirects compares an answer that sends the browser on.
func redirects(t *testing.T, a *authtest.Answer, location string) {
	t.Helper()
	if a.Status != http.StatusFound || a.Body != "" || a.Header.Get("Location") != location {
		t.Errorf("got  %d %s %s\nwant 302 to %s", a.Status, a.Body, a.Header.Get("Location"), location)
	}
}

// addresses are the addresses of the users, in the order of their creation.
func addresses(t *testing.T, s *authtest.Server) string {
	t.Helper()
	var list []string
	for _, row := range stored(t, s, "user") {
		address := fmt.Sprint(row["email"])
		if row["emailVerified"] == true {
			address += " verified"
		}
		list = append(list, address)
	}
	return strings.Join(list, ", ")
}

// idOf is the id of the user with an address.
func idOf(t *testing.T, s *authtest.Server, email string) string {
	t.Helper()
	for _, row := range stored(t, s, "user") {
		if row["email"] == email {
			return fmt.Sprint(row[db.ID])
		}
	}
	t.Fatalf("nobody has the address %s", email)
	return ""
}

// sign makes a token of claims, given as JSON, as the server signs its own.
func sign(t *testing.T, s *authtest.Server, claims string, lifetime time.Duration) string {
	t.Helper()
	token, err := s.Keys().SignJWT(json.RawMessage(claims), lifetime, s.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// claimsWithoutCredential are those that 1.7 has too; those of a change must have
// the other one.
func claimsWithoutCredential(t *testing.T, s *authtest.Server, token string) string {
	t.Helper()
	claims := claimsOf(t, s, token)
	bare := credentialClaim.ReplaceAllString(claims, "")
	if strings.Contains(claims, "requestType") == (bare == claims) {
		t.Errorf("the claims are %s", claims)
	}
	return bare
}

var credentialClaim = regexp.MustCompile(`,"credential":"[A-Za-z0-9+/=]{44}"`)

// claimsOf reads a token of the server, without its times.
func claimsOf(t *testing.T, s *authtest.Server, token string) string {
	t.Helper()
	raw, err := s.Keys().VerifyJWT(token, s.Clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	v, err := wire.Decode([]byte(raw), wire.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	o, _ := v.(*wire.Object)
	for _, name := range []string{"iat", "exp"} {
		if _, ok := o.Get(name); !ok {
			t.Errorf("the token has no %s", name)
		}
		o.Delete(name)
	}
	text, err := wire.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// application notes what it is told of verifications, and may refuse.
type application struct {
	mu     sync.Mutex
	events []string
	refuse map[string]error // by "before" and "after"
}

func (a *application) listen(o *core.Options) {
	tell := func(when string) func(context.Context, user.User) error {
		return func(ctx context.Context, u user.User) error {
			a.mu.Lock()
			defer a.mu.Unlock()
			a.events = append(a.events, fmt.Sprintf("%s %s %v", when, u.Email, u.EmailVerified))
			if c, ok := core.From(ctx); !ok || c.Path != "/verify-email" {
				a.events = append(a.events, "and cannot reach the request")
			}
			return a.refuse[when]
		}
	}
	o.EmailVerification.BeforeEmailVerification, o.EmailVerification.AfterEmailVerification = tell("before"), tell("after")
}

// tasks notes the names of what is done in the background.
type tasks struct {
	mu    sync.Mutex
	names []string
}

func (l *tasks) note(o *core.Options) {
	o.Advanced.BackgroundTasks.Handler = func(name string, task func(context.Context)) {
		l.mu.Lock()
		l.names = append(l.names, name)
		l.mu.Unlock()
		go task(context.Background())
	}
}

// since returns the names of the tasks that were added and forgets them.
func (l *tasks) since() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	names := l.names
	l.names = nil
	return names
}
