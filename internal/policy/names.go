package policy

import (
	"maps"
	"slices"

	"ssosync/internal/identity"
	"ssosync/internal/match"
)

// names settles who may have which name, for one unique attribute of users or
// groups. Both states are under the same keys.
type names[T any] struct {
	kind       identity.Kind
	want, have map[identity.Key]T // want is changed
	get        func(T) string
	set        func(T, string) T
	// suffix returns another name for an object that cannot have its own, ""
	// if there is none; nil: there never is.
	suffix func(identity.Key) string
}

// settle lets each name go to at most one object, without guessing: who has
// it keeps it; what we do not rename this time blocks its name; of several
// newcomers nobody gets it. Who loses stays as they are, which may block others
// in turn, so this goes on until nothing changes. It returns what each loser
// has lost.
//
// What the target holds is never argued with: should it hold two names that
// are one to us, both stay.
func (n names[T]) settle() []match.Conflict {
	holders := map[string][]identity.Key{}
	for _, key := range slices.Sorted(maps.Keys(n.have)) {
		if name := n.get(n.have[key]); name != "" {
			holders[identity.Fold(name)] = append(holders[identity.Fold(name)], key)
		}
	}
	var all []match.Conflict
	renamed := map[identity.Key]bool{}
	for {
		losers := n.losers(holders)
		if len(losers) == 0 {
			return all
		}
		for _, l := range losers {
			if n.suffix != nil && !renamed[l.Want] {
				if name := n.suffix(l.Want); name != "" {
					renamed[l.Want] = true
					n.want[l.Want] = n.set(n.want[l.Want], name)
					continue
				}
			}
			if before, ok := n.have[l.Want]; ok {
				n.want[l.Want] = n.set(n.want[l.Want], n.get(before))
			} else {
				delete(n.want, l.Want)
			}
			all = append(all, l)
		}
	}
}

// losers returns those who cannot have the name that they want, by name and
// key.
func (n names[T]) losers(holders map[string][]identity.Key) []match.Conflict {
	claims := map[string][]identity.Key{}
	for _, key := range slices.Sorted(maps.Keys(n.want)) {
		if name := n.get(n.want[key]); name != "" {
			claims[identity.Fold(name)] = append(claims[identity.Fold(name)], key)
		}
	}
	var all []match.Conflict
	for _, name := range slices.Sorted(maps.Keys(claims)) {
		at := slices.IndexFunc(holders[name], func(h identity.Key) bool { return n.stays(h, name) })
		for _, key := range claims[name] {
			l := match.Conflict{Kind: n.kind, Name: n.get(n.want[key]), Want: key, Reason: match.AmbiguousName}
			switch {
			case slices.Contains(holders[name], key):
			case at >= 0:
				l.Reason, l.Have = match.TakenName, holders[name][at]
				all = append(all, l)
			case len(claims[name]) > 1:
				all = append(all, l)
			}
		}
	}
	return all
}

// stays reports whether an object that has a name, folded, still has it when
// all others have got theirs: a deletion comes too late.
func (n names[T]) stays(holder identity.Key, name string) bool {
	w, wanted := n.want[holder]
	return !wanted || identity.Fold(n.get(w)) == name
}
