package config

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// decoder fills a Config from the nodes of one file.
type decoder struct {
	src      Source
	config   *Config
	problems []*Problem
	refused  map[*yaml.Node]bool // complained about already: not decoded
	expanded map[*yaml.Node]bool // text that held variables
	unset    map[string]bool     // of Source.Unused, those with a variable that is not set
	depth    int                 // of the node that is being prepared
}

func (d *decoder) fail(line int, path, format string, args ...any) {
	if d.unset[topLevel(path)] {
		return
	}
	d.problems = append(d.problems, &Problem{Line: line, Path: path, Text: fmt.Sprintf(format, args...)})
}

// refuse reports a node and keeps it from being decoded.
func (d *decoder) refuse(n *yaml.Node, path, text string) {
	d.fail(n.Line, path, "%s", text)
	d.refused[n] = true
}

func (d *decoder) root(n *yaml.Node) {
	if d.refused[n] {
		return
	}
	if n.Kind != yaml.MappingNode {
		d.fail(n.Line, "", "expected a mapping of options, found %s", kindOf(n))
		return
	}
	d.structure("", n, reflect.ValueOf(&d.config.Options).Elem())
}

// option is what a struct tag says about an option.
type option struct {
	name  string
	index int
	typ   reflect.Type
	not   bool   // the field means the opposite
	code  bool   // data cannot express it
	send  bool   // a function that sends what the field is about
	kind  string // for the reference, where the type does not say it
}

// optionsOf lists the options that a struct's fields carry. One name may stand
// at several fields of different types.
func optionsOf(t reflect.Type) []option {
	var list []option
	for i := range t.NumField() {
		f := t.Field(i)
		tag, ok := f.Tag.Lookup("opt")
		if !ok || !f.IsExported() {
			continue
		}
		parts := strings.Split(tag, ",")
		o := option{name: parts[0], index: i, typ: f.Type, kind: f.Tag.Get("kind")}
		for _, flag := range parts[1:] {
			switch flag {
			case "not":
				o.not = true
			case "code":
				o.code = true
			case "sender":
				o.send = true
			}
		}
		list = append(list, o)
	}
	return list
}

// member is one key of a mapping with its value.
type member struct {
	name       string
	key, value *yaml.Node
}

// members returns the usable keys of a mapping in their order. An absent value
// is a mapping without keys.
func (d *decoder) members(path string, n *yaml.Node) []member {
	if n.Kind != yaml.MappingNode {
		if !isNull(n) {
			d.fail(n.Line, path, "expected a mapping, found %s", kindOf(n))
		}
		return nil
	}
	list := make([]member, 0, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if !d.refused[key] && !d.refused[value] {
			list = append(list, member{key.Value, key, value})
		}
	}
	return list
}

// structure decodes a mapping into a struct of options.
func (d *decoder) structure(path string, n *yaml.Node, v reflect.Value) {
	options := optionsOf(v.Type())
	for _, m := range d.members(path, n) {
		at := below(path, m.name)
		if s, ok := shapeOf(path, m.name); ok {
			s.decode(d, at, m.value)
			continue
		}
		var named []option
		for _, o := range options {
			if o.name == m.name {
				named = append(named, o)
			}
		}
		if len(named) == 0 {
			d.unknown(path, m, options)
			continue
		}
		d.choose(at, m.value, v, named)
	}
}

// choose decodes into the one of the fields of an option whose type takes the node.
func (d *decoder) choose(path string, n *yaml.Node, v reflect.Value, fields []option) {
	var expected []string
	for _, o := range fields {
		if o.code {
			continue
		}
		if o.send {
			d.sender(path, n, v.Field(o.index))
			return
		}
		if f, ok := formOf(o.typ); ok {
			f.decode(d, path, n, v.Field(o.index))
			return
		}
		if d.takes(o.typ, n, len(fields)) {
			target := v.Field(o.index)
			d.value(path, n, target)
			if o.not {
				target.SetBool(!target.Bool())
			}
			return
		}
		expected = append(expected, wanted(o.typ))
	}
	if len(expected) == 0 {
		d.fail(n.Line, path, "takes code: configure it from Go")
		return
	}
	d.mismatch(path, n, strings.Join(expected, " or "))
}

