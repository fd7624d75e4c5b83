package query

import (
	"math/big"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// fold makes texts equal that differ in case only.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		least := r
		for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
			least = min(least, next)
		}
		return least
	}, s)
}

// words splits a text at everything that is neither letter, mark nor digit.
func words(s string) []string {
	return strings.FieldsFunc(fold(s), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
	})
}

// hasWords reports whether the words of want stand in text one after the other.
// A want without words, such as "&", must be in the text as it is.
func hasWords(text, want string) bool {
	all, some := words(text), words(want)
	if len(some) == 0 {
		return strings.Contains(fold(text), fold(want))
	}
	for i := range max(0, len(all)-len(some)+1) {
		if slices.Equal(all[i:i+len(some)], some) {
			return true
		}
	}
	return false
}

func hasPrefix(text, want string) bool { return strings.HasPrefix(fold(text), fold(want)) }

func isAddress(s string) bool { return strings.Contains(s, "@") }

// A kind is what a value of a custom field is compared as (Directory API guide:
// search for users, value types).
type kind int

const (
	textual kind = iota
	number
	date
)

var (
	numberRE = regexp.MustCompile(`^[+-]?[0-9]+(\.[0-9]+)?$`)
	dateRE   = regexp.MustCompile(`^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$`)
)

func kindOf(s string) kind {
	switch {
	case numberRE.MatchString(s):
		return number
	case dateRE.MatchString(s):
		return date
	}
	return textual
}

// compare orders two values of one kind; ok is false if they are not of one.
// Dates are in the order of their texts.
func compare(a, b string) (order int, ok bool) {
	k := kindOf(b)
	if k != textual && kindOf(a) != k {
		return 0, false
	}
	if k == number {
		x, _ := new(big.Rat).SetString(a)
		y, _ := new(big.Rat).SetString(b)
		return x.Cmp(y), true
	}
	return strings.Compare(fold(a), fold(b)), true
}

// same is what "=" means for a custom field: 5 is 5.0.
func same(a, b string) bool {
	if kindOf(a) == number && kindOf(b) == number {
		order, _ := compare(a, b)
		return order == 0
	}
	return fold(a) == fold(b)
}

// dialled returns what of a telephone number is dialled.
func dialled(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune("-().", r) {
			return -1
		}
		return r
	}, s)
}
