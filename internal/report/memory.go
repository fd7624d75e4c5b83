package report

import (
	"time"

	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// A Memory is what a run knows from the runs before it.
type Memory struct {
	Run     string    // this run's id in the journal; "" if there is none
	Waiting []Waiting // what left and is kept for now
	Failing []Failing // what failed, now or before, until it passes
	Drift   []Drift   // what somebody else changed since the last run
}

// A Waiting is a user or a group that left: inactive or empty now, and deleted
// later.
type Waiting struct {
	Kind   identity.Kind
	Name   string
	ID     string     // the target's
	Cause  plan.Cause // why it left
	Since  time.Time  // zero: nothing proves when
	Delete time.Time  // zero: never
}

// A Failing is an object that could not be written.
type Failing struct {
	Kind  identity.Kind // of what Name names
	Name  string
	Group string    // the group that Name should have joined or left, else ""
	Op    string    // what was tried: create, update, join, …
	Since time.Time // of the first failure
	Tries int
	Next  time.Time // when it is tried again at the earliest
	Err   string
	// Postponed says that this run did not try, because it is too early.
	Postponed bool
}

// A Drift is a change of the target that is not ours and not the source's.
type Drift struct {
	Kind  identity.Kind // of what Name names
	Name  string
	Group string // the group that Name was put into or taken out of, else ""
	// What happened: joined, left, deactivated, activated, deleted, or the
	// name of an attribute.
	What          string
	Before, After string // of an attribute
	By            string // who did it, if the target tells
	At            string // when, RFC 3339, if the target tells
	Kept          bool   // by --drift=report; else it is repaired
}

// An Impact is what stands behind the users and groups that a plan empties,
// deactivates or deletes.
type Impact struct {
	Lost []Loss
	// Unknown says why it could not be found out; "" if it was, or if there
	// was nothing to find out.
	Unknown string
}

// A Loss is what one user or group is assigned.
type Loss struct {
	Kind   identity.Kind
	Name   string
	ID     string // the target's
	People int    // who lose it: the active members who leave the group; 1 for a user
	identity.Access
}
