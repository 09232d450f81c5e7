package dbtest

import (
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

func conditionTests(t *testing.T, s subject) {
	f := s.begin(t)
	f.insert("sample", db.Row{"text": "a", "note": "Alpha", "count": 1, "on": true, "at": noon})
	f.insert("sample", db.Row{"text": "b", "note": "beta", "count": 2, "on": false, "at": noon.Add(time.Millisecond)})
	f.insert("sample", db.Row{"text": "c", "note": "100%_\\x", "count": 10, "at": noon.Add(24 * time.Hour)})
	f.insert("sample", db.Row{"text": "d", "note": "ÄLPHA"})
	f.insert("sample", db.Row{"text": "e"})

	cond := func(field string, op db.Op, v any) db.Where { return db.Where{{Field: field, Op: op, Value: v}} }
	fold := func(op db.Op, v any) db.Where { return db.Where{{Field: "note", Op: op, Value: v, Fold: true}} }
	list := func(v ...any) []any { return v }
	cases := []struct {
		name  string
		where db.Where
		want  string // labels, one letter each
	}{
		{"no condition matches every row", nil, "abcde"},
		{"the default operator is equality", db.Where{{Field: "note", Value: "beta"}}, "b"},
		{"equal text is equal byte by byte", cond("note", db.Eq, "alpha"), ""},
		{"equal to nil means NULL", cond("note", db.Eq, nil), "e"},
		{"not equal matches NULL too", cond("note", db.Ne, "beta"), "acde"},
		{"not equal to nil means not NULL", cond("note", db.Ne, nil), "abcd"},
		{"less never matches NULL", cond("count", db.Lt, 10), "ab"},
		{"less or equal", cond("count", db.Lte, 2), "ab"},
		{"greater", cond("count", db.Gt, 1), "bc"},
		{"greater or equal to a fraction", cond("count", db.Gte, 1.5), "bc"},
		{"less than nil matches nothing", cond("count", db.Lt, nil), ""},
		{"greater than nil matches nothing", cond("count", db.Gte, nil), ""},
		{"numbers compare as numbers", cond("count", db.Gt, 9), "c"},
		{"text compares byte by byte", cond("note", db.Lt, "b"), "ac"},
		{"booleans", cond("on", db.Eq, false), "b"},
		{"not true matches NULL too", cond("on", db.Ne, true), "bcde"},
		{"dates to the millisecond", cond("at", db.Eq, noon), "a"},
		{"dates of another zone", cond("at", db.Eq, noon.In(time.FixedZone("", -3600))), "a"},
		{"a date before", cond("at", db.Lt, noon.Add(time.Millisecond)), "a"},
		{"a date after", cond("at", db.Gt, noon), "bc"},
		{"a date from on", cond("at", db.Gte, noon), "abc"},
		{"one of a list", cond("count", db.In, list(1, int64(10), 99)), "ac"},
		{"one of an empty list matches nothing", cond("count", db.In, list()), ""},
		{"one of a list with nil matches NULL too", cond("count", db.In, list(1, nil)), "ade"},
		{"one of a list of nil alone", cond("note", db.In, list(nil)), "e"},
		{"none of a list matches NULL too", cond("count", db.NotIn, list(1, 10)), "bde"},
		{"none of an empty list matches everything", cond("count", db.NotIn, list()), "abcde"},
		{"none of a list with nil", cond("count", db.NotIn, list(1, nil)), "bc"},
		{"one of a list of dates", cond("at", db.In, list(noon)), "a"},
		{"one of a list of booleans", cond("on", db.In, list(true, false)), "ab"},
		{"contains is case-sensitive", cond("note", db.Contains, "lpha"), "a"},
		{"contains nothing in particular leaves out NULL", cond("note", db.Contains, ""), "abcd"},
		{"a percent sign is literal", cond("note", db.Contains, "%"), "c"},
		{"an underscore is literal", cond("note", db.Contains, "_"), "c"},
		{"a backslash is literal", cond("note", db.Contains, `\`), "c"},
		{"starts with", cond("note", db.StartsWith, "Al"), "a"},
		{"starts with is literal", cond("note", db.StartsWith, "1%"), ""},
		{"starts with is case-sensitive", cond("note", db.StartsWith, "al"), ""},
		{"ends with", cond("note", db.EndsWith, "ta"), "b"},
		{"ends with is literal", cond("note", db.EndsWith, `_\x`), "c"},
		{"ends with more than there is", cond("note", db.EndsWith, "xxbeta"), ""},
		{"ends with nothing in particular leaves out NULL", cond("note", db.EndsWith, ""), "abcd"},
		{"equal without case", fold(db.Eq, "ALPHA"), "a"},
		{"not equal without case", fold(db.Ne, "ALPHA"), "bcde"},
		{"without case folds ASCII only", fold(db.Eq, "älpha"), ""},
		{"contains without case", fold(db.Contains, "LP"), "ad"},
		{"starts without case", fold(db.StartsWith, "BE"), "b"},
		{"ends without case", fold(db.EndsWith, "PHA"), "ad"},
		{"one of a list without case", fold(db.In, list("BETA", "aLpHa")), "ab"},
		{"none of a list without case", fold(db.NotIn, list("BETA", "aLpHa")), "cde"},
		{"conditions are all required", db.Where{{Field: "count", Op: db.Gt, Value: 1}, {Field: "on", Op: db.Ne, Value: nil}}, "b"},
		{"alternatives", db.Where{{Any: []db.Where{{db.By("text", "a")}, {db.By("note", nil)}}}}, "ae"},
		{"alternatives beside a condition", db.Where{
			{Field: "count", Op: db.Gte, Value: 2},
			{Any: []db.Where{{db.By("text", "a")}, {db.By("text", "b"), db.By("on", false)}, {db.By("text", "c"), db.By("on", false)}}},
		}, "b"},
		{"nested alternatives", db.Where{{Any: []db.Where{
			{{Any: []db.Where{{db.By("text", "a")}, {db.By("text", "b")}}}, db.By("on", true)},
			{db.By("text", "e")},
		}}}, "ae"},
		{"an empty alternative matches every row", db.Where{{Any: []db.Where{{db.By("text", "a")}, {}}}}, "abcde"},
		{"NULL JSON", cond("data", db.Eq, nil), "abcde"},
		{"JSON that is not NULL", cond("data", db.Ne, nil), ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := &fixture{T: t, a: f.a, ctx: f.ctx, tables: f.tables}
			var got strings.Builder
			for _, label := range f.labels(f.selectAll(db.Query{Table: f.tables["sample"], Where: c.where})) {
				got.WriteString(label)
			}
			f.same(c.want, got.String())
			f.wantCount(int64(len(c.want)), "sample", c.where...)
		})
	}
	refused := map[string]db.Where{
		"an unknown operator":                cond("note", "like", "x"),
		"a list operator without a list":     cond("note", db.In, "x"),
		"a text operator on a number":        cond("count", db.Contains, "1"),
		"a text operator with a number":      cond("note", db.Contains, 1),
		"a value of another type":            cond("count", db.Eq, "1"),
		"a list holding another type":        cond("count", db.In, list(1, "2")),
		"a boolean field against text":       cond("on", db.Eq, "true"),
		"a date field against text":          cond("at", db.Lt, "2026-01-01"),
		"a comparison of JSON":               cond("data", db.Eq, map[string]any{}),
		"a comparison of lists":              cond("tags", db.Eq, []string{"a"}),
		"a field that is not named":          {{Value: "x"}},
		"a mistake inside alternatives":      {{Any: []db.Where{{db.By("text", "a")}, {db.By("text", 1)}}}},
		"an unknown field behind a match":    {db.By("text", "a"), db.By("nope", 1)},
		"an unknown field in an alternative": {{Any: []db.Where{{db.By("nope", 1)}}}},
	}
	for name, where := range refused {
		t.Run(name+" is an error", func(t *testing.T) {
			sample := f.tables["sample"]
			if _, err := f.a.Select(f.ctx, db.Query{Table: sample, Where: where}); err == nil {
				t.Error("selected")
			}
			if _, err := f.a.Count(f.ctx, sample, where); err == nil {
				t.Error("counted")
			}
			if _, err := f.a.Update(f.ctx, db.Change{Table: sample, Where: where, Set: db.Row{"note": "x"}}); err == nil {
				t.Error("updated")
			}
			if _, err := f.a.Delete(f.ctx, db.Removal{Table: sample, Where: where}); err == nil {
				t.Error("deleted")
			}
		})
	}
}
