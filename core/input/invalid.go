package input

import (
	"strings"
)

// Origin is the part of a request that a field comes from.
type Origin string

// The parts of a request. Their text is the first word of each issue.
const (
	FromBody  Origin = "body"
	FromQuery Origin = "query"
	FromPath  Origin = "path"
)

// Invalid says what is wrong with a request. Upstream answers it with status
// 400, code VALIDATION_ERROR and this message.
//
// Messages contain names and types of what was sent, never values.
type Invalid struct {
	Message string // `[body.email] Invalid email address; [body.name] ...`
	Issues  []Issue
}

// Issue is one complaint.
type Issue struct {
	Origin  Origin
	Path    string // "email", "idToken.user.name", "roles.0"; empty for the part as a whole
	Message string // "Invalid email address"
}

// Error returns the message.
func (e *Invalid) Error() string { return e.Message }

// A body of a thousand wrong items shall not be answered with a message of a
// thousand parts, though upstream would.
const maxIssues = 64

// after says what may still be checked once an issue was found. The three
// states are zod's `continue`: true, undefined and false.
type after uint8

const (
	goOn     after = iota // a failed rule: later rules of the value still run
	lengths               // a wrong type: only rules on length still run
	stopHere              // no further rule runs
)

type report struct {
	origin Origin
	issues []Issue
	after  []after // parallel to issues
}

func (r *report) add(at *path, then after, message string) {
	if r.full() {
		return
	}
	r.issues = append(r.issues, Issue{Origin: r.origin, Path: at.String(), Message: message})
	r.after = append(r.after, then)
}

func (r *report) full() bool { return len(r.issues) >= maxIssues }

// stop makes the latest issue the last of its value.
func (r *report) stop() {
	if n := len(r.after); n > 0 {
		r.after[n-1] = stopHere
	}
}

// worst returns the strictest consequence of the issues from index on.
func (r *report) worst(from int) after {
	w := goOn
	for _, a := range r.after[from:] {
		w = max(w, a)
	}
	return w
}

func (r *report) err() error {
	if len(r.issues) == 0 {
		return nil
	}
	var b strings.Builder
	for i, issue := range r.issues {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteByte('[')
		b.WriteString(string(issue.Origin))
		if issue.Path != "" {
			b.WriteByte('.')
			b.WriteString(issue.Path)
		}
		b.WriteString("] ")
		b.WriteString(issue.Message)
	}
	return &Invalid{Message: b.String(), Issues: r.issues}
}

// path is the way to a value, kept as a list and joined only when something is
// wrong.
type path struct {
	parent *path
	step   string
}

func (p *path) String() string {
	if p == nil {
		return ""
	}
	if p.parent == nil {
		return p.step
	}
	return p.parent.String() + "." + p.step
}
