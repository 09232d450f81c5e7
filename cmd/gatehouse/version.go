package main

import (
	"runtime"
	"runtime/debug"
)

type versionCommand struct{}

// Run prints the version that the binary was built from.
func (c *versionCommand) Run(t *terminal) error {
	version, revision, changed := "(unknown)", "", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				revision = ", revision " + s.Value
			case s.Key == "vcs.modified" && s.Value == "true":
				changed = " with changes"
			}
		}
	}
	t.printf("gatehouse %s (%s, %s/%s%s%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH, revision, changed)
	return nil
}
