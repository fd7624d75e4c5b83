package report

import (
	"cmp"
	"fmt"
	"slices"

	"ssosync/internal/identity"
)

// told says what a removal means in AWS: who loses what, and whether it can
// come back.
func (l Loss) told(e entry, lim limits) []phrase {
	n := len(l.Assignments) + len(l.Applications)
	if n == 0 {
		if l.Kind == identity.KindGroup {
			return []phrase{say("nothing is assigned to it")}
		}
		return nil
	}
	behind := l.behind(lim)
	p := append(say(l.who(e.on())), behind...)
	if l.Kind == identity.KindGroup && l.People == 0 {
		p = append(say("assigned to it, with nobody in it: "), behind...)
	}
	its, are := "its "+count(n, "assignment"), " are "
	if l.Kind == identity.KindUser {
		its = "the " + count(n, "assignment")
	}
	if n == 1 {
		are = " is "
	}
	switch {
	case e.action == doDelete && e.on():
		p = append(p, say("; ", span{strong, its + are + "lost for good"})...)
	case e.action == doDelete:
		p = append(p, say("; "+its+" would be lost for good")...)
	case e.on():
		p = append(p, say("; "+its+are+"kept")...)
	}
	return []phrase{p}
}

// who says who loses something, or would.
func (l Loss) who(on bool) string {
	switch {
	case !on && l.Kind == identity.KindUser:
		return "would lose "
	case !on && l.People == 1:
		return "1 person would lose "
	case !on:
		return fmt.Sprintf("%d people would lose ", l.People)
	case l.Kind == identity.KindUser:
		return "loses "
	case l.People == 1:
		return "1 person loses "
	}
	return fmt.Sprintf("%d people lose ", l.People)
}

// sets returns the permission sets, those in the most accounts first, and the
// accounts of each.
func (l Loss) sets() (sets []string, accounts map[string][]string) {
	accounts = map[string][]string{}
	for _, a := range l.Assignments {
		if accounts[a.PermissionSet] == nil {
			sets = append(sets, a.PermissionSet)
		}
		if !slices.Contains(accounts[a.PermissionSet], a.Account) {
			accounts[a.PermissionSet] = append(accounts[a.PermissionSet], a.Account)
		}
	}
	slices.SortStableFunc(sets, func(a, b string) int { return cmp.Compare(len(accounts[b]), len(accounts[a])) })
	return sets, accounts
}

// behind names each permission set and each application.
func (l Loss) behind(lim limits) phrase {
	sets, accounts := l.sets()
	parts := make([]phrase, 0, len(sets)+len(l.Applications))
	for _, set := range sets {
		in := accounts[set]
		p := append(say(span{name, set}, " on "+count(len(in), "account")+" ("), lim.accounts(in)...)
		parts = append(parts, append(p, say(")")...))
	}
	for _, app := range l.Applications {
		parts = append(parts, say("the application ", span{name, app}))
	}
	return list(parts)
}

// everywhere names all accounts of the permission sets of which only the first
// are named.
func (l Loss) everywhere(lim limits) []phrase {
	sets, accounts := l.sets()
	var all []phrase
	for _, set := range sets {
		if in := accounts[set]; lim.cutsIDs(len(in)) {
			all = append(all, append(say(span{name, set}, ": "), limits{}.accounts(in)...))
		}
	}
	return all
}

// cutsIDs reports whether n ids are too many. One more says no less than the
// words that would stand for it.
func (l limits) cutsIDs(n int) bool { return l.ids > 0 && n > l.ids+1 }

// accounts lists account ids, the first of many.
func (l limits) accounts(ids []string) phrase {
	most := len(ids)
	if l.cutsIDs(most) {
		most = l.ids
	}
	var p phrase
	for i, id := range ids[:most] {
		if i > 0 {
			p = append(p, say(", ")...)
		}
		p = append(p, span{name, id})
	}
	if rest := len(ids) - most; rest > 0 {
		p = append(p, say(fmt.Sprintf(" and %d more", rest))...)
	}
	return p
}

// unknown says why nobody knows what stands behind what is taken away.
func (d digest) unknown() []item {
	if d.Impact.Unknown == "" {
		return nil
	}
	return []item{{mark: remarks(), text: say(span{dim, "What is assigned in AWS to those above is not known: "}, span{quote, d.Impact.Unknown})}}
}
