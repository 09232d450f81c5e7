package core

import (
	"net/http"
	"strings"
)

// checkOrigin refuses requests that a foreign site makes with the user's
// cookies, and targets of redirects that are not trusted. GET, HEAD and OPTIONS
// do not change anything and pass.
func (c *Ctx) checkOrigin() error {
	switch c.Request.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return nil
	}
	if err := c.validateOrigin(false); err != nil {
		return err
	}
	for _, t := range []struct {
		field   string
		query   bool
		refusal *Error
	}{
		{"callbackURL", true, ErrInvalidCallbackURL},
		{"redirectTo", false, ErrInvalidRedirectURL},
		{"errorCallbackURL", false, ErrInvalidErrorCallbackURL},
		{"newUserCallbackURL", false, ErrInvalidNewUserCallbackURL},
	} {
		for _, target := range c.redirectTargets(t.field, t.query) {
			if !c.acceptsTarget(target) {
				return t.refusal
			}
		}
	}
	return nil
}

// CheckCallbackURL refuses a callbackURL that is not trusted. It is for
// endpoints that take one where the check of every request does not look, such
// as a link that is opened (GET). An empty one passes.
func (c *Ctx) CheckCallbackURL(target string) error {
	if target == "" || c.Request == nil || c.acceptsTarget(target) {
		return nil
	}
	return ErrInvalidCallbackURL
}

// maxTarget bounds the target of a redirect, in bytes. Longer ones are no use to
// browsers; they would wait in mails, and the work on them would tell whether
// one is written.
const maxTarget = 2048

func (c *Ctx) acceptsTarget(target string) bool {
	return len(target) <= maxTarget && (c.skipsOriginCheck() || c.TrustsURL(target))
}

// redirectTargets collects the values of a field from the body and, where an
// endpoint may read it there, from the query. Values of another type are left
// to the validation of the input.
func (c *Ctx) redirectTargets(field string, query bool) []string {
	var targets []string
	given, _ := c.BodyObject().Get(field)
	if s, ok := given.(string); ok && s != "" {
		targets = append(targets, s)
	}
	if query {
		for _, s := range c.Query()[field] {
			if s != "" {
				targets = append(targets, s)
			}
		}
	}
	return targets
}

// validateOrigin wants a trusted Origin (or Referer) from a request that
// carries cookies, or from any when force is set.
func (c *Ctx) validateOrigin(force bool) error {
	if c.skipsCSRFCheck() || c.skipsOriginCheck() {
		return nil
	}
	if !force && len(c.Request.Header["Cookie"]) == 0 {
		return nil
	}
	if len(c.Request.Header["Origin"]) > 1 {
		return ErrInvalidOrigin // no browser sends two
	}
	from := c.Header("Origin")
	if from == "null" && c.Header("Sec-Fetch-Site") == "same-origin" {
		// A same-origin request under a strict Referrer-Policy; fetch metadata
		// cannot be set by a page.
		from = c.base.Origin
	}
	if from == "" {
		from = c.Header("Referer")
	}
	if from == "" || from == "null" {
		return ErrMissingOrigin
	}
	if !c.trusted.TrustsOrigin(from) {
		return ErrInvalidOrigin
	}
	return nil
}

// FormCSRF is the middleware of endpoints that sign a user in: without cookies
// there is no origin check, so fetch metadata and a given Origin are looked at.
func FormCSRF(c *Ctx) error {
	if c.Request == nil || c.inProcess || c.skipsCSRFCheck() {
		return nil
	}
	if len(c.Request.Header["Cookie"]) > 0 {
		return c.validateOrigin(false)
	}
	site, mode, dest := c.Header("Sec-Fetch-Site"), c.Header("Sec-Fetch-Mode"), c.Header("Sec-Fetch-Dest")
	if strings.TrimSpace(site+mode+dest) != "" {
		if site == "cross-site" && mode == "navigate" {
			return ErrCrossSiteLogin
		}
		return c.validateOrigin(true)
	}
	if c.Auth.opts.Compat.SkipCookielessOriginCheck {
		return nil
	}
	if c.Header("Origin") != "" || c.Header("Referer") != "" {
		return c.validateOrigin(true)
	}
	return nil
}

// skipsCSRFCheck follows upstream: switching off the origin check switches off
// the CSRF check too, unless that is configured on its own.
func (c *Ctx) skipsCSRFCheck() bool {
	adv := &c.Auth.opts.Advanced
	if adv.DisableCSRFCheck != nil {
		return *adv.DisableCSRFCheck
	}
	return adv.DisableOriginCheck
}

func (c *Ctx) skipsOriginCheck() bool {
	adv := &c.Auth.opts.Advanced
	if adv.DisableOriginCheck {
		return true
	}
	for _, prefix := range adv.DisableOriginCheckPaths {
		if c.Path == prefix || strings.HasPrefix(c.Path, strings.TrimSuffix(prefix, "/")+"/") {
			return true
		}
	}
	return false
}
