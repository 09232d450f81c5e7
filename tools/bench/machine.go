package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// machine is what the figures were measured on.
type machine struct {
	Processor  string
	Processors int
	Memory     string
	System     string
	Go, Node   string
	PostgreSQL string
	Commit     string // of the repository; "+" when files differ from it
}

// look describes this machine. What cannot be found out is left out.
func (b *bench) look() machine {
	ask := func(name string, args ...string) string {
		cmd := exec.CommandContext(b.ctx, name, args...) //nolint:gosec // the commands below
		cmd.Dir = b.root
		text, _ := output(cmd)
		return text
	}
	m := machine{
		Processor: field("/proc/cpuinfo", "model name"), Processors: runtime.NumCPU(), Memory: field("/proc/meminfo", "MemTotal"),
		System: runtime.GOOS + "/" + runtime.GOARCH + " " + ask("uname", "-r"), Go: runtime.Version(), Node: ask("node", "--version"),
		Commit: ask("git", "rev-parse", "--short", "HEAD"),
	}
	if ask("git", "status", "--porcelain") != "" {
		m.Commit += "+"
	}
	return m
}

// field is the first value of a name in a file of lines "name: value".
func field(file, name string) string {
	text, _ := os.ReadFile(file) //nolint:gosec // files of the system
	for line := range strings.Lines(string(text)) {
		if n, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(n) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// String is one line about the plan.
func (p *plan) String() string {
	return fmt.Sprintf("%d rounds of %s after %s, %d processors and %d database connections for each server", p.rounds, p.length, p.warm, p.processors, p.pool)
}
