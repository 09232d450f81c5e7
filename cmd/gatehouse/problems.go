package main

import (
	"fmt"
	"strings"
)

// list shows the problems of a configuration, one a line. Joined errors come
// with a line each, and core puts "configuration: " in front of the first.
func list(err error) string {
	text := strings.TrimPrefix(strings.TrimSpace(err.Error()), "configuration: ")
	lines := strings.Split(text, "\n")
	if len(lines) == 1 {
		return "the configuration has a problem:\n  - " + lines[0] + "\n"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "the configuration has %d problems:\n", len(lines))
	for _, line := range lines {
		b.WriteString("  - " + strings.TrimSpace(line) + "\n")
	}
	return b.String()
}
