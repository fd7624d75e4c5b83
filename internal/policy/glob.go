package policy

import (
	"strings"

	"ssosync/internal/identity"
)

// Globs are patterns of names or addresses: * stands for any text, ? for one
// character. Names compare as the target compares them: see identity.Fold.
type Globs []string

// Match reports whether one of the names matches one of the patterns.
func (gs Globs) Match(names ...string) bool {
	for _, name := range names {
		for _, g := range gs {
			// Folding may make two characters of one, where ? wants one.
			if name != "" && (glob([]rune(identity.Fold(g)), []rune(identity.Fold(name))) || glob([]rune(strings.ToLower(g)), []rune(strings.ToLower(name)))) {
				return true
			}
		}
	}
	return false
}

// glob matches greedily and comes back to the last star, so that its time is
// at worst the product of both lengths.
func glob(pattern, name []rune) bool {
	p, star, mark := 0, -1, 0
	for n := 0; n < len(name); {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[n]):
			p++
			n++
		case star >= 0:
			mark++
			p, n = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
