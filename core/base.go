package core

import (
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/origin"
)

// baseOf finds the base URL of an in-process call.
func (a *Auth) baseOf(r *http.Request) (origin.Base, error) {
	if r != nil {
		return a.resolver.Resolve(r)
	}
	if base, ok := a.resolver.Static(); ok {
		return base, nil
	}
	return origin.Base{}, nil
}

// trustedFor returns who may call and be redirected to in one call.
func (a *Auth) trustedFor(r *http.Request, base origin.Base) *origin.Matcher {
	var more []string
	if a.opts.BaseURL == "" && a.opts.DynamicBaseURL == nil && base.Origin != "" {
		more = append(more, base.Origin)
	}
	if f := a.opts.TrustedOriginsFunc; f != nil && r != nil {
		more = append(more, f(r)...)
	}
	if len(more) == 0 {
		return a.trusted
	}
	m, err := a.trusted.With(more...)
	if err != nil {
		a.log.Warn("trustedOrigins returned entries that are ignored", "error", err)
	}
	return m
}

// cookiesFor returns the cookies of a call. Only a dynamic base URL with
// cookies for all subdomains makes them differ between requests.
func (a *Auth) cookiesFor(base origin.Base) (*cookies.Set, error) {
	if a.opts.DynamicBaseURL == nil || !a.opts.Advanced.CrossSubDomainCookies.Enabled {
		return a.specs, nil
	}
	return cookies.New(a.cookieConfig(base.Origin))
}
