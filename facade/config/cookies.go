package config

import (
	"time"

	"github.com/gatehouse-auth/gatehouse/core/cookies"
	"go.yaml.in/yaml/v3"
)

// cookieAttributes is cookies.Override with the names of its options.
type cookieAttributes struct {
	MaxAge      *time.Duration `opt:"maxAge"`
	Domain      *string        `opt:"domain"`
	Path        *string        `opt:"path"`
	SameSite    *string        `opt:"sameSite"`
	HTTPOnly    *bool          `opt:"httpOnly"`
	Secure      *bool          `opt:"secure"`
	Partitioned *bool          `opt:"partitioned"`
}

type cookieRename struct {
	Name       string           `opt:"name"`
	Attributes cookieAttributes `opt:"attributes"`
}

func (d *decoder) cookies(path string, n *yaml.Node) {
	var byName map[string]cookieRename
	if !d.set(path, n, &byName) {
		return
	}
	renames := make(map[string]cookies.Rename, len(byName))
	for name, c := range byName {
		renames[name] = cookies.Rename{Name: c.Name, Attributes: cookies.Override(c.Attributes)}
	}
	d.config.Options.Advanced.Cookies = renames
}

func (d *decoder) defaultCookieAttributes(path string, n *yaml.Node) {
	var a cookieAttributes
	if d.set(path, n, &a) {
		d.config.Options.Advanced.DefaultCookieAttributes = cookies.Override(a)
	}
}
