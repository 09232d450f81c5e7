// Package openapi describes a server as an OpenAPI 3.1 document, made from what
// is registered, and serves it together with a page to read it with.
//
// The document has the endpoints of the core and of all plugins with their
// inputs, their answers and the errors that any endpoint may give, and a schema
// for each table. An endpoint says more about itself with core.Doc and with the
// struct tag `doc`.
//
// Like upstream, it is open to anybody who can reach the server: it tells which
// fields users have, and no data of theirs.
package openapi

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/origin"
)

// Options configures the plugin. The zero value is the default.
type Options struct {
	// Path is where the reference page is, below the base path; default "/reference".
	Path string `opt:"path"`
	// DisableDefaultReference answers the page with 404. The document stays.
	DisableDefaultReference bool `opt:"disableDefaultReference"`
	// Theme is the look of the page: one of Scalar's themes; default "default".
	Theme string `opt:"theme"`
	// Nonce is the one that a Content-Security-Policy of the application's own
	// admits scripts with. Without it each page gets a random one.
	Nonce string `opt:"nonce"`
}

// Plugin carries the endpoints, for calls in process.
type Plugin struct {
	opts Options
	auth *core.Auth
	page *referencePage

	document func() Document // without its servers

	GenerateSchema core.Bound[struct{}, Document]
	Reference      core.Bound[struct{}, ReferenceOutput]
}

// New returns the plugin for one server.
func New(opts Options) *Plugin { return &Plugin{opts: opts} }

// ID is upstream's id of the plugin.
func (p *Plugin) ID() string { return "open-api" }

// Setup declares the document and the page.
func (p *Plugin) Setup(s *core.Setup) error {
	p.auth = s.Auth()
	p.document = sync.OnceValue(func() Document { return describe(p.auth) })
	if p.opts.Path == "" {
		p.opts.Path = "/reference"
	}
	if !strings.HasPrefix(p.opts.Path, "/") {
		return fmt.Errorf("path: %q must start with /", p.opts.Path)
	}
	var err error
	if p.page, err = newReferencePage(p.opts); err != nil {
		return err
	}
	p.GenerateSchema = core.Route(s, core.Endpoint[struct{}, Document]{
		Method: http.MethodGet, Path: documentPath, OperationID: "generateOpenAPISchema", Hidden: true,
		Summary: "The OpenAPI document of this server",
		Handle: func(c *core.Ctx, _ struct{}) (*Document, error) {
			d := p.Document(c.BaseURL())
			return &d, nil
		},
	})
	p.Reference = core.Route(s, core.Endpoint[struct{}, ReferenceOutput]{
		Method: http.MethodGet, Path: p.opts.Path, OperationID: "openAPIReference", Hidden: true,
		Summary: "The page to read the OpenAPI document with",
		Handle:  p.reference,
	})
	return nil
}

// Document describes the server as it is found at baseURL, such as
// "https://app.example.com/api/auth". It may be called once the server has
// started. What the document refers to is shared between calls and must not be
// changed; its own fields may be replaced.
func (p *Plugin) Document(baseURL string) Document {
	d := p.document()
	// Without a base URL, and without a request that tells it, the host is open.
	d.Servers = []Server{{URL: cmp.Or(baseURL, p.auth.Options().BasePath, origin.DefaultBasePath)}}
	return d
}

const (
	documentPath = "/open-api/generate-schema"
	bearer       = "bearerAuth"
)

// describe makes the document without its servers.
func describe(a *core.Auth) Document {
	schemas, components := models(a.Tables(), a.Now())
	ops := operations{
		paths: map[string]PathItem{}, templates: map[string][]string{}, ids: map[string]bool{},
		outputs: outputs{components}, added: a.AddedFields,
	}
	for _, e := range a.Endpoints() {
		if !e.Hidden && !e.ServerOnly && !slices.Contains(a.Options().DisabledPaths, e.Path) {
			ops.add(e)
		}
	}
	const cookie = "apiKeyCookie"
	return Document{
		OpenAPI: "3.1.1",
		Info: Info{
			Title: a.Options().AppName, Version: "1.1.0",
			Description: "The authentication API of this server",
		},
		Components: Components{Schemas: schemas, SecuritySchemes: map[string]SecurityScheme{
			cookie: {Type: "apiKey", In: "cookie", Name: cookie, Description: "An API key in a cookie"},
			bearer: {Type: "http", Scheme: "bearer", Description: "A session token in the Authorization header"},
		}},
		Security: []Requirement{{cookie: {}, bearer: {}}},
		Tags: []Tag{{
			Name:        defaultTag,
			Description: "What every server has, whichever plugins it uses",
		}},
		Paths: ops.paths,
	}
}
