package config

import (
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"go.yaml.in/yaml/v3"
)

// fieldAttributes are upstream's attributes of an additional field.
type fieldAttributes struct {
	Type         *yaml.Node      `opt:"type" kind:"string | number | boolean | date | json | string[] | number[] | list of words"`
	Optional     bool            `opt:"required,not"`
	NotReturned  bool            `opt:"returned,not"`
	NotInput     bool            `opt:"input,not"`
	DefaultValue *yaml.Node      `opt:"defaultValue" kind:"as type"`
	Unique       bool            `opt:"unique"`
	Index        bool            `opt:"index"`
	Sortable     bool            `opt:"sortable"`
	BigInt       bool            `opt:"bigint"`
	FieldName    string          `opt:"fieldName"`
	References   *fieldReference `opt:"references"`

	OnUpdate  func() `opt:"onUpdate,code"`
	Transform func() `opt:"transform,code"`
	Validator func() `opt:"validator,code"`
}

type fieldReference struct {
	Model    string     `opt:"model"`
	Field    string     `opt:"field"`
	OnDelete *yaml.Node `opt:"onDelete" kind:"no action | restrict | cascade | set null | set default"`
}

var (
	fieldTypes = []string{
		string(db.String), string(db.Number), string(db.Boolean), string(db.Date),
		string(db.JSON), string(db.StringArray), string(db.NumberArray),
	}
	onDeleteActions = []string{"no action", "restrict", "cascade", "set null", "set default"}
)

// fields decodes additional fields, in the order of the file.
func (d *decoder) fields(path string, n *yaml.Node) []core.Field {
	if n.Kind != yaml.MappingNode && !isNull(n) {
		d.mismatch(path, n, "a mapping of fields")
		return nil
	}
	var list []core.Field
	for _, m := range d.members(path, n) {
		at := below(path, m.name)
		if m.value.Kind != yaml.MappingNode {
			d.mismatch(at, m.value, "a mapping of the field's attributes")
			continue
		}
		list = append(list, d.field(at, m))
	}
	return list
}

func (d *decoder) field(path string, m member) core.Field {
	var a fieldAttributes
	d.structure(path, m.value, reflect.ValueOf(&a).Elem())
	f := core.Field{
		Name: m.name, Column: a.FieldName,
		Nullable: a.Optional, NotReturned: a.NotReturned, NotInput: a.NotInput,
		Unique: a.Unique, Index: a.Index, Sortable: a.Sortable, BigInt: a.BigInt,
	}
	if d.need(path, m.value, "type") && a.Type != nil {
		d.fieldType(below(path, "type"), a.Type, &f)
	}
	if a.DefaultValue != nil && f.Type != "" {
		d.fieldDefault(below(path, "defaultValue"), a.DefaultValue, &f)
	}
	if a.References != nil {
		f.References = d.reference(below(path, "references"), m.value, a.References)
	}
	return f
}

// fieldType decodes a type, or a list of words of which a value is one.
func (d *decoder) fieldType(path string, n *yaml.Node, f *core.Field) {
	if n.Kind != yaml.SequenceNode {
		if n.Kind != yaml.ScalarNode || !slices.Contains(fieldTypes, n.Value) {
			d.fail(n.Line, path, "expected %s or a list of words", strings.Join(fieldTypes, ", "))
			return
		}
		f.Type = db.Type(n.Value)
		return
	}
	var words []string
	if !d.set(path, n, &words) {
		return
	}
	if len(words) == 0 {
		d.fail(n.Line, path, "a list of words must have at least one")
		return
	}
	f.Type, f.Validate = db.String, oneOf(f.Name, words)
}

// oneOf accepts null, for the core to judge, and the words. Its message has the
// form that upstream's validation gives to an enumeration.
func oneOf(name string, words []string) func(any) (any, error) {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = strconv.Quote(w)
	}
	refusal := errors.New("[body." + name + "] Invalid option: expected one of " + strings.Join(quoted, "|"))
	return func(v any) (any, error) {
		if s, ok := v.(string); v == nil || ok && slices.Contains(words, s) {
			return v, nil
		}
		return nil, refusal
	}
}

// fieldDefault decodes a literal of the field's own type. Every record gets a
// value of its own.
func (d *decoder) fieldDefault(path string, n *yaml.Node, f *core.Field) {
	if isNull(n) {
		if !f.Nullable {
			d.fail(n.Line, path, "a required field cannot be null")
		}
		return
	}
	expected := string(f.Type)
	if f.Validate != nil {
		expected = "one of the field's words"
	}
	v, err := d.literal(n)
	if err == nil {
		if _, text := v.(string); text && f.Type == db.Number && !d.expanded[n] {
			err = errMismatch // the core takes digits in quotes, for forms
		}
	}
	if err == nil && f.Validate != nil {
		v, err = f.Validate(v)
	}
	if err == nil {
		v, err = db.Coerce(f, v)
	}
	if err != nil {
		d.fail(n.Line, path, "expected %s, as the field's type says", expected)
		return
	}
	switch v := v.(type) {
	case []string:
		f.Default = func() any { return slices.Clone(v) }
	case []float64:
		f.Default = func() any { return slices.Clone(v) }
	case []any, *wire.Object:
		raw, err := wire.Marshal(v)
		if err == nil {
			_, err = wire.Decode(raw, wire.Limits{})
		}
		if err != nil {
			d.fail(n.Line, path, "is too large or too deep a JSON value")
			return
		}
		f.Default = func() any {
			v, _ := wire.Decode(raw, wire.Limits{}) // it could be read above
			return v
		}
	default:
		f.Default = func() any { return v }
	}
	if !f.Nullable {
		f.DDLDefault = v // rows from before the column need a value
	}
}

func (d *decoder) reference(path string, n *yaml.Node, r *fieldReference) *db.Reference {
	ref := &db.Reference{Model: r.Model, Field: r.Field}
	if r.Model == "" || r.Field == "" {
		d.fail(n.Line, path, "needs a model and a field")
	}
	if n := r.OnDelete; n != nil {
		if n.Kind != yaml.ScalarNode || !slices.Contains(onDeleteActions, n.Value) {
			d.fail(n.Line, below(path, "onDelete"), "expected %s", either(onDeleteActions))
		}
		ref.OnDelete = n.Value
	}
	return ref
}

var errMismatch = errors.New("another type")

// literal turns a node into the value that the same JSON would be.
func (d *decoder) literal(n *yaml.Node) (any, error) {
	switch n.Kind {
	case yaml.SequenceNode:
		list := make([]any, len(n.Content))
		for i, child := range n.Content {
			var err error
			if list[i], err = d.literal(child); err != nil {
				return nil, err
			}
		}
		return list, nil
	case yaml.MappingNode:
		o := wire.NewObject()
		for _, m := range d.members("", n) {
			v, err := d.literal(m.value)
			if err != nil {
				return nil, err
			}
			o.Set(m.name, v)
		}
		return o, nil
	}
	switch n.ShortTag() {
	case tagNull:
		return nil, nil // null is a value here
	case tagBool:
		b, _ := parseBool(n.Value)
		return b, nil
	case tagInt, tagFloat:
		if !decimal.MatchString(n.Value) {
			return nil, errMismatch
		}
		return strconv.ParseFloat(n.Value, 64)
	}
	return n.Value, nil
}
