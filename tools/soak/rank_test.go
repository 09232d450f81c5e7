package main

import (
	"math"
	"testing"
	"time"
)

// The expected values are those of wilcox.test(x, y, exact=FALSE) in R.
func TestMannWhitneyIsThatOfR(t *testing.T) {
	x := []float64{1, 2, 3, 4}
	for _, tc := range []struct {
		y    []float64
		u, p float64
	}{
		{[]float64{0.99, 1.99, 2.99, 3.99, 4.99}, 10, 1},
		{[]float64{1, 1.99, 3, 3.99, 5}, 9, 0.9017048037317},
		{[]float64{1, 2, 2.99, 4, 5}, 8.5, 0.804080657472},
		{[]float64{1, 2, 3, 4, 5}, 8, 0.7086240584439},
		{[]float64{1, 2, 3.01, 4, 5}, 7.5, 0.6197963884941},
		{[]float64{1, 2.01, 3, 4.01, 5}, 7, 0.5368784563079},
		{[]float64{1.01, 2.01, 3.01, 4.01, 5.01}, 6, 0.3912672792826},
	} {
		if u, p := mannWhitney(x, tc.y); u != tc.u || math.Abs(p-tc.p) > 1e-12 {
			t.Errorf("%v: U %v, p %v, want %v, %v", tc.y, u, p, tc.u, tc.p)
		}
	}
	if u, p := mannWhitney([]int{5, 5}, []int{5, 5, 5}); u != 3 || p != 1 {
		t.Errorf("samples that are all alike: U %v, p %v", u, p)
	}
}

func TestWhatCountsAsAlike(t *testing.T) {
	sample := func(from, step time.Duration) []time.Duration {
		d := make([]time.Duration, 100)
		for i := range d {
			d[i] = from + time.Duration(i)*step
		}
		return d
	}
	const ms = time.Millisecond
	for name, tc := range map[string]struct {
		known, unknown []time.Duration
		alike          bool
	}{
		"the same":                            {sample(ms, ms), sample(ms, ms), true},
		"far less than 3 ms, always":          {sample(2*ms, 0), sample(ms, 0), true},
		"more than 3 ms within a wide spread": {sample(4*ms, 10*ms), sample(0, 10*ms), true},
		"more than 3 ms, always":              {sample(9*ms, ms/100), sample(5*ms, ms/100), false},
		"more than 3 ms faster":               {sample(5*ms, ms/100), sample(9*ms, ms/100), false},
	} {
		r := race{known: side{times: tc.known}, unknown: side{times: tc.unknown}}
		if _, _, alike := r.verdict(); alike != tc.alike {
			t.Errorf("%s: alike %v", name, alike)
		}
	}
}

func TestAnswersThatDifferAreAnError(t *testing.T) {
	for name, tc := range map[string]struct {
		known, unknown map[string]int
		fails          bool
	}{
		"alike":             {map[string]int{"200 of 15 bytes": 5}, map[string]int{"200 of 15 bytes": 5}, false},
		"another status":    {map[string]int{"200 of 15 bytes": 5}, map[string]int{"404 of 15 bytes": 5}, true},
		"another length":    {map[string]int{"200 of 15 bytes": 5}, map[string]int{"200 of 16 bytes": 5}, true},
		"one of them fails": {map[string]int{"200 of 15 bytes": 4, "503 of 15 bytes": 1}, map[string]int{"200 of 15 bytes": 5}, true},
	} {
		r := race{known: side{answers: tc.known}, unknown: side{answers: tc.unknown}}
		if err := r.judge("x"); (err != nil) != tc.fails {
			t.Errorf("%s: %v", name, err)
		}
	}
}
