package main

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Problem is what makes --check fail.
type Problem struct{ Where, What, Fix string }

func (p Problem) String() string { return p.Where + ": " + p.What + "\n    " + p.Fix }

// judge applies the reasons and the evidence to the rows of a module.
type judge struct {
	rows     []*Row
	reasons  *Reasons
	evidence *Evidence
	tests    Tests
	tree     fs.FS

	problems []Problem
}

func (j *judge) problem(what, fix string, args ...any) {
	j.problems = append(j.problems, Problem{j.reasons.File, what, fmt.Sprintf(fix, args...)})
}

// Judge decides about every row and lists what is wrong.
func Judge(rows []*Row, r *Reasons, e *Evidence, t Tests, tree fs.FS) []Problem {
	j := &judge{rows: rows, reasons: r, evidence: e, tests: t, tree: tree}
	j.downgrade()
	j.explain()
	j.show()
	j.files()
	for _, h := range r.Hardening {
		j.needTests("hardening, "+h.Row, h.Test)
	}
	for _, k := range e.Known(r.Owner) {
		j.needTest("reference/replay/differences.yaml, "+k.Scenario, k.Test)
	}
	for _, row := range rows {
		j.complain(row)
	}
	return j.problems
}

// apply calls f for every row that a pattern is about, and complains about
// patterns that f has no use for.
func (j *judge) apply(entry string, patterns []string, f func(row *Row, pattern string) bool) {
	for _, p := range patterns {
		used := false
		for _, row := range j.rows {
			used = f(row, p) || used
		}
		if !used {
			j.problem(fmt.Sprintf("%s: the row %q is about nothing", entry, p),
				"correct it, or take it out if what it was about is equal or gone now")
		}
	}
}

func (j *judge) downgrade() {
	for _, m := range j.reasons.Missing {
		j.apply("missing", m.Rows, func(row *Row, p string) bool {
			if !matches(p, row, "") || row.Ours == nil {
				return false
			}
			row.State, row.Differences = Missing, nil
			row.Notes = append(row.Notes, m.Why)
			return true
		})
	}
}

// explain takes the differences out of a row that are meant.
func (j *judge) explain() {
	for _, s := range j.reasons.Same {
		for _, test := range s.Test {
			j.needTest("same, "+strings.Join(s.Rows, ", "), test)
		}
		j.apply("same", s.Rows, func(row *Row, p string) bool {
			return row.take(func(d Difference) bool {
				return matches(p, row, d.Attr) && d.Upstream == s.Upstream && d.Ours == s.Ours
			}) > 0
		})
	}
	for _, row := range j.rows {
		if row.State == Unexplained && !row.Extra() && len(row.Differences) == 0 {
			row.State = Unshown
		}
	}
	for _, d := range j.reasons.Differences {
		j.difference(d.What, d.Reason, d.Class, d.Switch, d.Test)
		j.apply("differences", d.Rows, func(row *Row, p string) bool {
			return j.intend(row, p, Intended, "differs on purpose: "+d.What)
		})
	}
	for _, a := range j.reasons.Additions {
		for _, test := range a.Test {
			j.needTest("additions, "+strings.Join(a.Rows, ", "), test)
		}
		j.apply("additions", a.Rows, func(row *Row, p string) bool {
			return row.Extra() && j.intend(row, p, Added, a.Why)
		})
	}
}

func (j *judge) intend(row *Row, pattern string, state State, note string) bool {
	if row.State == Missing {
		return false
	}
	switch {
	case row.Extra():
		if !matches(pattern, row, "") {
			return false
		}
		state = Added
	case row.mark(func(d Difference) bool { return matches(pattern, row, d.Attr) }) == 0:
		return false
	}
	if !slices.Contains(row.Notes, note) {
		row.Notes = append(row.Notes, note)
	}
	if row.Extra() || row.explained() {
		row.State = state
	}
	return true
}

// take removes differences; mark keeps them for the page, as meant.
func (r *Row) take(which func(Difference) bool) int {
	before := len(r.Differences)
	r.Differences = slices.DeleteFunc(r.Differences, which)
	return before - len(r.Differences)
}

func (r *Row) mark(which func(Difference) bool) int {
	n := 0
	for i := range r.Differences {
		if which(r.Differences[i]) {
			r.Differences[i].Meant = true
			n++
		}
	}
	return n
}

