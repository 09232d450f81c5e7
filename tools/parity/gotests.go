package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Tests are the test functions of the tree: the file of each by its name, and
// by its folder.
type Tests map[string]map[string]string

// FindTests reads every _test.go file of the tree.
func FindTests(tree fs.FS) (Tests, error) {
	tests := Tests{}
	err := eachFile(tree, func(name string) error {
		if !strings.HasSuffix(name, "_test.go") {
			return nil
		}
		return tests.file(tree, name)
	})
	return tests, err
}

// eachFile visits the files of the tree that people have written: nothing that
// was installed or stands in test data.
func eachFile(tree fs.FS, visit func(name string) error) error {
	return fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != "." && (d.Name() == "node_modules" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case d.IsDir():
			return nil
		}
		return visit(name)
	})
}

func (t Tests) file(tree fs.FS, name string) error {
	source, err := fs.ReadFile(tree, name)
	if err != nil {
		return err
	}
	file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Recv != nil || f.Type.Params.NumFields() != 1 {
			continue
		}
		if strings.HasPrefix(f.Name.Name, "Test") || strings.HasPrefix(f.Name.Name, "Fuzz") {
			if t[f.Name.Name] == nil {
				t[f.Name.Name] = map[string]string{}
			}
			t[f.Name.Name][path.Dir(name)] = name
		}
	}
	return nil
}

// File finds the file of a test. It is named "TestX", or "core/routes TestX"
// where several packages have one.
func (t Tests) File(test string) (file string, err error) {
	folder, name, ok := strings.Cut(test, " ")
	if !ok {
		folder, name = "", test
	}
	in := t[name]
	switch {
	case len(in) == 0:
		return "", fmt.Errorf("there is no test %s", name)
	case folder != "" && in[folder] == "":
		return "", fmt.Errorf("%s has no test %s; it is in %s", folder, name, strings.Join(folders(in), ", "))
	case folder != "":
		return in[folder], nil
	case len(in) > 1:
		return "", fmt.Errorf("say which %s: that of %s", name, strings.Join(folders(in), ", that of "))
	}
	return in[folders(in)[0]], nil
}

func folders(in map[string]string) []string {
	var list []string
	for folder := range in {
		list = append(list, folder)
	}
	slices.Sort(list)
	return list
}
