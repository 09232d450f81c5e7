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

func TestGatehouseAnswersAsRecorded(t *testing.T) {
	list, known, cache := scenarios(t), knowns(t), map[string]*replay.Recording{}
	played := 0
	for _, database := range []struct {
		name string
		open replay.OpenDatabase
	}{
		{"memory", replay.Memory},
		{"sqlite", replay.SQLite(t.TempDir())},
	} {
		for _, s := range list {
			t.Run(database.name+"/"+s.Topic+"/"+s.Name, func(t *testing.T) {
				played++
				found, err := replay.Run(t.Context(), s, recorded(t, s, cache), database.open)
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
	}
	if played < 2*len(list) {
		return // only some were asked for
	}
	for _, entry := range known.Stale() {
		t.Errorf("differences.yaml: no scenario shows %s any more: take it out", entry)
	}
}
