package config

import (
	"reflect"
	"slices"
	"strings"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/plugins/jwt"
	"github.com/gatehouse-auth/gatehouse/plugins/twofactor"
	"go.yaml.in/yaml/v3"
)

// shape is an option whose form in a file is not that of a field of
// core.Options, or that has no such field.
type shape struct {
	parent, name string
	kind         string // for the reference: what a value looks like
	decode       func(d *decoder, path string, n *yaml.Node)

	// members, when set, is the struct whose options stand below this one, and
	// under what comes between: the place of a name, or the sign of a list.
	members reflect.Type
	under   string
}

// shapes is the table of them. A path that is also a field of core.Options is
// decoded here and not there.
func shapes() []shape {
	return []shape{
		{parent: "", name: "database", kind: "none | mapping", decode: (*decoder).database, members: reflect.TypeFor[Database]()},
		{parent: "database", name: "dialect", kind: choices(dialects), decode: choice(dialects, func(c *Config) *string { return &c.Database.Dialect })},
		{parent: "", name: "secondaryStorage", kind: "memory | mapping", decode: (*decoder).secondaryStorage, members: reflect.TypeFor[Redis]()},
		{parent: "", name: "secrets", kind: "list of mappings", decode: (*decoder).secrets, members: reflect.TypeFor[secretVersion](), under: "[]"},
		{parent: "", name: "compat", kind: `"1.6.9" | mapping`, decode: (*decoder).compat, members: reflect.TypeFor[core.Compat]()},
		{parent: "", name: "plugins", kind: "mapping by plugin", decode: (*decoder).plugins},

		{parent: "rateLimit", name: "customRules", kind: "mapping by path", decode: (*decoder).customRules, members: reflect.TypeFor[rule](), under: ".<path>"},
		{parent: "rateLimit", name: "storage", kind: choices(counterStorages), decode: choice(counterStorages, func(c *Config) *string { return &c.Options.RateLimit.Storage })},
		{parent: "session.cookieCache", name: "refreshCache", kind: "boolean | mapping", decode: (*decoder).refreshCache, members: reflect.TypeFor[cacheRefresh]()},
		{parent: "verification", name: "storeIdentifier", kind: "plain | hashed | mapping", decode: (*decoder).storeIdentifier, members: reflect.TypeFor[identifierStorage]()},
		{parent: "onAPIError", name: "throw", kind: "false", decode: (*decoder).throw},
		{parent: "advanced", name: "cookies", kind: "mapping by cookie", decode: (*decoder).cookies, members: reflect.TypeFor[cookieRename](), under: ".<cookie>"},
		{parent: "advanced", name: "defaultCookieAttributes", kind: "mapping", decode: (*decoder).defaultCookieAttributes, members: reflect.TypeFor[cookieAttributes]()},
		{parent: "advanced.database", name: "generateId", kind: "uuid | serial", decode: (*decoder).generateID},
		{parent: "advanced.ipAddress", name: "ipAddressHeaders", kind: "list of strings", decode: (*decoder).addressHeaders},

		{parent: "", name: "telemetry", kind: "mapping", decode: (*decoder).telemetry, members: reflect.TypeFor[telemetry]()},

		{parent: "", name: "server", kind: "mapping", decode: (*decoder).server, members: reflect.TypeFor[Server]()},
		{parent: "server", name: "addr", kind: "HOST:PORT", decode: (*decoder).serverAddr},
		{parent: "server", name: "smtp", kind: "mapping", decode: (*decoder).smtp, members: reflect.TypeFor[SMTP]()},
		{parent: "server", name: "webhook", kind: "mapping", decode: (*decoder).webhook, members: reflect.TypeFor[Webhook]()},
		{parent: "server.smtp", name: "tls", kind: choices(tlsModes), decode: choice(tlsModes, func(c *Config) *string { return &c.Server.SMTP.TLS })},
		{parent: "server", name: "logFormat", kind: choices(logFormats), decode: choice(logFormats, func(c *Config) *string { return &c.Server.LogFormat })},
	}
}

// form is a type of options whose form in a file is not that of the type, wherever
// it stands, in the options of plugins, too.
type form struct {
	of      reflect.Type
	kind    string // for the reference
	decode  func(d *decoder, path string, n *yaml.Node, target reflect.Value)
	members reflect.Type // as those of a shape
	under   string
}

