package openapi

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/input"
)

const (
	coreID     = "core" // of the plugin that has upstream's own endpoints
	defaultTag = "Default"
)

// operations collects the paths of the document.
type operations struct {
	paths     map[string]PathItem
	templates map[string][]string // names of the parameters, by path with nameless ones
	ids       map[string]bool
	outputs   outputs
	// added are the fields that options and plugins have added to a model.
	added func(model string) []*db.Field
}

// add describes an endpoint: one operation for each of its methods. HEAD and
// OPTIONS are nothing that OpenAPI clients call, and upstream leaves them out.
func (ops *operations) add(e core.Registered) {
	path, names := ops.template(e.Path)
	for _, method := range e.Methods {
		var body *RequestBody
		switch method {
		case http.MethodGet, http.MethodDelete:
		case http.MethodPost, http.MethodPut, http.MethodPatch:
			body = ops.body(e)
		default:
			continue
		}
		if ops.paths[path] == nil {
			ops.paths[path] = PathItem{}
		}
		ops.paths[path][strings.ToLower(method)] = &Operation{
			Tags: tags(e), Description: e.Summary, OperationID: ops.id(e.OperationID, method), Security: []Requirement{{bearer: {}}},
			Parameters: parameters(e.Inputs, e.Path, names), RequestBody: body, Responses: ops.responses(e),
		}
	}
}

// tags are those of the endpoint, or the name of its plugin; those of the core
// are also in the group of the default ones.
func tags(e core.Registered) []string {
	switch {
	case e.Plugin == coreID:
		return append([]string{defaultTag}, e.Doc.Tags...)
	case len(e.Doc.Tags) > 0:
		return slices.Clone(e.Doc.Tags)
	}
	return []string{capital(e.Plugin)}
}

// id makes the name of an operation unique, as OpenAPI wants it: upstream gives
// the same one to all methods of an endpoint.
func (ops *operations) id(name, method string) string {
	if name == "" {
		return ""
	}
	id := name
	if ops.ids[id] {
		id = name + capital(strings.ToLower(method))
	}
	for n := 2; ops.ids[id]; n++ {
		id = name + capital(strings.ToLower(method)) + strconv.Itoa(n)
	}
	ops.ids[id] = true
	return id
}

// template writes a path as OpenAPI does, with "{id}" for ":id", and lists the
// names of its parameters. Paths that differ only in these names are the same
// to OpenAPI (Paths Object), so that the names of the first one hold.
func (ops *operations) template(path string) (string, []string) {
	segments := strings.Split(path, "/")
	var names []string
	for i, s := range segments {
		if name, isParam := strings.CutPrefix(s, ":"); isParam {
			names = append(names, name)
			segments[i] = "{}"
		}
	}
	nameless := strings.Join(segments, "/")
	if known, ok := ops.templates[nameless]; ok {
		names = known
	}
	ops.templates[nameless] = names
	for _, name := range names {
		nameless = strings.Replace(nameless, "{}", "{"+name+"}", 1)
	}
	return nameless, names
}

// parameters are those of the path and of the query. names are the names that
// the document has for the parameters of the path, in their order.
func parameters(inputs []input.Field, path string, names []string) []Parameter {
	list := []Parameter{}
	at := 0
	for s := range strings.SplitSeq(path, "/") {
		name, isParam := strings.CutPrefix(s, ":")
		if !isParam {
			continue
		}
		p := Parameter{Name: names[at], In: "path", Required: true, Schema: &Schema{Type: Types{"string"}}}
		at++
		if i := slices.IndexFunc(inputs, func(f input.Field) bool { return f.Origin == input.FromPath && f.Name == name }); i >= 0 {
			p.describe(inputs[i])
		}
		list = append(list, p)
	}
	for _, f := range inputs {
		if f.Origin != input.FromQuery {
			continue
		}
		p := Parameter{Name: f.Name, In: "query", Required: f.Required}
		p.describe(f)
		list = append(list, p)
	}
	return list
}

func (p *Parameter) describe(f input.Field) {
	p.Description = f.Doc
	f.Doc = ""
	p.Schema = inputSchema(f)
}

// body describes what a request carries. An endpoint of the core that takes
// nothing takes an empty object, as upstream says; one of a plugin has none.
func (ops *operations) body(e core.Registered) *RequestBody {
	var members []input.Field
	for _, f := range e.Inputs {
		if f.Origin == input.FromBody {
			members = append(members, f)
		}
	}
	if len(members) == 0 && e.Plugin != coreID {
		return nil
	}
	s := object(members)
	s.takeAdded(ops.added(e.Doc.Creates), true)
	s.takeAdded(ops.added(e.Doc.Updates), false)
	body := &RequestBody{Required: !e.BodyOptional, Content: map[string]MediaType{}}
	for _, media := range e.MediaTypes {
		body.Content[media] = MediaType{s}
	}
	return body
}
