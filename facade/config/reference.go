package config

import (
	"reflect"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core"
)

// Entry is one option of the configuration reference.
type Entry struct {
	Path    string // such as "session.cookieCache.maxAge"; <field> stands for a name, [] for every item of a list
	Kind    string // what a value looks like; "code" for what only Go can configure
	Default string // empty: none, or off
	Meaning string
}

// Reference lists every option that a file may have, in the order of the
// structs that carry them. An option that takes two kinds of values is one entry.
func Reference() []Entry {
	r := reference{at: map[string]int{}, walked: map[reflect.Type]bool{}}
	r.walk("", reflect.TypeFor[core.Options]())
	known := meanings()
	for i := range r.entries {
		e := &r.entries[i]
		e.Default, e.Meaning = known[e.Path].preset, known[e.Path].text
	}
	return r.entries
}

type reference struct {
	entries []Entry
	at      map[string]int        // position of a path
	walked  map[reflect.Type]bool // its options are listed
}

func (r *reference) walk(path string, t reflect.Type) {
	r.walked[t] = true
	done := map[string]bool{}
	for _, o := range optionsOf(t) {
		if s, ok := shapeOf(path, o.name); ok {
			if !done[o.name] {
				r.shape(s)
			}
			done[o.name] = true
			continue
		}
		at := strings.TrimPrefix(path+"."+o.name, ".")
		if f, ok := formOf(o.typ); ok {
			r.add(at, f.kind)
			r.members(at, f.under, f.members)
			continue
		}
		switch inner := elem(o.typ); {
		case o.kind != "":
			r.add(at, o.kind)
		case o.code:
			r.add(at, "code")
		case o.send:
			r.add(at, "sender")
		case inner.Kind() == reflect.Struct:
			r.add(at, "mapping")
			r.walk(at, inner)
		default:
			r.add(at, notation(o.typ))
		}
	}
	for _, s := range shapes() {
		if s.parent == path && !done[s.name] {
			r.shape(s)
		}
	}
}

func (r *reference) shape(s shape) {
	at := strings.TrimPrefix(s.parent+"."+s.name, ".")
	r.add(at, s.kind)
	r.members(at, s.under, s.members)
	if at == pluginSection {
		for _, p := range plugins() {
			r.add(below(at, p.name), "mapping")
			r.walk(below(at, p.name), p.options)
		}
	}
}

// add appends a path, or another kind of value to one that is there already.
func (r *reference) add(path, kind string) {
	if i, ok := r.at[path]; ok {
		if e := &r.entries[i]; !strings.Contains(e.Kind, kind) {
			e.Kind += " | " + kind
		}
		return
	}
	r.at[path] = len(r.entries)
	r.entries = append(r.entries, Entry{Path: path, Kind: kind})
}

// members walks the struct below a path that takes many, or another form than its
// type's, unless its options are listed already.
func (r *reference) members(at, under string, t reflect.Type) {
	if t != nil && !r.walked[t] {
		r.walk(at+under, t)
	}
}

func elem(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer && t != nodeType {
		t = t.Elem()
	}
	return t
}

func notation(t reflect.Type) string {
	switch wanted(t) {
	case wantText:
		return "string"
	case wantBool:
		return "boolean"
	case wantNumber:
		return "number"
	case wantDuration:
		return "duration"
	case wantNode:
		return "any"
	case wantList:
		return plural("list", t)
	case wantMapping:
		return plural("mapping", t)
	}
	return ""
}

func plural(container string, t reflect.Type) string {
	if one := notation(t.Elem()); one != "" && elem(t.Elem()).Kind() != reflect.Struct {
		return container + " of " + one + "s"
	}
	return ""
}
