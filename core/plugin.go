package core

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
)

// Plugin is a feature: a value that says what it adds. The core's own routes
// are one. A plugin value serves one New.
type Plugin interface {
	// ID is upstream's id of the plugin, such as "two-factor".
	ID() string
	// Setup is called once by New and declares everything. An error fails New.
	Setup(s *Setup) error
}

// Hook runs before or after the endpoints that it matches.
type Hook struct {
	// Match tells whether the hook runs; nil matches every endpoint.
	Match func(c *Ctx) bool
	// Run does the work. Before the handler, Ctx.Answer replaces the handler and
	// skips what follows. After it, Ctx.Returned and Ctx.SetReturned see and
	// replace the result; an *Error replaces it too.
	Run func(c *Ctx) error
	// Last has an after hook run when those of all plugins have: it sees what is
	// really sent.
	Last bool
}

// MatchPath is a Match for endpoints by their declared paths, such as
// "/callback/:id".
func MatchPath(patterns ...string) func(c *Ctx) bool {
	return func(c *Ctx) bool { return slices.Contains(patterns, c.Pattern) }
}

// Response is an answer as it goes to the client, open for change by OnResponse.
type Response struct {
	Status int
	Header http.Header
	Body   []byte

	// thrown is handed to whoever mounts the server, in place of the answer.
	thrown *Error
}

// OnRequest sees a request before it is routed. It may return another request
// to go on with, or a Response that ends it.
type OnRequest func(r *http.Request) (*http.Request, *Response, error)

// OnResponse sees and may change what goes to the client.
type OnResponse func(r *http.Request, res *Response) error

// Middleware runs before an endpoint's handler. An error ends the request.
type Middleware func(c *Ctx) error

// Setup is what a plugin declares itself with. It is valid during Plugin.Setup;
// Auth is valid for as long as the server is.
type Setup struct {
	auth   *Auth
	plugin Plugin
	errs   []error
}

// Auth returns the server that is being set up. Its stores and settings may be
// used by handlers and hooks, not during Setup.
func (s *Setup) Auth() *Auth { return s.auth }

// Options returns the options of the server, for reading.
func (s *Setup) Options() *Options { return &s.auth.opts }

// Table declares a table of the plugin's own.
func (s *Setup) Table(t *db.Table) { s.fail(s.auth.tables.add(t)) }

// ExtendTable adds fields to a table that another feature has declared.
func (s *Setup) ExtendTable(model string, fields ...*db.Field) {
	s.fail(s.auth.tables.extend(model, fields))
}

// Schema applies an option of the plugin's own, `schema.<model>`, to a table that it
// has declared or extended.
func (s *Setup) Schema(model string, o ModelSchema) {
	if err := s.auth.tables.rename("schema."+model, model, o.ModelName, o.Fields); err != nil {
		s.fail(err)
		return
	}
	for _, f := range o.AdditionalFields {
		s.ExtendTable(model, &f)
	}
}

// Migration adds a change of a table that its fields cannot express.
func (s *Setup) Migration(model string, m db.Migration) { s.fail(s.auth.tables.migrate(model, m)) }

// Before adds a hook that runs before endpoints, after those of earlier plugins.
func (s *Setup) Before(h Hook) {
	s.need(h.Run != nil, "Before: the hook has no Run")
	s.need(!h.Last, "Before: Last is for after hooks")
	s.auth.before = append(s.auth.before, s.named(h))
}

// After adds a hook that runs after endpoints, after those of earlier plugins;
// Hook.Last changes that.
func (s *Setup) After(h Hook) {
	s.need(h.Run != nil, "After: the hook has no Run")
	s.auth.after = append(s.auth.after, s.named(h))
	slices.SortStableFunc(s.auth.after, func(a, b namedHook) int {
		switch {
		case a.Last == b.Last:
			return 0
		case a.Last:
			return 1
		}
		return -1
	})
}

// Use adds middleware for the paths that match, before the before hooks. A nil
// match is every path.
func (s *Setup) Use(match func(path string) bool, m Middleware) {
	s.need(m != nil, "Use: there is no middleware")
	if match == nil {
		match = func(string) bool { return true }
	}
	s.auth.middleware = append(s.auth.middleware, pathMiddleware{match, m})
}

// OnRequest adds a filter of raw requests.
func (s *Setup) OnRequest(f OnRequest) {
	s.need(f != nil, "OnRequest: there is no filter")
	s.auth.onRequest = append(s.auth.onRequest, f)
}

// OnResponse adds a filter of answers.
func (s *Setup) OnResponse(f OnResponse) {
	s.need(f != nil, "OnResponse: there is no filter")
	s.auth.onResponse = append(s.auth.onResponse, f)
}

// RateLimit adds a rule for the paths that match. Rules of the options win over it.
func (s *Setup) RateLimit(match func(path string) bool, rule ratelimit.Rule) {
	s.auth.pluginRules = append(s.auth.pluginRules, ratelimit.PathRule{Match: match, Rule: rule})
}

// ErrorCodes lists the errors that the plugin raises, for the parity audit and documentation.
func (s *Setup) ErrorCodes(errs ...*Error) {
	s.auth.errorCodes[s.plugin.ID()] = append(s.auth.errorCodes[s.plugin.ID()], errs...)
}

// DatabaseHooks adds callbacks around the writes of a model.
func (s *Setup) DatabaseHooks(model string, h db.Hooks) {
	h.Source = "plugin:" + s.plugin.ID()
	s.auth.dbHooks[model] = append(s.auth.dbHooks[model], h)
}

// Cookie declares a cookie by its short name and attributes. Ctx.CookieSpec
// gives it with the prefix, attributes and overrides of the server.
func (s *Setup) Cookie(name string, attrs cookies.Override) {
	_, err := s.auth.specs.Named(name, attrs)
	s.fail(err)
	_, twice := s.auth.pluginCookies[name]
	s.need(!twice, fmt.Sprintf("cookie %q is declared twice", name))
	s.auth.pluginCookies[name] = attrs
}

// Lookup finds another plugin of the server by its type, in any order of set-up.
func Lookup[T Plugin](s *Setup) (T, bool) { return PluginOf[T](s.auth) }

// PluginOf finds a plugin of a server by its type.
func PluginOf[T Plugin](a *Auth) (T, bool) {
	for _, p := range a.opts.Plugins {
		if t, ok := p.(T); ok {
			return t, true
		}
	}
	var none T
	return none, false
}

func (s *Setup) fail(err error) {
	if err != nil {
		s.errs = append(s.errs, fmt.Errorf("plugin %q: %w", s.plugin.ID(), err))
	}
}

// need records a mistake of the plugin that would show at request time only.
func (s *Setup) need(ok bool, problem string) {
	if !ok {
		s.fail(errors.New(problem))
	}
}

func (s *Setup) named(h Hook) namedHook {
	return namedHook{Hook: h, source: "plugin:" + s.plugin.ID()}
}

type namedHook struct {
	Hook
	source string // "user" or "plugin:<id>"
}

type pathMiddleware struct {
	match func(path string) bool
	run   Middleware
}

// PathUnder is a matcher of all paths that begin with one of the prefixes, such
// as "/two-factor/".
func PathUnder(prefixes ...string) func(path string) bool {
	return func(path string) bool {
		return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(path, prefix) })
	}
}

// PathIs is a matcher of paths for Setup.Use and Setup.RateLimit.
func PathIs(paths ...string) func(path string) bool {
	return func(path string) bool { return slices.Contains(paths, path) }
}
