package config

import (
	"github.com/gatehouse-auth/gatehouse/core/secret"
	"go.yaml.in/yaml/v3"
)

type secretVersion struct {
	Version *int   `opt:"version"` // zero is a version
	Value   string `opt:"value"`
}

// secrets decodes the list of versions. Which versions go together is for the
// core to judge.
func (d *decoder) secrets(path string, n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		d.mismatch(path, n, "a list of mappings of version and value")
		return
	}
	list := make([]secret.Version, 0, len(n.Content))
	for i, child := range n.Content {
		if d.refused[child] {
			continue
		}
		at := item(path, i)
		var v secretVersion
		if d.set(at, child, &v) && d.need(at, child, "version", "value") && v.Version != nil {
			list = append(list, secret.Version{Version: *v.Version, Value: v.Value})
		}
	}
	d.config.Options.Secrets = list
}
