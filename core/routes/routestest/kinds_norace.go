//go:build !race

package routestest

const kinds = 3 // of faults that RunFailures tries
