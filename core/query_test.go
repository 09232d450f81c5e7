package core_test

import (
	"net/http"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
)

// The values are what new URL(…).searchParams gives in Node 20.
func TestTheQueryIsReadAsABrowserReadsIt(t *testing.T) {
	var got string
	s := authtest.New(t, with(plugin{"a", func(s *core.Setup) {
		core.Route(s, core.Endpoint[struct{}, echoOutput]{Method: http.MethodGet, Path: "/q", Handle: func(c *core.Ctx, _ struct{}) (*echoOutput, error) {
			got = c.Query().Get("x")
			return &echoOutput{}, nil
		}})
	}}))
	for query, want := range map[string]string{
		"x=1": "1", "x=a+b": "a b", "x=a%20b": "a b", "x=a;y=2": "a;y=2", "x=%zz": "%zz", "x=50%": "50%", "x=%C3%A9": "é",
		"x=%ff": "\uFFFD", "y=1&x": "", "&&x=2&": "2", "x=a=b": "a=b", "x=%3D%26": "=&",
	} {
		if a := s.Client().Get("/q?" + query); a.Status != http.StatusOK || got != want {
			t.Errorf("%s: %d, %q, want %q", query, a.Status, got, want)
		}
	}
}
