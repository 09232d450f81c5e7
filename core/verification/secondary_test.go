package verification_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/secondary"
	"github.com/gatehouse-auth/gatehouse/core/secondary/secondarytest"
	"github.com/gatehouse-auth/gatehouse/core/verification"
)

// moreFields are the additional fields of some of upstream's records.
func moreFields() []*db.Field {
	return []*db.Field{
		{Name: "note", Type: db.String, Nullable: true},
		{Name: "count", Type: db.Number, Nullable: true, Default: func() any { return int64(7) }},
		{Name: "until", Type: db.Date, Nullable: true},
	}
}

func members(t *testing.T, text string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return m
}

// What upstream has written is found and redeemed, and what is written here is
// what upstream writes.
func TestRecordsAreUpstreams(t *testing.T) {
	for _, v := range recorded(t).Records {
		name := v.Mode
		with := setting{}
		if v.Hashed {
			name += ", hashed"
			with.config = func(c *verification.Config) { c.Default = hashed }
		}
		if len(v.Fields) > 0 {
			name += ", with additional fields"
			with.fields = moreFields()
		}
		theirs := func(t *testing.T) *fixture {
			t.Helper()
			f := open(t, v.Mode, with)
			if v.Text != "" {
				if err := f.values.Set(t.Context(), v.Key, v.Text, time.Duration(v.TTL)*time.Second); err != nil {
					t.Fatal(err)
				}
			}
			if v.Row != nil {
				if _, err := f.db.Adapter().Insert(t.Context(), f.Table(), f.row(v.Row)); err != nil {
					t.Fatal(err)
				}
			}
			return f
		}
		t.Run(name+", as upstream left it", func(t *testing.T) {
			f := theirs(t)
			f.found(reset, "token", "user-1")
			rec, ok, err := f.Redeem(t.Context(), reset, "token")
			f.wantRedeemed(rec, ok, err, "user-1")
			if len(v.Fields) > 0 && (rec.Extra["note"] != "n" || !rec.Extra["until"].(time.Time).Equal(start.Add(time.Second))) {
				t.Errorf("additional fields: %v", rec.Extra)
			}
			f.redeemed(reset, "token", "")
			f.left(0, 0)
		})
		t.Run(name+", for another user", func(t *testing.T) {
			f := theirs(t)
			f.redeemedOf(reset, "token", "user-2", "")
			f.redeemedOf(reset, "token", "user-1", "user-1")
		})
		t.Run(name+", as it is written here", func(t *testing.T) {
			if len(v.Fields) > 0 {
				with.hooks = []db.Hooks{{BeforeCreate: func(context.Context, db.Row) (db.Row, error) {
					return db.Row{"note": "n", "until": start.Add(time.Second)}, nil
				}}}
			}
			f := open(t, v.Mode, with)
			if _, err := f.Create(t.Context(), reset, "token", "user-1", start.Add(3_600_500*time.Millisecond)); err != nil {
				t.Fatal(err)
			}
			if v.Row != nil {
				if diff := cmp.Diff([]db.Row{f.row(v.Row)}, f.rows()); diff != "" {
					t.Errorf("the row (-upstream +ours):\n%s", diff)
				}
			}
			if v.Text == "" {
				return
			}
			theirs, ours := members(t, v.Text), members(t, f.values.All()[v.Key])
			if v.Mode == inSecondary {
				delete(ours, "count") // upstream applies no defaults there
			}
			if diff := cmp.Diff(theirs, ours); diff != "" {
				t.Errorf("the value (-upstream +ours):\n%s", diff)
			}
			f.now.Advance(time.Duration(v.TTL)*time.Second - time.Millisecond)
			if len(f.values.All()) != 1 {
				t.Error("the value ended early")
			}
			if f.now.Advance(time.Millisecond); len(f.values.All()) != 0 {
				t.Error("the value ends late")
			}
		})
	}
}

// row types a row that came as JSON.
func (f *fixture) row(raw map[string]any) db.Row {
	f.t.Helper()
	row := db.Row{"id": raw["id"]}
	for _, field := range f.Table().Fields {
		v, err := db.Coerce(field, raw[field.Name])
		if err != nil {
			f.t.Fatal(err)
		}
		row[field.Name] = v
	}
	return row
}

