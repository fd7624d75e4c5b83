// Package integration runs the built program as its users do: real processes,
// a real state directory, signals, and a real browser for the page that it
// writes. It refuses to import the program's packages, so that it knows nothing
// but what the manual promises, and it needs a Unix.
package integration
