package main

import (
	"maps"
	"slices"
	"strings"
)

// Kind is what an item is. A module's page has a section for each.
type Kind string

// The kinds, in the order of the pages.
const (
	Endpoint  Kind = "endpoint"
	Input     Kind = "input"  // a field of a body or a query
	Answer    Kind = "answer" // success of a method, or an error that upstream lists for it
	ErrorCode Kind = "error"
	Table     Kind = "table"
	Field     Kind = "field" // of a table
	Cookie    Kind = "cookie"
	RateLimit Kind = "rate limit"
	Option    Kind = "option"
	Hook      Kind = "hook"
)

// Kinds lists all of them.
func Kinds() []Kind {
	return []Kind{Endpoint, Input, Answer, ErrorCode, Table, Field, Cookie, RateLimit, Option, Hook}
}

// Item is one thing that a server has: the common form of upstream's inventory
// and of what is registered in Go, so that one comparison does for all kinds.
type Item struct {
	Kind Kind
	// Name is unique within its kind: "/sign-up/email", "user.email".
	Name string
	// Attrs are compared one by one; one that is not there is "". Unknown says
	// that upstream's inventory does not tell.
	Attrs map[string]string
}

// Unknown is an attribute that the inventory knows nothing about.
const Unknown = "?"

// ID names the item in core/parity.yaml: "field user.email".
func (i Item) ID() string { return string(i.Kind) + " " + i.Name }

// Inventory is a set of items of one owner.
type Inventory map[string]Item

// Add puts an item in; one that is there already gets the further attributes.
func (inv Inventory) Add(kind Kind, name string, attrs map[string]string) {
	item := Item{Kind: kind, Name: name, Attrs: map[string]string{}}
	if old, ok := inv[item.ID()]; ok {
		item = old
	}
	maps.Copy(item.Attrs, attrs)
	inv[item.ID()] = item
}

// Of lists the items of a kind by name.
func (inv Inventory) Of(kind Kind) []Item {
	var list []Item
	for _, item := range inv {
		if item.Kind == kind {
			list = append(list, item)
		}
	}
	slices.SortFunc(list, func(a, b Item) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// boolean writes a boolean attribute.
func boolean(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// joined writes a set as an attribute.
func joined(set []string) string {
	return strings.Join(slices.Compact(slices.Sorted(slices.Values(set))), " ")
}
