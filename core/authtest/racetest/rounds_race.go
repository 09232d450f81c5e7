//go:build race

package racetest

// The race detector sees unguarded memory in the first round, and makes every
// round ten times as long. Which order things happen in is for the rounds
// without it.
const usualRounds = 1
