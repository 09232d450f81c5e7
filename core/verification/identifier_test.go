package verification_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gatehouse-auth/gatehouse/core/db"
	"github.com/gatehouse-auth/gatehouse/core/verification"
)

// recording is what testdata/records.mjs saw upstream do.
type recording struct {
	Version     string
	Now         time.Time
	Identifiers []struct{ Identifier, Hashed string }
	Choices     []struct{ Option, Identifier, Stored string }
	Records     []struct {
		Mode   string
		Hashed bool
		Fields []string
		Key    string
		Text   string
		TTL    int
		Row    map[string]any
	}
}

func recorded(t *testing.T) recording {
	t.Helper()
	data, err := os.ReadFile("testdata/records.json")
	if err != nil {
		t.Fatal(err)
	}
	var r recording
	if err := json.Unmarshal(data, &r); err != nil {
		t.Fatal(err)
	}
	if r.Version != "1.6.9" || !r.Now.Equal(start) {
		t.Fatalf("recorded from %s at %v, want the pin at the start", r.Version, r.Now)
	}
	return r
}

var hashed = verification.Storage{Hashed: true}

// named stores an identifier as the name and the identifier.
func named(name string) verification.Storage {
	return verification.Storage{Hash: func(identifier string) (string, error) { return name + "(" + identifier + ")", nil }}
}

func TestIdentifiersAreHashedAsUpstreamHashesThem(t *testing.T) {
	for _, v := range recorded(t).Identifiers {
		f := open(t, inDatabase, setting{config: func(c *verification.Config) { c.Default = hashed }})
		rec := f.create(verification.Purpose{}, v.Identifier, "value")
		if rec.Identifier != v.Hashed || f.rows()[0]["identifier"] != v.Hashed {
			t.Errorf("%.20q is stored as %s, upstream: %s", v.Identifier, rec.Identifier, v.Hashed)
		}
		f.redeemed(verification.Purpose{}, v.Identifier, "value")
	}
}

func TestTheFirstOverrideThatMatchesWins(t *testing.T) {
	options := map[string]func(*verification.Config){
		"one for all": func(c *verification.Config) { c.Default = named("all") },
		"a default and overrides": func(c *verification.Config) {
			c.Default = named("default")
			c.Overrides = []verification.Override{
				{Prefix: "reset-password:", Storage: named("reset")},
				{Prefix: "reset-", Storage: named("shorter")},
				{Prefix: "magic-link:"},
				{Prefix: "otp-", Storage: hashed},
			}
		},
		"the shorter prefix first": func(c *verification.Config) {
			c.Overrides = []verification.Override{{Prefix: "reset-", Storage: named("shorter")}, {Prefix: "reset-password:", Storage: named("reset")}}
		},
	}
	for _, v := range recorded(t).Choices {
		t.Run(v.Option+", "+v.Identifier, func(t *testing.T) {
			everywhere(t, setting{config: options[v.Option]}, func(t *testing.T, f *fixture) {
				p := verification.Purpose{Prefix: v.Identifier[:3]}
				if rec := f.create(p, v.Identifier[3:], "value"); rec.Identifier != v.Stored {
					t.Errorf("stored as %s, upstream: %s", rec.Identifier, v.Stored)
				}
				if f.values != nil && f.values.All()["verification:"+v.Stored] == "" {
					t.Errorf("the secondary storage has %v", f.values.All())
				}
				f.found(p, v.Identifier[3:], "value")
				f.redeemed(p, v.Identifier[3:], "value")
				f.left(0, 0)
			})
		})
	}
}

