package organization

import (
	"strings"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// additional takes from a request the fields that the options add to a model, and
// says what is wrong with them as upstream's validation of these bodies does. place
// is where they stand, such as "body.data". Members that are no such fields, and
// fields that clients may not set, are dropped.
func (p *Plugin) additional(model string, given *wire.Object, place string, create bool) (db.Row, error) {
	row := db.Row{}
	var problems []string
	wrong := func(f *db.Field, text string) {
		problems = append(problems, (&problem{"." + f.Name, text}).in(place).Message())
	}
	for _, f := range p.auth.AddedFields(model) {
		if f.NotInput {
			continue
		}
		v, present := given.Get(f.Name)
		if !present {
			if create && !f.Nullable {
				wrong(f, "Invalid input: expected "+expected(f)+", received undefined")
			}
			continue
		}
		if text := unfit(f, v); text != "" {
			wrong(f, text)
			continue
		}
		typed, err := db.Coerce(f, v)
		if err != nil {
			wrong(f, "Invalid input: expected "+expected(f)+", received "+kindOf(v))
			continue
		}
		row[f.Name] = typed
	}
	if len(problems) > 0 {
		return nil, core.ErrValidation.WithMessage(strings.Join(problems, "; "))
	}
	return row, nil
}

// unfit says why a value is none of a field's, or "".
func unfit(f *db.Field, v any) string {
	received := kindOf(v)
	if fits := f.Type == db.JSON || v != nil && (received == expected(f) || f.Type == db.Date && received == "string"); !fits {
		return "Invalid input: expected " + expected(f) + ", received " + received
	}
	if f.Validate != nil {
		if _, err := f.Validate(v); err != nil {
			return "Invalid input"
		}
	}
	return ""
}

func expected(f *db.Field) string {
	switch f.Type {
	case db.StringArray, db.NumberArray:
		return "array"
	case db.String, db.Number, db.Boolean, db.Date, db.JSON:
	}
	return string(f.Type)
}
