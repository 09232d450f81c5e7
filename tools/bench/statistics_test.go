package main

import (
	"testing"
	"time"
)

// The percentiles are those of the nearest-rank method's usual example.
func TestPercentilesAreOfTheNearestRank(t *testing.T) {
	t.Parallel()
	list := []int{15, 20, 35, 40, 50}
	for p, want := range map[int]int{0: 15, 5: 15, 30: 20, 40: 20, 50: 35, 99: 50, 100: 50} {
		if got := percentile(list, p); got != want {
			t.Errorf("percentile %d is %d, want %d", p, got, want)
		}
	}
	if got := percentile([]int(nil), 50); got != 0 {
		t.Errorf("of nothing it is %d", got)
	}
}

func TestTheMedianIsInTheMiddleAndLeavesTheOrder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values []float64
		want   float64
	}{{nil, 0}, {[]float64{7}, 7}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 1, 3, 2}, 2.5}} {
		if got := median(c.values); got != c.want {
			t.Errorf("the median of %v is %v, want %v", c.values, got, c.want)
		}
	}
	values := []float64{3, 1, 2}
	_ = median(values)
	if values[0] != 3 || values[1] != 1 {
		t.Errorf("the values were sorted: %v", values)
	}
}

func TestARatioToNothingIsNone(t *testing.T) {
	t.Parallel()
	if got := ratio(6, 3); got != 2 {
		t.Errorf("6 to 3 is %v", got)
	}
	if got := times(ratio(6, 0)); got != "–" {
		t.Errorf("6 to nothing is %q", got)
	}
}

func TestFiguresAreInMillisecondsAndPerSecond(t *testing.T) {
	t.Parallel()
	f := figuresOf([]time.Duration{3 * time.Millisecond, time.Millisecond, 2 * time.Millisecond, 1500 * time.Microsecond}, 2*time.Second, 7)
	if want := (figures{Requests: 4, Seconds: 2, PerSecond: 2, P50: 1.5, P99: 3, Slowest: 3, BodyBytes: 7}); f != want {
		t.Errorf("figures are %+v, want %+v", f, want)
	}
}
