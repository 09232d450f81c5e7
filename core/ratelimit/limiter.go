package ratelimit

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/origin/wildcard"
)

// unknownAddress is the bucket that all clients without a known address share.
// 1.6.9 does not limit them at all.
const unknownAddress = "no-ip"

// Config sets up a [Limiter]. The zero value allows everything.
type Config struct {
	// Enabled switches the limiter on. Upstream's default is on in production
	// only; that choice is the caller's.
	Enabled bool
	// Window and Max are the rule for paths that nothing else covers; zero means
	// [DefaultWindow] and [DefaultMax].
	Window time.Duration
	Max    int
	// PluginRules are the rules of all plugins, in the order of the plugins.
	PluginRules []PathRule
	// Custom are the operator's rules. They win over all others.
	Custom []CustomRule
	// Store keeps the counters; nil means a [Memory] of default capacity.
	Store Store
}

// Limiter finds the rule for a request and asks the store. It is immutable and
// safe for concurrent use; a nil Limiter allows everything.
type Limiter struct {
	enabled  bool
	fallback Rule
	plugins  []PathRule
	custom   []customRule
	store    Store
}

// New checks the configuration. The error names every option that is wrong.
func New(cfg Config) (*Limiter, error) {
	l := &Limiter{
		enabled:  cfg.Enabled,
		fallback: Rule{Window: cfg.Window, Max: cfg.Max},
		plugins:  cfg.PluginRules,
		store:    cfg.Store,
	}
	if l.fallback.Window == 0 {
		l.fallback.Window = DefaultWindow
	}
	if l.fallback.Max == 0 {
		l.fallback.Max = DefaultMax
	}
	if l.store == nil {
		l.store = NewMemory(0)
	}
	problems := []error{l.fallback.check("rateLimit")}
	for i, rule := range cfg.PluginRules {
		option := fmt.Sprintf("plugin rate limit %d", i)
		problems = append(problems, rule.Rule.check(option))
		if rule.Match == nil {
			problems = append(problems, fmt.Errorf("%s: it matches no path", option))
		}
	}
	for _, rule := range cfg.Custom {
		option := fmt.Sprintf("rateLimit.customRules[%q]", rule.Path)
		if !strings.HasPrefix(rule.Path, "/") && !strings.HasPrefix(rule.Path, "*") {
			problems = append(problems, fmt.Errorf("%s: a path starts with a slash", option))
		}
		if !rule.Disabled && rule.Resolve == nil {
			problems = append(problems, rule.Rule.check(option))
		}
		compiled := customRule{CustomRule: rule}
		if strings.Contains(rule.Path, "*") {
			glob := wildcard.Compile(rule.Path)
			compiled.glob = &glob
		}
		l.custom = append(l.custom, compiled)
	}
	return l, errors.Join(problems...)
}

// Check judges and counts a request. path is the path that the router matches,
// relative to the base path; ip is what [ClientIP] returned, "" for unknown. An
// error means that the store could not answer: refuse the request, or every
// outage of the store becomes a way around the limit.
func (l *Limiter) Check(r *http.Request, path, ip string, now time.Time) (Decision, error) {
	if l == nil || !l.enabled {
		return Decision{Allowed: true}, nil
	}
	rule, limited := l.rule(r, path)
	if !limited {
		return Decision{Allowed: true}, nil
	}
	decision, err := l.store.Consume(r.Context(), Key(ip, path), rule, now)
	if err != nil {
		return Decision{}, fmt.Errorf("rate limit: %w", err)
	}
	return decision, nil
}

// RuleFor returns the rule for a path where no custom rule looks at the
// request, and whether requests to it are limited at all.
func (l *Limiter) RuleFor(path string) (rule Rule, limited bool) {
	if l == nil || !l.enabled {
		return Rule{}, false
	}
	return l.rule(nil, path)
}

// rule applies upstream's precedence: the default, then the special rules, then
// the first plugin that has one for the path, then the first custom rule.
func (l *Limiter) rule(r *http.Request, path string) (rule Rule, limited bool) {
	rule = l.fallback
	if special, ok := specialRule(path); ok {
		rule = special
	}
	for _, plugin := range l.plugins {
		if plugin.Match(path) {
			rule = plugin.Rule
			break
		}
	}
	for _, custom := range l.custom {
		if !custom.matches(path) {
			continue
		}
		switch {
		case custom.Disabled:
			return Rule{}, false
		case custom.Resolve == nil:
			return custom.Rule, true
		case r == nil:
			return rule, true
		}
		chosen, ok := custom.Resolve(r, rule)
		if !ok {
			return Rule{}, false
		}
		if chosen.Window > 0 && chosen.Max > 0 {
			rule = chosen
		}
		return rule, true
	}
	return rule, true
}

// Key is the name of the counter of a client on a path, "<ip>|<path>" as
// upstream.
func Key(ip, path string) string {
	if ip == "" {
		ip = unknownAddress
	}
	return ip + "|" + path
}
