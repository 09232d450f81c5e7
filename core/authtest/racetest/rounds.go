package racetest

import (
	"os"
	"strconv"
	"testing"
)

// RoundsVariable names the environment variable with the repetitions of each
// race.
const RoundsVariable = "GATEHOUSE_TEST_ROUNDS"

const mostRounds = 250 // each has a client address of its own

// Rounds is how often each race is repeated: $GATEHOUSE_TEST_ROUNDS times, else
// a few times only. `make test-services` asks for as many as a release needs.
func Rounds(t *testing.T) int {
	t.Helper()
	set := os.Getenv(RoundsVariable)
	if set == "" {
		return usualRounds
	}
	n, err := strconv.Atoi(set)
	if err != nil || n < 1 || n > mostRounds {
		t.Fatalf("%s is %q; set it to a number from 1 to %d, or not at all for %d", RoundsVariable, set, mostRounds, usualRounds)
	}
	return n
}
