package state

import (
	"fmt"
	"strings"
	"time"
	"unicode"
)

// maxText is the length of the longest text of an Owner, in characters: that of
// a host's name (RFC 1035 §2.3.4).
const maxText = 255

// An Owner is who has the lock.
type Owner struct {
	Run     string    `json:"run,omitempty"`     // its id in the journal
	Command string    `json:"command,omitempty"` // such as sync
	User    string    `json:"user,omitempty"`
	Host    string    `json:"host,omitempty"` // one machine's, and no other's
	PID     int       `json:"pid,omitempty"`
	Started time.Time `json:"started,omitzero"`
}

// A HeldError says that somebody else has the lock.
type HeldError struct {
	Owner   Owner     // the zero Owner is somebody of whom nothing is known
	Expires time.Time // when the lock is free at the latest, should the owner be dead; zero: it is alive
}

// Error is one sentence, with who it is, since when, until when, and what to do.
func (e *HeldError) Error() string {
	var b strings.Builder
	b.WriteString(e.Owner.describe() + " holds the lock")
	if !e.Owner.Started.IsZero() {
		b.WriteString(" since " + moment(e.Owner.Started))
	}
	b.WriteString("; wait for it to end or stop it, then run this again")
	if !e.Expires.IsZero() {
		b.WriteString(" (if it is dead already, the lock is free at " + moment(e.Expires) + " at the latest)")
	}
	return b.String()
}

// describe says who o is, as far as o does: another run (sync, by ada@host,
// process 4711, run 01JDKH…).
func (o Owner) describe() string {
	var words []string
	if o.Command != "" {
		words = append(words, o.Command)
	}
	switch {
	case o.User != "" && o.Host != "":
		words = append(words, "by "+o.User+"@"+o.Host)
	case o.User != "":
		words = append(words, "by "+o.User)
	case o.Host != "":
		words = append(words, "on "+o.Host)
	}
	if o.PID != 0 {
		words = append(words, fmt.Sprintf("process %d", o.PID))
	}
	if o.Run != "" {
		words = append(words, "run "+o.Run)
	}
	if len(words) == 0 {
		return "another process"
	}
	return "another run (" + strings.Join(words, ", ") + ")"
}

func moment(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// cleaned returns o as it may be shown. It may come from anybody who can write
// to the directory.
func (o Owner) cleaned() Owner {
	o.Run, o.Command, o.User, o.Host = clean(o.Run), clean(o.Command), clean(o.User), clean(o.Host)
	o.PID = max(o.PID, 0)
	o.Started = o.Started.UTC().Round(0)
	return o
}

// clean returns s with U+FFFD for all that is not printable, and not too long.
func clean(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > maxText {
			break
		}
		if !unicode.IsPrint(r) {
			r = unicode.ReplacementChar
		}
		b.WriteRune(r)
	}
	return b.String()
}
