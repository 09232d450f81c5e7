package ratelimit

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/origin/wildcard"
)

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
	// Away, which may be nil, hears why the Store could not judge a request that
	// was counted in this process instead; see [Limiter.Check].
	Away func(ctx context.Context, err error)
}

// LongestWindow is the longest window of all rules but those that a function
// chooses: how long a counter may matter.
func (cfg Config) LongestWindow() time.Duration {
	longest := max(cfg.Window, DefaultWindow, longestSpecial)
	for _, rule := range cfg.PluginRules {
		longest = max(longest, rule.Rule.Window)
	}
	for _, rule := range cfg.Custom {
		longest = max(longest, rule.Rule.Window)
	}
	return longest
}

// Limiter finds the rule for a request and asks the store. It is immutable and
// safe for concurrent use; a nil Limiter allows everything.
type Limiter struct {
	enabled  bool
	fallback Rule
	plugins  []PathRule
	custom   []customRule
	store    Store
	spare    *Memory
	away     func(ctx context.Context, err error)
}

// New checks the configuration. The error names every option that is wrong.
func New(cfg Config) (*Limiter, error) {
	l := &Limiter{
		enabled:  cfg.Enabled,
		fallback: Rule{Window: cfg.Window, Max: cfg.Max},
		plugins:  cfg.PluginRules,
		store:    cfg.Store,
		spare:    NewMemory(0),
		away:     cfg.Away,
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
//
// Paths that no special rule guards, such as those that read a session, go on
// without the store: their requests are counted in this process meanwhile. The
// rules of sign-in, passwords and plugins, and custom ones, are there against
// guessing, and are never judged by one process alone.
//
// pattern is the path of the route, "/reset-password/:token". The rule is that
// of the path, and all paths of a pattern count together: otherwise whoever
// guesses what stands in the path, such as a token, would have a new counter for
// each guess, as with upstream. Only a path that a custom rule names in full has
// a counter of its own.
func (l *Limiter) Check(r *http.Request, path, pattern, ip string, now time.Time) (Decision, error) {
	if l == nil || !l.enabled {
		return Decision{Allowed: true}, nil
	}
	c := l.choose(r, path)
	if !c.limited {
		return Decision{Allowed: true}, nil
	}
	if c.named {
		pattern = path
	}
	decision, err := l.store.Consume(r.Context(), Key(ip, pattern), c.rule, now)
	if err == nil {
		return decision, nil
	}
	if c.special || r.Context().Err() != nil {
		return Decision{}, fmt.Errorf("rate limit: %w", err)
	}
	if l.away != nil {
		l.away(r.Context(), err)
	}
	return l.spare.Consume(r.Context(), Key(ip, pattern), c.rule, now)
}

// RuleFor returns the rule for a path where no custom rule looks at the
// request, and whether requests to it are limited at all.
func (l *Limiter) RuleFor(path string) (rule Rule, limited bool) {
	if l == nil || !l.enabled {
		return Rule{}, false
	}
	c := l.choose(nil, path)
	return c.rule, c.limited
}

// choice is the rule for a request.
type choice struct {
	rule    Rule
	limited bool
	special bool // not the rule for what nothing else covers
	named   bool // for the path alone
}

// choose applies upstream's precedence: the default, then the special rules,
// then the first plugin that has one for the path, then the first custom rule.
func (l *Limiter) choose(r *http.Request, path string) choice {
	c := choice{rule: l.fallback, limited: true}
	if special, ok := specialRule(path); ok {
		c.rule, c.special = special, true
	}
	for _, plugin := range l.plugins {
		if plugin.Match(path) {
			c.rule, c.special = plugin.Rule, true
			break
		}
	}
	for _, custom := range l.custom {
		if custom.matches(path) {
			c.rule, c.limited = custom.decide(r, c.rule)
			c.special, c.named = true, custom.glob == nil
			break
		}
	}
	return c
}
