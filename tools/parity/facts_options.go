package main

import (
	"encoding/json"
	"regexp"
	"strings"
)

type optionFact struct {
	Name, Type string
	Default    *string
	Options    []optionFact
}

type optionFacts struct {
	Core    []optionFact
	Plugins map[string][]optionFact
	Shared  map[string]json.RawMessage
}

// fieldAttributes is where the inventory keeps what an additional field may
// have. Every model takes the same, so they are compared once, for the user.
const (
	fieldAttributes = "field attribute (additionalFields, schema)"
	fieldPath       = "user.additionalFields.<key>."
)

func (f *Facts) optionsOf(owner string, inv Inventory) {
	if owner == Core {
		addOptions(inv, "", f.options.Core)
		var shared []optionFact
		if json.Unmarshal(f.options.Shared[fieldAttributes], &shared) == nil {
			addOptions(inv, fieldPath, shared)
		}
		return
	}
	for factory, options := range f.options.Plugins {
		if isFactoryOf(factory, owner) {
			addOptions(inv, "", options)
		}
	}
}

// isFactoryOf tells whether upstream exports the plugin with an id under a name:
// it calls the one email-otp and the other emailOTP.
func isFactoryOf(factory, owner string) bool {
	return strings.ReplaceAll(owner, "-", "") == strings.ToLower(factory)
}

// ownerOfOption splits the path of an option below plugins into the factory and
// the option's name. An option of the core has no factory.
func ownerOfOption(path string) (factory, name string) {
	below, ok := strings.CutPrefix(path, "plugins.")
	if !ok {
		return "", path
	}
	factory, name, _ = strings.Cut(below, ".")
	return factory, name
}

func addOptions(inv Inventory, prefix string, options []optionFact) {
	for _, o := range options {
		preset := ""
		if o.Default != nil {
			preset = plainDefault(*o.Default)
		}
		if preset == "" && strings.HasPrefix(o.Type, "boolean") {
			preset = "false"
		}
		inv.Add(Option, prefix+o.Name, map[string]string{"default": preset})
		addOptions(inv, prefix+o.Name+".", o.Options)
	}
}

// plainDefault takes the marks off that differ between the inventory and the
// configuration reference: quotes, backquotes, and an empty list for nothing.
func plainDefault(text string) string {
	if text == "[]" || text == "{}" {
		return ""
	}
	return strings.NewReplacer(`"`, "", "`", "").Replace(text)
}

var placeholder = regexp.MustCompile(`<\w+>`)

// optionName brings a path of the configuration reference into the inventory's form.
func optionName(path string) string {
	return placeholder.ReplaceAllString(strings.ReplaceAll(path, "[]", ""), "<key>")
}
