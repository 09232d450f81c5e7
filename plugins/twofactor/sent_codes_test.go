package twofactor_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/plugins/twofactor"
)

func TestACodeThatWasSentSignsInOnce(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	s.enrolled()
	c := s.challenged(address)
	want(t, c.Post("/two-factor/send-otp", nil), http.StatusOK, "")
	otp := s.sent()
	if m := authtest.Last[twofactor.Message](t, s.Outbox); m.User.Email != address || len(otp) != 6 || strings.Trim(otp, "0123456789") != "" {
		t.Errorf("%q was sent to %s", otp, m.User.Email)
	}
	twin := s.Client()
	twin.Cookies[challengeCookie] = c.Cookies[challengeCookie]
	a := c.Post("/two-factor/verify-otp", body(otp))
	want(t, a, http.StatusOK, "")
	if a.At(t, "user", "email") != address || a.Text(t, "token") == "" || s.signedIn(c) != address {
		t.Errorf("got %s", a.Body)
	}
	want(t, twin.Post("/two-factor/verify-otp", body(otp)), http.StatusUnauthorized, "INVALID_TWO_FACTOR_COOKIE")
	// The code is gone with the challenge.
	if n := s.rows("verification"); n != 0 {
		t.Errorf("%d records are left", n)
	}
}

func TestACodeThatIsSentIsForOneChallenge(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	s.enrolled()
	c, other := s.challenged(address), s.challenged(address)
	want(t, c.Post("/two-factor/send-otp", map[string]any{}), http.StatusOK, "")
	want(t, other.Post("/two-factor/verify-otp", body(s.sent())), http.StatusBadRequest, "OTP_HAS_EXPIRED")
}

func TestTheCodeThatWasSentLastCounts(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	s.enrolled()
	c := s.challenged(address)
	want(t, c.Post("/two-factor/send-otp", map[string]any{}), http.StatusOK, "")
	first := s.sent()
	want(t, c.Post("/two-factor/verify-otp", body("x")), http.StatusUnauthorized, "INVALID_CODE")
	want(t, c.Post("/two-factor/send-otp", map[string]any{}), http.StatusOK, "")
	second := s.sent()
	if first != second {
		want(t, c.Post("/two-factor/verify-otp", body(first)), http.StatusUnauthorized, "INVALID_CODE")
	}
	if n := s.rows("verification", db.Cond{Field: "identifier", Op: db.StartsWith, Value: "2fa-otp-"}); n != 1 {
		t.Errorf("%d codes are stored", n)
	}
	want(t, c.Post("/two-factor/verify-otp", body(second)), http.StatusOK, "")
}

func TestWrongTriesOfACodeThatWasSent(t *testing.T) {
	s := newServer(t, twofactor.Options{OTP: twofactor.OTPOptions{AllowedAttempts: 2}})
	s.enrolled()
	c := s.challenged(address)
	want(t, c.Post("/two-factor/send-otp", map[string]any{}), http.StatusOK, "")
	otp := s.sent()
	for range 2 {
		want(t, c.Post("/two-factor/verify-otp", body("x")), http.StatusUnauthorized, "INVALID_CODE")
	}
	want(t, c.Post("/two-factor/verify-otp", body(otp)), http.StatusBadRequest, "TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE")
	want(t, c.Post("/two-factor/verify-otp", body(otp)), http.StatusBadRequest, "OTP_HAS_EXPIRED")
	want(t, c.Post("/two-factor/send-otp", map[string]any{}), http.StatusOK, "")
	want(t, c.Post("/two-factor/verify-otp", body(s.sent())), http.StatusOK, "")
}

func TestACodeThatWasSentEnds(t *testing.T) {
	s := newServer(t, twofactor.Options{OTP: twofactor.OTPOptions{Period: time.Minute}})
	s.enrolled()
	c := s.challenged(address)
	want(t, c.Post("/two-factor/verify-otp", body("123456")), http.StatusBadRequest, "OTP_HAS_EXPIRED")
	want(t, c.Post("/two-factor/send-otp", map[string]any{}), http.StatusOK, "")
	s.Clock.Advance(time.Minute)
	want(t, c.Post("/two-factor/verify-otp", body(s.sent())), http.StatusBadRequest, "OTP_HAS_EXPIRED")
}

func TestACodeThatIsSentCanSwitchTheFactorOn(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	ann := s.join(address)
	want(t, ann.Post("/two-factor/send-otp", map[string]any{}), http.StatusOK, "")
	otp, before := s.sent(), ann.Cookies[sessionCookie]
	a := ann.Post("/two-factor/verify-otp", body(otp))
	want(t, a, http.StatusOK, "")
	if a.At(t, "user", "twoFactorEnabled") != true || ann.Cookies[sessionCookie] == before {
		t.Errorf("got %s", a.Body)
	}
	if !strings.HasPrefix(ann.Cookies[sessionCookie], a.Text(t, "token")+".") {
		t.Error("the token is not that of the new session")
	}
	// The code is gone.
	want(t, ann.Post("/two-factor/verify-otp", body(otp)), http.StatusBadRequest, "OTP_HAS_EXPIRED")
	// Where it is on, a code confirms who is there, and the session goes on.
	want(t, ann.Post("/two-factor/send-otp", map[string]any{}), http.StatusOK, "")
	otp = s.sent()
	want(t, ann.Post("/two-factor/verify-otp", body(otp)), http.StatusOK, "")
	want(t, ann.Post("/two-factor/verify-otp", body(otp)), http.StatusBadRequest, "OTP_HAS_EXPIRED")
}

func TestHowCodesThatWereSentAreStored(t *testing.T) {
	mirror := func(_ context.Context, text string) (string, error) {
		out := []byte(text)
		for i, j := 0, len(out)-1; i < j; i, j = i+1, j-1 {
			out[i], out[j] = out[j], out[i]
		}
		return string(out), nil
	}
	mirrored := func(otp string) string { text, _ := mirror(t.Context(), otp); return text }
	sha := func(otp string) string {
		sum := sha256.Sum256([]byte(otp))
		return base64.RawURLEncoding.EncodeToString(sum[:])
	}
	for _, tt := range []struct {
		name string
		how  twofactor.OTPStorage
		kept func(otp string) string // nil where it cannot be foretold
	}{
		{"as they are", twofactor.OTPStorage{}, func(otp string) string { return otp }},
		{"hashed", twofactor.OTPStorage{Hashed: true}, sha},
		{"encrypted", twofactor.OTPStorage{Encrypted: true}, nil},
		{"by a hash of the application", twofactor.OTPStorage{Hash: mirror}, mirrored},
		{"by a cipher of the application", twofactor.OTPStorage{Encrypt: mirror, Decrypt: mirror}, mirrored},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, twofactor.Options{OTP: twofactor.OTPOptions{StoreOTP: tt.how}})
			ann := s.join(address)
			want(t, ann.Post("/two-factor/send-otp", map[string]any{}), http.StatusOK, "")
			otp := s.sent()
			kept, _ := s.row("verification")["value"].(string)
			if tt.kept != nil && kept != tt.kept(otp)+":0" {
				t.Errorf("%s is stored as %s", otp, kept)
			}
			if tt.kept == nil {
				if plain, err := s.Keys().Decrypt(strings.TrimSuffix(kept, ":0")); err != nil || plain != otp {
					t.Errorf("%s is stored as %s: %v", otp, kept, err)
				}
			}
			want(t, ann.Post("/two-factor/verify-otp", body("x")), http.StatusUnauthorized, "INVALID_CODE")
			want(t, ann.Post("/two-factor/verify-otp", body(otp)), http.StatusOK, "")
		})
	}
}
