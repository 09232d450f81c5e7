package gatehouse_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core"
)

// module is what the import paths of the project begin with.
const module = "github.com/gatehouse-auth/gatehouse/"

// TestEveryTypeOfTheOptionsHasAShortName compares the types that the options
// are made of with the aliases. Only structs need one: somebody writes them down.
func TestEveryTypeOfTheOptionsHasAShortName(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "options.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	aliased := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok && spec.Assign.IsValid() {
			if of, ok := spec.Type.(*ast.SelectorExpr); ok {
				aliased[of.X.(*ast.Ident).Name+"."+of.Sel.Name] = true
			}
		}
		return true
	})
	seen := map[reflect.Type]bool{}
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		if seen[typ] {
			return
		}
		seen[typ] = true
		switch typ.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			walk(typ.Elem())
		case reflect.Func:
			for in := range typ.Ins() {
				walk(in)
			}
		case reflect.Struct:
			if !strings.HasPrefix(typ.PkgPath(), module) {
				return
			}
			// What core itself has an alias for goes by that name.
			if !aliased[typ.String()] && !aliased["core."+typ.Name()] {
				t.Errorf("%s: add an alias to options.go", typ)
			}
			for _, f := range reflect.VisibleFields(typ) {
				if _, ok := f.Tag.Lookup("opt"); ok {
					walk(f.Type)
				}
			}
		}
	}
	walk(reflect.TypeFor[core.Options]())
	if len(seen) < 50 {
		t.Errorf("only %d types were looked at", len(seen))
	}
}
