package config

import (
	"time"

	"github.com/gatehouse-auth/gatehouse/core"
	"go.yaml.in/yaml/v3"
)

// cacheRefresh is core.RefreshCache without the switch, which a mapping implies.
type cacheRefresh struct {
	UpdateAge *time.Duration `opt:"updateAge"`
}

func (d *decoder) refreshCache(path string, n *yaml.Node) {
	target := &d.config.Options.Session.CookieCache.RefreshCache
	switch {
	case n.Kind == yaml.MappingNode:
		var r cacheRefresh
		if d.set(path, n, &r) {
			*target = core.RefreshCache{Enabled: new(true), UpdateAge: r.UpdateAge}
		}
	case n.Kind == yaml.ScalarNode && (n.ShortTag() == tagBool || d.expanded[n]):
		d.set(path, n, &target.Enabled)
	default:
		d.mismatch(path, n, "true or false or a mapping of updateAge")
	}
}
