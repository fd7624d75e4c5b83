// Package identity holds the nouns of a target: users, groups, and who is in
// which group. Wanted and existing states are made of the same values, so that
// comparing them needs no rules; the package knows nothing of where they come
// from.
package identity

import (
	"errors"
	"fmt"
	"maps"
)

// The errors of a target that a caller may act upon. A target wraps them, with
// the vendor's detail and request id beside them.
var (
	// ErrNotFound says that the object is not there (any more).
	ErrNotFound = errors.New("not found")
	// ErrConflict says that a unique value is taken by another object.
	ErrConflict = errors.New("conflict")
	// ErrRejected says that the target will never accept this record.
	ErrRejected = errors.New("rejected")
)

// A Key names a user or a group within one [State]. In a wanted state it is
// the source's immutable id; in what a target has read it is the target's own
// id, until match puts both sides under the same keys.
type Key string

// A Group is a group as the target stores it. Who is in it is not its own
// business: see [Membership].
type Group struct {
	ExternalID string `json:"externalId,omitempty"`
	Name       string `json:"displayName"`
}

// A Membership says that a user is in a group.
type Membership struct {
	Group Key `json:"group"`
	User  Key `json:"user"`
}

// A State is some users and groups: those that we want, or those that exist.
type State struct {
	Users   map[Key]User
	Groups  map[Key]Group
	Members map[Membership]bool
}

// NewState returns an empty State, ready to be filled.
func NewState() State {
	return State{Users: map[Key]User{}, Groups: map[Key]Group{}, Members: map[Membership]bool{}}
}

// Clone returns a copy that shares nothing with s.
func (s State) Clone() State {
	return State{Users: maps.Clone(s.Users), Groups: maps.Clone(s.Groups), Members: maps.Clone(s.Members)}
}

// A Record is what a target knows of an object besides its attributes. It
// takes no part in comparing.
type Record struct {
	ID        string `json:"id"`                  // the target's own name for it
	Revision  string `json:"revision,omitempty"`  // changes whenever the object does; "" if the target has none
	CreatedBy string `json:"createdBy,omitempty"` // "" if unknown
	UpdatedAt string `json:"updatedAt,omitempty"` // RFC 3339; "" if unknown
	UpdatedBy string `json:"updatedBy,omitempty"` // "" if unknown
}

// Records are the records of users and groups, under their keys.
type Records struct {
	Users  map[Key]Record `json:"users,omitempty"`
	Groups map[Key]Record `json:"groups,omitempty"`
}

// Held is what a target holds: a state, and the records of what is in it.
type Held struct {
	State
	Records Records
	// Blind lists the paths of [Attrs] that this reading cannot see, such as
	// profileUrl over SCIM. An unseen attribute takes no part in a diff.
	Blind []string
}

// NewHeld returns an empty Held, ready to be filled.
func NewHeld() Held {
	return Held{State: NewState(), Records: Records{Users: map[Key]Record{}, Groups: map[Key]Record{}}}
}

// Kind says whether something is a user or a group.
type Kind string

// The kinds of object.
const (
	KindUser  Kind = "user"
	KindGroup Kind = "group"
)

// MaxMembersPerRequest is how many members one request may add, remove, or
// create a group with (SCIM guide: CreateGroup, PatchGroup).
const MaxMembersPerRequest = 100

// A GroupPatch is what one call may change of a group. A nil Name or
// ExternalID stays as it is; Join and Leave are the target's ids of users.
type GroupPatch struct {
	Name       *string
	ExternalID *string
	Join       []string
	Leave      []string
}

// Empty reports whether the patch changes nothing.
func (p GroupPatch) Empty() bool {
	return p.Name == nil && p.ExternalID == nil && len(p.Join)+len(p.Leave) == 0
}

// MembersError lists the members, by the target's id, that a group would not
// take or let go. All the others are done.
type MembersError struct {
	Refused map[string]error
}

func (e *MembersError) Error() string {
	for id, err := range e.Refused {
		if len(e.Refused) == 1 {
			return fmt.Sprintf("member %s: %v", id, err)
		}
	}
	return fmt.Sprintf("%d members were refused", len(e.Refused))
}

// A Flaw is what a target cannot take of a record. With Filled, a sensible
// value stands in; without, the value is unusable and was left empty.
type Flaw struct {
	Attr   string `json:"attribute"` // the name of a row of [Attrs], or displayName of a group
	Value  string `json:"value"`
	Why    string `json:"why"`
	Filled bool   `json:"filled"`
}
