package main

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// mannWhitney compares two samples and returns U of the first and how likely
// such a U, or one further off, is if both came from one distribution: two-sided,
// by the normal approximation, with the corrections for ties and continuity.
// (Mann and Whitney 1947; the figures are those of R's wilcox.test.)
func mannWhitney[T cmp.Ordered](x, y []T) (u, p float64) {
	type value struct {
		v     T
		first bool
	}
	all := make([]value, 0, len(x)+len(y))
	for _, v := range x {
		all = append(all, value{v, true})
	}
	for _, v := range y {
		all = append(all, value{v, false})
	}
	slices.SortFunc(all, func(a, b value) int { return cmp.Compare(a.v, b.v) })
	var ranks, ties float64 // ranks are of x
	for i := 0; i < len(all); {
		j := i
		for j < len(all) && all[j].v == all[i].v {
			j++
		}
		equal, middle := float64(j-i), float64(i+j+1)/2
		ties += equal*equal*equal - equal
		for ; i < j; i++ {
			if all[i].first {
				ranks += middle
			}
		}
	}
	nx, ny, n := float64(len(x)), float64(len(y)), float64(len(all))
	u = ranks - nx*(nx+1)/2
	spread := math.Sqrt(nx * ny / 12 * (n + 1 - ties/(n*(n-1))))
	if spread == 0 || math.IsNaN(spread) {
		return u, 1
	}
	z := max(0, math.Abs(u-nx*ny/2)-0.5) / spread
	return u, math.Erfc(z / math.Sqrt2)
}

func median(d []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(d))
	if n := len(sorted); n%2 == 1 {
		return sorted[n/2]
	} else if n > 0 {
		return (sorted[n/2-1] + sorted[n/2]) / 2
	}
	return 0
}
