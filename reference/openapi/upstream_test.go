package openapi_test

import (
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/authtest"
	document "github.com/gatehouse-auth/gatehouse/core/openapi"
	"github.com/gatehouse-auth/gatehouse/reference/openapi"
)

func facts(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile("../facts/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func statements(t *testing.T, text []byte) openapi.Statements {
	t.Helper()
	s, err := openapi.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// server starts one with the document. The inventory's instance has this base URL too.
func server(t *testing.T, configure ...func(*core.Options)) *authtest.Server {
	t.Helper()
	return authtest.New(t, append(configure, func(o *core.Options) {
		o.Plugins = append(o.Plugins, document.New(document.Options{}))
	})...)
}

func describe(t *testing.T, s *authtest.Server) []byte {
	t.Helper()
	a := s.Client().Get("/open-api/generate-schema")
	if a.Status != 200 {
		t.Fatalf("got %d %s", a.Status, a.Body)
	}
	return []byte(a.Body)
}

// coreFields names the fields that are not a plugin's: "User.email".
func coreFields(t *testing.T) map[string]bool {
	t.Helper()
	var tables struct {
		Core struct{ FieldOrder map[string][]string }
	}
	if err := json.Unmarshal(facts(t, "tables.json"), &tables); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for model, fields := range tables.Core.FieldOrder {
		for _, field := range append(fields, "id") {
			known[strings.ToUpper(model[:1])+model[1:]+"."+field] = true
		}
	}
	if len(known) < 30 {
		t.Fatalf("the inventory has %d fields", len(known))
	}
	return known
}

// TestTheDocumentOfTheCoreIsUpstreams compares what Gatehouse has: an endpoint
// or a table that is not there yet is missing in docs/parity, not here.
func TestTheDocumentOfTheCoreIsUpstreams(t *testing.T) {
	s := server(t)
	registered, paths := map[string]bool{}, map[string]bool{}
	for _, e := range s.Endpoints() {
		for _, method := range e.Methods {
			registered[method+" "+template(e.Path)] = !e.ServerOnly && e.Plugin == "core"
			paths[e.Path] = true
		}
	}
	known := coreFields(t)
	ours, theirs := statements(t, describe(t, s)), statements(t, facts(t, "openapi.json"))
	concerns := func(name string) bool {
		if field, ok := strings.CutPrefix(name, "schema "); ok {
			_, plugins := theirs[name]
			return known[field] || !plugins
		}
		if strings.HasPrefix(name, "document: ") || strings.HasPrefix(name, "security scheme ") || strings.HasPrefix(name, "tag ") {
			return true
		}
		operation, _, _ := strings.Cut(name, ": ")
		return registered[operation]
	}
	names := slices.Sorted(maps.Keys(theirs))
	for name := range ours {
		if _, both := theirs[name]; !both {
			names = append(names, name)
		}
	}
	shown, compared := map[int]bool{}, 0
	for _, name := range names {
		if !concerns(name) {
			continue
		}
		compared++
		theirs, theyHave := theirs[name]
		ours, weHave := ours[name]
		if theirs == ours && theyHave == weHave {
			continue
		}
		explained := false
		for i, d := range openapi.Differences {
			if d.Explains(name, theirs, ours) {
				explained, shown[i] = true, true
			}
		}
		if !explained {
			t.Errorf("%s: upstream says %q, Gatehouse %q", name, theirs, ours)
		}
	}
	if compared < 200 {
		t.Errorf("only %d statements were compared", compared)
	}
	for i, d := range openapi.Differences {
		if !shown[i] && (d.Needs == "" || paths[d.Needs]) {
			t.Errorf("nothing shows the difference in %s any more: take it out", d.Of)
		}
	}
}

func template(path string) string {
	segments := strings.Split(path, "/")
	for i, s := range segments {
		if name, isParameter := strings.CutPrefix(s, ":"); isParameter {
			segments[i] = "{" + name + "}"
		}
	}
	return strings.Join(segments, "/")
}
