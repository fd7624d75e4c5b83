package secret

import (
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	errQuote   = errors.New("the command of the reference has a quote that does not end")
	errCommand = errors.New("the reference has no command, or a NUL in it: write exec:COMMAND")
)

// Command returns the program of an [Exec] reference and its arguments: words
// between white space. Quotes keep words together: between '…' everything stands
// for itself, and between "…" everything but \" and \\, which are a quote and a
// backslash. Anywhere else a backslash is a backslash. Nothing is expanded, and
// there is no shell but one that is written there: exec:sh -c '…'.
func (r Reference) Command() ([]string, error) {
	var words []string
	rest := strings.TrimLeftFunc(r.Name, unicode.IsSpace)
	for rest != "" {
		word, after, ok := cutWord(rest)
		if !ok {
			return nil, errQuote
		}
		words = append(words, word)
		rest = strings.TrimLeftFunc(after, unicode.IsSpace)
	}
	if len(words) == 0 || words[0] == "" || strings.ContainsRune(r.Name, 0) {
		return nil, errCommand
	}
	return words, nil
}

// cutWord takes the word that s begins with. It is not ok if a quote does not
// end.
func cutWord(s string) (word, after string, ok bool) {
	for s != "" {
		c, _ := utf8.DecodeRuneInString(s)
		if unicode.IsSpace(c) {
			break
		}
		var part string
		if c == '\'' || c == '"' {
			if part, s, ok = cutQuoted(s); !ok {
				return "", "", false
			}
		} else {
			end := strings.IndexFunc(s, func(c rune) bool { return unicode.IsSpace(c) || c == '\'' || c == '"' })
			if end < 0 {
				end = len(s)
			}
			part, s = s[:end], s[end:]
		}
		word += part
	}
	return word, s, true
}

// cutQuoted takes what is between the quote that s begins with and the next one.
func cutQuoted(s string) (part, after string, ok bool) {
	quote := s[0]
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == quote:
			return b.String(), s[i+1:], true
		case quote == '"' && (strings.HasPrefix(s[i:], `\"`) || strings.HasPrefix(s[i:], `\\`)):
			i++
		}
		b.WriteByte(s[i])
	}
	return "", "", false
}
