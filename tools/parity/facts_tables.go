package main

import (
	"cmp"
	"encoding/json"
	"strings"
)

type fieldFact struct {
	FieldName, Type                   string
	Required, Unique, Index, Sortable bool
	BigInt                            bool `json:"bigint"`
	Returned, Input                   *bool
	References                        *struct{ Model, Field, OnDelete string }
	Default                           *struct {
		Kind, Yields string
		Value        any
	}
	OnUpdate any
}

type tableFact struct {
	ModelName string
	Fields    map[string]fieldFact
}

type tableFacts struct {
	Core struct {
		FieldOrder map[string][]string
		Tables     map[string]tableFact
	}
	Plugins map[string]struct {
		AddedFields map[string]map[string]fieldFact
		AddedTables map[string]tableFact
		FieldOrder  map[string][]string
	}
	RateLimit struct{ Table tableFact }
}

func (f *Facts) tablesOf(owner string, inv Inventory) {
	add := func(model string, t tableFact, order []string) {
		inv.Add(Table, model, map[string]string{"name": t.ModelName, "order": strings.Join(order, " ")})
		for name, field := range t.Fields {
			inv.Add(Field, model+"."+name, field.attrs(name))
		}
	}
	if owner == Core {
		for model, t := range f.tables.Core.Tables {
			add(model, t, f.tables.Core.FieldOrder[model])
		}
		if t := f.tables.RateLimit.Table; t.ModelName != "" {
			add(t.ModelName, t, nil)
		}
	}
	p := f.tables.Plugins[owner]
	for model, t := range p.AddedTables {
		add(model, t, p.FieldOrder[model])
	}
	for model, fields := range p.AddedFields {
		for name, field := range fields {
			inv.Add(Field, model+"."+name, field.attrs(name))
		}
	}
}

// attrs are those of a field of that name. The inventory leaves the name of the
// column out where it is the same.
func (f fieldFact) attrs(name string) map[string]string {
	a := map[string]string{
		"column": cmp.Or(f.FieldName, name), "type": f.Type, "required": boolean(f.Required), "unique": boolean(f.Unique),
		"index": boolean(f.Index), "sortable": boolean(f.Sortable), "bigint": boolean(f.BigInt),
		"returned": boolean(f.Returned == nil || *f.Returned), "input": boolean(f.Input == nil || *f.Input),
	}
	if r := f.References; r != nil {
		a["references"] = r.Model + "." + r.Field + " " + r.OnDelete
	}
	switch d := f.Default; {
	case d == nil:
	case d.Kind == "function":
		a["default"] = d.Yields
	default:
		a["default"] = literal(d.Value)
	}
	if text, ok := f.OnUpdate.(string); ok {
		a["on update"] = text
	}
	return a
}

// literal writes a default value.
func literal(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		return Unknown
	}
	return string(text)
}
