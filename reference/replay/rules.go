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

// counterPrefix stands before the keys of counters in the secondary storage. 1.7
// counts under upstream's keys with plain numbers, which 1.6.9 cannot read, so
// Gatehouse has keys of its own.
const counterPrefix = "rate-limit:"

// withoutPrefix takes it away.
func withoutPrefix(changes map[string]any) map[string]any {
	out := map[string]any{}
	for key, v := range changes {
		out[strings.TrimPrefix(key, counterPrefix)] = v
	}
	return out
}

// withoutTypeOfNothing takes away the type that upstream names for most
// redirects, which have no body.
func withoutTypeOfNothing(want map[string]any) map[string]any {
	headers, _ := want["headers"].(map[string]any)
	status, _ := want["status"].(float64)
	_, body := want["body"]
	_, text := want["text"]
	if status < 300 || status >= 400 || body || text {
		return headers
	}
	out := maps.Clone(headers)
	delete(out, "content-type")
	return out
}

// ownRecords starts the identifiers of records that 1.6.9 does not write: counts of
// tries, which 1.7 keeps too, and what only Gatehouse remembers.
var ownRecords = []string{"2fa-attempts-", "two-factor-distrust-", "two-factor-failures-"}

// withoutOwnRecords takes them away from the rows of a model.
func withoutOwnRecords(rows []any) []any {
	return slices.DeleteFunc(slices.Clone(rows), func(row any) bool {
		columns, _ := row.(map[string]any)
		identifier, _ := columns["identifier"].(string)
		return slices.ContainsFunc(ownRecords, func(prefix string) bool { return strings.HasPrefix(identifier, prefix) })
	})
}

// ownColumns are those of 1.7, or of Gatehouse, that are not NULL in every row.
var ownColumns = []string{"failedVerificationCount", "lockedUntil", "lastCodeAt"}

// withoutOwnColumns takes away columns that upstream's table does not have: those
// above, and those that are NULL, which every database has from the start for 1.7.
func withoutOwnColumns(want map[string]any, got any) any {
	row, ok := got.(map[string]any)
	if !ok {
		return got
	}
	out := map[string]any{}
	for k, v := range row {
		if _, known := want[k]; known || v != nil && !slices.Contains(ownColumns, k) {
			out[k] = v
		}
	}
	return out
}

// withoutOwnMembers does the same to users and sessions inside of a value.
func withoutOwnMembers(want, got any) any {
	switch got := got.(type) {
	case map[string]any:
		wanted, _ := want.(map[string]any)
		out := map[string]any{}
		for k, v := range got {
			if w, known := wanted[k]; known || v != nil {
				out[k] = withoutOwnMembers(w, v)
			}
		}
		return out
	case []any:
		wanted, _ := want.([]any)
		out := make([]any, len(got))
		for i, v := range got {
			if i < len(wanted) {
				v = withoutOwnMembers(wanted[i], v)
			}
			out[i] = v
		}
		return out
	}
	return got
}

// withoutProse takes the sentences out of an OpenAPI document, which are each
// server's own, as the recorder does. Below some keys members have names of the
// server's choice.
func withoutProse(v any, parent string) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, member := range v {
			_, text := member.(string)
			names := slices.Contains([]string{"properties", "fields", "codes", "schemas"}, parent)
			if names || !text || key != "description" && key != "summary" {
				out[key] = withoutProse(member, key)
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i := range v {
			out[i] = withoutProse(v[i], parent)
		}
		return out
	}
	return v
}

// byAge puts a list of records into the order in which they came into being, and
// leaves everything else alone.
func byAge(v any) any {
	list, ok := v.([]any)
	if !ok {
		return v
	}
	age := func(record any) string {
		members, _ := record.(map[string]any)
		text, _ := members["createdAt"].(string)
		return text
	}
	return slices.SortedStableFunc(slices.Values(list), func(a, b any) int { return strings.Compare(age(a), age(b)) })
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
