package main

import (
	"fmt"
	"io/fs"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// scenario is what the audit needs of one: what was asked, and which database
// operations a hook refused.
type scenario struct {
	requests []request
	stops    []string
	follows  []followed
}

// followed is what a scenario follows instead of upstream, and why.
type followed struct{ Topic, Follows, Because string }

// request is one request; a step with times is as many of them.
type request struct {
	number  int      // of the step, from 1
	target  string   // "POST /sign-in/email"
	fields  []string // "body.email", "query.token"
	expects bool     // Gatehouse is to answer otherwise than recorded
}

var requestKey = regexp.MustCompile(`^[A-Z]+ (/|https?://|\$\{)|^CALL \w`)

// calling is how a step starts that calls an endpoint in process.
const calling = "CALL "

// loadScenarios reads a file of scenarios by name.
func loadScenarios(reference fs.FS, topic string) (map[string]scenario, error) {
	data, err := fs.ReadFile(reference, "scenarios/"+topic+".yaml")
	if err != nil {
		return nil, err
	}
	var file struct{ Scenarios map[string]any }
	if err := yaml.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	out := map[string]scenario{}
	for name, given := range file.Scenarios {
		steps, ok := given.([]any)
		var s scenario
		if m, isMapping := given.(map[string]any); isMapping {
			steps, ok = m["steps"].([]any)
			s.follow(m)
			stops, _ := m["stops"].([]any)
			for _, stop := range stops {
				s.stops = append(s.stops, fmt.Sprint(stop))
			}
		}
		if !ok {
			return nil, fmt.Errorf("%q: no steps", name)
		}
		for i, step := range steps {
			s.follow(step)
			s.requests = append(s.requests, requestsOf(i+1, step)...)
		}
		out[name] = s
	}
	return out, nil
}

// follow notes what a scenario or a step follows.
func (s *scenario) follow(given any) {
	m, _ := given.(map[string]any)
	follows, _ := m["follows"].(string)
	because, _ := m["because"].(string)
	if follows != "" {
		s.follows = append(s.follows, followed{Follows: follows, Because: because})
	}
}

func requestsOf(number int, step any) []request {
	if text, ok := step.(string); ok {
		step = map[string]any{text: nil}
	}
	members, _ := step.(map[string]any)
	for key, body := range members {
		if !requestKey.MatchString(key) {
			continue
		}
		r := request{number: number, target: key, expects: members["expect"] != nil}
		r.fields = append(fieldsOf("body", body), fieldsOf("body", members["form"])...)
		r.fields = append(r.fields, queryOf(key)...)
		if input, ok := body.(map[string]any); ok && strings.HasPrefix(key, calling) {
			r.fields = append(fieldsOf("body", input["body"]), fieldsOf("query", input["query"])...)
		}
		times, ok := members["times"].(int)
		if !ok {
			times = 1
		}
		return slices.Repeat([]request{r}, max(times, 1))
	}
	return nil
}

// queryOf names what a target carries.
func queryOf(target string) []string {
	_, query, _ := strings.Cut(target, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil
	}
	var names []string
	for name := range values {
		names = append(names, "query."+name)
	}
	return names
}

// fieldsOf names what a body carries, members of members too.
func fieldsOf(at string, v any) []string {
	var names []string
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			names = append(names, at+"."+name)
			names = append(names, fieldsOf(at+"."+name, member)...)
		}
	case []any:
		for _, item := range v {
			names = append(names, fieldsOf(at+"[]", item)...)
		}
	}
	return names
}

// like matches text with * for anything.
func like(pattern, text string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == text
	}
	if !strings.HasPrefix(text, parts[0]) {
		return false
	}
	text = text[len(parts[0]):]
	last := len(parts) - 1
	for _, part := range parts[1:last] {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return strings.HasSuffix(text, parts[last])
}
