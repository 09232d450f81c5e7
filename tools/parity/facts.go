package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Core is the owner of everything that no plugin of upstream brings.
const Core = "core"

// Facts is the inventory of upstream, as in reference/facts.
type Facts struct {
	endpoints []endpointFact
	errors    errorFacts
	tables    tableFacts
	cookies   cookieFacts
	limits    limitFacts
	options   optionFacts
	hooks     hookFacts
	providers map[string]json.RawMessage
	inputs    map[string]bool // names of all fields of endpoints, when asked for
	shared    map[string]bool // paths that one owner has more than once
}

type endpointFact struct {
	Owner, Name, Path       string
	Methods                 []string
	OperationID             *string
	ServerOnly, DisableBody bool
	AllowedMediaTypes       []string
	BodySchema, QuerySchema *schema
	Errors                  []answerFact
	Source                  string
}

type answerFact struct {
	Code, Message string
	Status        any // a name such as BAD_REQUEST, or a number
}

type errorFacts struct {
	Codes   map[string]map[string]string
	CodeUse map[string]map[string]struct{ Statuses []string }
	Inline  []struct {
		answerFact
		Owner, File string
	}
	Redirects []struct{ Owner, Error, File string }
}

type hookFact struct {
	Before, After, Middlewares []json.RawMessage
	DatabaseHooks              []string
	OnRequest, OnResponse      json.RawMessage
}

type hookFacts struct {
	Core struct {
		DatabaseHooks struct{ Models, Operations, Phases []string }
	}
	Plugins map[string]hookFact
}

type limitFact struct {
	Prefixes, Exact, MatchedKnownPaths []string
	Window, Max                        int
}

type limitFacts struct {
	Defaults struct {
		Window, Max int
		Special     []limitFact
	}
	Plugins map[string][]limitFact
}

// LoadFacts reads the inventory.
func LoadFacts(folder fs.FS) (*Facts, error) {
	f := &Facts{}
	for name, target := range map[string]any{
		"endpoints": &f.endpoints, "error-codes": &f.errors, "tables": &f.tables, "cookies": &f.cookies,
		"rate-limits": &f.limits, "options": &f.options, "hooks": &f.hooks, "social-providers": &f.providers,
	} {
		data, err := fs.ReadFile(folder, name+".json")
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(data, target); err != nil {
			return nil, fmt.Errorf("%s.json: %w", name, err)
		}
	}
	f.share()
	return f, nil
}

// Owners lists the core and every plugin of upstream, the core first.
func (f *Facts) Owners() []string {
	known := map[string]bool{}
	for _, e := range f.endpoints {
		known[e.Owner] = true
	}
	for owner := range f.tables.Plugins {
		known[owner] = true
	}
	for owner := range f.errors.Codes {
		known[owner] = true
	}
	delete(known, Core)
	owners := []string{Core}
	for owner := range known {
		owners = append(owners, owner)
	}
	slices.Sort(owners[1:])
	return owners
}

// Providers counts the social providers of upstream.
func (f *Facts) Providers() int {
	n := 0
	for name := range f.providers {
		if !strings.HasPrefix(name, "$") {
			n++
		}
	}
	return n
}

// Of is the inventory of one owner.
func (f *Facts) Of(owner string) Inventory {
	inv := Inventory{}
	f.endpointsOf(owner, inv)
	f.errorsOf(owner, inv)
	f.tablesOf(owner, inv)
	f.cookiesOf(owner, inv)
	f.limitsOf(owner, inv)
	f.optionsOf(owner, inv)
	f.hooksOf(owner, inv)
	return inv
}

// Files lists the files of upstream that the inventory mentions for an owner.
func (f *Facts) Files(owner string) []string {
	var files []string
	for _, e := range f.endpoints {
		if e.Owner == owner {
			file, _, _ := strings.Cut(e.Source, ":")
			files = append(files, file)
		}
	}
	for _, e := range f.errors.Inline {
		if e.Owner == owner {
			files = append(files, e.File)
		}
	}
	for _, e := range f.errors.Redirects {
		if e.Owner == owner {
			files = append(files, e.File)
		}
	}
	for _, c := range f.cookies.CallSites {
		if c.Owner == owner {
			files = append(files, c.File)
		}
	}
	slices.Sort(files)
	return slices.Compact(files)
}

func (f *Facts) hooksOf(owner string, inv Inventory) {
	if owner == Core {
		d := f.hooks.Core.DatabaseHooks
		for _, model := range d.Models {
			for _, operation := range d.Operations {
				for _, phase := range d.Phases {
					inv.Add(Hook, "database "+model+"."+operation+"."+phase, nil)
				}
			}
		}
	}
	h := f.hooks.Plugins[owner]
	add := func(name string, n int) {
		if n > 0 {
			inv.Add(Hook, name, map[string]string{"count": fmt.Sprint(n)})
		}
	}
	add("request before", len(h.Before))
	add("request after", len(h.After))
	add("middleware", len(h.Middlewares))
	for _, name := range h.DatabaseHooks {
		inv.Add(Hook, "database "+name, nil)
	}
	if isSet(h.OnRequest) {
		inv.Add(Hook, "raw request", nil)
	}
	if isSet(h.OnResponse) {
		inv.Add(Hook, "raw response", nil)
	}
}

func isSet(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }
