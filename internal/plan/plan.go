// Package plan compares two states. It is pure: the same two states always
// make the same plan, in the same order, and what has to be done can be done
// with nothing but the plan in hand.
package plan

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"ssosync/internal/identity"
	"ssosync/internal/match"
)

// An Op is what a [Change] does.
type Op string

// The operations.
const (
	Create Op = "create"
	Update Op = "update"
	Delete Op = "delete"
)

// A Cause says, to people, why something is planned. It decides nothing,
// except that some causes are proof in themselves: see [Cause.Proven].
type Cause string

// The causes.
const (
	CauseJoined    Cause = "joined"    // came into scope
	CauseChanged   Cause = "changed"   // an attribute differs
	CauseAdopted   Cause = "adopted"   // matched by name in this run
	CauseSuspended Cause = "suspended" // in the source
	CauseArchived  Cause = "archived"  // in the source
	CauseReturned  Cause = "returned"  // was deactivated, and is back
	CauseGone      Cause = "gone"      // the source has no such object any more
	CauseScope     Cause = "out-of-scope"
	CauseLeft      Cause = "left" // is no longer a member
	CauseUnmanaged Cause = "unmanaged"
	CauseRestored  Cause = "restored" // given back from the journal
	CauseRelinked  Cause = "relinked" // settled by a person
	CauseExpired   Cause = "expired"  // has been gone for as long as it is kept
)

// Proven reports whether the source itself said so, by a flag on an object
// that it returned. All other revocations rest on something being absent.
func (c Cause) Proven() bool { return c == CauseSuspended || c == CauseArchived }

// A Change is one user or group that should become different.
type Change[T any] struct {
	Op     Op           `json:"op"`
	Key    identity.Key `json:"key"`
	Cause  Cause        `json:"cause,omitempty"`
	Before T            `json:"before,omitzero"` // zero on Create
	After  T            `json:"after,omitzero"`  // zero on Delete
	Fields []Field      `json:"fields,omitempty"`
}

