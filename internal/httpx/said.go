package httpx

import (
	"net"
	"strings"
	"unicode"
)

// Said makes what a server says fit for a message: one line of valid UTF-8
// without characters that control a terminal or the direction of text, and of at
// most about so many bytes.
func Said(s string, most int) string {
	cut := len(s) > most
	if cut {
		s = s[:most]
	}
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	s = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
	if cut {
		s += "…"
	}
	return s
}

// ID returns s if it looks like an id or a code, of up to 64 characters, and ""
// if it does not.
func ID(s string) string {
	if len(s) > 64 || strings.Trim(s, idChars+"._:") != "" {
		return ""
	}
	return s
}

// Loopback reports whether a host, without a port, is this very machine.
func Loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
