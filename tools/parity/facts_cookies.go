package main

import (
	"fmt"
	"slices"
	"strings"
)

// anyCookie is how the inventory calls a cookie that a plugin names.
const anyCookie = "any other name through the cookie factory"

type cookieFact struct {
	Name, Owner, Encoding string
	MaxAge                any
}

type cookieAttrs struct {
	HTTPOnly bool `json:"httpOnly"`
	Secure   bool
	MaxAge   *int
	Path     string
	SameSite string
	Domain   string
}

type cookieFacts struct {
	Cookies   []cookieFact
	Runtime   map[string]map[string]cookieAttrs // configuration, full name
	CallSites []struct{ Owner, File string }
}

// attrs of a cookie in a configuration. Name is the full one, or "".
func (a cookieAttrs) attrs(configuration, name string) map[string]string {
	lifetime := ""
	if a.MaxAge != nil {
		lifetime = fmt.Sprint(*a.MaxAge)
	}
	at := configuration + ", "
	return map[string]string{
		at + "name": name, at + "Max-Age": lifetime, at + "Path": a.Path, at + "SameSite": a.SameSite,
		at + "Domain": a.Domain, at + "HttpOnly": boolean(a.HTTPOnly), at + "Secure": boolean(a.Secure),
	}
}

func (f *Facts) cookiesOf(owner string, inv Inventory) {
	for _, c := range f.cookies.Cookies {
		if slices.Contains(strings.Split(c.Owner, ", "), owner) {
			inv.Add(Cookie, c.Name, nil)
		}
	}
	if owner != Core {
		return
	}
	for configuration, names := range f.cookies.Runtime {
		for name, a := range names {
			if name == anyCookie {
				inv.Add(Cookie, anyCookie, a.attrs(configuration, ""))
				continue
			}
			short := name[strings.LastIndexByte(name, '.')+1:]
			inv.Add(Cookie, short, a.attrs(configuration, name))
		}
	}
}

// otherPaths stands for all paths that no rule names.
const otherPaths = "every other path"

func (f *Facts) limitsOf(owner string, inv Inventory) {
	if owner != Core {
		for _, rule := range f.limits.Plugins[owner] {
			for _, path := range rule.MatchedKnownPaths {
				inv.Add(RateLimit, path, rule.attrs())
			}
		}
		return
	}
	d := f.limits.Defaults
	inv.Add(RateLimit, otherPaths, limitFact{Window: d.Window, Max: d.Max}.attrs())
	for _, rule := range d.Special {
		for _, path := range rule.Exact {
			inv.Add(RateLimit, path, rule.attrs())
		}
		for _, prefix := range rule.Prefixes {
			inv.Add(RateLimit, prefix+"…", rule.attrs())
		}
	}
}

func (r limitFact) attrs() map[string]string {
	return map[string]string{"window": fmt.Sprint(r.Window), "max": fmt.Sprint(r.Max)}
}

// coreLimit is upstream's rule for a path when no plugin has one.
func (f *Facts) coreLimit(path string) limitFact {
	for _, rule := range f.limits.Defaults.Special {
		if slices.Contains(rule.Exact, path) || slices.ContainsFunc(rule.Prefixes, func(p string) bool { return strings.HasPrefix(path, p) }) {
			return rule
		}
	}
	return limitFact{Window: f.limits.Defaults.Window, Max: f.limits.Defaults.Max}
}