// plainly creates a record as a server without hashing does, on which hashing
// is then switched on.
func plainly(t *testing.T, mode string, p verification.Purpose, key string, config func(*verification.Config)) *fixture {
	t.Helper()
	before := open(t, mode, setting{})
	before.create(p, key, "value")
	after := open(t, mode, setting{config: config})
	for key, text := range before.valuesOrNone() {
		if err := after.values.Set(t.Context(), key, text, time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range before.rows() {
		row[db.ID] = "of before"
		if _, err := after.db.Adapter().Insert(t.Context(), after.Table(), row); err != nil {
			t.Fatal(err)
		}
	}
	return after
}

func (f *fixture) valuesOrNone() map[string]string {
	if f.values == nil {
		return nil
	}
	return f.values.All()
}

func TestRecordsFromBeforeHashingAreFound(t *testing.T) {
	for name, c := range map[string]struct {
		purpose verification.Purpose
		storage verification.Storage
	}{
		"since identifiers are hashed":                        {reset, hashed},
		"since they are hashed, of a purpose without prefix":  {verification.Purpose{}, hashed},
		"since a function stores them":                        {reset, named("own")},
		"since they are hashed under an override, by a value": {verification.Purpose{Prefix: "otp-"}, hashed},
	} {
		t.Run(name, func(t *testing.T) {
			for _, mode := range modes {
				t.Run(mode, func(t *testing.T) {
					f := plainly(t, mode, c.purpose, "token", func(cfg *verification.Config) { cfg.Default = c.storage })
					f.found(c.purpose, "token", "value")
					f.redeemedOf(c.purpose, "token", "another", "")
					f.redeemed(c.purpose, "token", "value")
					f.redeemed(c.purpose, "token", "")
					f.left(0, 0)
				})
			}
		})
	}
}

func TestARecordFromBeforeHashingIsSuperseded(t *testing.T) {
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) {
			f := plainly(t, mode, shapedReset, "token", func(c *verification.Config) { c.Default = hashed })
			f.now.Advance(time.Second)
			f.create(shapedReset, "token", "newer")
			f.found(shapedReset, "token", "newer")
			f.redeemedOf(shapedReset, "token", "value", "")
			f.redeemed(shapedReset, "token", "newer")
			f.redeemed(shapedReset, "token", "")
			f.left(0, 0)
		})
	}
}

// Who reads the storage has the hashes, and no more than that.
func TestAStoredHashIsNoKey(t *testing.T) {
	bare := verification.Purpose{}
	keeping := verification.Storage{Hash: func(identifier string) (string, error) {
		prefix, key, _ := strings.Cut(identifier, ":")
		return prefix + ":hash of " + key, nil
	}}
	for name, c := range map[string]struct {
		issued, presented verification.Purpose
		config            func(*verification.Config)
	}{
		"of the same purpose without a prefix": {bare, bare, func(c *verification.Config) { c.Default = hashed }},
		"of another purpose without a prefix":  {reset, bare, func(c *verification.Config) { c.Default = hashed }},
		"made by a function":                   {bare, bare, func(c *verification.Config) { c.Default = named("own") }},
		"made by a function for some only": {
			verification.Purpose{Prefix: "otp-"},
			bare,
			func(c *verification.Config) {
				c.Default, c.Overrides = hashed, []verification.Override{{Prefix: "otp-", Storage: named("own")}}
			},
		},
		"made by a function that keeps the prefix": {reset, reset, func(c *verification.Config) { c.Default = keeping }},
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, setting{config: c.config}, func(t *testing.T, f *fixture) {
				stored := f.create(c.issued, "token", "value").Identifier
				key := strings.TrimPrefix(stored, c.presented.Prefix)
				f.found(c.presented, key, "")
				f.redeemedOf(c.presented, key, "value", "")
				f.redeemed(c.presented, key, "")
				f.redeemed(c.issued, "token", "value")
			})
		})
	}
}

func TestAHashThatFails(t *testing.T) {
	boom := errors.New("boom")
	for name, c := range map[string]struct {
		hash func(string) (string, error)
		is   error
	}{
		"with an error":  {func(string) (string, error) { return "x", boom }, boom},
		"with no result": {func(string) (string, error) { return "", nil }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			everywhere(t, setting{config: func(cfg *verification.Config) { cfg.Default.Hash = c.hash }}, func(t *testing.T, f *fixture) {
				_, creating := f.Create(t.Context(), reset, "token", "value", start.Add(time.Hour))
				_, found, finding := f.Find(t.Context(), reset, "token")
				_, redeemed, redeeming := f.Redeem(t.Context(), reset, "token")
				for _, err := range []error{creating, finding, redeeming} {
					if err == nil || c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), "verification.storeIdentifier") || strings.Contains(err.Error(), "token") {
						t.Errorf("the error is %v", err)
					}
				}
				if found || redeemed {
					t.Error("something was found")
				}
				f.left(0, 0)
			})
		})
	}
}
