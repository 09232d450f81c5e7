package sqlbun

import (
	"errors"
	"fmt"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/db/value"
)

func (a *Adapter) conjunction(s *SQL, t *db.Table, alias string, conds []value.Condition) error {
	if len(conds) == 0 {
		s.Text("1 = 1")
	}
	for i, c := range conds {
		if i > 0 {
			s.Text(" AND ")
		}
		var err error
		if len(c.Any) > 0 {
			err = a.disjunction(s, t, alias, c.Any)
		} else {
			err = a.condition(s, t, alias, c)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (a *Adapter) disjunction(s *SQL, t *db.Table, alias string, alternatives [][]value.Condition) error {
	s.Text("(")
	for i, conds := range alternatives {
		if i > 0 {
			s.Text(" OR ")
		}
		s.Text("(")
		if err := a.conjunction(s, t, alias, conds); err != nil {
			return err
		}
		s.Text(")")
	}
	s.Text(")")
	return nil
}

// condition writes one comparison so that NULL behaves as query.go of the
// contract says: it is a value to Eq, Ne, In and NotIn and unknown to the rest.
func (a *Adapter) condition(s *SQL, t *db.Table, alias string, c value.Condition) error {
	if c.Never || c.Always {
		s.Text(map[bool]string{false: "1 = 0", true: "1 = 1"}[c.Always])
		return nil
	}
	col := column(t, c.Field)
	name := func(s *SQL) { s.Name(alias, col.SQLName()) }
	text := name
	if c.Fold {
		text = func(s *SQL) { a.dialect.Fold(s, name) }
	}
	switch c.Op {
	case db.Eq, db.Ne:
		return a.equality(s, col, c, name, text)
	case db.In, db.NotIn:
		return a.membership(s, col, c, name, text)
	case db.Lt, db.Lte, db.Gt, db.Gte:
		v, err := a.encode(col, c.Value)
		if errors.Is(err, ErrNeverHeld) {
			s.Text("1 = 0")
			return nil
		}
		if err != nil {
			return err
		}
		sign := map[db.Op]string{db.Lt: "<", db.Lte: "<=", db.Gt: ">", db.Gte: ">="}[c.Op]
		a.dialect.Compare(s, col, text, sign, v)
	case db.Contains, db.StartsWith, db.EndsWith:
		operand, _ := c.Value.(string)
		if operand == "" {
			s.Put(name).Text(" IS NOT NULL")
			return nil
		}
		a.dialect.Match(s, c.Op, text, operand)
	default:
		return fmt.Errorf("operator %q has no SQL", c.Op)
	}
	return nil
}

func (a *Adapter) equality(s *SQL, col Column, c value.Condition, name, text Part) error {
	if c.Null {
		s.Put(name).Text(map[db.Op]string{db.Eq: " IS NULL", db.Ne: " IS NOT NULL"}[c.Op])
		return nil
	}
	v, err := a.encode(col, c.Value)
	if errors.Is(err, ErrNeverHeld) {
		s.Text(map[db.Op]string{db.Eq: "1 = 0", db.Ne: "1 = 1"}[c.Op])
		return nil
	}
	if err != nil {
		return err
	}
	if c.Op == db.Eq {
		a.dialect.Compare(s, col, text, "=", v)
		return nil
	}
	s.Text("(NOT (")
	a.dialect.Compare(s, col, text, "=", v)
	s.Text(") OR ").Put(name).Text(" IS NULL)")
	return nil
}

func (a *Adapter) membership(s *SQL, col Column, c value.Condition, name, text Part) error {
	var literals []any
	for _, v := range c.List {
		literal, err := a.encode(col, v)
		if errors.Is(err, ErrNeverHeld) {
			continue
		}
		if err != nil {
			return err
		}
		literals = append(literals, literal)
	}
	in := c.Op == db.In
	switch {
	case len(literals) == 0 && c.Null:
		s.Put(name).Text(map[bool]string{true: " IS NULL", false: " IS NOT NULL"}[in])
		return nil
	case len(literals) == 0:
		s.Text(map[bool]string{true: "1 = 0", false: "1 = 1"}[in])
		return nil
	}
	orNull := c.Null == in
	s.Text(map[bool]string{true: "(", false: "(NOT ("}[in])
	a.dialect.In(s, col, text, literals)
	if !in {
		s.Text(")")
	}
	if orNull {
		s.Text(" OR ").Put(name).Text(" IS NULL")
	}
	s.Text(")")
	return nil
}
