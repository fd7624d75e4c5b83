package secret

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	// minLength is the length of the shortest text that Scrub looks for: what is
	// shorter is found by accident in every other word, and is no secret.
	minLength = 8
	// minPart is the same for a part or an encoding of a secret.
	minPart = 12
)

// Scrub returns text with every occurrence of each secret masked, be it as it
// is, as a line of it, or as URLs, JSON, Go, hex or base64 write it (the last
// also in the middle of something longer, such as the credentials of Basic
// authentication). Secrets of fewer than eight bytes are not looked for. It is a
// last line of defence for what is about to be printed; the first is not to put
// a secret there.
func Scrub(text string, secrets ...String) string {
	hidden := make([]bool, len(text))
	found := false
	for _, s := range secrets {
		for _, form := range forms(s.Reveal()) {
			for from := 0; ; {
				at := strings.Index(text[from:], form)
				if at < 0 {
					break
				}
				found = true
				from += at + 1 // occurrences may overlap
				for i := range len(form) {
					hidden[from-1+i] = true
				}
			}
		}
	}
	if !found {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		switch {
		case !hidden[i]:
			b.WriteByte(text[i])
		case i == 0 || !hidden[i-1]:
			b.WriteString(redacted)
		}
	}
	return b.String()
}

// forms returns the texts to look for.
func forms(s string) []string {
	if len(s) < minLength {
		return nil
	}
	all := []string{s}
	for _, e := range append(escapes(s), encodings(s)...) {
		if len(e) >= minLength {
			all = append(all, e)
		}
	}
	if lines := strings.FieldsFunc(s, func(r rune) bool { return r == '\n' || r == '\r' }); len(lines) > 1 {
		for _, line := range lines {
			if len(line) >= minPart {
				all = append(all, line)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// escapes returns s as it is written in URLs and in quotes.
func escapes(s string) []string {
	all := []string{url.QueryEscape(s), url.PathEscape(s), inner(strconv.Quote(s)), inner(strconv.QuoteToASCII(s))}
	for _, e := range all[:2] {
		all = append(all, lowerHex(e))
	}
	var plain strings.Builder
	enc := json.NewEncoder(&plain)
	enc.SetEscapeHTML(false)
	if enc.Encode(s) == nil {
		all = append(all, inner(strings.TrimSpace(plain.String())))
	}
	if b, err := json.Marshal(s); err == nil {
		all = append(all, inner(string(b)))
	}
	return append(all, strings.ReplaceAll(s, "/", `\/`))
}

func inner(quoted string) string { return quoted[1 : len(quoted)-1] }

// lowerHex writes the escapes of a URL in lower case.
func lowerHex(s string) string {
	b := []byte(s)
	for i := 0; i+2 < len(b); i++ {
		if b[i] == '%' {
			copy(b[i+1:], strings.ToLower(s[i+1:i+3]))
		}
	}
	return string(b)
}

// encodings returns s in hex and in base64, the latter for each of the three
// places that s may have among the groups of three bytes, and without the
// characters that depend on its neighbours.
func encodings(s string) []string {
	var all []string
	if h := hex.EncodeToString([]byte(s)); len(h) >= minPart {
		all = append(all, h, strings.ToUpper(h))
	}
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			padded := append(make([]byte, before), s...)
			from := (before*8 + 5) / 6
			e := enc.EncodeToString(padded)[from:]
			for _, form := range []string{e[:len(padded)*8/6-from], e, e + "=", e + "=="} {
				if len(form) >= minPart-4 {
					all = append(all, form)
				}
			}
		}
	}
	return all
}
