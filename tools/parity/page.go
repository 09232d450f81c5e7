package main

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

const generated = "<!-- Written by `go run ./tools/parity`. What people write is in %s. -->\n"

// page collects Markdown.
type page struct{ text strings.Builder }

func (p *page) line(format string, args ...any) {
	p.text.WriteString(fmt.Sprintf(format, args...) + "\n")
}

// table writes a table, or nothing when it has no rows.
func (p *page) table(head []string, rows [][]string) {
	if len(rows) == 0 {
		return
	}
	p.line("| %s |", strings.Join(head, " | "))
	p.line("|%s", strings.Repeat("---|", len(head)))
	for _, row := range rows {
		for i, cell := range row {
			row[i] = strings.ReplaceAll(strings.ReplaceAll(strings.TrimSpace(cell), "\n", " "), "|", `\|`)
		}
		p.line("| %s |", strings.Join(row, " | "))
	}
	p.line("")
}

func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

// kinds are the sections of a page.
var kinds = map[Kind]struct{ plural, compared string }{
	Endpoint:  {"Endpoints", "path, methods, media types, operation id, whether it is in process only"},
	Input:     {"Input fields", "name, type, whether it is required or may be null, and the rules; also those of objects inside"},
	Answer:    {"Answers", "each method's success, each error that upstream's code lists for an endpoint, each error that it tells by a redirect"},
	ErrorCode: {"Errors", "code, message, and the statuses that it is raised with"},
	Table:     {"Tables", "name, and the order of the columns"},
	Field:     {"Columns", "name, type, required, unique, index, sortable, bigint, returned, input, reference, default, value on update"},
	Cookie:    {"Cookies", "name, lifetime and attributes over http, over https and across subdomains"},
	RateLimit: {"Rate limits", "window and maximum; every known path is tried"},
	Option:    {"Options", "name and default; names below an option that takes any name, or code, count as one with it"},
	Hook:      {"Hooks", "database hooks by model, operation and phase; how many request hooks a plugin has"},
}

// Page writes docs/parity/<module>.md.
func (m *Module) Page() string {
	p := &page{}
	r := m.Reasons
	p.line("# %s: parity with Better Auth 1.6.9\n", r.Title)
	p.line(generated, r.File)
	p.line("%s\n", strings.TrimSpace(r.Scope))
	m.summary(p)
	m.reasons(p)
	for _, kind := range Kinds() {
		m.section(p, kind)
	}
	m.files(p)
	m.coverage(p)
	if len(r.Notes) > 0 {
		p.line("## Notes\n")
		for _, note := range r.Notes {
			p.line("- %s", strings.TrimSpace(note))
		}
	}
	return strings.TrimRight(p.text.String(), "\n") + "\n"
}

func (m *Module) summary(p *page) {
	p.line("%s\n", legend)
	var rows [][]string
	for _, kind := range Kinds() {
		if m.Count(kind, Done, Unshown, Intended, Unexplained, Missing, Added) == 0 {
			continue
		}
		cells := []string{kinds[kind].plural}
		for _, s := range []State{Done, Unshown, Intended, Unexplained, Missing, Added} {
			cells = append(cells, fmt.Sprint(m.Count(kind, s)))
		}
		rows = append(rows, append(cells, kinds[kind].compared))
	}
	p.table([]string{"", "✓", "○", "≠", "✗", "–", "+", "What is compared"}, rows)
}

// legend explains the marks.
const legend = "✓ registered, equal, and shown by a recording, a vector or a test · ○ equal, and shown by nothing ·" +
	" ≠ different on purpose · ✗ different without a reason · – missing · + only in Gatehouse"

// link names a test and points at its file. Pages lie in docs/parity.
func (m *Module) link(test string) string {
	file, err := m.Tests.File(test)
	if err != nil {
		return code(test)
	}
	_, name, ok := strings.Cut(test, " ")
	if !ok {
		name = test
	}
	return "[`" + name + "`](../../" + file + ")"
}

func (m *Module) links(t tests) string {
	var out []string
	for _, test := range t {
		out = append(out, m.link(test))
	}
	return strings.Join(out, ", ")
}

func (m *Module) reasons(p *page) {
	var seen, unseen, added, hard [][]string
	for _, d := range m.Reasons.Differences {
		if d.Class == "B" {
			seen = append(seen, []string{d.What, d.Reason, code(d.Switch), m.links(d.Test)})
			continue
		}
		unseen = append(unseen, []string{d.What, d.Reason, m.links(d.Test)})
	}
	for _, a := range m.Reasons.Additions {
		var rows []string
		for _, row := range a.Rows {
			rows = append(rows, code(row))
		}
		added = append(added, []string{strings.Join(rows, ", "), a.Why, m.links(a.Test)})
	}
	for _, h := range m.Reasons.Hardening {
		hard = append(hard, []string{h.Row, m.links(h.Test)})
	}
	if len(seen) > 0 {
		p.line("## Differences that a client can see, with a switch\n")
		p.line("Secure by default; the switch under `compat` restores 1.6.9, `compat: \"1.6.9\"` all of them.\n")
		p.table([]string{"Difference", "Reason", "Switch", "Test"}, seen)
	}
	if len(unseen) > 0 {
		p.line("## Differences that an honest client does not see\n")
		p.table([]string{"Difference", "Reason", "Test"}, unseen)
	}
	var replayed [][]string
	for _, k := range m.Evidence.Known(m.Owner) {
		replayed = append(replayed, []string{k.Scenario, k.Reason, m.link(k.Test)})
	}
	for _, f := range m.Evidence.Follows(m.Owner) {
		why := f.Because
		if !strings.HasPrefix(f.Follows, "docs/") {
			why += " (" + f.Follows + ")"
		}
		replayed = append(replayed, []string{f.Topic, why, "the scenario itself"})
	}
	if len(replayed) > 0 {
		p.line("## Differences that the replay of recordings knows\n")
		p.line("Field by field in `reference/replay/differences.yaml`, or in the scenario as what it follows instead.\n")
		p.table([]string{"Scenarios", "Reason", "Test"}, replayed)
	}
	if len(added) > 0 {
		p.line("## What only Gatehouse has\n")
		p.table([]string{"What", "Why", "Test"}, added)
	}
	if len(hard) > 0 {
		p.line("## Hardening\n")
		p.table([]string{"What does not work here", "Test"}, hard)
	}
}

