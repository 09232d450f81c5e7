package docs_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const root = "../.."

// TestQuotedCodeBuilds checks each Go block that is a file of its own. A
// program is vetted; a package is vetted and tested, together with the test
// package that the same page quotes.
func TestQuotedCodeBuilds(t *testing.T) {
	programs := 0
	for _, page := range pages(t) {
		for name, files := range quoted(t, page) {
			t.Run(page+" package "+name, func(t *testing.T) {
				dir := workspace(t)
				if name == "main" {
					programs++
					for i, text := range files {
						write(t, filepath.Join(dir, fmt.Sprintf("program%d/main.go", i)), text)
					}
				} else {
					for i, text := range files {
						file := fmt.Sprintf("%s%d.go", name, i)
						if isTest(text) {
							file = fmt.Sprintf("%s%d_test.go", name, i)
						}
						write(t, filepath.Join(dir, name, file), text)
					}
				}
				run(t, dir, "vet", "./...")
				run(t, dir, "test", "./...")
			})
		}
	}
	if programs == 0 {
		t.Error("the pages quote no programs: the blocks are not found")
	}
}

// checker loads configurations as the program does.
const checker = `package main

import (
	"context"
	"log"
	"os"
	"strings"

	"github.com/gatehouse-auth/gatehouse/facade/config"
)

func main() {
	for _, file := range os.Args[1:] {
		text, err := os.ReadFile(file)
		if err != nil {
			log.Fatal(err)
		}
		source := config.Source{
			// What the file asks for is set.
			Env: func(name string) (string, bool) {
				if !strings.Contains(string(text), "${"+name+"}") {
					return "", false
				}
				return "Xw3qT8vKp5mZr2nB7yLc9dHs4fGj6aQe", true
			},
			Deliver: func(context.Context, config.Message) error { return nil },
		}
		if _, err := config.Load(file, source); err != nil {
			log.Fatal(err)
		}
	}
}
`

// TestQuotedConfigurationIsAccepted loads each YAML block that is a whole
// configuration: one that says which database to use.
func TestQuotedConfigurationIsAccepted(t *testing.T) {
	dir := workspace(t)
	write(t, filepath.Join(dir, "checker/main.go"), checker)
	args := []string{"run", "./checker"}
	for _, page := range pages(t) {
		for i, block := range yaml.FindAllStringSubmatch(read(t, page), -1) {
			if !strings.Contains(block[1], "\ndatabase:") {
				continue
			}
			file := filepath.Join(dir, fmt.Sprintf("%s-%d.yaml", strings.ReplaceAll(page, "/", "-"), i))
			write(t, file, block[1])
			args = append(args, file)
		}
	}
	if len(args) == 2 {
		t.Error("the pages quote no configuration: the blocks are not found")
	}
	run(t, dir, args...)
}

var (
	yaml   = regexp.MustCompile("(?ms)^```yaml\n(.*?)^```$")
	link   = regexp.MustCompile(`\]\(([^)#\s]+)(#[^)]*)?\)`)
	fenced = regexp.MustCompile("(?ms)^```go\n(.*?)^```$")
	clause = regexp.MustCompile(`(?m)^package (\w+)$`)
)

func TestLinksBetweenPagesLeadSomewhere(t *testing.T) {
	for _, page := range pages(t) {
		for _, m := range link.FindAllStringSubmatch(read(t, page), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", page, m[1])
			}
		}
	}
}

// pages are the Markdown files of the repository, relative to its root.
func pages(t *testing.T) []string {
	t.Helper()
	var found []string
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == "testdata"):
			return fs.SkipDir
		case filepath.Ext(path) == ".md":
			found = append(found, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// quoted are the Go files that a page quotes, by package. A test package counts
// as the package that it tests.
func quoted(t *testing.T, page string) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	for _, block := range fenced.FindAllStringSubmatch(read(t, page), -1) {
		if m := clause.FindStringSubmatch(block[1]); m != nil {
			name := strings.TrimSuffix(m[1], "_test")
			found[name] = append(found[name], block[1])
		}
	}
	return found
}

func isTest(text string) bool { return strings.HasSuffix(clause.FindStringSubmatch(text)[1], "_test") }

// workspace makes a module for quoted code in a temporary directory, and joins
// it with those of the repository.
func workspace(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module example.com/app\n\ngo 1.26.0\n")
	base, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	work := read(t, "go.work")
	work = strings.ReplaceAll(work, "./", base+"/")
	write(t, filepath.Join(dir, "go.work"), work+"\nuse .\n")
	write(t, filepath.Join(dir, "go.work.sum"), read(t, "go.work.sum"))
	return dir
}

// run runs the go command in a workspace of ours.
func run(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "CGO_ENABLED=0", "GOWORK="+filepath.Join(dir, "go.work"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func read(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, page))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
