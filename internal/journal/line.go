package journal

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A line is `{"hash":"…","record":{…}}`, in exactly this form. The hash covers
// the one before it and the record byte for byte, as it stands there: nobody
// has to encode anything again to verify it, whatever later versions add.
const (
	opening = `{"hash":"`
	middle  = `","record":`
	closing = `}`
	hashLen = 2 * sha256.Size

	// zeroHash stands before the first record.
	zeroHash = "0000000000000000000000000000000000000000000000000000000000000000"

	// maxLine is the longest line that is written or read, in bytes.
	maxLine = 4 << 20
)

// hashOf chains a record to the hash before it.
func hashOf(before string, record []byte) string {
	h := sha256.New()
	h.Write([]byte(before + "\n"))
	h.Write(record)
	return hex.EncodeToString(h.Sum(nil))
}

// join makes a line.
func join(hash string, record []byte) []byte {
	line := make([]byte, 0, len(opening)+hashLen+len(middle)+len(record)+len(closing))
	line = append(line, opening+hash+middle...)
	line = append(line, record...)
	return append(line, closing...)
}

// split undoes join, without believing anything of what it returns.
func split(line []byte) (hash string, record []byte, ok bool) {
	const before, after = len(opening) + hashLen, len(opening) + hashLen + len(middle)
	if len(line) < after+len(closing) || string(line[:len(opening)]) != opening ||
		string(line[before:after]) != middle || string(line[len(line)-len(closing):]) != closing {
		return "", nil, false
	}
	return string(line[len(opening):before]), line[after : len(line)-len(closing)], true
}

// maxText is how much is kept of an error or of what somebody wrote, in bytes.
const maxText = 500

// bounded makes a text of any origin one line of bearable length.
func bounded(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(strings.TrimSpace(s), "\n", "; "), "\uFFFD")
	s = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return ' '
		}
		return r
	}, s)
	const more = "…"
	if len(s) <= maxText {
		return s
	}
	cut := maxText - len(more)
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + more
}

// textOf returns what is kept of an error.
func textOf(err error) string {
	if err == nil {
		return ""
	}
	return bounded(err.Error())
}
