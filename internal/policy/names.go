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

// A lost name is one that a wanted object cannot have now.
type lost struct {
	match.Conflict
	dropped bool // the object does not exist yet, and was taken out of want
}

// settle lets each name go to at most one object, without guessing: who has
// it and wants it keeps it; what we do not rename this time blocks its name;
// of several newcomers nobody gets it. Who loses stays as they are, which may
// block others in turn, so this goes on until nothing changes.
func (n names[T]) settle() []lost {
	holder := map[string]identity.Key{}
	for _, key := range slices.Backward(slices.Sorted(maps.Keys(n.have))) {
		if name := n.get(n.have[key]); name != "" {
			holder[identity.Fold(name)] = key
		}
	}
	var all []lost
	renamed := map[identity.Key]bool{}
	for {
		losers := n.losers(holder)
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
				l.dropped = true
			}
			all = append(all, l)
		}
	}
}

// losers returns those who cannot have the name that they want, by key.
func (n names[T]) losers(holder map[string]identity.Key) []lost {
	claims := map[string][]identity.Key{}
	for _, key := range slices.Sorted(maps.Keys(n.want)) {
		if name := n.get(n.want[key]); name != "" {
			claims[identity.Fold(name)] = append(claims[identity.Fold(name)], key)
		}
	}
	var all []lost
	for _, name := range slices.Sorted(maps.Keys(claims)) {
		h, held := holder[name]
		w, wanted := n.want[h]
		stays := held && (!wanted || identity.Fold(n.get(w)) == name)
		for _, key := range claims[name] {
			l := lost{Conflict: match.Conflict{Kind: n.kind, Name: n.get(n.want[key]), Want: key, Reason: match.AmbiguousName}}
			switch {
			case stays && key != h:
				l.Reason, l.Have = match.TakenName, h
				all = append(all, l)
			case !stays && len(claims[name]) > 1:
				all = append(all, l)
			}
		}
	}
	return all
}
