package input_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/input"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"github.com/google/go-cmp/cmp"
)

type tree struct {
	Children []tree `json:"children"`
}

// made builds struct types whose tags go vet would complain about.
func made(fields ...reflect.StructField) any {
	return reflect.Zero(reflect.StructOf(fields)).Interface()
}

func field(name string, tag reflect.StructTag) reflect.StructField {
	return reflect.StructField{Name: name, Type: reflect.TypeFor[string](), Tag: tag}
}

func TestMistakesInTagsAreFoundAtSetUp(t *testing.T) {
	for name, tt := range map[string]struct {
		value any
		want  string // part of the error
	}{
		"not a struct": {5, "not a struct"},
		"no tag":       {struct{ A string }{}, "no tag says where it comes from"},
		"two origins": {struct {
			A string `json:"a" query:"a"`
		}{}, "both json and query"},
		"no name": {struct {
			A string `json:",optional"`
		}{}, "has no name"},
		"an unknown option": {struct {
			A string `json:"a,string"`
		}{}, `unknown option "string"`},
		"a name taken twice":  {made(field("A", `json:"a"`), field("B", `json:"a"`)), "takes \"a\" already"},
		"an unexported field": {made(reflect.StructField{Name: "a", PkgPath: "x", Type: reflect.TypeFor[string](), Tag: `json:"a"`}), "unexported"},
		"an unknown rule": {struct {
			A string `json:"a" check:"mail"`
		}{}, `unknown rule "mail"`},
		"an empty rule": {struct {
			A string `json:"a" check:"min=1,"`
		}{}, "empty rule"},
		"a rule of another type": {struct {
			A bool `json:"a" check:"min=1"`
		}{}, "does not fit bool"},
		"email on a number": {struct {
			A int `json:"a" check:"email"`
		}{}, "does not fit int"},
		"length of a number": {struct {
			A int `json:"a" check:"length=1"`
		}{}, "does not fit int"},
		"gt on a string": {struct {
			A string `json:"a" check:"gt=1"`
		}{}, "does not fit string"},
		"a bound that is none": {struct {
			A string `json:"a" check:"min=x"`
		}{}, "needs a number"},
		"a bound that is absent": {struct {
			A string `json:"a" check:"min"`
		}{}, "needs a number"},
		"half a character": {struct {
			A string `json:"a" check:"max=1.5"`
		}{}, "needs a number"},
		"enum with another rule": {struct {
			A string `json:"a" check:"enum=a|b,min=1"`
		}{}, "does not fit string"},
		"enum without values": {struct {
			A string `json:"a" check:"enum="`
		}{}, "lists its values"},
		"enum with a repetition": {struct {
			A string `json:"a" check:"enum=a|a"`
		}{}, "lists its values"},
		"coerce on a number": {struct {
			A int `json:"a" check:"coerce"`
		}{}, "coerce is for"},
		"type on a bool": {struct {
			A bool `json:"a" check:"type=string|number"`
		}{}, "type is for"},
		"type of an unknown type": {struct {
			A any `json:"a" check:"type=string|date"`
		}{}, `unknown type "date"`},
		"each on a string": {struct {
			A string `json:"a" each:"min=1"`
		}{}, "each is for"},
		"a bad rule for items": {struct {
			A []string `json:"a" each:"gt=1"`
		}{}, "does not fit"},
		"optional twice": {struct {
			A *string `json:"a,optional"`
		}{}, "optional twice"},
		"optional and required": {struct {
			A string `json:"a,optional,required"`
		}{}, "optional and required"},
		"a required pointer": {struct {
			A *string `json:"a,required"`
		}{}, "cannot be required"},
		"a pointer to a pointer": {struct {
			A **string `json:"a"`
		}{}, "optional twice"},
		"a pointer to an Opt": {struct {
			A *input.Opt[string] `json:"a"`
		}{}, "optional twice"},
		"items that are pointers": {struct {
			A []*string `json:"a"`
		}{}, "items cannot be pointers"},
		"bytes": {struct {
			A []byte `json:"a"`
		}{}, "cannot hold this type"},
		"a channel": {struct {
			A chan int `json:"a"`
		}{}, "cannot hold this type"},
		"a map without string key": {struct {
			A map[int]string `json:"a"`
		}{}, "cannot hold this type"},
		"rest of another type": {struct {
			A map[string]any `json:",rest"`
		}{}, "need a *wire.Object"},
		"rest with a name": {struct {
			A *wire.Object `json:"a,rest"`
		}{}, "additional members are tagged"},
		"rest in the query": {struct {
			A *wire.Object `query:",rest"`
		}{}, "additional members are tagged"},
		"rest with rules": {struct {
			A *wire.Object `json:",rest" check:"min=1"`
		}{}, "have no rules"},
		"rest twice": {struct {
			A, B *wire.Object `json:",rest"`
		}{}, "second field"},
		"loose without rest": {struct {
			A *wire.Object `json:",loose"`
		}{}, "additional members are tagged"},
		"record without rest": {struct {
			A *wire.Object `json:",record"`
		}{}, "additional members are tagged"},
		"both loose and a record": {struct {
			A *wire.Object `json:",rest,loose,record"`
		}{}, "additional members are tagged"},
		"a type inside itself": {tree{}, "contains itself"},
		"a query inside the body": {struct {
			A struct {
				B string `query:"b"`
			} `json:"a"`
		}{}, "no meaning inside the body"},
		"an embedded pointer": {struct{ *signIn }{}, "embed the struct itself"},
		"an optional body of none": {struct {
			_ struct{} `body:"optional"`
		}{}, "without a json field"},
		"another word for body": {struct {
			_ struct{} `body:"none"`
			A string   `json:"a"`
		}{}, "the tag body"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := input.CompileType(reflect.TypeOf(tt.value))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want something about %q", err, tt.want)
			}
		})
	}
	if _, err := input.CompileType(nil); err == nil {
		t.Error("no type at all is accepted")
	}
}

