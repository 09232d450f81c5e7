package replay_test

import (
	"os"
	"testing"

	"github.com/gatehouse-auth/gatehouse/reference/replay"
)

func scenarios(t *testing.T) []*replay.Scenario {
	t.Helper()
	list, err := replay.Load(os.DirFS("../scenarios"))
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func recorded(t *testing.T, s *replay.Scenario, cache map[string]*replay.Recording) *replay.Recorded {
	t.Helper()
	if cache[s.Topic] == nil {
		r, err := replay.LoadRecording(os.DirFS("../recordings"), s.Topic)
		if err != nil {
			t.Fatal(err)
		}
		cache[s.Topic] = r
	}
	r := cache[s.Topic].Scenarios[s.Name]
	if r == nil {
		t.Fatalf("%s: %q is not recorded: node tools/upstream/record.mjs", s.Topic, s.Name)
	}
	return r
}

func knowns(t *testing.T) replay.Knowns {
	t.Helper()
	data, err := os.ReadFile("differences.yaml")
	if err != nil {
		t.Fatal(err)
	}
	list, err := replay.LoadKnowns(data)
	if err != nil {
		t.Fatalf("differences.yaml: %v", err)
	}
	return list
}

// storages are what the scenarios are played on. Each name is that of a subtest,
// which tools/services counts.
var storages = []struct {
	name string
	open func(t *testing.T) replay.Storages
	// part tells which scenarios are played; nil is all.
	part func(s *replay.Scenario) bool
}{
	{name: "memory", open: func(*testing.T) replay.Storages {
		return replay.Storages{Database: replay.Memory}
	}},
	{name: "sqlite", open: func(t *testing.T) replay.Storages {
		return replay.Storages{Database: replay.SQLite(t.TempDir())}
	}},
	{name: "postgres", open: func(t *testing.T) replay.Storages {
		return replay.Storages{Database: replay.Postgres(t)}
	}},
	{name: "mysql", open: func(t *testing.T) replay.Storages {
		return replay.Storages{Database: replay.MySQL(t)}
	}},
	{name: "redis", part: (*replay.Scenario).HasSecondaryStorage, open: func(t *testing.T) replay.Storages {
		return replay.Storages{Database: replay.Memory, Secondary: replay.Redis(t)}
	}},
}

func TestGatehouseAnswersAsRecorded(t *testing.T) {
	list, known, cache := scenarios(t), knowns(t), map[string]*replay.Recording{}
	answers := map[*replay.Scenario]*replay.Recorded{}
	for _, s := range list {
		answers[s] = recorded(t, s, cache)
	}
	for _, storage := range storages {
		t.Run(storage.name, func(t *testing.T) {
			t.Parallel()
			on, known := storage.open(t), known.On(storage.part != nil)
			played, all := 0, 0
			for _, s := range list {
				if storage.part != nil && !storage.part(s) {
					continue
				}
				all++
				t.Run(s.Topic+"/"+s.Name, func(t *testing.T) {
					played++
					found, err := replay.Run(t.Context(), s, answers[s], on)
					if err != nil {
						t.Fatalf("%s: %q: %v", s.Topic, s.Name, err)
					}
					for _, d := range found {
						if !known.Explain(d) {
							t.Errorf("%s", d)
						}
					}
				})
			}
			if played < all {
				return // only some were asked for
			}
			for _, entry := range known.Stale() {
				t.Errorf("differences.yaml: no scenario shows %s any more: take it out", entry)
			}
		})
	}
}
