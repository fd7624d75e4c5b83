//go:build !race

package wire_test

// sparse is how much sparser the campaign is: not at all.
const sparse = 1
