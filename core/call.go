package core

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
)

// Replaced is the error of a Call whose output a hook replaced by another
// value, such as a second-factor challenge instead of a session.
type Replaced struct{ Value any }

func (e *Replaced) Error() string {
	return fmt.Sprintf("a hook replaced the output by a %T", e.Value)
}

// CallOption adds to an in-process call.
type CallOption func(*call)

type call struct {
	request *http.Request
	writer  http.ResponseWriter
}

// FromRequest lends the call the headers, cookies and host of a request. The
// origin is not checked: the caller vouches for the request.
func FromRequest(r *http.Request) CallOption { return func(c *call) { c.request = r } }

// ResponseTo writes the cookies and headers of the call to w, also when it fails.
func ResponseTo(w http.ResponseWriter) CallOption { return func(c *call) { c.writer = w } }

// Call runs the endpoint in process: the same hooks, validation, results and
// errors as over HTTP, without JSON in between. A nil result stands
// for JSON's null.
func (b Bound[In, Out]) Call(ctx context.Context, in In, opts ...CallOption) (*Out, error) {
	if b.r == nil {
		return nil, errors.New("the endpoint is not registered")
	}
	var o call
	for _, opt := range opts {
		opt(&o)
	}
	out, err := b.r.call(ctx, o, in)
	if err != nil {
		return nil, err
	}
	switch out := out.(type) {
	case nil:
		return nil, nil //nolint:nilnil // JSON's null
	case *Out:
		return out, nil
	}
	return nil, &Replaced{Value: out}
}

// call runs a route in process.
func (r *route) call(ctx context.Context, o call, in any) (any, error) {
	for r.replacedBy != nil {
		r = r.replacedBy
	}
	a := r.auth
	if a.closed.Load() {
		return nil, ErrClosing
	}
	base, err := a.baseOf(o.request)
	if err != nil {
		return nil, err
	}
	c, err := a.newCtx(ctx, o.request, base)
	if err != nil {
		return nil, err
	}
	c.inProcess = true
	c.Path, c.Pattern = r.path, r.path
	if len(r.methods) > 0 {
		c.Method = r.methods[0]
	}
	c.SetBody(r.schema.ToObject(in))
	if o.request != nil {
		c.address = a.clientAddress(o.request)
	}
	out, err := c.invoke(r, in)
	if o.writer != nil {
		h := o.writer.Header()
		maps.Copy(h, c.header)
		if e, worded := asError(err); worded {
			maps.Copy(h, e.header)
		}
		c.writeCookies(h)
	}
	return out, err
}
