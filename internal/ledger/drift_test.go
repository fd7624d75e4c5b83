package ledger_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ssosync/internal/identity"
	"ssosync/internal/ledger"
)

func TestNothingDriftsFromItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := held(t)
		l := ledger.New(target, noon)
		l.Remember(h, doubts(t))
		for _, l := range []*ledger.Ledger{l, again(t, l)} {
			if all := l.Drift(identity.Held{State: h.Clone(), Blind: h.Blind}); len(all) > 0 {
				t.Fatalf("%+v", all)
			}
		}
	})
}

// attributes returns the attributes of a user under the names that JSON has for
// them.
func attributes(t *rapid.T, u identity.User) map[string]any {
	text, err := json.Marshal(u)
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]any{}
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// oracle says what drifted, by asking of everything that could have.
func oracle(t *rapid.T, then, now identity.Held, unsure func(identity.Kind, identity.Key) bool) (all []ledger.Change) {
	sure := func(kind identity.Kind, id identity.Key) bool { return unsure == nil || !unsure(kind, id) }
	blind := map[string]bool{}
	for _, a := range identity.Attrs {
		blind[a.Name] = slices.Contains(then.Blind, a.Path) || slices.Contains(now.Blind, a.Path)
	}
	for id, was := range then.Users {
		if !sure(identity.KindUser, id) {
			continue
		}
		is, there := now.Users[id]
		if !there {
			all = append(all, ledger.Change{Kind: "user", ID: id, What: "deleted"})
			continue
		}
		before, after := attributes(t, was), attributes(t, is)
		for _, a := range identity.Attrs {
			b, _ := before[a.Name].(string)
			c, _ := after[a.Name].(string)
			if b != c && !blind[a.Name] {
				all = append(all, ledger.Change{Kind: "user", ID: id, What: a.Name, Before: b, After: c})
			}
		}
		if before["active"] != after["active"] {
			what := map[any]string{true: "activated", false: "deactivated"}[after["active"]]
			all = append(all, ledger.Change{Kind: "user", ID: id, What: what})
		}
	}
	for id, was := range then.Groups {
		if !sure(identity.KindGroup, id) {
			continue
		}
		is, there := now.Groups[id]
		if !there {
			all = append(all, ledger.Change{Kind: "group", ID: id, What: "deleted"})
			continue
		}
		if was.Name != is.Name {
			all = append(all, ledger.Change{Kind: "group", ID: id, What: "displayName", Before: was.Name, After: is.Name})
		}
		if was.ExternalID != is.ExternalID {
			all = append(all, ledger.Change{Kind: "group", ID: id, What: "externalId", Before: was.ExternalID, After: is.ExternalID})
		}
		users := map[identity.Key]bool{}
		for _, s := range []identity.Held{then, now} {
			for user := range s.Users {
				users[user] = true
			}
		}
		for user := range users {
			_, remembered := then.Users[user]
			_, there := now.Users[user]
			m := identity.Membership{Group: id, User: user}
			switch {
			case remembered && !sure(identity.KindUser, user):
			case !then.Members[m] && now.Members[m]:
				all = append(all, ledger.Change{Kind: "user", ID: user, Group: id, What: "joined"})
			case then.Members[m] && !now.Members[m] && there:
				all = append(all, ledger.Change{Kind: "user", ID: user, Group: id, What: "left"})
			}
		}
	}
	return all
}

func TestDriftLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		then, now := held(t), held(t)
		unsure := doubts(t)
		l := ledger.New(target, noon)
		l.Remember(then, unsure)
		got, want := l.Drift(now), oracle(t, then, now, unsure)
		if diff := cmp.Diff(got, again(t, l).Drift(identity.Held{State: now.Clone(), Blind: now.Blind})); diff != "" {
			t.Fatalf("read again, it says something else:\n%s", diff)
		}
		if !slices.IsSortedFunc(got, inOrder) {
			t.Errorf("out of order: %+v", got)
		}
		sorted := func(all []ledger.Change) (lines []string) {
			for _, c := range all {
				lines = append(lines, fmt.Sprintf("%+v", c))
			}
			slices.Sort(lines)
			return lines
		}
		if diff := cmp.Diff(sorted(want), sorted(got)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// inOrder puts users first, then each group with its memberships.
func inOrder(a, b ledger.Change) int {
	place := func(c ledger.Change) string {
		switch {
		case c.Group != "":
			return "group" + string(c.Group) + "\x01" + string(c.ID)
		case c.Kind == identity.KindGroup:
			return "group" + string(c.ID)
		}
		return "a user" + string(c.ID)
	}
	return strings.Compare(place(a), place(b))
}

func TestEveryAttributeIsCompared(t *testing.T) {
	for _, a := range identity.Attrs {
		then, now := identity.NewHeld(), identity.NewHeld()
		then.Users["u"] = identity.User{Active: true}
		u := then.Users["u"]
		*a.Field(&u) = "new"
		now.Users["u"] = u
		l := ledger.New(target, noon)
		l.Remember(then, nil)
		want := []ledger.Change{{Kind: identity.KindUser, ID: "u", What: a.Name, After: "new"}}
		if diff := cmp.Diff(want, l.Drift(now)); diff != "" {
			t.Error(diff)
		}
		now.Blind = []string{"other", a.Path}
		if all := l.Drift(now); len(all) > 0 {
			t.Errorf("%s is not seen now, and %+v", a.Name, all)
		}
		now.Blind, then.Blind = nil, []string{"other", a.Path}
		l.Remember(then, nil)
		if all := l.Drift(now); len(all) > 0 {
			t.Errorf("%s was not seen then, and %+v", a.Name, all)
		}
	}
}

func TestRecallGivesWhatIsSure(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := held(t)
		unsure := doubts(t)
		l := ledger.New(target, noon)
		l.Remember(h, unsure)
		want := h.Clone()
		if unsure != nil {
			for m := range h.Members {
				if unsure(identity.KindUser, m.User) || unsure(identity.KindGroup, m.Group) {
					delete(want.Members, m)
				}
			}
			maps.DeleteFunc(want.Users, func(id identity.Key, _ identity.User) bool { return unsure(identity.KindUser, id) })
			maps.DeleteFunc(want.Groups, func(id identity.Key, _ identity.Group) bool { return unsure(identity.KindGroup, id) })
		}
		if diff := cmp.Diff(want, again(t, l).Recall()); diff != "" {
			t.Fatal(diff)
		}
	})
}

