package main

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// binary is the size of a program.
type binary struct {
	Program, Tags string
	Bytes         int64
}

const full = "gatehouse_full"

// measureBinaries builds the command, which has everything, and an application by
// its tags: none, each alone, all.
func (b *bench) measureBinaries() error {
	tags, err := buildTags(filepath.Join(b.root, "facade"))
	if err != nil {
		return err
	}
	measure := func(program, pkg string, tags ...string) error {
		path, err := b.build(pkg, tags...)
		if err != nil {
			return err
		}
		info, err := os.Stat(path) //nolint:gosec // what was just built
		if err != nil {
			return err
		}
		b.Binaries = append(b.Binaries, binary{program, strings.Join(tags, ","), info.Size()})
		return nil
	}
	if err := measure("gatehouse", "./cmd/gatehouse"); err != nil {
		return err
	}
	const application = "./tools/bench/embed"
	if err := measure("an application", application); err != nil {
		return err
	}
	for _, tag := range append(tags, full) {
		if err := measure("an application", application, tag); err != nil {
			return err
		}
	}
	return nil
}

var tagPattern = regexp.MustCompile(`gatehouse_\w+`)

// buildTags are the tags that files below a folder know, but the one for all.
func buildTags(folder string) ([]string, error) {
	found := map[string]bool{}
	err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" {
			return err
		}
		text, err := os.ReadFile(path) //nolint:gosec // our own sources
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, "//go:build ") {
				for _, tag := range tagPattern.FindAllString(line, -1) {
					found[tag] = true
				}
			}
		}
		return err
	})
	delete(found, full)
	return slices.Sorted(maps.Keys(found)), err
}
