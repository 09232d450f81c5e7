package core

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"github.com/gatehouse-auth/gatehouse/core/origin"
)

// maxQuery bounds the query string of a request, in bytes.
const maxQuery = 64 << 10

// ServeHTTP answers one request. This file is the way of a request, top to
// bottom: base path, disabled paths, rate limit, OnRequest, match, body,
// origin, middleware, before hooks, input, handler, after hooks, answer,
// OnResponse.
//
// With OnAPIError.Throw it panics with the error that an endpoint ended with, as
// upstream throws: mount it behind middleware that recovers, or use Handle.
func (a *Auth) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := a.Handle(w, r); err != nil {
		panic(err)
	}
}

// Handle is ServeHTTP for whoever mounts the server and answers errors himself.
// With OnAPIError.Throw it returns the *Error that an endpoint ended with, and
// has written nothing; redirects and refusals that come before an endpoint are
// answered as always. Without it the result is nil.
func (a *Auth) Handle(w http.ResponseWriter, r *http.Request) error {
	if a.closed.Load() {
		a.encodeError(nil, ErrClosing).write(w, r)
		return nil
	}
	res := a.serveSafely(r)
	if res.thrown != nil {
		return res.thrown
	}
	res.write(w, r)
	return nil
}

// serveSafely turns a panic into a bare 500 that concerns this request only.
func (a *Auth) serveSafely(r *http.Request) (res *Response) {
	defer func() {
		if p := recover(); p != nil {
			a.log.ErrorContext(r.Context(), "panic while serving a request", "route", a.routeOf(r), "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			res = &Response{Status: http.StatusInternalServerError, Header: http.Header{}}
		}
	}()
	return a.serve(r)
}

func (a *Auth) serve(r *http.Request) *Response {
	base, path, e := a.locate(r)
	if e != nil {
		return a.encodeError(nil, e)
	}
	if a.disabled(r.Method, path) {
		return disabledAnswer()
	}
	if res := a.limit(r, path); res != nil {
		return res
	}
	for _, filter := range a.onRequest {
		next, res, err := filter(r)
		if err != nil {
			return a.encodeError(nil, a.report(r.Context(), err))
		}
		if res != nil {
			return res
		}
		if next == nil || next == r {
			continue
		}
		// Another request may go to another path, which may be disabled too.
		r = next
		if base, path, e = a.locate(r); e != nil {
			return a.encodeError(nil, e)
		}
		if a.disabled(r.Method, path) {
			return disabledAnswer()
		}
	}
	res := a.dispatch(r, base, path)
	if res.thrown != nil {
		return res
	}
	for _, filter := range a.onResponse {
		if err := filter(r, res); err != nil {
			return a.encodeError(nil, a.report(r.Context(), err))
		}
	}
	return res
}

// routeOf names the route of a request for the log: a path may hold a token.
func (a *Auth) routeOf(r *http.Request) string {
	if _, path, e := a.locate(r); e == nil {
		if route, _ := a.router.find(r.Method, path); route != nil {
			return r.Method + " " + route.path
		}
	}
	return "none"
}

// locate finds the base URL and the path below it.
func (a *Auth) locate(r *http.Request) (origin.Base, string, *Error) {
	base, err := a.resolver.Resolve(r)
	if err != nil {
		return base, "", a.report(r.Context(), ErrUnknownHost.WithCause(err))
	}
	path, ok := a.relativePath(base, r)
	if !ok {
		return base, "", errNotFound
	}
	return base, path, nil
}

// disabled tells whether the options name a path, or the route that it leads to.
func (a *Auth) disabled(method, path string) bool {
	if len(a.opts.DisabledPaths) == 0 {
		return false
	}
	route, _ := a.router.find(method, path)
	return slices.Contains(a.opts.DisabledPaths, path) || route != nil && slices.Contains(a.opts.DisabledPaths, route.path)
}

func disabledAnswer() *Response {
	return &Response{Status: http.StatusNotFound, Header: http.Header{"Content-Type": {"text/plain;charset=UTF-8"}}, Body: []byte("Not Found")}
}

// dispatch routes a request that may be answered and runs its endpoint.
func (a *Auth) dispatch(r *http.Request, base origin.Base, path string) *Response {
	route, params := a.router.find(r.Method, path)
	if route == nil {
		return a.encodeError(nil, errNotFound)
	}
	c, err := a.newCtx(r.Context(), r, base)
	if err != nil {
		return a.encodeError(nil, a.report(r.Context(), err))
	}
	c.Method, c.Path, c.Pattern, c.Params, c.address = r.Method, path, route.path, params, a.clientAddress(r)
	var out any
	if err = c.admit(route); err == nil {
		out, err = c.invoke(route, nil)
	}
	if err == nil {
		return a.encode(c, out)
	}
	e := a.report(c.ctx, err)
	res := a.encodeError(c, e)
	if a.opts.OnAPIError.Throw && e.status != http.StatusFound {
		res.thrown = e
	}
	return res
}

// admit does what only requests over HTTP go through before the hooks: body,
// origin and the plugins' middleware.
func (c *Ctx) admit(route *route) error {
	if len(c.Request.URL.RawQuery) > maxQuery {
		return ErrURITooLong
	}
	if err := c.readBody(route); err != nil {
		return err
	}
	if err := c.checkOrigin(); err != nil {
		return err
	}
	for _, m := range c.Auth.middleware {
		if m.match(c.Path) {
			if err := m.run(c); err != nil {
				return err
			}
		}
	}
	return nil
}

// invoke runs the hooks and the handler of a route, over HTTP and in process.
// direct is the input of an in-process call.
//
// A failure that nobody has worded skips the hooks that follow, one of which may be
// there to take back what the call was about to hand out, such as the session of
// somebody who has yet to show a second factor: no cookie leaves with it but those
// that take one from the client.
func (c *Ctx) invoke(route *route, direct any) (any, error) {
	out, err := c.run(route, direct)
	if _, worded := asError(err); err != nil && !worded {
		c.newSession = nil
		for cookie := range c.jar.All() {
			if cookie.MaxAge >= 0 {
				c.jar.Remove(cookie.Name)
			}
		}
	}
	return out, err
}

func (c *Ctx) run(route *route, direct any) (any, error) {
	for _, h := range c.Auth.before {
		if h.Match != nil && !h.Match(c) {
			continue
		}
		if err := h.Run(c); err != nil {
			return nil, err
		}
		if c.answered {
			return c.answer, nil
		}
	}
	out, err := route.handle(c, direct)
	switch e, known := asError(err); {
	case err == nil:
		c.returned = nilless(out)
	case known:
		c.failure = e
	default:
		return nil, err // only results and worded errors pass through the after hooks
	}
	for _, h := range c.Auth.after {
		if h.Match != nil && !h.Match(c) {
			continue
		}
		if err := h.Run(c); err != nil {
			e, known := asError(err)
			if !known {
				return nil, err
			}
			c.SetReturned(e)
		}
	}
	if c.failure != nil {
		return nil, c.failure
	}
	return c.returned, nil
}

// newCtx makes the call that a request or an in-process caller starts.
func (a *Auth) newCtx(ctx context.Context, r *http.Request, base origin.Base) (*Ctx, error) {
	specs, err := a.cookiesFor(base)
	if err != nil {
		return nil, err
	}
	call := &struct { // one piece of memory
		ctx      Ctx
		jar      cookies.Jar
		progress progress
	}{ctx: Ctx{
		Auth: a, Request: r, base: base, trusted: a.trustedFor(r, base), specs: specs,
		header: make(http.Header, 8),
	}}
	c := &call.ctx
	c.jar, c.progress = &call.jar, &call.progress
	if r != nil {
		c.received = cookies.FromRequest(r)
	}
	c.ctx = context.WithValue(ctx, ctxKey{}, c)
	return c, nil
}

// relativePath strips the base path at a segment boundary. The result is the
// one string that routing, disabled paths and rate limits see; a path that is
// not in its plain form (empty segments, dot segments, needless escapes) is
// refused rather than normalised, so that no two spellings mean one route.
func (a *Auth) relativePath(base origin.Base, r *http.Request) (string, bool) {
	path := r.URL.EscapedPath()
	if base.Path != "" && base.Path != "/" {
		rest, ok := strings.CutPrefix(path, base.Path)
		if !ok || !strings.HasPrefix(rest, "/") {
			return "", false
		}
		path = rest
	}
	if a.opts.Advanced.SkipTrailingSlashes && len(path) > 1 {
		path = strings.TrimSuffix(path, "/")
	}
	if !strings.HasPrefix(path, "/") {
		return "", false
	}
	return canonicalPath(path)
}
