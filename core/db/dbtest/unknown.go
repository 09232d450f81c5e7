package dbtest

import (
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

// unknownTests pass names that are no field, among them a column's name where
// the field is renamed and SQL where there is none.
func unknownTests(t *testing.T, s subject) {
	f := s.begin(t)
	f.insert("thing", db.Row{"label": "lamp"})
	thing := f.tables["thing"]
	for _, name := range []string{"nope", "", "group", "Label", "label ", `label" --`, "1", "thing.label", "rowid", "ctid", "*"} {
		calls := map[string]func() error{
			"insert": func() error {
				_, err := f.a.Insert(f.ctx, thing, f.row("thing", db.Row{"label": "x", name: "x"}))
				return err
			},
			"where": func() error {
				_, err := f.a.Select(f.ctx, db.Query{Table: thing, Where: db.Where{db.By(name, "x")}})
				return err
			},
			"order": func() error {
				_, err := f.a.Select(f.ctx, db.Query{Table: thing, Order: []db.Order{{Field: name}}})
				return err
			},
			"fields": func() error {
				_, err := f.a.Select(f.ctx, db.Query{Table: thing, Fields: []string{"label", name}})
				return err
			},
			"set": func() error {
				_, err := f.a.Update(f.ctx, db.Change{Table: thing, Set: db.Row{name: "x"}})
				return err
			},
			"update where": func() error {
				_, err := f.a.Update(f.ctx, db.Change{Table: thing, Where: db.Where{db.By(name, "x")}, Set: db.Row{"label": "x"}})
				return err
			},
			"delete": func() error {
				_, err := f.a.Delete(f.ctx, db.Removal{Table: thing, Where: db.Where{db.By(name, "x")}})
				return err
			},
			"count": func() error { _, err := f.a.Count(f.ctx, thing, db.Where{db.By(name, "x")}); return err },
		}
		for call, run := range calls {
			t.Run(call+" by "+name+" is an error", func(t *testing.T) {
				if run() == nil {
					t.Error("it worked")
				}
			})
		}
	}
	f.wantCount(1, "thing", db.By("label", "lamp"))
}