// forms is the table of them.
func forms() []form {
	return []form{
		{of: reflect.TypeFor[twofactor.OTPStorage](), kind: choices(otpStorages), decode: otpStorage},
		{of: reflect.TypeFor[twofactor.BackupCodeStorage](), kind: choices(backupCodeStorages), decode: backupCodeStorage},
		{of: reflect.TypeFor[jwt.Algorithm](), kind: choices(jwtAlgorithms()), decode: jwtAlgorithm},
		{
			of: reflect.TypeFor[[]core.Field](), kind: "mapping by field", members: reflect.TypeFor[fieldAttributes](), under: ".<field>",
			decode: func(d *decoder, path string, n *yaml.Node, target reflect.Value) {
				target.Set(reflect.ValueOf(d.fields(path, n)))
			},
		},
	}
}

func formOf(t reflect.Type) (form, bool) {
	for _, f := range forms() {
		if f.of == t {
			return f, true
		}
	}
	return form{}, false
}

func shapeOf(parent, name string) (shape, bool) {
	for _, s := range shapes() {
		if s.parent == parent && s.name == name {
			return s, true
		}
	}
	return shape{}, false
}

// choice decodes one of a few words.
func choice(words []string, target func(*Config) *string) func(*decoder, string, *yaml.Node) {
	return func(d *decoder, path string, n *yaml.Node) {
		if n.Kind != yaml.ScalarNode || !slices.Contains(words, n.Value) {
			found := ", found " + kindOf(n)
			if isText(n) {
				found = ", found another word"
			}
			d.fail(n.Line, path, "expected %s%s", either(words), found)
			return
		}
		*target(d.config) = n.Value
	}
}

func choices(words []string) string { return strings.Join(words, " | ") }

// either lists words as a sentence does.
func either(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// set decodes a node into a place, or says that it is of another kind.
func (d *decoder) set(path string, n *yaml.Node, target any) bool {
	before := len(d.problems)
	d.element(path, n, reflect.ValueOf(target).Elem())
	return len(d.problems) == before
}

// has tells whether a mapping has a key.
func has(n *yaml.Node, name string) bool {
	for i := 0; n.Kind == yaml.MappingNode && i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return true
		}
	}
	return false
}

// need reports the keys that a mapping must have and has not.
func (d *decoder) need(path string, n *yaml.Node, names ...string) bool {
	complete := true
	for _, name := range names {
		if !has(n, name) {
			d.fail(n.Line, below(path, name), "is missing")
			complete = false
		}
	}
	return complete
}

func (d *decoder) compat(path string, n *yaml.Node) {
	const version = "1.6.9"
	switch {
	case n.Kind == yaml.ScalarNode && n.Value == version:
		d.config.Options.Compat = core.Compat169()
	case n.Kind == yaml.MappingNode:
		d.set(path, n, &d.config.Options.Compat)
	default:
		d.mismatch(path, n, `"`+version+`" or a mapping of single switches`)
	}
}

// generateID explains upstream's third value, which means something else here.
func (d *decoder) generateID(path string, n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == tagBool && n.Value == "false" {
		d.fail(n.Line, path, "false leaves ids to a default that the column has in the database, which Gatehouse does not read: use serial for ids of the database, uuid, or leave the key out")
		return
	}
	d.set(path, n, &d.config.Options.Advanced.Database.GenerateID)
}

// addressHeaders refuses the empty list, which would silently mean X-Forwarded-For.
func (d *decoder) addressHeaders(path string, n *yaml.Node) {
	if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
		d.fail(n.Line, path, "an empty list would mean the default: set advanced.ipAddress.disableIpTracking to use no address")
		return
	}
	d.set(path, n, &d.config.Options.Advanced.IPAddress.IPAddressHeaders)
}

// throw is for programs that take the errors: a server of its own has nobody to
// hand them to.
func (d *decoder) throw(path string, n *yaml.Node) {
	var on bool
	if d.set(path, n, &on) && on {
		d.fail(n.Line, path, "takes code that handles the errors: configure it from Go")
	}
}