func (r *Row) explained() bool {
	return !slices.ContainsFunc(r.Differences, func(d Difference) bool { return !d.Meant })
}

func (j *judge) difference(what, reason, class, compat string, t tests) {
	at := "differences, " + what
	if what == "" || reason == "" {
		j.problem(at+": what and reason are needed", "write both")
	}
	j.needTests(at, t)
	switch class {
	case "A":
		if compat != "" {
			j.problem(at+": class A has no switch", "make it B, or take the switch out")
		}
	case "B":
		option := Item{Kind: Option, Name: "compat." + compat}.ID()
		if !slices.ContainsFunc(j.rows, func(r *Row) bool { return r.ID() == option && r.Ours != nil }) && j.reasons.Owner == Core {
			j.problem(fmt.Sprintf("%s: there is no option compat.%s", at, compat), "name the switch that restores upstream's way")
		}
	default:
		j.problem(at+": the class is A or B", "B is what an honest client can see")
	}
}

// show finds what shows a row that is equal.
func (j *judge) show() {
	for _, row := range j.rows {
		if row.State == Unshown {
			if row.Shown = j.evidence.Of(j.reasons.Owner, row.Item); len(row.Shown) > 0 {
				row.State = Done
			}
		}
	}
	for _, e := range j.reasons.Evidence {
		at := "evidence, " + strings.Join(e.Rows, ", ")
		var by []string
		if e.Never != "" {
			by = append(by, "never: "+e.Never)
		}
		if e.File != "" {
			if _, err := fs.Stat(j.tree, e.File); err != nil {
				j.problem(fmt.Sprintf("%s: %s does not exist", at, e.File), "name the file of vectors that shows it")
			}
			by = append(by, e.File)
		}
		j.needTests(at, e.Test)
		by = append(by, e.Test...)
		j.apply("evidence", e.Rows, func(row *Row, p string) bool {
			if !matches(p, row, "") || row.State != Unshown && row.State != Done {
				return false
			}
			row.State = Done
			row.Shown = append(row.Shown, by...)
			return true
		})
	}
}

func (j *judge) needTests(at string, t tests) {
	if len(t) == 0 {
		j.problem(at+": no test is named", "name the test that shows it")
	}
	for _, test := range t {
		j.needTest(at, test)
	}
}

func (j *judge) needTest(at, test string) {
	if _, err := j.tests.File(test); err != nil {
		j.problem(fmt.Sprintf("%s: %v", at, err), "name a Test or Fuzz function of this repository")
	}
}

func (j *judge) files() {
	for _, m := range j.reasons.Map {
		for _, ours := range m.Ours {
			if _, err := fs.Stat(j.tree, ours); err != nil {
				j.problem(fmt.Sprintf("map, %s: %s does not exist", m.Upstream, ours), "name the file or folder that does its work")
			}
		}
	}
}

func (j *judge) complain(row *Row) {
	switch row.State {
	case Unexplained:
		if row.Extra() {
			j.problem(row.ID()+" is not upstream's", "take it out, or give it a place under additions with the reason")
		}
		for _, d := range row.Differences {
			if d.Attr == absent && !d.Meant {
				j.problem(row.ID()+" is missing in something that is here",
					"add it, or put %q under the rows of a difference with its reason and test", row.ID()+": "+absent)
				continue
			}
			if !d.Meant {
				j.problem(fmt.Sprintf("%s: %s is %q, and upstream's is %q", row.ID(), d.Attr, d.Ours, d.Upstream),
					"make it equal, or put %q under the rows of a difference with its reason and test", row.ID()+": "+d.Attr)
			}
		}
	case Unshown:
		j.problem(row.ID()+" is equal and nothing shows it", "write a scenario in reference/scenarios/%s and record it, or name a test under evidence", j.reasons.Owner)
	case Missing:
		if shown := j.evidence.Of(j.reasons.Owner, row.Item); row.Ours == nil && row.Kind == ErrorCode && len(shown) > 0 {
			j.problem(fmt.Sprintf("%s counts as missing, and %s shows that it is raised", row.ID(), strings.Join(shown, ", ")),
				"register it with Setup.ErrorCodes")
		}
	}
}
