package google

import (
	"strings"
	"sync"

	"ssosync/internal/directory"
)

// A demand is what the crawl of groups tells the reader of accounts: whose
// accounts will be needed. It has one reader.
type demand struct {
	news chan struct{} // holds one element when there is something to take

	mu       sync.Mutex
	fresh    []string // ids that have not been taken yet, some more than once
	everyone bool     // somebody's group holds everybody
	complete bool     // nothing will be added
}

func newDemand() *demand {
	return &demand{news: make(chan struct{}, 1)}
}

// add notes the members of a group.
func (d *demand) add(members []directory.Member) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, m := range members {
		switch {
		case m.Kind == directory.MemberEveryone:
			d.everyone = true
		case m.Kind == directory.MemberUser && !robot(m):
			d.fresh = append(d.fresh, m.ID)
		}
	}
	d.wake()
}

// robot reports whether a member is a service account, which is no user of the
// directory: asking for it would be in vain.
func robot(m directory.Member) bool {
	return strings.HasSuffix(strings.ToLower(m.Email), ".gserviceaccount.com")
}

// finish says that no members will be added.
func (d *demand) finish() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.complete = true
	d.wake()
}

func (d *demand) wake() {
	select {
	case d.news <- struct{}{}:
	default:
	}
}

// take returns the ids that were added since it was last called.
func (d *demand) take() (fresh []string, everyone, complete bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	fresh, d.fresh = d.fresh, nil
	return fresh, d.everyone, d.complete
}
