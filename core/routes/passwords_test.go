package routes_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

const newPassword = "new-password1"

// passwordWorks tells whether somebody can sign in.
func passwordWorks(t *testing.T, s *authtest.Server, password string) bool {
	t.Helper()
	a := s.Client().Post("/sign-in/email", credentials(map[string]any{"password": password}))
	if a.Status != http.StatusOK && a.Status != http.StatusUnauthorized {
		t.Fatalf("sign in: %d %s", a.Status, a.Body)
	}
	return a.Status == http.StatusOK
}

// wantPassword checks which of the old and the new password is the one.
func wantPassword(t *testing.T, s *authtest.Server, want string) {
	t.Helper()
	for _, pw := range []string{password, newPassword} {
		if works := passwordWorks(t, s, pw); works != (pw == want) {
			t.Errorf("%q signs in: %v", pw, works)
		}
	}
}

// addAccount writes an account behind the server's back.
func addAccount(t *testing.T, s *authtest.Server, provider string, hash any) {
	t.Helper()
	id := stored(t, s, "user")[0][db.ID]
	row := db.Row{
		db.ID: fmt.Sprintf("account-%d", len(stored(t, s, "account"))), "accountId": id, "providerId": provider, "userId": id, "password": hash,
		"createdAt": s.Clock.Now(), "updatedAt": s.Clock.Now(),
	}
	for _, f := range tableOf(t, s, "account").Fields {
		if _, ok := row[f.Name]; !ok {
			row[f.Name] = nil
		}
	}
	if _, err := s.Store().Adapter().Insert(t.Context(), tableOf(t, s, "account"), row); err != nil {
		t.Fatalf("add an account: %v", err)
	}
}

// Every endpoint that takes the user's password refuses one that is too long
// before any work, and compares it as in 1.6.9 on demand.
func TestPasswordsThatAreTooLong(t *testing.T) {
	for path, field := range map[string]string{"/verify-password": "password", "/change-password": "currentPassword"} {
		for _, compat := range []bool{false, true} {
			name := path
			if compat {
				name += " as in 1.6.9"
			}
			t.Run(name, func(t *testing.T) {
				h := new(tally)
				s := authtest.New(t, h.use, func(o *core.Options) { o.Compat.HashLongPasswords = compat })
				c := signUpAnn(t, s, nil)
				before := h.work()
				a := c.Post(path, map[string]any{field: strings.Repeat("a", 129), "newPassword": newPassword})
				if compat {
					answers(t, a, http.StatusBadRequest, wrongPassword)
					return
				}
				answers(t, a, http.StatusBadRequest, tooLong)
				if a := c.Post(path, map[string]any{field: strings.Repeat("a", 128), "newPassword": newPassword}); a.Body != wrongPassword {
					t.Errorf("one of the maximum length gets %d %s", a.Status, a.Body)
				}
				if got := h.work() - before; got != 1 {
					t.Errorf("%d hashes, want 1", got)
				}
			})
		}
	}
}

// A cookie that the server did not sign, a session that was revoked and only the
// cache still knows, none at all.
func TestPasswordsAreForTheSignedIn(t *testing.T) {
	for path, input := range map[string]map[string]any{
		"/verify-password": {"password": password},
		"/change-password": {"currentPassword": password, "newPassword": newPassword},
	} {
		t.Run(path, func(t *testing.T) {
			s, _ := cached(t, "compact")
			c := signUpAnn(t, s, nil)
			answers(t, s.Client().Post(path, input), http.StatusUnauthorized, unauthorized)
			forged := s.Client()
			forged.Cookies[sessionCookie] = tokenOf(c) + ".forged"
			answers(t, forged.Post(path, input), http.StatusUnauthorized, unauthorized)
			remove(t, s, "session")
			answers(t, c.Post(path, input), http.StatusUnauthorized, unauthorized)
			// As upstream, the body is looked at first.
			if a := s.Client().Post(path, "{}"); a.Status != http.StatusBadRequest {
				t.Errorf("an empty body gets %d %s", a.Status, a.Body)
			}
			wantPassword(t, s, password)
		})
	}
}

func TestPasswordsAreGuardedAgainstOtherSites(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) { keepResets(o) })
	c := signUpAnn(t, s, nil)
	c.Header.Set("Origin", "https://evil.com")
	for path, input := range map[string]map[string]any{
		"/verify-password":        {"password": password},
		"/change-password":        {"currentPassword": password, "newPassword": newPassword},
		"/request-password-reset": {"email": email},
		"/reset-password":         {"newPassword": newPassword, "token": "x"},
	} {
		a := c.Post(path, input)
		answers(t, a, http.StatusForbidden, `{"message":"Invalid origin","code":"INVALID_ORIGIN"}`)
	}
	wantPassword(t, s, password)
}

