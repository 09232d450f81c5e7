package main

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// Module is the audit of one owner that has something here.
type Module struct {
	Owner    string
	Reasons  *Reasons
	Rows     []*Row
	Files    []string // of upstream
	Evidence *Evidence
	Tests    Tests
	Problems []Problem
}

// Audit is everything that the pages tell.
type Audit struct {
	Facts    *Facts
	Modules  []*Module
	Problems []Problem
}

// NewAudit compares everything. tree is the root of the repository, register
// says what there is: [Register].
func NewAudit(tree fs.FS, register func(*Facts) (Registered, error)) (*Audit, error) {
	reference, err := fs.Sub(tree, "reference")
	if err != nil {
		return nil, err
	}
	folder, err := fs.Sub(reference, "facts")
	if err != nil {
		return nil, err
	}
	a := &Audit{}
	if a.Facts, err = LoadFacts(folder); err != nil {
		return nil, err
	}
	registered, err := register(a.Facts)
	if err != nil {
		return nil, err
	}
	evidence, err := LoadEvidence(reference, a.Facts)
	if err != nil {
		return nil, err
	}
	tests, err := FindTests(tree)
	if err != nil {
		return nil, err
	}
	reasons, err := FindReasons(tree)
	if err != nil {
		return nil, err
	}
	a.compare(registered, reasons, evidence, tests, tree)
	return a, nil
}

func (a *Audit) compare(registered Registered, reasons map[string]*Reasons, e *Evidence, t Tests, tree fs.FS) {
	owners := a.Facts.Owners()
	for _, owner := range slices.Sorted(maps.Keys(registered)) {
		switch {
		case len(registered[owner]) == 0:
		case !slices.Contains(owners, owner):
			a.Problems = append(a.Problems, Problem{owner, "upstream has no plugin of this id", "correct Plugin.ID"})
		case reasons[owner] == nil:
			a.Problems = append(a.Problems, Problem{owner, "is registered and has no parity.yaml", "put one beside its code, as core/parity.yaml"})
		}
	}
	for _, owner := range owners {
		r := reasons[owner]
		if r == nil {
			continue
		}
		if registered[owner] == nil {
			a.Problems = append(a.Problems, Problem{r.File, "nothing is registered for " + owner, "add the plugin in tools/parity/registered.go"})
			continue
		}
		m := &Module{Owner: owner, Reasons: r, Files: a.Facts.Files(owner), Evidence: e, Tests: t}
		m.Rows = Compare(a.Facts.Of(owner), registered[owner])
		m.Problems = Judge(m.Rows, r, e, t, tree)
		a.Problems = append(a.Problems, m.Problems...)
		a.Modules = append(a.Modules, m)
	}
	for owner, r := range reasons {
		if !slices.Contains(owners, owner) {
			a.Problems = append(a.Problems, Problem{r.File, "upstream has no plugin " + owner, "correct the owner"})
		}
	}
	slices.SortFunc(a.Problems, func(p, q Problem) int { return strings.Compare(p.Where+p.What, q.Where+q.What) })
}

// Module finds the audit of an owner, or nil.
func (a *Audit) Module(owner string) *Module {
	for _, m := range a.Modules {
		if m.Owner == owner {
			return m
		}
	}
	return nil
}

// Count is how many rows of a kind there are in each state; of any kind when
// it is "".
func (m *Module) Count(kind Kind, states ...State) int {
	n := 0
	for _, row := range m.Rows {
		if (kind == "" || row.Kind == kind) && slices.Contains(states, row.State) {
			n++
		}
	}
	return n
}

// Of lists the rows of a kind in some states.
func (m *Module) Of(kind Kind, states ...State) []*Row {
	var list []*Row
	for _, row := range m.Rows {
		if row.Kind == kind && slices.Contains(states, row.State) {
			list = append(list, row)
		}
	}
	return list
}
