package main

import (
	"io"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// progress shows the steps of a migration as they are done: a bar where a person
// looks, a line each elsewhere.
type progress struct {
	t     *terminal
	total int
	done  int
	bar   *progressbar.ProgressBar // nil for lines
}

// newProgress expects total steps; there may turn out to be more or fewer, when
// another process migrates as well.
func newProgress(t *terminal, total int) *progress {
	p := &progress{t: t, total: total}
	if t.watched {
		p.bar = progressbar.NewOptions(total,
			progressbar.OptionSetWriter(t.err), progressbar.OptionSetWidth(20), progressbar.OptionShowCount(),
			progressbar.OptionSetPredictTime(false), progressbar.OptionSetElapsedTime(false), progressbar.OptionClearOnFinish())
	}
	return p
}

func (p *progress) step(s db.Step) {
	p.done++
	p.total = max(p.done, p.total)
	if p.bar == nil {
		p.t.printf("[%d/%d] %s\n", p.done, p.total, s)
		return
	}
	p.bar.ChangeMax(p.total)
	p.bar.Describe(s.String())
	_ = p.bar.Set(p.done) // a terminal that has gone is no reason to stop
}

// end takes the bar away.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}

// isWatched tells whether a person sees what is written.
func isWatched(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
