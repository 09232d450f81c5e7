package input

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core/wire"
)

type kind uint8

const (
	kindString kind = iota
	kindBoolean
	kindNumber
	kindEnum
	kindArray
	kindObject
	kindRecord
	kindAny
	kindUnion
)

// wrap says how Go spells that a value may be missing.
type wrap uint8

const (
	plain   wrap = iota
	pointer      // *T
	optWrap      // Opt[T]
)

// shape is the compiled form of a type together with its rules.
type shape struct {
	kind         kind
	typ          reflect.Type // without the pointer or the Opt
	wrap         wrap
	coerce       bool
	rules        []rule
	values       []string    // of an enum
	alternatives []string    // of a union
	elem         *shape      // of an array, and of a record unless it takes anything
	fields       []*property // of an object
	rest         []int       // index of an object's field for additional members
	strictRest   bool        // additional members are a second schema, with its own complaint
	onlyRest     bool        // and the only one that complains
}

// property is a field of an object.
type property struct {
	name     string
	goName   string
	index    []int
	doc      string
	required bool
	shape    *shape
}

var (
	wireObjectType = reflect.TypeFor[*wire.Object]()
	anyType        = reflect.TypeFor[any]()
)

// compiler walks a struct type; outer are the structs it is inside of.
type compiler struct {
	outer []reflect.Type
}

func compile(t reflect.Type) (*Schema, error) {
	s := &Schema{typ: t}
	c := compiler{outer: []reflect.Type{t}}
	body, query, params := &shape{kind: kindObject, typ: t}, &shape{kind: kindObject, typ: t}, &shape{kind: kindObject, typ: t}
	parts := map[string]*shape{"json": body, "query": query, "path": params}
	if err := c.collect(t, nil, parts, &s.bodyOptional); err != nil {
		return nil, fmt.Errorf("input: %w", err)
	}
	if len(body.fields) > 0 || body.rest != nil {
		s.body = body
	}
	if len(query.fields) > 0 {
		s.query = query
	}
	if len(params.fields) > 0 {
		s.path = params
	}
	if s.bodyOptional && s.body == nil {
		return nil, fmt.Errorf("input: %s: an optional body without a json field", t)
	}
	return s, nil
}

// collect adds the fields of t to the shapes that parts names by tag.
// bodyOptional is nil inside the body.
func (c compiler) collect(t reflect.Type, at []int, parts map[string]*shape, bodyOptional *bool) error {
	for i := range t.NumField() {
		sf := t.Field(i)
		index := append(slices.Clone(at), i)
		source, tag, err := sourceOf(sf, parts)
		switch {
		case err != nil:
			return fmt.Errorf("%s.%s: %w", t, sf.Name, err)
		case sf.Name == "_" && sf.Tag.Get("body") == "optional" && bodyOptional != nil:
			*bodyOptional = true
			continue
		case sf.Tag.Get("body") != "":
			return fmt.Errorf("%s.%s: the tag body belongs on a blank field of the outermost struct and says optional", t, sf.Name)
		case sf.Anonymous && source == "" && sf.Type.Kind() == reflect.Struct:
			if err := c.collect(sf.Type, index, parts, nil); err != nil {
				return err
			}
			continue
		case sf.Anonymous && source == "" && sf.Type.Kind() == reflect.Pointer && tag != "-":
			return fmt.Errorf("%s.%s: embed the struct itself, not a pointer", t, sf.Name)
		case tag == "-", source == "" && !sf.IsExported():
			continue
		case source == "":
			return fmt.Errorf("%s.%s: no tag says where it comes from; use json:\"-\" if nowhere", t, sf.Name)
		case !sf.IsExported():
			return fmt.Errorf("%s.%s: an unexported field cannot be bound", t, sf.Name)
		}
		if err := c.property(parts[source], source, tag, sf, index); err != nil {
			return fmt.Errorf("%s.%s: %w", t, sf.Name, err)
		}
	}
	return nil
}

func sourceOf(sf reflect.StructField, parts map[string]*shape) (source, tag string, err error) {
	for _, key := range []string{"json", "query", "path"} {
		text, ok := sf.Tag.Lookup(key)
		switch {
		case !ok, text == "-":
			continue
		case parts[key] == nil:
			return "", "", fmt.Errorf("the tag %s has no meaning inside the body", key)
		case source != "":
			return "", "", fmt.Errorf("both %s and %s", source, key)
		}
		source, tag = key, text
	}
	if source == "" && sf.Tag.Get("json") == "-" {
		return "", "-", nil
	}
	return source, tag, nil
}

