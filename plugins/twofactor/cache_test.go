package twofactor_test

import (
	"maps"
	"net/http"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/plugins/twofactor"
)

// 1.6.21: what a cookie cache still knows of a session is not enough.
func TestARevokedSessionInTheCacheChangesNothing(t *testing.T) {
	on := true
	s := newServer(t, twofactor.Options{}, func(o *core.Options) { o.Session.CookieCache.Enabled = &on })
	ann := s.enrolled()
	before := s.row("twoFactor")
	cookies := ann.Cookies
	remove(s, "session")
	for path, given := range map[string]map[string]any{
		"/two-factor/enable":                {"password": password, "method": "otp"},
		"/two-factor/disable":               {"password": password},
		"/two-factor/get-totp-uri":          {"password": password},
		"/two-factor/generate-backup-codes": {"password": password},
		"/two-factor/verify-totp":           {"code": ann.code(0)},
		"/two-factor/verify-backup-code":    {"code": ann.codes[0]},
		"/two-factor/send-otp":              {},
	} {
		c := s.Client()
		maps.Copy(c.Cookies, cookies)
		if a := c.Post(path, given); a.Status != http.StatusUnauthorized {
			t.Errorf("%s: %d %s", path, a.Status, a.Body)
		}
	}
	after := s.row("twoFactor")
	for name := range before {
		if before[name] != after[name] && name != "lastCodeAt" {
			t.Errorf("%s has changed", name)
		}
	}
	if s.row("user")["twoFactorEnabled"] != true {
		t.Error("the factor is off")
	}
}

// Nobody but the user of a session, or of a challenge, is acted on.
func TestFactorsOfSomebodyElseAreNotReached(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	ann := s.enrolled()
	bob := s.join("bob@example.com")
	bob.enrol()
	want(t, bob.Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusUnauthorized, "INVALID_CODE")
	want(t, bob.Post("/two-factor/verify-backup-code", body(ann.codes[0])), http.StatusUnauthorized, "INVALID_BACKUP_CODE")
	want(t, bob.Post("/two-factor/verify-totp", body(bob.code(0))), http.StatusOK, "")
	c := s.challenged("bob@example.com")
	want(t, c.Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusUnauthorized, "INVALID_CODE")
	want(t, c.Post("/two-factor/verify-backup-code", body(ann.codes[0])), http.StatusUnauthorized, "INVALID_BACKUP_CODE")
	want(t, s.challenged(address).Post("/two-factor/verify-backup-code", body(ann.codes[0])), http.StatusOK, "")
}
