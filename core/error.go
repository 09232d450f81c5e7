package core

import (
	"errors"
	"maps"
	"net/http"

	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// Error is the answer to a request that failed: an HTTP status with a code and
// a message on the wire. Values are immutable; With… methods return copies.
// Any other error is logged with its cause and leaves as a bare 500.
type Error struct {
	status  int
	code    string
	message string
	extra   *wire.Object
	header  http.Header
	cause   error
}

// NewError makes an Error. Code and message may be empty: an Error without
// both has no body.
func NewError(status int, code, message string) *Error {
	return &Error{status: status, code: code, message: message}
}

// Redirect is the "error" that sends the client to target with status 302.
// The target must have been judged by the caller; see Ctx.TrustsURL.
func Redirect(target string) *Error {
	return (&Error{status: http.StatusFound}).WithHeader("Location", target)
}

func (e *Error) Error() string {
	if e.code == "" {
		return http.StatusText(e.status)
	}
	return e.code + ": " + e.message
}

// Unwrap returns the cause, which is logged and never sent.
func (e *Error) Unwrap() error { return e.cause }

// Is matches errors of the same code, whatever their status and message; those
// without a code match by status.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.code == e.code && (t.code != "" || t.status == e.status)
}

// Status is the HTTP status.
func (e *Error) Status() int { return e.status }

// Code is the machine-readable code, such as INVALID_EMAIL.
func (e *Error) Code() string { return e.code }

// Message is the text for people.
func (e *Error) Message() string { return e.message }

// WithMessage returns a copy with another message.
func (e *Error) WithMessage(message string) *Error {
	c := *e
	c.message = message
	return &c
}

// WithStatus returns a copy with another status.
func (e *Error) WithStatus(status int) *Error {
	c := *e
	c.status = status
	return &c
}

// WithField returns a copy whose body carries one more member.
func (e *Error) WithField(name string, value any) *Error {
	c := *e
	if c.extra = wire.NewObject(); e.extra != nil {
		c.extra = e.extra.Clone()
	}
	c.extra.Set(name, value)
	return &c
}

// WithHeader returns a copy that sets a response header.
func (e *Error) WithHeader(name, value string) *Error {
	c := *e
	if c.header = maps.Clone(e.header); c.header == nil {
		c.header = http.Header{}
	}
	c.header.Set(name, value)
	return &c
}

// WithCause returns a copy that wraps cause for the log.
func (e *Error) WithCause(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// body is the JSON answer, or nil for none.
func (e *Error) body() *wire.Object {
	if e.code == "" && e.message == "" && e.extra == nil {
		return nil
	}
	o := wire.NewObject()
	if e.message != "" {
		o.Set("message", e.message)
	}
	if e.code != "" {
		o.Set("code", e.code)
	}
	if e.extra != nil {
		for name, v := range e.extra.All() {
			o.Set(name, v)
		}
	}
	return o
}

// asError finds the Error in a chain.
func asError(err error) (*Error, bool) {
	if err == nil {
		return nil, false
	}
	return errors.AsType[*Error](err)
}
