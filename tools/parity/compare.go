package main

import (
	"maps"
	"slices"
	"strings"
)

// State is what the comparison has found about an item.
type State string

// The states, and the marks that the pages show them with.
const (
	Done        State = "✓" // equal, and a recording, a vector or a test shows it
	Unshown     State = "○" // equal as far as it is registered, and nothing shows it
	Intended    State = "≠" // different, with a reason
	Unexplained State = "✗" // different, without one
	Missing     State = "–"
	Added       State = "+" // Gatehouse's own
)

// Difference is one attribute in which an item differs.
type Difference struct {
	Attr, Upstream, Ours string
	Meant                bool // a reason is written
}

// Row is the result for one item.
type Row struct {
	Item
	Ours        map[string]string // nil: not registered
	State       State
	Differences []Difference
	Shown       []string // topics of scenarios, or what the reasons name
	Notes       []string
}

// Compare puts upstream's items and ours side by side. A row is Unshown,
// Unexplained, Missing or, until a reason is found, Unexplained for what only
// Gatehouse has; judge does the rest.
func Compare(upstream, ours Inventory) []*Row {
	upstream = fold(upstream, ours)
	var rows []*Row
	for id, theirs := range upstream {
		row := &Row{Item: theirs, State: Missing}
		if own, ok := ours[id]; ok {
			row.Ours = own.Attrs
			row.Differences = differences(theirs, own)
		} else if isGiven(theirs, upstream, ours) {
			row.Ours = map[string]string{}
		}
		switch {
		case row.Ours != nil && len(row.Differences) > 0:
			row.State = Unexplained
		case row.Ours != nil:
			row.State = Unshown
		case isPart(theirs, upstream, ours):
			row.State, row.Differences = Unexplained, []Difference{{Attr: absent, Upstream: "there", Ours: "missing"}}
		}
		rows = append(rows, row)
	}
	for id, own := range ours {
		if _, ok := upstream[id]; !ok {
			rows = append(rows, &Row{Item: Item{Kind: own.Kind, Name: own.Name}, Ours: own.Attrs, State: Unexplained})
		}
	}
	order := Kinds()
	slices.SortFunc(rows, func(a, b *Row) int {
		if d := slices.Index(order, a.Kind) - slices.Index(order, b.Kind); d != 0 {
			return d
		}
		return strings.Compare(a.Name, b.Name)
	})
	return rows
}

// Extra tells whether only Gatehouse has the item.
func (r *Row) Extra() bool { return r.Attrs == nil && r.Ours != nil }

// partOfEndpoint says which endpoint a field is of.
const partOfEndpoint = "field of"

// structure are the attributes that say how items belong together, and are not
// compared.
var structure = []string{partOfEndpoint, answerPath, answerCode, successOf, opaque}

// absent is the difference of a part that is missing in something that is here.
const absent = "presence"

// isPart tells whether an item is missing in something that is here: a field of
// an endpoint, an error of it, a column of a table. What is here must not count
// as equal without its parts.
func isPart(item Item, upstream, ours Inventory) bool {
	switch item.Kind {
	case Input:
		return has(ours, Endpoint, item.Attrs[partOfEndpoint])
	case Answer:
		return item.Attrs[answerPath] != "" && has(ours, Endpoint, item.Attrs[answerPath])
	case Field:
		table, _, _ := strings.Cut(item.Name, ".")
		return has(upstream, Table, table) && has(ours, Table, table)
	}
	return false
}

func has(inv Inventory, kind Kind, name string) bool {
	_, ok := inv[Item{Kind: kind, Name: name}.ID()]
	return ok
}

// isGiven tells whether an error of an endpoint may occur here: nothing
// registers which endpoint gives which error.
func isGiven(item Item, upstream, ours Inventory) bool {
	if item.Kind != Answer || item.Attrs[answerPath] == "" {
		return false
	}
	code := item.Attrs[answerCode]
	return has(ours, Endpoint, item.Attrs[answerPath]) && (has(ours, ErrorCode, code) || !has(upstream, ErrorCode, code))
}

// fold takes the options away that upstream lists below an option of ours
// that takes any names, or code: those are counted as one.
func fold(upstream, ours Inventory) Inventory {
	out := maps.Clone(upstream)
	for id, item := range upstream {
		if _, ok := ours[id]; ok || item.Kind != Option {
			continue
		}
		if strings.HasSuffix(item.Name, ".<key>") && hasBelow(ours, item.ID()+".") {
			delete(out, id)
		}
		for parent := item.Name; strings.Contains(parent, "."); {
			parent = parent[:strings.LastIndexByte(parent, '.')]
			above, ok := ours[Item{Kind: Option, Name: parent}.ID()]
			if ok && above.Attrs[opaque] == "true" {
				delete(out, id)
			}
		}
	}
	return out
}

// hasBelow tells whether there is an option whose id starts so.
func hasBelow(inv Inventory, prefix string) bool {
	for id := range inv {
		if strings.HasPrefix(id, prefix) {
			return true
		}
	}
	return false
}

func differences(theirs, ours Item) []Difference {
	names := map[string]bool{}
	for _, attrs := range []map[string]string{theirs.Attrs, ours.Attrs} {
		for name := range attrs {
			names[name] = true
		}
	}
	var out []Difference
	for _, name := range slices.Sorted(maps.Keys(names)) {
		d := Difference{Attr: name, Upstream: theirs.Attrs[name], Ours: ours.Attrs[name]}
		if !d.equal() {
			out = append(out, d)
		}
	}
	return out
}

// equal compares as the attribute wants it.
func (d Difference) equal() bool {
	switch {
	case d.Upstream == Unknown, d.Upstream == d.Ours, slices.Contains(structure, d.Attr):
		return true
	case d.Attr == "status":
		for status := range strings.FieldsSeq(d.Ours) {
			if !slices.Contains(strings.Fields(d.Upstream), status) {
				return false
			}
		}
		return true
	case d.Attr == "message":
		for ours := range strings.SplitSeq(d.Ours, " | ") {
			if !slices.ContainsFunc(strings.Split(d.Upstream, " | "), func(p string) bool { return like(p, ours) }) {
				return false
			}
		}
		return true
	case d.Attr == "order":
		upstream, ours := strings.Fields(d.Upstream), strings.Fields(d.Ours)
		common := func(list, other []string) []string {
			return slices.DeleteFunc(list, func(name string) bool { return !slices.Contains(other, name) })
		}
		return slices.Equal(common(slices.Clone(upstream), ours), common(slices.Clone(ours), upstream))
	}
	return false
}
