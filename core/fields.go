package core

import (
	"errors"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// ParseCreate takes from a client's input the fields that options and plugins
// have added to a model, for a new record: it validates them and fills in
// defaults. Members that are no such fields are dropped.
func (a *Auth) ParseCreate(model string, given *wire.Object) (map[string]any, error) {
	return a.parseFields(model, given, true)
}

// ParseUpdate is ParseCreate for a change of an existing record: absent fields
// stay absent.
func (a *Auth) ParseUpdate(model string, given *wire.Object) (map[string]any, error) {
	return a.parseFields(model, given, false)
}

func (a *Auth) parseFields(model string, given *wire.Object, create bool) (map[string]any, error) {
	parsed := map[string]any{}
	for _, f := range a.tables.added(model) {
		var v any
		var present bool
		if given != nil {
			v, present = given.Get(f.Name)
		}
		if present && f.NotInput {
			if f.Default != nil && create {
				parsed[f.Name] = f.Default()
			} else if wire.Truthy(v) { // upstream lets falsy values of protected fields pass silently
				return nil, ErrFieldNotAllowed.WithMessage(f.Name + " is not allowed to be set")
			}
			continue
		}
		if present {
			v, err := parseField(f, v)
			if err != nil {
				return nil, err
			}
			parsed[f.Name] = v
			continue
		}
		switch {
		case !create:
		case f.Default != nil:
			parsed[f.Name] = f.Default()
		case !f.Nullable:
			return nil, ErrMissingField.WithMessage(f.Name + " is required")
		}
	}
	return parsed, nil
}

func parseField(f *db.Field, v any) (any, error) {
	if f.Validate != nil {
		checked, err := f.Validate(v)
		if err != nil {
			if known, ok := errors.AsType[*Error](err); ok {
				return nil, known
			}
			return nil, ErrValidation.WithMessage(err.Error())
		}
		v = checked
	}
	if v == nil && !f.Nullable {
		return nil, ErrMissingField.WithMessage(f.Name + " is required")
	}
	typed, err := db.Coerce(f, v)
	if err != nil {
		return nil, ErrValidation.WithMessage("[body." + f.Name + "] Invalid input: " + err.Error())
	}
	return typed, nil
}
