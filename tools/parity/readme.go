package main

import (
	"fmt"
	"strings"
)

const intro = `# Parity with Better Auth 1.6.9

<!-- Written by ` + "`go run ./tools/parity`" + `. -->

Gatehouse follows Better Auth 1.6.9 on the wire, in cookies, in password hashes
and in the database. These pages say what is there, what is missing, and where
Gatehouse differs on purpose. A difference that is not written down here is a
bug: please report it.

They are measured. ` + "`reference/facts`" + ` is the inventory of 1.6.9; the auditor builds
a server with everything that there is, asks it what is registered, and compares
name by name. What counts as ✓ is registered, equal in everything that is
compared, and shown by something that ran: a recording of 1.6.9 that Gatehouse
answers to in the same way, a vector that 1.6.9 made, or a test. CI fails when a
page is stale, when something differs without a reason, and when nothing shows
what a page calls equal.

`

// Readme writes docs/parity/README.md.
func (a *Audit) Readme() string {
	p := &page{}
	p.text.WriteString(intro)
	p.line("## Modules\n")
	p.line("Each cell is ✓ of all that 1.6.9 has. %s.\n", legend)
	head := []string{"Module"}
	for _, kind := range Kinds() {
		head = append(head, kinds[kind].plural)
	}
	head = append(head, "○ ✗", "≠", "+")
	var rows, waiting [][]string
	for _, owner := range a.Facts.Owners() {
		m := a.Module(owner)
		if m == nil {
			waiting = append(waiting, a.notStarted(owner))
			continue
		}
		row := []string{fmt.Sprintf("[%s](%s.md)", strings.ToLower(m.Reasons.Title), owner)}
		for _, kind := range Kinds() {
			row = append(row, fmt.Sprintf("%d of %d", m.Count(kind, Done), m.Count(kind, Done, Unshown, Intended, Unexplained, Missing)))
		}
		rows = append(rows, append(row, fmt.Sprint(m.Count("", Unshown, Unexplained)), fmt.Sprint(m.Count("", Intended)), fmt.Sprint(m.Count("", Added))))
	}
	p.table(head, rows)
	p.line("Not started. The numbers are what 1.6.9 has:\n")
	head = head[:1+len(Kinds())]
	p.table(head, waiting)
	p.line("The %d social providers of 1.6.9 are not started either.\n", a.Facts.Providers())
	p.line("## What the counts mean\n")
	var meanings [][]string
	for _, kind := range Kinds() {
		meanings = append(meanings, []string{kinds[kind].plural, kinds[kind].compared})
	}
	p.table([]string{"Count", "What is compared"}, meanings)
	p.text.WriteString(limits)
	return p.text.String()
}

func (a *Audit) notStarted(owner string) []string {
	inv := a.Facts.Of(owner)
	row := []string{owner}
	for _, kind := range Kinds() {
		n := ""
		if count := len(inv.Of(kind)); count > 0 {
			n = fmt.Sprint(count)
		}
		row = append(row, n)
	}
	return row
}

const limits = `What a count does not say:

- An endpoint counts when its registration is equal and a success is recorded.
  The bodies, headers, cookies and rows of an answer are compared by the replay
  of the recordings, not here.
- An error of an endpoint counts when a recording has it there. Only the codes
  are registered, not which endpoint raises them.
- A column counts when its declaration is equal and a recorded row has it. What
  a database makes of it is for the tests of the adapters.
- The default of an option is the one that the configuration reference tells.
  A ✓ says more: without the option a recording would be another one, or a test
  shows it.
- The OpenAPI document is compared in ` + "`reference/openapi`" + `, statement by statement.
- Not compared: middleware by name, the order of request hooks, tables that
  secondary storage leaves out, TypeScript types.

## Evidence

- **Scenarios and recordings** in ` + "`reference/scenarios` and `reference/recordings`" + `:
  what is asked, and what 1.6.9 answered. ` + "`go test ./reference/...`" + ` replays them on
  memory, SQLite, PostgreSQL and MySQL or MariaDB, and on Redis those with a
  secondary storage; [where these differ](../../reference/README.md).
- **Vectors** in ` + "`reference/vectors`" + `, made by running 1.6.9: password hashes,
  signed cookies, the three session caches, encrypted values. Go reads
  upstream's, and a script lets upstream read ours.
- **Recorded verdicts** in the ` + "`testdata`" + ` folders of ` + "`core/input`, `core/wire`" + `,
  ` + "`core/origin` and `core/ratelimit`" + `, each with the script that made it.
- **The published client** of 1.6.9 and of 1.7.25, unmodified, against the
  running server (` + "`reference/client`" + `).
- **Tests that name upstream's answer** in ` + "`core` and `core/routes`" + `.

The reasons are written by hand, in a ` + "`parity.yaml`" + ` beside the code of each module;
CONTRIBUTING says how to close a gap.
`
