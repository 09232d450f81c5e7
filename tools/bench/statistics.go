package main

import (
	"slices"
	"time"
)

// figuresOf makes the figures of a load's times.
func figuresOf(times []time.Duration, took time.Duration, bytes int) figures {
	slices.Sort(times)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return figures{
		Requests: len(times), Seconds: took.Seconds(), PerSecond: float64(len(times)) / took.Seconds(), BodyBytes: bytes,
		P50: ms(percentile(times, 50)), P99: ms(percentile(times, 99)), Slowest: ms(percentile(times, 100)),
	}
}

// percentile is the smallest of sorted values that p in a hundred do not exceed
// (nearest rank); the zero value when there are none.
func percentile[T any](sorted []T, p int) (v T) {
	if len(sorted) == 0 {
		return v
	}
	rank := (len(sorted)*p + 99) / 100
	return sorted[max(rank, 1)-1]
}

// median is the value in the middle, or the mean of the two that are; 0 when there
// are none. It leaves values as they are.
func median[T number](values []T) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return (float64(sorted[(len(sorted)-1)/2]) + float64(sorted[len(sorted)/2])) / 2
}

type number interface{ ~int | ~int64 | ~float64 }

// ratio is a to b; 0 when there is no b.
func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
