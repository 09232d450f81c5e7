package replay

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Scenario is a server and what is done to it, step by step.
type Scenario struct {
	Topic string // the file: "core/sign-up"
	Name  string // a sentence
	// Profile configures the server: YAML or JSON for facade/config.
	Profile     []byte
	Environment map[string]string
	// Stops are operations such as "session.create" that a database hook refuses.
	Stops []string
	// Calls are callbacks that the application sets, such as
	// "user.deleteUser.beforeDelete"; those in Refuses answer with an error.
	Calls, Refuses []string
	// Schema asks for the names of tables and columns too.
	Schema bool
	Steps  []Step
	// Expect replaces what is recorded of the end, because of Follows.
	Expect           *yaml.Node
	Follows, Because string
}

// HasSecondaryStorage tells whether the server has one.
func (s *Scenario) HasSecondaryStorage() bool {
	var profile yaml.Node
	return yaml.Unmarshal(s.Profile, &profile) == nil && len(profile.Content) == 1 && value(profile.Content[0], secondaryStorage) != nil
}

// Step is one request, or one change around the server.
type Step struct {
	Number  int
	Request string             // "POST /sign-up/email", "GET ${link}" or "CALL setPassword"; empty for a change
	Call    string             // the endpoint of a call in process, or empty
	Body    *yaml.Node         // of a call its body, query and params
	As      string             // whose cookies; "alice" when empty
	Headers map[string]*string `yaml:"headers"`
	Cookies map[string]*string `yaml:"cookies"`
	Form    *yaml.Node
	Save    map[string]string
	Times   int

	Advance string                    // a duration
	Set     map[string]map[string]any // fields of all rows of a model
	Delete  string                    // all rows of a model, or "secondaryStorage"
	Fault   map[string]string         // an operation on one of them that fails from now on

	Follows, Because string
	Expect           *yaml.Node
}

// label is how a step is named where something is wrong with it.
func (s *Step) label() string { return fmt.Sprintf("step %d, %s", s.Number, s.Request) }

// Load reads all scenario files below a folder, in order.
func Load(folder fs.FS) ([]*Scenario, error) {
	defaults, err := profileOf(folder, "defaults.yaml")
	if err != nil {
		return nil, err
	}
	files, err := fs.Glob(folder, "*/*.yaml")
	if err != nil {
		return nil, err
	}
	var list []*Scenario
	for _, name := range files {
		more, err := loadFile(folder, name, defaults)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		list = append(list, more...)
	}
	return list, nil
}

func read(folder fs.FS, name string) (*yaml.Node, error) {
	data, err := fs.ReadFile(folder, name)
	if err != nil {
		return nil, err
	}
	var n yaml.Node
	if err := yaml.Unmarshal(data, &n); err != nil {
		return nil, err
	}
	if len(n.Content) != 1 || n.Content[0].Kind != yaml.MappingNode {
		return nil, errors.New("expected a mapping")
	}
	return n.Content[0], nil
}

