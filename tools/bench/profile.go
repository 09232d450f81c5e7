package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

// profile is where the processor time of sign-ins goes.
type profile struct {
	Hashing float64 // per cent, at and below core/password
	Total   string  // of the samples
}

// measureProfile takes a profile of sign-ins through the handler, with passwords
// hashed at their real cost. The program has no door for profiles, so that the
// database is the one in memory: what PostgreSQL costs a server is not in it.
func (b *bench) measureProfile() error {
	file := filepath.Join(b.dir, "sign-in.prof")
	signIns := "100x"
	if b.quick {
		signIns = "10x"
	}
	bench := exec.CommandContext(b.ctx, "go", "test", "./core/routes", "-run", "^$", "-bench", "^BenchmarkSignIn$", "-benchtime", signIns, //nolint:gosec // packages of ours
		"-cpuprofile", file, "-o", filepath.Join(b.dir, "sign-in.test"))
	bench.Dir = b.root
	if text, err := output(bench); err != nil {
		return fmt.Errorf("%w\n%s", err, text)
	}
	read := exec.CommandContext(b.ctx, "go", "tool", "pprof", "-top", "-focus", "gatehouse/core/password", "-nodecount", "100000", "-nodefraction", "0", file) //nolint:gosec // a file of ours
	text, err := output(read)
	if err != nil {
		return err
	}
	p, err := parseProfile(text)
	b.Profile = &p
	return err
}

// focused is what pprof says about the samples that its focus leaves.
var focused = regexp.MustCompile(`Showing nodes accounting for \S+, ([\d.]+)% of (\S+) total`)

func parseProfile(text string) (profile, error) {
	m := focused.FindStringSubmatch(text)
	if m == nil {
		return profile{}, fmt.Errorf("pprof prints no share:\n%.500s", text)
	}
	share, err := strconv.ParseFloat(m[1], 64)
	return profile{share, m[2]}, err
}
