package config_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/core/secret"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/verification"
	"github.com/gatehouse-auth/gatehouse/facade/config"
)

// environment looks names up in a map.
func environment(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		v, ok := vars[name]
		return v, ok
	}
}

func nowhere(context.Context, config.Message) error { return nil }

func parse(t *testing.T, text string) *config.Config {
	t.Helper()
	cfg, err := config.Parse([]byte(text), config.Source{Deliver: nowhere})
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	return cfg
}

func TestAnOptionIsDecodedByItsUpstreamName(t *testing.T) {
	tests := map[string]struct {
		text string
		get  func(*config.Config) any
		want any
	}{
		"a string":                      {`appName: Acme`, func(c *config.Config) any { return c.Options.AppName }, "Acme"},
		"a date is text":                {`appName: 2026-01-31`, func(c *config.Config) any { return c.Options.AppName }, "2026-01-31"},
		"yes is text":                   {`appName: yes`, func(c *config.Config) any { return c.Options.AppName }, "yes"},
		"a number in quotes":            {`appName: "17"`, func(c *config.Config) any { return c.Options.AppName }, "17"},
		"JSON":                          {`{"emailAndPassword": {"enabled": true}}`, func(c *config.Config) any { return c.Options.EmailAndPassword.Enabled }, true},
		"JSON with tabs and escapes":    {"{\n\t\"appName\":\t\"A\\u0062\\/c\\\\/ \\ud83d\\ude00\"\n}", func(c *config.Config) any { return c.Options.AppName }, "Ab/c\\/ \U0001f600"},
		"a nested boolean":              {"emailAndPassword:\n  requireEmailVerification: true", func(c *config.Config) any { return c.Options.EmailAndPassword.RequireEmailVerification }, true},
		"false, where upstream's is on": {"emailAndPassword: {autoSignIn: false}", func(c *config.Config) any { return c.Options.EmailAndPassword.DisableAutoSignIn }, true},
		"true, where upstream's is on":  {"emailAndPassword: {autoSignIn: true}", func(c *config.Config) any { return c.Options.EmailAndPassword.DisableAutoSignIn }, false},
		"a number":                      {"emailAndPassword: {minPasswordLength: 12}", func(c *config.Config) any { return c.Options.EmailAndPassword.MinPasswordLength }, 12},
		"a long number":                 {"maxBodyBytes: 5000000000", func(c *config.Config) any { return c.Options.MaxBodyBytes }, int64(5_000_000_000)},
		"a boolean that may be absent":  {"rateLimit: {enabled: false}", func(c *config.Config) any { return *c.Options.RateLimit.Enabled }, false},
		"an absent one":                 {"rateLimit: {max: 3}", func(c *config.Config) any { return c.Options.RateLimit.Enabled == nil }, true},
		"a list":                        {"disabledPaths: [/a, /b]", func(c *config.Config) any { return c.Options.DisabledPaths }, []string{"/a", "/b"}},
		"a mapping":                     {"user: {fields: {email: mail}}", func(c *config.Config) any { return c.Options.User.Fields }, map[string]string{"email": "mail"}},
		"an empty section":              {"user:\nsession:\n  expiresIn: 60", func(c *config.Config) any { return c.Options.Session.ExpiresIn }, time.Minute},
		"a choice of ids":               {"advanced: {database: {generateId: serial}}", func(c *config.Config) any { return c.Options.Advanced.Database.GenerateID }, db.IDSerial},
		"a pointer to a section": {
			"onAPIError: {customizeDefaultErrorPage: {colors: {background: black}, disableBackgroundGrid: true}}",
			func(c *config.Config) any { return *c.Options.OnAPIError.ErrorPage },
			core.ErrorPage{Colors: core.ErrorPageColors{Background: "black"}, DisableBackgroundGrid: true},
		},

		"seconds":                       {"session: {expiresIn: 604800}", func(c *config.Config) any { return c.Options.Session.ExpiresIn }, 7 * 24 * time.Hour},
		"a fraction of seconds":         {"session: {expiresIn: 0.5}", func(c *config.Config) any { return c.Options.Session.ExpiresIn }, 500 * time.Millisecond},
		"a duration of Go":              {"session: {expiresIn: 1h30m}", func(c *config.Config) any { return c.Options.Session.ExpiresIn }, 90 * time.Minute},
		"days":                          {"session: {expiresIn: 7d}", func(c *config.Config) any { return c.Options.Session.ExpiresIn }, 7 * 24 * time.Hour},
		"a duration of zero that means": {"session: {freshAge: 0}", func(c *config.Config) any { return *c.Options.Session.FreshAge }, time.Duration(0)},

		"a fixed base URL":  {"baseURL: https://a.example", func(c *config.Config) any { return c.Options.BaseURL }, "https://a.example"},
		"a derived one":     {"baseURL: {allowedHosts: ['*.a.example'], protocol: https}", func(c *config.Config) any { return *c.Options.DynamicBaseURL }, core.DynamicBaseURL{AllowedHosts: []string{"*.a.example"}, Protocol: "https"}},
		"no origin check":   {"advanced: {disableOriginCheck: true}", func(c *config.Config) any { return c.Options.Advanced.DisableOriginCheck }, true},
		"none for paths":    {"advanced: {disableOriginCheck: [/a]}", func(c *config.Config) any { return c.Options.Advanced.DisableOriginCheckPaths }, []string{"/a"}},
		"a cache's version": {"session: {cookieCache: {version: '2'}}", func(c *config.Config) any { return c.Options.Session.CookieCache.Version }, "2"},
		"trusted origins":   {"trustedOrigins: ['https://b.example']", func(c *config.Config) any { return c.Options.TrustedOrigins }, []string{"https://b.example"}},

		"versions of the secret": {
			"secrets: [{version: 1, value: new}, {version: 0, value: old}]",
			func(c *config.Config) any { return c.Options.Secrets },
			[]secret.Version{{Version: 1, Value: "new"}, {Version: 0, Value: "old"}},
		},
		"an empty list of versions is not none": {"secrets: []", func(c *config.Config) any { return c.Options.Secrets != nil }, true},
		"rules in the order of the file": {
			"rateLimit: {customRules: {/z: {window: 60, max: 1}, /a/*: false, /m: {window: 1m, max: 2}}}",
			func(c *config.Config) any { return c.Options.RateLimit.CustomRules },
			[]ratelimit.CustomRule{
				{Path: "/z", Rule: ratelimit.Rule{Window: time.Minute, Max: 1}},
				{Path: "/a/*", Disabled: true},
				{Path: "/m", Rule: ratelimit.Rule{Window: time.Minute, Max: 2}},
			},
		},
		"counters in memory":     {"rateLimit: {storage: memory}", func(c *config.Config) any { return c.Options.RateLimit.Storage }, "memory"},
		"counters in a database": {"rateLimit: {storage: database}", func(c *config.Config) any { return c.Options.RateLimit.Storage }, "database"},
		"counters elsewhere":     {"rateLimit: {storage: secondary-storage}", func(c *config.Config) any { return c.Options.RateLimit.Storage }, "secondary-storage"},
		"hashed identifiers": {
			"verification: {storeIdentifier: hashed}",
			func(c *config.Config) any { return c.Options.Verification.StoreIdentifier },
			core.StoreIdentifier{Default: verification.Storage{Hashed: true}},
		},
		"plain identifiers": {"verification: {storeIdentifier: plain}", func(c *config.Config) any { return c.Options.Verification.StoreIdentifier }, core.StoreIdentifier{}},
		"identifiers by prefix, in the order of the file": {
			"verification: {storeIdentifier: {default: hashed, overrides: {reset-: plain, otp-: hashed, 'a:': plain}}}",
			func(c *config.Config) any { return c.Options.Verification.StoreIdentifier },
			core.StoreIdentifier{Default: verification.Storage{Hashed: true}, Overrides: []verification.Override{
				{Prefix: "reset-"}, {Prefix: "otp-", Storage: verification.Storage{Hashed: true}}, {Prefix: "a:"},
			}},
		},
		"a cache that renews itself": {"session: {cookieCache: {refreshCache: true}}", func(c *config.Config) any { return c.Options.Session.CookieCache.RefreshCache }, core.RefreshCache{Enabled: new(true)}},
		"and when":                   {"session: {cookieCache: {refreshCache: {updateAge: 60}}}", func(c *config.Config) any { return c.Options.Session.CookieCache.RefreshCache }, core.RefreshCache{Enabled: new(true), UpdateAge: new(time.Minute)}},
		"and right away":             {"session: {cookieCache: {refreshCache: {updateAge: 0}}}", func(c *config.Config) any { return *c.Options.Session.CookieCache.RefreshCache.UpdateAge }, time.Duration(0)},
		"a cache that does not":      {"session: {cookieCache: {refreshCache: false}}", func(c *config.Config) any { return c.Options.Session.CookieCache.RefreshCache }, core.RefreshCache{Enabled: new(false)}},
		"a secondary storage": {"secondaryStorage: memory", func(c *config.Config) any {
			_, ok := c.Options.SecondaryStorage.(*secondary.Memory)
			return ok
		}, true},
		"trusted providers":       {"account: {accountLinking: {trustedProviders: [google]}}", func(c *config.Config) any { return c.Options.Account.AccountLinking.TrustedProviders }, []string{"google"}},
		"a lifetime of resets":    {"emailAndPassword: {resetPasswordTokenExpiresIn: 10m}", func(c *config.Config) any { return c.Options.EmailAndPassword.ResetPasswordTokenExpiresIn }, 10 * time.Minute},
		"no telemetry":            {"telemetry: {enabled: false, debug: true}", func(c *config.Config) any { return c.Options.AppName }, ""},
		"errors that are answers": {"onAPIError: {throw: false}", func(c *config.Config) any { return c.Options.OnAPIError.Throw }, false},
		"joins":                   {"experimental: {joins: true}", func(c *config.Config) any { return c.Options.Experimental.Joins }, true},
		"shared cookies": {
			"advanced: {crossSubDomainCookies: {additionalCookies: [theme]}}",
			func(c *config.Config) any { return c.Options.Advanced.CrossSubDomainCookies.AdditionalCookies },
			[]string{"theme"},
		},
		"renamed cookies": {
			"advanced: {cookies: {session_token: {name: sid, attributes: {maxAge: 0, sameSite: none, httpOnly: false}}}}",
			func(c *config.Config) any { return c.Options.Advanced.Cookies },
			map[string]cookies.Rename{"session_token": {Name: "sid", Attributes: cookies.Override{
				MaxAge: new(time.Duration(0)), SameSite: new("none"), HTTPOnly: new(false),
			}}},
		},
		"attributes of all cookies": {
			"advanced: {defaultCookieAttributes: {domain: a.example, path: /x, secure: true, partitioned: true, maxAge: 1h}}",
			func(c *config.Config) any { return c.Options.Advanced.DefaultCookieAttributes },
			cookies.Override{Domain: new("a.example"), Path: new("/x"), Secure: new(true), Partitioned: new(true), MaxAge: new(time.Hour)},
		},

		"the old defaults":  {"compat: 1.6.9", func(c *config.Config) any { return c.Options.Compat }, core.Compat169()},
		"one old default":   {"compat: {allowWeakSecret: true}", func(c *config.Config) any { return c.Options.Compat }, core.Compat{AllowWeakSecret: true}},
		"no plugins":        {"plugins: {}", func(c *config.Config) any { return len(c.Options.Plugins) }, 0},
		"a sender off":      {"emailVerification: {sendVerificationEmail: false}", func(c *config.Config) any { return c.Options.EmailVerification.SendVerificationEmail == nil }, true},
		"the senders on":    {"emailVerification: {sendVerificationEmail: true}", func(c *config.Config) any { return c.Senders }, []string{"emailVerification.sendVerificationEmail"}},
		"a database":        {"database: {dialect: sqlite, dsn: a.db}", func(c *config.Config) any { return c.Database.Dialect + " " + c.Database.DSN }, "sqlite a.db"},
		"another":           {"database: {dialect: memory}", func(c *config.Config) any { return c.Database.Dialect + c.Database.DSN }, "memory"},
		"no database":       {"database: none", func(c *config.Config) any { return c.Database.Dialect }, config.Stateless},
		"none as a mapping": {"database: {dialect: none}", func(c *config.Config) any { return c.Database.Dialect }, config.Stateless},
		"a pool": {
			"database: {dialect: postgres, dsn: x, connections: 40}",
			func(c *config.Config) any { return []any{c.Database.Dialect, c.Database.Connections} },
			[]any{"postgres", 40},
		},
		"no Redis": {"secondaryStorage: memory", func(c *config.Config) any { return c.Redis == nil && c.Options.SecondaryStorage != nil }, true},
		"a Redis": {
			"secondaryStorage: {redis: 'redis://r:6379/2', keyPrefix: 'app:'}",
			func(c *config.Config) any { return []any{c.Redis.URL, c.Redis.KeyPrefix} },
			[]any{"redis://r:6379/2", "app:"},
		},
		"nothing":           {"", func(c *config.Config) any { return c.Database.Dialect }, ""},
		"only comments":     {"# nothing yet\n", func(c *config.Config) any { return c.Options.AppName }, ""},
		"an empty document": {"---\n", func(c *config.Config) any { return c.Options.AppName }, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, tt.get(parse(t, tt.text))); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.text, diff)
			}
		})
	}
}

