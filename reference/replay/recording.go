package replay

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
)

// Recording is what upstream did with the scenarios of one file.
type Recording struct {
	Upstream  string // its version
	Scenarios map[string]*Recorded
}

// Recorded is what upstream did with one scenario, with placeholders such as
// <user.id:1> for values that are new in every run. A step has the members
// step, as, status, headers, cookies, and body, text or html.
type Recorded struct {
	Steps  []map[string]any
	Outbox []any
	Rows   map[string]any
	JWTs   map[string]any
	Schema map[string]any // table and columns by model
}

// LoadRecording reads the recording of a topic.
func LoadRecording(folder fs.FS, topic string) (*Recording, error) {
	data, err := fs.ReadFile(folder, topic+".json")
	if err != nil {
		return nil, fmt.Errorf("%w; record it with node tools/upstream/record.mjs", err)
	}
	r := &Recording{}
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf("%s.json: %w", topic, err)
	}
	return r, nil
}

// expected is the recording with what the scenario expects instead, where it
// follows something else.
func expected(s *Scenario, r *Recorded) (*Recorded, error) {
	out := &Recorded{Outbox: r.Outbox, Rows: r.Rows, JWTs: r.JWTs, Schema: r.Schema}
	next := 0
	for i := range s.Steps {
		step := &s.Steps[i]
		if step.Request == "" {
			continue
		}
		for range step.Times {
			if next >= len(r.Steps) || r.Steps[next]["step"] != step.Request {
				return nil, fmt.Errorf("%s is not recorded: the scenario has changed; record it again", step.label())
			}
			merged, err := replaced(r.Steps[next], step)
			if err != nil {
				return nil, err
			}
			out.Steps = append(out.Steps, merged)
			next++
		}
	}
	if next != len(r.Steps) {
		return nil, fmt.Errorf("the recording has %d more steps: the scenario has changed; record it again", len(r.Steps)-next)
	}
	if s.Expect == nil {
		return out, nil
	}
	text, err := jsonOf(s.Expect, nil)
	if err != nil {
		return nil, err
	}
	// What is named is replaced as a whole.
	var over Recorded
	if err := json.Unmarshal(text, &over); err != nil {
		return nil, fmt.Errorf("expect: %w", err)
	}
	if over.Rows != nil {
		out.Rows = over.Rows
	}
	if over.Outbox != nil {
		out.Outbox = over.Outbox
	}
	return out, nil
}

// replaced lays a step's expectation over what was recorded.
func replaced(recorded map[string]any, s *Step) (map[string]any, error) {
	out := map[string]any{"label": s.label()}
	maps.Copy(out, recorded)
	if s.Expect == nil {
		return out, nil
	}
	v, err := anyOf(s.Expect)
	if err != nil {
		return nil, err
	}
	over, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("%s: expect is a mapping of status, headers, cookies, body, text or html", s.label())
	}
	for _, answer := range []string{"body", "text", "html"} {
		if _, ok := over[answer]; ok {
			delete(out, "body")
			delete(out, "text")
			delete(out, "html")
		}
	}
	maps.Copy(out, over)
	for k, v := range over {
		if v == nil && k != "body" {
			delete(out, k)
		}
	}
	return out, nil
}
