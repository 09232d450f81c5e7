// Command gatehouse runs Gatehouse as a server: `gatehouse dev` to try it,
// `gatehouse serve --config FILE` in production.
//
// Exit codes: 0 done, 1 something failed while running, 2 the command line or
// the configuration is wrong.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/alecthomas/kong"
)

// commands is the command line. Each command has a file of its own.
type commands struct {
	Dev     devCommand     `cmd:"" help:"Run a server for development in the current directory: no configuration, no mail, data in gatehouse.db."`
	Serve   serveCommand   `cmd:"" help:"Run a server from a configuration file."`
	Migrate migrateCommand `cmd:"" help:"Bring the database to the tables that the configuration needs. Nothing is ever dropped."`
	Secret  secretCommand  `cmd:"" help:"Print a new random secret."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

const description = `An authentication server that speaks the protocol of Better Auth.

To try it:

    gatehouse dev

In production:

    gatehouse secret
    gatehouse migrate --config gatehouse.yaml
    gatehouse serve --config gatehouse.yaml`

// terminal is where a command writes: results to out, everything else to err.
type terminal struct {
	out, err io.Writer
	watched  bool // a person sees err as it is written
}

func main() {
	collectLess(os.Getenv)
	os.Exit(run(context.Background(), os.Args[1:], &terminal{out: os.Stdout, err: os.Stderr, watched: isWatched(os.Stderr)}))
}

// run executes one command line and returns the exit code.
func run(ctx context.Context, args []string, t *terminal) (code int) {
	type exited int // --help ends parsing
	defer func() {
		switch p := recover().(type) {
		case nil:
		case exited:
			code = int(p)
		default:
			panic(p)
		}
	}()
	parser, err := kong.New(&commands{},
		kong.Name("gatehouse"), kong.Description(description), kong.Writers(t.out, t.err),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Exit(func(code int) { panic(exited(code)) }),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(t),
	)
	if err != nil {
		return t.report(fmt.Errorf("command line: %w", err))
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return t.report(&usageError{err})
	}
	return t.report(parsed.Run())
}

// usageError is a command line that cannot be run.
type usageError struct{ error }

// configError is a configuration that cannot be used. Its text may have a line
// for each problem.
type configError struct{ error }

func (e *configError) Unwrap() error { return e.error }

// errReported is a failure whose reason has been printed already.
var errReported = errors.New("reported")

// report prints an error for a person and returns the exit code.
func (t *terminal) report(err error) int {
	var usage *usageError
	var config *configError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errReported):
		return 1
	case errors.As(err, &usage):
		t.notef("gatehouse: %s\nTry: gatehouse --help\n", usage)
		return 2
	case errors.As(err, &config):
		t.notef("gatehouse: %s", list(config))
		return 2
	}
	t.notef("gatehouse: %s\n", err)
	return 1
}

// printf writes a result. A reader that has gone is no reason to stop.
func (t *terminal) printf(format string, args ...any) { _, _ = fmt.Fprintf(t.out, format, args...) }

// notef writes what is not the result.
func (t *terminal) notef(format string, args ...any) { _, _ = fmt.Fprintf(t.err, format, args...) }
