package core

import (
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/gatehouse-auth/gatehouse/core/input"
)

// Endpoint is one operation: an HTTP route, its validated input, an OpenAPI
// operation and an in-process call. See core/input for the tags of In.
type Endpoint[In, Out any] struct {
	// Method is the HTTP method; Methods are several.
	Method  string
	Methods []string
	// Path is relative to the base path, such as "/callback/:id". An endpoint
	// without a path, or with ServerOnly, exists in process only.
	Path       string
	ServerOnly bool
	// OperationID names the operation in OpenAPI, as upstream. Summary says in a
	// sentence what it does, and Doc what the types do not tell.
	OperationID string
	Summary     string
	Doc         Doc
	// Hidden keeps the operation out of the OpenAPI document.
	Hidden bool
	// MediaTypes are the accepted media types of a body, in the order that the
	// 415 message lists them; application/json unless set.
	MediaTypes []string
	// IgnoreBody accepts and skips a body of any media type.
	IgnoreBody bool
	// Replace takes over a path that an earlier feature has registered.
	Replace bool
	// Use runs before Handle, after validation.
	Use []Middleware
	// Handle does the work. A nil result is JSON's null.
	Handle func(c *Ctx, in In) (*Out, error)
}

// Doc is what the OpenAPI document says of an endpoint beyond its types. The
// zero value says: a successful answer is JSON with status 200, and every
// refusal is one of those that any endpoint has. Single inputs and members of
// an output are described by the tag `doc:"…"` of their struct fields.
type Doc struct {
	// Tags group the operation. Without them it is in the group of its plugin.
	Tags []string
	// Success says what a successful answer tells; "Success" unless set.
	Success string
	// Status is that of a successful answer; 200 unless set. One of 204, or that
	// redirects, has no body.
	Status int
	// MediaType is that of an answer made by a Responder, such as "text/html".
	MediaType string
	// Nullable says that a successful answer may be JSON's null.
	Nullable bool
	// Answers are further answers by status: what they mean. They also take the
	// place of what is said of that status for every endpoint.
	Answers map[int]string
	// Creates and Updates name a model whose additional fields the body takes
	// too: of a new record, or of a change, where none is required.
	Creates, Updates string
}

// Responder is an output that is not JSON.
type Responder interface {
	// Respond returns the media type and the body.
	Respond() (contentType string, body []byte)
}

// Bound is a registered Endpoint, ready to be called in process.
type Bound[In, Out any] struct{ r *route }

// route is an Endpoint without its type parameters.
type route struct {
	auth        *Auth
	methods     []string
	path        string
	operationID string
	summary     string
	doc         Doc
	plugin      string
	hidden      bool
	serverOnly  bool
	ignoreBody  bool
	mediaTypes  []string
	use         []Middleware
	schema      *input.Schema
	out         reflect.Type

	// replacedBy is the route that took this one's path, or nil.
	replacedBy *route

	// handle binds the input and runs the handler. direct is an input that
	// came as a value, or nil.
	handle func(c *Ctx, direct any) (any, error)
}

// Route registers an endpoint and returns its in-process form.
func Route[In, Out any](s *Setup, e Endpoint[In, Out]) Bound[In, Out] {
	schema, err := input.Compile[In]()
	if err != nil {
		s.fail(fmt.Errorf("endpoint %s: %w", e.Path, err))
		return Bound[In, Out]{}
	}
	s.need(e.Handle != nil, fmt.Sprintf("endpoint %s has no Handle", e.Path))
	r := &route{
		auth:    s.auth,
		methods: e.Methods, path: e.Path, operationID: e.OperationID, summary: e.Summary, doc: e.Doc,
		plugin: s.plugin.ID(), hidden: e.Hidden, serverOnly: e.ServerOnly || e.Path == "",
		ignoreBody: e.IgnoreBody, mediaTypes: e.MediaTypes, use: e.Use, schema: schema,
		out: reflect.TypeFor[Out](),
	}
	if e.Method != "" {
		r.methods = append(slices.Clone(r.methods), e.Method)
	}
	if len(r.mediaTypes) == 0 {
		r.mediaTypes = []string{mediaJSON}
	}
	r.handle = func(c *Ctx, direct any) (any, error) {
		in, inProcess := direct.(In)
		var err error
		if inProcess {
			err = schema.BindBody(c.body, &in)
		} else {
			err = schema.Bind(c.source(), &in)
		}
		if err != nil {
			return nil, asValidation(err)
		}
		for _, m := range e.Use {
			if err := m(c); err != nil {
				return nil, err
			}
		}
		out, err := e.Handle(c, in)
		if err != nil {
			return nil, err
		}
		return out, nil
	}
	s.fail(s.auth.router.add(r, e.Replace))
	return Bound[In, Out]{r}
}

func asValidation(err error) error {
	if invalid, ok := errors.AsType[*input.Invalid](err); ok {
		return ErrValidation.WithMessage(invalid.Message)
	}
	return err
}

// source is what the input is bound from.
func (c *Ctx) source() input.Source {
	return input.Source{Body: c.body, HasBody: c.hasBody, Query: c.Query(), Path: c.Params}
}