func profileOf(folder fs.FS, name string) (*yaml.Node, error) {
	n, err := read(folder, name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return value(n, "profile"), nil
}

func loadFile(folder fs.FS, name string, defaults *yaml.Node) ([]*Scenario, error) {
	root, err := read(folder, name)
	if err != nil {
		return nil, err
	}
	if err := only(root, "profile", "let", "scenarios"); err != nil {
		return nil, err
	}
	base := merge(defaults, value(root, "profile"))
	var list []*Scenario
	for _, m := range members(value(root, "scenarios")) {
		s := &Scenario{Topic: strings.TrimSuffix(name, path.Ext(name)), Name: m.key}
		if err := s.decode(m.value, base); err != nil {
			return nil, fmt.Errorf("%q: %w", m.key, err)
		}
		list = append(list, s)
	}
	return list, nil
}

// decode reads a scenario: a list of steps, or a mapping with more.
func (s *Scenario) decode(n, base *yaml.Node) error {
	steps, profile := n, base
	if n.Kind == yaml.MappingNode {
		if err := only(n, "profile", "environment", "stops", "calls", "refuses", "schema", "steps", "follows", "because", "expect"); err != nil {
			return err
		}
		var rest struct {
			Environment      map[string]string
			Stops            []string
			Calls, Refuses   []string
			Schema           bool
			Follows, Because string
		}
		if err := n.Decode(&rest); err != nil {
			return err
		}
		s.Environment, s.Stops, s.Schema, s.Follows, s.Because = rest.Environment, rest.Stops, rest.Schema, rest.Follows, rest.Because
		s.Calls, s.Refuses = rest.Calls, rest.Refuses
		s.Expect = value(n, "expect")
		steps, profile = value(n, "steps"), merge(base, value(n, "profile"))
	}
	// Differences that a switch restores are restored: the recording has them.
	if value(profile, "compat") == nil {
		profile = merge(profile, mapping("compat", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: "1.6.9"}))
	}
	var err error
	if s.Profile, err = jsonOf(profile, nil); err != nil {
		return fmt.Errorf("profile: %w", err)
	}
	if steps == nil || steps.Kind != yaml.SequenceNode {
		return errors.New("expected a list of steps, or a mapping with steps")
	}
	if s.Expect != nil && s.Follows == "" || s.Follows != "" && s.Because == "" {
		return errors.New("expect, follows and because go together")
	}
	for i, n := range steps.Content {
		step := Step{Number: i + 1}
		if err := step.decode(n); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
		s.Steps = append(s.Steps, step)
	}
	return nil
}

var (
	request = regexp.MustCompile(`^[A-Z]+ (/\S*|https?://\S+|\$\{\S+)$`)
	call    = regexp.MustCompile(`^CALL (\w+)$`)
)

func (s *Step) decode(n *yaml.Node) error {
	n = followed(n)
	if n.Kind == yaml.ScalarNode {
		n = mapping(n.Value, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null"})
	}
	for _, m := range members(n) {
		called := call.FindStringSubmatch(m.key)
		if called == nil && !request.MatchString(m.key) {
			continue
		}
		if s.Request != "" {
			return fmt.Errorf("two requests: %s and %s", s.Request, m.key)
		}
		s.Request = m.key
		if called != nil {
			s.Call = called[1]
		}
		if m.value.Tag != "!!null" {
			s.Body = m.value
		}
	}
	known := []string{"advance", "set", "delete", "fault"}
	if s.Request != "" {
		known = []string{s.Request, "as", "headers", "cookies", "save", "times", "follows", "because", "expect"}
	}
	if s.Call == "" && s.Request != "" {
		known = append(known, "form")
	}
	if err := only(n, known...); err != nil {
		return err
	}
	var rest struct {
		As               string
		Headers, Cookies map[string]*string
		Save             map[string]string
		Times            int
		Advance          string
		Set              map[string]map[string]any
		Delete           string
		Fault            map[string]string
		Follows, Because string
	}
	if err := n.Decode(&rest); err != nil {
		return err
	}
	s.As, s.Headers, s.Cookies, s.Save, s.Times = rest.As, rest.Headers, rest.Cookies, rest.Save, max(rest.Times, 1)
	s.Advance, s.Set, s.Delete, s.Fault = rest.Advance, rest.Set, rest.Delete, rest.Fault
	s.Follows, s.Because = rest.Follows, rest.Because
	s.Form, s.Expect = value(n, "form"), value(n, "expect")
	if s.Expect != nil && s.Follows == "" || s.Follows != "" && s.Because == "" {
		return errors.New("expect, follows and because go together")
	}
	return nil
}

var days = regexp.MustCompile(`^(\d+)d`)

// duration reads "61m", "1h30m" or "7d".
func duration(s string) (time.Duration, error) {
	var sum time.Duration
	if m := days.FindStringSubmatch(s); m != nil {
		day, err := time.ParseDuration(m[1] + "h")
		if err != nil {
			return 0, err
		}
		sum, s = 24*day, s[len(m[0]):]
		if s == "" {
			return sum, nil
		}
	}
	d, err := time.ParseDuration(s)
	return sum + d, err
}
