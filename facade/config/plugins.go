package config

import (
	"reflect"
	"slices"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/openapi"
	"github.com/gatehouse-auth/gatehouse/plugins/bearer"
	"github.com/gatehouse-auth/gatehouse/plugins/jwt"
	"github.com/gatehouse-auth/gatehouse/plugins/organization"
	"go.yaml.in/yaml/v3"
)

// plugin is one that a file may configure, under the name of upstream's factory.
type plugin struct {
	name    string
	options reflect.Type // for the reference
	decode  func(d *decoder, path string, n *yaml.Node) core.Plugin
}

// plugins is the table of them. Options that data has another form for than
// their fields get a function of their own in place of [from].
func plugins() []plugin {
	return []plugin{
		from("bearer", bearer.New),
		from("jwt", jwt.New),
		from("openAPI", openapi.New),
		from("organization", organization.New),
		twoFactor(),
	}
}

// from is a plugin whose options are decoded by their tags.
func from[O any, P core.Plugin](name string, build func(O) P) plugin {
	return plugin{name, reflect.TypeFor[O](), func(d *decoder, path string, n *yaml.Node) core.Plugin {
		var opts O
		d.structure(path, n, reflect.ValueOf(&opts).Elem())
		return build(opts)
	}}
}

// plugins decodes the mapping of them. They run in the order of the file.
func (d *decoder) plugins(path string, n *yaml.Node) {
	if n.Kind != yaml.MappingNode && !isNull(n) {
		d.mismatch(path, n, "a mapping by the names of plugins")
		return
	}
	known, absent := plugins(), upstreamPlugins()
	names := slices.Clone(absent)
	for _, p := range known {
		names = append(names, p.name)
	}
	for _, m := range d.members(path, n) {
		at := below(path, m.name)
		i := slices.IndexFunc(known, func(p plugin) bool { return p.name == m.name })
		switch {
		case i >= 0:
			d.config.Options.Plugins = append(d.config.Options.Plugins, known[i].decode(d, at, m.value))
		case slices.Contains(absent, m.name):
			d.fail(m.key.Line, at, "is a plugin of Better Auth that this version of Gatehouse does not have yet: leave it out")
		default:
			d.fail(m.key.Line, at, "is not a plugin%s", didYouMean(path, m.name, names))
		}
	}
}
