// Package docs keeps the documentation true: its tests build and run the Go
// code that the Markdown files quote, and follow the links between them.
package docs
