package main

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// The text is what the go command prints.
func TestBenchmarksAreReadFromWhatTheGoCommandPrints(t *testing.T) {
	t.Parallel()
	got := parseBenchmarks(`goos: linux
pkg: github.com/gatehouse-auth/gatehouse/core/routes
BenchmarkGetSession/cache=jwt-2         	   56211	     23372 ns/op	   12521 B/op	     159 allocs/op
BenchmarkTimes-8   	 2007256	       595.5 ns/op	 12.5 MB/s	     361 B/op	      10 allocs/op
BenchmarkWithoutMemory-8   	 2007256	       595.5 ns/op
PASS
`)
	want := []allocation{
		{"core/routes", "GetSession/cache=jwt", 23372, 12521, 159},
		{"core/routes", "Times", 595.5, 361, 10},
	}
	if !slices.Equal(got, want) {
		t.Errorf("read %+v, want %+v", got, want)
	}
}

// The text is what pprof prints.
func TestTheShareIsReadFromWhatPprofPrints(t *testing.T) {
	t.Parallel()
	share, total, err := parseProfile("Duration: 793.67ms, Total samples = 800ms (99.54%)\nActive filters:\n   focus=gatehouse/core/password\nShowing nodes accounting for 790ms, 98.75% of 800ms total\n      flat  flat%   sum%        cum   cum%\n")
	if err != nil || share != 98.75 || total != "800ms" {
		t.Errorf("read %v of %s (error: %v), want 98.75 of 800ms", share, total, err)
	}
	if _, _, err := parseProfile("Duration: 1s, Total samples = 0"); err == nil {
		t.Error("a profile without samples has a share")
	}
}

func TestTagsAreFoundInTheSources(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a_on.go":  "//go:build gatehouse_a || gatehouse_full\n\npackage p\n",
		"a_off.go": "//go:build !gatehouse_a && !gatehouse_full\n\npackage p\n",
		"b.go":     "package p\n\n// gatehouse_c is in a comment.\n",
		"b.txt":    "//go:build gatehouse_d\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := buildTags(dir); err != nil || !slices.Equal(got, []string{"gatehouse_a"}) {
		t.Errorf("found %v (error: %v)", got, err)
	}
}

func TestFlagsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"-rounds", "0"},
		{"-length", "1ms"},
		{"-connections", "0"},
		{"-connections", ""},
		{"-sizes", "many"},
		{"-only", "everything"},
		{"-workloads", "sign-off"},
		{"-contenders", "others"},
		{"-pool", "1"},
		{"-steady", "1s"},
		{"-slow", "100000"},
		{"-idle", "0"},
		{"load"},
	} {
		if _, err := parse(args, io.Discard); err == nil {
			t.Errorf("%v is taken", args)
		}
	}
}

func TestWhatAFlagSaysQuickLeaves(t *testing.T) {
	t.Parallel()
	p, err := parse([]string{"-quick", "-rounds", "3", "-sizes", "5,3,3"}, io.Discard)
	if err != nil || p.rounds != 3 || !slices.Equal(p.sizes, []int{3, 5}) || !slices.Equal(p.connections, []int{1, 32}) {
		t.Errorf("the plan is %+v (error: %v)", p, err)
	}
}

func TestSteadinessIsDoneOnlyWhenAskedFor(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args     []string
		does, no []string
	}{
		{nil, []string{"load", "memory"}, []string{"steady", "addresses", "slow"}},
		{[]string{"-steady", "10m"}, []string{"steady"}, []string{"load", "slow"}},
		{[]string{"-slow", "10", "-only", "load,slow,steady"}, []string{"load", "slow"}, []string{"steady", "start"}},
	} {
		p, err := parse(c.args, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range c.does {
			if !p.has(name) {
				t.Errorf("%v: %s is not done", c.args, name)
			}
		}
		for _, name := range c.no {
			if p.has(name) {
				t.Errorf("%v: %s is done", c.args, name)
			}
		}
	}
}
