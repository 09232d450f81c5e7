package core

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/origin"
	"github.com/gatehouse-auth/gatehouse/core/password"
	"github.com/gatehouse-auth/gatehouse/core/secret"
)

// Upstream's defaults.
const (
	defaultMinPassword  = 8
	defaultMaxPassword  = 128
	defaultVerification = time.Hour
	defaultResetToken   = time.Hour
	defaultDeleteToken  = 24 * time.Hour
	defaultListLimit    = 100
)

// setDefaults fills in upstream's values where the options leave them open.
func (a *Auth) setDefaults() {
	o := &a.opts
	for value, preset := range map[*int]int{
		&o.EmailAndPassword.MinPasswordLength:     defaultMinPassword,
		&o.EmailAndPassword.MaxPasswordLength:     defaultMaxPassword,
		&o.Advanced.Database.DefaultFindManyLimit: defaultListLimit,
	} {
		*value = cmp.Or(*value, preset)
	}
	for lifetime, preset := range map[*time.Duration]time.Duration{
		&o.EmailVerification.ExpiresIn:                  defaultVerification,
		&o.EmailAndPassword.ResetPasswordTokenExpiresIn: defaultResetToken,
		&o.User.DeleteUser.DeleteTokenExpiresIn:         defaultDeleteToken,
	} {
		*lifetime = cmp.Or(*lifetime, preset)
	}
}

// checkOptions applies defaults, and looks at what needs nothing else.
func (a *Auth) checkOptions() error {
	a.setStateless()
	a.setDefaults()
	a.setSessions()
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	o, s := &a.opts, &a.sessionSettings
	if o.MaxBodyBytes < 0 {
		bad("maxBodyBytes: must not be negative")
	}
	ep := &o.EmailAndPassword
	if ep.MinPasswordLength < 1 || ep.MaxPasswordLength < ep.MinPasswordLength {
		bad("emailAndPassword.minPasswordLength, maxPasswordLength: want 1 <= min <= max, have %d and %d", ep.MinPasswordLength, ep.MaxPasswordLength)
	}
	if (ep.Password.Hash == nil) != (ep.Password.Verify == nil) {
		bad("emailAndPassword.password: hash and verify are needed together")
	}
	for name, d := range map[string]time.Duration{
		"session.expiresIn":                            s.expiresIn,
		"session.updateAge":                            s.updateAge,
		"session.freshAge":                             s.freshAge,
		"session.cookieCache.maxAge":                   o.Session.CookieCache.MaxAge,
		"session.cookieCache.refreshCache.updateAge":   s.renewBefore,
		"emailVerification.expiresIn":                  o.EmailVerification.ExpiresIn,
		"emailAndPassword.resetPasswordTokenExpiresIn": ep.ResetPasswordTokenExpiresIn,
		"user.deleteUser.deleteTokenExpiresIn":         o.User.DeleteUser.DeleteTokenExpiresIn,
	} {
		if d < 0 {
			bad("%s: must not be negative", name)
		}
	}
	switch o.Session.CookieCache.Strategy {
	case "", cookies.StrategyCompact, cookies.StrategyJWT, cookies.StrategyJWE:
	default:
		bad("session.cookieCache.strategy: %q is not compact, jwt or jwe", o.Session.CookieCache.Strategy)
	}
	if a.stateless && o.Advanced.Database.GenerateID == db.IDSerial {
		bad("advanced.database.generateId: serial needs a database: without one each process counts anew, and a session in a cookie would be somebody else's")
	}
	switch o.Advanced.Database.GenerateID {
	case db.IDText, db.IDUUID, db.IDSerial:
	default:
		bad("advanced.database.generateId: %q is not uuid or serial", o.Advanced.Database.GenerateID)
	}
	if o.Advanced.Database.DefaultFindManyLimit < 0 {
		bad("advanced.database.defaultFindManyLimit: must not be negative")
	}
	for _, p := range o.DisabledPaths {
		if !strings.HasPrefix(p, "/") {
			bad("disabledPaths: %q must start with /", p)
		}
	}
	return errors.Join(append(errs, a.setIPConfig(), a.checkLimitStorage())...)
}

func (a *Auth) setLogger() error {
	a.log = slog.New(slog.DiscardHandler)
	if a.opts.Logger.Disabled {
		return nil
	}
	level := slog.LevelWarn
	if text := a.opts.Logger.Level; text != "" {
		if err := level.UnmarshalText([]byte(text)); err != nil {
			return fmt.Errorf("logger.level: %q is not debug, info, warn or error", text)
		}
	}
	h := a.opts.Logger.Handler
	if h == nil {
		h = slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level})
	}
	a.log = slog.New(h)
	return nil
}

