package config

import (
	"fmt"
	"io"
	"log/slog"
	"slices"

	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"go.yaml.in/yaml/v3"
)

// Database names a database.
type Database struct {
	Dialect string `opt:"dialect"` // "memory", "sqlite", "postgres", "mysql" or [Stateless]
	DSN     string `opt:"dsn"`     // file, URL or key-value text, as the dialect wants it; may hold a password
	// Connections bounds the pool of one process; 0 leaves it to the dialect.
	Connections int `opt:"connections"`
}

// Redis names a server of Redis or Valkey, a Cluster or Sentinels.
type Redis struct {
	URL       string `opt:"redis"`     // may hold a password
	KeyPrefix string `opt:"keyPrefix"` // empty: the default of the storage
}

// Stateless is the dialect of no database at all: see core.Options.Database.
const Stateless = "none"

// Dialects that a file may name. Which of them can be opened is for package
// database to say.
var dialects = []string{"memory", "sqlite", "postgres", "mysql", Stateless}

// database decodes the word none, or what to open.
func (d *decoder) database(path string, n *yaml.Node) {
	switch {
	case n.Kind == yaml.ScalarNode && n.Value == Stateless:
		d.config.Database = Database{Dialect: Stateless}
		return
	case n.Kind != yaml.MappingNode:
		d.mismatch(path, n, "a mapping of dialect and dsn, or none")
		return
	}
	if !d.set(path, n, &d.config.Database) || !d.need(path, n, "dialect") {
		return
	}
	b := d.config.Database
	alone := slices.Contains([]string{"memory", Stateless}, b.Dialect)
	switch {
	case b.Dialect == "": // refused above
	case alone && b.DSN != "":
		d.fail(n.Line, below(path, "dsn"), "the %s dialect takes no dsn: leave the key out", b.Dialect)
	case !alone && b.DSN == "":
		d.fail(n.Line, below(path, "dsn"), "the %s dialect needs one", b.Dialect)
	}
	if alone && has(n, "connections") {
		d.fail(n.Line, below(path, "connections"), "the %s dialect has none: leave the key out", b.Dialect)
	}
}

// secondaryStorage decodes the word memory, or where a Redis is.
func (d *decoder) secondaryStorage(path string, n *yaml.Node) {
	switch {
	case n.Kind == yaml.ScalarNode && n.Value == "memory":
		d.config.Options.SecondaryStorage = secondary.NewMemory(nil)
	case n.Kind == yaml.MappingNode:
		d.redis(path, n)
	default:
		d.mismatch(path, n, `memory or a mapping such as {redis: "redis://localhost:6379"}`)
	}
}

func (d *decoder) redis(path string, n *yaml.Node) {
	r := &Redis{}
	d.config.Redis = r
	if !d.set(path, n, r) || !d.need(path, n, "redis") {
		return
	}
	if r.URL == "" {
		d.fail(n.Line, below(path, "redis"), `needs a URL such as "redis://localhost:6379"`)
	}
	if has(n, "keyPrefix") && r.KeyPrefix == "" {
		d.fail(n.Line, below(path, "keyPrefix"), "must not be empty; leave the key out for the default")
	}
}

// Format writes the dialect only: a DSN may hold a password.
func (b Database) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "config.Database(%s)", b.Dialect)
}

// LogValue keeps the DSN out of logs.
func (b Database) LogValue() slog.Value { return slog.StringValue(b.Dialect) }

// MarshalJSON writes the dialect only.
func (b Database) MarshalJSON() ([]byte, error) {
	return wire.Marshal(map[string]any{"dialect": b.Dialect})
}

// Format writes nothing of the server, whatever the verb: a URL may hold a password.
func (r Redis) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "config.Redis") }

// LogValue keeps the URL out of logs.
func (r Redis) LogValue() slog.Value { return slog.StringValue("config.Redis") }

// MarshalJSON writes nothing of the server.
func (r Redis) MarshalJSON() ([]byte, error) { return []byte(`{}`), nil }
