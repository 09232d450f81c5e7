//go:build !race

package routestest

const (
	usualRounds = 3 // repetitions of each race
	kinds       = 3 // of faults that RunFailures tries
)