func (a *Auth) setSecret() error {
	keys, err := secret.NewKeys(a.opts.Secret, a.opts.Secrets, a.opts.Secret)
	if err != nil {
		if errors.Is(err, secret.ErrMissing) {
			return errors.New("secret: missing; make one with `gatehouse secret` and set the option secret, or the variable BETTER_AUTH_SECRET where a configuration file is read")
		}
		return fmt.Errorf("secrets: %w", err)
	}
	if err := keys.Strength(); err != nil {
		if a.opts.Production && (errors.Is(err, secret.ErrDefault) || !a.opts.Compat.AllowWeakSecret) {
			return fmt.Errorf("secret: too weak for production: %w; make one with `gatehouse secret`", err)
		}
		a.log.Warn("the secret is too weak for production; make one with `gatehouse secret`", "problem", err)
	}
	a.keys = keys.WithRandom(a.random)
	return nil
}

func (a *Auth) setOrigins() error {
	o := &a.opts
	cfg := origin.Config{BaseURL: o.BaseURL, BasePath: o.BasePath, TrustForwarded: o.Advanced.TrustedProxyHeaders}
	if d := o.DynamicBaseURL; d != nil {
		cfg.Dynamic = &origin.Dynamic{AllowedHosts: d.AllowedHosts, Fallback: d.Fallback, Protocol: d.Protocol}
		cfg.TrustForwarded = cfg.TrustForwarded || o.Compat.TrustProxyHeadersWithDynamicBaseURL
	}
	resolver, err := origin.NewResolver(cfg)
	if err != nil {
		return err
	}
	a.resolver = resolver
	if o.Production {
		a.warnOfOrigins(resolver)
	}
	a.trusted, err = origin.NewMatcher(append(resolver.TrustedOrigins(), o.TrustedOrigins...))
	if err != nil {
		return fmt.Errorf("trustedOrigins: %w", err)
	}
	if o.BaseURL == "" && o.DynamicBaseURL == nil {
		if o.Production && a.sendsMail() && !o.Compat.MailLinksFromRequestHost {
			return errors.New("baseURL: needed in production when mail is sent, or whoever sends a request chooses the host of the links; set it, or baseURL.allowedHosts")
		}
		a.log.Warn("baseURL is not set: links and trusted origins follow each request's Host header")
	}
	return nil
}

func (a *Auth) setCookies() error {
	specs, err := cookies.New(a.cookieConfig(a.opts.BaseURL))
	if err != nil {
		return fmt.Errorf("advanced: %w", err)
	}
	a.specs = specs
	return nil
}

func (a *Auth) cookieConfig(baseURL string) cookies.Config {
	adv := &a.opts.Advanced
	cfg := cookies.Config{
		Prefix: adv.CookiePrefix, UseSecure: adv.UseSecureCookies, BaseURL: baseURL, Production: a.opts.Production,
		CrossSubDomain: adv.CrossSubDomainCookies.Enabled, Domain: adv.CrossSubDomainCookies.Domain,
		Defaults: adv.DefaultCookieAttributes, Cookies: adv.Cookies,
		SessionMaxAge: a.sessionSettings.expiresIn, CacheMaxAge: a.opts.Session.CookieCache.MaxAge,
	}
	if d := a.opts.DynamicBaseURL; d != nil {
		// A derived origin decides the domain, never whether cookies are secure.
		cfg.Dynamic, cfg.Protocol = true, d.Protocol
		if cfg.UseSecure == nil && d.Protocol != "http" && d.Protocol != "https" {
			cfg.UseSecure = &a.opts.Production
		}
	}
	return cfg
}

func (a *Auth) setHasher() error {
	if p := a.opts.EmailAndPassword.Password; p.Hash != nil && p.Verify != nil {
		a.hasher = customHasher{p}
	}
	if a.hasher == nil {
		a.hasher = password.NewScrypt(password.ScryptOptions{Random: a.random})
	}
	return nil
}

// warnOfOrigins tells what an operator hardly wants in production.
func (a *Auth) warnOfOrigins(resolver *origin.Resolver) {
	o := &a.opts
	if base, ok := resolver.Static(); ok && !base.Secure() {
		if u, err := origin.Parse(base.Origin); err == nil && !origin.IsLoopback(u.Hostname()) {
			a.log.Warn("baseURL is not https: passwords and cookies travel in the clear", "baseURL", base.Origin)
		}
	}
	if slices.ContainsFunc(o.TrustedOrigins, func(p string) bool { return p == "*" || p == "https://*" || p == "http://*" }) {
		a.log.Warn("trustedOrigins trusts every site")
	}
	if o.Advanced.DisableOriginCheck || o.Advanced.DisableCSRFCheck != nil && *o.Advanced.DisableCSRFCheck {
		a.log.Warn("the origin check is switched off: other sites can act for signed-in users")
	}
}

// sendsMail tells whether a sender is configured whose mail carries links.
func (a *Auth) sendsMail() bool {
	o := &a.opts
	return o.EmailVerification.SendVerificationEmail != nil || o.EmailAndPassword.SendResetPassword != nil ||
		o.User.ChangeEmail.SendChangeEmailConfirmation != nil || o.User.DeleteUser.SendDeleteAccountVerification != nil
}
