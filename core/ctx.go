package core

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/origin"
	"github.com/gatehouse-auth/gatehouse/core/session"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// Ctx is one call of an endpoint, over HTTP or in process. It is used by one
// goroutine at a time and must not outlive the call.
type Ctx struct {
	// Auth is the server.
	Auth *Auth
	// Request is the HTTP request; nil for an in-process call without one.
	// Its body has been read unless the endpoint ignores it: see Body.
	Request *http.Request
	// Method and Path are those of the request, or of the endpoint in process.
	// Path is relative to the base path, and over HTTP concrete:
	// "/callback/github". It is what rate limits and disabled paths see.
	Method, Path string
	// Pattern is the endpoint's declared path, such as "/callback/:id". Hooks
	// match on it.
	Pattern string
	// Params are the values of the path's parameters.
	Params map[string]string

	ctx       context.Context //nolint:containedctx // a Ctx is the call, as http.Request is
	base      origin.Base
	trusted   *origin.Matcher
	received  cookies.Received
	address   string // of the client as sessions and limits see it; "" when unknown
	inProcess bool
	jar       *cookies.Jar
	specs     *cookies.Set
	header    http.Header

	*progress
}

// progress is what a call has come to: shared by all handles of it.
type progress struct {
	status   int
	body     any
	hasBody  bool
	answer   any
	answered bool
	returned any
	failure  error

	session    *session.WithUser
	newSession *session.WithUser
	left       bool // the client loses the session's cookies with this call
	noRefresh  bool
	found      *lookup // nil before the first look-up
	owned      db.Row

	state map[any]any // by *State
}

type ctxKey struct{}

// From finds the call that a context belongs to, so that database hooks can
// reach the request. The Ctx is bound to ctx: what it does with the database is
// part of ctx's transaction. ok is false outside a call.
func From(ctx context.Context) (c *Ctx, ok bool) {
	call, _ := ctx.Value(ctxKey{}).(*Ctx)
	if call == nil {
		return nil, false
	}
	handle := *call
	handle.ctx = ctx
	return &handle, true
}

// Context carries the deadline, the transaction and request-scoped values.
func (c *Ctx) Context() context.Context { return c.ctx }

// Now is the server's clock.
func (c *Ctx) Now() time.Time { return c.Auth.now() }

// Log is the server's logger.
func (c *Ctx) Log() *slog.Logger { return c.Auth.log }

// BaseURL is the public URL of the API for this call, such as
// "https://app.example.com/api/auth".
func (c *Ctx) BaseURL() string { return c.base.URL() }

// TrustsURL judges a redirect target: a trusted origin or a plain relative path.
func (c *Ctx) TrustsURL(target string) bool { return c.trusted.TrustsURL(target) }

// TrustsProvider tells whether the word of a sign-in provider on an address is
// taken: it is listed in account.accountLinking.trustedProviders, for every
// call or for this one.
func (c *Ctx) TrustsProvider(id string) bool {
	o := &c.Auth.opts.Account.AccountLinking
	if slices.Contains(o.TrustedProviders, id) {
		return true
	}
	return o.TrustedProvidersFunc != nil && slices.Contains(o.TrustedProvidersFunc(c.Request), id)
}

// Header returns a request header, or "" in a call without a request.
func (c *Ctx) Header(name string) string {
	if c.Request == nil {
		return ""
	}
	return c.Request.Header.Get(name)
}

// SetHeader sets a response header. It survives an error.
func (c *Ctx) SetHeader(name, value string) { c.header.Set(name, value) }

