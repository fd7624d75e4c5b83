// Package match finds out who is who: which of the objects that a target
// holds are the ones that we want. It changes nothing of either side, and
// never guesses: what is not certain is a [Conflict].
package match

import (
	"cmp"
	"maps"
	"slices"

	"ssosync/internal/identity"
)

// Adopt says which objects that we did not make may be taken over by name.
type Adopt string

// The ways of adopting.
const (
	AdoptNone    Adopt = "none"
	AdoptUnowned Adopt = "unowned" // those without an external id
	AdoptAll     Adopt = "all"     // those of another provider too
)

// Reason says why two objects could not be told to be one.
type Reason string

// The reasons for a conflict.
const (
	// ReusedName: the name belongs to an object of another source id; the
	// address was given to someone else, or the group was made anew.
	ReusedName Reason = "reused-name"
	// DuplicateID: two objects of the target carry the same external id.
	DuplicateID Reason = "duplicate-external-id"
	// NotAdopted: an object has the name, and may not be taken over.
	NotAdopted Reason = "not-adopted"
	// ProtectedName: the name is protected.
	ProtectedName Reason = "protected-name"
	// AmbiguousName: several objects of the source want the same name.
	AmbiguousName Reason = "ambiguous-name"
	// TakenName: a name that we want to change to is somebody else's.
	TakenName Reason = "taken-name"
)

// A Conflict is something that only a person can settle. Until then neither
// side of it is touched.
type Conflict struct {
	Kind   identity.Kind `json:"kind"`
	Reason Reason        `json:"reason"`
	Name   string        `json:"name"`
	Want   identity.Key  `json:"want,omitempty"` // what cannot be as it should
	Have   identity.Key  `json:"have,omitempty"` // what is in its way
	HaveID string        `json:"haveId,omitempty"`
	// HaveExternalID is the source id that the object in the way carries.
	HaveExternalID string `json:"haveExternalId,omitempty"`
}

// An Adoption is an object that was matched by name in this run.
type Adoption struct {
	Kind identity.Kind `json:"kind"`
	Name string        `json:"name"`
	ID   string        `json:"id"`
	// Foreign is the other provider's external id, "" if there was none.
	Foreign string `json:"foreign,omitempty"`
}

// Rules are what matching needs to know of an operator's choices.
type Rules struct {
	Adopt Adopt
	// Managed reports whether an external id is one of our source's.
	Managed func(kind identity.Kind, externalID string) bool
	// Renamed reports whether the source knows an external id, and by another
	// name than this: the object that carries it is to give the name up; nil:
	// none is.
	Renamed func(kind identity.Kind, externalID, name string) bool
	// Protected reports whether a name must not even be matched; nil: none.
	Protected func(kind identity.Kind, name string) bool
}

// A Result is what the target holds, under our keys: the wanted state's key
// for what was matched, and a key that no source can have for what was not.
type Result struct {
	Have      identity.Held
	Conflicts []Conflict // sorted by kind, name, keys
	Adopted   map[identity.Key]Adoption
	// Protected are the keys of what was not matched because it is protected.
	Protected map[identity.Key]bool
}

// Unmatched returns the key of an object that is not among the wanted ones.
func Unmatched(id identity.Key) identity.Key { return "held:" + id }

// Match finds out who is who: by external id, or else by name where the rules
// allow it. Each object has one key and each key one object.
func Match(want identity.State, held identity.Held, r Rules) Result {
	res := Result{Adopted: map[identity.Key]Adoption{}, Protected: map[identity.Key]bool{}}
	users := side[identity.User]{
		kind: identity.KindUser, rules: r, want: want.Users, held: held.Users, res: &res,
		names: func(u identity.User) (ext, name string) { return u.ExternalID, u.UserName },
	}
	groups := side[identity.Group]{
		kind: identity.KindGroup, rules: r, want: want.Groups, held: held.Groups, res: &res,
		names: func(g identity.Group) (ext, name string) { return g.ExternalID, g.Name },
	}
	res.Have = rekey(held, users.match(), groups.match())
	slices.SortFunc(res.Conflicts, func(a, b Conflict) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Want, b.Want), cmp.Compare(a.Have, b.Have))
	})
	return res
}

// rekey puts everything that is held under its new key, managers included.
func rekey(held identity.Held, users, groups map[identity.Key]identity.Key) identity.Held {
	have := identity.NewHeld()
	have.Blind = held.Blind
	for id, u := range held.Users {
		if u.Manager != "" {
			u.Manager = string(cmp.Or(users[identity.Key(u.Manager)], Unmatched(identity.Key(u.Manager))))
		}
		have.Users[users[id]], have.Records.Users[users[id]] = u, held.Records.Users[id]
	}
	for id, g := range held.Groups {
		have.Groups[groups[id]], have.Records.Groups[groups[id]] = g, held.Records.Groups[id]
	}
	for m := range held.Members {
		have.Members[identity.Membership{Group: groups[m.Group], User: users[m.User]}] = true
	}
	return have
}

