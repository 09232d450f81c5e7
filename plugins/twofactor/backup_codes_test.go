package twofactor_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/plugins/twofactor"
)

func TestABackupCodeSignsInOnce(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	ann := s.enrolled()
	c := s.challenged(address)
	want(t, c.Post("/two-factor/verify-backup-code", body("aaaaa-aaaaa")), http.StatusUnauthorized, "INVALID_BACKUP_CODE")
	want(t, c.Post("/two-factor/verify-backup-code", body(ann.codes[3])), http.StatusOK, "")
	if got := s.signedIn(c); got != address {
		t.Errorf("the session is %q's", got)
	}
	again := s.challenged(address)
	want(t, again.Post("/two-factor/verify-backup-code", body(ann.codes[3])), http.StatusUnauthorized, "INVALID_BACKUP_CODE")
	want(t, again.Post("/two-factor/verify-backup-code", body(ann.codes[4])), http.StatusOK, "")
	left, err := s.ViewBackupCodes.Call(t.Context(), twofactor.ViewBackupCodesInput{UserID: ann.id})
	if err != nil || len(left.BackupCodes) != 8 || slices.Contains(left.BackupCodes, ann.codes[3]) {
		t.Errorf("left are %v, %v", left, err)
	}
}

func TestABackupCodeCanBeSpentWithoutASession(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	ann := s.enrolled()
	c := s.challenged(address)
	spend := map[string]any{"code": ann.codes[0], "disableSession": true}
	a := c.Post("/two-factor/verify-backup-code", spend)
	want(t, a, http.StatusOK, "")
	if a.At(t, "token") != nil || a.At(t, "user", "email") != address || s.signedIn(c) != "" {
		t.Errorf("got %s", a.Body)
	}
	want(t, c.Post("/two-factor/verify-backup-code", spend), http.StatusUnauthorized, "INVALID_BACKUP_CODE")
	want(t, c.Post("/two-factor/verify-backup-code", body(ann.codes[1])), http.StatusOK, "")
}

func TestNewBackupCodesTakeThePlaceOfTheOld(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	ann := s.join(address)
	want(t, ann.Post("/two-factor/generate-backup-codes", map[string]any{"password": password}), http.StatusBadRequest, "TWO_FACTOR_NOT_ENABLED")
	want(t, ann.Post("/two-factor/verify-backup-code", body("aaaaa-aaaaa")), http.StatusBadRequest, "BACKUP_CODES_NOT_ENABLED")
	ann.enrol()
	want(t, ann.Post("/two-factor/verify-totp", body(ann.code(0))), http.StatusOK, "")
	want(t, ann.Post("/two-factor/generate-backup-codes", map[string]any{"password": "password124"}), http.StatusBadRequest, "INVALID_PASSWORD")
	a := ann.Post("/two-factor/generate-backup-codes", map[string]any{"password": password})
	want(t, a, http.StatusOK, "")
	fresh := texts(t, a.At(t, "backupCodes"))
	c := s.challenged(address)
	want(t, c.Post("/two-factor/verify-backup-code", body(ann.codes[0])), http.StatusUnauthorized, "INVALID_BACKUP_CODE")
	want(t, c.Post("/two-factor/verify-backup-code", body(fresh[0])), http.StatusOK, "")
	// Somebody with codes that are sent has no backup codes.
	remove(s, "twoFactor")
	want(t, ann.Post("/two-factor/generate-backup-codes", map[string]any{"password": password}), http.StatusBadRequest, "TWO_FACTOR_NOT_ENABLED")
}

func TestHowBackupCodesAreMadeAndStored(t *testing.T) {
	rot := func(_ context.Context, text string) (string, error) { return strings.ToUpper(text), nil }
	back := func(_ context.Context, text string) (string, error) { return strings.ToLower(text), nil }
	own := func() []string { return []string{"first code", "second code"} }
	for _, tt := range []struct {
		name   string
		opts   twofactor.Options
		amount int
		length int
		kept   string // "" where it is encrypted
	}{
		{"ten of ten, encrypted", twofactor.Options{}, 10, 11, ""},
		{"as they are", twofactor.Options{BackupCodes: twofactor.BackupCodeOptions{CustomBackupCodesGenerate: own, StoreBackupCodes: twofactor.BackupCodeStorage{Plain: true}}}, 2, 10, `["first code","second code"]`},
		{"by a cipher of the application", twofactor.Options{BackupCodes: twofactor.BackupCodeOptions{CustomBackupCodesGenerate: own, StoreBackupCodes: twofactor.BackupCodeStorage{Encrypt: rot, Decrypt: back}}}, 2, 10, `["FIRST CODE","SECOND CODE"]`},
		{"fewer and longer", twofactor.Options{BackupCodes: twofactor.BackupCodeOptions{Amount: 3, Length: 14}}, 3, 15, ""},
		{"as the options of the app say", twofactor.Options{TOTP: twofactor.TOTPOptions{BackupCodes: twofactor.BackupCodeOptions{Amount: 4, Length: 12}}}, 4, 13, ""},
		{"as the nearer options say", twofactor.Options{BackupCodes: twofactor.BackupCodeOptions{Amount: 3}, TOTP: twofactor.TOTPOptions{BackupCodes: twofactor.BackupCodeOptions{Amount: 4, Length: 12}}}, 3, 13, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t, tt.opts)
			ann := s.enrolled()
			if len(ann.codes) != tt.amount || len(ann.codes[0]) != tt.length {
				t.Errorf("the codes are %q", ann.codes)
			}
			kept, _ := s.row("twoFactor")["backupCodes"].(string)
			if tt.kept != "" && kept != tt.kept {
				t.Errorf("they are stored as %s", kept)
			}
			if tt.kept == "" {
				if plain, err := s.Keys().Decrypt(kept); err != nil || plain != `["`+strings.Join(ann.codes, `","`)+`"]` {
					t.Errorf("they are stored as %s: %v", plain, err)
				}
			}
			want(t, s.challenged(address).Post("/two-factor/verify-backup-code", body(ann.codes[1])), http.StatusOK, "")
		})
	}
}

func TestBackupCodesThatCannotBeRead(t *testing.T) {
	s := newServer(t, twofactor.Options{BackupCodes: twofactor.BackupCodeOptions{StoreBackupCodes: twofactor.BackupCodeStorage{Plain: true}}})
	ann := s.enrolled()
	for _, kept := range []string{"garbage", "null", `{"a":1}`, `[1]`} {
		s.set("twoFactor", db.Row{"backupCodes": kept, "failedVerificationCount": int64(0)})
		want(t, s.challenged(address).Post("/two-factor/verify-backup-code", body("a")), http.StatusUnauthorized, "INVALID_BACKUP_CODE")
		if _, err := s.ViewBackupCodes.Call(t.Context(), twofactor.ViewBackupCodesInput{UserID: ann.id}); err == nil {
			t.Errorf("%s: no error", kept)
		}
	}
}

func TestBackupCodesOfNobody(t *testing.T) {
	s := newServer(t, twofactor.Options{})
	s.enrolled()
	if out, err := s.ViewBackupCodes.Call(t.Context(), twofactor.ViewBackupCodesInput{UserID: "nobody"}); err == nil {
		t.Errorf("got %v", out)
	}
}