func TestTheServersOwnSection(t *testing.T) {
	cfg := parse(t, `
server:
  addr: 0.0.0.0:8080
  smtp: {host: mail.example.com, port: 465, username: app, password: hunter2, from: "App <app@example.com>", tls: tls}
  shutdownTimeout: 30
  readHeaderTimeout: 5s
  bodyTimeout: 1m
  logFormat: text
`)
	s := cfg.Server
	smtp := []any{s.SMTP.Host, s.SMTP.Port, s.SMTP.Username, s.SMTP.Password, s.SMTP.From, s.SMTP.TLS}
	if diff := cmp.Diff([]any{"mail.example.com", 465, "app", "hunter2", "App <app@example.com>", "tls"}, smtp); diff != "" {
		t.Errorf("smtp (-want +got):\n%s", diff)
	}
	rest := []any{s.Addr, s.ShutdownTimeout, s.ReadHeaderTimeout, s.BodyTimeout, s.LogFormat, s.Webhook == nil}
	if diff := cmp.Diff([]any{"0.0.0.0:8080", 30 * time.Second, 5 * time.Second, time.Minute, "text", true}, rest); diff != "" {
		t.Errorf("server (-want +got):\n%s", diff)
	}

	s = parse(t, "server: {webhook: {url: 'https://hooks.example.com/mail', secret: hunter2}}").Server
	if s.SMTP != nil || s.Webhook.URL != "https://hooks.example.com/mail" || s.Webhook.Secret != "hunter2" {
		t.Error("the webhook is not what the file says")
	}
}

