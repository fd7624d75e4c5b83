//go:build race

package demo_test

// slower is how much slower than usual the race detector may make the demo.
const slower = 3
