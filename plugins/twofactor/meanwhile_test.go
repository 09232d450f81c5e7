package twofactor_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/plugins/twofactor"
)

// meanwhile is what happens while a request is at a certain place, once.
type meanwhile struct{ run func() }

func (m *meanwhile) happens() {
	if run := m.run; run != nil {
		m.run = nil
		run()
	}
}

// whileHashing happens while a password is compared.
func (m *meanwhile) whileHashing(o *core.Options) {
	o.EmailAndPassword.Password.Hash = func(_ context.Context, text string) (string, error) { return "h:" + text, nil }
	o.EmailAndPassword.Password.Verify = func(_ context.Context, hash, text string) (bool, error) {
		m.happens()
		return hash == "h:"+text, nil
	}
}

func inSecondary(o *core.Options) { o.SecondaryStorage = secondary.NewMemory(o.Clock) }

// storages are the two places where sessions and challenges can be.
var storages = map[string]func(*core.Options){"the database": func(*core.Options) {}, "a secondary storage": inSecondary}

const anotherPassword = "another-password"

// changePassword ends every other session of a user.
func (s *server) changePassword(c *authtest.Client) {
	s.t.Helper()
	want(s.t, c.Post("/change-password", map[string]any{
		"currentPassword": password, "newPassword": anotherPassword, "revokeOtherSessions": true,
	}), http.StatusOK, "")
}

// anotherBrowser is a member signed in once more, past the second factor.
func (s *server) anotherBrowser(m *member) *authtest.Client {
	s.t.Helper()
	c := s.challenged(address)
	want(s.t, c.Post("/two-factor/verify-backup-code", body(m.codes[0])), http.StatusOK, "")
	m.codes = m.codes[1:]
	return c
}

// Whoever has lost the account while their password was compared changes nothing.
func TestASessionThatIsEndedMeanwhileChangesNoFactor(t *testing.T) {
	changes := map[string]map[string]any{
		"/two-factor/enable":                {"password": password},
		"/two-factor/enable?":               {"password": password, "method": "otp"},
		"/two-factor/disable":               {"password": password},
		"/two-factor/generate-backup-codes": {"password": password},
	}
	losses := map[string]struct {
		lose   func(*server, *authtest.Client)
		status int
		code   string
	}{
		"another password": {(*server).changePassword, http.StatusBadRequest, "INVALID_PASSWORD"},
		"every other session": {func(s *server, c *authtest.Client) {
			want(s.t, c.Post("/revoke-other-sessions", map[string]any{}), http.StatusOK, "")
		}, http.StatusUnauthorized, "UNAUTHORIZED"},
	}
	for where, storage := range storages {
		for path, given := range changes {
			for what, loss := range losses {
				t.Run(where+", "+path+", "+what, func(t *testing.T) {
					m := &meanwhile{}
					s := newServer(t, twofactor.Options{}, storage, m.whileHashing)
					ann := s.enrolled()
					thief := s.anotherBrowser(ann)
					before := s.row("twoFactor")
					m.run = func() { loss.lose(s, ann.Client) }
					want(t, thief.Post(path, given), loss.status, loss.code)
					if !maps.Equal(texted(before), texted(s.row("twoFactor"))) || s.row("user")["twoFactorEnabled"] != true {
						t.Error("the factor has changed")
					}
					if got := s.signedIn(thief); got != "" {
						t.Errorf("the session is %s's", got)
					}
				})
			}
		}
	}
}

// texted are the fields of an enrolment that a change of it changes.
func texted(row db.Row) map[string]any {
	return map[string]any{"secret": row["secret"], "backupCodes": row["backupCodes"], "verified": row["verified"]}
}

func TestASessionOfAUserWithoutAPasswordThatIsEndedMeanwhile(t *testing.T) {
	m := &meanwhile{}
	s := newServer(t, twofactor.Options{AllowPasswordless: true, BackupCodes: twofactor.BackupCodeOptions{
		CustomBackupCodesGenerate: func() []string { m.happens(); return []string{"first-code"} },
	}})
	ann := s.join(address)
	remove(s, "account")
	want(t, ann.Post("/two-factor/enable", map[string]any{}), http.StatusOK, "")
	before := s.row("twoFactor")
	m.run = func() { remove(s, "session") }
	want(t, ann.Post("/two-factor/enable", map[string]any{}), http.StatusUnauthorized, "UNAUTHORIZED")
	if !maps.Equal(texted(before), texted(s.row("twoFactor"))) {
		t.Error("the enrolment is another one")
	}
}

