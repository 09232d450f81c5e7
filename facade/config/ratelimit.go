package config

import (
	"reflect"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/ratelimit"
	"go.yaml.in/yaml/v3"
)

// counterStorages are where counters may be.
var counterStorages = []string{"memory", "database", "secondary-storage"}

// rule is ratelimit.Rule with the names of its options.
type rule struct {
	Window time.Duration `opt:"window"`
	Max    int           `opt:"max"`
}

// customRules keeps the order of the file: the first rule that matches decides.
func (d *decoder) customRules(path string, n *yaml.Node) {
	if n.Kind != yaml.MappingNode {
		d.mismatch(path, n, "a mapping of paths to rules")
		return
	}
	var rules []ratelimit.CustomRule
	for _, m := range d.members(path, n) {
		at := below(path, m.name)
		switch {
		case m.value.Kind == yaml.ScalarNode && m.value.ShortTag() == tagBool && m.value.Value == "false":
			rules = append(rules, ratelimit.CustomRule{Path: m.name, Disabled: true})
		case m.value.Kind == yaml.MappingNode:
			var r rule
			d.structure(at, m.value, reflect.ValueOf(&r).Elem())
			d.need(at, m.value, "window", "max")
			rules = append(rules, ratelimit.CustomRule{Path: m.name, Rule: ratelimit.Rule(r)})
		default:
			d.mismatch(at, m.value, "a mapping of window and max, or false")
		}
	}
	d.config.Options.RateLimit.CustomRules = rules
}
