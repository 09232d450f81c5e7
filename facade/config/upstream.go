package config

import (
	_ "embed"
	"strings"
)

// upstreamText lists, one to a line, the paths of all core options of Better
// Auth 1.6.9 and, below "plugins.", the names of its plugins. It is generated
// from the inventory of upstream's facts, options.json:
//
//	go test ./facade/config -run Upstream -update
//
//go:embed upstream.txt
var upstreamText string

const pluginSection = "plugins"

func upstreamOptions() []string { return strings.Fields(upstreamText) }

func upstreamPlugins() []string {
	var names []string
	for _, path := range upstreamOptions() {
		if name, ok := strings.CutPrefix(path, pluginSection+"."); ok {
			names = append(names, name)
		}
	}
	return names
}
