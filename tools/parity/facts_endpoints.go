package main

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// defaultMediaType is what an endpoint takes that says nothing.
const defaultMediaType = "application/json"

func (f *Facts) endpointsOf(owner string, inv Inventory) {
	for _, e := range f.endpoints {
		if e.Owner != owner {
			continue
		}
		path := f.endpointName(e.Path, e.Name, joined(e.Methods))
		media := e.AllowedMediaTypes
		if len(media) == 0 {
			media = []string{defaultMediaType}
		}
		id := Unknown
		if e.OperationID != nil {
			id = *e.OperationID
		}
		inv.Add(Endpoint, path, map[string]string{
			"methods": joined(e.Methods), "media types": joined(media),
			"operation id": id, "server only": boolean(e.ServerOnly),
		})
		if e.BodySchema != nil {
			e.BodySchema.fields(inv, path+" body", "")
		}
		if e.QuerySchema != nil {
			e.QuerySchema.fields(inv, path+" query", "")
		}
		for _, m := range e.Methods {
			inv.Add(Answer, successName(m, path), map[string]string{successOf: path})
		}
		for _, a := range e.Errors {
			inv.Add(Answer, path+" "+a.name(), map[string]string{answerPath: path, answerCode: a.Code})
		}
	}
	for _, r := range f.errors.Redirects {
		if r.Owner == owner {
			inv.Add(Answer, redirectPrefix+r.Error, nil)
		}
	}
}

// An error of an endpoint is there when the endpoint is and its code is. The
// inventory does not say which of several methods gives it.
const (
	answerPath = "of"
	answerCode = "with"
	successOf  = "success of"
)

// successName is "GET /ok success", also where the methods stand in front of
// the path already.
func successName(method, endpoint string) string {
	if i := strings.IndexByte(endpoint, '/'); i > 0 {
		endpoint = endpoint[i:]
	}
	return method + " " + endpoint + " success"
}

// redirectPrefix is how an error is called that is told by a redirect.
const redirectPrefix = "redirect ?error="

// name is "400 INVALID_EMAIL", or "400 Email is the same" for an error without
// a declared code.
func (a answerFact) name() string {
	what := a.Code
	if what == "" {
		what = a.Message
	}
	return strings.TrimSpace(strconv.Itoa(statusOf(fmt.Sprint(a.Status))) + " " + what)
}

// endpointName is the path. One that several endpoints of a plugin share, each
// with methods of its own, has the methods in front; an endpoint without a
// path is called in process only.
func (f *Facts) endpointName(path, name, methods string) string {
	switch {
	case path == "":
		return "(in process) " + name
	case f.shared[path]:
		return methods + " " + path
	}
	return path
}

// declares tells whether upstream's core or a plugin names a field of an endpoint.
func (f *Facts) declares(field string) bool {
	if f.inputs == nil {
		f.inputs = map[string]bool{}
		for _, owner := range f.Owners() {
			for _, item := range f.Of(owner).Of(Input) {
				f.inputs[item.Name] = true
			}
		}
	}
	return f.inputs[field]
}

// share finds the paths that an owner has more than once.
func (f *Facts) share() {
	f.shared = map[string]bool{}
	seen := map[string]bool{}
	for _, e := range f.endpoints {
		f.shared[e.Path] = f.shared[e.Path] || seen[e.Owner+" "+e.Path]
		seen[e.Owner+" "+e.Path] = true
	}
}

func (f *Facts) errorsOf(owner string, inv Inventory) {
	messages, statuses := map[string][]string{}, map[string][]string{}
	add := func(code, message string, status ...string) {
		if code == "" {
			return
		}
		if message = pattern(message); message != "" && !slices.Contains(messages[code], message) {
			messages[code] = append(messages[code], message)
		}
		statuses[code] = append(statuses[code], status...)
	}
	for code, message := range f.errors.Codes[owner] {
		add(code, message, f.errors.CodeUse[owner][code].Statuses...)
	}
	for _, e := range f.errors.Inline {
		if e.Owner == owner {
			add(e.Code, e.Message, fmt.Sprint(e.Status))
		}
	}
	for _, e := range f.endpoints {
		for _, a := range e.Errors {
			if _, declared := statuses[a.Code]; e.Owner == owner && declared {
				add(a.Code, a.Message, fmt.Sprint(a.Status))
			}
		}
	}
	for code := range statuses {
		var numbers []string
		for _, s := range statuses[code] {
			if n := statusOf(s); n != 0 {
				numbers = append(numbers, strconv.Itoa(n))
			}
		}
		attrs := map[string]string{"message": Unknown, "status": Unknown}
		if len(messages[code]) > 0 {
			attrs["message"] = strings.Join(slices.Sorted(slices.Values(messages[code])), " | ")
		}
		if len(numbers) > 0 {
			attrs["status"] = joined(numbers)
		}
		inv.Add(ErrorCode, code, attrs)
	}
}

// pattern turns the holes of a message into *; a message that is computed as a
// whole is not known.
func pattern(message string) string {
	if message == "<expr>" {
		return ""
	}
	return strings.ReplaceAll(message, "${…}", "*")
}

// statusOf is the number of a status that upstream names: "BAD_REQUEST".
func statusOf(name string) int {
	for n := 100; n < 600; n++ {
		text := strings.NewReplacer(" ", "_", "-", "_", "'", "").Replace(strings.ToUpper(http.StatusText(n)))
		if text != "" && text == name {
			return n
		}
	}
	if name == "UNPROCESSABLE_CONTENT" {
		return http.StatusUnprocessableEntity
	}
	n, err := strconv.Atoi(name)
	if err != nil {
		return 0
	}
	return n
}
