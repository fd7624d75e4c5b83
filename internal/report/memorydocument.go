package report

import (
	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// A SavedDocument is a plan on disk; all of it is "" if there is none.
type SavedDocument struct {
	ID   string `json:"id"`
	File string `json:"file"`
	// Expires is an RFC 3339 time in UTC.
	Expires string `json:"expires"`
}

// An UnprovenDocument is a removal that was struck, because the source did not
// confirm it.
type UnprovenDocument struct {
	Kind     string     `json:"kind"` // user, group or membership
	Name     string     `json:"name"`
	Group    string     `json:"group"` // the group that Name would have left, else ""
	TargetID string     `json:"targetId"`
	Cause    plan.Cause `json:"cause"` // what the listings said
	Why      string     `json:"why"`   // what the source said instead
}

// An ImpactDocument is what stands in AWS behind what is emptied, deactivated
// or deleted.
type ImpactDocument struct {
	Lost    []LossDocument `json:"lost"`
	Unknown string         `json:"unknown"` // why it could not be found out, "" if it was
}

// A LossDocument is what one user or group is assigned.
type LossDocument struct {
	Kind         identity.Kind         `json:"kind"`
	Name         string                `json:"name"`
	TargetID     string                `json:"targetId"`
	People       int                   `json:"people"` // who lose it
	Assignments  []identity.Assignment `json:"assignments"`
	Applications []string              `json:"applications"`
}

// A WaitingDocument is a user or a group that left and is kept for now.
type WaitingDocument struct {
	Kind     identity.Kind `json:"kind"`
	Name     string        `json:"name"`
	TargetID string        `json:"targetId"`
	Cause    plan.Cause    `json:"cause"`
	// Since and Delete are RFC 3339 times in UTC. Since is "" if nothing proves
	// when it left, and Delete if it is never deleted.
	Since  string `json:"since"`
	Delete string `json:"delete"`
}

// A FailingDocument is a change that failed and has not passed yet.
type FailingDocument struct {
	Action string `json:"action"` // as of a change
	Kind   string `json:"kind"`   // user, group or membership
	Name   string `json:"name"`
	Group  string `json:"group"`
	Tries  int    `json:"tries"`
	// Since and Next are RFC 3339 times in UTC: of the first failure, and
	// before which it is not tried again.
	Since     string `json:"since"`
	Next      string `json:"next"`
	Error     string `json:"error"`
	Postponed bool   `json:"postponed"` // not tried in this run
}

// A DriftDocument is a change that somebody else made.
type DriftDocument struct {
	Kind  string `json:"kind"` // user, group or membership
	Name  string `json:"name"`
	Group string `json:"group"`
	// What is joined, left, deactivated, activated, deleted, or the name of an
	// attribute, of which Before and After are the values.
	What   string `json:"what"`
	Before string `json:"before"`
	After  string `json:"after"`
	By     string `json:"by"`   // "" if not known
	At     string `json:"at"`   // RFC 3339, "" if not known
	Kept   bool   `json:"kept"` // or else repaired
}

func unprovenDocument(u plan.Unproven) UnprovenDocument {
	return UnprovenDocument{kindOf(u.Kind, u.Group), valid(u.Name), valid(u.Group), valid(u.ID), plan.Cause(valid(string(u.Cause))), valid(u.Why)}
}

func lossDocument(l Loss) LossDocument {
	return LossDocument{l.Kind, valid(l.Name), valid(l.ID), l.People, each(l.Assignments, func(a identity.Assignment) identity.Assignment {
		return identity.Assignment{PermissionSet: valid(a.PermissionSet), Account: valid(a.Account)}
	}), each(l.Applications, valid)}
}

func waitingDocument(w Waiting) WaitingDocument {
	return WaitingDocument{w.Kind, valid(w.Name), valid(w.ID), plan.Cause(valid(string(w.Cause))), rfc3339(w.Since), rfc3339(w.Delete)}
}

func failingDocument(f Failing) FailingDocument {
	return FailingDocument{
		Action: valid(f.Op), Kind: kindOf(f.Kind, f.Group), Name: valid(f.Name), Group: valid(f.Group), Tries: f.Tries,
		Since: rfc3339(f.Since), Next: rfc3339(f.Next), Error: valid(f.Err), Postponed: f.Postponed,
	}
}

func driftDocument(x Drift) DriftDocument {
	return DriftDocument{kindOf(x.Kind, x.Group), valid(x.Name), valid(x.Group), valid(x.What), valid(x.Before), valid(x.After), valid(x.By), valid(x.At), x.Kept}
}

// kindOf is the kind of what has a name, or of a membership if there is a
// group.
func kindOf(kind identity.Kind, group string) string {
	if group != "" {
		return "membership"
	}
	return valid(string(kind))
}
