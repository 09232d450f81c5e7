package replay

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"go.yaml.in/yaml/v3"
)

// member is one key of a mapping with its value.
type member struct {
	key   string
	value *yaml.Node
}

// members lists a mapping in its order, aliases followed and merges (<<) laid
// under the mapping's own keys.
func members(n *yaml.Node) []member {
	n = followed(n)
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	var list []member
	put := func(key string, v *yaml.Node) {
		if i := slices.IndexFunc(list, func(m member) bool { return m.key == key }); i >= 0 {
			list[i].value = v
			return
		}
		list = append(list, member{key, v})
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Tag == "!!merge" {
			for _, m := range members(n.Content[i+1]) {
				put(m.key, m.value)
			}
		}
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Tag != "!!merge" {
			put(n.Content[i].Value, followed(n.Content[i+1]))
		}
	}
	return list
}

func followed(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// value is the value of a key, or nil.
func value(n *yaml.Node, key string) *yaml.Node {
	for _, m := range members(n) {
		if m.key == key {
			return m.value
		}
	}
	return nil
}

// only refuses keys that mean nothing.
func only(n *yaml.Node, known ...string) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: expected a mapping", n.Line)
	}
	for _, m := range members(n) {
		if !slices.Contains(known, m.key) {
			return fmt.Errorf("line %d: %q is not known here", n.Line, m.key)
		}
	}
	return nil
}

func mapping(key string, v *yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: []*yaml.Node{{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}, v}}
}

// merge lays one profile over another. Null takes an option away.
func merge(under, over *yaml.Node) *yaml.Node {
	under, over = followed(under), followed(over)
	if over == nil {
		return under
	}
	if over.Kind != yaml.MappingNode {
		return over
	}
	out := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	add := func(key string, v *yaml.Node) { out.Content = append(out.Content, mapping(key, v).Content...) }
	above := members(over)
	if under != nil && under.Kind == yaml.MappingNode {
		for _, m := range members(under) {
			i := slices.IndexFunc(above, func(o member) bool { return o.key == m.key })
			switch {
			case i < 0:
				add(m.key, m.value)
			case above[i].value.Tag != "!!null":
				add(m.key, merge(m.value, above[i].value))
			}
		}
	}
	for _, m := range above {
		if m.value.Tag != "!!null" && value(under, m.key) == nil {
			add(m.key, merge(nil, m.value))
		}
	}
	return out
}

var jsonNumber = regexp.MustCompile(`^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$`)

// jsonOf writes a node as JSON, its keys in their order. text, if not nil,
// changes each string.
func jsonOf(n *yaml.Node, text func(string) (string, error)) ([]byte, error) {
	n = followed(n)
	var b bytes.Buffer
	switch {
	case n.Kind == yaml.MappingNode:
		b.WriteByte('{')
		for i, m := range members(n) {
			if i > 0 {
				b.WriteByte(',')
			}
			v, err := jsonOf(m.value, text)
			if err != nil {
				return nil, err
			}
			b.Write(quote(m.key))
			b.WriteByte(':')
			b.Write(v)
		}
		b.WriteByte('}')
	case n.Kind == yaml.SequenceNode:
		b.WriteByte('[')
		for i, child := range n.Content {
			if i > 0 {
				b.WriteByte(',')
			}
			v, err := jsonOf(child, text)
			if err != nil {
				return nil, err
			}
			b.Write(v)
		}
		b.WriteByte(']')
	case n.Tag == "!!null":
		b.WriteString("null")
	case n.Tag == "!!bool" && (n.Value == "true" || n.Value == "false"):
		b.WriteString(n.Value)
	case n.Tag == "!!int" || n.Tag == "!!float":
		if !jsonNumber.MatchString(n.Value) {
			return nil, fmt.Errorf("line %d: write the number %s as JSON does", n.Line, n.Value)
		}
		b.WriteString(n.Value)
	default:
		s := n.Value
		if text != nil {
			var err error
			if s, err = text(s); err != nil {
				return nil, err
			}
		}
		b.Write(quote(s))
	}
	return b.Bytes(), nil
}

// quote writes a string as JSON.stringify does.
func quote(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always encodes
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// anyOf is a node as encoding/json would decode it.
func anyOf(n *yaml.Node) (any, error) {
	text, err := jsonOf(n, nil)
	if err != nil {
		return nil, err
	}
	var v any
	return v, json.Unmarshal(text, &v)
}
