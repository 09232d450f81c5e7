package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// report writes the results into files, and prints them.
func (b *bench) report(w io.Writer) error {
	_, err := io.WriteString(w, b.text())
	if saved := b.save(b.out); saved != nil {
		return saved
	}
	return err
}

// text is the report: Markdown where it is a table, so that it can be copied.
func (r *results) text() string {
	var s strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&s, format+"\n", args...) }
	m := r.Machine
	say("\n%s, %d processors, %s, %s; %s, Node %s, PostgreSQL %s; commit %s", m.Processor, m.Processors, m.Memory, m.System, m.Go, m.Node, m.PostgreSQL, m.Commit)
	say("%s\n", r.Plan)
	if len(r.Load) > 0 {
		r.loadTable(&s)
	}
	if len(r.Memory) > 0 {
		table(&s, []string{"resident memory, MiB", "idle", "with idle connections", "KiB for each", "peak under load", "after it"}, r.Memory, func(m memory) []string {
			return []string{m.Contender, mib(m.Idle), mib(m.Connected), fmt.Sprintf("%.1f (%d)", m.each()/1024, m.Connections), mib(m.Peak), mib(m.After)}
		})
	}
	if r.Start != nil {
		say("start to first answer, on SQLite: median of %d %s\n", len(r.Start.Milliseconds), milliseconds(median(r.Start.Milliseconds)))
	}
	if len(r.Binaries) > 0 {
		table(&s, []string{"program", "tags", "size, MiB"}, r.Binaries, func(b binary) []string { return []string{b.Program, b.Tags, mib(b.Bytes)} })
	}
	if len(r.Allocations) > 0 {
		table(&s, []string{"package", "benchmark", "ns", "bytes", "allocations"}, r.Allocations, func(a allocation) []string {
			return []string{a.Package, a.Name, fmt.Sprintf("%.0f", a.Nanoseconds), fmt.Sprint(a.Bytes), fmt.Sprint(a.Allocations)}
		})
	}
	for _, p := range r.Profiles {
		table(&s, []string{"part of " + p.Benchmark, "processor time"}, p.Shares, func(s portion) []string {
			return []string{s.What, fmt.Sprintf("%.1f %% of %s", s.PerCent, p.Total)}
		})
	}
	r.steadiness(say)
	for _, line := range r.Skipped {
		say("skipped: %s", line)
	}
	return s.String()
}

// loadTable is the table of all workloads. Ratios are of medians.
func (r *results) loadTable(s *strings.Builder) {
	groups, found := summarize(r.Load)
	type row struct {
		group
		summary
		others map[string]float64 // requests a second, by contender
	}
	var rows []row
	for _, g := range groups {
		others := map[string]float64{}
		for _, c := range found[g] {
			others[c.contender] = c.PerSecond
		}
		for _, c := range found[g] {
			rows = append(rows, row{g, c, others})
		}
	}
	table(s, []string{"workload", "sessions", "connections", "contender", "requests/s", "to Better Auth", "to the limit", "p50 ms", "p99 ms", "max ms", "CPU µs", "PostgreSQL µs", "generator µs"}, rows, func(r row) []string {
		return []string{
			r.workload, fmt.Sprint(r.sessions), fmt.Sprint(r.connections), r.contender, fmt.Sprintf("%.0f", r.PerSecond),
			times(ratio(r.PerSecond, r.others[betterAuth])), share(ratio(r.PerSecond, r.others[theLimit])),
			fmt.Sprintf("%.2f", r.P50), fmt.Sprintf("%.2f", r.P99), fmt.Sprintf("%.2f", r.Slowest),
			fmt.Sprintf("%.0f", r.ServerCPU), fmt.Sprintf("%.0f", r.DatabaseCPU), fmt.Sprintf("%.0f", r.GeneratorCPU),
		}
	})
}

func (r *results) steadiness(say func(string, ...any)) {
	if s := r.Steady; s != nil {
		say("steady, %s of mixed load, %d requests at %.0f a second, p99 %s:", s.Length, s.Requests, s.PerSecond, milliseconds(s.P99))
		say("  resident memory, MiB: first minute %s, last %s; threads %d, %d; files %d, %d; connections to PostgreSQL %d, %d",
			mib(s.First.Resident), mib(s.Last.Resident), s.First.Threads, s.Last.Threads, s.First.Files, s.Last.Files, s.First.Database, s.Last.Database)
		say("  goroutines at rest: after a minute %d, at the end %d\n", s.GoroutinesFirst, s.GoroutinesLast)
	}
	if a := r.Addresses; a != nil {
		say("rate limiter: %d addresses at %.0f a second; resident memory, MiB: before %s, peak %s, after %s\n", a.Addresses, a.PerSecond, mib(a.Before), mib(a.Peak), mib(a.After))
	}
	if s := r.Slow; s != nil {
		for _, m := range s.Beside {
			say("an honest client at %d connections, beside %s: %.0f a second, p50 %s, p99 %s, max %s", s.Honest, m.What, m.PerSecond, milliseconds(m.P50), milliseconds(m.P99), milliseconds(m.Slowest))
		}
		say("")
	}
}

// table writes rows as Markdown, with columns that stand below each other.
func table[T any](s *strings.Builder, head []string, rows []T, cells func(T) []string) {
	tab := tabwriter.NewWriter(s, 0, 8, 1, ' ', 0)
	line := func(cells []string) { _, _ = fmt.Fprintf(tab, "| %s\t|\n", strings.Join(cells, "\t| ")) } // into memory
	line(head)
	rule := make([]string, len(head))
	for i := range rule {
		rule[i] = "---"
	}
	line(rule)
	for _, row := range rows {
		line(cells(row))
	}
	_ = tab.Flush() // into memory
	s.WriteString("\n")
}

func mib(bytes int64) string { return fmt.Sprintf("%.1f", float64(bytes)/(1<<20)) }

func milliseconds(ms float64) string {
	return time.Duration(ms * float64(time.Millisecond)).Round(10 * time.Microsecond).String()
}

func times(r float64) string {
	if r == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f×", r)
}

func share(r float64) string {
	if r == 0 {
		return "–"
	}
	return fmt.Sprintf("%.0f %%", 100*r)
}
