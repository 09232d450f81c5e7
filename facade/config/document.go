package config

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxDepth bounds nesting. The deepest option is at 6; literals of JSON may go on.
const maxDepth = 64

const tooLarge = "the file is larger than 1 MiB"

// The tags of YAML's core schema, in the short form that a node gives.
const (
	tagString    = "!!str"
	tagInt       = "!!int"
	tagFloat     = "!!float"
	tagBool      = "!!bool"
	tagNull      = "!!null"
	tagTimestamp = "!!timestamp" // a plain 2026-01-31: text to us
)

var syntaxLine = regexp.MustCompile(`^line (\d+): `)

// document reads the one document of a file and prepares its nodes. It returns
// nil when there is nothing to decode.
func (d *decoder) document(data []byte) *yaml.Node {
	if len(data) > maxSize {
		d.fail(0, "", "%s", tooLarge)
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(fromJSON(data)))
	var doc, more yaml.Node
	if err := dec.Decode(&doc); err != nil {
		if !errors.Is(err, io.EOF) {
			d.syntax(err)
		}
		return nil
	}
	if err := dec.Decode(&more); err == nil {
		d.fail(more.Line, "", "a file holds one document; this is a second one")
		return nil
	} else if !errors.Is(err, io.EOF) {
		d.syntax(err)
		return nil
	}
	if len(doc.Content) != 1 {
		return nil
	}
	root := doc.Content[0]
	if root.Kind == yaml.ScalarNode && root.ShortTag() == tagNull && root.Tag != "" && !tagged(root) {
		return nil // nothing but comments
	}
	d.prepare("", root)
	return root
}

// syntax reports what the reader of YAML could not read. Its messages are fixed
// texts, but for one that repeats the name of an alias, which a password with
// an asterisk in front would be taken for.
func (d *decoder) syntax(err error) {
	text, line := strings.TrimPrefix(err.Error(), "yaml: "), 0
	if m := syntaxLine.FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1])
		text = text[len(m[0]):]
	}
	if strings.HasPrefix(text, "unknown anchor") {
		text = noAlias
	}
	d.fail(line, "", "not valid YAML or JSON: %s", text)
}

const noAlias = "anchors and aliases are not supported; a text that starts with & or * needs quotes"

// prepare walks every node once, whether an option uses it or not: it refuses
// what only a reader of YAML would expect, and expands variables. Nodes that
// it complains about are left out of decoding.
func (d *decoder) prepare(path string, n *yaml.Node) {
	if d.depth++; d.depth > maxDepth {
		d.refuse(n, path, "is nested too deeply")
	}
	defer func() { d.depth-- }()
	if d.refused[n] {
		return
	}
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		d.refuse(n, path, noAlias)
		return
	}
	if tagged(n) {
		d.refuse(n, path, "tags are not supported; a text that starts with ! needs quotes")
		return
	}
	switch n.Kind {
	case yaml.MappingNode:
		d.prepareMapping(path, n)
	case yaml.SequenceNode:
		for i, child := range n.Content {
			d.prepare(item(path, i), child)
		}
	case yaml.ScalarNode:
		if isText(n) {
			d.expand(path, n)
		}
	}
}

func (d *decoder) prepareMapping(path string, n *yaml.Node) {
	lines := make(map[string]int, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, child := n.Content[i], n.Content[i+1]
		switch {
		case key.Kind == yaml.ScalarNode && key.ShortTag() == "!!merge":
			d.refuse(key, path, noAlias)
			continue
		case key.Kind != yaml.ScalarNode || tagged(key) || key.Anchor != "" || !isText(key):
			d.refuse(key, path, "a key must be text; one that YAML reads as something else needs quotes")
			continue
		}
		name := below(path, key.Value)
		if first, dup := lines[key.Value]; dup {
			d.refuse(key, name, "the key stands here a second time; it is first in line "+strconv.Itoa(first))
			continue
		}
		lines[key.Value] = key.Line
		d.prepare(name, child)
	}
}

func tagged(n *yaml.Node) bool { return n.Style&yaml.TaggedStyle != 0 }

func isText(n *yaml.Node) bool {
	tag := n.ShortTag()
	return n.Kind == yaml.ScalarNode && (tag == tagString || tag == tagTimestamp)
}
