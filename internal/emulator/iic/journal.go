package iic

import (
	"maps"
	"slices"
	"time"
)

// Entry is one write that reached the server, well done or not.
type Entry struct {
	Operation string // as in Operation
	Path      string // of the URL
	Body      string // of the request
	Status    int    // of the answer
	Detail    string // of an error: the specific one, as CloudTrail shows it; empty: done
	Caller    string // the access key of a SigV4 caller; empty: SCIM
	At        time.Time

	// ID is the user or group that was written: of a create the one that it made, of a membership its group. Empty: none
	// was found.
	ID string
	// Added and Removed are the user ids, sorted, that the write made members of the group and that it took out of it. Those
	// that were there already, or not there anyway, are not among them.
	Added, Removed []string
	// Lost is a write whose answer a fault has kept from the client.
	Lost bool
}

// effect is what a write has done, for its Entry.
type effect struct {
	id             string
	added, removed []string
}

// Journal is every write since the last reset, in the order in which they were done. What was done by hand (Seed, Remove, By)
// is not in it.
func (s *Server) Journal() []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	journal := slices.Clone(s.journal)
	for i := range journal {
		journal[i].Added, journal[i].Removed = slices.Clone(journal[i].Added), slices.Clone(journal[i].Removed)
	}
	return journal
}

// Calls counts requests by operation since the last reset, refused ones included.
func (s *Server) Calls() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.calls)
}

// PeakConcurrency is the largest number of requests that were in flight at one time since the last reset.
func (s *Server) PeakConcurrency() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.peak
}

// record puts a write into the journal.
func (s *Server) record(q *request, status int, detail string) {
	if !writes(q.op) {
		return
	}
	e := q.effect
	slices.Sort(e.added)
	slices.Sort(e.removed)
	s.journal = append(s.journal, Entry{
		Operation: q.op, Path: q.http.URL.Path, Body: string(q.body), Status: status, Detail: detail, Caller: q.caller, At: q.now,
		ID: e.id, Added: e.added, Removed: e.removed, Lost: q.lost,
	})
}