// What a session knows of the factor may be over once the password has been compared.
func TestAnAppThatIsPutInUseMeanwhileStays(t *testing.T) {
	m := &meanwhile{}
	s := newServer(t, twofactor.Options{}, m.whileHashing)
	ann := s.join(address)
	ann.enrol()
	tab := s.Client()
	s.signIn(tab, address)
	m.run = func() { want(t, ann.Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusOK, "") }
	want(t, tab.Post("/two-factor/enable", map[string]any{"password": password}), http.StatusBadRequest, "TOTP_ALREADY_ENABLED")
	s.Clock.Advance(2 * step)
	want(t, s.challenged(address).Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusOK, "")
}

func TestAFactorThatIsSwitchedOffMeanwhileHasNoNewBackupCodes(t *testing.T) {
	m := &meanwhile{}
	s := newServer(t, twofactor.Options{BackupCodes: twofactor.BackupCodeOptions{
		CustomBackupCodesGenerate: func() []string { m.happens(); return []string{"first-code", "second-code"} },
	}})
	ann := s.enrolled()
	tab := s.anotherBrowser(ann)

	m.run = func() {
		want(t, ann.Post("/two-factor/disable", map[string]any{"password": password}), http.StatusOK, "")
	}
	want(t, tab.Post("/two-factor/generate-backup-codes", map[string]any{"password": password}), http.StatusBadRequest, "TWO_FACTOR_NOT_ENABLED")
}

// A secondary storage hears of the session after the commit.
func TestASessionOfAChangedPasswordThatBeginsAfterTheCommit(t *testing.T) {
	m := &meanwhile{}
	s := newServer(t, twofactor.Options{}, inSecondary, func(o *core.Options) {
		o.Verification.StoreInDatabase = true
		o.DatabaseHooks.Verification.AfterDelete = func(context.Context, db.Row) error { m.happens(); return nil }
	})
	ann := s.enrolled()
	c := s.challenged(address)
	s.Clock.Advance(time.Second)
	m.run = func() { s.changePassword(ann.Client) }
	want(t, c.Post("/two-factor/verify-totp", map[string]any{"code": ann.code(0), "trustDevice": true}), http.StatusUnauthorized, "INVALID_TWO_FACTOR_COOKIE")
	if m.run != nil {
		t.Fatal("nothing has happened")
	}
	if got := s.signedIn(c); got != "" || len(c.Cookies) != 0 {
		t.Errorf("a session of %q, and the cookies %v", got, c.Cookies)
	}
	if list, err := s.Sessions().Active(t.Context(), ann.id, s.Now()); err != nil || len(list) != 1 {
		t.Errorf("%d sessions, want 1: %v", len(list), err)
	}
}

// The session that comes with a change of the factor is one of before the password
// was changed.
func TestANewSessionDoesNotOutliveAChangeOfThePassword(t *testing.T) {
	m := &meanwhile{}
	s := newServer(t, twofactor.Options{}, inSecondary, func(o *core.Options) {
		o.DatabaseHooks.User.AfterUpdate = func(context.Context, db.Row) error { m.happens(); return nil }
	})
	ann := s.join(address)
	thief := s.Client()
	s.signIn(thief, address)
	s.Clock.Advance(time.Second)
	m.run = func() { s.changePassword(ann.Client) }
	thief.Post("/two-factor/enable", map[string]any{"password": password, "method": "otp"})
	if got := s.signedIn(thief); got != "" || m.run != nil {
		t.Errorf("the session is %q's", got)
	}
}

