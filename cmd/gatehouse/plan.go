package main

import (
	"fmt"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// describe lists what a plan would do and what stands in its way, a line each.
func describe(p *db.Plan) string {
	var b strings.Builder
	for _, s := range p.Steps {
		b.WriteString("  " + s.String() + "\n")
	}
	for _, c := range p.Conflicts {
		fmt.Fprintf(&b, "  conflict: column %s.%s is %s, want %s\n", c.Table, c.Column, c.Have, c.Want)
	}
	return b.String()
}

func (t *terminal) show(p *db.Plan) {
	if p.Empty() {
		t.printf("The database is up to date.\n")
		return
	}
	t.printf("The database lacks:\n%s", describe(p))
}

// document is a plan as data.
func document(p *db.Plan) *wire.Object {
	steps, conflicts := []any{}, []any{}
	for _, s := range p.Steps {
		steps = append(steps, wire.ObjectOf("kind", s.Kind, "table", s.Table, "name", s.Name, "sql", s.SQL))
	}
	for _, c := range p.Conflicts {
		conflicts = append(conflicts, wire.ObjectOf("table", c.Table, "column", c.Column, "want", c.Want, "have", c.Have))
	}
	o := wire.NewObject()
	o.Set("upToDate", p.Empty())
	o.Set("steps", steps)
	o.Set("conflicts", conflicts)
	return o
}
