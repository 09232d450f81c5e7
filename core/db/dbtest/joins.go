package dbtest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

func joinTests(t *testing.T, s subject) {
	f := s.begin(t)
	ann := f.insert("user", db.Row{"email": "ann@example.com", "name": "Ann"})
	bob := f.insert("user", db.Row{"email": "bob@example.com", "name": "Bob"})
	for i := range 4 {
		f.insert("session", db.Row{"token": fmt.Sprintf("ann%d", i), "userId": ann[db.ID]})
	}
	f.insert("session", db.Row{"token": "bob0", "userId": bob[db.ID]})
	f.insert("account", db.Row{"accountId": "ann-google", "userId": ann[db.ID]})
	f.insert("memo", db.Row{"text": "signed", "authorId": bob[db.ID]})
	f.insert("memo", db.Row{"text": "unsigned"})
	f.insert("thing", db.Row{"label": "lamp", "ownerId": ann[db.ID], "size": 4})

	toUser := db.Join{Table: f.tables["user"], Local: "userId", Foreign: db.ID}
	sessions := db.Join{Table: f.tables["session"], Local: db.ID, Foreign: "userId", Many: true}
	accounts := db.Join{Table: f.tables["account"], Local: db.ID, Foreign: "userId", Many: true}

	run := func(name string, test func(f *fixture)) {
		t.Run(name, func(t *testing.T) {
			test(&fixture{T: t, a: f.a, ctx: f.ctx, tables: f.tables, ids: f.ids})
		})
	}
	run("a session comes with its user", func(f *fixture) {
		rows := f.selectAll(db.Query{Table: f.tables["session"], Where: db.Where{db.By("token", "bob0")}, Joins: []db.Join{toUser}, Limit: 1})
		if len(rows) != 1 {
			f.Fatalf("%d rows", len(rows))
		}
		f.same(bob, rows[0]["user"])
		f.same("bob0", rows[0]["token"])
		f.same(bob[db.ID], rows[0]["userId"])
	})
	run("a joined row that does not exist is nil", func(f *fixture) {
		rows := f.selectAll(db.Query{
			Table: f.tables["memo"], Order: []db.Order{{Field: "text"}},
			Joins: []db.Join{{Table: f.tables["user"], Local: "authorId", Foreign: db.ID}},
		})
		f.same([]any{bob, nil}, []any{rows[0]["user"], rows[1]["user"]})
	})
	run("many rows come as a list, none as an empty one", func(f *fixture) {
		rows := f.selectAll(db.Query{Table: f.tables["user"], Order: []db.Order{{Field: "email"}}, Joins: []db.Join{sessions, accounts}})
		if len(rows) != 2 {
			f.Fatalf("%d rows", len(rows))
		}
		f.same([]string{"ann0", "ann1", "ann2", "ann3"}, sorted(f, rows[0]["session"], "token"))
		f.same([]string{"bob0"}, sorted(f, rows[1]["session"], "token"))
		f.same([]string{"ann-google"}, sorted(f, rows[0]["account"], "accountId"))
		f.same([]db.Row{}, rows[1]["account"])
	})
	run("the limit of a many join counts per parent", func(f *fixture) {
		j := sessions
		j.Limit = 2
		rows := f.selectAll(db.Query{Table: f.tables["user"], Order: []db.Order{{Field: "email"}}, Joins: []db.Join{j}})
		f.same([]int{2, 1}, []int{len(rows[0]["session"].([]db.Row)), len(rows[1]["session"].([]db.Row))})
	})
	run("the limit of the query counts parents", func(f *fixture) {
		rows := f.selectAll(db.Query{Table: f.tables["user"], Order: []db.Order{{Field: "email"}}, Joins: []db.Join{sessions}, Limit: 1, Offset: 1})
		f.same([]string{"bob@example.com"}, column[string](f, rows, "email"))
	})
	run("a one join by a field that is not unique gives one row and doubles no parent", func(f *fixture) {
		j := sessions
		j.Many = false
		rows := f.selectAll(db.Query{Table: f.tables["user"], Order: []db.Order{{Field: "email"}}, Joins: []db.Join{j}})
		f.same([]string{"ann@example.com", "bob@example.com"}, column[string](f, rows, "email"))
		f.same(ann[db.ID], rows[0]["session"].(db.Row)["userId"])
	})
	run("joins work beside Fields that leave the key out", func(f *fixture) {
		rows := f.selectAll(db.Query{
			Table: f.tables["session"], Where: db.Where{db.By("token", "ann1")}, Fields: []string{"token"}, Joins: []db.Join{toUser},
		})
		f.same([]db.Row{{"token": "ann1", "user": ann}}, rows)
		rows = f.selectAll(db.Query{
			Table: f.tables["user"], Where: db.Where{db.By("name", "Bob")}, Fields: []string{"name"}, Joins: []db.Join{accounts},
		})
		f.same([]db.Row{{"name": "Bob", "account": []db.Row{}}}, rows)
	})
	run("renamed tables join both ways", func(f *fixture) {
		rows := f.selectAll(db.Query{Table: f.tables["thing"], Joins: []db.Join{{Table: f.tables["user"], Local: "ownerId", Foreign: db.ID}}})
		f.same(ann, rows[0]["user"])
		rows = f.selectAll(db.Query{
			Table: f.tables["user"], Where: db.Where{db.By("name", "Ann")},
			Joins: []db.Join{{Table: f.tables["thing"], Local: db.ID, Foreign: "ownerId", Many: true}},
		})
		f.same([]string{"lamp"}, sorted(f, rows[0]["thing"], "label"))
	})
	run("a join inside a transaction sees its writes", func(f *fixture) {
		err := f.a.Tx(f.ctx, func(ctx context.Context) error {
			f.made.Store(5000)
			f.insertIn(ctx, "account", db.Row{"accountId": "bob-new", "userId": bob[db.ID]})
			rows, err := f.a.Select(ctx, db.Query{Table: f.tables["user"], Where: db.Where{db.By("name", "Bob")}, Joins: []db.Join{accounts}})
			if err != nil {
				return err
			}
			f.same([]string{"bob-new"}, sorted(f, rows[0]["account"], "accountId"))
			return errUndo
		})
		f.same(errUndo.Error(), fmt.Sprint(err))
	})
	run("keys that differ in case or in spaces at the end are not equal", func(f *fixture) {
		for _, key := range []string{"abc", "ABC"} {
			f.insert("client", db.Row{"key": key})
		}
		notes := []string{"ABC", "ABC ", "Abc", "abc", "abc "}
		for _, note := range notes {
			f.insert("sample", db.Row{"text": note, "note": note})
		}
		rows := f.selectAll(db.Query{
			Table: f.tables["sample"], Joins: []db.Join{{Table: f.tables["client"], Local: "note", Foreign: "key"}},
		})
		found := map[any]any{}
		for _, row := range rows {
			found[row["note"]] = nil
			if client, ok := row["client"].(db.Row); ok {
				found[row["note"]] = client["key"]
			}
		}
		f.same(map[any]any{"ABC": "ABC", "ABC ": nil, "Abc": nil, "abc": "abc", "abc ": nil}, found)
		rows = f.selectAll(db.Query{
			Table: f.tables["client"], Order: []db.Order{{Field: "key"}},
			Joins: []db.Join{{Table: f.tables["sample"], Local: "key", Foreign: "note", Many: true}},
		})
		f.same([][]string{{"ABC"}, {"abc"}}, [][]string{sorted(f, rows[0]["sample"], "note"), sorted(f, rows[1]["sample"], "note")})
	})
	for name, joins := range map[string][]db.Join{
		"an unknown local field":      {{Table: f.tables["user"], Local: "nope", Foreign: db.ID}},
		"an unknown foreign field":    {{Table: f.tables["user"], Local: "userId", Foreign: "nope"}},
		"the same model joined twice": {toUser, toUser},
		"keys of two types":           {{Table: f.tables["user"], Local: "expiresAt", Foreign: db.ID}},
		"a negative limit":            {{Table: f.tables["account"], Local: "userId", Foreign: "userId", Many: true, Limit: -1}},
	} {
		t.Run(name+" is an error", func(t *testing.T) {
			if _, err := f.a.Select(f.ctx, db.Query{Table: f.tables["session"], Joins: joins}); err == nil {
				t.Error("selected")
			}
		})
	}
}

func sorted(f *fixture, rows any, field string) []string {
	f.Helper()
	list, ok := rows.([]db.Row)
	if !ok {
		f.Fatalf("joined rows are a %T", rows)
	}
	out := column[string](f, list, field)
	slices.Sort(out)
	return out
}
