package value

import (
	"errors"
	"fmt"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// maxGroups bounds how deeply groups of alternatives may nest.
const maxGroups = 16

// Condition is a checked db.Cond. Its values are canonical and not nil.
type Condition struct {
	Field string
	Op    db.Op
	// Value is the operand of a comparison with one value. It is nil for Eq
	// and Ne where Null is set, and where Never or Always is set.
	Value any
	// List is the operand of In and NotIn, without its nils.
	List []any
	// Null says that the operand is, or the list holds, NULL.
	Null bool
	// Never and Always decide without looking: an id that cannot exist, an
	// order against NULL, an empty list.
	Never, Always bool
	// Fold asks to compare text without ASCII case. Operands are folded already.
	Fold bool
	// Any, when not empty, is a disjunction of conjunctions; the rest is unset.
	Any [][]Condition
}

// Conditions checks a Where against its table. An unknown field or operator,
// a value of another type, or an operator that the type does not have is an error.
func Conditions(t *db.Table, w db.Where) ([]Condition, error) { return conditions(t, w, 0) }

func conditions(t *db.Table, w db.Where, depth int) ([]Condition, error) {
	if depth > maxGroups {
		return nil, errors.New("conditions are nested too deeply")
	}
	out := make([]Condition, 0, len(w))
	for _, c := range w {
		if len(c.Any) == 0 {
			cond, err := condition(t, c)
			if err != nil {
				return nil, err
			}
			out = append(out, cond)
			continue
		}
		group := make([][]Condition, len(c.Any))
		for i, alternative := range c.Any {
			var err error
			if group[i], err = conditions(t, alternative, depth+1); err != nil {
				return nil, err
			}
		}
		out = append(out, Condition{Any: group})
	}
	return out, nil
}

func condition(t *db.Table, c db.Cond) (Condition, error) {
	typ, numeric, err := shape(t, c.Field)
	if err != nil {
		return Condition{}, err
	}
	out := Condition{Field: c.Field, Op: c.Op, Fold: c.Fold && typ == db.String && !numeric}
	if out.Op == "" {
		out.Op = db.Eq
	}
	switch out.Op {
	case db.In, db.NotIn:
		err = out.list(t, c)
	case db.Eq, db.Ne, db.Lt, db.Lte, db.Gt, db.Gte:
		err = out.single(t, c, numeric)
	case db.Contains, db.StartsWith, db.EndsWith:
		err = out.text(t, c, typ, numeric)
	default:
		err = fmt.Errorf("unknown operator %q", c.Op)
	}
	if err != nil {
		return Condition{}, fmt.Errorf("condition on %s.%s: %w", t.Model, c.Field, err)
	}
	if (out.Value != nil || len(out.List) > 0) && !hasOrder(typ) {
		return Condition{}, fmt.Errorf("condition on %s.%s: a %s compares with NULL only", t.Model, c.Field, typ)
	}
	return out, nil
}

func hasOrder(typ db.Type) bool {
	return typ != db.JSON && typ != db.StringArray && typ != db.NumberArray
}

// Sortable tells whether rows can be ordered by the field.
func Sortable(t *db.Table, name string) error {
	typ, _, err := shape(t, name)
	if err == nil && !hasOrder(typ) {
		err = fmt.Errorf("%s.%s: a %s has no order", t.Model, name, typ)
	}
	return err
}

func (out *Condition) single(t *db.Table, c db.Cond, numeric bool) error {
	if c.Value == nil {
		out.Null = true
		out.Never = out.Op != db.Eq && out.Op != db.Ne
		return nil
	}
	v, possible, err := operand(t, c.Field, c.Value, out.Fold, numeric)
	if err != nil {
		return err
	}
	if !possible {
		out.Never, out.Always = out.Op != db.Ne, out.Op == db.Ne
		return nil
	}
	out.Value = v
	return nil
}

func (out *Condition) list(t *db.Table, c db.Cond) error {
	list, ok := c.Value.([]any)
	if !ok {
		return fmt.Errorf("%s takes a []any, got %T", out.Op, c.Value)
	}
	for _, v := range list {
		if v == nil {
			out.Null = true
			continue
		}
		v, possible, err := operand(t, c.Field, v, out.Fold, IsSerial(t, c.Field))
		if err != nil {
			return err
		}
		if possible {
			out.List = append(out.List, v)
		}
	}
	if len(out.List) == 0 && !out.Null {
		out.Never, out.Always = out.Op == db.In, out.Op == db.NotIn
	}
	return nil
}

func (out *Condition) text(t *db.Table, c db.Cond, typ db.Type, numeric bool) error {
	if typ != db.String || numeric {
		return fmt.Errorf("%s needs a text field", out.Op)
	}
	if _, ok := c.Value.(string); !ok {
		return fmt.Errorf("%s takes a string, got %T", out.Op, c.Value)
	}
	v, _, err := operand(t, c.Field, c.Value, out.Fold, false)
	out.Value = v
	return err
}

// operand makes a value canonical. An id that is text but not a number is a
// question with a known answer on a serial table, not an error: such ids come
// from requests.
func operand(t *db.Table, field string, v any, fold, numeric bool) (out any, possible bool, err error) {
	if s, ok := v.(string); ok && numeric {
		if err := Text(s); err != nil {
			return nil, false, err
		}
		if _, err := serial(s); err != nil {
			return nil, false, nil //nolint:nilerr // it matches no row
		}
	}
	if out, err = Of(t, field, v); err != nil {
		return nil, false, err
	}
	if s, ok := out.(string); ok && fold {
		out = FoldASCII(s)
	}
	return out, true, nil
}

// FoldASCII lowers the ASCII letters of s and nothing else, as lower() of SQLite does.
func FoldASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
