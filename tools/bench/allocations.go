package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// allocation is what one call costs.
type allocation struct {
	Package, Name      string
	Nanoseconds        float64
	Bytes, Allocations int64
}

// measureAllocations runs the Go benchmarks that stand beside the code.
func (b *bench) measureAllocations() error {
	packages, err := withBenchmarks(b.root, "core", "facade")
	if err != nil {
		return err
	}
	each := "1s"
	if b.quick {
		each = "1x"
	}
	args := append([]string{"test", "-run", "^$", "-bench", ".", "-benchmem", "-benchtime", each}, packages...)
	cmd := exec.CommandContext(b.ctx, "go", args...) //nolint:gosec // packages of ours
	cmd.Dir = b.root
	text, err := output(cmd)
	if err != nil {
		return fmt.Errorf("%w\n%s", err, text)
	}
	b.Allocations = parseBenchmarks(text)
	return nil
}

// withBenchmarks are the packages below folders that have benchmarks, as the go
// command takes them at the root.
func withBenchmarks(root string, folders ...string) (packages []string, err error) {
	for _, folder := range folders {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, _ fs.DirEntry, err error) error { //nolint:gosec // below the repository
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path) //nolint:gosec // our own sources
			if err != nil || !bytes.Contains(text, []byte("\nfunc Benchmark")) {
				return err
			}
			dir, err := filepath.Rel(root, filepath.Dir(path))
			packages = append(packages, "./"+filepath.ToSlash(dir))
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(packages)
	return slices.Compact(packages), nil
}

// benchmarkLine is a line of `go test -bench -benchmem`. Whatever other measures
// stand between is passed over.
var benchmarkLine = regexp.MustCompile(`^Benchmark(\S+?)(?:-\d+)?\s+\d+\s+([\d.]+) ns/op(?:.*?)\s(\d+) B/op\s+(\d+) allocs/op`)

func parseBenchmarks(text string) []allocation {
	var all []allocation
	pkg := ""
	for line := range strings.Lines(text) {
		if path, ok := strings.CutPrefix(line, "pkg: github.com/gatehouse-auth/gatehouse/"); ok {
			pkg = strings.TrimSpace(path)
		}
		m := benchmarkLine.FindStringSubmatch(line)
		if m == nil {
			continue
		}
		a := allocation{Package: pkg, Name: m[1]}
		a.Nanoseconds, _ = strconv.ParseFloat(m[2], 64) // digits, as matched
		a.Bytes, _ = strconv.ParseInt(m[3], 10, 64)
		a.Allocations, _ = strconv.ParseInt(m[4], 10, 64)
		all = append(all, a)
	}
	return all
}
