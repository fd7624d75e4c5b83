package report

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A manner is how a span of a [phrase] is to be read. The writers decide by it
// what to escape, where a line may break, and what is coloured.
type manner int

const (
	plain  manner = iota // our own words
	strong               // our own words, stressed
	dim                  // our own words, by the way
	good                 // a mark
	warn                 // a mark
	bad                  // a mark
	name                 // what an object is called: never broken, shown exactly
	code                 // what can be typed: never broken
	quote                // what others wrote: errors of vendors, notes
	glue                 // our own words, not broken
	gap                  // blanks between words, wider than one
)

// foreign reports whether the text of a span may hold anything at all.
func (m manner) foreign() bool { return m == name || m == code || m == quote }

// A span is a piece of text of one manner.
type span struct {
	manner manner
	text   string
}

// A phrase is some text, ready to be written in any format.
type phrase []span

// say joins strings (our own words), spans and phrases.
func say(parts ...any) phrase {
	var p phrase
	for _, part := range parts {
		switch part := part.(type) {
		case string:
			if part != "" {
				p = append(p, span{plain, part})
			}
		case span:
			p = append(p, part)
		case phrase:
			p = append(p, part...)
		default:
			p = append(p, span{quote, fmt.Sprint(part)})
		}
	}
	return p
}

// fill writes a sentence: {x} is replaced by the span of that name, and what
// is between backticks can be typed.
func fill(sentence string, spans map[string]span) phrase {
	var p phrase
	for i, part := range strings.Split(sentence, "`") {
		if i%2 == 1 {
			p = append(p, span{code, expand(part, spans)})
			continue
		}
		for part != "" {
			before, rest, found := strings.Cut(part, "{")
			p = append(p, say(before)...)
			if !found {
				break
			}
			var key string
			key, part, _ = strings.Cut(rest, "}")
			p = append(p, spans[key])
		}
	}
	return p
}

// expand puts values into a command. One that is more than letters, digits and
// dashes has no business in a line that somebody may paste into a shell.
func expand(s string, spans map[string]span) string {
	values := make([]string, 0, 2*len(spans))
	for key, sp := range spans {
		value := sp.text
		if sp.manner != code && strings.ContainsFunc(value, func(r rune) bool {
			return r > unicode.MaxASCII || r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
		}) {
			value = "…"
		}
		values = append(values, "{"+key+"}", value)
	}
	return strings.NewReplacer(values...).Replace(s)
}

// list joins phrases by commas.
func list(of []phrase) phrase {
	var p phrase
	for i, x := range of {
		if i > 0 {
			p = append(p, span{plain, ", "})
		}
		p = append(p, x...)
	}
	return p
}

// String returns the phrase as plain text without control characters.
func (p phrase) String() string {
	var b strings.Builder
	for _, s := range p {
		b.WriteString(s.clean())
	}
	return b.String()
}

// clean returns the text of a span as it may be shown.
func (s span) clean() string {
	switch s.manner {
	case name:
		return quoted(s.text)
	case quote:
		return oneLine(s.text)
	default:
		return clean(s.text)
	}
}

// quoted returns a name as it may be shown among other words: in quotes, if
// it could be taken for more than one name or for none.
func quoted(s string) string {
	s = clean(s)
	if s != "" && !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`,;:"'()`, r) }) {
		return s
	}
	return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"`
}

// oneLine returns a text of several lines, such as joined errors, as one.
func oneLine(s string) string {
	lines := strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' })
	for i, l := range lines {
		lines[i] = strings.Join(strings.Fields(l), " ")
	}
	return clean(strings.Join(lines, "; "))
}

// Visible writes out what a terminal or a browser would obey instead of
// showing: control characters (ECMA-48), invisible and direction-changing ones
// (Unicode category Cf, line and paragraph separators), what is no character
// (Unicode §23.7), and broken UTF-8. The joiners are kept, which scripts and
// emoji need, and so are those in keep.
func Visible(s string, keep ...rune) string {
	unsafe := func(r rune) bool { return unsafeRune(r) && !slices.Contains(keep, r) }
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	if !strings.ContainsFunc(s, unsafe) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case !unsafe(r):
			b.WriteRune(r)
		case r > 0xFFFF:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

func clean(s string) string { return Visible(s) }

func unsafeRune(r rune) bool {
	const zwnj, zwj = '\u200c', '\u200d'
	return r != zwj && r != zwnj && unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Noncharacter_Code_Point)
}
