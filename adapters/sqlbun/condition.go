package sqlbun

import (
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
		if err != nil {
			return err
		}
		sign := map[db.Op]string{db.Lt: " < ", db.Lte: " <= ", db.Gt: " > ", db.Gte: " >= "}[c.Op]
		s.Put(text).Text(sign).Value(v)
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
	if err != nil {
		return err
	}
	if c.Op == db.Eq {
		s.Put(text).Text(" = ").Value(v)
	} else {
		s.Text("(").Put(text).Text(" <> ").Value(v).Text(" OR ").Put(name).Text(" IS NULL)")
	}
	return nil
}

func (a *Adapter) membership(s *SQL, col Column, c value.Condition, name, text Part) error {
	if len(c.List) == 0 { // of NULL alone
		s.Put(name).Text(map[db.Op]string{db.In: " IS NULL", db.NotIn: " IS NOT NULL"}[c.Op])
		return nil
	}
	literals := make([]any, len(c.List))
	for i, v := range c.List {
		var err error
		if literals[i], err = a.encode(col, v); err != nil {
			return err
		}
	}
	orNull := c.Null == (c.Op == db.In)
	if orNull {
		s.Text("(")
	}
	s.Put(text).Text(map[db.Op]string{db.In: " IN (", db.NotIn: " NOT IN ("}[c.Op])
	s.list(len(literals), func(i int) { s.Value(literals[i]) }).Text(")")
	if orNull {
		s.Text(" OR ").Put(name).Text(" IS NULL)")
	}
	return nil
}
