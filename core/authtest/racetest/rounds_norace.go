//go:build !race

package racetest

const usualRounds = 3 // repetitions of each race
