package main

import (
	"strings"
	"testing"
)

func rounds(workload, contender string, sessions, connections int, perSecond ...float64) (all []measured) {
	for i, n := range perSecond {
		all = append(all, measured{workload, contender, sessions, connections, i + 1, figures{PerSecond: n, P99: 1000 / n}})
	}
	return all
}

func TestALineIsTheMedianOfItsRounds(t *testing.T) {
	t.Parallel()
	all := append(rounds("redis", theLimit, 100, 32, 400, 200, 300), rounds("redis", gatehouse, 100, 32, 150, 90, 100)...)
	all = append(all, rounds("get-session", gatehouse, 100, 1, 50)...)
	groups, found := summarize(all)
	if len(groups) != 2 || groups[0].workload != "get-session" || groups[1] != (group{"redis", 100, 32}) {
		t.Fatalf("the groups are %v", groups)
	}
	got := found[groups[1]]
	if len(got) != 2 || got[0].contender != gatehouse || got[0].PerSecond != 100 || got[0].P99 != 10 || got[1].PerSecond != 300 {
		t.Errorf("the contenders are %+v", got)
	}
}

func TestTheTableHasRatiosOfMedians(t *testing.T) {
	t.Parallel()
	r := results{Load: append(rounds("get-session", gatehouse, 100, 32, 600), append(rounds("get-session", betterAuth, 100, 32, 200), rounds("get-session", theLimit, 100, 32, 1000)...)...)}
	text := r.text()
	for _, want := range []string{"| 600 ", "| 3.00×", "| 60 %", "| 5.00×", "| 20 %"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
}

func TestWhatHashesPasswordsHasFewerConnections(t *testing.T) {
	t.Parallel()
	w := workload{most: hashing}
	if got := w.connections([]int{1, 32, 256}); len(got) != 2 || got[1] != 32 {
		t.Errorf("it has %v", got)
	}
	if got := (workload{}).connections([]int{1, 256}); len(got) != 2 {
		t.Errorf("others have %v", got)
	}
}