func TestASchemaDescribesItself(t *testing.T) {
	type in struct {
		ID    string            `path:"id"`
		Email string            `json:"email" check:"email,max=255"`
		Role  any               `json:"role,optional" check:"type=string|string[]"`
		Logo  input.Opt[string] `json:"logo"`
		Age   *int              `json:"age" check:"min=0"`
		Tags  []string          `json:"tags" check:"max=3" each:"enum=a|b"`
		Sub   struct {
			OK bool `json:"ok" check:"coerce"`
		} `json:"sub"`
		Fresh *bool                `query:"fresh" check:"coerce"`
		Perms map[string][]float64 `json:"perms,optional"`
		Rest  *wire.Object         `json:",rest"`
	}
	body, query, path := input.FromBody, input.FromQuery, input.FromPath
	want := []input.Field{
		{Origin: body, Name: "email", GoName: "Email", Type: "string", Required: true, Rules: []input.Rule{{Name: "email"}, {Name: "max", Bound: 255}}},
		{Origin: body, Name: "role", GoName: "Role", Type: "any", Alternatives: []string{"string", "string[]"}},
		{Origin: body, Name: "logo", GoName: "Logo", Type: "string", Nullable: true},
		{Origin: body, Name: "age", GoName: "Age", Type: "integer", Rules: []input.Rule{{Name: "int"}, {Name: "min"}}},
		{Origin: body, Name: "tags", GoName: "Tags", Type: "array", Required: true, Rules: []input.Rule{{Name: "max", Bound: 3}}, Items: &input.Field{
			Origin: body, Type: "string", Required: true, Values: []string{"a", "b"},
		}},
		{Origin: body, Name: "sub", GoName: "Sub", Type: "object", Required: true, Fields: []input.Field{
			{Origin: body, Name: "ok", GoName: "OK", Type: "boolean", Required: true, Coerced: true},
		}},
		{Origin: body, Name: "perms", GoName: "Perms", Type: "record", Items: &input.Field{
			Origin: body, Type: "array", Required: true, Items: &input.Field{Origin: body, Type: "number", Required: true},
		}},
		{Origin: body, GoName: "Rest", Type: "record", Additional: true},
		{Origin: query, Name: "fresh", GoName: "Fresh", Type: "boolean", Coerced: true},
		{Origin: path, Name: "id", GoName: "ID", Type: "string", Required: true},
	}
	if diff := cmp.Diff(want, mustCompile[in](t).Fields()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
