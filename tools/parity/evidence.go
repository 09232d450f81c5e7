package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Evidence is what the recordings show, by the id of the item. Each entry
// names topics of scenarios, such as "core/sign-up".
type Evidence struct {
	shown  map[string][]string
	topics map[string]bool
	knowns []known
	// follows are the steps in which scenarios go another way than upstream.
	follows []followed
	// Steps counts the recorded answers by endpoint.
	Steps map[string]int
	// Scenarios counts the recorded scenarios by module.
	Scenarios map[string]int
}

func (e *Evidence) add(kind Kind, name, topic string) {
	e.topics[topic] = true
	id := Item{Kind: kind, Name: name}.ID()
	if !slices.Contains(e.shown[id], topic) {
		e.shown[id] = append(e.shown[id], topic)
	}
}

// Of lists the topics that show an item of an owner. An option is shown by what
// is shown of those below it, an endpoint by its successes.
func (e *Evidence) Of(owner string, item Item) []string {
	var topics []string
	for id, list := range e.shown {
		if path, ok := strings.CutPrefix(id, string(Option)+" "); ok && owner != Core {
			// Profiles name a plugin's options below its factory.
			whose, name := ownerOfOption(path)
			if !isFactoryOf(whose, owner) {
				continue
			}
			id = Item{Kind: Option, Name: name}.ID()
		}
		switch {
		case id == item.ID(),
			item.Kind == Option && strings.HasPrefix(id, item.ID()+"."),
			item.Kind == RateLimit && strings.HasSuffix(item.Name, "…") && strings.HasPrefix(id, strings.TrimSuffix(item.ID(), "…")):
			topics = append(topics, list...)
		}
	}
	slices.Sort(topics)
	return slices.Compact(topics)
}

// known is an entry of reference/replay/differences.yaml: where Gatehouse does
// not answer as recorded, a recording shows nothing about it.
type known struct {
	Scenario, Step, Field string
	Ours                  any
	Reason, Test          string
}

type recorded struct {
	Steps []struct {
		Step    string
		To      string // where a saved URL led
		Status  int
		Body    any
		Headers map[string]string
		Cookies []struct {
			Name, Value, Signed string
			Attributes          []string
		}
	}
	Rows map[string][]map[string]any
}

// LoadEvidence reads recordings, scenarios, the differences of the replay and
// the coverage of options. facts says which endpoints there are.
func LoadEvidence(reference fs.FS, facts *Facts) (*Evidence, error) {
	e := &Evidence{shown: map[string][]string{}, topics: map[string]bool{}, Steps: map[string]int{}, Scenarios: map[string]int{}}
	if data, err := fs.ReadFile(reference, "replay/differences.yaml"); err == nil {
		if err := yaml.Unmarshal(data, &e.knowns); err != nil {
			return nil, fmt.Errorf("differences.yaml: %w", err)
		}
	}
	files, err := fs.Glob(reference, "recordings/*/*.json")
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		topic := strings.TrimSuffix(strings.TrimPrefix(name, "recordings/"), ".json")
		if err := e.topic(reference, topic, facts); err != nil {
			return nil, fmt.Errorf("%s: %w", topic, err)
		}
	}
	return e, e.options(reference)
}

// options takes over which scenario shows an option, which the recorder finds
// out by playing it once more without it.
func (e *Evidence) options(reference fs.FS) error {
	data, err := fs.ReadFile(reference, "recordings/coverage.json")
	if err != nil {
		return err
	}
	var coverage struct{ Options map[string]string }
	if err := json.Unmarshal(data, &coverage); err != nil {
		return fmt.Errorf("coverage.json: %w", err)
	}
	for name, scenario := range coverage.Options {
		topic, _, _ := strings.Cut(scenario, ": ")
		e.add(Option, optionName(name), topic)
	}
	return nil
}

func (e *Evidence) topic(reference fs.FS, topic string, facts *Facts) error {
	data, err := fs.ReadFile(reference, "recordings/"+topic+".json")
	if err != nil {
		return err
	}
	var recording struct{ Scenarios map[string]recorded }
	if err := json.Unmarshal(data, &recording); err != nil {
		return err
	}
	played, err := loadScenarios(reference, topic)
	if err != nil {
		return err
	}
	for name, r := range recording.Scenarios {
		s, ok := played[name]
		if !ok || len(s.requests) != len(r.Steps) {
			return fmt.Errorf("%q: the recording does not belong to the scenario; record it again", name)
		}
		e.Scenarios[path.Dir(topic)]++
		for _, f := range s.follows {
			f.Topic = topic
			e.follows = append(e.follows, f)
		}
		e.scenario(topic, name, s, r, facts)
	}
	return nil
}

func (e *Evidence) scenario(topic, name string, s scenario, r recorded, facts *Facts) {
	for _, hook := range s.stops {
		e.add(Hook, "database "+hook+".before", topic)
	}
	for model, rows := range r.Rows {
		if len(rows) > 0 {
			e.add(Table, model, topic)
		}
		for _, row := range rows {
			for column := range row {
				e.add(Field, model+"."+column, topic)
			}
		}
	}
	for i, step := range r.Steps {
		asked := s.requests[i]
		target := step.Step
		if step.To != "" {
			method, _, _ := strings.Cut(target, " ")
			target = method + " " + step.To
			asked.fields = append(asked.fields, queryOf(target)...)
		}
		method, endpoint := facts.endpointFor(target)
		if endpoint == "" {
			continue
		}
		e.Steps[endpoint]++
		for _, field := range asked.fields {
			e.add(Input, endpoint+" "+field, topic)
			if part, name, _ := strings.Cut(field, "."); !strings.Contains(name, ".") && !facts.declares(endpoint+" "+field) {
				e.add(Input, endpoint+" "+part+".*", topic)
			}
		}
		if asked.expects || differs(e.knowns, topic+": "+name, asked, step.Status, step.Body) {
			continue
		}
		for _, c := range step.Cookies {
			if c.Value != "" || c.Signed != "" || !slices.Contains(c.Attributes, "Max-Age=0") {
				e.add(Cookie, c.Name[strings.LastIndexByte(c.Name, '.')+1:], topic)
			}
		}
		e.answer(topic, method, endpoint, step.Status, step.Body)
		if _, code, ok := strings.Cut(step.Headers["location"], "error="); ok && step.Status < 400 {
			code, _, _ = strings.Cut(code, "&")
			e.add(Answer, redirectPrefix+code, topic)
		}
	}
}

