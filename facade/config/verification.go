package config

import (
	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/verification"
	"go.yaml.in/yaml/v3"
)

// identifierStorage is core.StoreIdentifier with upstream's forms of its values.
type identifierStorage struct {
	Default   *yaml.Node `opt:"default" kind:"plain | hashed"`
	Overrides *yaml.Node `opt:"overrides" kind:"mapping by prefix"`
}

// storeIdentifier decodes one word for all identifiers, or a mapping that says
// more by their prefix.
func (d *decoder) storeIdentifier(path string, n *yaml.Node) {
	target := &d.config.Options.Verification.StoreIdentifier
	if n.Kind != yaml.MappingNode {
		*target = core.StoreIdentifier{Default: d.identifierForm(path, n, "plain, hashed or a mapping of default and overrides")}
		return
	}
	if has(n, "hash") {
		d.fail(n.Line, below(path, "hash"), "takes code: configure it from Go")
		return
	}
	var s identifierStorage
	if !d.set(path, n, &s) || !d.need(path, n, "default") || s.Default == nil {
		return
	}
	target.Default = d.identifierForm(below(path, "default"), s.Default, identifierForms)
	if s.Overrides == nil {
		return
	}
	at := below(path, "overrides")
	if s.Overrides.Kind != yaml.MappingNode {
		d.mismatch(at, s.Overrides, "a mapping of prefixes to plain or hashed")
		return
	}
	for _, m := range d.members(at, s.Overrides) {
		form := d.identifierForm(below(at, m.name), m.value, identifierForms)
		target.Overrides = append(target.Overrides, verification.Override{Prefix: m.name, Storage: form})
	}
}

const identifierForms = "plain or hashed"

func (d *decoder) identifierForm(path string, n *yaml.Node, expected string) verification.Storage {
	switch {
	case n.Kind == yaml.ScalarNode && n.Value == "plain":
	case n.Kind == yaml.ScalarNode && n.Value == "hashed":
		return verification.Storage{Hashed: true}
	case n.Kind == yaml.MappingNode && has(n, "hash"):
		d.fail(n.Line, below(path, "hash"), "takes code: configure it from Go")
	case isText(n):
		d.fail(n.Line, path, "expected %s, found another word", expected)
	default:
		d.mismatch(path, n, expected)
	}
	return verification.Storage{}
}
