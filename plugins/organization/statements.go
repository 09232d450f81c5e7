package organization

import (
	"fmt"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/gatehouse-auth/gatehouse/plugins/access"
)

// statementList are statements in the order in which a client gave them.
type statementList []statement

type statement struct {
	resource string
	actions  []string
}

func (l statementList) statements() access.Statements {
	out := make(access.Statements, len(l))
	for _, s := range l {
		out[s.resource] = s.actions
	}
	return out
}

// object is the list as JSON.
func (l statementList) object() *wire.Object {
	o := wire.NewObject()
	for _, s := range l {
		actions := make([]any, len(s.actions))
		for i, a := range s.actions {
			actions[i] = a
		}
		o.Set(s.resource, actions)
	}
	return o
}

// problem is what is wrong with a value in a request, and where.
type problem struct{ at, text string }

// in is the answer to a problem of a value that stands below a place.
func (p *problem) in(place string) *core.Error {
	return core.ErrValidation.WithMessage(fmt.Sprintf("[%s%s] %s", place, p.at, p.text))
}

// readStatements reads an object of lists of text.
func readStatements(o *wire.Object) (statementList, *problem) {
	list := statementList{}
	for resource, v := range o.All() {
		items, ok := v.([]any)
		if !ok {
			return nil, &problem{"." + resource, "Invalid input: expected array, received " + kindOf(v)}
		}
		s := statement{resource, make([]string, len(items))}
		for i, item := range items {
			if s.actions[i], ok = item.(string); !ok {
				return nil, &problem{fmt.Sprintf(".%s.%d", resource, i), "Invalid input: expected string, received " + kindOf(item)}
			}
		}
		list = append(list, s)
	}
	return list, nil
}

// kindOf names a value as the messages of upstream's validation do.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "boolean"
	case float64, int64, int:
		return "number"
	case []any:
		return "array"
	}
	return "object"
}