func (c compiler) property(part *shape, source, tag string, sf reflect.StructField, index []int) error {
	name, options, _ := strings.Cut(tag, ",")
	var optional, required, rest, loose, record bool
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "", "omitzero", "omitempty":
		case "optional":
			optional = true
		case "required":
			required = true
		case "rest":
			rest = true
		case "loose":
			loose = true
		case "record":
			record = true
		default:
			return fmt.Errorf("unknown option %q", option)
		}
	}
	if rest || loose || record {
		part.onlyRest = record
		return part.takeRest(source, name, loose, rest && !optional && !required && !(loose && record), sf, index)
	}
	if name == "" {
		return fmt.Errorf("the tag %s has no name", source)
	}
	for _, other := range part.fields {
		if other.name == name {
			return fmt.Errorf("%s.%s takes %q already", part.typ, other.goName, name)
		}
	}
	s, err := c.shapeOf(sf.Type, sf.Tag.Get("check"), sf.Tag.Get("each"), true)
	switch {
	case err != nil:
		return err
	case optional && (required || s.wrap != plain):
		return fmt.Errorf("optional twice, or optional and required")
	case required && s.wrap == pointer:
		return fmt.Errorf("a pointer cannot be required; use the value or an Opt")
	}
	part.fields = append(part.fields, &property{
		name: name, goName: sf.Name, doc: sf.Tag.Get("doc"), index: index, shape: s,
		required: required || (s.wrap == plain && !optional),
	})
	return nil
}

func (s *shape) takeRest(source, name string, loose, alone bool, sf reflect.StructField, index []int) error {
	switch {
	case source != "json" || name != "" || !alone:
		return fmt.Errorf("additional members are tagged `json:\",rest\"`, `json:\",rest,loose\"` or `json:\",rest,record\"`")
	case sf.Type != wireObjectType:
		return fmt.Errorf("additional members need a *wire.Object, not %s", sf.Type)
	case s.rest != nil:
		return fmt.Errorf("a second field for additional members")
	case sf.Tag.Get("check") != "" || sf.Tag.Get("each") != "":
		return fmt.Errorf("additional members have no rules")
	}
	s.rest, s.strictRest = index, !loose
	return nil
}

// shapeOf compiles a type. Pointers are for fields only: an item of an array
// cannot be absent.
func (c compiler) shapeOf(t reflect.Type, check, each string, isField bool) (*shape, error) {
	s := &shape{typ: t}
	switch {
	case isOpt(t):
		s.wrap, s.typ = optWrap, t.Field(2).Type
	case t.Kind() == reflect.Pointer && t != wireObjectType:
		if !isField {
			return nil, fmt.Errorf("%s: items cannot be pointers; use Opt for items that may be null", t)
		}
		s.wrap, s.typ = pointer, t.Elem()
	}
	if s.wrap != plain && (isOpt(s.typ) || (s.typ.Kind() == reflect.Pointer && s.typ != wireObjectType)) {
		return nil, fmt.Errorf("%s: optional twice", t)
	}
	if err := c.fill(s, each); err != nil {
		return nil, err
	}
	if err := s.takeRules(check); err != nil {
		return nil, err
	}
	return s, nil
}

func (c compiler) fill(s *shape, each string) error {
	var err error
	t := s.typ
	hasItems := t.Kind() == reflect.Slice || t.Kind() == reflect.Map
	if each != "" && !hasItems {
		return fmt.Errorf("the tag each is for slices and records")
	}
	switch {
	case t == wireObjectType:
		s.kind = kindRecord
	case t == anyType:
		s.kind = kindAny
	case t.Kind() == reflect.String:
		s.kind = kindString
	case t.Kind() == reflect.Bool:
		s.kind = kindBoolean
	case t.Kind() == reflect.Float64, t.Kind() == reflect.Int, t.Kind() == reflect.Int64:
		s.kind = kindNumber
	case t.Kind() == reflect.Slice:
		s.kind = kindArray
		s.elem, err = c.shapeOf(t.Elem(), each, "", false)
	case t.Kind() == reflect.Map && t.Key().Kind() == reflect.String:
		s.kind = kindRecord
		s.elem, err = c.shapeOf(t.Elem(), each, "", false)
	case t.Kind() == reflect.Struct:
		s.kind = kindObject
		err = c.nested(s)
	default:
		return fmt.Errorf("%s: a request cannot hold this type", t)
	}
	return err
}

func (c compiler) nested(s *shape) error {
	if slices.Contains(c.outer, s.typ) {
		return fmt.Errorf("%s contains itself", s.typ)
	}
	c.outer = append(slices.Clip(c.outer), s.typ)
	return c.collect(s.typ, nil, map[string]*shape{"json": s}, nil)
}
