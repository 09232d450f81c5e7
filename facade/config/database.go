package config

import "go.yaml.in/yaml/v3"

// Dialects that a file may name. Which of them can be opened is for package
// database to say.
var dialects = []string{"memory", "sqlite", "postgres", "mysql"}

func (d *decoder) database(path string, n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		d.mismatch(path, n, "a mapping of dialect and dsn")
		return
	}
	if !d.set(path, n, &d.config.Database) || !d.need(path, n, "dialect") {
		return
	}
	switch b := d.config.Database; {
	case b.Dialect == "": // refused above
	case b.Dialect == "memory" && b.DSN != "":
		d.fail(n.Line, below(path, "dsn"), "the memory dialect has none: leave the key out")
	case b.Dialect != "memory" && b.DSN == "":
		d.fail(n.Line, below(path, "dsn"), "the %s dialect needs one", b.Dialect)
	}
}
