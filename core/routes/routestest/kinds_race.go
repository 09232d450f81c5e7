//go:build race

package routestest

// The race detector makes every fault ten times as long, and sees unguarded
// memory with the first kind.
const kinds = 1
