package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// results are everything that was measured: results.json.
type results struct {
	Started     time.Time
	Machine     machine
	Plan        string
	Load        []measured   `json:",omitempty"`
	Memory      []memory     `json:",omitempty"`
	Start       *start       `json:",omitempty"`
	Binaries    []binary     `json:",omitempty"`
	Allocations []allocation `json:",omitempty"`
	Profiles    []profile    `json:",omitempty"`
	Steady      *steady      `json:",omitempty"`
	Addresses   *addresses   `json:",omitempty"`
	Slow        *slow        `json:",omitempty"`
	Skipped     []string     `json:",omitempty"` // what was left out, and why
	Incomplete  string       `json:",omitempty"` // why the run ended before its time
}

// save writes results.json and, when there was load, chart.svg.
func (r *results) save(folder string) error {
	if err := os.MkdirAll(folder, 0o750); err != nil { //nolint:gosec // whoever runs this names it
		return err
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	file := filepath.Join(folder, "results.json")
	err = os.WriteFile(file, append(text, '\n'), 0o644) //nolint:gosec // figures are no secret
	fmt.Println("results:", file)
	if len(r.Load) == 0 || err != nil {
		return err
	}
	file = filepath.Join(folder, "chart.svg")
	fmt.Println("chart:  ", file)
	return errors.Join(err, os.WriteFile(file, chart(r), 0o644)) //nolint:gosec // as above
}
