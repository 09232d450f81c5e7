package twofactor_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/plugins/twofactor"
)

// A server without a database keeps everything in its own memory.
func TestAServerWithoutADatabase(t *testing.T) {
	s := newServer(t, twofactor.Options{}, func(o *core.Options) { o.Database = nil })
	ann := s.enrolled()
	c := s.challenged(address)
	if s.signedIn(c) != "" {
		t.Error("there is a session")
	}
	want(t, c.Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusOK, "")
	if got := s.signedIn(c); got != address {
		t.Errorf("the session is %q's", got)
	}
}

// Identifiers can be stored as hashes, which are looked up by what they are of.
func TestIdentifiersThatAreHashed(t *testing.T) {
	s := newServer(t, twofactor.Options{}, func(o *core.Options) { o.Verification.StoreIdentifier.Default.Hashed = true })
	ann := s.enrolled()
	c := s.trusting(ann)
	if s.asked(c, address) {
		t.Error("the browser is asked")
	}
	other := s.challenged(address)
	want(t, other.Post("/two-factor/send-otp", map[string]any{}), http.StatusOK, "")
	want(t, other.Post("/two-factor/verify-otp", body(s.sent())), http.StatusOK, "")
	want(t, ann.Post("/two-factor/disable", map[string]any{"password": password}), http.StatusOK, "")
	s.Clock.Advance(step)
	ann.enrol()
	want(t, ann.Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusOK, "")
	if !s.asked(c, address) {
		t.Error("the browser is trusted with the factor of before")
	}
}

// A sender that fails tells nobody, and no code is in the log.
func TestASenderThatFails(t *testing.T) {
	var otp string
	s := newServer(t, twofactor.Options{OTP: twofactor.OTPOptions{SendOTP: func(_ context.Context, m twofactor.Message) error {
		otp = m.OTP
		return errors.New("no mail today")
	}}})
	ann := s.enrolled()
	want(t, s.challenged(address).Post("/two-factor/send-otp", map[string]any{}), http.StatusOK, "")
	s.Settle()
	for what, secret := range map[string]string{"the code": otp, "the secret": ann.secret, "a backup code": ann.codes[0]} {
		if secret == "" || strings.Contains(s.Log.String(), secret) {
			t.Errorf("%s is in the log, or empty", what)
		}
	}
	if !strings.Contains(s.Log.String(), "no mail today") {
		t.Error("the failure is not in the log")
	}
}

// A user who has gone while the code was typed.
func TestAUserWhoIsDeletedMeanwhile(t *testing.T) {
	gone := false
	s := newServer(t, twofactor.Options{}, func(o *core.Options) {
		o.DatabaseHooks.Session.BeforeCreate = func(context.Context, db.Row) (db.Row, error) {
			if gone {
				return nil, db.ErrReference
			}
			return nil, nil
		}
	})
	ann := s.enrolled()
	c := s.challenged(address)
	gone = true
	want(t, c.Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusUnauthorized, "INVALID_TWO_FACTOR_COOKIE")
}

// The names of the table and its columns are the application's to choose.
func TestOtherNamesInTheDatabase(t *testing.T) {
	s := newServer(t, twofactor.Options{TwoFactorTable: "factors", Schema: twofactor.Schema{
		User:      core.FieldNames{Fields: map[string]string{"twoFactorEnabled": "two_factor"}},
		TwoFactor: core.TableNames{ModelName: "loses", Fields: map[string]string{"backupCodes": "backup_codes"}},
	}})
	table := s.Table("twoFactor")
	if table.Name != "factors" || table.Field("backupCodes").Column != "backup_codes" || s.Table("user").Field("twoFactorEnabled").Column != "two_factor" {
		t.Errorf("the table is %q", table.Name)
	}
	s.enrolled()
	s.challenged(address)
}

func TestAUserGoesWithTheirFactor(t *testing.T) {
	s := newServer(t, twofactor.Options{}, func(o *core.Options) { o.User.DeleteUser.Enabled = true })
	ann := s.enrolled()
	want(t, ann.Post("/delete-user", map[string]any{"password": password}), http.StatusOK, "")
	if n := s.rows("twoFactor"); n != 0 {
		t.Errorf("%d rows are left", n)
	}
}

func TestARowFromBeforeThereWasTheColumn(t *testing.T) {
	for _, verified := range []any{nil, true} {
		s := newServer(t, twofactor.Options{})
		ann := s.join(address)
		ann.enrol()
		s.set("twoFactor", db.Row{"verified": verified})
		want(t, ann.Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusOK, "")
		s.Clock.Advance(step)
		want(t, s.challenged(address).Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusOK, "")
	}
}

func TestADatabaseHookThatRefusesTheChangeOfAUser(t *testing.T) {
	refuse := false
	s := newServer(t, twofactor.Options{}, func(o *core.Options) { o.DatabaseHooks.User.BeforeUpdate = refusing(&refuse) })
	ann := s.join(address)
	ann.enrol()
	refuse = true
	want(t, ann.Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusBadRequest, "FAILED_TO_UPDATE_USER")
	if got := s.signedIn(ann.Client); got != address {
		t.Errorf("the session is %q's", got)
	}
	refuse = false
	// Nothing was spent.
	want(t, ann.Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusOK, "")
}
