// Package ledger holds what is remembered of a target between two runs: how much
// there was, since when something is gone, what fails, and what we left behind.
// It is a convenience and never the truth about the target: whatever is lost of
// it is remembered anew, and what looks damaged is refused rather than believed.
package ledger

import (
	"time"

	"ssosync/internal/identity"
)

// version is that of the encoding; one that we do not know is refused.
const version = 1

// A Ledger is what is remembered of one target. It has no clock: the times that
// it is told are kept in UTC.
type Ledger struct {
	Target string    // its id
	Born   time.Time // nothing from before is remembered
	Head   Head
	Run    string // the id of the run that was remembered last, "" if none
	Good   *Good  // nil before the first good run

	leavers  map[object]Leaver
	failures map[Thing]Failure
	left     left
}

// A Head is the last line of the journal that the ledger knows of.
type Head struct {
	Seq  int    `json:"seq"`
	Hash string `json:"hash"`
}

// New returns the ledger of a target of which nothing is remembered.
func New(target string, now time.Time) *Ledger {
	return &Ledger{
		Target: target, Born: moment(now),
		leavers: map[object]Leaver{}, failures: map[Thing]Failure{},
	}
}

// present returns now, or what has surely passed already if that is later: then
// some clock was set back, and proves no earlier date.
func (l *Ledger) present(now time.Time) time.Time {
	at := l.Born
	if l.Good != nil && l.Good.At.After(at) {
		at = l.Good.At
	}
	if now.After(at) {
		at = now
	}
	return moment(at)
}

// moment returns a time as it can be written and read again. One that cannot
// (RFC 3339 has years of four digits) becomes the zero time, which is refused
// when it is read.
func moment(t time.Time) time.Time {
	t = t.UTC().Round(0)
	if t.Year() < 0 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}

// An object is a user or a group by the target's id.
type object struct {
	kind identity.Kind
	id   string
}
