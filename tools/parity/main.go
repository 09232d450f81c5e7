// Command parity compares the inventory of Better Auth 1.6.9 with what is
// registered in Go, and writes docs/parity.
//
//	go run ./tools/parity            writes the pages and says what is wrong
//	go run ./tools/parity --check    writes nothing; fails when a page is stale,
//	                                 when something differs without a reason, or
//	                                 when nothing shows what a page calls equal
//
// What people write about a module is in the parity.yaml beside its code.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

const pagesFolder = "docs/parity"

func main() {
	check := flag.Bool("check", false, "write nothing, fail when something is wrong")
	flag.Parse()
	root, err := findRoot(".")
	if err == nil {
		err = run(root, *check, Register, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "parity:", err)
		os.Exit(1)
	}
}

// findRoot goes up to the folder of go.work.
func findRoot(from string) (string, error) {
	dir, err := filepath.Abs(from)
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("there is no go.work above; run it in the repository")
		}
		dir = filepath.Dir(dir)
	}
}

func run(root string, check bool, register func(*Facts) (Registered, error), out io.Writer) error {
	tree := os.DirFS(root)
	audit, err := NewAudit(tree, register)
	if err != nil {
		return err
	}
	pages := audit.Pages()
	problems := audit.Problems
	var told strings.Builder
	if check {
		problems = append(problems, Stale(tree, pages)...)
	} else if err := write(root, pages, &told); err != nil {
		return err
	}
	for _, p := range problems {
		told.WriteString(p.String() + "\n")
	}
	switch {
	case len(problems) == 0:
		told.WriteString("parity: everything that the pages say is so\n")
	case !check:
		told.WriteString(fmt.Sprintf("parity: %d problems; --check fails with them\n", len(problems)))
	}
	if _, err := io.WriteString(out, told.String()); err != nil {
		return err
	}
	if check && len(problems) > 0 {
		return fmt.Errorf("%d problems", len(problems))
	}
	return nil
}

// Pages are all pages by name.
func (a *Audit) Pages() map[string]string {
	pages := map[string]string{"README.md": a.Readme()}
	for _, m := range a.Modules {
		pages[m.Owner+".md"] = m.Page()
	}
	return pages
}

// Stale compares the pages with those in docs/parity.
func Stale(tree fs.FS, pages map[string]string) []Problem {
	const fix = "run go run ./tools/parity and look at what has changed"
	var problems []Problem
	there, err := fs.Glob(tree, pagesFolder+"/*.md")
	if err != nil {
		there = nil
	}
	for _, file := range there {
		if _, ok := pages[filepath.Base(file)]; !ok {
			problems = append(problems, Problem{file, "no module has this page", "take it out"})
		}
	}
	for name, text := range pages {
		file := pagesFolder + "/" + name
		old, err := fs.ReadFile(tree, file)
		switch {
		case err != nil:
			problems = append(problems, Problem{file, "does not exist", fix})
		case string(old) != text:
			problems = append(problems, Problem{file, "is stale: " + firstChange(string(old), text), fix})
		}
	}
	slices.SortFunc(problems, func(p, q Problem) int { return strings.Compare(p.Where, q.Where) })
	return problems
}

// firstChange shows the first line that differs.
func firstChange(old, now string) string {
	a, b := strings.Split(old, "\n"), strings.Split(now, "\n")
	for i := range max(len(a), len(b)) {
		switch {
		case i >= len(a):
			return fmt.Sprintf("line %d is to be added: %s", i+1, b[i])
		case i >= len(b):
			return fmt.Sprintf("line %d is to go: %s", i+1, a[i])
		case a[i] != b[i]:
			return fmt.Sprintf("line %d is %q and has to be %q", i+1, a[i], b[i])
		}
	}
	return "nothing differs"
}

func write(root string, pages map[string]string, told *strings.Builder) error {
	if err := os.MkdirAll(filepath.Join(root, pagesFolder), 0o755); err != nil { //nolint:gosec // a folder of the repository
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		file, text := filepath.Join(root, pagesFolder, name), pages[name]
		if old, err := os.ReadFile(file); err == nil && string(old) == text { //nolint:gosec // a file of the repository
			continue
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil { //nolint:gosec // a file of the repository
			return err
		}
		told.WriteString("wrote " + pagesFolder + "/" + name + "\n")
	}
	return nil
}
