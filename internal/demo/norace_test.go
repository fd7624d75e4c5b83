//go:build !race

package demo_test

// slower is how much slower than usual the demo may be here.
const slower = 1
