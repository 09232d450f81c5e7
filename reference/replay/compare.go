package replay

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// comparison collects where an outcome differs from a recording.
type comparison struct {
	topic, scenario, step string
	names                 *names
	unordered             bool // lists of records have no order
	found                 []Difference
}

func (c *comparison) differ(field string, want, got any, note string) {
	c.found = append(c.found, Difference{Topic: c.topic, Scenario: c.scenario, Step: c.step, Field: field, Want: want, Got: got, Note: note})
}

func (c *comparison) outcome(want *Recorded, got *outcome) {
	c.unordered = got.unordered
	for i, step := range want.Steps {
		c.step, _ = step["label"].(string)
		c.answer(step, got.steps[i])
	}
	c.step = "at the end"
	c.value("outbox", list(want.Outbox), list(got.outbox))
	c.rows(want.Rows, got.rows)
	for _, model := range union(want.Schema, got.schema) {
		if w, ok := want.Schema[model].(map[string]any); ok {
			c.value("schema."+model, w, withoutOwnInSchema(w, got.schema[model]))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want.JWTs)) {
		token, seen := c.names.value[name]
		if !seen {
			continue // where it should have been there is a difference
		}
		content, ok := got.open.jwt(token)
		if !ok {
			c.differ("jwts."+name, want.JWTs[name], token, "neither the server's secret nor a key pair of its own signed it")
			continue
		}
		c.value("jwts."+name, want.JWTs[name], content)
	}
}

func list(v []any) []any {
	if v == nil {
		return []any{}
	}
	return v
}

func (c *comparison) answer(want, got map[string]any) {
	c.value("status", want["status"], got["status"])
	headers := withoutTypeOfNothing(want)
	c.value("headers", orEmpty(headers), withoutExtra(headers, got["headers"]))
	c.cookies(want["cookies"], got["cookies"])
	c.content(want, got)
	calls, _ := want["calls"].([]any)
	c.value("calls", list(calls), withoutOwnMembers(want["calls"], got["calls"]))
	wanted, _ := want["storage"].(map[string]any)
	given, _ := got["storage"].(map[string]any)
	c.storage(wanted, given)
}

// content compares what the client sees.
func (c *comparison) content(want, got map[string]any) {
	page, isPage := want["html"].(map[string]any)
	if text, ok := got["html"].(string); ok && isPage {
		c.page(page, text)
		return
	}
	for _, field := range []string{"body", "text", "html"} {
		w, wanted := want[field]
		g, given := got[field]
		if c.unordered {
			w, g = byAge(w), byAge(g)
		}
		if wanted || given {
			c.value(field, present(w, wanted), present(g, given))
		}
	}
}

func present(v any, ok bool) any {
	if !ok {
		return Absent{}
	}
	return v
}

func orEmpty(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}

// cookies compares by name what the client is left with.
func (c *comparison) cookies(want, got any) {
	wanted, given := lastOfEach(want), lastOfEach(got)
	for _, name := range union(wanted, given) {
		w, g := wanted[name], given[name]
		field := "cookies." + name
		if w == nil || g == nil {
			c.differ(field, present(w, w != nil), present(g, g != nil), "")
			continue
		}
		for _, part := range union(w, g) {
			if part != "name" {
				wp, wok := w[part]
				gp, gok := g[part]
				c.value(field+"."+part, present(wp, wok), present(gp, gok))
			}
		}
	}
}

func union[V any](a, b map[string]V) []string {
	both := maps.Clone(a)
	if both == nil {
		both = map[string]V{}
	}
	maps.Copy(both, b)
	return slices.Sorted(maps.Keys(both))
}

// page compares facts of an HTML page, which has a text of its own.
func (c *comparison) page(want map[string]any, html string) {
	shows, _ := want["shows"].([]any)
	for _, v := range shows {
		s, _ := v.(string)
		if !strings.Contains(html, s) && !strings.Contains(html, htmlEscaped(s)) {
			c.differ("html.shows", s, Absent{}, "the page does not show it")
		}
	}
	raw, _ := want["raw"].([]any)
	for _, v := range append(raw, shows...) {
		if s, _ := v.(string); s != htmlEscaped(s) && strings.ContainsAny(s, "<>") && strings.Contains(html, s) {
			c.differ("html.raw", Absent{}, s, "the page must escape it")
		}
	}
}

func htmlEscaped(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;").Replace(s)
}

func (c *comparison) rows(want, got map[string]any) {
	for _, model := range union(want, got) {
		w, _ := want[model].([]any)
		g, _ := got[model].([]any)
		g = withoutOwnRecords(g)
		if len(w) != len(g) {
			c.differ("rows."+model, fmt.Sprintf("%d rows", len(w)), fmt.Sprintf("%d rows", len(g)), "")
			continue
		}
		for i := range w {
			row, _ := w[i].(map[string]any)
			c.value(fmt.Sprintf("rows.%s[%d]", model, i), w[i], withoutOwnColumns(row, g[i]))
		}
	}
}

// value compares two JSON values.
func (c *comparison) value(field string, want, got any) {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			break
		}
		for _, key := range union(w, g) {
			wv, wok := w[key]
			gv, gok := g[key]
			c.value(field+"."+key, present(wv, wok), present(gv, gok))
		}
		return
	case []any:
		g, ok := got.([]any)
		if !ok {
			break
		}
		if len(w) != len(g) {
			c.differ(field, want, got, fmt.Sprintf("%d instead of %d", len(g), len(w)))
			return
		}
		for i := range w {
			c.value(fmt.Sprintf("%s[%d]", field, i), w[i], g[i])
		}
		return
	case string:
		g, ok := got.(string)
		if !ok {
			break
		}
		if note, ok := c.names.match(w, g); !ok {
			c.differ(field, want, got, note)
		}
		return
	default:
		if want == got {
			return
		}
	}
	c.differ(field, want, got, "")
}
