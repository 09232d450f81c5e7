// Package boundaries holds the arrows between the modules: its tests ask the go
// command which package imports which, with no build tag and with all of them.
//
// A new module gets a row in the table of the tests. Widening a row is a design
// decision; the reason belongs into the pull request.
package boundaries
