package boundaries_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const (
	root   = "../.."
	module = "github.com/gatehouse-auth/gatehouse/"
)

// drivers and clients of services: the application's choice, or the program's.
var drivers = []string{
	"modernc.org/sqlite", "github.com/jackc/pgx", "github.com/go-sql-driver/mysql", "github.com/redis/rueidis",
}

// boundary is what the packages of one module may import.
type boundary struct {
	dir string
	// imports are the modules and packages outside the standard library that
	// the module's own packages may import; nil is no limit. The module itself
	// is always allowed.
	imports []string
	// reaches are what they may reach through these, besides imports.
	reaches []string
	// never may not be reached in any way.
	never []string
	// free are packages that only tests import: they may also use testImports.
	free        []string
	testImports []string
}

var boundaries = []boundary{
	{
		dir: "core",
		imports: []string{
			module + "oauth", "golang.org/x/crypto", "golang.org/x/text", "github.com/go-jose/go-jose/v4",
		},
		reaches:     []string{"golang.org/x/sys"},
		never:       append([]string{"database/sql", module + "adapters", module + "facade", module + "cmd"}, drivers...),
		free:        []string{module + "core/authtest", module + "core/authtest/racetest", module + "core/db/dbtest", module + "core/routes/routestest"},
		testImports: []string{"github.com/google/go-cmp"},
	},
	{
		dir:     "adapters/sqlbun",
		imports: append([]string{module + "core", "github.com/uptrace/bun", "golang.org/x/sync"}, drivers...),
		never:   []string{module + "facade", module + "cmd", module + "core/routes", module + "core/authtest"},
		free:    []string{module + "adapters/sqlbun/sqltest"},
	},
	{
		dir:         "adapters/redis",
		imports:     []string{module + "core", "github.com/redis/rueidis"},
		reaches:     []string{"golang.org/x/sys", "golang.org/x/text"},
		never:       []string{module + "facade", module + "cmd", module + "core/routes", module + "core/authtest"},
		free:        []string{module + "adapters/redis/redistest"},
		testImports: []string{},
	},
	{
		dir:     "plugins",
		imports: []string{module + "core", module + "oauth", "golang.org/x/crypto", "github.com/go-jose/go-jose/v4"},
		reaches: []string{"golang.org/x/sys", "golang.org/x/text"},
		never:   append([]string{"database/sql", module + "adapters", module + "facade", module + "cmd", module + "core/routes", module + "core/authtest"}, drivers...),
		free:    []string{module + "plugins/plugintest"},
	},
	{
		dir:     "facade",
		imports: []string{module + "core", module + "adapters", module + "plugins", "go.yaml.in/yaml/v3"},
		never:   []string{module + "cmd", module + "core/authtest"},
	},
	{
		dir:   "cmd/gatehouse",
		never: []string{module + "tools", module + "reference", module + "core/authtest", "testing"},
	},
	{
		dir:     "examples",
		imports: []string{module + "core", module + "plugins", module + "facade"},
	},
	{dir: "tools"},
	{dir: "reference"},
}

func TestEveryModuleHasABoundary(t *testing.T) {
	var work struct{ Use []struct{ DiskPath string } }
	decode(t, run(t, root, "work", "edit", "-json"), &work)
	var used, known []string
	for _, u := range work.Use {
		used = append(used, filepath.ToSlash(filepath.Clean(u.DiskPath)))
	}
	for _, b := range boundaries {
		known = append(known, b.dir)
	}
	slices.Sort(used)
	slices.Sort(known)
	if !slices.Equal(used, known) {
		t.Errorf("go.work uses %v, and the boundaries are those of %v", used, known)
	}
}

