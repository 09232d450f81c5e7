package replay

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/input"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	gatehouse "github.com/gatehouse-auth/gatehouse/facade"
	"go.yaml.in/yaml/v3"
)

// inProcess calls an endpoint without HTTP.
type inProcess func(ctx context.Context, in input.Source, opts ...core.CallOption) (any, error)

// endpoints are those that a scenario can call, by upstream's name: of the core and
// of the plugins that the server has.
func endpoints(a *gatehouse.Auth) map[string]inProcess {
	all := map[string]inProcess{}
	for _, of := range []func(*gatehouse.Auth) map[string]inProcess{coreEndpoints, jwtEndpoints, organizationEndpoints, twoFactorEndpoints} {
		maps.Copy(all, of(a))
	}
	return all
}

func coreEndpoints(a *gatehouse.Auth) map[string]inProcess {
	r := a.Core
	return map[string]inProcess{
		"getSession":     bound(r.GetSession),
		"listSessions":   bound(r.ListSessions),
		"setPassword":    bound(r.SetPassword),
		"signInEmail":    bound(r.SignInEmail),
		"signOut":        bound(r.SignOut),
		"signUpEmail":    bound(r.SignUpEmail),
		"verifyPassword": bound(r.VerifyPassword),
	}
}

// bound reads the input as a request would be read, and calls.
func bound[In, Out any](b core.Bound[In, Out]) inProcess {
	return func(ctx context.Context, src input.Source, opts ...core.CallOption) (any, error) {
		schema, err := input.Compile[In]()
		if err != nil {
			return nil, err
		}
		var in In
		if err := schema.Bind(src, &in); err != nil {
			return nil, unspeakableError{err}
		}
		return b.Call(ctx, in, opts...)
	}
}

// unspeakableError is input that Go's types cannot hold.
type unspeakableError struct{ error }

// call calls an endpoint in process and keeps its cookies. The answer has the
// form that it would have over HTTP, but for the headers that only HTTP has.
func (p *player) call(ctx context.Context, s *Step) (*httptest.ResponseRecorder, error) {
	f := endpoints(p.Auth)[s.Call]
	if f == nil {
		return nil, fmt.Errorf("CALL %s: the replay does not know the endpoint; add it to reference/replay/call.go", s.Call)
	}
	src, err := p.source(s.Body)
	if err != nil {
		return nil, err
	}
	j := p.jar(s.As)
	as := *s
	as.Request, as.Body = "POST /", nil
	r, err := p.build(&as, j)
	if err != nil {
		return nil, err
	}
	rec := httptest.NewRecorder()
	out, err := f(ctx, src, core.FromRequest(r), core.ResponseTo(rec))
	if err := answer(rec, out, err); err != nil {
		return nil, fmt.Errorf("CALL %s: %w", s.Call, err)
	}
	j.keep(rec.Header()["Set-Cookie"])
	return rec, nil
}

// source is the input of a call: body, query and params.
func (p *player) source(n *yaml.Node) (src input.Source, err error) {
	for _, m := range members(n) {
		switch m.key {
		case "body":
			text, err := jsonOf(m.value, p.interpolate)
			if err != nil {
				return src, err
			}
			src.HasBody = true
			if src.Body, err = wire.Decode(text, wire.Limits{}); err != nil {
				return src, err
			}
		case "query", "params":
			values := url.Values{}
			path := map[string]string{}
			for _, v := range members(m.value) {
				text, err := p.interpolate(v.value.Value)
				if err != nil {
					return src, err
				}
				values.Set(v.key, text)
				path[v.key] = text
			}
			if m.key == "query" {
				src.Query = values
			} else {
				src.Path = path
			}
		default:
			return src, fmt.Errorf("a call takes body, query and params; found %s", m.key)
		}
	}
	return src, nil
}

// refusal is the body of an error. One may have no code.
func refusal(e *core.Error) map[string]string {
	body := map[string]string{"message": e.Message()}
	if e.Code() != "" {
		body["code"] = e.Code()
	}
	return body
}

// answer writes the result of a call as the answer that it would be.
func answer(rec *httptest.ResponseRecorder, out any, err error) error {
	status, body := http.StatusOK, out
	var refused *core.Error
	var replaced *core.Replaced
	var unspeakable unspeakableError
	switch {
	case errors.As(err, &unspeakable):
		return err
	case errors.As(err, &replaced):
		body = replaced.Value
	case errors.As(err, &refused):
		status, body = refused.Status(), refusal(refused)
	case err != nil:
		rec.WriteHeader(http.StatusInternalServerError) // as every error that is not meant for a client
		return nil
	}
	text, err := wire.Marshal(body)
	if err != nil {
		return err
	}
	rec.Header().Set("Content-Type", "application/json")
	rec.WriteHeader(status)
	_, err = rec.Write(text)
	return err
}