func (m *Module) section(p *page, kind Kind) {
	present := m.Of(kind, Done, Unshown, Intended, Unexplained, Added)
	missing := m.Of(kind, Missing)
	if len(present)+len(missing) == 0 {
		return
	}
	p.line("## %s\n", kinds[kind].plural)
	head := []string{"", singular(kind), "Shown by", "Remarks"}
	var rows [][]string
	for _, row := range present {
		rows = append(rows, []string{string(row.State), code(row.Name), m.shownBy(row), row.remarks()})
	}
	p.table(head, rows)
	if len(missing) == 0 {
		return
	}
	var names, notes []string
	why := map[string][]string{}
	for _, row := range missing {
		names = append(names, code(row.Name))
		for _, note := range row.Notes {
			if why[note] == nil {
				notes = append(notes, note)
			}
			why[note] = append(why[note], code(row.Name))
		}
	}
	p.line("– Missing: %s.\n", strings.Join(names, ", "))
	for _, note := range notes {
		p.line("Of these, %s: %s.\n", strings.Join(why[note], ", "), note)
	}
}

func singular(kind Kind) string {
	if kind == Field {
		return "Column"
	}
	return strings.ToUpper(string(kind[:1])) + string(kind[1:])
}

// shownBy names topics, tests and files; of many topics the first ones.
func (m *Module) shownBy(row *Row) string {
	const most = 3
	var topics, rest []string
	for _, s := range row.Shown {
		switch {
		case m.Evidence.isTopic(s):
			topics = append(topics, "["+path.Base(s)+"](../../reference/scenarios/"+s+".yaml)")
		case strings.HasPrefix(s, "never: "):
			rest = append(rest, s)
		case strings.Contains(path.Base(s), "."):
			rest = append(rest, "["+path.Base(s)+"](../../"+s+")")
		default:
			rest = append(rest, m.link(s))
		}
	}
	if n := len(topics); n > most {
		topics = append(topics[:most:most], fmt.Sprintf("%d more", n-most))
	}
	return strings.Join(append(topics, rest...), ", ")
}

// remarks tell what differs.
func (r *Row) remarks() string {
	var out []string
	for _, d := range r.Differences {
		out = append(out, fmt.Sprintf("%s: %s, upstream %s", d.Attr, orNone(d.Ours), orNone(d.Upstream)))
	}
	return strings.Join(append(out, r.Notes...), "; ")
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return code(text)
}

func (m *Module) files(p *page) {
	p.line("## From upstream's files to ours\n")
	var rows [][]string
	var done []string
	for _, entry := range m.Reasons.Map {
		var ours []string
		for _, file := range entry.Ours {
			ours = append(ours, "["+file+"](../../"+file+")")
		}
		done = append(done, entry.Upstream)
		rows = append(rows, []string{code(entry.Upstream), strings.Join(ours, ", ")})
	}
	p.table([]string{"Better Auth", "Gatehouse"}, rows)
	var left []string
	for _, file := range m.Files {
		if !slices.ContainsFunc(done, func(d string) bool { return like(d, file) }) {
			left = append(left, code(file))
		}
	}
	if len(left) > 0 {
		p.line("Nothing here yet for: %s.\n", strings.Join(left, ", "))
	}
}

func (m *Module) coverage(p *page) {
	p.line("## Coverage\n")
	p.line("%d scenarios are recorded and replayed.\n", m.Evidence.Scenarios[m.Owner])
	var rows [][]string
	for _, e := range m.Of(Endpoint, Done, Unshown, Intended, Unexplained) {
		shown, all, by := 0, 0, 0
		for _, a := range m.Rows {
			if a.Kind != Answer || !isAnswerOf(a, e.Name) {
				continue
			}
			all++
			if a.State == Done {
				shown++
			}
			if len(a.Shown) > 0 && m.Evidence.isTopic(a.Shown[0]) {
				by++
			}
		}
		rows = append(rows, []string{code(e.Name), fmt.Sprint(m.Evidence.Steps[e.Name]), fmt.Sprintf("%d of %d", by, all), fmt.Sprintf("%d of %d", shown, all)})
	}
	p.table([]string{"Endpoint", "Recorded answers", "Kinds of answers that a recording has", "Kinds that something shows"}, rows)
	options := m.Of(Option, Done, Unshown, Intended)
	if len(options) == 0 {
		return
	}
	recorded := slices.DeleteFunc(slices.Clone(options), func(r *Row) bool { return len(m.Evidence.Of(m.Reasons.Owner, r.Item)) == 0 })
	p.line("Of upstream's %d options that are here, %d change a recording, themselves or by those below them; %d are shown by nothing, the others by a test.\n",
		len(options), len(recorded), m.Count(Option, Unshown))
}

func isAnswerOf(a *Row, endpoint string) bool {
	return a.Attrs[answerPath] == endpoint || a.Attrs[successOf] == endpoint
}
