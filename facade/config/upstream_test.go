package config_test

import (
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var facts = flag.String("facts", "../../reference/facts/options.json", "the inventory of upstream's options")

const upstreamFile = "upstream.txt"

// upstreamOption is an entry of the inventory.
type upstreamOption struct {
	Name    string           `json:"name"`
	Options []upstreamOption `json:"options"`
}

// TestUpstreamOptionsAreThoseOfTheInventory compares the list of upstream's
// options with the inventory that it comes from, or writes it with -update.
func TestUpstreamOptionsAreThoseOfTheInventory(t *testing.T) {
	text, err := os.ReadFile(*facts)
	if err != nil {
		t.Fatal(err)
	}
	var inventory struct {
		Core    []upstreamOption           `json:"core"`
		Plugins map[string]json.RawMessage `json:"plugins"`
	}
	if err := json.Unmarshal(text, &inventory); err != nil {
		t.Fatal(err)
	}
	paths := flatten("", inventory.Core)
	for name := range inventory.Plugins {
		if name != "redisStorage" { // a storage, not a plugin
			paths = append(paths, "plugins."+name)
		}
	}
	slices.Sort(paths)
	want := strings.Join(slices.Compact(paths), "\n") + "\n"
	if *update {
		if err := os.WriteFile(upstreamFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	have, err := os.ReadFile(upstreamFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(have), want); diff != "" {
		t.Errorf("the list is stale, run the test with -update (-have +want):\n%s", diff)
	}
}

func flatten(prefix string, options []upstreamOption) []string {
	var paths []string
	for _, o := range options {
		paths = append(paths, prefix+o.Name)
		paths = append(paths, flatten(prefix+o.Name+".", o.Options)...)
	}
	return paths
}
