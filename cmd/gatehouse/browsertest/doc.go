// Package browsertest drives the start page in a headless browser. It has tests
// only, so that no program links what they need.
package browsertest
