package origin

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// DefaultBasePath is where the routes are mounted unless told otherwise.
const DefaultBasePath = "/api/auth"

// ErrHostNotAllowed says that a request came under a host that this server
// does not answer to. The request is to be refused with status 400.
var ErrHostNotAllowed = errors.New("host is not allowed")

// Base is the URL that the routes are mounted at, as one request sees it.
type Base struct {
	Origin string // scheme://host[:port]
	Path   string // begins with a slash and does not end in one; "" for the root
}

// URL is the origin followed by the path.
func (b Base) URL() string { return b.Origin + b.Path }

// Secure reports whether the origin is https.
func (b Base) Secure() bool { return strings.HasPrefix(b.Origin, "https://") }

// Config sets up a [Resolver].
type Config struct {
	// BaseURL is the one public URL. Its path, if it has one, replaces BasePath.
	BaseURL string
	// Dynamic serves several hosts instead; it excludes BaseURL.
	Dynamic *Dynamic
	// BasePath is "" for [DefaultBasePath], "/" for the root.
	BasePath string
	// TrustForwarded believes X-Forwarded-Host and X-Forwarded-Proto. Anybody who
	// reaches the server around the proxy can then choose both, within what
	// Dynamic allows. 1.6.9 believes them by default when the base URL is dynamic,
	// 1.7 does not.
	TrustForwarded bool
}

// Dynamic derives the base URL from the request, for hosts on a list.
type Dynamic struct {
	// AllowedHosts are hosts with a port where it is not the default, compared
	// without case, or wildcards: example.com, *.vercel.app, localhost:*.
	AllowedHosts []string
	// Fallback is the base URL for requests under any other host. Without one
	// they are refused.
	Fallback string
	// Protocol is "http", "https", or "auto" or "" to take that of the request.
	Protocol string
}

// Resolver finds the base URL of a request. It keeps nothing from one request
// to the next (1.6.9 holds on to the first one's host) and is safe for
// concurrent use.
type Resolver struct {
	static         *Base
	allowed        []hostRule
	dynamic        bool
	fallback       *Base
	protocol       string
	path           string
	trustForwarded bool
	trusted        []string
}

// NewResolver checks the configuration. The errors name the option. With
// neither BaseURL nor Dynamic the base URL is what each request says, and with
// it every link that is mailed: set one of them in production.
func NewResolver(cfg Config) (*Resolver, error) {
	path, err := cleanBasePath(cfg.BasePath)
	if err != nil {
		return nil, fmt.Errorf("basePath: %w", err)
	}
	s := &Resolver{path: path, trustForwarded: cfg.TrustForwarded}
	switch {
	case cfg.BaseURL != "" && cfg.Dynamic != nil:
		return nil, errors.New("baseURL: it is either one URL or a list of allowed hosts")
	case cfg.BaseURL != "":
		base, err := parseBase(cfg.BaseURL, path)
		if err != nil {
			return nil, fmt.Errorf("baseURL: %w", err)
		}
		s.static, s.trusted = &base, []string{base.Origin}
	case cfg.Dynamic != nil:
		if err := s.setDynamic(*cfg.Dynamic); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *Resolver) setDynamic(d Dynamic) error {
	var problems []error
	s.dynamic, s.protocol = true, d.Protocol
	switch d.Protocol {
	case "", "auto":
		s.protocol = ""
	case "http", "https":
	default:
		problems = append(problems, errors.New(`baseURL.protocol: it has to be "http", "https" or "auto"`))
	}
	if len(d.AllowedHosts) == 0 && d.Fallback == "" {
		problems = append(problems, errors.New("baseURL.allowedHosts: the list is empty and there is no fallback"))
	}
	for _, host := range d.AllowedHosts {
		rule, err := newHostRule(host)
		if err != nil {
			problems = append(problems, fmt.Errorf("baseURL.allowedHosts: %w", err))
			continue
		}
		s.allowed = append(s.allowed, rule)
		s.trusted = append(s.trusted, rule.origins()...)
	}
	if d.Fallback != "" {
		base, err := parseBase(d.Fallback, s.path)
		if err != nil {
			problems = append(problems, fmt.Errorf("baseURL.fallback: %w", err))
		} else {
			s.fallback = &base
			s.trusted = append(s.trusted, base.Origin)
		}
	}
	return errors.Join(problems...)
}

// Resolve returns the base URL for a request. The only error is
// [ErrHostNotAllowed]; it also covers a Host header that is malformed.
func (s *Resolver) Resolve(r *http.Request) (Base, error) {
	if s.static != nil {
		return *s.static, nil
	}
	u, ok := s.requestURL(r)
	switch {
	case ok && !s.dynamic, ok && s.allows(u):
		return Base{Origin: u.Origin(), Path: s.path}, nil
	case s.fallback != nil:
		return *s.fallback, nil
	}
	return Base{}, ErrHostNotAllowed
}

// Static returns the base URL that holds without a request: the configured
// one, or the fallback.
func (s *Resolver) Static() (Base, bool) {
	switch {
	case s.static != nil:
		return *s.static, true
	case s.fallback != nil:
		return *s.fallback, true
	}
	return Base{}, false
}

// TrustedOrigins returns the patterns, for [NewMatcher], that the base URL
// contributes to the trusted origins: its own origin; of a list of hosts https
// for each, http as well for those on this machine, and the fallback's origin.
// Without configuration there are none: add the origin of the resolved Base,
// per request.
func (s *Resolver) TrustedOrigins() []string { return slices.Clone(s.trusted) }

// parseBase reads a configured base URL and adds the base path if it has no
// path of its own.
func parseBase(s, path string) (Base, error) {
	u, err := Parse(s)
	switch {
	case err != nil:
		return Base{}, fmt.Errorf("%q is not a usable base URL: %w", redactUserinfo(s), err)
	case !u.IsWeb():
		return Base{}, fmt.Errorf("%q has to start with http:// or https://", redactUserinfo(s))
	case u.HasUserinfo():
		return Base{}, errors.New("the base URL must not carry a user or password")
	case u.HasQueryOrFragment():
		return Base{}, fmt.Errorf("%q must not have a query or a fragment", s)
	}
	if own := strings.TrimRight(u.Path(), "/"); own != "" {
		if path, err = cleanBasePath(own); err != nil {
			return Base{}, fmt.Errorf("%q: %w", s, err)
		}
	}
	return Base{Origin: u.Origin(), Path: path}, nil
}

// cleanBasePath brings a path into the form of Base.Path.
func cleanBasePath(path string) (string, error) {
	if path == "" {
		return DefaultBasePath, nil
	}
	path = strings.TrimRight(path, "/")
	if path == "" {
		return "", nil
	}
	if path[0] != '/' {
		path = "/" + path
	}
	if !consistsOf(path, "/-._~") {
		return "", errors.New("the path takes letters, digits, '-', '.', '_', '~' and slashes")
	}
	for segment := range strings.SplitSeq(path[1:], "/") {
		if segment == "" || segment == "." || segment == ".." {
			return "", errors.New("the path must not have empty, '.' or '..' segments")
		}
	}
	return path, nil
}

// redactUserinfo keeps a password out of an error message.
func redactUserinfo(s string) string {
	if strings.Contains(s, "@") {
		return "(a URL with userinfo)"
	}
	return s
}
