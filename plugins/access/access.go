// Package access decides what a role may do. A role has actions on resources, and
// a request asks for some of them:
//
//	control, err := access.New(access.Statements{"project": {"create", "share"}})
//	editor, err := control.NewRole(access.Statements{"project": {"create"}})
//	editor.Allows(access.Statements{"project": {"share"}}) // false
//
// What is not granted is denied. A resource is known by its name alone: one that is
// called "constructor" or "__proto__" is a resource like any other.
package access

import (
	"fmt"
	"maps"
	"slices"
)

// Statements are actions by resource: what there is, what a role may do, or what
// is asked for.
type Statements map[string][]string

// Clone is a copy that shares nothing.
func (s Statements) Clone() Statements {
	out := make(Statements, len(s))
	for resource, actions := range s {
		out[resource] = slices.Clone(actions)
	}
	return out
}

// Merge is s together with what more grants.
func (s Statements) Merge(more Statements) Statements {
	out := s.Clone()
	for resource, actions := range more {
		if _, known := out[resource]; !known {
			out[resource] = []string{}
		}
		for _, action := range actions {
			if !slices.Contains(out[resource], action) {
				out[resource] = append(out[resource], action)
			}
		}
	}
	return out
}

// Has tells whether an action on a resource is among them.
func (s Statements) Has(resource, action string) bool {
	return slices.Contains(s[resource], action)
}

// Control is everything that there is to do in an application.
type Control struct{ statements Statements }

// New makes a Control. A resource or an action without a name is an error.
func New(statements Statements) (*Control, error) {
	for resource, actions := range statements {
		if resource == "" || slices.Contains(actions, "") {
			return nil, fmt.Errorf("the resource %q, or one of its actions, has no name", resource)
		}
	}
	return &Control{statements.Clone()}, nil
}

// Statements are a copy of those that the Control was made with.
func (c *Control) Statements() Statements { return c.statements.Clone() }

// Knows tells whether there is a resource of a name.
func (c *Control) Knows(resource string) bool {
	_, known := c.statements[resource]
	return known
}

// NewRole makes a role. What it may do must be among the Control's statements.
func (c *Control) NewRole(may Statements) (Role, error) {
	for _, resource := range slices.Sorted(maps.Keys(may)) {
		if !c.Knows(resource) {
			return Role{}, fmt.Errorf("there is no resource %q", resource)
		}
		for _, action := range may[resource] {
			if !c.statements.Has(resource, action) {
				return Role{}, fmt.Errorf("the resource %q has no action %q", resource, action)
			}
		}
	}
	return Role{may.Clone()}, nil
}

// Role is what its holders may do. The zero value may do nothing.
type Role struct{ Statements Statements }

// Connector says how many of several conditions must hold.
type Connector int

// The connectors. The zero value is the strict one.
const (
	And Connector = iota // all of them
	Or                   // one of them is enough
)

// Actions are what is asked of one resource.
type Actions struct {
	Names     []string
	Connector Connector // of the names
}

// Request is what is asked for, by resource.
type Request map[string]Actions

// Allows tells whether a role may do everything that is asked for. Asking for
// nothing at all is denied. To ask for no action on a resource is to ask whether the
// role has the resource, as upstream.
func (r Role) Allows(asked Statements) bool {
	request := make(Request, len(asked))
	for resource, names := range asked {
		request[resource] = Actions{Names: names}
	}
	return r.Authorize(request, And) == nil
}

// Authorize is Allows for requests of any form. The error is a *Denied.
func (r Role) Authorize(request Request, connector Connector) error {
	allowed := false
	for _, resource := range slices.Sorted(maps.Keys(request)) {
		switch {
		case r.covers(resource, request[resource]):
			if connector == Or {
				return nil
			}
			allowed = true
		case connector == And:
			return &Denied{Resource: resource}
		}
	}
	if !allowed {
		return &Denied{}
	}
	return nil
}

func (r Role) covers(resource string, asked Actions) bool {
	granted, has := r.Statements[resource]
	if !has {
		return false
	}
	isGranted := func(action string) bool { return slices.Contains(granted, action) }
	if asked.Connector == Or {
		return slices.ContainsFunc(asked.Names, isGranted)
	}
	return !slices.ContainsFunc(asked.Names, func(action string) bool { return !isGranted(action) })
}

// Denied is why a request is not authorized.
type Denied struct{ Resource string } // empty: nothing that was asked for is granted

func (d *Denied) Error() string {
	if d.Resource == "" {
		return "not authorized"
	}
	return fmt.Sprintf("not authorized for the resource %q", d.Resource)
}
