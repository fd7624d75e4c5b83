package plan

import "ssosync/internal/identity"

// A Proof says how a revocation was confirmed at the source, past all
// listings.
type Proof string

// The proofs.
const (
	// ProofFlag: the source returned the object, suspended or archived.
	ProofFlag Proof = "flag"
	// ProofGone: asked for by its id, the source has no such object.
	ProofGone Proof = "gone"
	// ProofScope: asked for by its id, the object is there, and no rule puts
	// it into scope.
	ProofScope Proof = "out-of-scope"
	// ProofLeft: the group was read twice and asked for this member, and has
	// no such one.
	ProofLeft Proof = "left"
	// ProofUnknown: the object carries no id of the source, and the source has
	// nothing of its name either.
	ProofUnknown Proof = "unknown-name"
)

// Evidence is how a revocation was confirmed, for guards and for people. The
// zero value is none. It names no times, so that equal readings give equal
// plans.
type Evidence struct {
	Proof Proof  `json:"proof"`
	Text  string `json:"text"` // such as "users.get: 404 notFound"
}

// Conclusive reports whether the source itself said that somebody left: that
// they are suspended, archived or deleted. It holds whatever else in the same
// reading may be wrong.
func (e Evidence) Conclusive() bool { return e.Proof == ProofFlag || e.Proof == ProofGone }

// An Unproven is a revocation that was struck from the plan, because it rests
// on an absence that the source did not confirm.
type Unproven struct {
	Kind  identity.Kind `json:"kind"` // of what Name names
	Name  string        `json:"name"`
	Group string        `json:"group,omitempty"` // the name of the group that Name would have left
	ID    string        `json:"id,omitempty"`    // the target's, of what Name names
	Cause Cause         `json:"cause"`           // what the listings alone would have said
	Why   string        `json:"why"`             // what the source said instead, such as "groups.get returns it"
}
