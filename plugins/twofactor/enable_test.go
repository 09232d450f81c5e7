package twofactor_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/plugins/twofactor"
)

func TestEnablingTakesEffectWithTheFirstCode(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	ann := s.join(address)
	a := ann.enrol()
	if uri := a.Text(t, "totpURI"); !strings.HasPrefix(uri, "otpauth://totp/Better%20Auth:ann%40example.com?secret=") ||
		!strings.HasSuffix(uri, "&issuer=Better+Auth&digits=6&period=30") {
		t.Errorf("the URI is %s", uri)
	}
	if a.Text(t, "method") != "totp" || len(ann.codes) != 10 || len(ann.codes[0]) != 11 || ann.codes[0][5] != '-' {
		t.Errorf("got %s", a.Body)
	}
	if got := s.signIn(s.Client(), address); got.Text(t, "token") == "" {
		t.Errorf("a factor that is not on yet is asked for: %s", got.Body)
	}
	before := ann.Cookies[sessionCookie]
	want(t, ann.Post("/two-factor/verify-totp", body("00000")), http.StatusUnauthorized, "INVALID_CODE")
	want(t, ann.Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusOK, "")
	if ann.Cookies[sessionCookie] == before || s.signedIn(ann.Client) != address {
		t.Error("there is no other session in the place of the old one")
	}
	old := s.Client()
	old.Cookies[sessionCookie] = before
	if got := s.signedIn(old); got != "" {
		t.Errorf("the old session is %s's", got)
	}
	if on := s.row("user")["twoFactorEnabled"]; on != true {
		t.Errorf("twoFactorEnabled is %v", on)
	}
	s.challenged(address)
}

func TestEnablingAsksForThePassword(t *testing.T) {
	no := false
	for _, tt := range []struct {
		name        string
		opts        twofactor.Options
		withoutPass bool
		body        map[string]any
		want        int
		code        string
	}{
		{"the password", twofactor.Options{}, false, map[string]any{"password": password}, http.StatusOK, ""},
		{"a wrong one", twofactor.Options{}, false, map[string]any{"password": "password124"}, http.StatusBadRequest, "INVALID_PASSWORD"},
		{"an empty one", twofactor.Options{}, false, map[string]any{"password": ""}, http.StatusBadRequest, "INVALID_PASSWORD"},
		{"none", twofactor.Options{}, false, map[string]any{}, http.StatusBadRequest, "VALIDATION_ERROR"},
		{"a huge one", twofactor.Options{}, false, map[string]any{"password": strings.Repeat("x", 129)}, http.StatusBadRequest, "PASSWORD_TOO_LONG"},
		{"an unknown method", twofactor.Options{}, false, map[string]any{"password": password, "method": "sms"}, http.StatusBadRequest, "VALIDATION_ERROR"},
		{"any of a user without one", twofactor.Options{}, true, map[string]any{"password": password}, http.StatusBadRequest, "INVALID_PASSWORD"},
		{"none of a user without one who needs none", twofactor.Options{AllowPasswordless: true}, true, map[string]any{}, http.StatusOK, ""},
		{"none of a user with one where some need none", twofactor.Options{AllowPasswordless: true}, false, map[string]any{}, http.StatusBadRequest, "INVALID_PASSWORD"},
		{"a wrong one where some need none", twofactor.Options{AllowPasswordless: true}, false, map[string]any{"password": "password124"}, http.StatusBadRequest, "INVALID_PASSWORD"},
		{"null where some need none", twofactor.Options{AllowPasswordless: true}, true, map[string]any{"password": nil}, http.StatusBadRequest, "VALIDATION_ERROR"},
		{"none where only enabling needs none", twofactor.Options{AllowPasswordless: true, TOTP: twofactor.TOTPOptions{AllowPasswordless: &no}}, true, map[string]any{}, http.StatusOK, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, tt.opts)
			ann := s.join(address)
			if tt.withoutPass {
				s.set("account", db.Row{"password": nil})
			}
			want(t, ann.Post("/two-factor/enable", tt.body), tt.want, tt.code)
			if n := s.rows("twoFactor"); (n == 1) != (tt.want == http.StatusOK) {
				t.Errorf("%d rows", n)
			}
		})
	}
}

func TestEachEndpointDecidesWhetherItNeedsAPassword(t *testing.T) {
	yes, no := true, false
	s := newServer(t, twofactor.Options{
		AllowPasswordless: true, TOTP: twofactor.TOTPOptions{AllowPasswordless: &no}, BackupCodes: twofactor.BackupCodeOptions{AllowPasswordless: &yes},
	})
	ann := s.enrolled()
	s.set("account", db.Row{"password": nil})
	want(t, ann.Post("/two-factor/get-totp-uri", map[string]any{}), http.StatusBadRequest, "VALIDATION_ERROR")
	want(t, ann.Post("/two-factor/get-totp-uri", map[string]any{"password": ""}), http.StatusBadRequest, "INVALID_PASSWORD")
	want(t, ann.Post("/two-factor/generate-backup-codes", map[string]any{}), http.StatusOK, "")
	want(t, ann.Post("/two-factor/disable", map[string]any{}), http.StatusOK, "")
}