// A side is the users or the groups of both states while they are matched.
type side[T any] struct {
	kind       identity.Kind
	rules      Rules
	want, held map[identity.Key]T
	names      func(T) (ext, name string)
	res        *Result
}

// match returns the new key of each object in held.
func (s side[T]) match() map[identity.Key]identity.Key {
	ids := slices.Sorted(maps.Keys(s.held))
	keys, taken := s.byID(ids)
	blocked := s.blocked(ids, taken)
	free := s.free(taken)
	for _, id := range ids {
		if _, done := keys[id]; done {
			continue
		}
		ext, name := s.names(s.held[id])
		key := Unmatched(id)
		wanted := free[identity.Fold(name)]
		if s.protected(name) {
			s.res.Protected[key] = true
			if blocked[identity.Key(ext)] {
				wanted = append(slices.Clip(wanted), identity.Key(ext))
			}
			s.dispute(ProtectedName, wanted, key, id)
		} else if why, ok := s.mayAdopt(wanted, ext, name); ok {
			key = wanted[0]
			delete(free, identity.Fold(name))
			s.res.Adopted[key] = Adoption{Kind: s.kind, Name: name, ID: string(id), Foreign: ext}
		} else if why != "" {
			s.dispute(why, wanted, key, id)
		}
		keys[id] = key
	}
	return keys
}

// byID matches by external id. Of several objects with the same one, none is
// matched: to pick one would give the members of a group to another.
func (s side[T]) byID(ids []identity.Key) (keys map[identity.Key]identity.Key, taken map[identity.Key]bool) {
	holders := map[string][]identity.Key{}
	for _, id := range ids {
		if ext, name := s.names(s.held[id]); ext != "" && !s.protected(name) {
			holders[ext] = append(holders[ext], id)
		}
	}
	keys, taken = make(map[identity.Key]identity.Key, len(ids)), map[identity.Key]bool{}
	for _, ext := range slices.Sorted(maps.Keys(holders)) {
		hs := holders[ext]
		_, wanted := s.want[identity.Key(ext)]
		switch {
		case len(hs) > 1 && (wanted || s.rules.Managed(s.kind, ext)):
			for _, id := range hs {
				keys[id] = Unmatched(id)
				var want []identity.Key
				if wanted {
					want = []identity.Key{identity.Key(ext)}
				}
				s.disputeAlways(DuplicateID, want, keys[id], id)
			}
			taken[identity.Key(ext)] = true
		case wanted:
			keys[hs[0]] = identity.Key(ext)
			taken[identity.Key(ext)] = true
		}
	}
	return keys, taken
}

// blocked returns the wanted keys that only a protected object carries. They
// count as taken: the object must not be made a second time.
func (s side[T]) blocked(ids []identity.Key, taken map[identity.Key]bool) map[identity.Key]bool {
	blocked := map[identity.Key]bool{}
	for _, id := range ids {
		ext, name := s.names(s.held[id])
		key := identity.Key(ext)
		if _, wanted := s.want[key]; wanted && s.protected(name) && !taken[key] {
			taken[key], blocked[key] = true, true
		}
	}
	return blocked
}

// free returns the wanted keys that are not matched yet, by folded name.
func (s side[T]) free(taken map[identity.Key]bool) map[string][]identity.Key {
	free := map[string][]identity.Key{}
	for _, key := range slices.Sorted(maps.Keys(s.want)) {
		if !taken[key] {
			_, name := s.names(s.want[key])
			free[identity.Fold(name)] = append(free[identity.Fold(name)], key)
		}
	}
	return free
}

// mayAdopt decides whether the one wanted object of a name may take over the
// one that has it, which carries the external id ext.
func (s side[T]) mayAdopt(wanted []identity.Key, ext, name string) (Reason, bool) {
	switch {
	case len(wanted) == 0:
		return "", false
	case ext != "" && s.rules.Renamed != nil && s.rules.Renamed(s.kind, ext, name):
		return "", false
	case ext != "" && s.rules.Managed(s.kind, ext):
		return ReusedName, false
	case len(wanted) > 1:
		return AmbiguousName, false
	case s.rules.Adopt == AdoptAll, s.rules.Adopt == AdoptUnowned && ext == "":
		return "", true
	}
	return NotAdopted, false
}

func (s side[T]) protected(name string) bool {
	return s.rules.Protected != nil && s.rules.Protected(s.kind, name)
}

// dispute records a conflict for each wanted object that have is in the way of.
func (s side[T]) dispute(why Reason, wanted []identity.Key, have, id identity.Key) {
	if len(wanted) > 0 {
		s.disputeAlways(why, wanted, have, id)
	}
}

func (s side[T]) disputeAlways(why Reason, wanted []identity.Key, have, id identity.Key) {
	ext, name := s.names(s.held[id])
	c := Conflict{Kind: s.kind, Reason: why, Name: name, Have: have, HaveID: string(id), HaveExternalID: ext}
	if len(wanted) == 0 {
		s.res.Conflicts = append(s.res.Conflicts, c)
	}
	for _, c.Want = range wanted {
		s.res.Conflicts = append(s.res.Conflicts, c)
	}
}
