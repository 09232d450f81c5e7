package openapi_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/openapi"
	"github.com/google/go-cmp/cmp"
)

// feature is a plugin that does what a test wants.
type feature struct {
	id    string
	setUp func(*core.Setup)
}

func (f feature) ID() string { return f.id }

func (f feature) Setup(s *core.Setup) error {
	f.setUp(s)
	return nil
}

// route declares an endpoint that does nothing.
func route[In, Out any](s *core.Setup, e core.Endpoint[In, Out]) {
	e.Handle = func(*core.Ctx, In) (*Out, error) { return new(Out), nil }
	core.Route(s, e)
}

// document is what the server answers, decoded.
type document struct {
	t    *testing.T
	root map[string]any
}

func describe(t *testing.T, configure ...func(*core.Options)) document {
	t.Helper()
	configure = append(configure, func(o *core.Options) { o.Plugins = append(o.Plugins, openapi.New(openapi.Options{})) })
	return read(t, authtest.New(t, configure...).Client().Get("/open-api/generate-schema"))
}

func read(t *testing.T, a *authtest.Answer) document {
	t.Helper()
	if a.Status != 200 || a.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("got %d %s: %s", a.Status, a.Header, a.Body)
	}
	d := document{t: t}
	if err := json.Unmarshal([]byte(a.Body), &d.root); err != nil {
		t.Fatal(err)
	}
	return d
}

func with(features ...feature) func(*core.Options) {
	return func(o *core.Options) {
		for _, f := range features {
			o.Plugins = append(o.Plugins, f)
		}
	}
}

// at follows keys, or returns nil.
func (d document) at(keys ...string) any {
	var v any = d.root
	for _, key := range keys {
		o, _ := v.(map[string]any)
		v = o[key]
	}
	return v
}

// expect compares a part of the document with JSON; "" is a part that is absent.
func (d document) expect(want string, keys ...string) {
	d.t.Helper()
	got := d.at(keys...)
	if want == "" {
		if got != nil {
			d.t.Errorf("%s: %v is there", strings.Join(keys, " "), got)
		}
		return
	}
	var wanted any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		d.t.Fatalf("%s: %v", want, err)
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		d.t.Errorf("%s (-want +got):\n%s", strings.Join(keys, " "), diff)
	}
}