// What is remembered is what was there, whatever becomes of the value.
func TestRememberSharesNothing(t *testing.T) {
	h := identity.NewHeld()
	h.Users["u"], h.Groups["g"] = identity.User{UserName: "ann"}, identity.Group{Name: "Staff"}
	h.Members[identity.Membership{Group: "g", User: "u"}] = true
	h.Blind = []string{"title"}
	l := ledger.New(target, noon)
	l.Remember(h, nil)
	text := string(l.Encode())
	clear(h.Users)
	clear(h.Groups)
	clear(h.Members)
	h.Blind[0] = "userName"
	if got := string(l.Encode()); got != text {
		t.Errorf("%s\n%s", text, got)
	}
}

func TestCornersOfDrift(t *testing.T) {
	member := func(user identity.Key) identity.Membership { return identity.Membership{Group: "g", User: user} }
	none := func(identity.Kind, identity.Key) bool { return false }
	for _, c := range []struct {
		name   string
		change func(then, now *identity.Held)
		unsure func(identity.Kind, identity.Key) bool
		want   []ledger.Change
	}{
		{"a new user and a new group are none", func(_, now *identity.Held) {
			now.Users["v"], now.Groups["h"] = identity.User{}, identity.Group{}
			now.Members[identity.Membership{Group: "h", User: "u"}] = true
		}, none, nil},
		{"a stranger is put into our group", func(_, now *identity.Held) {
			now.Users["v"], now.Members[member("v")] = identity.User{}, true
		}, none, []ledger.Change{{Kind: "user", ID: "v", Group: "g", What: "joined"}}},
		{"who is not sure is no stranger", func(then, now *identity.Held) {
			then.Users["v"], now.Users["v"], now.Members[member("v")] = identity.User{}, identity.User{Title: "x"}, true
		}, func(_ identity.Kind, id identity.Key) bool { return id == "v" }, nil},
		{"who is in a group and was not listed is no stranger", func(then, now *identity.Held) {
			then.Members[member("v")], now.Members[member("v")] = true, true
			now.Users["v"] = identity.User{}
		}, none, nil},
		{"nor has such a one left", func(then, now *identity.Held) {
			then.Members[member("v")], now.Users["v"] = true, identity.User{}
		}, none, nil},
		{"a group that is not sure has no members that are", func(_, now *identity.Held) {
			delete(now.Members, member("u"))
			now.Groups["g"] = identity.Group{Name: "x"}
		}, func(kind identity.Kind, _ identity.Key) bool { return kind == identity.KindGroup }, nil},
		{"a deleted user has not left as well", func(_, now *identity.Held) {
			delete(now.Users, "u")
			delete(now.Members, member("u"))
		}, none, []ledger.Change{{Kind: "user", ID: "u", What: "deleted"}}},
		{"nobody leaves or joins a deleted group", func(_, now *identity.Held) {
			delete(now.Groups, "g")
			now.Users["v"] = identity.User{}
			now.Members = map[identity.Membership]bool{member("v"): true}
		}, none, []ledger.Change{{Kind: "group", ID: "g", What: "deleted"}}},
		{"false is as good as absent", func(then, now *identity.Held) {
			then.Users["v"], now.Users["v"] = identity.User{}, identity.User{}
			then.Members[member("v")], now.Members[member("v")], now.Members[member("u")] = false, false, false
		}, none, []ledger.Change{{Kind: "user", ID: "u", Group: "g", What: "left"}}},
		{"who joins is no less than who was there", func(then, now *identity.Held) {
			then.Users["a"], now.Users["a"] = identity.User{}, identity.User{}
			now.Members[member("a")] = true
		}, none, []ledger.Change{{Kind: "user", ID: "a", Group: "g", What: "joined"}}},
		{"attributes come in the order of the table, activity last", func(_, now *identity.Held) {
			now.Users["u"] = identity.User{Title: "t", UserName: "n", Active: true}
		}, none, []ledger.Change{
			{Kind: "user", ID: "u", What: "userName", After: "n"}, {Kind: "user", ID: "u", What: "title", After: "t"}, {Kind: "user", ID: "u", What: "activated"},
		}},
	} {
		then, now := identity.NewHeld(), identity.NewHeld()
		for _, h := range []identity.Held{then, now} {
			h.Users["u"], h.Groups["g"], h.Members[member("u")] = identity.User{}, identity.Group{Name: "Staff"}, true
		}
		c.change(&then, &now)
		l := ledger.New(target, noon)
		l.Remember(then, c.unsure)
		for _, l := range []*ledger.Ledger{l, again(t, l)} {
			if diff := cmp.Diff(c.want, l.Drift(now)); diff != "" {
				t.Errorf("%s:\n%s", c.name, diff)
			}
		}
	}
}
