package config

import "strings"

// An Error is one thing that is wrong with the configuration. Its text never
// holds the value of a secret.
type Error struct {
	Option string // the setting, "" if it is about something else
	From   string // where the value is: "environment LOG_LEVEL", "" if nowhere
	Text   string // what is wrong, beginning with what it is about
	Hint   string // what to do about it, "" if the text says it
}

// Error implements error.
func (p *Error) Error() string {
	var b strings.Builder
	b.WriteString(p.Text)
	if p.From != "" {
		b.WriteString(" (from " + p.From + ")")
	}
	if p.Hint != "" {
		b.WriteString("; " + p.Hint)
	}
	return b.String()
}

// A Warning is worth a look, but stops nothing.
type Warning struct {
	Option   string // the setting, "" if it is about something else
	Text     string
	Variable string // the unknown variable that is ignored, "" if it is about something else
}

// String returns the text of the warning.
func (w Warning) String() string { return w.Text }
