// Package ratelimit bounds how often one client may call one path.
//
// The counting is upstream's: a request is blocked while less than a window
// has passed since the last counted request and the count has reached the
// maximum, and the count starts over once a whole window was quiet. Blocked
// requests are not counted and do not prolong the block. Unlike 1.6.9, which
// reads before the request and writes after it, each request is judged and
// counted in one atomic step before anything else happens, so that parallel
// requests cannot slip through together.
package ratelimit

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/origin/wildcard"
)

// The rule for every path that nothing more specific covers.
const (
	DefaultWindow = 10 * time.Second
	DefaultMax    = 100
)

// Rule allows Max requests until the path has been quiet for Window.
type Rule struct {
	Window time.Duration
	Max    int
}

func (r Rule) check(option string) error {
	var problems []error
	if r.Window <= 0 {
		problems = append(problems, fmt.Errorf("%s: window must be longer than zero", option))
	}
	if r.Max < 1 {
		problems = append(problems, fmt.Errorf("%s: max must be at least 1", option))
	}
	return errors.Join(problems...)
}

// PathRule is a plugin's rule for the paths that Match accepts. Paths are
// relative to the base path and start with a slash.
type PathRule struct {
	Match func(path string) bool
	Rule  Rule
}

// CustomRule is an entry of the operator's customRules. Path is compared
// exactly, or as a wildcard pattern when it contains '*', which stays within a
// segment, while "/**" covers everything below. The first entry in the list
// that matches decides.
type CustomRule struct {
	Path string
	// Rule applies when Resolve is nil and Disabled is false.
	Rule Rule
	// Disabled lifts the limit from the path: upstream's value false.
	Disabled bool
	// Resolve chooses per request, given the rule so far. Returning false lifts
	// the limit for this request. A Rule without a window or a maximum leaves the
	// rule so far in place.
	Resolve func(r *http.Request, current Rule) (Rule, bool)
}

type customRule struct {
	CustomRule
	glob *wildcard.Pattern
}

func (c customRule) matches(path string) bool {
	if c.glob != nil {
		return c.glob.Match(path)
	}
	return c.Path == path
}

// decide gives the rule for a request, nil for none in particular, and whether
// it is limited at all.
func (c customRule) decide(r *http.Request, current Rule) (rule Rule, limited bool) {
	switch {
	case c.Disabled:
		return Rule{}, false
	case c.Resolve == nil:
		return c.Rule, true
	case r == nil:
		return current, true
	}
	chosen, ok := c.Resolve(r, current)
	if !ok {
		return Rule{}, false
	}
	if chosen.Window > 0 && chosen.Max > 0 {
		return chosen, true
	}
	return current, true
}

const longestSpecial = 60 * time.Second // window of a special rule

// specialRule is what upstream holds sign-in, sign-up and everything that
// sends mail to, whatever the defaults are.
func specialRule(path string) (Rule, bool) {
	for _, prefix := range []string{"/sign-in", "/sign-up", "/change-password", "/change-email"} {
		if strings.HasPrefix(path, prefix) {
			return Rule{Window: 10 * time.Second, Max: 3}, true
		}
	}
	switch path {
	case "/request-password-reset", "/send-verification-email",
		"/email-otp/send-verification-otp", "/email-otp/request-password-reset":
		return Rule{Window: longestSpecial, Max: 3}, true
	}
	if strings.HasPrefix(path, "/forget-password") {
		return Rule{Window: longestSpecial, Max: 3}, true
	}
	return Rule{}, false
}
