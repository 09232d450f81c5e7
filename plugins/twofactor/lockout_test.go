package twofactor_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/plugins/twofactor"
)

// 1.6.21: five codes of an app, or backup codes, for a challenge.
func TestAChallengeTakesFiveTries(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	ann := s.enrolled()
	c := s.challenged(address)
	want(t, c.Post("/two-factor/send-otp", map[string]any{}), http.StatusOK, "")
	otp, cookie := s.sent(), c.Cookies[challengeCookie]
	for i := range 5 {
		path, code := "/two-factor/verify-totp", "INVALID_CODE"
		if i%2 == 1 {
			path, code = "/two-factor/verify-backup-code", "INVALID_BACKUP_CODE"
		}
		want(t, c.Post(path, body("x")), http.StatusUnauthorized, code)
	}
	want(t, c.Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusBadRequest, "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE")
	if _, has := c.Cookies[challengeCookie]; has {
		t.Error("the cookie stays")
	}
	c.Cookies[challengeCookie] = cookie
	for path, code := range map[string]string{"totp": ann.code(0), "backup-code": ann.codes[0], "otp": otp} {
		want(t, c.Post("/two-factor/verify-"+path, body(code)), http.StatusUnauthorized, "INVALID_TWO_FACTOR_COOKIE")
	}
	want(t, s.challenged(address).Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusOK, "")
}

// 1.6.22: ten wrong codes in a row, whatever the factor and the challenge.
func TestTenWrongCodesLockAUserOut(t *testing.T) {
	for _, tt := range []struct {
		name string
		fail func(t *testing.T, s *server)
	}{
		{"of an app", func(t *testing.T, s *server) {
			t.Helper()
			want(t, s.challenged(address).Post("/two-factor/verify-totp", body("x")), http.StatusUnauthorized, "INVALID_CODE")
		}},
		{"that were sent", func(t *testing.T, s *server) {
			t.Helper()
			c := s.challenged(address)
			want(t, c.Post("/two-factor/send-otp", map[string]any{}), http.StatusOK, "")
			want(t, c.Post("/two-factor/verify-otp", body("x")), http.StatusUnauthorized, "INVALID_CODE")
			s.Settle()
		}},
		{"from a list", func(t *testing.T, s *server) {
			t.Helper()
			want(t, s.challenged(address).Post("/two-factor/verify-backup-code", body("x")), http.StatusUnauthorized, "INVALID_BACKUP_CODE")
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, twofactor.Options{})
			ann := s.enrolled()
			for range 10 {
				tt.fail(t, s)
			}
			c := s.challenged(address)
			want(t, c.Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusTooManyRequests, "ACCOUNT_TEMPORARILY_LOCKED")
			want(t, c.Post("/two-factor/verify-backup-code", body(ann.codes[0])), http.StatusTooManyRequests, "ACCOUNT_TEMPORARILY_LOCKED")
			want(t, c.Post("/two-factor/send-otp", map[string]any{}), http.StatusOK, "")
			want(t, c.Post("/two-factor/verify-otp", body(s.sent())), http.StatusTooManyRequests, "ACCOUNT_TEMPORARILY_LOCKED")
			if got := s.row("twoFactor"); got["failedVerificationCount"] != int64(10) || got["lockedUntil"] == nil {
				t.Errorf("the row is not as 1.7 has it: %v", got)
			}
			// Whoever is signed in is not shut out.
			want(t, ann.Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusOK, "")
			s.Clock.Advance(15 * time.Minute)
			want(t, s.challenged(address).Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusOK, "")
			if got := s.row("twoFactor"); got["failedVerificationCount"] != int64(0) || got["lockedUntil"] != nil {
				t.Errorf("the failures are not forgiven: %v", got)
			}
		})
	}
}

func TestARightCodeForgivesTheWrongOnes(t *testing.T) {
	s := newServer(t, twofactor.Options{AccountLockout: twofactor.AccountLockout{MaxFailedAttempts: 3}})
	ann := s.enrolled()
	for range 4 {
		c := s.challenged(address)
		for range 2 {
			want(t, c.Post("/two-factor/verify-totp", body("x")), http.StatusUnauthorized, "INVALID_CODE")
		}
		want(t, c.Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusOK, "")
		s.Clock.Advance(step)
	}
}

// 1.7 has no count for them.
func TestUsersWithCodesThatAreSentAreLockedOutToo(t *testing.T) {
	s := newServer(t, twofactor.Options{AccountLockout: twofactor.AccountLockout{MaxFailedAttempts: 3, Duration: time.Minute}})
	ann := s.join(address)
	want(t, ann.Post("/two-factor/enable", map[string]any{"password": password, "method": "otp"}), http.StatusOK, "")
	for range 3 {
		c := s.challenged(address)
		want(t, c.Post("/two-factor/send-otp", map[string]any{}), http.StatusOK, "")
		want(t, c.Post("/two-factor/verify-otp", body("x")), http.StatusUnauthorized, "INVALID_CODE")
		s.Settle()
	}
	c := s.challenged(address)
	want(t, c.Post("/two-factor/send-otp", map[string]any{}), http.StatusOK, "")
	want(t, c.Post("/two-factor/verify-otp", body(s.sent())), http.StatusTooManyRequests, "ACCOUNT_TEMPORARILY_LOCKED")
	s.Clock.Advance(time.Minute)
	want(t, c.Post("/two-factor/verify-otp", body(s.sent())), http.StatusOK, "")
	if n := s.rows("verification", db.Cond{Field: "identifier", Op: db.StartsWith, Value: "two-factor-failures-"}); n != 0 {
		t.Errorf("%d counts are left", n)
	}
}

func TestNobodyIsLockedOutWhereThatIsOff(t *testing.T) {
	for name, configure := range map[string]func(*twofactor.Options, *core.Options){
		"by the option": func(o *twofactor.Options, _ *core.Options) { o.AccountLockout.Disabled = true },
		"as in 1.6.9":   func(_ *twofactor.Options, o *core.Options) { o.Compat.UnlimitedTwoFactorFailures = true },
	} {
		t.Run(name, func(t *testing.T) {
			o := twofactor.Options{}
			configure(&o, &core.Options{})
			s := newServer(t, o, func(co *core.Options) { configure(&twofactor.Options{}, co) })
			ann := s.enrolled()
			for range 12 {
				want(t, s.challenged(address).Post("/two-factor/verify-totp", body("x")), http.StatusUnauthorized, "INVALID_CODE")
			}
			want(t, s.challenged(address).Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusOK, "")
		})
	}
}

// A row that 1.6.9 wrote has no count.
func TestALockOutOfARowWithoutACount(t *testing.T) {
	s := newServer(t, twofactor.Options{AccountLockout: twofactor.AccountLockout{MaxFailedAttempts: 2}})
	ann := s.enrolled()
	s.set("twoFactor", db.Row{"failedVerificationCount": nil, "lastCodeAt": nil})
	for range 2 {
		want(t, s.challenged(address).Post("/two-factor/verify-totp", body("x")), http.StatusUnauthorized, "INVALID_CODE")
	}
	want(t, s.challenged(address).Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusTooManyRequests, "ACCOUNT_TEMPORARILY_LOCKED")
}