func TestModulesImportOnlyWhatTheyMay(t *testing.T) {
	for _, b := range boundaries {
		for name, tags := range tagSets() {
			t.Run(b.dir+" "+name, func(t *testing.T) {
				graph := load(t, b.dir, tags)
				for _, p := range graph.own(module + b.dir) {
					allowed := b.imports
					if slices.Contains(b.free, p.ImportPath) {
						allowed = append(slices.Clone(allowed), b.testImports...)
					}
					for _, i := range p.Imports {
						if b.imports != nil && !graph[i].Standard && !within(i, module+b.dir) && !within(i, allowed...) {
							t.Errorf("%s imports %s", p.ImportPath, i)
						}
					}
					if slices.Contains(b.free, p.ImportPath) {
						continue
					}
					for _, d := range p.Deps {
						if within(d, b.never...) {
							t.Errorf("%s reaches %s", p.ImportPath, d)
						}
						if b.reaches != nil && !graph[d].Standard && !within(d, module+b.dir) && !within(d, b.imports...) && !within(d, b.reaches...) {
							t.Errorf("%s reaches %s", p.ImportPath, d)
						}
						if slices.Contains(b.free, d) {
							t.Errorf("%s reaches %s, which is for tests", p.ImportPath, d)
						}
					}
				}
			})
		}
	}
}

// TestPackagesReachNoFurther holds the boundaries inside modules.
func TestPackagesReachNoFurther(t *testing.T) {
	for _, c := range []struct {
		name, dir, pkg string
		never          []string
	}{
		{"the contract knows no route and no SQL", "core", module + "core", []string{module + "core/routes", "database/sql"}},
		{"package gatehouse leaves the driver to the application", "facade", module + "facade", append([]string{"database/sql", module + "adapters", module + "facade/config"}, drivers...)},
		{"the SQL adapter leaves the driver to its subpackages", "adapters/sqlbun", module + "adapters/sqlbun", drivers},
	} {
		for name, tags := range tagSets() {
			t.Run(c.name+" "+name, func(t *testing.T) {
				p, ok := load(t, c.dir, tags)[c.pkg]
				if !ok {
					t.Fatalf("there is no package %s", c.pkg)
				}
				for _, d := range p.Deps {
					if within(d, c.never...) {
						t.Errorf("%s reaches %s", c.pkg, d)
					}
				}
			})
		}
	}
}

// TestTheProgramLinksEveryDatabase: `go install` of the program needs no tags.
func TestTheProgramLinksEveryDatabase(t *testing.T) {
	program := load(t, "cmd/gatehouse", "")[module+"cmd/gatehouse"]
	for _, b := range boundaries {
		if !strings.HasPrefix(b.dir, "adapters/") {
			continue
		}
		found := 0
		for path, p := range load(t, b.dir, "") {
			if !within(path, module+b.dir) || slices.Contains(b.free, path) || !slices.ContainsFunc(p.Imports, func(i string) bool { return within(i, drivers...) }) {
				continue
			}
			found++
			if !slices.Contains(program.Deps, path) {
				t.Errorf("%s does not link %s", program.ImportPath, path)
			}
		}
		if found == 0 {
			t.Errorf("no package of %s imports a driver", b.dir)
		}
	}
}

// listed is what `go list` tells of a package.
type listed struct {
	ImportPath    string
	Standard      bool
	Imports, Deps []string
}

type graph map[string]listed

// load lists the packages of a module and all that they need, tests left out.
func load(t *testing.T, dir, tags string) graph {
	t.Helper()
	g := graph{}
	d := json.NewDecoder(bytes.NewReader(run(t, filepath.Join(root, dir), "list", "-deps", "-tags="+tags, "-json=ImportPath,Standard,Imports,Deps", "./...")))
	for {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return g
		} else if err != nil {
			t.Fatalf("go list in %s: %v", dir, err)
		}
		g[p.ImportPath] = p
	}
}

// own are the packages of a module, in order.
func (g graph) own(modulePath string) []listed {
	var own []listed
	for _, path := range slices.Sorted(maps.Keys(g)) {
		if within(path, modulePath) {
			own = append(own, g[path])
		}
	}
	return own
}

// within tells whether a package is one of the paths or below one.
func within(pkg string, paths ...string) bool {
	return slices.ContainsFunc(paths, func(p string) bool { return pkg == p || strings.HasPrefix(pkg, p+"/") })
}

func tagSets() map[string]string {
	return map[string]string{"without tags": "", "with every feature": "gatehouse_full"}
}

func run(t *testing.T, dir string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", args...)
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %s in %s: %v\n%s", strings.Join(args, " "), dir, err, &stderr)
	}
	return out
}

func decode(t *testing.T, text []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatalf("decode %s: %v", text, err)
	}
}