// 1.7.3: what is in use stays in use.
func TestEnablingAgainWhileItIsOnIsRefused(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	ann := s.enrolled()
	want(t, ann.Post("/two-factor/enable", map[string]any{"password": password}), http.StatusBadRequest, "TOTP_ALREADY_ENABLED")
	want(t, s.challenged(address).Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusOK, "")
}

func TestASecondAppCountsAtOnceIn169(t *testing.T) {
	s := newServer(t, twofactor.Options{}, func(o *core.Options) { o.Compat.ReplaceTOTPInUse = true })
	ann := s.enrolled()
	old := ann.code(0)
	ann.enrol()
	c := s.challenged(address)
	want(t, c.Post("/two-factor/verify-totp", body(old)), http.StatusUnauthorized, "INVALID_CODE")
	want(t, c.Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusOK, "")
}

func TestSettingUpAgainBeforeTheFirstCode(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	ann := s.join(address)
	ann.enrol()
	first := ann.code(0)
	ann.enrol()
	want(t, ann.Post("/two-factor/verify-totp", body(first)), http.StatusUnauthorized, "INVALID_CODE")
	want(t, ann.Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusOK, "")
	if n := s.rows("twoFactor"); n != 1 {
		t.Errorf("%d rows", n)
	}
}

func TestEnablingWithoutAFirstCode(t *testing.T) {
	s := newServer(t, twofactor.Options{SkipVerificationOnEnable: true})
	ann := s.join(address)
	before := ann.Cookies[sessionCookie]
	ann.enrol()
	if ann.Cookies[sessionCookie] == before {
		t.Error("the session is the old one")
	}
	want(t, s.challenged(address).Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusOK, "")
}

func TestCodesThatAreSentNeedNoSetUp(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	ann := s.join(address)
	before := ann.Cookies[sessionCookie]
	a := ann.Post("/two-factor/enable", map[string]any{"password": password, "method": "otp"})
	if want(t, a, http.StatusOK, ""); a.Body != `{"method":"otp"}` {
		t.Errorf("got %s", a.Body)
	}
	if ann.Cookies[sessionCookie] == before || s.signedIn(ann.Client) != address {
		t.Error("there is no other session in the place of the old one")
	}
	got := s.signIn(s.Client(), address)
	if got.Body != `{"twoFactorRedirect":true,"twoFactorMethods":["otp"]}` {
		t.Errorf("got %s", got.Body)
	}
	// An app may come later.
	ann.enrol()
	want(t, s.challenged(address).Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusBadRequest, "TOTP_NOT_ENABLED")
	want(t, ann.Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusOK, "")
	if got := s.signIn(s.Client(), address); !strings.Contains(got.Body, `["totp","otp"]`) {
		t.Errorf("got %s", got.Body)
	}
}

func TestMethodsThatTheServerDoesNotHave(t *testing.T) {
	bare := twofactor.New(twofactor.Options{TOTP: twofactor.TOTPOptions{Disable: true}})
	s := newServerOf(t, bare)
	ann := s.join(address)
	for _, tt := range []struct {
		path string
		body map[string]any
		code string
	}{
		{"/two-factor/enable", map[string]any{"password": password, "method": "otp"}, "OTP_NOT_CONFIGURED"},
		{"/two-factor/enable", map[string]any{"password": password, "method": "totp"}, "TOTP_NOT_CONFIGURED"},
		{"/two-factor/get-totp-uri", map[string]any{"password": password}, "TOTP_NOT_CONFIGURED"},
		{"/two-factor/verify-totp", map[string]any{"code": "123456"}, "TOTP_NOT_CONFIGURED"},
		{"/two-factor/send-otp", map[string]any{}, "OTP_NOT_CONFIGURED"},
	} {
		want(t, ann.Post(tt.path, tt.body), http.StatusBadRequest, tt.code)
	}
	if _, err := bare.GenerateTOTP.Call(t.Context(), twofactor.GenerateTOTPInput{Secret: "x"}); err == nil {
		t.Error("a code is made")
	}
	// A client of 1.6.9 says no method and begins so, whatever it goes on with.
	ann.enrol()
}

func TestOptionsThatAreNotSafe(t *testing.T) {
	for name, o := range map[string]twofactor.Options{
		"five digits":                     {TOTP: twofactor.TOTPOptions{Digits: 5}},
		"nine digits":                     {TOTP: twofactor.TOTPOptions{Digits: 9}},
		"half a second":                   {TOTP: twofactor.TOTPOptions{Period: 500e6}},
		"three digits that are sent":      {OTP: twofactor.OTPOptions{Digits: 3}},
		"short backup codes":              {BackupCodes: twofactor.BackupCodeOptions{Length: 7}},
		"short ones in the other place":   {TOTP: twofactor.TOTPOptions{BackupCodes: twofactor.BackupCodeOptions{Length: 1}}},
		"a challenge of no time":          {CookieMaxAge: -1},
		"a lock-out after -1":             {AccountLockout: twofactor.AccountLockout{MaxFailedAttempts: -1}},
		"encryption without the way back": {BackupCodes: twofactor.BackupCodeOptions{StoreBackupCodes: twofactor.BackupCodeStorage{Encrypt: same}}},
	} {
		if err := try(t, twofactor.New(o)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
