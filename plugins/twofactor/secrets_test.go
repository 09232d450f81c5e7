package twofactor_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/plugins/twofactor"
)

// What is shown once is shown by no other answer, and what is stored by none.
func TestNothingOfAFactorIsInOtherAnswers(t *testing.T) {
	on := true
	s := newServer(t, twofactor.Options{}, func(o *core.Options) { o.Session.CookieCache.Enabled = &on })
	ann := s.enrolled()
	row := s.row("twoFactor")
	c := s.challenged(address)
	answers := map[string]*authtest.Answer{
		"sign-in":      s.signIn(s.Client(), address),
		"send-otp":     c.Post("/two-factor/send-otp", map[string]any{}),
		"a wrong code": c.Post("/two-factor/verify-totp", body("x")),
		"a right code": c.Post("/two-factor/verify-totp", body(ann.code(0))),
		"get-session":  c.Get("/get-session"),
		"sessions":     c.Get("/list-sessions"),
		"accounts":     c.Get("/list-accounts"),
		"update-user":  c.Post("/update-user", map[string]any{"name": "Anna"}),
		"enable again": c.Post("/two-factor/enable", map[string]any{"password": password}),
	}
	sealed, _ := row["secret"].(string)
	codes, _ := row["backupCodes"].(string)
	secrets := append([]string{ann.secret, sealed, codes, s.sent(), "failedVerificationCount", "lockedUntil", "lastCodeAt"}, ann.codes...)
	answers["new backup codes"] = ann.Post("/two-factor/generate-backup-codes", map[string]any{"password": password})
	answers["disable"] = ann.Post("/two-factor/disable", map[string]any{"password": password})
	for what, a := range answers {
		for _, secret := range secrets {
			if secret == "" || strings.Contains(a.Body, secret) {
				t.Errorf("%s: %q is in %s", what, secret, a.Body)
			}
		}
	}
	for _, secret := range secrets[:4] {
		if strings.Contains(s.Log.String(), secret) {
			t.Errorf("%q is in the log", secret)
		}
	}
}

// Records of the plugin open nothing at the endpoints of the core.
func TestRecordsOfThePluginAreNoTokens(t *testing.T) {
	s := newServer(t, twofactor.Options{}, func(o *core.Options) { o.User.DeleteUser.Enabled = true })
	ann := s.enrolled()
	s.trusting(ann)
	c := s.challenged(address)
	want(t, c.Post("/two-factor/send-otp", map[string]any{}), http.StatusOK, "")
	rows := s.all("verification")
	if len(rows) != 4 { // trust, challenge, tries, code
		t.Fatalf("%d records", len(rows))
	}
	for _, row := range rows {
		identifier, _ := row["identifier"].(string)
		value, _ := row["value"].(string)
		for _, token := range []string{identifier, value, identifier[strings.LastIndexByte(identifier, '-')+1:]} {
			want(t, c.Post("/reset-password", map[string]any{"token": token, "newPassword": "another password"}), http.StatusBadRequest, "INVALID_TOKEN")
			want(t, ann.Post("/delete-user", map[string]any{"token": token}), http.StatusNotFound, "INVALID_TOKEN")
			if a := c.Get("/verify-email?token=" + token); a.Status != http.StatusUnauthorized {
				t.Errorf("%s verifies an address: %d %s", token, a.Status, a.Body)
			}
		}
	}
	if n := len(s.all("verification")); n != 4 {
		t.Errorf("%d records are left", n)
	}
}
