package google

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
)

// number makes n decimal digits from words, always the same ones.
func number(n int, words ...string) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		sum := sha256.Sum256(fmt.Appendf(nil, "%d\x00%s", i, strings.Join(words, "\x00")))
		fmt.Fprintf(&b, "%019d", binary.BigEndian.Uint64(sum[:])>>1)
	}
	return b.String()[:n]
}

// userID makes an id like those seen in production: 21 digits, the first a 1.
func userID(email string, try int) string {
	return "1" + number(20, "user", fold(email), fmt.Sprint(try))
}

// groupID makes an id like those seen in production: a zero and 14 lower-case
// letters or digits.
func groupID(email string, try int) string {
	const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz"
	sum := sha256.Sum256(fmt.Appendf(nil, "group\x00%s\x00%d", fold(email), try))
	id := []byte("0")
	for _, b := range sum[:14] {
		id = append(id, alphabet[int(b)%len(alphabet)])
	}
	return string(id)
}

// customerID makes "C" and eight letters or digits.
func customerID(domain string) string {
	return "C0" + groupID(domain, 0)[1:8]
}

// fold is how addresses are compared: without case, dots and tags kept
// (Directory API reference: users, primaryEmail).
func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// domainOf is what follows the last @ of an address.
func domainOf(email string) string {
	return fold(email[strings.LastIndexByte(email, '@')+1:])
}
