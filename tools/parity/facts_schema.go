package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// schema is the part of JSON Schema that upstream's validators come out as.
type schema struct {
	Type                               types
	Properties                         map[string]*schema
	Required                           names
	AllOf, AnyOf                       []*schema
	Items                              *schema
	AdditionalProperties               json.RawMessage
	Format                             string
	Enum                               []any
	Const                              any
	MinLength, MaxLength               *int
	MinItems, MaxItems                 *int
	Minimum, Maximum                   *float64
	ExclusiveMinimum, ExclusiveMaximum *float64
}

// types is one type or a list of them.
type types []string

// UnmarshalJSON reads both forms.
func (t *types) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte{'"'}) {
		*t = types{""}
		return json.Unmarshal(data, &(*t)[0])
	}
	return json.Unmarshal(data, (*[]string)(t))
}

// names is the list of members that an object must have. Some of upstream's
// schemas say true for a member itself, which has no meaning.
type names []string

// UnmarshalJSON reads a list and nothing else.
func (n *names) UnmarshalJSON(data []byte) error {
	if !bytes.HasPrefix(data, []byte{'['}) {
		return nil
	}
	return json.Unmarshal(data, (*[]string)(n))
}

// maxSafe is what zod writes as the bound of every whole number.
const maxSafe = 1<<53 - 1

// fields adds the members of an object, those of members below them.
func (s *schema) fields(inv Inventory, part, prefix string) {
	for _, each := range s.AllOf {
		each.fields(inv, part, prefix)
	}
	for name, member := range s.Properties {
		at := prefix + name
		attrs := member.attrs(slices.Contains(s.Required, name))
		attrs[partOfEndpoint] = part[:strings.LastIndexByte(part, ' ')]
		inv.Add(Input, part+"."+at, attrs)
		switch {
		case member.Items != nil:
			member.Items.fields(inv, part, at+"[].")
		default:
			member.fields(inv, part, at+".")
		}
	}
	if s.isRecord() && prefix == "" {
		inv.Add(Input, part+".*", map[string]string{"type": "record", partOfEndpoint: part[:strings.LastIndexByte(part, ' ')]})
	}
}

func (s *schema) isRecord() bool {
	return len(s.Properties) == 0 && s.AdditionalProperties != nil && string(s.AdditionalProperties) != "false"
}

func (s *schema) attrs(required bool) map[string]string {
	kind, nullable := s.kind()
	return map[string]string{
		"required": boolean(required), "type": kind, "nullable": boolean(nullable), "rules": joined(s.rules(kind)),
	}
}

// kind names the type as core/input does; several are joined by a bar.
func (s *schema) kind() (kind string, nullable bool) {
	var kinds []string
	for _, each := range s.AnyOf {
		if slices.Equal(each.Type, types{"null"}) {
			nullable = true
			continue
		}
		k, null := each.kind()
		nullable = nullable || null
		kinds = append(kinds, strings.Split(k, "|")...)
	}
	for _, t := range s.Type {
		switch {
		case t == "null":
			nullable = true
		case t == "object" && s.isRecord():
			kinds = append(kinds, "record")
		default:
			kinds = append(kinds, t)
		}
	}
	slices.Sort(kinds)
	if len(kinds) == 0 {
		kinds = []string{"any"}
	}
	return strings.Join(slices.Compact(kinds), "|"), nullable
}

func (s *schema) rules(kind string) []string {
	var rules []string
	whole := func(name string, bound *int) {
		if bound != nil {
			rules = append(rules, fmt.Sprintf("%s=%d", name, *bound))
		}
	}
	bounded := func(name string, bound *float64) {
		if bound != nil && (kind != "integer" || *bound != maxSafe && *bound != -maxSafe) {
			rules = append(rules, fmt.Sprintf("%s=%v", name, *bound))
		}
	}
	whole("min", s.MinLength)
	whole("max", s.MaxLength)
	whole("min", s.MinItems)
	whole("max", s.MaxItems)
	bounded("min", s.Minimum)
	bounded("max", s.Maximum)
	bounded("gt", s.ExclusiveMinimum)
	bounded("lt", s.ExclusiveMaximum)
	if s.Format == "email" {
		rules = append(rules, "email")
	}
	// Words beside a bare string allow any string.
	if len(s.AnyOf) == 0 {
		for _, word := range s.Enum {
			rules = append(rules, fmt.Sprintf("is=%v", word))
		}
		if s.Const != nil {
			rules = append(rules, fmt.Sprintf("is=%v", s.Const))
		}
	}
	return rules
}