func TestTheDatabaseHasTheLastWord(t *testing.T) {
	t.Run("a copy that came back is not redeemed", func(t *testing.T) {
		f := open(t, inBoth, setting{})
		f.create(reset, "token", "user")
		copies := f.values.All()
		f.redeemed(reset, "token", "user")
		for key, text := range copies {
			if err := f.values.Set(t.Context(), key, text, time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		f.redeemed(reset, "token", "")
		f.left(0, 0)
	})
	t.Run("a copy that was changed is not believed", func(t *testing.T) {
		f := open(t, inBoth, setting{})
		f.create(reset, "token", "user")
		for key, text := range f.values.All() {
			if err := f.values.Set(t.Context(), key, replaced(text, "user", "admin"), time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		f.redeemedOf(reset, "token", "admin", "")
		f.redeemed(reset, "token", "user")
	})
	t.Run("a storage that lost everything loses nothing", func(t *testing.T) {
		f := open(t, inBoth, setting{})
		f.create(reset, "used", "user")
		f.create(reset, "token", "user")
		f.redeemed(reset, "used", "user")
		f.flush()
		f.found(reset, "token", "user")
		f.redeemed(reset, "used", "")
		f.redeemed(reset, "token", "user")
		f.redeemed(reset, "token", "")
	})
	t.Run("a storage that lost everything has nothing to redeem", func(t *testing.T) {
		f := open(t, inSecondary, setting{})
		f.create(reset, "used", "user")
		f.create(reset, "token", "user")
		f.redeemed(reset, "used", "user")
		f.flush()
		f.found(reset, "token", "")
		f.redeemed(reset, "token", "")
		f.redeemed(reset, "used", "")
	})
}

func replaced(text, old, value string) string {
	return strings.Replace(text, `"value":"`+old+`"`, `"value":"`+value+`"`, 1)
}

func (f *fixture) flush() {
	f.t.Helper()
	for key := range f.values.All() {
		if err := f.values.Delete(f.t.Context(), key); err != nil {
			f.t.Fatal(err)
		}
	}
}

func TestAValueThatIsNoRecordIsNone(t *testing.T) {
	for name, text := range map[string]string{
		"no JSON":             "abc",
		"broken off":          `{"identifier":"reset-password:token","value":"us`,
		"a list":              `[{"value":"user"}]`,
		"null":                "null",
		"no time":             `{"identifier":"reset-password:token","value":"user"}`,
		"a time of no format": `{"identifier":"reset-password:token","value":"user","expiresAt":"tomorrow"}`,
		"a value of no text":  `{"identifier":"reset-password:token","value":{"id":"user"},"expiresAt":"2026-01-02T04:00:00.000Z"}`,
		"a time that is over": `{"identifier":"reset-password:token","value":"user","expiresAt":"2026-01-02T03:00:00.000Z"}`,
	} {
		t.Run(name, func(t *testing.T) {
			f := open(t, inSecondary, setting{})
			if err := f.values.Set(t.Context(), "verification:reset-password:token", text, time.Hour); err != nil {
				t.Fatal(err)
			}
			f.found(reset, "token", "")
			f.redeemed(reset, "token", "")
		})
		t.Run(name+", beside a row", func(t *testing.T) {
			f := open(t, inBoth, setting{})
			f.create(reset, "token", "user")
			if err := f.values.Set(t.Context(), "verification:reset-password:token", text, time.Hour); err != nil {
				t.Fatal(err)
			}
			f.found(reset, "token", "user")
			f.redeemed(reset, "token", "user")
		})
	}
}

// A storage that is down refuses, and what was good before is good afterwards.
func TestAStorageThatIsDown(t *testing.T) {
	boom := errors.New("connection refused")
	for _, mode := range []string{inSecondary, inBoth} {
		t.Run(mode, func(t *testing.T) {
			faults := map[string]error{} // by operation
			s := open(t, mode, setting{storage: func(s secondary.Storage) secondary.Storage {
				return secondarytest.Watched{Storage: s, Before: func(_ context.Context, op string) error { return faults[op] }}
			}})
			s.create(reset, "token", "user")

			for _, op := range []string{"get", "set", "delete", "compare and set"} {
				faults[op] = boom
			}
			if _, ok, err := s.Find(t.Context(), reset, "token"); ok || !errors.Is(err, boom) {
				t.Errorf("find: %v, %v", ok, err)
			}
			for name, redeem := range map[string]func() (verification.Verification, bool, error){
				"redeem": func() (verification.Verification, bool, error) { return s.Redeem(t.Context(), reset, "token") },
				"redeem of": func() (verification.Verification, bool, error) {
					return s.RedeemOf(t.Context(), reset, "token", "user")
				},
				"in a shape": func() (verification.Verification, bool, error) { return s.Redeem(t.Context(), shapedReset, "token") },
				"only writes": func() (verification.Verification, bool, error) {
					delete(faults, "get")
					return s.Redeem(t.Context(), reset, "token")
				},
			} {
				if rec, ok, err := redeem(); ok || rec.Value != "" || !errors.Is(err, boom) {
					t.Errorf("%s: %+v, %v, %v", name, rec, ok, err)
				}
			}
			if _, err := s.Create(t.Context(), reset, "new", "user", start.Add(time.Hour)); !errors.Is(err, boom) {
				t.Errorf("create: %v", err)
			}

			clear(faults)
			s.redeemed(reset, "token", "user")
			s.redeemed(reset, "token", "")
		})
	}
}

var shapedReset = verification.Purpose{Prefix: "reset-password:", Shape: verification.IsID}