func TestASenderThatIsTrueDeliversWhatTheRecipientNeeds(t *testing.T) {
	const link, token = "https://a.example/verify?token=t", "t"
	ada := user.User{Email: "ada@example.com"}
	type out struct{ Type, To, Data string }
	tests := map[string]struct {
		text string
		send func(context.Context, core.Options) error
		want out
	}{
		"a verification": {"emailVerification: {sendVerificationEmail: true}", func(ctx context.Context, o core.Options) error {
			return o.EmailVerification.SendVerificationEmail(ctx, core.VerificationEmail{User: ada, URL: link, Token: token})
		}, out{"verification-email", ada.Email, `{"url":"https://a.example/verify?token=t","token":"t"}`}},
		"a reset": {"emailAndPassword: {sendResetPassword: true}", func(ctx context.Context, o core.Options) error {
			return o.EmailAndPassword.SendResetPassword(ctx, core.ResetPasswordEmail{User: ada, URL: link, Token: token})
		}, out{"reset-password", ada.Email, `{"url":"https://a.example/verify?token=t","token":"t"}`}},
		"a change of the address asks the present one": {"user: {changeEmail: {sendChangeEmailConfirmation: true}}", func(ctx context.Context, o core.Options) error {
			return o.User.ChangeEmail.SendChangeEmailConfirmation(ctx, core.ChangeEmailConfirmation{User: ada, NewEmail: "countess@example.com", URL: link, Token: token})
		}, out{"change-email-confirmation", ada.Email, `{"url":"https://a.example/verify?token=t","token":"t","newEmail":"countess@example.com"}`}},
		"a deletion": {"user: {deleteUser: {sendDeleteAccountVerification: true}}", func(ctx context.Context, o core.Options) error {
			return o.User.DeleteUser.SendDeleteAccountVerification(ctx, core.DeleteAccountEmail{User: ada, URL: link, Token: token})
		}, out{"delete-account", ada.Email, `{"url":"https://a.example/verify?token=t","token":"t"}`}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var got []out
			cfg, err := config.Parse([]byte(tt.text), config.Source{Deliver: func(_ context.Context, m config.Message) error {
				data, err := json.Marshal(m.Data)
				got = append(got, out{m.Type, m.To, string(data)})
				return err
			}})
			if err != nil {
				t.Fatal(err)
			}
			if err := tt.send(t.Context(), cfg.Options); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]out{tt.want}, got); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
		})
	}
}

