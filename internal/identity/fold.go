package identity

import (
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Fold returns the form under which two names are the same name to the
// target: Unicode NFC, letter case ignored (SCIM guide: userName is caseExact
// false, group names are unique regardless of case).
func Fold(name string) string {
	if isLowerASCII(name) {
		return name
	}
	// Folding swaps the cases of Cherokee letters, so that both are lowered.
	return norm.NFC.String(strings.ToLower(cases.Fold().String(norm.NFC.String(name))))
}

// isLowerASCII spares the tables for the names that nearly all users have.
func isLowerASCII(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= 0x80 || 'A' <= c && c <= 'Z' {
			return false
		}
	}
	return true
}
