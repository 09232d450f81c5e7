// Package config is configuration as data: it turns a YAML or JSON file into
// the options of a server. Keys are Better Auth's own names of its options, so
// that `session.cookieCache.maxAge` in the file is what it is in upstream's
// documentation.
//
// Nothing is guessed. A key that no option has, a value of another kind and a
// variable that is not set are errors, and all errors of a file come back at
// once, each with its line and the full path of the option. No error repeats a
// value of the file or of the environment: any of them may be a secret.
package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/gatehouse-auth/gatehouse/core"
	"github.com/gatehouse-auth/gatehouse/core/wire"
	"go.yaml.in/yaml/v3"
)

// maxSize bounds a file. No honest configuration comes near it.
const maxSize = 1 << 20

// Config is what a file says.
type Config struct {
	// Options configure the server, except for what package database opens and
	// puts into them.
	Options core.Options
	// Database tells what to open. It is zero when the file does not say.
	Database Database
	// Redis tells where the secondary storage is. It is nil when the file names
	// none.
	Redis *Redis
	// Server configures the standalone server around the options.
	Server Server
	// Senders are the paths of the options that the file sets to true so that
	// [Source.Deliver] sends what they are about.
	Senders []string
}

// Source is what a file draws on besides its own text.
type Source struct {
	// Env looks a variable of the environment up, as os.LookupEnv does. Without
	// it no variable is set.
	Env func(name string) (value string, set bool)
	// Deliver sends mail. Without it no sender can be switched on.
	Deliver Deliver
	// Unused are the top-level options that the caller does not use, such as
	// "secret". Where a variable in one of them is not set, neither that nor what
	// follows from it is a problem; what the option holds then is of no use.
	Unused []string
}

// Deliver sends one message. It is called from the background, never inside a
// request, and must be safe for concurrent use.
type Deliver func(ctx context.Context, m Message) error

// Message is one mail to send. Its data are secrets of the recipient.
type Message struct {
	Type string // such as "verification-email"
	To   string // the address
	Data *wire.Object
}

// Load reads the file at path and parses it. Errors name the file.
func Load(path string, src Source) (*Config, error) {
	data, err := read(path)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	return parse(data, src, path)
}

// Parse turns YAML or JSON into a configuration. Variables in string values are
// expanded, and the variables of [ApplyEnv] fill in what the file leaves out.
// The error joins one [*Problem] for each thing that is wrong, by line.
//
// An empty file is a valid one: everything has a default or can come from the
// environment.
func Parse(data []byte, src Source) (*Config, error) { return parse(data, src, "") }

func parse(data []byte, src Source, file string) (*Config, error) {
	d := &decoder{src: src, config: &Config{}, refused: map[*yaml.Node]bool{}, expanded: map[*yaml.Node]bool{}, unset: map[string]bool{}}
	if root := d.document(data); root != nil {
		d.root(root)
	}
	// A variable that fills a gap is no problem of the file: it comes last.
	if err := ApplyEnv(&d.config.Options, src.Env); err != nil {
		d.problems = append(d.problems, &Problem{Text: err.Error()})
	}
	if err := d.join(file); err != nil {
		return nil, err
	}
	return d.config, nil
}

func read(path string) ([]byte, error) {
	f, err := os.Open(path) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxSize+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxSize {
		return nil, errors.New(path + ": " + tooLarge)
	}
	return data, nil
}

// Format writes nothing of the values, whatever the verb.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "config.Config") }

// LogValue keeps the values out of logs.
func (c Config) LogValue() slog.Value { return slog.StringValue("config.Config") }

// MarshalJSON writes nothing of the values.
func (c Config) MarshalJSON() ([]byte, error) { return []byte(`{}`), nil }

// Format writes the type only: address and data are the recipient's.
func (m Message) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "config.Message(%s)", m.Type) }

// LogValue keeps address and data out of logs.
func (m Message) LogValue() slog.Value { return slog.StringValue(m.Type) }
