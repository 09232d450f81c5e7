package core

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/origin"
	"github.com/gatehouse-auth/gatehouse/core/password"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

const mediaJSON = "application/json"

// encode makes the answer of a call that succeeded.
func (a *Auth) encode(c *Ctx, out any) *Response {
	res := c.response(http.StatusOK)
	if c.status != 0 {
		res.Status = c.status
	}
	switch out := out.(type) {
	case *Error:
		return a.encodeError(c, out)
	case *Response:
		if _, err := origin.SafeLocation(cmp.Or(out.Header.Get("Location"), "/")); err != nil {
			return a.encodeError(c, a.report(c.ctx, err))
		}
		// A copy: the value may be shared between calls.
		res.Status, res.Body = out.Status, out.Body
		maps.Copy(res.Header, out.Header)
		c.writeCookies(res.Header)
		return res
	case Responder:
		contentType, body := out.Respond()
		res.Header.Set("Content-Type", contentType)
		res.Body = body
		return res
	}
	body, err := wire.Marshal(out)
	if err != nil {
		return a.encodeError(c, a.report(c.ctx, err))
	}
	res.Header.Set("Content-Type", mediaJSON)
	res.Body = body
	return res
}

// encodeError makes the answer of a call that failed, or that never began when
// c is nil. Cookies and headers that were set before the failure go out with it.
func (a *Auth) encodeError(c *Ctx, e *Error) *Response {
	res := &Response{Status: e.status, Header: http.Header{}}
	if c != nil {
		res = c.response(e.status)
	}
	maps.Copy(res.Header, e.header)
	if location := res.Header.Get("Location"); e.header.Get("Location") != "" {
		if _, err := origin.SafeLocation(location); err != nil {
			a.log.Error("refused to redirect", "error", err)
			return &Response{Status: http.StatusInternalServerError, Header: http.Header{}}
		}
	}
	if e == errNotFound || errors.Is(e, ErrUnexpected) || e.status < http.StatusBadRequest && e.body() == nil {
		return res
	}
	res.Header.Set("Content-Type", mediaJSON)
	if body := e.body(); body != nil {
		text, err := wire.Marshal(body)
		if err != nil {
			a.log.Error("encode an error answer", "error", err)
			return res
		}
		res.Body = text
	}
	return res
}

func (c *Ctx) response(status int) *Response {
	res := &Response{Status: status, Header: c.header}
	c.writeCookies(res.Header)
	return res
}

// writeCookies adds the Set-Cookie headers, and the shared domain to those
// cookies of the application's own that the options name.
func (c *Ctx) writeCookies(h http.Header) {
	if domain := c.specs.Domain(); domain != "" {
		for _, name := range c.Auth.opts.Advanced.CrossSubDomainCookies.AdditionalCookies {
			if cookie, ok := c.jar.Get(name); ok && cookie.Domain == "" {
				cookie.Domain = domain
				// It was valid before, and the domain is that of other cookies.
				_ = c.jar.Set(cookie)
			}
		}
	}
	c.jar.WriteTo(h)
}

// write sends the answer.
func (res *Response) write(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	maps.Copy(h, res.Header)
	h.Set("Content-Length", strconv.Itoa(len(res.Body)))
	w.WriteHeader(res.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(res.Body) //nolint:gosec // bodies are JSON or made by html/template; a client that is gone is no error
	}
}

// report logs what only the operator may see and returns what the client gets.
func (a *Auth) report(ctx context.Context, err error) *Error {
	e, known := asError(err)
	switch {
	case errors.Is(err, password.ErrBusy):
		e = ErrBusy
	case errors.Is(err, context.Canceled):
		e = NewError(statusClientClosed, "", "")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, db.ErrUnavailable):
		e = ErrUnavailable.WithCause(err)
	case errors.Is(err, db.ErrNUL):
		e = ErrValidation.WithMessage("Text must not contain NUL or invalid UTF-8")
	case !known:
		e = ErrUnexpected.WithCause(err)
	}
	if f := a.opts.OnAPIError.OnError; f != nil && e.status != http.StatusFound {
		f(ctx, err)
	}
	switch {
	case e.status < http.StatusInternalServerError:
	case e == ErrBusy:
		if count, tell := a.shed.note(a.now()); tell {
			a.log.WarnContext(ctx, "refusing requests: too many passwords to hash", "refused", count)
		}
	default:
		a.log.ErrorContext(ctx, "request failed", "status", e.status, "code", e.code, "error", chain(err))
	}
	return e
}

// chain words an error together with the causes of the Errors in it, which
// their own text leaves out.
func chain(err error) string {
	texts := []string{err.Error()}
	for e, ok := asError(err); ok && e.cause != nil; e, ok = asError(e.cause) {
		texts = append(texts, e.cause.Error())
	}
	return strings.Join(texts, ": ")
}

// statusClientClosed is recorded when the client has gone; nobody reads it.
const statusClientClosed = 499

// nilless turns a typed nil pointer into nil, JSON's null.
func nilless(v any) any {
	if rv := reflect.ValueOf(v); rv.Kind() == reflect.Pointer && rv.IsNil() {
		return nil
	}
	return v
}
