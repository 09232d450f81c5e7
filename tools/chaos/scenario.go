package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/gatehouse-auth/gatehouse/tools/services/local"
)

// scenario is one way to break things.
type scenario struct {
	name, about string
	run         func(*bench) error
}

func scenarios() []scenario {
	return []scenario{
		{"kill-sqlite", "the server is killed with SIGKILL in the middle of writes, on SQLite", killOnSQLite},
		{"kill-postgres", "the server is killed with SIGKILL in the middle of writes, on PostgreSQL", killOnPostgres},
		{"postgres-restart", "PostgreSQL is restarted with -m immediate under load", restartPostgres},
		{"postgres-hang", "PostgreSQL stops answering under load, its connections open", hangPostgres},
		{"disk-sqlite", "the disk below SQLite fills up and is freed again", fillBelowSQLite},
		{"disk-postgres", "the disk below PostgreSQL's tables fills up and is freed again", fillBelowPostgres},
		{"rolling", "two servers behind a proxy are restarted in turn under load", restartInTurn},
		{"redis-restart", "Redis is killed, away, started again and emptied under load", restartRedis},
	}
}

// bench is what a scenario works with.
type bench struct {
	ctx    context.Context //nolint:containedctx // of the one scenario that the bench is for
	name   string
	binary string
	dir    string // of this scenario
	quick  bool
	rounds int // of kills; 0 leaves the choice to the scenario
	seed   uint64
	// clients is how many users there are at a time. More than the server has
	// processors wait for each other's passwords.
	clients int
	// tokensElsewhere says that tokens and users are not in one database: a token
	// may be spent, and what it was for not done, when no answer came.
	tokensElsewhere bool

	figures []figure
	closers []func()
}

// figure is a number that a scenario measured, and what it had to be.
type figure struct{ what, value, bar string }

func (b *bench) figure(what, bar, format string, args ...any) {
	b.figures = append(b.figures, figure{what, fmt.Sprintf(format, args...), bar})
}

// say prints a line of progress.
func (b *bench) say(format string, args ...any) {
	fmt.Printf("  %s  %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}

// later has something done when the scenario has ended, last things first.
func (b *bench) later(f func()) { b.closers = append(b.closers, f) }

func (b *bench) close() {
	for _, f := range slices.Backward(b.closers) {
		f()
	}
	b.closers = nil
}

// random is a source of its own for each use.
func (b *bench) random(use uint64) *rand.Rand {
	return rand.New(rand.NewPCG(b.seed, use)) //nolint:gosec // what users do is no secret
}

// pick chooses between the full number of rounds and the quick one.
func (b *bench) pick(full, quick int) int {
	if b.quick {
		return quick
	}
	return full
}

// rest waits, unless the scenario is interrupted.
func (b *bench) rest(d time.Duration) error { return local.Rest(b.ctx, d) }

// until asks again and again whether something has come about.
func (b *bench) until(within time.Duration, what string, done func() error) error {
	return local.Until(b.ctx, within, what, done)
}

// result is how a scenario ended.
type result struct {
	name    string
	err     error
	took    time.Duration
	figures []figure
}

// printTable prints the closing table, and tells whether nothing failed and
// something was tried.
func printTable(w io.Writer, results []result) bool {
	var text strings.Builder
	tab := tabwriter.NewWriter(&text, 0, 8, 2, ' ', 0)
	row := func(format string, args ...any) { _, _ = fmt.Fprintf(tab, format+"\n", args...) } // into memory
	row("scenario\tresult\ttime\tmeasured\tvalue\tbar")
	good, passed := true, 0
	var skipped []string
	for _, r := range results {
		var skip *local.MissingError
		outcome := "passed"
		switch {
		case r.err == nil:
			passed++
		case errors.As(r.err, &skip):
			outcome = "skipped"
			skipped = append(skipped, fmt.Sprintf("%s was skipped: %v", r.name, r.err))
		default:
			outcome, good = "FAILED", false
		}
		row("%s\t%s\t%s\t\t\t", r.name, outcome, r.took.Round(time.Second))
		for _, f := range r.figures {
			row("\t\t\t%s\t%s\t%s", f.what, f.value, f.bar)
		}
	}
	_ = tab.Flush() // into memory
	if passed == 0 {
		skipped = append(skipped, "no scenario passed")
	}
	_, _ = fmt.Fprintf(w, "\n%s%s\n", text.String(), strings.Join(skipped, "\n")) // a terminal that is gone needs no table
	return good && passed > 0
}
