//go:build !race

package routestest

const (
	usualRounds = 3 // repetitions of each race
	kinds       = 2 // of faults that RunFailures tries
)
