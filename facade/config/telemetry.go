package config

import "go.yaml.in/yaml/v3"

// telemetry has upstream's options of it. They have no field in the core, which
// sends none.
type telemetry struct {
	Enabled bool `opt:"enabled"`
	Debug   bool `opt:"debug"`
}

func (d *decoder) telemetry(path string, n *yaml.Node) {
	if isNull(n) {
		return
	}
	var t telemetry
	if d.set(path, n, &t) && t.Enabled {
		d.fail(n.Line, below(path, "enabled"), "cannot be true: this build sends no telemetry; leave the key out")
	}
}
