package guard_test

import (
	"fmt"
	"maps"
	"slices"

	"pgregory.net/rapid"

	"ssosync/internal/guard"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// A fate is what becomes of a user or a group, and how that is known.
type fate struct {
	name          string
	cause         plan.Cause
	proof         plan.Proof
	before, after bool // exists
	was, is       bool // active, of users; has members, of groups
}

func userFates() []fate {
	return []fate{
		{name: "stays", before: true, after: true, was: true, is: true},
		{name: "is new", after: true, is: true},
		{name: "returns", before: true, after: true, is: true},
		{name: "sleeps", before: true, after: true},
		{name: "is suspended", cause: plan.CauseSuspended, proof: plan.ProofFlag, before: true, after: true, was: true},
		{name: "is archived, nobody asked", cause: plan.CauseArchived, before: true, after: true, was: true},
		{name: "is gone", cause: plan.CauseGone, proof: plan.ProofGone, before: true, after: true, was: true},
		{name: "is gone, nobody asked", cause: plan.CauseGone, before: true, after: true, was: true},
		{name: "is out of scope", cause: plan.CauseScope, proof: plan.ProofScope, before: true, after: true, was: true},
		{name: "is a stranger", cause: plan.CauseUnmanaged, proof: plan.ProofUnknown, before: true, after: true, was: true},
		{name: "slept and is gone", cause: plan.CauseGone, proof: plan.ProofGone, before: true, after: true},
		{name: "is deleted at once", cause: plan.CauseGone, proof: plan.ProofGone, before: true, was: true},
		{name: "is deleted at last", cause: plan.CauseExpired, proof: plan.ProofGone, before: true},
		{name: "is deleted, being suspended", cause: plan.CauseSuspended, proof: plan.ProofFlag, before: true, was: true},
	}
}

func groupFates() []fate {
	return []fate{
		{name: "stays", before: true, after: true, is: true},
		{name: "is new", after: true, is: true},
		{name: "is emptied, gone", cause: plan.CauseGone, proof: plan.ProofGone, before: true, after: true},
		{name: "is emptied, out of scope", cause: plan.CauseScope, proof: plan.ProofScope, before: true, after: true},
		{name: "is deleted, gone", cause: plan.CauseGone, proof: plan.ProofGone, before: true},
		{name: "is deleted, out of scope", cause: plan.CauseScope, proof: plan.ProofScope, before: true},
	}
}

// A world is a plan, and all that a guard may know.
type world struct {
	have, want    identity.State
	users, groups map[identity.Key]fate
	p             plan.Plan
	c             guard.Context
}

// draw draws a world that is small, so that all limits are near.
func draw(t *rapid.T) world {
	w := world{have: identity.NewState(), want: identity.NewState(), users: map[identity.Key]fate{}, groups: map[identity.Key]fate{}}
	causes := map[identity.Key]plan.Cause{}
	usual := rapid.IntRange(0, len(userFates())-1).Draw(t, "usual")
	for i := range rapid.IntRange(0, 14).Draw(t, "users") {
		key, f := identity.Key(fmt.Sprintf("u%02d", i)), rapid.SampledFrom(userFates()).Draw(t, "user")
		if rapid.Bool().Draw(t, "as usual") {
			f = userFates()[usual]
		}
		w.users[key] = f
		name := fmt.Sprintf("user%d@example.com", i)
		if f.before {
			w.have.Users[key] = identity.User{UserName: name, Active: f.was}
		}
		if f.after {
			w.want.Users[key] = identity.User{UserName: rename(t, name), Active: f.is}
		}
		causes[key] = f.cause
	}
	for i := range rapid.IntRange(0, 7).Draw(t, "groups") {
		key, f := identity.Key(fmt.Sprintf("g%02d", i)), rapid.SampledFrom(groupFates()).Draw(t, "group")
		w.groups[key] = f
		name := fmt.Sprintf("group %d", i)
		if f.before {
			w.have.Groups[key] = identity.Group{Name: name}
		}
		if f.after {
			w.want.Groups[key] = identity.Group{Name: rename(t, name)}
		}
		causes[key] = f.cause
		w.members(t, key)
	}
	w.p = plan.Build(w.want, identity.Held{State: w.have}, causes)
	w.prove(t)
	w.measure(t)
	w.context(t)
	return w
}

func rename(t *rapid.T, name string) string {
	if rapid.IntRange(0, 5).Draw(t, "renamed") == 0 {
		return "new " + name
	}
	return name
}

// members draws who is in a group, and who will be.
func (w world) members(t *rapid.T, group identity.Key) {
	dissolves := rapid.IntRange(0, 3).Draw(t, "dissolves") == 0
	for _, user := range slices.Sorted(maps.Keys(w.users)) {
		u, g, m := w.users[user], w.groups[group], identity.Membership{Group: group, User: user}
		in := u.before && g.before && rapid.IntRange(0, 3).Draw(t, "member") > 0
		if in {
			w.have.Members[m] = true
		}
		quits := u.cause != "" && u.cause != plan.CauseSuspended && u.cause != plan.CauseArchived
		if u.after && g.after && g.is && !quits && (in != (rapid.IntRange(0, 4).Draw(t, "changes") == 0)) && (!dissolves || !in) {
			w.want.Members[m] = true
		}
	}
}

// prove gives the plan the evidence that belongs to the fates.
func (w *world) prove(t *rapid.T) {
	w.p.Evidence = map[identity.Key]plan.Evidence{}
	for _, fates := range []map[identity.Key]fate{w.users, w.groups} {
		for key, f := range fates {
			if f.proof != "" && (f.was || !f.after) {
				w.p.Evidence[key] = plan.Evidence{Proof: f.proof}
			}
		}
	}
	for _, key := range w.p.Emptied {
		w.p.Evidence[key] = plan.Evidence{Proof: w.groups[key].proof}
	}
	for i, m := range w.p.Leave {
		u, g := w.users[m.User], w.groups[m.Group]
		proof := rapid.SampledFrom([]plan.Proof{"", plan.ProofLeft, plan.ProofLeft, plan.ProofScope}).Draw(t, "proof")
		switch {
		case g.proof != "":
			proof = g.proof
		case u.proof != "" && u.proof != plan.ProofFlag:
			proof = u.proof
		}
		w.p.Leave[i].Evidence = plan.Evidence{Proof: proof}
	}
	w.p.Unproven = []plan.Unproven{{Kind: identity.KindUser, Name: "somebody@example.com"}}
}

func (w *world) measure(t *rapid.T) {
	b := plan.Base{Managed: plan.Size{Users: len(w.have.Users), Groups: len(w.have.Groups), Members: len(w.have.Members)}, Members: map[identity.Key]int{}}
	for _, u := range w.have.Users {
		if u.Active {
			b.Active++
		}
	}
	for m := range w.have.Members {
		b.Members[m.Group]++
	}
	b.Filled = len(b.Members)
	n := func(label string) int { return rapid.IntRange(0, 30).Draw(t, label) }
	b.Source = plan.Size{Users: n("source users"), Groups: n("source groups"), Members: n("source members")}
	if rapid.Bool().Draw(t, "plenty") {
		b.Source = plan.Size{Users: 99, Groups: 99, Members: 999}
	}
	w.p.Base = b
}

func (w *world) context(t *rapid.T) {
	w.c = guard.Context{Have: w.have, Limits: map[string]guard.Limit{}}
	for _, g := range guard.All {
		if g.Limited() {
			w.c.Limits[g.Name] = guard.Limit{
				Percent: rapid.SampledFrom([]int{0, 10, 20, 30, 50, 80, 100}).Draw(t, "percent"), Floor: rapid.IntRange(0, 6).Draw(t, "floor"),
			}
		}
	}
	w.c.Accept = rapid.SliceOfDistinct(rapid.SampledFrom(guard.Names()), rapid.ID[string]).Draw(t, "accept")
	if rapid.IntRange(0, 4).Draw(t, "doubt") == 0 {
		w.c.Doubts = []string{"two pages disagree"}
	}
	now := guard.Found{Kind: identity.KindGroup, Query: "name:aws-*", Found: rapid.IntRange(0, 2).Draw(t, "found")}
	w.c.Matches = []guard.Found{now}
	if rapid.IntRange(0, 2).Draw(t, "last") == 0 {
		now.Found = rapid.IntRange(0, 2).Draw(t, "found last")
		w.c.Last = &guard.Last{Source: plan.Size{Users: 10, Groups: 5, Members: 20}, Matches: []guard.Found{now}}
	}
	for range rapid.IntRange(0, 4).Draw(t, "invariants") {
		i := rapid.IntRange(0, 14).Draw(t, "who")
		inv := guard.Invariant{Kind: identity.KindUser, Name: fmt.Sprintf("USER%d@example.com", i)}
		if rapid.Bool().Draw(t, "a group") {
			inv = guard.Invariant{Kind: identity.KindGroup, Name: fmt.Sprintf("Group %d", i/2), Least: rapid.IntRange(0, 6).Draw(t, "least")}
		}
		w.c.Protect = append(w.c.Protect, inv)
	}
}