// A Field is one attribute that an update changes.
type Field struct {
	Attr   string `json:"attribute"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// A Move is a user who joins or leaves a group.
type Move struct {
	identity.Membership
	Cause    Cause    `json:"cause,omitempty"`
	Evidence Evidence `json:"evidence,omitzero"` // of one who leaves
}

// A Size counts a state.
type Size struct {
	Users   int `json:"users"`
	Groups  int `json:"groups"`
	Members int `json:"memberships"`
}

// A Base is what guards measure a plan against.
type Base struct {
	Source  Size `json:"source"`  // what the source has in scope
	Managed Size `json:"managed"` // what the target has that is ours
	// Active and Filled count, of those, the active users and the groups that
	// have members.
	Active int `json:"activeUsers"`
	Filled int `json:"filledGroups"`
	// Members counts the members of each managed group that loses some.
	Members map[identity.Key]int `json:"members,omitempty"`
}

// A Subject is an object that the plan speaks of.
type Subject struct {
	ID   string `json:"id,omitempty"` // the target's; "" before it is created
	Name string `json:"name"`
	// Revision changes whenever the object does, if the target tells.
	Revision string `json:"revision,omitempty"`
}

// A Plan is everything that a run intends to do.
type Plan struct {
	Users  []Change[identity.User]  `json:"users"`
	Groups []Change[identity.Group] `json:"groups"`
	Join   []Move                   `json:"join"`
	Leave  []Move                   `json:"leave"`
	// Emptied are the groups that are no longer wanted, and lose all of their
	// members instead of being deleted.
	Emptied []identity.Key `json:"emptied,omitempty"`
	// Evidence is that of each user and group that loses something.
	Evidence map[identity.Key]Evidence `json:"evidence,omitempty"`
	// Unproven is what is not planned, for lack of evidence.
	Unproven []Unproven `json:"unproven,omitempty"`

	// Subjects name every user and group above.
	Subjects  Subjects         `json:"subjects"`
	Conflicts []match.Conflict `json:"conflicts,omitempty"`
	Adopted   []match.Adoption `json:"adopted,omitempty"`
	Base      Base             `json:"base"`
}

// Subjects are the users and groups of a plan, under their keys.
type Subjects struct {
	Users  map[identity.Key]Subject `json:"users"`
	Groups map[identity.Key]Subject `json:"groups"`
}

// Empty reports whether there is nothing to do.
func (p Plan) Empty() bool { return p.Size() == 0 }

// Size counts the changes, one for each user, group and membership.
func (p Plan) Size() int { return len(p.Users) + len(p.Groups) + len(p.Join) + len(p.Leave) }

// Only returns the changes that do one of ops.
func Only[T any](changes []Change[T], ops ...Op) []Change[T] {
	var some []Change[T]
	for _, c := range changes {
		if slices.Contains(ops, c.Op) {
			some = append(some, c)
		}
	}
	return some
}

// Revokes reports whether a change of a user takes their access away.
func Revokes(c Change[identity.User]) bool {
	return c.Op == Delete || c.Op == Update && c.Before.Active && !c.After.Active
}

// Build returns the plan that turns have into want. Causes are those of users
// and groups by key, and may lack any.
func Build(want identity.State, have identity.Held, causes map[identity.Key]Cause) Plan {
	p := Plan{
		Users:  diff(want.Users, have.Users, userFields),
		Groups: diff(want.Groups, have.Groups, groupFields),
		Join:   minus(want.Members, have.Members),
		Leave:  minus(have.Members, want.Members),
	}
	for i, c := range p.Users {
		p.Users[i].Cause = cmp.Or(causes[c.Key], defaultCause(c.Op))
		if c.Op == Update && c.After.Active && !c.Before.Active {
			p.Users[i].Cause = CauseReturned
		}
	}
	for i, c := range p.Groups {
		p.Groups[i].Cause = cmp.Or(causes[c.Key], defaultCause(c.Op))
	}
	for i := range p.Join {
		p.Join[i].Cause = CauseJoined
	}
	for i, m := range p.Leave {
		p.Leave[i].Cause = leaveCause(causes[m.User], causes[m.Group])
		if _, stays := want.Groups[m.Group]; stays && causes[m.Group].leaves() {
			p.Emptied = append(p.Emptied, m.Group)
		}
	}
	p.Emptied = slices.Compact(p.Emptied) // moves are sorted by group
	p.Subjects = subjects(p, want, have)
	return p
}

func defaultCause(op Op) Cause {
	switch op {
	case Create:
		return CauseJoined
	case Delete:
		return CauseGone
	default:
		return CauseChanged
	}
}

// leaveCause explains a lost membership by what became of its group, else of
// its user. A suspension is no reason to leave a group.
func leaveCause(user, group Cause) Cause {
	for _, c := range []Cause{group, user} {
		if c.leaves() {
			return c
		}
	}
	return CauseLeft
}

// leaves reports whether the cause is that an object is not wanted any more.
func (c Cause) leaves() bool {
	return c == CauseGone || c == CauseScope || c == CauseUnmanaged || c == CauseExpired
}

func diff[T comparable](want, have map[identity.Key]T, fields func(before, after T) []Field) []Change[T] {
	var changes []Change[T]
	for _, key := range keys(want, have) {
		after, wanted := want[key]
		before, exists := have[key]
		switch {
		case !exists:
			changes = append(changes, Change[T]{Op: Create, Key: key, After: after})
		case !wanted:
			changes = append(changes, Change[T]{Op: Delete, Key: key, Before: before})
		case before != after:
			changes = append(changes, Change[T]{Op: Update, Key: key, Before: before, After: after, Fields: fields(before, after)})
		}
	}
	return changes
}

// keys returns the keys of both maps, sorted, once each.
func keys[T any](a, b map[identity.Key]T) []identity.Key {
	both := slices.AppendSeq(slices.Collect(maps.Keys(a)), maps.Keys(b))
	slices.Sort(both)
	return slices.Compact(both)
}

// minus returns what is in a and not in b, sorted.
func minus(a, b map[identity.Membership]bool) []Move {
	var out []Move
	for m := range a {
		if !b[m] {
			out = append(out, Move{Membership: m})
		}
	}
	slices.SortFunc(out, func(x, y Move) int {
		return cmp.Or(cmp.Compare(x.Group, y.Group), cmp.Compare(x.User, y.User))
	})
	return out
}

func userFields(before, after identity.User) []Field {
	var fields []Field
	for _, a := range identity.Attrs {
		if b, c := *a.Field(&before), *a.Field(&after); b != c {
			fields = append(fields, Field{a.Name, b, c})
		}
	}
	if before.Active != after.Active {
		fields = append(fields, Field{"active", strconv.FormatBool(before.Active), strconv.FormatBool(after.Active)})
	}
	return fields
}

func groupFields(before, after identity.Group) []Field {
	var fields []Field
	if before.ExternalID != after.ExternalID {
		fields = append(fields, Field{"externalId", before.ExternalID, after.ExternalID})
	}
	if before.Name != after.Name {
		fields = append(fields, Field{"displayName", before.Name, after.Name})
	}
	return fields
}

// subjects names everything that the plan speaks of, managers included.
func subjects(p Plan, want identity.State, have identity.Held) Subjects {
	s := Subjects{Users: map[identity.Key]Subject{}, Groups: map[identity.Key]Subject{}}
	user := func(k identity.Key) {
		name := want.Users[k].UserName
		rec := have.Records.Users[k]
		s.Users[k] = Subject{ID: rec.ID, Name: cmp.Or(name, have.Users[k].UserName), Revision: rec.Revision}
	}
	group := func(k identity.Key) {
		rec := have.Records.Groups[k]
		s.Groups[k] = Subject{ID: rec.ID, Name: cmp.Or(want.Groups[k].Name, have.Groups[k].Name), Revision: rec.Revision}
	}
	for _, c := range p.Users {
		user(c.Key)
		for _, m := range []string{c.Before.Manager, c.After.Manager} {
			if m != "" {
				user(identity.Key(m))
			}
		}
	}
	for _, c := range p.Groups {
		group(c.Key)
	}
	for _, moves := range [][]Move{p.Join, p.Leave} {
		for _, m := range moves {
			user(m.User)
			group(m.Group)
		}
	}
	return s
}
