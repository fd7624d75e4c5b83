//go:build race

package wire_test

// sparse is how much sparser the campaign is with the race detector, which
// makes it slow: what it looks for does not depend on the position.
const sparse = 8
