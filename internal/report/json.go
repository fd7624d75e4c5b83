package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// JSON writes a report as one indented [Document]. Equal reports give equal
// bytes. What a terminal could obey is escaped, so that the output is safe to
// look at as well.
func JSON(w io.Writer, r Report) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(NewDocument(r)); err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	_, err := w.Write(Escape(b.Bytes()))
	return err
}

// Escape writes the runes that clean would replace as JSON's own escapes (RFC
// 8259 §7), which mean the same. Below U+0080 the encoder has done so, save
// for U+007F.
func Escape(text []byte) []byte {
	var b bytes.Buffer
	for _, r := range string(text) {
		switch {
		case r == '\n' || !unsafeRune(r):
			b.WriteRune(r)
		case r > 0xFFFF:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xD800+r>>10, 0xDC00+r&0x3FF)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.Bytes()
}