func (e *Evidence) answer(topic, method, endpoint string, status int, body any) {
	switch {
	case status < 400:
		e.add(Answer, successName(method, endpoint), topic)
		e.add(Endpoint, endpoint, topic)
		return
	case status == 429:
		e.add(RateLimit, endpoint, topic)
	}
	object, ok := body.(map[string]any)
	if !ok {
		e.add(Answer, fmt.Sprintf("%s %d", endpoint, status), topic)
		return
	}
	for _, member := range []string{"code", "message"} {
		if text, ok := object[member].(string); ok {
			e.add(Answer, fmt.Sprintf("%s %d %s", endpoint, status, text), topic)
		}
	}
	if code, ok := object["code"].(string); ok {
		e.add(ErrorCode, code, topic)
	}
}

// differs tells whether Gatehouse is meant to give another status or body here.
// An entry that names neither a scenario nor a step is about kinds of answers
// that the recordings do not tell apart, and is left to the replay.
func differs(knowns []known, scenario string, asked request, status int, body any) bool {
	return slices.ContainsFunc(knowns, func(k known) bool {
		if k.Step == "" && strings.Contains(k.Scenario, "*") {
			return false
		}
		step := fmt.Sprintf("step %d", asked.number)
		here := k.Step == "" || like(k.Step, step) || like(k.Step, asked.target) || like(k.Step, step+", "+asked.target)
		return here && like(k.Scenario, scenario) && k.changes(status, body)
	})
}

// changes tells whether what Gatehouse does instead is anything else.
func (k known) changes(status int, body any) bool {
	object, _ := body.(map[string]any)
	switch member, inBody := strings.CutPrefix(k.Field, "body."); {
	case k.Field == "status":
		return fmt.Sprint(k.Ours) != fmt.Sprint(status)
	case inBody:
		return fmt.Sprint(k.Ours) != fmt.Sprint(object[member])
	}
	return k.Field == "body" || k.Field == "*"
}

// calledFor finds the endpoint that a call in process is for. Where an endpoint
// answers over HTTP too, a call shows nothing of that.
func (f *Facts) calledFor(name string) (method, endpoint string) {
	for _, e := range f.endpoints {
		if e.Name == name && e.ServerOnly && len(e.Methods) > 0 {
			return e.Methods[0], f.endpointName(e.Path, e.Name, joined(e.Methods))
		}
	}
	return "", ""
}

// endpointFor finds the endpoint of upstream that a request is for.
func (f *Facts) endpointFor(step string) (method, endpoint string) {
	if name, ok := strings.CutPrefix(step, calling); ok {
		return f.calledFor(name)
	}
	method, target, _ := strings.Cut(step, " ")
	if _, rest, ok := strings.Cut(target, "://"); ok {
		_, target, _ = strings.Cut(rest, "/api/auth")
	}
	target, _, _ = strings.Cut(target, "?")
	given := strings.Split(target, "/")
	found := endpointFact{}
	for _, e := range f.endpoints {
		parts := strings.Split(e.Path, "/")
		if e.Path == "" || len(parts) != len(given) || !slices.Contains(e.Methods, method) {
			continue
		}
		fits := true
		for i, part := range parts {
			fits = fits && (part == given[i] || strings.HasPrefix(part, ":") && given[i] != "")
		}
		if fits && (found.Path == "" || !strings.Contains(e.Path, ":")) {
			found = e
		}
	}
	if found.Path == "" {
		return method, ""
	}
	return method, f.endpointName(found.Path, found.Name, joined(found.Methods))
}

// isTopic tells a topic of scenarios from a test and a file.
func (e *Evidence) isTopic(name string) bool { return e.topics[name] }

// Known are the differences of the replay that concern a module, one for each
// reason, with the topics that have them.
func (e *Evidence) Known(owner string) []known {
	var list []known
	for _, k := range e.knowns {
		module, rest, ok := strings.Cut(k.Scenario, "/")
		topic, _, _ := strings.Cut(rest, ":")
		if !ok {
			module, topic = Core, "all"
		}
		if module != owner {
			continue
		}
		k.Scenario = topic
		i := slices.IndexFunc(list, func(l known) bool { return l.Reason == k.Reason && l.Test == k.Test })
		switch {
		case i < 0:
			list = append(list, k)
		case !slices.Contains(strings.Split(list[i].Scenario, ", "), topic):
			list[i].Scenario += ", " + topic
		}
	}
	return list
}

// Follows lists what scenarios of a module follow instead of upstream.
func (e *Evidence) Follows(owner string) []followed {
	var list []followed
	for _, f := range e.follows {
		module, topic, _ := strings.Cut(f.Topic, "/")
		f.Topic = topic
		if module == owner && !slices.Contains(list, f) {
			list = append(list, f)
		}
	}
	slices.SortFunc(list, func(a, b followed) int { return strings.Compare(a.Topic+a.Because, b.Topic+b.Because) })
	return list
}
