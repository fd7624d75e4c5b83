package plan_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ssosync/internal/gen"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// carryOut does to a state what a plan says, word by word.
func carryOut(p plan.Plan, s identity.State) identity.State {
	s = s.Clone()
	for _, c := range p.Users {
		switch u, ok := s.Users[c.Key]; c.Op {
		case plan.Create:
			s.Users[c.Key] = c.After
		case plan.Delete:
			delete(s.Users, c.Key)
		case plan.Update:
			if !ok || u != c.Before {
				panic("the plan is wrong about what there is")
			}
			for _, f := range c.Fields {
				for _, a := range identity.Attrs {
					if a.Name == f.Attr {
						*a.Field(&u) = f.After
					}
				}
				if f.Attr == "active" {
					u.Active = f.After == "true"
				}
			}
			s.Users[c.Key] = u
		}
	}
	for _, c := range p.Groups {
		if c.Op == plan.Delete {
			delete(s.Groups, c.Key)
			continue
		}
		g := s.Groups[c.Key]
		if c.Op == plan.Create {
			g = c.After
		}
		for _, f := range c.Fields {
			switch f.Attr {
			case "externalId":
				g.ExternalID = f.After
			case "displayName":
				g.Name = f.After
			}
		}
		s.Groups[c.Key] = g
	}
	for _, m := range p.Join {
		s.Members[m.Membership] = true
	}
	for _, m := range p.Leave {
		delete(s.Members, m.Membership)
	}
	return s
}

func TestCarryingOutAPlanGivesWhatIsWanted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, have := gen.State(t), gen.State(t)
		for k, g := range have.Groups { // some were adopted
			if rapid.Bool().Draw(t, "adopted") {
				g.ExternalID = ""
				have.Groups[k] = g
			}
		}
		p := plan.Build(want, gen.Held(have), nil)
		if diff := cmp.Diff(want, carryOut(p, have)); diff != "" {
			t.Fatal(diff)
		}
		for _, c := range p.Users {
			if c.Op == plan.Update && len(c.Fields) == 0 {
				t.Errorf("%s is updated in nothing", c.Key)
			}
		}
	})
}

func TestNothingDiffersFromItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := gen.State(t)
		if p := plan.Build(s, gen.Held(s.Clone()), nil); !p.Empty() {
			t.Fatalf("%+v", p)
		}
	})
}

func TestEqualInputsGiveEqualBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, have := gen.State(t), gen.State(t)
		first, err := json.Marshal(plan.Build(want, gen.Held(have), nil))
		if err != nil {
			t.Fatal(err)
		}
		again, err := json.Marshal(plan.Build(want.Clone(), gen.Held(have.Clone()), nil))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(first, again) {
			t.Fatalf("%s\n%s", first, again)
		}
		var back plan.Plan
		if err := json.Unmarshal(first, &back); err != nil {
			t.Fatal(err)
		}
		third, err := json.Marshal(back)
		if err != nil || !bytes.Equal(third, first) {
			t.Fatalf("decoding and encoding again: %v\n%s\n%s", err, first, third)
		}
	})
}

// To carry a plan out, nothing else need be known.
func TestAPlanNamesEverythingItSpeaksOf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, have := gen.State(t), gen.State(t)
		held := gen.Held(have)
		p := plan.Build(want, held, nil)
		check := func(kind string, subjects map[identity.Key]plan.Subject, ids map[identity.Key]identity.Record, key identity.Key) {
			s, ok := subjects[key]
			if !ok || s.Name == "" || s.ID != ids[key].ID {
				t.Errorf("%s %s: the plan knows %+v, the target %+v", kind, key, s, ids[key])
			}
		}
		for _, c := range p.Users {
			check("user", p.Subjects.Users, held.Records.Users, c.Key)
			if c.After.Manager != "" {
				check("manager", p.Subjects.Users, held.Records.Users, identity.Key(c.After.Manager))
			}
		}
		for _, c := range p.Groups {
			check("group", p.Subjects.Groups, held.Records.Groups, c.Key)
		}
		for _, m := range slices.Concat(p.Join, p.Leave) {
			check("member", p.Subjects.Users, held.Records.Users, m.User)
			check("group", p.Subjects.Groups, held.Records.Groups, m.Group)
		}
	})
}

