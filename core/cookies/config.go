package cookies

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	defaultPrefix        = "better-auth"
	defaultSessionMaxAge = 7 * 24 * time.Hour
	defaultCacheMaxAge   = 5 * time.Minute
)

// Config decides names and attributes of cookies. The zero value is upstream's
// default for a development server.
type Config struct {
	// Prefix stands before every name, with a dot (advanced.cookiePrefix).
	// Default: "better-auth".
	Prefix string
	// UseSecure forces or forbids secure cookies (advanced.useSecureCookies).
	// Nil decides by Protocol, then BaseURL, then Production.
	UseSecure *bool
	// Protocol is that of a dynamic base URL: "http", "https", or anything else
	// for undecided.
	Protocol string
	// BaseURL is the static base URL, or the one that a request resolved a
	// dynamic one to.
	BaseURL string
	// Dynamic says that the base URL is resolved for each request.
	Dynamic bool
	// Production says that cookies are secure where nothing else decides.
	Production bool

	// CrossSubDomain shares cookies with subdomains
	// (advanced.crossSubDomainCookies.enabled).
	CrossSubDomain bool
	// Domain is the domain to share them with. Default: BaseURL's host name.
	Domain string

	// Defaults changes the attributes of every cookie
	// (advanced.defaultCookieAttributes).
	Defaults Override
	// Cookies changes single cookies (advanced.cookies), keyed by the name
	// without prefixes, such as "session_token".
	Cookies map[string]Rename

	// SessionMaxAge is the lifetime of session_token (session.expiresIn).
	// Default: 7 days.
	SessionMaxAge time.Duration
	// CacheMaxAge is the lifetime of session_data and account_data
	// (session.cookieCache.maxAge). Default: 5 minutes.
	CacheMaxAge time.Duration
}

// Rename changes one cookie.
type Rename struct {
	// Name takes the place of "<prefix>.<name>"; __Secure- still comes first.
	Name string
	// Attributes win over everything else.
	Attributes Override
}

// Override changes attributes. A nil field keeps what was there.
type Override struct {
	// MaxAge of zero or less deletes the cookie in the browser, as upstream's 0.
	MaxAge      *time.Duration
	Domain      *string
	Path        *string
	SameSite    *string
	HTTPOnly    *bool
	Secure      *bool
	Partitioned *bool
}

func (o Override) apply(a Attributes) Attributes {
	if o.MaxAge != nil {
		if a.MaxAge = *o.MaxAge; a.MaxAge <= 0 {
			a.MaxAge = -1
		}
	}
	set(&a.Domain, o.Domain)
	set(&a.Path, o.Path)
	set(&a.SameSite, o.SameSite)
	set(&a.HTTPOnly, o.HTTPOnly)
	set(&a.Secure, o.Secure)
	set(&a.Partitioned, o.Partitioned)
	return a
}

func set[T any](target, value *T) {
	if value != nil {
		*target = *value
	}
}

// Spec is the full name of a cookie and its attributes.
type Spec struct {
	Name string
	Attributes
}

// Cookie returns the cookie that gives value to s.
func (s Spec) Cookie(value string) Cookie {
	return Cookie{Name: s.Name, Value: value, Attributes: s.Attributes}
}

// Expired returns the cookie that deletes s.
func (s Spec) Expired() Cookie { return s.Cookie("").Expired() }

// WithMaxAge returns s with another lifetime; zero makes a cookie that ends
// with the browser's session.
func (s Spec) WithMaxAge(d time.Duration) Spec {
	s.MaxAge = d
	return s
}

// Set are the cookies of one configuration. It is immutable.
type Set struct {
	SessionToken Spec
	SessionData  Spec
	AccountData  Spec
	DontRemember Spec

	config Config // Prefix is set; its maps are read only
	secure bool
	domain string
}

// New checks config and returns its cookies. All problems come back together,
// each wrapping [ErrInvalid].
func New(config Config) (*Set, error) {
	config.Cookies = maps.Clone(config.Cookies)
	s := &Set{config: config, secure: config.secure()}
	if s.config.Prefix == "" {
		s.config.Prefix = defaultPrefix
	}
	var problems []error
	if config.CrossSubDomain {
		domain, err := config.domain()
		if err != nil {
			problems = append(problems, err)
		}
		s.domain = domain
	}
	// The configured cookies first: plugins ask for theirs only later.
	for _, short := range slices.Sorted(maps.Keys(config.Cookies)) {
		if _, err := s.Named(short, Override{}); err != nil {
			problems = append(problems, err)
		}
	}
	named := func(spec *Spec, short string, over Override) {
		var err error
		if *spec, err = s.Named(short, over); err != nil && config.Cookies[short] == (Rename{}) {
			problems = append(problems, err)
		}
	}
	if config.SessionMaxAge < 0 || config.CacheMaxAge < 0 {
		problems = append(problems, fmt.Errorf("%w: a lifetime is negative", ErrInvalid))
	}
	session := orDefault(config.SessionMaxAge, defaultSessionMaxAge)
	cache := orDefault(config.CacheMaxAge, defaultCacheMaxAge)
	named(&s.SessionToken, "session_token", Override{MaxAge: &session})
	named(&s.SessionData, "session_data", Override{MaxAge: &cache})
	named(&s.AccountData, "account_data", Override{MaxAge: &cache})
	named(&s.DontRemember, "dont_remember", Override{})
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return s, nil
}

func orDefault(d, fallback time.Duration) time.Duration {
	if d == 0 {
		return fallback
	}
	return d
}

// Secure tells whether names start with __Secure-.
func (s *Set) Secure() bool { return s.secure }

// Domain is the domain that cookies share with subdomains, or "".
func (s *Set) Domain() string { return s.domain }

// Named returns the cookie with a short name, such as a plugin's "two_factor",
// with over applied between the defaults and what the configuration says for
// this very name. It fails with [ErrInvalid].
func (s *Set) Named(short string, over Override) (Spec, error) {
	custom := s.config.Cookies[short]
	name := custom.Name
	if name == "" {
		name = s.config.Prefix + "." + short
	}
	if s.secure {
		name = securePrefix + name
	}
	a := Attributes{Path: "/", SameSite: SameSiteLax, HTTPOnly: true, Secure: s.secure, Domain: s.domain}
	a = custom.Attributes.apply(over.apply(s.config.Defaults.apply(a)))
	spec := Spec{Name: name, Attributes: a}
	if err := spec.Cookie("").normal().check(); err != nil {
		return Spec{}, fmt.Errorf("cookie %q: %w", short, err)
	}
	return spec, nil
}

func (c Config) secure() bool {
	switch {
	case c.UseSecure != nil:
		return *c.UseSecure
	case c.Protocol == "https":
		return true
	case c.Protocol == "http":
		return false
	case c.BaseURL != "":
		return strings.HasPrefix(c.BaseURL, "https://")
	}
	return c.Production
}

// domain returns the domain that subdomains share. A dynamic base URL has none
// before a request resolved it.
func (c Config) domain() (string, error) {
	if c.Domain != "" {
		return c.Domain, nil
	}
	if c.BaseURL == "" {
		if c.Dynamic {
			return "", nil
		}
		return "", fmt.Errorf("%w: crossSubDomainCookies needs a domain or a base URL", ErrInvalid)
	}
	u, err := url.Parse(c.BaseURL)
	if err != nil || u.Hostname() == "" {
		return "", fmt.Errorf("%w: crossSubDomainCookies needs a base URL with a host", ErrInvalid)
	}
	return strings.ToLower(u.Hostname()), nil
}