func TestAUserWhoIsGoneGetsNoSession(t *testing.T) {
	for where, storage := range storages {
		t.Run(where, func(t *testing.T) {
			m := &meanwhile{}
			hash := func(_ context.Context, text string) (string, error) { m.happens(); return "h:" + text, nil }
			s := newServer(t, twofactor.Options{OTP: twofactor.OTPOptions{StoreOTP: twofactor.OTPStorage{Hash: hash}}}, storage, func(o *core.Options) {
				o.User.DeleteUser.Enabled = true
			})
			ann := s.join(address)
			want(t, ann.Post("/two-factor/enable", map[string]any{"password": password, "method": "otp"}), http.StatusOK, "")
			c := s.challenged(address)
			want(t, c.Post("/two-factor/send-otp", map[string]any{}), http.StatusOK, "")
			code := s.sent()
			m.run = func() { want(t, ann.Post("/delete-user", map[string]any{"password": password}), http.StatusOK, "") }
			want(t, c.Post("/two-factor/verify-otp", body(code)), http.StatusUnauthorized, "INVALID_TWO_FACTOR_COOKIE")
			if got := s.signedIn(c); got != "" || s.rows("user") != 0 {
				t.Errorf("the session is %q's", got)
			}
		})
	}
}

func TestAPasswordThatIsGoneEndsTheChallenge(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	ann := s.enrolled()
	c := s.challenged(address)
	remove(s, "account")
	want(t, c.Post("/two-factor/verify-backup-code", map[string]any{"code": ann.codes[0], "disableSession": true}), http.StatusUnauthorized, "INVALID_TWO_FACTOR_COOKIE")
	want(t, c.Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusUnauthorized, "INVALID_TWO_FACTOR_COOKIE")
	if got := s.signedIn(c); got != "" {
		t.Errorf("the session is %s's", got)
	}
}

// Between the sign-in and its challenge there are the hooks of the application.
func TestASignInThatIsOverMeanwhileIsNotChallenged(t *testing.T) {
	for where, storage := range storages {
		for what, over := range map[string]func(*server, *member){
			"another password, and every session": func(s *server, m *member) { s.changePassword(m.Client) },
			"another password": func(s *server, m *member) {
				s.Clock.Advance(time.Second)
				want(s.t, m.Post("/change-password", map[string]any{"currentPassword": password, "newPassword": anotherPassword}), http.StatusOK, "")
			},
			"no password":   func(s *server, _ *member) { remove(s, "account") },
			"every session": func(s *server, m *member) { want(s.t, m.Post("/revoke-sessions", map[string]any{}), http.StatusOK, "") },
		} {
			t.Run(where+", "+what, func(t *testing.T) {
				m := &meanwhile{}
				s := newServer(t, twofactor.Options{}, storage, func(o *core.Options) {
					o.Hooks.After = func(c *core.Ctx) error {
						if c.Pattern == "/sign-in/email" {
							m.happens()
						}
						return nil
					}
				})
				ann := s.enrolled()
				m.run = func() { over(s, ann) }
				c := s.Client()
				want(t, s.signIn(c, address, map[string]any{"rememberMe": false}), http.StatusUnauthorized, "INVALID_EMAIL_OR_PASSWORD")
				if len(c.Cookies) != 0 {
					t.Errorf("the browser has %v", c.Cookies)
				}
			})
		}
	}
}

// What fails before the challenge leaves nothing that opens anything.
func TestAHookThatFailsHandsOutNoSession(t *testing.T) {
	for name, hook := range map[string]func(*core.Options, func() error){
		"of requests": func(o *core.Options, run func() error) { o.Hooks.After = func(*core.Ctx) error { return run() } },
		"of the table": func(o *core.Options, run func() error) {
			o.DatabaseHooks.Session.AfterCreate = func(context.Context, db.Row) error { return run() }
		},
	} {
		t.Run(name, func(t *testing.T) {
			var fails error
			s := newServer(t, twofactor.Options{}, func(o *core.Options) { hook(o, func() error { return fails }) })
			s.enrolled()
			fails = errors.New("no statistics today")
			c := s.Client()
			s.signIn(c, address)
			fails = nil
			if got := s.signedIn(c); got != "" {
				t.Errorf("the session is %s's, without a second factor", got)
			}
		})
	}
}

// Whoever began to set an app up knows its backup codes, and may be somebody else.
func TestBackupCodesOfAnAppThatWasNeverUsed(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	ann := s.join(address)
	thief := &member{Client: s.Client(), s: s}
	s.signIn(thief.Client, address)
	thief.enrol()
	s.Clock.Advance(time.Second)
	s.changePassword(ann.Client)
	want(t, ann.Post("/two-factor/enable", map[string]any{"password": anotherPassword, "method": "otp"}), http.StatusOK, "")
	c := s.challenged(address, map[string]any{"password": anotherPassword})
	want(t, c.Post("/two-factor/verify-backup-code", body(thief.codes[0])), http.StatusBadRequest, "BACKUP_CODES_NOT_ENABLED")
}

