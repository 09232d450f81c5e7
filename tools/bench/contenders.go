package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/gatehouse-auth/gatehouse/tools/services/local"
)

// The contenders, by their names in the results.
const (
	gatehouse  = "gatehouse"
	betterAuth = "better-auth"
	theLimit   = "limit"
)

// startTimeout is how long a server may take to answer.
const startTimeout = 60 * time.Second

// contender is a server to measure.
type contender struct {
	name  string
	start func(b *bench, w *workload, d *database, log string) (*server, error)
}

func allContenders() []contender {
	return []contender{{gatehouse, startGatehouse}, {betterAuth, startBetterAuth}, {theLimit, startLimit}}
}

// server is one that runs.
type server struct {
	*local.Process
	addr  string
	fixed bool // see stage
}

// launch runs a server that listens on the address it is told, and waits for its
// first good answer.
func (b *bench) launch(name string, command func(addr string) *exec.Cmd) (*server, error) {
	port, err := local.FreePort(b.ctx)
	if err != nil {
		return nil, err
	}
	addr := net.JoinHostPort("127.0.0.1", port)
	cmd := command(addr)
	cmd.Dir = b.dir
	cmd.Env = append(os.Environ(), cmd.Env...)
	cmd.Env = append(cmd.Env, "GOMAXPROCS="+strconv.Itoa(b.processors), "BENCH_SECRET="+secret, "NODE_ENV=production")
	proc, err := local.Start(b.dir, name, cmd)
	if err != nil {
		return nil, err
	}
	err = local.Until(b.ctx, startTimeout, name+" answers; see "+proc.Log, func() error {
		if !proc.Running() {
			return fmt.Errorf("it has ended: %w", proc.Err)
		}
		return ready(b.ctx, addr)
	})
	if err != nil {
		proc.Abandon()
		return nil, err
	}
	return &server{Process: proc, addr: addr}, nil
}

// ready wants 200 of a server.
func ready(ctx context.Context, addr string) error {
	_, _, err := call(ctx, http.MethodGet, addr, "/ok", "", "")
	return err
}

// configuration is Gatehouse's for a workload.
func (b *bench) configuration(w *workload, d *database) settings {
	s := with(w.options(), settings{"database": d.settings(b.pool)})
	if w.redis {
		s["secondaryStorage"] = settings{"redis": b.shelf.URL(), "keyPrefix": redisPrefix}
	}
	return s
}

func startGatehouse(b *bench, w *workload, d *database, log string) (*server, error) {
	program, err := b.gatehouse()
	if err != nil {
		return nil, err
	}
	file, err := b.write(log+".json", b.configuration(w, d))
	if err != nil {
		return nil, err
	}
	return b.launch(log, func(addr string) *exec.Cmd {
		return exec.Command(program, "serve", "--config", file, "--addr", addr) //nolint:gosec,noctx // the program that is measured; the caller ends it
	})
}

func startBetterAuth(b *bench, w *workload, d *database, log string) (*server, error) {
	folder, err := b.betterAuthFolder()
	if err != nil {
		return nil, err
	}
	s := settings{"options": w.options(), "database": d.url(), "pool": b.pool, "workers": b.processors}
	if w.redis {
		s["redis"] = settings{"url": b.shelf.URL(), "prefix": redisPrefix}
	}
	file, err := b.write(log+".json", s)
	if err != nil {
		return nil, err
	}
	script := filepath.Join(b.root, "tools", "bench", "better-auth-server.mjs")
	return b.launch(log, func(addr string) *exec.Cmd {
		return exec.Command("node", script, folder, addr, file) //nolint:gosec,noctx // a script of ours; the caller ends it
	})
}

// betterAuthFolder is where better-auth is installed. That of the shared database
// has the drivers beside it.
func (b *bench) betterAuthFolder() (string, error) {
	if b.node != "" {
		return b.node, nil
	}
	if _, err := exec.LookPath("node"); err != nil {
		return "", &local.MissingError{Reason: "needs node, of version 20 or newer, in PATH: without it, -contenders gatehouse,limit"}
	}
	folder, err := filepath.Abs(b.betterAuth)
	if err != nil {
		return "", err
	}
	if b.betterAuth == "" {
		folder = filepath.Join(b.root, "reference", "shared-database")
	}
	_, err = os.Stat(filepath.Join(folder, "node_modules", "better-auth")) //nolint:gosec // whoever runs this names it
	if errors.Is(err, os.ErrNotExist) && b.betterAuth == "" {
		b.say("installing better-auth in %s", folder)
		npm := exec.CommandContext(b.ctx, "npm", "ci", "--ignore-scripts", "--loglevel=error") //nolint:gosec // it installs what a lockfile of ours says
		npm.Dir = folder
		if out, err := npm.CombinedOutput(); err != nil {
			return "", &local.MissingError{Reason: fmt.Sprintf("needs better-auth, and npm ci does not install it (%v); -better-auth names a folder that has it\n%s", err, out)}
		}
	} else if err != nil {
		return "", &local.MissingError{Reason: fmt.Sprintf("there is no better-auth in %s: %v", folder, err)}
	}
	b.node = folder
	return folder, nil
}

// errNoLimit says that a workload has no handler written by hand.
var errNoLimit = errors.New("has no limit")

func startLimit(b *bench, w *workload, d *database, log string) (*server, error) {
	if w.limit == "" {
		return nil, errNoLimit
	}
	program, err := b.build("./tools/bench/limit")
	if err != nil {
		return nil, err
	}
	args := []string{"-do", w.limit, "-database", d.url(), "-pool", strconv.Itoa(b.pool)}
	if w.redis {
		args = append(args, "-redis", b.shelf.URL(), "-prefix", redisPrefix)
	}
	if w.cache {
		found, err := d.sample(b.ctx, few)
		if err != nil {
			return nil, err
		}
		args = append(args, "-token", found[0].token)
	}
	s, err := b.launch(log, func(addr string) *exec.Cmd {
		return exec.Command(program, append(args, "-addr", addr)...) //nolint:gosec,noctx // a program of ours; the caller ends it
	})
	if err == nil {
		s.fixed = w.cache
	}
	return s, err
}