func TestLoadReadsAFileAndNamesItInErrors(t *testing.T) {
	dir := t.TempDir()
	good, bad, large := filepath.Join(dir, "good.yaml"), filepath.Join(dir, "bad.json"), filepath.Join(dir, "large.yaml")
	for path, text := range map[string]string{good: "appName: Acme", bad: "{\n\"appNam\": \"\",\n\"basePath\": 1}", large: strings.Repeat("#\n", 600_000)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if cfg, err := config.Load(good, config.Source{}); err != nil || cfg.Options.AppName != "Acme" {
		t.Errorf("Load = %v", err)
	}
	for path, want := range map[string]string{
		bad: bad + ":2: appNam: is not an option; did you mean appName?\n" +
			bad + ":3: basePath: expected a string, found a number; put it into quotes",
		large:                         "configuration: " + large + ": the file is larger than 1 MiB",
		filepath.Join(dir, "missing"): "configuration: open " + filepath.Join(dir, "missing") + ": no such file or directory",
	} {
		if _, err := config.Load(path, config.Source{}); err == nil || err.Error() != want {
			t.Errorf("Load(%s) = %v\nwant %s", filepath.Base(path), err, want)
		}
	}
}

func TestNoSecretIsPrinted(t *testing.T) {
	cfg := parse(t, `
secret: hunter2
secrets: [{version: 1, value: hunter2}]
database: {dialect: postgres, dsn: "postgres://app:hunter2@db/app"}
secondaryStorage: {redis: "redis://:hunter2@r", keyPrefix: hunter2}
server: {smtp: {host: m, from: a@b.c, username: hunter2, password: hunter2}}
`)
	hook := config.Webhook{URL: "https://hunter2@a.example", Secret: "hunter2"}
	message := config.Message{Type: "x", To: "hunter2"}
	for _, v := range []any{cfg, *cfg, cfg.Database, cfg.Redis, *cfg.Redis, cfg.Server, cfg.Server.SMTP, *cfg.Server.SMTP, hook, &hook, message, config.Server{Webhook: &hook}} {
		texts := []string{fmt.Sprint(v)}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
			texts = append(texts, fmt.Sprintf(verb, v))
		}
		var log strings.Builder
		slog.New(slog.NewTextHandler(&log, nil)).Info("configured", "config", v)
		texts = append(texts, log.String())
		if _, isMessage := v.(config.Message); !isMessage { // its JSON is what a webhook gets
			encoded, err := json.Marshal(v)
			if err != nil {
				t.Errorf("%T: %v", v, err)
			}
			texts = append(texts, string(encoded))
		}
		for _, text := range texts {
			if strings.Contains(text, "hunter2") || strings.Contains(text, fmt.Sprintf("%x", "hunter2")) {
				t.Errorf("%T prints a secret: %s", v, text)
			}
		}
	}
}