func TestVerifyPassword(t *testing.T) {
	for _, tc := range []struct {
		name    string
		given   string
		prepare func(t *testing.T, s *authtest.Server)
		status  int
		answer  string
	}{
		{"tells that it is the one", password, nil, http.StatusOK, done},
		{"tells that it is another one", "wrong-password", nil, http.StatusBadRequest, wrongPassword},
		{"tells so of an empty one", "", nil, http.StatusBadRequest, wrongPassword},
		{"tells so where there is no account", password, func(t *testing.T, s *authtest.Server) { remove(t, s, "account") }, http.StatusBadRequest, wrongPassword},
		{"tells so where there are accounts of another kind only", password, func(t *testing.T, s *authtest.Server) {
			update(t, s, "account", db.Row{"providerId": "google"})
		}, http.StatusBadRequest, wrongPassword},
		{"tells so where there is no password", password, func(t *testing.T, s *authtest.Server) { update(t, s, "account", db.Row{"password": nil}) }, http.StatusBadRequest, wrongPassword},
		// 1.6.9 answers 500.
		{"tells so where the hash is none", password, func(t *testing.T, s *authtest.Server) { update(t, s, "account", db.Row{"password": "nocolon"}) }, http.StatusBadRequest, wrongPassword},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := new(tally)
			use := h.use
			if strings.Contains(tc.name, "hash is none") {
				use = func(*core.Options) {}
			}
			s := authtest.New(t, use)
			c := signUpAnn(t, s, nil)
			if tc.prepare != nil {
				tc.prepare(t, s)
			}
			before := h.work()
			a := c.Post("/verify-password", map[string]any{"password": tc.given})
			answers(t, a, tc.status, tc.answer)
			same(t, "cookies", []string(nil), a.Header["Set-Cookie"])
			if got := h.work() - before; h.work() > 0 && got != 1 {
				t.Errorf("%d hashes were computed, want 1", got)
			}
		})
	}
}

func TestPasswordsRefuseInput(t *testing.T) {
	h := new(tally)
	s := authtest.New(t, h.use, func(o *core.Options) { keepResets(o) })
	c := signUpAnn(t, s, nil)
	before := h.work()
	const text = "Invalid input: expected string, received "
	for _, tc := range []struct {
		name, method, path string
		body               any
		message            string
	}{
		{"a verification without a body", http.MethodPost, "/verify-password", nil, "[body] Invalid input: expected object, received undefined"},
		{"a verification of nothing", http.MethodPost, "/verify-password", `{}`, "[body.password] " + text + "undefined"},
		{"a verification of a number", http.MethodPost, "/verify-password", `{"password":5}`, "[body.password] " + text + "number"},
		{"a change of nothing", http.MethodPost, "/change-password", `{}`, "[body.newPassword] " + text + "undefined; [body.currentPassword] " + text + "undefined"},
		{
			"a change of numbers", http.MethodPost, "/change-password", `{"currentPassword":5,"newPassword":6,"revokeOtherSessions":"yes"}`,
			"[body.newPassword] " + text + "number; [body.currentPassword] " + text + "number; [body.revokeOtherSessions] Invalid input: expected boolean, received string",
		},
		{"a request for nobody", http.MethodPost, "/request-password-reset", `{}`, "[body.email] " + text + "undefined"},
		{"a request for an address that is none", http.MethodPost, "/request-password-reset", `{"email":"ann"}`, "[body.email] Invalid email address"},
		{"a request with null for the target", http.MethodPost, "/request-password-reset", `{"email":"ann@example.com","redirectTo":null}`, "[body.redirectTo] " + text + "null"},
		{"a reset without a password", http.MethodPost, "/reset-password", `{}`, "[body.newPassword] " + text + "undefined"},
		{"a reset with numbers", http.MethodPost, "/reset-password", `{"newPassword":5,"token":6}`, "[body.newPassword] " + text + "number; [body.token] " + text + "number"},
		{"a reset with two tokens", http.MethodPost, "/reset-password?token=a&token=b", `{"newPassword":"new-password1"}`, "[query.token] " + text + "array"},
		{"a link without a target", http.MethodGet, "/reset-password/x", nil, "[query.callbackURL] " + text + "undefined"},
		{"a link with two targets", http.MethodGet, "/reset-password/x?callbackURL=/a&callbackURL=/b", nil, "[query.callbackURL] " + text + "array"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := c.Do(tc.method, tc.path, tc.body)
			answers(t, a, http.StatusBadRequest, `{"message":"`+tc.message+`","code":"VALIDATION_ERROR"}`)
		})
	}
	if h.work() != before {
		t.Error("a password was hashed for a refused request")
	}
}