// ExposeHeader sets a response header that scripts of other origins may read, too.
func (c *Ctx) ExposeHeader(name, value string) {
	const exposed = "Access-Control-Expose-Headers"
	var names []string
	for n := range strings.SplitSeq(c.header.Get(exposed), ",") {
		if n = strings.TrimSpace(n); n != "" && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	if !slices.Contains(names, name) {
		names = append(names, name)
	}
	c.header.Set(exposed, strings.Join(names, ", "))
	c.header.Set(name, value)
}

// InProcess tells whether the call came from the application and not over HTTP.
func (c *Ctx) InProcess() bool { return c.inProcess }

// SetStatus sets the status of a successful answer; 200 unless called.
func (c *Ctx) SetStatus(status int) { c.status = status }

// Body is the request's body as it came: nil, bool, string, float64, []any or
// *wire.Object. Before hooks may look at it, and change it, ahead of validation.
func (c *Ctx) Body() any { return c.body }

// BodyObject is Body when it is an object, else nil.
func (c *Ctx) BodyObject() *wire.Object {
	o, _ := c.body.(*wire.Object)
	return o
}

// SetBody replaces the body that the endpoint's input is bound from.
func (c *Ctx) SetBody(body any) { c.body, c.hasBody = body, true }

// Cookie returns the value of a request cookie.
func (c *Ctx) Cookie(name string) (string, bool) { return c.received.Get(name) }

// SignedCookie returns the value of a request cookie whose signature holds.
func (c *Ctx) SignedCookie(name string) (string, bool) {
	return c.received.Signed(name, c.Auth.keys)
}

// PresentCookie makes the call one that came with another cookie, for before hooks
// that read a session from elsewhere. Like a request cookie it has no say over one
// that came first.
func (c *Ctx) PresentCookie(name, value string) {
	c.received = c.received.With(name, value)
	c.found = nil
}

// Cookies are the cookies that the answer sets, by name.
func (c *Ctx) Cookies() *cookies.Jar { return c.jar }

// CookieSpecs are the core's cookies with their names and attributes for this call.
func (c *Ctx) CookieSpecs() *cookies.Set { return c.specs }

// CookieSpec is a cookie that a plugin has declared, for this call. It fails on
// a name that was not declared.
func (c *Ctx) CookieSpec(name string) (cookies.Spec, error) {
	attrs, ok := c.Auth.pluginCookies[name]
	if !ok {
		return cookies.Spec{}, fmt.Errorf("cookie %q is not declared", name)
	}
	return c.specs.Named(name, attrs)
}

// Session is the session that middleware has required, or nil.
func (c *Ctx) Session() *session.WithUser { return c.session }

// NewSession is the session that this call has created or extended, or nil.
func (c *Ctx) NewSession() *session.WithUser { return c.newSession }

// CurrentSession is the session that this call goes on with: the one that it has
// created or extended, else the one that it has required or found; or nil, also
// when the call takes the session's cookies from the client.
func (c *Ctx) CurrentSession() *session.WithUser {
	switch {
	case c.newSession != nil:
		return c.newSession
	case c.left:
		return nil
	case c.session != nil:
		return c.session
	case c.found != nil && c.found.state != nil:
		return &c.found.state.WithUser
	}
	return nil
}

// SkipSessionRefresh keeps this call from extending the session, and from
// renewing a cache that renews itself.
func (c *Ctx) SkipSessionRefresh() { c.noRefresh = true }

// Answer ends the call with v in a before hook: the handler and the after
// hooks do not run.
func (c *Ctx) Answer(v any) { c.answer, c.answered = v, true }

// Returned is what the handler or an earlier after hook has returned: a value,
// or an *Error.
func (c *Ctx) Returned() any {
	if c.failure != nil {
		return c.failure
	}
	return c.returned
}

// SetReturned replaces the result in an after hook. An error becomes the
// failure of the call: one without an Error in its chain is a bare 500.
func (c *Ctx) SetReturned(v any) {
	err, failed := v.(error)
	if !failed {
		c.returned, c.failure = v, nil
		return
	}
	e, worded := asError(err)
	if !worded {
		e = ErrUnexpected.WithCause(err)
	}
	c.returned, c.failure = nil, e
}

// Go runs fn in the background, after the request if need be and after the
// transaction if there is one; a rollback drops it. The context keeps the
// request's values and loses its deadline.
func (c *Ctx) Go(name string, fn func(ctx context.Context) error) {
	_ = db.AfterCommit(c.ctx, func(ctx context.Context) error {
		// The call is over when fn runs: it must not be found in the context.
		detached := context.WithValue(context.WithoutCancel(ctx), ctxKey{}, (*Ctx)(nil))
		c.Auth.background.run(detached, name, fn)
		return nil
	})
}

// Tx runs fn in a database transaction that c.Context carries meanwhile.
func (c *Ctx) Tx(fn func() error) error {
	outer := c.ctx
	return c.Auth.store.Tx(outer, func(ctx context.Context) error {
		c.ctx = ctx
		// Before the after hooks: they run outside the transaction.
		defer func() { c.ctx = outer }()
		return fn()
	})
}
