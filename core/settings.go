package core

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/account"
	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/origin"
	"github.com/gatehouse-auth/gatehouse/core/password"
	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
	"github.com/gatehouse-auth/gatehouse/core/secret"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/user"
	"github.com/gatehouse-auth/gatehouse/core/verification"
)

// Upstream's defaults.
const (
	defaultSessionLifetime = 7 * 24 * time.Hour
	defaultSessionAge      = 24 * time.Hour // updateAge and freshAge
	defaultMinPassword     = 8
	defaultMaxPassword     = 128
	defaultVerification    = time.Hour
)

// checkOptions looks at what needs nothing else, and applies defaults.
func (a *Auth) checkOptions() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	o := &a.opts
	if o.Database == nil {
		bad("database: an adapter is needed, such as sqlite.Open or memory.New")
	}
	if o.MaxBodyBytes < 0 {
		bad("maxBodyBytes: must not be negative")
	}
	ep := &o.EmailAndPassword
	if ep.MinPasswordLength == 0 {
		ep.MinPasswordLength = defaultMinPassword
	}
	if ep.MaxPasswordLength == 0 {
		ep.MaxPasswordLength = defaultMaxPassword
	}
	if ep.MinPasswordLength < 1 || ep.MaxPasswordLength < ep.MinPasswordLength {
		bad("emailAndPassword.minPasswordLength, maxPasswordLength: want 1 <= min <= max, have %d and %d", ep.MinPasswordLength, ep.MaxPasswordLength)
	}
	if (ep.Password.Hash == nil) != (ep.Password.Verify == nil) {
		bad("emailAndPassword.password: hash and verify are needed together")
	}
	if o.EmailVerification.ExpiresIn == 0 {
		o.EmailVerification.ExpiresIn = defaultVerification
	}
	s := &a.sessionSettings
	s.expiresIn, s.updateAge, s.freshAge = o.Session.ExpiresIn, defaultSessionAge, defaultSessionAge
	if s.expiresIn == 0 {
		s.expiresIn = defaultSessionLifetime
	}
	if o.Session.UpdateAge != nil {
		s.updateAge = *o.Session.UpdateAge
	}
	if o.Session.FreshAge != nil {
		s.freshAge = *o.Session.FreshAge
	}
	for name, d := range map[string]time.Duration{
		"session.expiresIn": s.expiresIn, "session.updateAge": s.updateAge, "session.freshAge": s.freshAge,
		"session.cookieCache.maxAge": o.Session.CookieCache.MaxAge, "emailVerification.expiresIn": o.EmailVerification.ExpiresIn,
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
	switch o.Advanced.Database.GenerateID {
	case db.IDText, db.IDUUID, db.IDSerial:
	default:
		bad("advanced.database.generateId: %q is not uuid or serial", o.Advanced.Database.GenerateID)
	}
	for _, p := range o.DisabledPaths {
		if !strings.HasPrefix(p, "/") {
			bad("disabledPaths: %q must start with /", p)
		}
	}
	proxies, err := a.proxies()
	ip := &o.Advanced.IPAddress
	a.ip = ratelimit.IPConfig{
		Headers: ip.IPAddressHeaders, TrustedProxies: proxies, Disable: ip.DisableIPTracking,
		IPv6Subnet: ip.IPv6Subnet, Development: !o.Production, Compat: o.Compat.LeftmostForwardedAddress,
	}
	switch ip.IPv6Subnet {
	case 0, 32, 48, 64, 128:
	default:
		bad("advanced.ipAddress.ipv6Subnet: %d is not 128, 64, 48 or 32", ip.IPv6Subnet)
	}
	return errors.Join(append(errs, err)...)
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
		if o.Production && o.EmailVerification.SendVerificationEmail != nil && !o.Compat.MailLinksFromRequestHost {
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

// declaredModels are the core tables with their codecs.
type declaredModels struct {
	user         *db.Model[user.User]
	session      *db.Model[session.Session]
	account      *db.Model[account.Account]
	verification *db.Model[verification.Verification]
}

// declareTables declares the core tables in upstream's order, with the names
// that the options give them.
func (a *Auth) declareTables() (m declaredModels, errs []error) {
	var err [4]error
	m.user, err[0] = user.NewModel(a.now)
	m.session, err[1] = session.NewModel(a.now)
	m.account, err[2] = account.NewModel(a.now)
	m.verification, err[3] = verification.NewModel(a.now)
	if e := errors.Join(err[:]...); e != nil {
		return m, []error{e}
	}
	o := &a.opts
	for _, d := range []struct {
		option  string
		table   *db.Table
		name    string
		columns map[string]string
	}{
		{"user", m.user.Table, o.User.ModelName, o.User.Fields},
		{"session", m.session.Table, o.Session.ModelName, o.Session.Fields},
		{"account", m.account.Table, o.Account.ModelName, o.Account.Fields},
		{"verification", m.verification.Table, o.Verification.ModelName, o.Verification.Fields},
	} {
		errs = append(errs, a.tables.add(d.table), a.tables.rename(d.option, d.table.Model, d.name, d.columns))
	}
	if e := errors.Join(errs...); e != nil {
		return m, errs
	}
	return m, nil
}

// addFields declares the additional fields of the options: behind those of the
// plugins, as upstream orders columns and answers.
func (a *Auth) addFields() (errs []error) {
	o := &a.opts
	for _, d := range []struct {
		model  string
		fields []Field
	}{
		{user.ModelName, o.User.AdditionalFields},
		{session.ModelName, o.Session.AdditionalFields},
		{account.ModelName, o.Account.AdditionalFields},
		{verification.ModelName, o.Verification.AdditionalFields},
	} {
		for _, f := range d.fields {
			if err := a.tables.extend(d.model, []*db.Field{&f}); err != nil {
				errs = append(errs, fmt.Errorf("%s.additionalFields: %w", d.model, err))
			}
		}
	}
	return errs
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
