package replay

import (
	"maps"
	"slices"
	"strings"
)

// This file has the differences that are the same everywhere, and are no
// differences to a client. Everything else stands in differences.yaml, with the
// scenario that shows it.

// lastOfEach keeps the last Set-Cookie line of each name, which is the one that
// counts (RFC 6265, section 5.3). Upstream repeats names where it changes its
// mind, Gatehouse sends each name once. The order of names means nothing.
func lastOfEach(v any) map[string]map[string]any {
	lines, _ := v.([]any)
	out := map[string]map[string]any{}
	for _, line := range lines {
		c, _ := line.(map[string]any)
		name, _ := c["name"].(string)
		entry := maps.Clone(c)
		if list, ok := c["attributes"].([]any); ok {
			entry["attributes"] = joined(list)
		}
		out[name] = entry
	}
	return out
}

// joined writes attributes as they stand on the line.
func joined(attributes []any) string {
	texts := make([]string, len(attributes))
	for i, a := range attributes {
		texts[i], _ = a.(string)
	}
	return strings.Join(texts, "; ")
}

// extraHeaders are what Gatehouse sends beyond upstream. They tell browsers and
// caches to be careful and change nothing for a client.
var extraHeaders = []string{"cache-control", "content-security-policy", "pragma", "referrer-policy", "retry-after", "vary", "x-content-type-options"}

// withoutExtra takes those away, unless upstream sends them too.
func withoutExtra(want map[string]any, got any) map[string]any {
	out := map[string]any{}
	headers, _ := got.(map[string]any)
	maps.Copy(out, headers)
	for _, name := range extraHeaders {
		if _, ok := want[name]; !ok {
			delete(out, name)
		}
	}
	return out
}

// withoutOwnColumns takes away columns that upstream's table does not have and
// that are NULL: those of 1.7, which every database has from the start.
func withoutOwnColumns(want map[string]any, got any) any {
	row, ok := got.(map[string]any)
	if !ok {
		return got
	}
	out := map[string]any{}
	for k, v := range row {
		if _, known := want[k]; known || v != nil {
			out[k] = v
		}
	}
	return out
}

// withoutOwnInSchema does the same to a list of columns, which has no order
// that counts.
func withoutOwnInSchema(want map[string]any, got any) any {
	table, ok := got.(map[string]any)
	if !ok {
		return got
	}
	wanted, _ := want["columns"].([]any)
	given, _ := table["columns"].([]any)
	columns := []any{}
	for _, name := range wanted {
		if slices.Contains(given, name) {
			columns = append(columns, name)
		}
	}
	return map[string]any{"table": table["table"], "columns": columns}
}