func (d *decoder) mismatch(path string, n *yaml.Node, expected string) {
	switch {
	case isNull(n):
		d.fail(n.Line, path, "has no value: expected %s; leave the key out for the default", expected)
	case expected == wantText && n.Kind == yaml.ScalarNode:
		d.fail(n.Line, path, "expected %s, found %s; put it into quotes", expected, kindOf(n))
	default:
		d.fail(n.Line, path, "expected %s, found %s", expected, kindOf(n))
	}
}

// takes tells whether a node is of the kind that a type is decoded from. A
// section without content is empty; other options need a value.
func (d *decoder) takes(t reflect.Type, n *yaml.Node, alternatives int) bool {
	switch wanted(t) {
	case wantNode:
		return true
	case wantMapping:
		return n.Kind == yaml.MappingNode || isNull(n) && alternatives == 1
	case wantList:
		return n.Kind == yaml.SequenceNode
	case wantText:
		return isText(n)
	case wantBool:
		return n.Kind == yaml.ScalarNode && n.ShortTag() == tagBool || d.expanded[n]
	case wantNumber:
		return isNumber(n) || d.expanded[n]
	case wantDuration:
		return isNumber(n) || isText(n)
	}
	return false
}

// value decodes a node of the right kind.
func (d *decoder) value(path string, n *yaml.Node, v reflect.Value) {
	if v.Type() == nodeType {
		v.Set(reflect.ValueOf(n))
		return
	}
	optional := v.Kind() == reflect.Pointer
	if optional {
		if isNull(n) {
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch wanted(v.Type()) {
	case wantMapping:
		if v.Kind() == reflect.Struct {
			d.structure(path, n, v)
		} else {
			d.mapping(path, n, v)
		}
	case wantList:
		d.list(path, n, v)
	default:
		if err := d.scalar(n, v, optional); err != nil {
			d.fail(n.Line, path, "%s", err)
		}
	}
}

func (d *decoder) mapping(path string, n *yaml.Node, v reflect.Value) {
	members := d.members(path, n)
	v.Set(reflect.MakeMapWithSize(v.Type(), len(members)))
	for _, m := range members {
		e := reflect.New(v.Type().Elem()).Elem()
		d.element(below(path, m.name), m.value, e)
		v.SetMapIndex(reflect.ValueOf(m.name), e)
	}
}

func (d *decoder) list(path string, n *yaml.Node, v reflect.Value) {
	v.Set(reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content)))
	for i, child := range n.Content {
		if !d.refused[child] {
			d.element(item(path, i), child, v.Index(i))
		}
	}
}

// element decodes a node into the place of its type, or says that it is of
// another kind.
func (d *decoder) element(path string, n *yaml.Node, v reflect.Value) {
	if !d.takes(v.Type(), n, 2) {
		d.mismatch(path, n, wanted(v.Type()))
		return
	}
	d.value(path, n, v)
}

var (
	durationType = reflect.TypeFor[time.Duration]()
	nodeType     = reflect.TypeFor[*yaml.Node]()
)

// What an option is decoded from, in the words of an error.
const (
	wantNode     = "a value"
	wantMapping  = "a mapping"
	wantList     = "a list"
	wantText     = "a string"
	wantBool     = "true or false"
	wantNumber   = "a whole number"
	wantDuration = `a number of seconds or a duration such as "15m"`
)

// wanted says what a type is decoded from; it is empty for a type that data
// cannot express.
func wanted(t reflect.Type) string {
	switch {
	case t == nodeType:
		return wantNode
	case t == durationType:
		return wantDuration
	case t.Kind() == reflect.Pointer:
		return wanted(t.Elem())
	case t.Kind() == reflect.Map && t.Key().Kind() != reflect.String:
		return ""
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		return wantMapping
	case reflect.Slice:
		return wantList
	case reflect.String:
		return wantText
	case reflect.Bool:
		return wantBool
	case reflect.Int, reflect.Int64:
		return wantNumber
	}
	return ""
}

// kindOf names what a node is, never what it says.
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case tagNull:
		return "no value"
	case tagBool:
		return "true or false"
	case tagInt, tagFloat:
		return "a number"
	}
	return "a string"
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == tagNull }

func isNumber(n *yaml.Node) bool {
	tag := n.ShortTag()
	return n.Kind == yaml.ScalarNode && (tag == tagInt || tag == tagFloat)
}
