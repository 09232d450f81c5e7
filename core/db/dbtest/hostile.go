package dbtest

import (
	"errors"
	"strings"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// Hostile are texts that quoting, patterns, encodings or JSON are known to
// trip over, by what they are. All of them are valid and must survive.
func Hostile() map[string]string {
	return map[string]string{
		"empty":                   "",
		"a single quote":          "O'Brien",
		"doubled quotes":          `''""''`,
		"an injection":            `x'); DROP TABLE "user"; --`,
		"a backslash at the end":  `C:\`,
		"a backslash and a quote": `\'; --`,
		"backslash escapes":       `\n\0\x00\u0000`,
		"placeholders":            `? ?0 ?name $1 :a @b %s \?`,
		"wildcards":               `100%_[a-z]*\%`,
		"line ends":               "a\r\nb\tc",
		"control characters":      "\x01\x08\x1b\x7f",
		"four-byte characters":    "😀𝒳🏳️‍🌈",
		"combining characters":    "e\u0301 ≠ é",
		"line separators":         "a\u2028b\u2029c",
		"right to left":           "\u202eevil",
		"a byte order mark":       "\ufeffx",
		"the last code point":     "\U0010ffff\uffff\ufffd",
		"spaces around":           "  x  ",
		"HTML":                    `<script>alert("&amp;")</script>`,
		"a number":                "007",
		"the word null":           "null",
		"ten thousand letters":    strings.Repeat("a'b\\", 2500),
		"a date":                  "2026-11-21T12:30:45.024Z",
	}
}

func (o Options) hostileTests(t *testing.T, s subject) {
	f := s.begin(t)
	sample := f.tables["sample"]
	for name, text := range Hostile() {
		t.Run(name+" survives unchanged", func(t *testing.T) {
			f := &fixture{T: t, a: f.a, ctx: f.ctx, tables: f.tables}
			f.made.Store(1000)
			if _, err := f.a.Delete(f.ctx, db.Removal{Table: sample}); err != nil {
				t.Fatal(err)
			}
			data := object(text, []any{text})
			short := text
			if o.ShortText {
				short = text[:min(len(text), 255)]
			}
			row := f.insert("sample", db.Row{"text": short, "note": text, "code": short, "kind": short, "data": data, "tags": []string{text, text}})
			check := func(row db.Row) {
				t.Helper()
				f.same([]any{short, text, short, data, []string{text, text}}, []any{row["text"], row["note"], row["code"], row["data"], row["tags"]})
			}
			check(row)
			for _, op := range []db.Op{db.Eq, db.Contains, db.StartsWith, db.EndsWith} {
				check(f.one("sample", db.Cond{Field: "note", Op: op, Value: text}, db.Cond{Field: "code", Op: op, Value: short}))
			}
			check(f.one("sample", db.Cond{Field: "text", Op: db.In, Value: []any{"other", short}}))
			f.wantCount(0, "sample", db.Cond{Field: "note", Op: db.Ne, Value: text})
			f.wantCount(0, "sample", db.By("note", text+"x"))

			res, err := f.a.Update(f.ctx, db.Change{
				Table: sample, Where: db.Where{db.By("kind", short)}, Set: db.Row{"note": text, "data": data}, Returning: true,
			})
			if err != nil || len(res.Rows) != 1 {
				t.Fatalf("update: %d rows, %v", len(res.Rows), err)
			}
			check(res.Rows[0])
			gone, err := f.a.Delete(f.ctx, db.Removal{Table: sample, Where: db.Where{db.By("code", short)}, Returning: true})
			if err != nil || len(gone.Rows) != 1 {
				t.Fatalf("delete: %d rows, %v", len(gone.Rows), err)
			}
			check(gone.Rows[0])
		})
	}
	for name, text := range map[string]string{
		"NUL": "a\x00b", "NUL alone": "\x00", "invalid UTF-8": "a\xffb", "half a character": "\xf0\x9f\x98", "a surrogate": "\xed\xa0\x80",
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			f := &fixture{T: t, a: f.a, ctx: f.ctx, tables: f.tables}
			f.made.Store(2000)
			want := func(what string, err error) {
				t.Helper()
				if !errors.Is(err, db.ErrNUL) {
					t.Errorf("%s: %v, want db.ErrNUL", what, err)
				}
			}
			for field, v := range map[string]any{
				"note": text, "tags": []string{"a", text}, "data": map[string]any{"k": []any{text}}, db.ID: text,
			} {
				_, err := f.a.Insert(f.ctx, sample, f.row("sample", db.Row{field: v}))
				want("insert "+field, err)
			}
			_, err := f.a.Insert(f.ctx, sample, f.row("sample", db.Row{"data": map[string]any{text: 1}}))
			want("a JSON key", err)
			_, err = f.a.Update(f.ctx, db.Change{Table: sample, Set: db.Row{"note": text}})
			want("update", err)
			for _, op := range []db.Op{db.Eq, db.Ne, db.Gt, db.Contains, db.StartsWith, db.EndsWith} {
				_, err = f.a.Select(f.ctx, db.Query{Table: sample, Where: db.Where{{Field: "note", Op: op, Value: text}}})
				want("select "+string(op), err)
			}
			_, err = f.a.Delete(f.ctx, db.Removal{Table: sample, Where: db.Where{{Field: "note", Op: db.NotIn, Value: []any{text}}}})
			want("delete", err)
			_, err = f.a.Count(f.ctx, sample, db.Where{db.By(db.ID, text)})
			want("an id", err)
		})
	}
	t.Run("no error quotes a value", func(t *testing.T) {
		f := s.begin(t)
		const secret = "hunter2-correct-horse"
		u := f.insert("user", db.Row{"email": secret})
		f.insert("bond", db.Row{"holderId": u[db.ID]})
		_, unique := f.a.Insert(f.ctx, f.tables["user"], f.row("user", db.Row{"email": secret}))
		_, reference := f.a.Insert(f.ctx, f.tables["session"], f.row("session", db.Row{"userId": secret, "token": secret}))
		_, restrict := f.a.Delete(f.ctx, db.Removal{Table: f.tables["user"], Where: db.Where{db.By("email", secret)}})
		_, typed := f.a.Select(f.ctx, db.Query{Table: f.tables["user"], Where: db.Where{db.By("createdAt", secret)}})
		_, required := f.a.Insert(f.ctx, f.tables["user"], db.Row{db.ID: "x", "email": secret})
		_, list := f.a.Insert(f.ctx, f.tables["sample"], f.row("sample", db.Row{"tags": secret}))
		for i, err := range []error{unique, reference, restrict, typed, required, list} {
			switch {
			case err == nil:
				t.Errorf("call %d did not fail", i)
			case strings.Contains(err.Error(), secret):
				t.Errorf("call %d: the error quotes the value", i)
			}
		}
	})
}
