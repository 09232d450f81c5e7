package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/input"
)

func endpointOf(inv Inventory, e core.Registered, facts *Facts) {
	name := facts.endpointName(e.Path, e.OperationID, joined(e.Methods))
	media := e.MediaTypes
	if len(media) == 0 {
		media = []string{defaultMediaType}
	}
	inv.Add(Endpoint, name, map[string]string{
		"methods": joined(e.Methods), "media types": joined(media),
		"operation id": e.OperationID, "server only": boolean(e.ServerOnly),
	})
	for _, f := range e.Inputs {
		if part := partOf(f); part != "" {
			inputOf(inv, name+" "+part, "", f)
		}
	}
	for _, m := range e.Methods {
		inv.Add(Answer, successName(m, name), map[string]string{successOf: name})
	}
}

// partOf is where the inventory lists a field; it has none for the path.
func partOf(f input.Field) string {
	switch f.Origin {
	case input.FromBody:
		return "body"
	case input.FromQuery:
		return "query"
	}
	return ""
}

func inputOf(inv Inventory, part, prefix string, f input.Field) {
	if f.Additional {
		if prefix == "" {
			inv.Add(Input, part+".*", map[string]string{"type": "record"})
		}
		return
	}
	at := prefix + f.Name
	kind := f.Type
	if len(f.Alternatives) > 0 {
		var kinds []string
		for _, k := range f.Alternatives {
			if strings.HasSuffix(k, "[]") {
				k = "array"
			}
			kinds = append(kinds, k)
		}
		slices.Sort(kinds)
		kind = strings.Join(slices.Compact(kinds), "|")
	}
	var rules []string
	for _, r := range f.Rules {
		switch r.Name {
		case "email":
			rules = append(rules, "email")
		case "int":
		case "length":
			rules = append(rules, fmt.Sprintf("min=%v", r.Bound), fmt.Sprintf("max=%v", r.Bound))
		default:
			rules = append(rules, fmt.Sprintf("%s=%v", r.Name, r.Bound))
		}
	}
	for _, word := range f.Values {
		rules = append(rules, "is="+word)
	}
	inv.Add(Input, part+"."+at, map[string]string{
		"required": boolean(f.Required), "type": kind, "nullable": boolean(f.Nullable), "rules": joined(rules),
	})
	for _, member := range f.Fields {
		inputOf(inv, part, at+".", member)
	}
	if f.Items != nil {
		for _, member := range f.Items.Fields {
			inputOf(inv, part, at+"[].", member)
		}
	}
}

// tableOf takes over a table. Its order is that of its own fields: those that
// plugins have added, so many, stand behind them.
func tableOf(inv Inventory, t *db.Table, added int) {
	var order []string
	for i, f := range t.Fields {
		if i < len(t.Fields)-added {
			order = append(order, f.Name)
		}
		a := map[string]string{
			"column": f.Column, "type": string(f.Type), "required": boolean(!f.Nullable), "unique": boolean(f.Unique),
			"index": boolean(f.Index), "sortable": boolean(f.Sortable), "bigint": boolean(f.BigInt),
			"returned": boolean(!f.NotReturned), "input": boolean(!f.NotInput),
			"default": made(f.Default), "on update": made(f.OnUpdate),
		}
		if r := f.References; r != nil {
			onDelete := r.OnDelete
			if onDelete == "" {
				onDelete = "cascade"
			}
			a["references"] = r.Model + "." + r.Field + " " + onDelete
		}
		inv.Add(Field, t.Model+"."+f.Name, a)
	}
	inv.Add(Table, t.Model, map[string]string{"name": t.Name, "order": strings.Join(order, " ")})
}

// made writes what a field's function gives, in the words of the inventory.
func made(value func() any) string {
	if value == nil {
		return ""
	}
	v := value()
	if at, ok := v.(time.Time); ok && at.Equal(moment) {
		return "now (date)"
	}
	if n, ok := v.(int64); ok && n == moment.UnixMilli() {
		return "now (epoch ms)"
	}
	return literal(v)
}
