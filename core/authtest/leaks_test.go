package authtest_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
)

// recorder is a test whose failures are kept.
type recorder struct {
	testing.TB

	mu     *sync.Mutex
	errors *[]string
}

func (r recorder) Errorf(format string, args ...any) { r.Error(fmt.Sprintf(format, args...)) }

func (r recorder) Error(args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*r.errors = append(*r.errors, fmt.Sprint(args...))
}

type leaky struct{}

type leakyInput struct {
	Text     string  `json:"text"`
	Password *string `json:"password"`
}

type leakyOutput struct {
	Text string `json:"text"`
}

func (leaky) ID() string { return "leaky" }

func (leaky) Setup(s *core.Setup) error {
	core.Route(s, core.Endpoint[leakyInput, leakyOutput]{
		Method: http.MethodPost, Path: "/tell", OperationID: "tell",
		Handle: func(_ *core.Ctx, in leakyInput) (*leakyOutput, error) { return &leakyOutput{in.Text}, nil },
	})
	core.Route(s, core.Endpoint[leakyInput, leakyOutput]{
		Method: http.MethodPost, Path: "/log", OperationID: "log",
		Handle: func(c *core.Ctx, in leakyInput) (*leakyOutput, error) {
			c.Log().Info("seen", "text", in.Text)
			return &leakyOutput{}, nil
		},
	})
	return nil
}

func TestLeaksAreFound(t *testing.T) {
	const token = "a-token-that-was-mailed"
	hash := strings.Repeat("0123456789abcdef", 2) + ":" + strings.Repeat("0123456789abcdef", 8)
	for _, tc := range []struct {
		name, path string
		text       func(session string) string
		want       string
	}{
		{"nothing", "/tell", func(string) string { return "harmless" }, ""},
		{"a password in an answer", "/tell", func(string) string { return "it is correct horse, yes" }, "the answer to POST /api/auth/tell holds the password of the request"},
		{"a hash in an answer", "/tell", func(string) string { return hash }, "the answer to POST /api/auth/tell holds a password hash"},
		{"the secret in an answer", "/tell", func(string) string { return authtest.Secret }, "the answer to POST /api/auth/tell holds the server's secret"},
		{"a mailed token in an answer", "/tell", func(string) string { return token }, "the answer to POST /api/auth/tell holds the token of a mailed link"},
		{"a password in the log", "/log", func(string) string { return "correct horse" }, "the log holds a password"},
		{"a hash in the log", "/log", func(string) string { return hash }, "the log holds a password hash"},
		{"the secret in the log", "/log", func(string) string { return authtest.Secret }, "the log holds the server's secret"},
		{"a session's token in the log", "/log", func(session string) string { return session }, "the log holds the token of a session"},
		{"a mailed token in the log", "/log", func(string) string { return token }, "the log holds the token of a mailed link"},
		{"a JWT in the log", "/log", func(string) string { return "eyJhbGciOiJIUzI1NiJ9.eyJlbWFpbCI6ImEifQ.c2ln" }, "the log holds a JWT"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var errors []string
			// The checks at the end run with this inner test.
			t.Run("server", func(t *testing.T) {
				s := authtest.New(recorder{t, &sync.Mutex{}, &errors}, func(o *core.Options) { o.Plugins = []core.Plugin{leaky{}} })
				if err := authtest.Keep[core.ResetPasswordEmail](s.Outbox)(context.Background(), core.ResetPasswordEmail{Token: token}); err != nil {
					t.Fatal(err)
				}
				c := s.Client()
				session := c.SignUp("ann@example.com", "correct horse").Text(t, "token")
				c.Post(tc.path, map[string]any{"text": tc.text(session), "password": "correct horse"})
			})
			if tc.want == "" && len(errors) > 0 || tc.want != "" && (len(errors) != 1 || errors[0] != tc.want) {
				t.Errorf("found %q, want %q", errors, tc.want)
			}
		})
	}
}
