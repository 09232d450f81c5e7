package vectors_test

import (
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/account"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/secret"
	"github.com/gatehouse-auth/gatehouse/plugins/twofactor"
)

type factorVector struct {
	Name        string
	Keys        keys
	Now         int64
	User        string
	Row         struct{ Secret, BackupCodes string }
	TOTPURI     string
	BackupCodes []string
	Code        string
	Device      struct{ Cookie, Identifier, Value string }
}

const (
	ada    = "ada@example.com"
	phrase = "correct horse battery staple"
)

// server has the rows of a vector in its tables, as 1.6.9 has left them there.
func (v factorVector) server(t *testing.T) (*authtest.Server, *twofactor.Plugin) {
	t.Helper()
	p := twofactor.New(twofactor.Options{})
	s := authtest.New(t, func(c *core.Options) {
		c.Plugins = append(c.Plugins, p)
		if c.Secret = v.Keys.Secret; v.Keys.Versions != nil {
			c.Secret = v.Keys.Legacy
		}
		for _, version := range v.Keys.Versions {
			c.Secrets = append(c.Secrets, secret.Version{Version: version.Version, Value: version.Value})
		}
	})
	s.Clock.Advance(time.Unix(v.Now, 0).Sub(s.Now()))
	hash, err := authtest.CheapHasher().Hash(t.Context(), phrase)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		model string
		row   db.Row
	}{
		{"user", db.Row{"id": v.User, "name": "Ada", "email": ada, "twoFactorEnabled": true}},
		{"account", db.Row{"userId": v.User, "accountId": v.User, "providerId": account.Credential, "password": hash}},
		{"twoFactor", db.Row{"userId": v.User, "secret": v.Row.Secret, "backupCodes": v.Row.BackupCodes, "failedVerificationCount": nil}},
		{"verification", db.Row{"identifier": v.Device.Identifier, "value": v.Device.Value, "expiresAt": s.Now().AddDate(0, 0, 30)}},
	} {
		if _, err := s.Store().Create(t.Context(), s.Table(row.model), row.row); err != nil {
			t.Fatal(err)
		}
	}
	return s, p
}

func TestUpstreamSecondFactorsSignIn(t *testing.T) {
	for _, v := range load[factorVector](t, "two-factor") {
		t.Run(v.Name, func(t *testing.T) {
			s, p := v.server(t)
			signIn := func(c *authtest.Client) *authtest.Answer {
				return c.Post("/sign-in/email", map[string]any{"email": ada, "password": phrase})
			}
			for path, code := range map[string]string{"verify-totp": v.Code, "verify-backup-code": v.BackupCodes[4]} {
				c := s.Client()
				same(t, "sign-in", signIn(c).Body, `{"twoFactorRedirect":true,"twoFactorMethods":["totp"]}`)
				if a := c.Post("/two-factor/"+path, map[string]any{"code": code}); a.Status != http.StatusOK || a.At(t, "user", "id") != v.User {
					t.Errorf("%s: %d %s", path, a.Status, a.Body)
				}
			}
			left, err := p.ViewBackupCodes.Call(t.Context(), twofactor.ViewBackupCodesInput{UserID: v.User})
			if err != nil || !slices.Equal(left.BackupCodes, slices.Delete(slices.Clone(v.BackupCodes), 4, 5)) {
				t.Errorf("left are %+v: %v", left, err)
			}
			ann := s.Client()
			signIn(ann)
			ann.Post("/two-factor/verify-backup-code", map[string]any{"code": v.BackupCodes[0]})
			shown := ann.Post("/two-factor/get-totp-uri", map[string]any{"password": phrase})
			same(t, "URI", shown.Text(t, "totpURI"), v.TOTPURI)
			trusted := s.Client()
			trusted.Cookies["better-auth.trust_device"] = url.QueryEscape(v.Device.Cookie)
			if a := signIn(trusted); a.Text(t, "token") == "" {
				t.Errorf("the browser is asked: %s", a.Body)
			}
		})
	}
}
