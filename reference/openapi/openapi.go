// Package openapi compares the OpenAPI document of Gatehouse with the one that
// Better Auth 1.6.9 generated (facts/openapi.json), and holds ours against a
// validator and against what the server really answers.
package openapi

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Statements are what a document says, one by one, so that two documents can be
// compared: "POST /sign-out: tags" is "Default". Words for people are left out.
type Statements map[string]string

// node is an object of a decoded document.
type node = map[string]any

// Read takes a document apart.
func Read(text []byte) (Statements, error) {
	var doc node
	if err := json.Unmarshal(text, &doc); err != nil {
		return nil, err
	}
	s := Statements{}
	for _, key := range []string{"openapi", "security", "servers"} {
		s["document: "+key] = plain(doc[key])
	}
	info := at(doc, "info")
	s["document: title"], s["document: version"] = plain(info["title"]), plain(info["version"])
	for name, scheme := range at(doc, "components", "securitySchemes") {
		said := maps.Clone(scheme.(node))
		delete(said, "description")
		s["security scheme "+name] = plain(said)
	}
	tags, _ := doc["tags"].([]any)
	for _, tag := range tags {
		s["tag "+plain(tag.(node)["name"])] = "there"
	}
	for name, schema := range at(doc, "components", "schemas") {
		s.members("schema "+name, schema.(node), "")
	}
	for path, item := range at(doc, "paths") {
		for method, op := range item.(node) {
			s.operation(strings.ToUpper(method)+" "+path, op.(node))
		}
	}
	return s, nil
}

func (s Statements) operation(name string, op node) {
	s[name] = "there"
	s[name+": operation id"] = plain(op["operationId"])
	s[name+": tags"] = plain(op["tags"])
	s[name+": security"] = plain(op["security"])
	parameters, _ := op["parameters"].([]any)
	for _, p := range parameters {
		p := p.(node)
		s[fmt.Sprintf("%s: parameter %s of the %s", name, p["name"], p["in"])] = presence(p["required"] == true) + " " + shape(at(p, "schema"))
	}
	body := at(op, "requestBody")
	for media, content := range at(body, "content") {
		if media == "application/json" {
			s[name+": body"] = presence(body["required"] == true)
			s.members(name+": body", at(content.(node), "schema"), "")
			continue
		}
		s[name+": body of "+media] = "there"
	}
	for status, answer := range at(op, "responses") {
		content := at(answer.(node), "content")
		s[name+": answer "+status] = strings.Join(slices.Sorted(maps.Keys(content)), ", ")
		if status >= "400" {
			s.members(name+": answer "+status, at(content, "application/json", "schema"), "")
		}
	}
}

// members says of each member of an object whether it is required and what it
// is. The items of an array of objects are "list[]".
func (s Statements) members(of string, schema node, prefix string) {
	var required []any
	required, _ = schema["required"].([]any)
	for name, member := range at(schema, "properties") {
		member := member.(node)
		s[of+"."+prefix+name] = presence(slices.Contains(required, any(name))) + " " + shape(member)
		s.members(of, member, prefix+name+".")
		s.members(of, at(member, "items"), prefix+name+"[].")
	}
}

func presence(required bool) string {
	if required {
		return "required"
	}
	return "optional"
}

// shape says what a schema accepts, its types in order and null last, and which
// way it goes.
func shape(schema node) string {
	types := types(schema)
	slices.SortFunc(types, func(a, b string) int {
		return cmp.Or(cmp.Compare(isNull(a), isNull(b)), strings.Compare(a, b))
	})
	said := []string{cmp.Or(strings.Join(slices.Compact(types), "|"), "any")}
	if format, _ := schema["format"].(string); format != "" && format != "email" {
		said = append(said, format)
	}
	for _, word := range []string{"readOnly", "writeOnly"} {
		if schema[word] == true {
			said = append(said, word)
		}
	}
	if v, ok := schema["default"]; ok {
		said = append(said, "default="+plain(v))
	}
	return strings.Join(said, " ")
}

func isNull(t string) int {
	if t == "null" {
		return 1
	}
	return 0
}

func types(schema node) []string {
	var all []string
	switch t := schema["type"].(type) {
	case string:
		all = append(all, t)
	case []any:
		for _, one := range t {
			all = append(all, one.(string))
		}
	}
	if ref, _ := schema["$ref"].(string); ref != "" {
		all = append(all, ref[strings.LastIndexByte(ref, '/')+1:])
	}
	options, _ := schema["anyOf"].([]any)
	for _, option := range options {
		all = append(all, types(option.(node))...)
	}
	return all
}

// at follows keys to an object; a key that is absent leads to an empty one.
func at(v node, keys ...string) node {
	for _, key := range keys {
		v, _ = v[key].(node)
	}
	return v
}

// plain writes a value in one way; nothing is "".
func plain(v any) string {
	if text, ok := v.(string); ok || v == nil {
		return text
	}
	text, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
