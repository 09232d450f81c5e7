// Package input turns what a request carries into a Go struct and says what is
// wrong with it in the words that Better Auth's clients know: the messages of
// the schema library that upstream validates with (zod 4).
//
// A schema is a struct type:
//
//	type SignUpEmail struct {
//		Name       string       `json:"name"`
//		Email      string       `json:"email" check:"email"`
//		Password   string       `json:"password" check:"min=1"`
//		Image      *string      `json:"image"`
//		RememberMe *bool        `json:"rememberMe"`
//		Rest       *wire.Object `json:",rest"`
//	}
//
// # Where a field comes from
//
// `json:"name"` takes a member of the body, `query:"name"` a parameter of the
// query, `path:"id"` a parameter of the path. An exported field has exactly one
// of the three, or `json:"-"`. Embedded structs without a tag count as if their
// fields stood in their place. A field `*wire.Object` tagged `json:",rest"`
// takes the members of the body that no other field takes, in order, without
// "__proto__"; like upstream's `.and(z.record(...))` it complains a second time
// about a body that is no object, unless tagged `json:",rest,loose"`. Tagged
// `json:",rest,record"` it is the only one to complain: the body is a record, of
// which the other fields take known members. Without such a field those members
// are dropped. A blank field `_ struct{}` tagged `body:"optional"` makes an
// absent body acceptable.
//
// # Whether it may be missing
//
// A field is required, except: a pointer may be absent but not null (zod's
// optional), [Opt] may be absent or null (nullish), the option optional
// (`json:"limit,optional"`) leaves the zero value when absent. The option
// required on an [Opt] makes it nullable only. *wire.Object is a record and not
// an optional one: tag it optional when it is.
//
// # What it may be
//
// string, bool, float64, int and int64 (whole, within ±(2^53-1)), slices,
// structs, map[string]T (a record), any, *wire.Object (a record of anything),
// and [Opt] of these. `check` adds rules, separated by commas and applied in
// order; on a slice or record `each` gives the rules of its elements:
//
//	email              upstream's e-mail pattern
//	min=1 max=128      Unicode code points of a string, items of a slice, value of a number
//	length=42          exactly as many code points or items
//	gt=0 lt=10         bounds of a number that are not themselves allowed
//	int                whole number; implied by int and int64
//	enum=a|b           one of these strings, with its own message
//	type=string|number one of these types, for a field of type any: string, number,
//	                   boolean, object, and arrays such as string[]; the message is
//	                   that of a union. type=string on a string gives that message
//	coerce             bool: JavaScript's truth (any non-empty string and any array is true);
//	                   string: a number or a boolean is accepted too, as its text
//
// # What it means
//
// `doc` says in a sentence what the field is for, for the OpenAPI document.
package input

import (
	"fmt"
	"net/url"
	"reflect"

	"github.com/gatehouse-auth/gatehouse/core/wire"
)

// Source is the raw material of one request.
type Source struct {
	Body    any               // as from wire.Decode; of a form, a *wire.Object of strings
	HasBody bool              // false: the body is absent, which is not the same as null
	Query   url.Values        // a parameter given more than once arrives as an array
	Path    map[string]string // parameters of the path, decoded
}

// Schema binds requests to one struct type. It is immutable and safe for
// concurrent use.
type Schema struct {
	typ          reflect.Type
	body         *shape // nil when the struct takes nothing of the body
	bodyOptional bool
	query, path  *shape
}

// Compile reads the tags of T, which must be a struct. Its errors are the
// programmer's and name the field.
func Compile[T any]() (*Schema, error) { return CompileType(reflect.TypeFor[T]()) }

// CompileType is [Compile] for a type that is known at run time only.
func CompileType(t reflect.Type) (*Schema, error) {
	if t == nil || t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("input: %v is not a struct", t)
	}
	return compile(t)
}

// Bind validates src and stores it in dst, a non-nil pointer to the struct of
// the schema. Fields that nothing is bound to become zero. Values of type any
// and *wire.Object share their inside with src.Body.
//
// What the request did wrong comes back as *[Invalid], and dst is then
// unchanged. As upstream, the query is looked at only when the body is right.
// A schema without a json field ignores the body, whatever it is.
func (s *Schema) Bind(src Source, dst any) error {
	target := reflect.ValueOf(dst)
	if target.Kind() != reflect.Pointer || target.IsNil() || target.Type().Elem() != s.typ {
		return fmt.Errorf("input: Bind needs a *%s, not %T", s.typ, dst)
	}
	fresh := reflect.New(s.typ).Elem()
	if s.body != nil && (src.HasBody || !s.bodyOptional) {
		var body any = undefined{}
		if src.HasBody {
			body = src.Body
		}
		if err := bindPart(s.body, FromBody, body, fresh); err != nil {
			return err
		}
	}
	if s.query != nil {
		if err := bindPart(s.query, FromQuery, queryObject(s.query, src.Query), fresh); err != nil {
			return err
		}
	}
	if s.path != nil {
		if err := bindPart(s.path, FromPath, pathObject(s.path, src.Path), fresh); err != nil {
			return err
		}
	}
	target.Elem().Set(fresh)
	return nil
}

func bindPart(part *shape, from Origin, v any, dst reflect.Value) error {
	r := &report{origin: from}
	part.bind(r, nil, v, dst)
	return r.err()
}

// queryObject gives the query the form that upstream's router gives it: a
// string, or an array of strings for a parameter that is repeated.
func queryObject(part *shape, query url.Values) *wire.Object {
	o := wire.NewObject()
	for _, p := range part.fields {
		switch values := query[p.name]; len(values) {
		case 0:
		case 1:
			o.Set(p.name, values[0])
		default:
			list := make([]any, len(values))
			for i, v := range values {
				list[i] = v
			}
			o.Set(p.name, list)
		}
	}
	return o
}

func pathObject(part *shape, path map[string]string) *wire.Object {
	o := wire.NewObject()
	for _, p := range part.fields {
		if v, ok := path[p.name]; ok {
			o.Set(p.name, v)
		}
	}
	return o
}