// In 1.6.9 a code that is sent switches on what was set up for an app.
func TestBackupCodesStayWhenACodeThatWasSentSwitchesOn(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	ann := s.join(address)
	ann.enrol()
	want(t, ann.Post("/two-factor/send-otp", map[string]any{}), http.StatusOK, "")
	want(t, ann.Post("/two-factor/verify-otp", body(s.sent())), http.StatusOK, "")
	want(t, s.challenged(address).Post("/two-factor/verify-backup-code", body(ann.codes[0])), http.StatusOK, "")
}

func TestTrustThatHasEndedStaysEndedWhenSwitchingOffFails(t *testing.T) {
	for where, storage := range storages {
		t.Run(where, func(t *testing.T) {
			refuse := false
			s := newServer(t, twofactor.Options{}, storage, func(o *core.Options) {
				o.DatabaseHooks.Session.BeforeCreate = refusing(&refuse)
			})
			ann := s.enrolled()
			other := s.trusting(ann)
			s.Clock.Advance(step)
			want(t, ann.Post("/two-factor/disable", map[string]any{"password": password}), http.StatusOK, "")
			s.Clock.Advance(step)
			ann.enrol()
			want(t, ann.Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusOK, "")
			refuse = true
			if a := ann.Post("/two-factor/disable", map[string]any{"password": password}); a.Status == http.StatusOK {
				t.Fatalf("got %d %s", a.Status, a.Body)
			}
			refuse = false
			if !s.asked(other, address) {
				t.Error("a browser is trusted with the factor of before")
			}
		})
	}
}

// A code that is sent while another one is looked at is not the one that is spent.
func TestACodeThatIsSentMeanwhileStays(t *testing.T) {
	for where, storage := range storages {
		t.Run(where, func(t *testing.T) {
			m := &meanwhile{}
			hash := func(_ context.Context, text string) (string, error) { m.happens(); return "h:" + text, nil }
			s := newServer(t, twofactor.Options{OTP: twofactor.OTPOptions{StoreOTP: twofactor.OTPStorage{Hash: hash}}}, storage)
			s.enrolled()
			c := s.challenged(address)
			send := func() { want(t, c.Post("/two-factor/send-otp", map[string]any{}), http.StatusOK, "") }
			send()
			first := s.sent()
			m.run = send
			want(t, c.Post("/two-factor/verify-otp", body(first)), http.StatusUnauthorized, "INVALID_CODE")
			want(t, c.Post("/two-factor/verify-otp", body(s.sent())), http.StatusOK, "")
		})
	}
}

// counting is a storage in which a try is counted when a code that was sent is about to
// be taken out.
type counting struct {
	secondary.Storage

	counted int
}

func (s *counting) CompareAndSet(ctx context.Context, key, old, value string, ttl time.Duration) (bool, error) {
	if again := strings.Replace(old, `:1"`, `:2"`, 1); value == "" && strings.Contains(key, "2fa-otp-") && again != old {
		if ok, err := s.Storage.CompareAndSet(ctx, key, old, again, time.Minute); !ok || err != nil {
			return false, err
		}
		s.counted++
	}
	return s.Storage.CompareAndSet(ctx, key, old, value, ttl)
}

func TestATryThatIsCountedMeanwhileTakesNoCodeAway(t *testing.T) {
	storage := &counting{}
	s := newServer(t, twofactor.Options{}, func(o *core.Options) {
		storage.Storage = secondary.NewMemory(o.Clock)
		o.SecondaryStorage = storage
	})
	s.enrolled()
	c := s.challenged(address)
	want(t, c.Post("/two-factor/send-otp", map[string]any{}), http.StatusOK, "")
	code, challenge := s.sent(), c.Cookies[challengeCookie]
	want(t, c.Post("/two-factor/verify-otp", body(code)), http.StatusOK, "")
	if storage.counted != 1 {
		t.Errorf("%d tries were counted meanwhile, want 1", storage.counted)
	}
	// And it is gone.
	other := s.Client()
	other.Cookies[challengeCookie] = challenge
	want(t, other.Post("/two-factor/verify-otp", body(code)), http.StatusUnauthorized, "INVALID_TWO_FACTOR_COOKIE")
}
