package sqlite_test

import (
	"errors"
	"testing"

	"github.com/gatehouse-auth/gatehouse/adapters/sqlbun/sqlite"
	"github.com/gatehouse-auth/gatehouse/core/db"
)

func FuzzTextSurvives(f *testing.F) {
	for _, s := range []string{"", "'", "''", `\`, "?", "\x00", "\xff", "😀", "x'); --"} {
		f.Add(s)
	}
	a, err := sqlite.Open(f.Context(), ":memory:", sqlite.Options{})
	if err != nil {
		f.Fatal(err)
	}
	tokens := &db.Table{Model: "token", Fields: []*db.Field{{Name: "value", Type: db.String}}}
	if err := tokens.Init(); err != nil {
		f.Fatal(err)
	}
	if _, err := a.Apply(f.Context(), []*db.Table{tokens}, nil); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		row, err := a.Insert(t.Context(), tokens, db.Row{db.ID: "1", "value": text})
		if errors.Is(err, db.ErrNUL) {
			return
		}
		if err != nil || row["value"] != text {
			t.Fatalf("stored %q, %v", row["value"], err)
		}
		for _, op := range []db.Op{db.Eq, db.Contains, db.StartsWith, db.EndsWith, db.Lte, db.Gte} {
			if n, err := a.Count(t.Context(), tokens, db.Where{{Field: "value", Op: op, Value: text}}); err != nil || n != 1 {
				t.Errorf("%s: %d rows, %v", op, n, err)
			}
		}
		if res, err := a.Delete(t.Context(), db.Removal{Table: tokens}); err != nil || res.Count != 1 {
			t.Fatalf("delete: %d rows, %v", res.Count, err)
		}
	})
}
