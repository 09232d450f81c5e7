package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

// profile is where the processor time of a benchmark goes.
type profile struct {
	Benchmark string
	Total     string // of the samples
	Shares    []portion
}

// portion is a part of the samples: those at or below a function of that name.
type portion struct {
	What    string
	PerCent float64
}

// subject is a benchmark to take a profile of, and what to tell of it.
type subject struct {
	benchmark string
	times     int
	parts     []focus
}

// focus names samples by an expression that pprof finds in a function's name.
type focus struct{ what, functions string }

func subjects() []subject {
	inSession := []focus{
		{"the look-up of the session", `core\.\(\*Ctx\)\.FindSession$`},
		{"its signature or encryption", `secret\.\(\*Keys\)\.VerifyParts$|secret\.\(\*Keys\)\.VerifyRaw$|cipher\.\(\*cbcAEAD\)\.Open$`},
		{"base64", `^encoding/base64\.`},
		{"taking JSON apart", `core/wire\.Members$`},
		{"records out of it, JSON included", `core/db\..*\.FromJSON$`},
		{"encoding the answer", `core\.\(\*Auth\)\.encode$`},
		{"the request's cookies", `core/cookies\.FromRequest$`},
		{"getting memory", `^runtime\.mallocgc$`},
		{"collecting it", `^runtime\.gcBgMarkWorker$|^runtime\.bgsweep$`},
	}
	return []subject{
		{"SignIn", 100, []focus{{"password hashing", "gatehouse/core/password"}}},
		{"GetSession/cache=compact", 200_000, inSession},
		{"GetSession/cache=jwe", 100_000, inSession},
	}
}

// measureProfile takes profiles of benchmarks that go through the handler, with
// passwords hashed at their real cost. The program has no door for profiles, so that
// the database is the one in memory, and nothing goes over a network: what
// PostgreSQL and net/http cost is not in it.
func (b *bench) measureProfile() error {
	for _, s := range subjects() {
		p, err := b.profile(s)
		if err != nil {
			return fmt.Errorf("%s: %w", s.benchmark, err)
		}
		b.Profiles = append(b.Profiles, p)
	}
	return nil
}

func (b *bench) profile(s subject) (profile, error) {
	file := filepath.Join(b.dir, "profile")
	if b.quick {
		s.times /= 10
	}
	run := exec.CommandContext(b.ctx, "go", "test", "./core/routes", "-run", "^$", "-bench", "^Benchmark"+s.benchmark+"$", "-benchtime", fmt.Sprintf("%dx", s.times), //nolint:gosec // packages of ours
		"-cpuprofile", file, "-o", filepath.Join(b.dir, "profiled.test"))
	run.Dir = b.root
	if text, err := output(run); err != nil {
		return profile{}, fmt.Errorf("%w\n%s", err, text)
	}
	p := profile{Benchmark: s.benchmark}
	for _, f := range s.parts {
		read := exec.CommandContext(b.ctx, "go", "tool", "pprof", "-top", "-focus", f.functions, "-nodecount", "100000", "-nodefraction", "0", file) //nolint:gosec // a file of ours
		text, err := output(read)
		if err != nil {
			return profile{}, err
		}
		one := portion{What: f.what}
		if one.PerCent, p.Total, err = parseProfile(text); err != nil {
			return profile{}, err
		}
		p.Shares = append(p.Shares, one)
	}
	return p, nil
}

// focused is what pprof says about the samples that its focus leaves.
var focused = regexp.MustCompile(`Showing nodes accounting for \S+, ([\d.]+)% of (\S+) total`)

func parseProfile(text string) (perCent float64, total string, err error) {
	m := focused.FindStringSubmatch(text)
	if m == nil {
		return 0, "", fmt.Errorf("pprof prints no share:\n%.500s", text)
	}
	perCent, err = strconv.ParseFloat(m[1], 64)
	return perCent, m[2], err
}
