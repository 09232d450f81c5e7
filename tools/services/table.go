package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// close writes the table, and returns an error unless everything has passed or
// was skipped. ended is the end of the go command.
func (r *report) close(ended error) error {
	if r.build.Len() > 0 {
		r.line("%s", strings.TrimRight(r.build.String(), "\n"))
	}
	var missing []string
	for _, c := range r.cells {
		if r.count(c) == (counts{}) {
			missing = append(missing, fmt.Sprintf("%s: no test %s in %s has ended", c, c.test, c.folder))
		}
	}
	total, err := r.table()
	if err != nil {
		return err
	}
	for _, line := range append(r.reasons(), missing...) {
		r.line("%s", line)
	}
	r.line("total: %s, in %s", total, r.now.Sub(r.began).Round(time.Second))
	switch {
	case total.failed > 0:
		return fmt.Errorf("%d tests failed", total.failed)
	case len(missing) > 0:
		return fmt.Errorf("%d suites did not run; if a test has another name now, say so in tools/services/suites.go", len(missing))
	case ended != nil:
		return errors.Join(errors.New("every test that ended has passed, and go test failed"), ended)
	}
	return nil
}

// table writes a row for each suite and a column for each storage.
func (r *report) table() (total counts, err error) {
	r.line("\npassed/failed/skipped")
	w := tabwriter.NewWriter(r.out, 0, 0, 2, ' ', 0)
	rows := []string{"\t" + strings.Join(storages, "\t") + "\ttotal"}
	below := make([]counts, len(storages))
	for _, suite := range suites {
		if !slices.ContainsFunc(r.cells, func(c cell) bool { return c.suite == suite }) {
			continue
		}
		var across counts
		row := []string{suite}
		for i, storage := range storages {
			n, text := r.at(suite, storage)
			row = append(row, text)
			across.add(n)
			below[i].add(n)
		}
		rows = append(rows, strings.Join(append(row, across.short()), "\t"))
		total.add(across)
	}
	row := []string{"total"}
	for _, n := range below {
		row = append(row, n.short())
	}
	rows = append(rows, strings.Join(append(row, total.short()), "\t"))
	if _, err := io.WriteString(w, strings.Join(rows, "\n")+"\n"); err != nil {
		return total, err
	}
	return total, w.Flush()
}

func (n counts) short() string { return fmt.Sprintf("%d/%d/%d", n.passed, n.failed, n.skipped) }

// at counts one cell of the table.
func (r *report) at(suite, storage string) (n counts, text string) {
	text = "-"
	for _, c := range r.cells {
		if c.suite == suite && c.storage == storage {
			n.add(r.count(c))
			text = n.short()
		}
	}
	return n, text
}
