package cli

import (
	"fmt"
	"strings"
	"unicode"
)

// visible returns a text in which what a terminal would obey instead of showing
// it is written out: control characters (ECMA-48), invisible ones, and those that
// change the direction of text (Unicode category Cf), and line separators. Line
// ends and tabs of our own texts stay; what servers say has none by then.
func visible(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if !strings.ContainsFunc(s, unseen) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case !unseen(r):
			b.WriteRune(r)
		case r > 0xFFFF:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

func unseen(r rune) bool {
	return r != '\n' && r != '\t' && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}
