package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gatehouse-auth/gatehouse/tools/services/local"
)

// bench is what the parts work with.
type bench struct {
	plan
	ctx  context.Context //nolint:containedctx // of the one run that the bench is for
	root string          // of the repository
	dir  string          // removed at the end
	keep bool            // do not
	results

	built     map[string]string // programs, by package
	answers   map[string]any    // of each workload: see sameAnswer
	cluster   *cluster
	databases map[string]*database
	shelf     *shelf
	node      string // folder with better-auth, once it is there
	closers   []func()
}

func newBench(ctx context.Context, p plan) (*bench, error) {
	root, err := output(exec.CommandContext(ctx, "go", "env", "GOWORK"))
	if err != nil || filepath.Base(root) != "go.work" {
		return nil, fmt.Errorf("run it inside the repository, as `go run ./tools/bench` (error: %w)", err)
	}
	dir, err := os.MkdirTemp("", "gatehouse-bench-")
	if err != nil {
		return nil, err
	}
	// PostgreSQL does not run as root, and has to reach its directory.
	if err := os.Chmod(dir, 0o711); err != nil { //nolint:gosec // what is in it is closed
		return nil, err
	}
	b := &bench{plan: p, ctx: ctx, root: filepath.Dir(root), dir: dir, built: map[string]string{}, answers: map[string]any{}, databases: map[string]*database{}}
	b.Started, b.Machine, b.Plan = time.Now().UTC(), b.look(), p.String()
	return b, nil
}

// later has something done at the end, last things first.
func (b *bench) later(f func()) { b.closers = append(b.closers, f) }

func (b *bench) close() {
	for _, f := range slices.Backward(b.closers) {
		f()
	}
	if !b.keep {
		_ = os.RemoveAll(b.dir) //nolint:gosec // which we have made
	}
}

// say prints a line of progress.
func (b *bench) say(format string, args ...any) {
	fmt.Printf("%s  %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}

// skip says what is left out, and why, at once and in the results.
func (b *bench) skip(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !slices.Contains(b.Skipped, text) {
		b.Skipped = append(b.Skipped, text)
		b.say("skipped: %s", text)
	}
}

// build makes the program of a package, below the root of the repository, as
// `make build` does, once.
func (b *bench) build(pkg string, tags ...string) (string, error) {
	key := strings.Join(append([]string{pkg}, tags...), " ")
	if path, ok := b.built[key]; ok {
		return path, nil
	}
	path := filepath.Join(b.dir, fmt.Sprintf("%s-%d", filepath.Base(pkg), len(b.built)))
	cmd := exec.CommandContext(b.ctx, "go", "build", "-trimpath", "-tags", strings.Join(tags, ","), "-o", path, pkg) //nolint:gosec // packages of ours
	cmd.Dir, cmd.Env = b.root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", key, err, out)
	}
	b.built[key] = path
	return path, nil
}

// gatehouse builds the program itself.
func (b *bench) gatehouse() (string, error) { return b.build("./cmd/gatehouse") }

// rest waits, unless it is interrupted.
func (b *bench) rest(d time.Duration) error { return local.Rest(b.ctx, d) }

// output is what a command prints, without white space around it. The error
// holds what it complains about.
func output(cmd *exec.Cmd) (string, error) {
	out, err := cmd.Output()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		err = fmt.Errorf("%s: %w\n%s", cmd, err, failed.Stderr)
	}
	return strings.TrimSpace(string(out)), err
}