// Managers who do not change themselves are named too, old and new ones.
func TestManagersAreNamed(t *testing.T) {
	people := func(manager string) identity.State {
		s := identity.NewState()
		s.Users["old"], s.Users["new"], s.Users["u"] = identity.User{UserName: "old"}, identity.User{UserName: "new"}, identity.User{UserName: "u", Manager: manager}
		return s
	}
	got := plan.Build(people("new"), gen.Held(people("old")), nil).Subjects.Users
	want := map[identity.Key]plan.Subject{"old": {ID: "id-old", Name: "old"}, "new": {ID: "id-new", Name: "new"}, "u": {ID: "id-u", Name: "u"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCauses(t *testing.T) {
	user := func(active bool) identity.User { return identity.User{UserName: "u", Active: active} }
	m := func(g, u identity.Key) identity.Membership { return identity.Membership{Group: g, User: u} }
	have := gen.Held(identity.State{
		Users:   map[identity.Key]identity.User{"gone": user(true), "back": user(false), "kept": user(true), "deleted": user(true), "renamed": user(true)},
		Groups:  map[identity.Key]identity.Group{"hollow": {Name: "h"}, "stays": {Name: "s"}, "dead": {Name: "d"}},
		Members: map[identity.Membership]bool{m("hollow", "kept"): true, m("hollow", "gone"): true, m("stays", "gone"): true, m("stays", "kept"): true, m("dead", "kept"): true},
	})
	want := identity.State{
		Users:   map[identity.Key]identity.User{"gone": user(false), "back": user(true), "kept": user(true), "new": user(true), "renamed": {UserName: "v", Active: true}},
		Groups:  map[identity.Key]identity.Group{"hollow": {Name: "h"}, "stays": {Name: "s"}},
		Members: map[identity.Membership]bool{m("stays", "new"): true},
	}
	p := plan.Build(want, have, map[identity.Key]plan.Cause{"gone": plan.CauseScope, "hollow": plan.CauseGone, "dead": plan.CauseUnmanaged})
	got := map[string]plan.Cause{}
	for _, c := range p.Users {
		got[string(c.Key)] = c.Cause
	}
	for _, c := range p.Groups {
		got[string(c.Key)] = c.Cause
	}
	for _, l := range slices.Concat(p.Join, p.Leave) {
		got[string(l.Group+"-"+l.User)] = l.Cause
	}
	if diff := cmp.Diff(map[string]plan.Cause{
		"gone": plan.CauseScope, "back": plan.CauseReturned, "deleted": plan.CauseGone, "new": plan.CauseJoined,
		"dead": plan.CauseUnmanaged, "hollow-kept": plan.CauseGone, "hollow-gone": plan.CauseGone, "renamed": plan.CauseChanged, "stays-new": plan.CauseJoined, "stays-gone": plan.CauseScope,
		"stays-kept": plan.CauseLeft, "dead-kept": plan.CauseUnmanaged,
	}, got); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]identity.Key{"hollow"}, p.Emptied); diff != "" {
		t.Error("emptied:", diff)
	}
	if p.Size() != 5+1+1+5 {
		t.Errorf("size %d", p.Size())
	}
}

func TestOnlyTheSourcesOwnWordIsProof(t *testing.T) {
	for _, c := range []plan.Cause{plan.CauseGone, plan.CauseScope, plan.CauseLeft, plan.CauseUnmanaged, plan.CauseChanged, ""} {
		if c.Proven() {
			t.Errorf("%q rests on absence", c)
		}
	}
	for _, c := range []plan.Cause{plan.CauseSuspended, plan.CauseArchived} {
		if !c.Proven() {
			t.Errorf("%q is what the source says", c)
		}
	}
}

func TestRevokes(t *testing.T) {
	on, off := identity.User{Active: true}, identity.User{}
	for _, c := range []struct {
		change plan.Change[identity.User]
		want   bool
	}{
		{plan.Change[identity.User]{Op: plan.Update, Before: on, After: off}, true},
		{plan.Change[identity.User]{Op: plan.Update, Before: off, After: on}, false},
		{plan.Change[identity.User]{Op: plan.Update, Before: on, After: on}, false},
		{plan.Change[identity.User]{Op: plan.Update, Before: off, After: off}, false},
		{plan.Change[identity.User]{Op: plan.Delete, Before: off}, true},
		{plan.Change[identity.User]{Op: plan.Create, After: off}, false},
	} {
		if got := plan.Revokes(c.change); got != c.want {
			t.Errorf("%+v: got %v", c.change, got)
		}
	}
}
