package core_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
	"github.com/gatehouse-auth/gatehouse/core/secret"
)

func TestConfigurationsThatAreRefused(t *testing.T) {
	negative := -time.Second
	for _, tc := range []struct {
		name      string
		configure func(*core.Options)
		want      []string
	}{
		{"no secret", func(o *core.Options) { o.Secret = "" }, []string{"secret: missing"}},
		{"a short secret in production", func(o *core.Options) { o.Production, o.Secret = true, "short" }, []string{"secret: too weak for production", "32 characters"}},
		{"a predictable secret in production", func(o *core.Options) { o.Production, o.Secret = true, strings.Repeat("ab", 30) }, []string{"too weak", "entropy"}},
		{"upstream's public default in production, even with compat", func(o *core.Options) {
			o.Production, o.Secret, o.Compat = true, secret.Default, core.Compat169()
		}, []string{"too weak", "public default"}},
		{"a secret version twice", func(o *core.Options) {
			o.Secrets = []secret.Version{{Version: 1, Value: "x"}, {Version: 1, Value: "y"}}
		}, []string{"secrets:", "version 1 appears twice"}},
		{"a base URL that is none", func(o *core.Options) { o.BaseURL = "localhost" }, []string{"baseURL:"}},
		{"a base URL and a list of hosts", func(o *core.Options) { o.DynamicBaseURL = &core.DynamicBaseURL{AllowedHosts: []string{"x.com"}} }, []string{"baseURL:"}},
		{"a trusted origin with a path", func(o *core.Options) { o.TrustedOrigins = []string{"https://a.com/path"} }, []string{"trustedOrigins:"}},
		{"password lengths the wrong way round", func(o *core.Options) { o.EmailAndPassword.MinPasswordLength = 200 }, []string{"emailAndPassword.minPasswordLength"}},
		{"only half of a password function", func(o *core.Options) { o.EmailAndPassword.Password.Hash = authtest.CheapHasher().Hash }, []string{"emailAndPassword.password"}},
		{"a negative duration", func(o *core.Options) { o.Session.UpdateAge = &negative }, []string{"session.updateAge"}},
		{"an unknown cache strategy", func(o *core.Options) { o.Session.CookieCache.Strategy = "zip" }, []string{"session.cookieCache.strategy", "zip"}},
		{"a session longer than a cookie may live", func(o *core.Options) { o.Session.ExpiresIn = 401 * 24 * time.Hour }, []string{"session_token"}},
		{"a cookie name with a semicolon", func(o *core.Options) { o.Advanced.CookiePrefix = "a;b" }, []string{"cookie"}},
		{"an unknown id strategy", func(o *core.Options) { o.Advanced.Database.GenerateID = "snowflake" }, []string{"advanced.database.generateId"}},
		{"a proxy that is no address", func(o *core.Options) { o.Advanced.IPAddress.TrustedProxies = []string{"proxy"} }, []string{"advanced.ipAddress.trustedProxies", "proxy"}},
		{"an odd IPv6 prefix", func(o *core.Options) { o.Advanced.IPAddress.IPv6Subnet = 65 }, []string{"advanced.ipAddress.ipv6Subnet"}},
		{"a disabled path without a slash", func(o *core.Options) { o.DisabledPaths = []string{"ok"} }, []string{"disabledPaths"}},
		{"a rate limit of nothing", func(o *core.Options) { o.RateLimit.Max = -1 }, []string{"rateLimit"}},
		{"a custom rule without a maximum", func(o *core.Options) { o.RateLimit.CustomRules = []ratelimit.CustomRule{{Path: "/x"}} }, []string{`rateLimit.customRules["/x"]`}},
		{"an unknown log level", func(o *core.Options) { o.Logger.Level = "loud" }, []string{"logger.level"}},
		{"a column for a field that is not there", func(o *core.Options) { o.User.Fields = map[string]string{"nick": "n"} }, []string{"user.fields", "nick"}},
		{"an additional field named like a core field", func(o *core.Options) { o.User.AdditionalFields = []core.Field{{Name: "email", Type: db.String}} }, []string{"user.additionalFields", "email"}},
		{"two fields in one column", func(o *core.Options) { o.User.Fields = map[string]string{"name": "email"} }, []string{`two columns named "email"`}},
		{"two tables of one name", func(o *core.Options) { o.Session.ModelName = "user" }, []string{"share the name"}},
		{"several mistakes at once", func(o *core.Options) { o.BaseURL, o.Secret = "x", "" }, []string{"baseURL:", "secret:"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := authtest.Try(t, tc.configure)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not mention %q: %v", want, err)
				}
			}
		})
	}
}

func TestAWeakSecretIsAWarningOutsideProduction(t *testing.T) {
	s := authtest.New(t, func(o *core.Options) { o.Secret = "short" })
	log := s.Log.String()
	if !strings.Contains(log, "too weak for production") || strings.Contains(log, `"short"`) {
		t.Errorf("log: %s", log)
	}
}

func TestRotatedSecrets(t *testing.T) {
	const older, newer = "older-secret-0123456789-abcdefghijklmnop", "newer-secret-9876543210-zyxwvutsrqponml"
	before := authtest.New(t, func(o *core.Options) { o.Secret, o.Secrets = "", []secret.Version{{Version: 1, Value: older}} })
	sealed, err := before.Keys().Encrypt("token")
	if err != nil {
		t.Fatal(err)
	}
	after := authtest.New(t, func(o *core.Options) {
		o.Secret, o.Secrets = "", []secret.Version{{Version: 2, Value: newer}, {Version: 1, Value: older}}
	})
	if got, err := after.Keys().Decrypt(sealed); err != nil || got != "token" {
		t.Errorf("after the rotation: %q, %v", got, err)
	}
	gone := authtest.New(t, func(o *core.Options) { o.Secret, o.Secrets = "", []secret.Version{{Version: 2, Value: newer}} })
	if got, err := gone.Keys().Decrypt(sealed); err == nil || strings.Contains(err.Error(), newer) {
		t.Errorf("after the old secret is gone: %q, %v", got, err)
	}
}

func TestOptionsDoNotPrintTheirSecrets(t *testing.T) {
	o := core.Options{Secret: "s3cret", Secrets: []secret.Version{{Version: 1, Value: "s3cret"}}}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("start", "options", o)
	for _, text := range []string{fmt.Sprint(o), fmt.Sprintf("%v %+v %#v %s", o, o, o, &o), log.String()} {
		if strings.Contains(text, "s3cret") {
			t.Errorf("printed: %s", text)
		}
	}
}
