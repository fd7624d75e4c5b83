package planfile

import (
	"cmp"
	"maps"

	"ssosync/internal/identity"
	"ssosync/internal/match"
	"ssosync/internal/plan"
)

// A Difference is a change that would not be decided now as it was.
type Difference struct {
	Object
	How string `json:"how"` // such as "is done already", or "revision 00a1 → 00a2"
}

func (d Difference) String() string { return d.Object.String() + ": " + d.How }

// Compare returns the changes of part that are not exactly what fresh decides:
// the same operation on the same object under the same id, name and revision,
// with the same values before and after, and the same proof. What fresh decides
// besides is no difference. What is held now, under our keys, tells what is done
// already from what is not wanted any more.
func Compare(part, fresh plan.Plan, have identity.Held) []Difference {
	now := make(map[slot]fact, fresh.Size())
	for _, f := range facts(fresh) {
		now[f.slot()] = f
	}
	var stale []fact
	for _, f := range facts(part) {
		if n, ok := now[f.slot()]; !ok || n.digest() != f.digest() {
			stale = append(stale, f)
		}
	}
	if len(stale) == 0 {
		return nil
	}
	s := newSight(part, fresh, have)
	differences := make([]Difference, len(stale))
	for i, was := range stale {
		differences[i] = Difference{Object: was.object()}
		if n, ok := now[was.slot()]; ok {
			differences[i].How = became(was, n)
		} else {
			differences[i].How = s.missing(was)
		}
	}
	return differences
}

// A sight is all that tells why something is not decided any more.
type sight struct {
	have          identity.Held
	users, groups map[string]identity.Key // by the target's id
	conflicts     map[slot]match.Reason   // that are new
	unproven      map[claim]string        // why
}

// A claim is what an [plan.Unproven] is about.
type claim struct {
	kind  identity.Kind
	id    string // or the name, if there is none
	group string // its name, of a membership
}

func newSight(part, fresh plan.Plan, have identity.Held) sight {
	s := sight{have: have, users: byID(have.Records.Users), groups: byID(have.Records.Groups), conflicts: map[slot]match.Reason{}, unproven: map[claim]string{}}
	old := map[match.Conflict]bool{}
	for _, c := range part.Conflicts {
		old[c] = true
	}
	for _, c := range fresh.Conflicts {
		if !old[c] {
			s.conflicts[slot{kind: c.Kind, key: c.Want}] = c.Reason
			s.conflicts[slot{kind: c.Kind, key: c.Have}] = c.Reason
		}
	}
	for _, u := range fresh.Unproven {
		s.unproven[claim{u.Kind, cmp.Or(u.ID, u.Name), u.Group}] = u.Why
	}
	return s
}

func byID(records map[identity.Key]identity.Record) map[string]identity.Key {
	keys := make(map[string]identity.Key, len(records))
	for key, r := range records {
		keys[r.ID] = key
	}
	return keys
}

// key returns the key under which a subject is held now. One that comes back
// into scope gets another one.
func key(of map[string]identity.Key, s plan.Subject, was identity.Key) identity.Key {
	if k, ok := of[s.ID]; ok && s.ID != "" {
		return k
	}
	return was
}

// missing says why a change is not decided any more.
func (s sight) missing(was fact) string {
	if how := s.disputed(was); how != "" {
		return how
	}
	if why, ok := s.doubted(was); ok {
		return "is not proven any more: " + quoted(why)
	}
	if was.In != "" {
		m := identity.Membership{Group: key(s.groups, was.Group, was.In), User: key(s.users, was.Subject, was.Key)}
		return settled(s.have.Members[m] == (was.Op == "join"))
	}
	values, there := s.values(was)
	switch {
	case was.Op != string(plan.Update):
		return settled(there == (was.Op == string(plan.Create)))
	case !there:
		return "is not there any more"
	case maps.Equal(values, was.After):
		return settled(true)
	case maps.Equal(values, was.Before):
		return settled(false)
	}
	return "has changed: " + attributes(was.Before, values, "%s was %s, is %s")
}

func settled(done bool) string {
	if done {
		return "is done already"
	}
	return "is not wanted any more"
}

// disputed says that there is a conflict about the user or the group.
func (s sight) disputed(was fact) string {
	if reason, ok := s.conflicts[slot{kind: was.Kind, key: was.Key}]; ok {
		return "is a conflict now: " + string(reason)
	}
	if reason, ok := s.conflicts[slot{kind: identity.KindGroup, key: was.In}]; ok && was.In != "" {
		return "the group is a conflict now: " + string(reason)
	}
	return ""
}

// doubted says why a removal is not proven: itself, or that of the user or the
// group that it goes with.
func (s sight) doubted(was fact) (why string, ok bool) {
	id := cmp.Or(was.Subject.ID, was.Subject.Name)
	claims := []claim{{was.Kind, id, was.Group.Name}}
	if was.In != "" {
		claims = append(claims, claim{identity.KindGroup, cmp.Or(was.Group.ID, was.Group.Name), ""}, claim{identity.KindUser, id, ""})
	}
	for _, c := range claims {
		if why, ok = s.unproven[c]; ok {
			return why, true
		}
	}
	return "", false
}

// values are those of the user or the group as it is held now.
func (s sight) values(was fact) (values map[string]string, there bool) {
	if was.Kind == identity.KindGroup {
		g, there := s.have.Groups[key(s.groups, was.Subject, was.Key)]
		return groupValues(g), there
	}
	u, there := s.have.Users[key(s.users, was.Subject, was.Key)]
	return userValues(u), there
}
