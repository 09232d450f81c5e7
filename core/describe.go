package core

import (
	"maps"
	"reflect"
	"slices"

	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/input"
	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
)

// Registered is one endpoint as the server knows it, for the OpenAPI document,
// the parity audit and tests that go over all endpoints.
type Registered struct {
	Plugin       string
	Methods      []string
	Path         string
	OperationID  string
	Summary      string
	Doc          Doc
	MediaTypes   []string
	IgnoreBody   bool
	BodyOptional bool
	ServerOnly   bool
	Hidden       bool
	Inputs       []input.Field
	Output       reflect.Type
}

// Endpoints lists every registered endpoint in order of registration.
func (a *Auth) Endpoints() []Registered {
	list := make([]Registered, len(a.router.all))
	for i, r := range a.router.all {
		list[i] = Registered{
			Plugin: r.plugin, Methods: slices.Clone(r.methods), Path: r.path, OperationID: r.operationID, Summary: r.summary, Doc: r.doc,
			MediaTypes: slices.Clone(r.mediaTypes), IgnoreBody: r.ignoreBody, BodyOptional: r.schema.BodyOptional(), ServerOnly: r.serverOnly, Hidden: r.hidden,
			Inputs: r.schema.Fields(), Output: r.out,
		}
	}
	return list
}

// AddedFields lists the fields that options and plugins have added to a model.
func (a *Auth) AddedFields(model string) []*db.Field { return slices.Clone(a.tables.added(model)) }

// ErrorCodes lists the errors that each plugin says it raises, by plugin.
func (a *Auth) ErrorCodes() map[string][]*Error { return maps.Clone(a.errorCodes) }

// CookieNames lists the short names of the core's cookies and of those that
// plugins have declared, with their full names and attributes.
func (a *Auth) CookieNames() (map[string]cookies.Spec, error) {
	specs := map[string]cookies.Spec{
		"session_token": a.specs.SessionToken, "session_data": a.specs.SessionData,
		"account_data": a.specs.AccountData, "dont_remember": a.specs.DontRemember,
	}
	for name, attrs := range a.pluginCookies {
		spec, err := a.specs.Named(name, attrs)
		if err != nil {
			return nil, err
		}
		specs[name] = spec
	}
	return specs, nil
}

// HookSources lists who has added request hooks: "user" or "plugin:<id>", once
// for each hook, in the order in which they run.
func (a *Auth) HookSources() (before, after []string) {
	for _, h := range a.before {
		before = append(before, h.source)
	}
	for _, h := range a.after {
		after = append(after, h.source)
	}
	return before, after
}

// RateLimitFor returns the rule that holds for a path without a custom rule
// that looks at the request, and whether there is one.
func (a *Auth) RateLimitFor(path string) (ratelimit.Rule, bool) { return a.limiter.RuleFor(path) }
