package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Reasons is what people write about a module: a parity.yaml beside its code.
//
// Rows are patterns of "kind name" or "kind name: attribute", in which * is any
// text: "field session.updatedAt: default", "option compat.*". A pattern that
// is of no use is an error, so that nothing stays behind that has become equal.
// Tests are "TestX", or "core/routes TestX" where several packages have one.
type Reasons struct {
	Owner string // upstream's id of the plugin, or core
	Title string
	Scope string // Markdown

	// Differences are meant. Those of class B an honest client can see; each has
	// a switch under compat that restores upstream's way.
	Differences []struct {
		What, Reason, Class, Switch string
		Test                        tests
		Rows                        []string
	}
	// Same are attributes that say the same in other words.
	Same []struct {
		Rows           []string
		Upstream, Ours string
		Test           tests
	}
	// Additions are what upstream does not have.
	Additions []struct {
		Rows []string
		Why  string
		Test tests
	}
	// Missing are names that exist here and do nothing yet. Entries can only
	// make a row worse.
	Missing []struct {
		Rows []string
		Why  string
	}
	// Evidence shows rows that no recording shows: by a test, or by a file of
	// vectors that a test reads. Never says why upstream's code has an answer and
	// its server never gives it; the test shows what comes instead.
	Evidence []struct {
		Rows  []string
		Test  tests
		File  string
		Never string
	}
	// Hardening lists what upstream's holes would be here.
	Hardening []struct {
		Row  string
		Test tests
	}
	// Map says where upstream's files went.
	Map []struct {
		Upstream string
		Ours     []string
	}
	Notes []string

	// File is where it was read from.
	File string `yaml:"-"`
}

// tests is one test or a list of them.
type tests []string

// UnmarshalYAML reads both forms.
func (t *tests) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*t = tests{n.Value}
		return nil
	}
	return n.Decode((*[]string)(t))
}

// FindReasons reads every parity.yaml of the tree, by owner.
func FindReasons(tree fs.FS) (map[string]*Reasons, error) {
	all := map[string]*Reasons{}
	err := eachFile(tree, func(name string) error {
		if path.Base(name) != "parity.yaml" {
			return nil
		}
		data, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		r, err := ParseReasons(data)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if other := all[r.Owner]; other != nil {
			return fmt.Errorf("%s: %s is about %s already", name, other.File, r.Owner)
		}
		r.File = name
		all[r.Owner] = r
		return nil
	})
	return all, err
}

// ParseReasons reads one file; a key that it does not know is an error.
func ParseReasons(data []byte) (*Reasons, error) {
	r := &Reasons{}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(r); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if r.Owner == "" || r.Title == "" || strings.TrimSpace(r.Scope) == "" {
		return nil, errors.New("owner, title and scope are needed")
	}
	return r, nil
}

// matches tells whether a pattern is about a row, or about one of its attributes.
func matches(pattern string, row *Row, attr string) bool {
	return like(pattern, row.ID()) || attr != "" && like(pattern, row.ID()+": "+attr)
}
