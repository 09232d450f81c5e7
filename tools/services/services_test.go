package main

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// testdata/stream.json is what `go test -json` wrote about four small packages:
// a has tests of every outcome, b does not compile, c panics, d passes.
var recordedCells = []cell{
	{conformance, inMemory, "a", "TestSuite"},
	{conformance, sqlite, "b", "TestSuite"},
	{conformance, postgres, "c", "TestSuite"},
	{conformance, mysql, "d", "TestSuite"},
	{replays, inMemory, "a", "TestReplay/memory"},
	{replays, postgres, "a", "TestReplay/postgres"},
}

func TestARecordedStream(t *testing.T) {
	out, err := closing(t, recordedCells)
	for _, want := range []string{
		"adapter conformance on MySQL/MariaDB (TestSuite): 2 passed, 0 failed, 0 skipped, in 0.0 s\n",
		"want 1, got 2",
		"panic: nobody expected this",
		"an entry is stale",
		"cannot use 5",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the report does not say %q", want)
		}
	}
	_, table, _ := strings.Cut(out, "\npassed/failed/skipped\n")
	const want = `
                     memory  SQLite  PostgreSQL  MySQL/MariaDB  Redis  total
adapter conformance  2/1/1   0/0/0   1/1/0       2/0/0          -      5/2/1
replay of 1.6.9      2/1/0   -       0/0/1       -              -      2/1/1
total                4/2/1   0/0/0   1/1/1       2/0/0          0/0/0  7/3/2
1 skipped: PostgreSQL is neither named by GATEHOUSE_TEST_POSTGRES nor at 127.0.0.1:5432
1 skipped: the database has no JSON
adapter conformance on SQLite: no test TestSuite in b has ended
total: 7 passed, 3 failed, 2 skipped, in 0s
`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), table); diff != "" {
		t.Errorf("the table (-want +got):\n%s", diff)
	}
	if err == nil || err.Error() != "3 tests failed" {
		t.Errorf("error %v, want one that counts the failures", err)
	}
}

func TestWhatMakesARunFail(t *testing.T) {
	for _, test := range []struct {
		name  string
		cells []cell
		ended error
		want  string
	}{
		{"nothing", []cell{{conformance, mysql, "d", "TestSuite"}}, nil, ""},
		{"a test that failed", []cell{{conformance, inMemory, "a", "TestSuite"}}, nil, "1 tests failed"},
		{"a test that fails by itself, above others that pass", []cell{{replays, inMemory, "a", "TestReplay/memory"}}, nil, "1 tests failed"},
		{"a test that did not end", []cell{{conformance, postgres, "c", "TestSuite"}}, nil, "1 tests failed"},
		{"a test that is gone", []cell{{conformance, inMemory, "d", "TestSuite"}, {replays, inMemory, "d", "TestGone"}}, nil, "1 suites did not run"},
		{"a package that does not compile", []cell{{conformance, inMemory, "b", "TestSuite"}}, nil, "1 suites did not run"},
		{"the go command", []cell{{conformance, mysql, "d", "TestSuite"}}, errors.New("exit status 1"), "exit status 1"},
		{"a skipped test does not", []cell{{replays, postgres, "a", "TestReplay/postgres"}}, nil, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := recordedReport(t, test.cells, &strings.Builder{})
			err := r.close(test.ended)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

func TestALongRunTellsThatItGoesOn(t *testing.T) {
	stream := func(seconds string) string {
		return `{"Time":"2026-03-14T09:26:00Z","Action":"run","Package":"p","Test":"TestA"}
{"Time":"2026-03-14T09:26:10Z","Action":"pass","Package":"p","Test":"TestA"}
{"Time":"2026-03-14T09:26:` + seconds + `Z","Action":"run","Package":"p","Test":"TestB"}`
	}
	for _, test := range []struct{ seconds, want string }{
		{"29", ""},
		{"30", "30s  1 tests ended\n"},
	} {
		var out strings.Builder
		if err := newReport(nil, &out, false).read(strings.NewReader(stream(test.seconds))); err != nil || out.String() != test.want {
			t.Errorf("after %s s it says %q, want %q (error: %v)", test.seconds, out.String(), test.want, err)
		}
	}
}

func TestAStreamThatIsNone(t *testing.T) {
	if err := newReport(nil, &strings.Builder{}, false).read(strings.NewReader("go: no such tool")); err == nil {
		t.Error("no error")
	}
}

func TestTheTableOfTestsIsWhole(t *testing.T) {
	for _, c := range cells {
		if info, err := os.Stat("../../" + c.folder); err != nil || !info.IsDir() {
			t.Errorf("%s: there is no folder %s", c, c.folder)
		}
	}
	// What a release must show of each storage.
	for suite, on := range map[string][]string{
		conformance: {inMemory, sqlite, postgres, mysql},
		secondaries: {inMemory, redis},
		races:       {inMemory, sqlite, postgres, mysql, redis},
		twoRaces:    {sqlite, postgres, mysql, redis},
		replays:     {inMemory, sqlite, postgres, mysql, redis},
	} {
		chosen, err := choose(cells, suite)
		if err != nil {
			t.Fatal(err)
		}
		for _, storage := range on {
			found := false
			for _, c := range chosen {
				found = found || c.suite == suite && c.storage == storage
			}
			if !found {
				t.Errorf("no test of %s on %s", suite, storage)
			}
		}
	}
	if _, err := choose(cells, "nonsense"); err == nil {
		t.Error("suites with a name of nonsense are found")
	}
}

func recordedReport(t *testing.T, cells []cell, out *strings.Builder) *report {
	t.Helper()
	stream, err := os.Open("testdata/stream.json")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stream.Close() }()
	r := newReport(cells, out, false)
	if err := r.read(stream); err != nil {
		t.Fatal(err)
	}
	return r
}

func closing(t *testing.T, cells []cell) (string, error) {
	t.Helper()
	var out strings.Builder
	r := recordedReport(t, cells, &out)
	err := r.close(nil)
	return out.String(), err
}
