package openapi_test

import (
	"net/http"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/openapi"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// The values are those of the document that 1.6.9 answers, except the words.
func TestTheHeadOfTheDocument(t *testing.T) {
	d := describe(t, func(o *core.Options) { o.AppName = "Acme" })
	d.expect(`"3.1.1"`, "openapi")
	d.expect(`"Acme"`, "info", "title")
	d.expect(`"1.1.0"`, "info", "version")
	d.expect(`[{"url": "http://localhost:3000/api/auth"}]`, "servers")
	d.expect(`[{"apiKeyCookie": [], "bearerAuth": []}]`, "security")
	d.expect(`"apiKey"`, "components", "securitySchemes", "apiKeyCookie", "type")
	d.expect(`"cookie"`, "components", "securitySchemes", "apiKeyCookie", "in")
	d.expect(`"apiKeyCookie"`, "components", "securitySchemes", "apiKeyCookie", "name")
	d.expect(`"http"`, "components", "securitySchemes", "bearerAuth", "type")
	d.expect(`"bearer"`, "components", "securitySchemes", "bearerAuth", "scheme")
}

func TestTheServerOfTheDocument(t *testing.T) {
	for _, c := range []struct {
		name, base, path, asked, want string
	}{
		{"is the base URL, whatever host is asked", "https://app.example.com", "", "other.example.com", "https://app.example.com/api/auth"},
		{"has the path of the base URL", "https://app.example.com/auth", "", "app.example.com", "https://app.example.com/auth"},
		{"is the host that is asked without a base URL", "", "", "app.example.com", "http://app.example.com/api/auth"},
		{"has the base path", "", "/auth", "app.example.com", "http://app.example.com/auth"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := authtest.New(t, func(o *core.Options) {
				o.BaseURL, o.BasePath = c.base, c.path
				o.Plugins = append(o.Plugins, openapi.New(openapi.Options{}))
			})
			path := "/api/auth"
			if c.path != "" || c.base == "https://app.example.com/auth" {
				path = "/auth"
			}
			r := s.Client().Request(http.MethodGet, "", nil)
			r.URL.Path, r.Host = path+"/open-api/generate-schema", c.asked
			read(t, s.Client().Send(r)).expect(`[{"url": "`+c.want+`"}]`, "servers")
		})
	}
}

func TestTheDocumentInProcess(t *testing.T) {
	p := openapi.New(openapi.Options{})
	s := authtest.New(t, func(o *core.Options) { o.Plugins = append(o.Plugins, p) })
	called, err := p.GenerateSchema.Call(t.Context(), struct{}{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := wire.Marshal(called)
	if err != nil {
		t.Fatal(err)
	}
	if a := s.Client().Get("/open-api/generate-schema"); a.Body != string(text) {
		t.Errorf("over HTTP it is\n%s\nand in process\n%s", a.Body, text)
	}
	direct := p.Document("https://elsewhere.example")
	if got := direct.Servers[0].URL; got != "https://elsewhere.example" {
		t.Errorf("the server is %q", got)
	}
	if got := p.Document("").Servers[0].URL; got != "/api/auth" {
		t.Errorf("without a base URL the server is %q", got)
	}
	if op := direct.Paths["/sign-in/email"]["post"]; op == nil || op.OperationID != "signInEmail" {
		t.Errorf("the typed document has no signInEmail: %+v", op)
	}
}

func TestWhatIsLeftOut(t *testing.T) {
	type output struct{}
	extra := feature{"extra", func(s *core.Setup) {
		route(s, core.Endpoint[struct{}, output]{Method: "GET", Path: "/seen"})
		route(s, core.Endpoint[struct{}, output]{Method: "GET", Path: "/hidden", Hidden: true})
		route(s, core.Endpoint[struct{}, output]{Method: "POST", Path: "/in-process", ServerOnly: true})
		route(s, core.Endpoint[struct{}, output]{Method: "POST"})
		route(s, core.Endpoint[struct{}, output]{Method: "GET", Path: "/disabled/:id"})
		route(s, core.Endpoint[struct{}, output]{Methods: []string{"OPTIONS", "PUT"}, Path: "/methods", OperationID: "put"})
		route(s, core.Endpoint[struct{}, output]{Method: "HEAD", Path: "/head"})
	}}
	d := describe(t, with(extra), func(o *core.Options) { o.DisabledPaths = []string{"/disabled/:id", "/sign-up/email"} })
	paths, _ := d.at("paths").(map[string]any)
	for path, want := range map[string]bool{
		"/seen": true, "/ok": true, "/error": true, "/sign-in/email": true, "/methods": true,
		"/hidden": false, "/in-process": false, "": false, "/disabled/{id}": false, "/sign-up/email": false,
		"/open-api/generate-schema": false, "/reference": false, "/head": false,
	} {
		if got := paths[path] != nil; got != want {
			t.Errorf("%s is in the document: %t", path, got)
		}
	}
	d.expect(`"put"`, "paths", "/methods", "put", "operationId")
	methods, _ := paths["/methods"].(map[string]any)
	if len(methods) != 1 || methods["put"] == nil {
		t.Errorf("the methods are %v", methods)
	}
}

func TestAReplacedEndpointIsDescribedOnce(t *testing.T) {
	type input struct {
		Name string `json:"name"`
	}
	extra := feature{"extra", func(s *core.Setup) {
		route(s, core.Endpoint[input, struct{}]{Method: "POST", Path: "/sign-out", OperationID: "leave", Replace: true})
	}}
	d := describe(t, with(extra))
	d.expect(`"leave"`, "paths", "/sign-out", "post", "operationId")
	d.expect(`["Extra"]`, "paths", "/sign-out", "post", "tags")
}
