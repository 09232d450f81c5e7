package replay

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Known is a difference that is meant, as differences.yaml lists them.
type Known struct {
	// Scenario, Step and Field say where: "core/sign-up: A sentence", "step 2" or
	// "at the end", and "body.message". In each of them * is any text. Step may be
	// left out.
	Scenario, Step, Field string
	// Ours is what Gatehouse does instead; "nothing" is what is not there. In a
	// text * is any text, and alone any value.
	Ours   yaml.Node
	Reason string
	// Test is where a test of Gatehouse's own shows it.
	Test string

	used bool
}

// Knowns is the list of differences that are meant.
type Knowns []*Known

// LoadKnowns reads the list.
func LoadKnowns(data []byte) (Knowns, error) {
	var list Knowns
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&list); err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	for i, k := range list {
		if k.Scenario == "" || k.Field == "" || k.Ours.Kind == 0 || k.Reason == "" || k.Test == "" {
			return nil, fmt.Errorf("entry %d: scenario, field, ours, reason and test are needed", i+1)
		}
	}
	return list, nil
}

// On returns the entries for one storage. All must be used there, unless the
// storage plays only a part of the scenarios.
func (l Knowns) On(part bool) Knowns {
	out := make(Knowns, len(l))
	for i, k := range l {
		entry := *k
		entry.used = part
		out[i] = &entry
	}
	return out
}

// Explain tells whether a difference is on the list.
func (l Knowns) Explain(d Difference) bool {
	explained := false
	for _, k := range l {
		if k.covers(d) {
			k.used, explained = true, true
		}
	}
	return explained
}

// Stale lists the entries that no difference has used.
func (l Knowns) Stale() []string {
	var out []string
	for _, k := range l {
		if !k.used {
			out = append(out, fmt.Sprintf("%s, %s: %s", k.Scenario, k.Step, k.Field))
		}
	}
	return out
}

func (k *Known) covers(d Difference) bool {
	step, _, _ := strings.Cut(d.Step, ", ")
	return like(k.Scenario, d.Topic+": "+d.Scenario) && (k.Step == "" || like(k.Step, step)) && like(k.Field, d.Field) && k.isOurs(d.Got)
}

func (k *Known) isOurs(got any) bool {
	if _, absent := got.(Absent); absent {
		return k.Ours.Value == "nothing" || k.Ours.Value == "*"
	}
	ours, err := anyOf(&k.Ours)
	if err != nil {
		return false
	}
	pattern, text := ours.(string)
	switch given, ok := got.(string); {
	case pattern == "*":
		return true
	case text && ok:
		return like(pattern, given)
	}
	return show(ours) == show(got)
}

// like matches text with * for anything.
func like(pattern, text string) bool {
	clean := strings.NewReplacer("/", "\x01", "[", "\x02", "]", "\x03", "?", "\x04", `\`, "\x05")
	ok, err := path.Match(clean.Replace(pattern), clean.Replace(text))
	return err == nil && ok
}
