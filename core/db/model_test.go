package db_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
)

type person struct {
	ID      string         `db:"id"`
	Name    string         `db:"name,sortable"`
	Nick    *string        `db:"nick,unique"`
	Admin   bool           `db:"admin,noinput,false"`
	Visits  int64          `db:"visits,bigint"`
	Team    string         `db:"teamId,index,ref=team"`
	Seen    time.Time      `db:"seen,now,touch"`
	Hash    *string        `db:"hash,noreturn"`
	Extra   map[string]any `db:",extra"`
	Ignored int
}

var noon = time.Date(2026, 1, 2, 12, 0, 0, 123456789, time.FixedZone("", 3600))

func newModel(t *testing.T) *db.Model[person] {
	t.Helper()
	m, err := db.NewModel[person]("person", func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Table.Extend(&db.Field{Name: "plan", Type: db.String, Nullable: true}, &db.Field{Name: "pin", Type: db.String, Nullable: true, NotReturned: true}); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAModelDeclaresItsTable(t *testing.T) {
	m := newModel(t)
	if got, want := m.Table.Names(), []string{"name", "nick", "admin", "visits", "teamId", "seen", "hash", "plan", "pin", "id"}; !reflect.DeepEqual(got, want) {
		t.Errorf("names %v", got)
	}
	f := m.Table.Field
	if !f("nick").Nullable || !f("nick").Unique || f("name").Nullable || !f("name").Sortable || !f("visits").BigInt || !f("admin").NotInput || !f("hash").NotReturned {
		t.Error("flags are not what the tags say")
	}
	if r := f("teamId").References; r == nil || r.Model != "team" || r.Field != "id" || !f("teamId").Index {
		t.Errorf("reference %v", r)
	}
	if got := f("seen").Default(); got != time.Date(2026, 1, 2, 11, 0, 0, 123e6, time.UTC) {
		t.Errorf("the clock in milliseconds, UTC: %v", got)
	}
	names, kept := m.Admit(map[string]any{"plan": "pro", "pin": "1234", "other": true})
	if !reflect.DeepEqual(names, []string{"plan"}) || !reflect.DeepEqual(kept, map[string]any{"plan": "pro"}) {
		t.Errorf("extras that an answer may carry: %v, %v", names, kept)
	}
}

func TestRecordsAndRows(t *testing.T) {
	m, nick := newModel(t), "al"
	rec := person{ID: "1", Name: "Al", Nick: &nick, Visits: 3, Team: "t", Seen: db.Millis(noon), Extra: map[string]any{"plan": "pro", "pin": nil}}
	row := m.Row(rec)
	back, err := m.Record(row)
	if err != nil || !reflect.DeepEqual(back, rec) {
		t.Errorf("got  %+v\nwant %+v (%v)", back, rec, err)
	}
	if _, err := m.Record(db.Row{"name": 5}); err == nil || !strings.Contains(err.Error(), "person.name") {
		t.Errorf("a row of another shape: %v", err)
	}
	if row := m.Row(person{}); row["seen"] != nil || row["id"] != nil || row["nick"] != nil || row["name"] != "" {
		t.Errorf("an empty record: %v", row)
	}
}

func TestModelsThatAreWrong(t *testing.T) {
	now := time.Now
	if _, err := db.NewModel[struct {
		Name string `db:"name"`
	}]("x", now); err == nil {
		t.Error("a model without id and extra")
	}
	if _, err := db.NewModel[struct {
		ID    string         `db:"id"`
		Name  string         `db:"name,shiny"`
		Extra map[string]any `db:",extra"`
	}]("x", now); err == nil || !strings.Contains(err.Error(), "shiny") {
		t.Errorf("an unknown flag: %v", err)
	}
	if _, err := db.NewModel[struct {
		ID    string         `db:"id"`
		Name  chan int       `db:"name"`
		Extra map[string]any `db:",extra"`
	}]("x", now); err == nil {
		t.Error("an unsupported type")
	}
}

func TestReadingJSON(t *testing.T) {
	m := newModel(t)
	rec, err := m.FromJSON(`{"name":"Al","seen":"2026-01-02T11:00:00.123Z","visits":3,"plan":"pro","gone":true,"id":"1"}`)
	if err != nil || rec.Name != "Al" || rec.ID != "1" || rec.Visits != 3 || !rec.Seen.Equal(db.Millis(noon)) || rec.Extra["plan"] != "pro" {
		t.Errorf("got %+v, %v", rec, err)
	}
	for _, bad := range []string{`[]`, `null`, `{"name":5}`, `{"seen":"yesterday"}`, `{"id":1}`, `{`} {
		if _, err := m.FromJSON(bad); err == nil {
			t.Errorf("accepted %s", bad)
		}
	}
}

func TestCoercion(t *testing.T) {
	for _, tc := range []struct {
		typ  db.Type
		in   any
		want any
		ok   bool
	}{
		{db.String, "x", "x", true},
		{db.String, 5.0, nil, false},
		{db.Boolean, true, true, true},
		{db.Boolean, "true", nil, false},
		{db.Number, 5.0, int64(5), true},
		{db.Number, 5.5, 5.5, true},
		{db.Number, "12", int64(12), true},
		{db.Number, "x", nil, false},
		{db.Number, 1e300, 1e300, true},
		{db.Date, "2026-01-02T11:00:00.123Z", db.Millis(noon), true},
		{db.Date, "2026-01-02", time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), true},
		{db.Date, "soon", nil, false},
		{db.Date, true, nil, false},
		{db.StringArray, []any{"a", "b"}, []string{"a", "b"}, true},
		{db.StringArray, []any{"a", 1.0}, nil, false},
		{db.NumberArray, []any{1.0}, []float64{1}, true},
		{db.JSON, map[string]any{"a": 1}, map[string]any{"a": 1}, true},
		{db.String, nil, nil, true},
	} {
		got, err := db.Coerce(&db.Field{Name: "f", Type: tc.typ}, tc.in)
		if (err == nil) != tc.ok || !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s from %v: got %v, %v", tc.typ, tc.in, got, err)
		}
	}
}
