package ledger

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"ssosync/internal/identity"
)

// An Object is a user or a group of the target.
type Object struct {
	Kind identity.Kind `json:"kind"`
	ID   string        `json:"id"` // the target's
	Name string        `json:"name"`
}

// A Leaver is something that is gone from the source or out of scope, and that
// the target still has.
type Leaver struct {
	Object
	Since time.Time `json:"since"` // when a run noticed first
}

// Observe takes down what is gone now: what was gone before keeps its date, and
// what is not gone any more is forgotten. If now lies before what the ledger
// knows has passed, that is the date: a clock that was set back must not make
// anything look gone for longer than it is.
func (l *Ledger) Observe(now time.Time, gone []Object) {
	seen := make(map[object]Leaver, len(gone))
	for _, o := range gone {
		at := object{o.Kind, o.ID}
		since, before := l.Since(o.Kind, o.ID)
		if !before {
			since = l.present(now)
		}
		seen[at] = Leaver{Object: o, Since: since}
	}
	l.leavers = seen
}

// Since returns when it was noticed first that something is gone; ok is false if
// it was not gone when that was looked at last, which was not before Born.
func (l *Ledger) Since(kind identity.Kind, id string) (since time.Time, ok bool) {
	o, ok := l.leavers[object{kind, id}]
	return o.Since, ok
}

// Leavers returns all that is gone, sorted by kind and id.
func (l *Ledger) Leavers() []Leaver {
	return slices.SortedFunc(maps.Values(l.leavers), Leaver.compare)
}

func (Leaver) title() string { return "leavers" }

func (o Leaver) compare(p Leaver) int {
	return cmp.Or(cmp.Compare(o.Kind, p.Kind), cmp.Compare(o.ID, p.ID))
}

func (o Leaver) check() error {
	if err := plausible(o.Since); err != nil {
		return fmt.Errorf("since: %w", err)
	}
	return known(o.Kind)
}
