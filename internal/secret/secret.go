// Package secret holds a String that cannot be printed: not by a verb of fmt,
// not by an encoder, not by a logger, not by a dump of what contains it. It does
// not find, fetch or store secrets.
package secret

import (
	"crypto/subtle"
	"fmt"
	"log/slog"
)

const (
	redacted = "[redacted]"
	empty    = "[empty]"
)

// A String is a text that only [String.Reveal] shows. Everything else shows
// "[redacted]", or "[empty]" for the zero value and the empty text, because that
// a secret is missing is what an operator needs to see, and gives nothing away.
//
// Strings cannot be compared with ==, since two equal ones would differ: use
// Equal.
type String struct {
	// reveal is a func because nothing that walks values by reflection can look
	// into one, not even where fmt cannot call our methods: in an unexported
	// field of somebody else's struct.
	reveal func() string
}

// New returns s as a secret.
func New(s string) String {
	if s == "" {
		return String{}
	}
	return String{reveal: func() string { return s }}
}

// Reveal returns the text itself. Hand it to who needs it, and keep it nowhere.
func (s String) Reveal() string {
	if s.reveal == nil {
		return ""
	}
	return s.reveal()
}

// Empty reports whether there is no text.
func (s String) Empty() bool { return s.reveal == nil }

// Equal reports whether both hold the same text, in a time that does not depend
// on where they differ.
func (s String) Equal(o String) bool {
	return subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(o.Reveal())) == 1
}

// String returns what is shown in the text's place.
func (s String) String() string {
	if s.Empty() {
		return empty
	}
	return redacted
}

// Format shows the same for every verb, whatever its flags.
func (s String) Format(f fmt.State, _ rune) {
	_, _ = f.Write([]byte(s.String())) // fmt reports its writer's errors itself
}

// LogValue keeps the text out of logs.
func (s String) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText keeps the text out of XML, of map keys, and of whatever else
// encodes texts.
func (s String) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON keeps the text out of JSON.
func (s String) MarshalJSON() ([]byte, error) { return []byte(`"` + s.String() + `"`), nil }

// MarshalYAML keeps the text out of YAML.
func (s String) MarshalYAML() (any, error) { return s.String(), nil }

// MarshalBinary keeps the text out of gob and other binary forms.
func (s String) MarshalBinary() ([]byte, error) { return []byte(s.String()), nil }
