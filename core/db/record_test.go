package db_test

import (
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/authtest"
	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/wire"
)

type box struct {
	ID     string         `db:"id"`
	Label  string         `db:"label,default=plain"`
	Count  int64          `db:"count,default=0,backfill"`
	Open   bool           `db:"open,default=true"`
	Key    string         `db:"key,noreturn"`
	Note   *string        `db:"note"`
	Made   time.Time      `db:"made,now"`
	Extra  map[string]any `db:",extra"`
	hidden string         //nolint:unused // no tag: not a field of the table
	db.Returned
}

func (b box) MarshalJSON() ([]byte, error) { return db.MarshalRecord(b) }

func boxes(t *testing.T) *db.Model[box] {
	t.Helper()
	m, err := db.NewModel[box]("box", func() time.Time { return authtest.Start })
	if err != nil {
		t.Fatal(err)
	}
	err = m.Table.Extend(&db.Field{Name: "color", Type: db.String}, &db.Field{Name: "inside", Type: db.String, NotReturned: true})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestWhatAnAnswerCarriesOfARecord(t *testing.T) {
	m := boxes(t)
	rec := box{
		ID: "b1", Label: "a <b>", Count: 2, Key: "secret", Made: authtest.Start,
		Extra: map[string]any{"color": "red", "inside": "gold", "stray": "x"},
	}
	for name, c := range map[string]struct {
		rec  any
		want string
	}{
		"an output":       {m.Output(rec), `{"label":"a <b>","count":2,"open":false,"note":null,"made":"2026-03-14T09:26:53.589Z","color":"red","id":"b1"}`},
		"a stored record": {rec, `{"label":"a <b>","count":2,"open":false,"note":null,"made":"2026-03-14T09:26:53.589Z","id":"b1"}`},
		"an empty list":   {m.Outputs(nil), `[]`},
	} {
		text, err := wire.Marshal(c.rec)
		if err != nil || string(text) != c.want {
			t.Errorf("%s: %s, %v, want %s", name, text, err, c.want)
		}
	}
	if _, kept := m.Output(rec).Extra["inside"]; kept {
		t.Error("the output holds what is not returned")
	}
	if rec.Extra["inside"] != "gold" {
		t.Error("the record has lost it")
	}
}

func TestDefaultsOfTags(t *testing.T) {
	table := boxes(t).Table
	for field, want := range map[string]any{"label": "plain", "count": int64(0), "open": true} {
		if f := table.Field(field); f.Default == nil || f.Default() != want {
			t.Errorf("%s has another default", field)
		}
	}
	if f := table.Field("count"); f.DDLDefault != int64(0) {
		t.Errorf("existing rows get %v", f.DDLDefault)
	}
	if f := table.Field("label"); f.DDLDefault != nil {
		t.Errorf("existing rows get %v", f.DDLDefault)
	}
}
