package ledger

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"ssosync/internal/identity"
)

// maxText is the length of the longest text about a failure, in bytes: what a
// server says may be of any length.
const maxText = 2048

// A Thing is what can be written, or not: a user, a group, or a membership.
type Thing struct {
	Kind  identity.Kind `json:"kind"`            // of what Key names
	Key   identity.Key  `json:"key"`             // ours
	Group identity.Key  `json:"group,omitempty"` // of a membership; Key is the user's
}

// A Failure is a thing that could not be written, until it passes.
type Failure struct {
	Attempt
	Since time.Time `json:"since"` // of the first one
	Tries int       `json:"tries"`
	Next  time.Time `json:"next"` // when it is tried again at the earliest
}

// An Attempt is a write that failed.
type Attempt struct {
	Thing
	Name      string `json:"name"`
	GroupName string `json:"groupName,omitempty"`
	Op        string `json:"op"` // what was tried: create, update, join, …
	// Digest is that of the value that was to be written; equal values have
	// equal digests.
	Digest string `json:"digest,omitempty"`
	Err    string `json:"err"`
}

// pause is how long something is left alone after it failed so many times in a
// row. It never ends and never grows beyond a day: whatever is wrong may have
// been put right elsewhere, and nobody tells us.
func pause(tries int) time.Duration {
	switch tries {
	case 1:
		return 15 * time.Minute
	case 2:
		return 30 * time.Minute
	case 3:
		return time.Hour
	case 4:
		return 6 * time.Hour
	default:
		return 24 * time.Hour
	}
}

// Failed takes down that something could not be written.
func (l *Ledger) Failed(now time.Time, a Attempt) {
	a.Name, a.GroupName, a.Op, a.Err = clip(a.Name), clip(a.GroupName), clip(a.Op), clip(a.Err)
	f, again := l.failures[a.Thing]
	if !again {
		f.Since = moment(now)
	}
	f.Attempt = a
	f.Tries++
	f.Next = moment(now.Add(pause(f.Tries)))
	if l.failures == nil {
		l.failures = map[Thing]Failure{}
	}
	l.failures[a.Thing] = f
}

// Passed forgets the failures of what could be written after all.
func (l *Ledger) Passed(t Thing) { delete(l.failures, t) }

// Keep forgets the failures of what is not wanted any more.
func (l *Ledger) Keep(wanted func(Thing) bool) {
	maps.DeleteFunc(l.failures, func(t Thing, _ Failure) bool { return !wanted(t) })
}

// Paused reports whether it is too early to try again to write the value of this
// digest. Another value than the one that failed is tried at once: somebody may
// have corrected the record. So is everything if the clock says that it has not
// even failed yet.
func (l *Ledger) Paused(now time.Time, t Thing, digest string) bool {
	f, failing := l.failures[t]
	wait := f.Next.Sub(now)
	return failing && f.Digest == digest && wait > 0 && wait <= pause(f.Tries)
}

// Failing returns all that fails, sorted by kind, key and group.
func (l *Ledger) Failing() []Failure {
	return slices.SortedFunc(maps.Values(l.failures), Failure.compare)
}

func (Failure) title() string { return "failing" }

func (f Failure) compare(g Failure) int {
	return cmp.Or(cmp.Compare(f.Kind, g.Kind), cmp.Compare(f.Key, g.Key), cmp.Compare(f.Group, g.Group))
}

func (f Failure) check() error {
	if err := plausible(f.Since); err != nil {
		return fmt.Errorf("since: %w", err)
	}
	if err := plausible(f.Next); err != nil {
		return fmt.Errorf("next: %w", err)
	}
	if f.Tries < 1 {
		return fmt.Errorf("it was tried %d times", f.Tries)
	}
	return known(f.Kind)
}

// clip returns s, not too long and without halves of characters.
func clip(s string) string {
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "") + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
