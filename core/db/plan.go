package db

import "strings"

// String names a step, such as "add column user.image".
func (s Step) String() string {
	switch {
	case s.Name == "":
		return s.Kind + " " + s.Table
	case s.Kind == "add column":
		return s.Kind + " " + s.Table + "." + s.Name
	}
	return s.Kind + " " + s.Name + " on " + s.Table
}

// SQL is the Plan as a script of the database's dialect: each step under a
// comment that names it. It is for whoever changes a schema by other means;
// Conflicts have no statements and are left out.
func (p *Plan) SQL() string {
	var b strings.Builder
	for _, s := range p.Steps {
		statement := strings.TrimSuffix(strings.TrimSpace(s.SQL), ";")
		// On a line of its own: the statement may end in a comment, of which there
		// are several kinds.
		b.WriteString("-- " + strings.Join(strings.Fields(s.String()), " ") + "\n" + statement + "\n;\n\n")
	}
	return b.String()
}
