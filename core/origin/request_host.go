package origin

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core/origin/wildcard"
)

// requestURL is the scheme and host under which a request arrived. The host is
// that of the request, which for an absolute request target is the target's.
func (s *Resolver) requestURL(r *http.Request) (URL, bool) {
	scheme, host := "http", r.Host
	if r.TLS != nil {
		scheme = "https"
	}
	forwardedHost, hasHost := forwarded(r.Header, "X-Forwarded-Host", s.trustForwarded)
	forwardedProto, hasProto := forwarded(r.Header, "X-Forwarded-Proto", s.trustForwarded)
	hasProto = hasProto && (forwardedProto == "http" || forwardedProto == "https")
	if hasHost {
		_, hasHost = parseRequestHost("https", forwardedHost)
	}
	// Upstream takes the two apart for a list of hosts, which judges the result,
	// and only together where nothing else does.
	if s.dynamic {
		if hasHost {
			host = forwardedHost
		}
		if hasProto {
			scheme = forwardedProto
		}
	} else if hasHost && hasProto {
		host, scheme = forwardedHost, forwardedProto
	}
	if s.protocol != "" {
		scheme = s.protocol
	}
	return parseRequestHost(scheme, host)
}

// forwarded returns a proxy's header if it is to be believed and has exactly
// one value.
func forwarded(header http.Header, name string, trust bool) (string, bool) {
	values := header.Values(name)
	if !trust || len(values) != 1 || values[0] == "" {
		return "", false
	}
	return values[0], true
}

// parseRequestHost reads "host[:port]" as it stands in a Host header. Case and
// default port are normalised; userinfo, blanks, a path and a trailing dot,
// which would be a second name for the same host, are refused.
func parseRequestHost(scheme, host string) (URL, bool) {
	if strings.ContainsAny(host, `/\@?# `) || strings.HasSuffix(host, ":") {
		return URL{}, false
	}
	u, err := Parse(scheme + "://" + host)
	if err != nil || strings.HasSuffix(u.Hostname(), ".") {
		return URL{}, false
	}
	return u, true
}

func (s *Resolver) allows(u URL) bool {
	for _, rule := range s.allowed {
		if rule.allows(u) {
			return true
		}
	}
	return false
}

// hostRule is one entry of the allowed hosts.
type hostRule struct {
	source   string
	host     string // lower case, without scheme and path
	glob     *wildcard.Pattern
	ipv4Only bool
}

func newHostRule(source string) (hostRule, error) {
	host := source
	if scheme, rest, ok := strings.Cut(source, "://"); ok {
		if scheme != "http" && scheme != "https" {
			return hostRule{}, fmt.Errorf("%q: only http and https hosts can be served", source)
		}
		host = rest
	}
	host, _, _ = strings.Cut(strings.ToLower(host), "/")
	rule := hostRule{source: source, host: host}
	if !hasWildcard(host) {
		if _, ok := parseRequestHost("https", host); !ok {
			return hostRule{}, fmt.Errorf("%q is not a host", source)
		}
		return rule, nil
	}
	if strings.ContainsAny(host, `\@# `) || strings.ContainsFunc(host, nonASCII) {
		return hostRule{}, fmt.Errorf("%q is not a pattern for hosts", source)
	}
	glob := wildcard.Compile(host)
	rule.glob, rule.ipv4Only = &glob, isIPv4Range(host)
	return rule, nil
}

// allows compares the host as browsers write it, without the default port, and
// also with it, for an operator who wrote it down.
func (h hostRule) allows(u URL) bool {
	if h.glob != nil {
		return h.glob.Match(u.Host()) && (!h.ipv4Only || isIPv4(u.Hostname()))
	}
	if u.Host() == h.host {
		return true
	}
	standard, _ := defaultPort(u.Scheme())
	return u.port == "" && h.host == u.Hostname()+":"+standard
}

// origins are the trusted origins that follow from an entry: as upstream,
// https, and http for a host on this machine; the entry itself when it names
// its scheme.
func (h hostRule) origins() []string {
	if scheme, _, ok := strings.Cut(h.source, "://"); ok {
		return []string{scheme + "://" + h.host}
	}
	origins := []string{"https://" + h.host}
	if IsLoopback(h.host) {
		origins = append(origins, "http://"+h.host)
	}
	return origins
}
