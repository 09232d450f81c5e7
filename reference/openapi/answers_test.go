package openapi_test

import (
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// witness plays requests and holds each of them, and its answer, against the
// document.
type witness struct {
	t      *testing.T
	doc    *openapi3.T
	client *authtest.Client
}

func newWitness(t *testing.T, configure func(*core.Options)) *witness {
	t.Helper()
	s := server(t, configure)
	doc, err := load(t, describe(t, s))
	if err != nil {
		t.Fatal(err)
	}
	return &witness{t: t, doc: doc, client: s.Client()}
}

// do sends a request, which fits the document when the server accepts it.
func (w *witness) do(method, path string, body any, status int) {
	w.t.Helper()
	plain, _, _ := strings.Cut(path, "?")
	item := w.doc.Paths.Value(plain)
	if item == nil {
		w.t.Fatalf("%s is not in the document", plain)
	}
	r := w.client.Request(method, path, body)
	input := &openapi3filter.RequestValidationInput{
		Request: w.client.Request(method, path, body), Route: &routers.Route{Spec: w.doc, Path: plain, PathItem: item, Method: method, Operation: item.GetOperation(method)},
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}
	err := openapi3filter.ValidateRequest(w.t.Context(), input)
	a := w.client.Send(r)
	if a.Status != status {
		w.t.Fatalf("%s %s: got %d %s", method, path, a.Status, a.Body)
	}
	if refused := status == http.StatusBadRequest; refused != (err != nil) {
		w.t.Errorf("%s %s: the server answers %d, and the document says %v", method, path, status, err)
	}
	isPage := strings.HasPrefix(a.Header.Get("Content-Type"), "text/html")
	answer := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: a.Status, Header: a.Header, Body: io.NopCloser(strings.NewReader(a.Body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, ExcludeResponseBody: isPage},
	}
	if err := openapi3filter.ValidateResponse(w.t.Context(), answer); err != nil {
		w.t.Errorf("%s %s: the answer %s does not fit: %v", method, path, a.Body, err)
	}
}

func TestAnswersFitTheDocument(t *testing.T) {
	signUp := func(more map[string]any) map[string]any {
		body := map[string]any{"name": "Ann", "email": "ann@example.com", "password": "password123"}
		maps.Copy(body, more)
		return body
	}
	signIn := map[string]any{"email": "ann@example.com", "password": "password123", "callbackURL": "/home", "rememberMe": false}
	t.Run("of the core as it is", func(t *testing.T) {
		w := newWitness(t, func(*core.Options) {})
		w.do("GET", "/ok", nil, 200)
		w.do("GET", "/get-session", nil, 200)
		w.do("GET", "/list-sessions", nil, 401)
		w.do("POST", "/sign-up/email", signUp(map[string]any{"image": nil}), 400)
		w.do("POST", "/sign-up/email", map[string]any{}, 400)
		w.do("POST", "/sign-up/email", signUp(nil), 200)
		w.do("POST", "/sign-up/email", signUp(nil), 422)
		w.do("GET", "/get-session?disableCookieCache=true", nil, 200)
		w.do("GET", "/list-sessions", nil, 200)
		w.do("POST", "/revoke-session", map[string]any{}, 400)
		w.do("POST", "/revoke-session", map[string]any{"token": "of nobody"}, 200)
		w.do("POST", "/revoke-other-sessions", map[string]any{}, 200)
		w.do("POST", "/revoke-sessions", map[string]any{}, 200)
		w.do("POST", "/sign-out", map[string]any{}, 200)
		w.do("POST", "/sign-in/email", signIn, 200)
		w.do("GET", "/error?error=x", nil, 200)
	})
	t.Run("of what users do with their account", func(t *testing.T) {
		w := newWitness(t, func(o *core.Options) {
			o.User.DeleteUser.Enabled = true
			o.EmailAndPassword.SendResetPassword = authtest.Keep[core.ResetPasswordEmail](&authtest.Outbox{})
		})
		w.do("POST", "/sign-up/email", signUp(nil), 200)
		w.do("POST", "/update-user", map[string]any{"name": "Anna", "image": nil}, 200)
		w.do("POST", "/update-user", map[string]any{"name": 5}, 400)
		w.do("GET", "/list-accounts", nil, 200)
		w.do("POST", "/verify-password", map[string]any{"password": "password123"}, 200)
		w.do("POST", "/change-password", map[string]any{"currentPassword": "password123"}, 400)
		w.do("POST", "/change-password", map[string]any{"currentPassword": "password123", "newPassword": "password456"}, 200)
		w.do("POST", "/change-password", map[string]any{"currentPassword": "password456", "newPassword": "password123", "revokeOtherSessions": true}, 200)
		w.do("POST", "/send-verification-email", map[string]any{"email": "ann@example.com", "callbackURL": "/home"}, 200)
		w.do("POST", "/request-password-reset", map[string]any{"email": "ann@example.com"}, 200)
		w.do("POST", "/delete-user", map[string]any{"password": "password123"}, 200)
	})
	t.Run("of a server that mails first", func(t *testing.T) {
		w := newWitness(t, func(o *core.Options) { o.EmailAndPassword.RequireEmailVerification = true })
		w.do("POST", "/sign-up/email", signUp(nil), 200)
		w.do("POST", "/sign-in/email", signIn, 403)
	})
	t.Run("with additional fields of every type", func(t *testing.T) {
		w := newWitness(t, func(o *core.Options) { o.User.AdditionalFields = everyType("") })
		needed := map[string]any{"required": "r", "notReturned": "n"}
		w.do("POST", "/sign-up/email", signUp(nil), 400)
		w.do("POST", "/sign-up/email", signUp(needed), 200)
		w.do("GET", "/get-session", nil, 200)
		full := signUp(map[string]any{
			"email": "bob@example.com", "text": "t", "number": 1, "boolean": false, "date": "2026-01-02T03:04:05.000Z", "json": map[string]any{"a": 1},
			"texts": []any{"x"}, "numbers": []any{1.5}, "required": "r", "optional": nil, "notReturned": "n",
		})
		w.do("POST", "/sign-up/email", full, 200)
		w.do("GET", "/get-session", nil, 200)
	})
	t.Run("with fields of hostile names", func(t *testing.T) {
		w := newWitness(t, func(o *core.Options) { o.User.AdditionalFields = hostile() })
		w.do("POST", "/sign-up/email", signUp(map[string]any{"$ref": "x", "__proto__": "y", "</script>": "z"}), 200)
		w.do("GET", "/get-session", nil, 200)
	})
}
