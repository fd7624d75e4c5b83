package match_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ssosync/internal/directory"
	"ssosync/internal/gen"
	"ssosync/internal/identity"
	"ssosync/internal/match"
)

func rules(adopt match.Adopt, protected ...string) match.Rules {
	return match.Rules{
		Adopt: adopt,
		Managed: func(kind identity.Kind, ext string) bool {
			return directory.LooksLikeUserID(ext) || directory.LooksLikeGroupID(ext)
		},
		Protected: func(_ identity.Kind, name string) bool {
			for _, p := range protected {
				if strings.EqualFold(p, name) {
					return true
				}
			}
			return false
		},
	}
}

// draw makes some users wanted and some held. Of those held some are owned by
// the source, some by another provider, some by nobody, and names coincide.
func draw(t *rapid.T) (want identity.State, held identity.Held) {
	want, held = identity.NewState(), identity.NewHeld()
	for i := range 6 {
		if rapid.Bool().Draw(t, "wanted") {
			want.Users[identity.Key(gen.UserID(i))] = identity.User{ExternalID: gen.UserID(i), UserName: fmt.Sprintf("u%d", rapid.IntRange(0, 7).Draw(t, "name"))}
		}
	}
	for i, name := range rapid.Permutation([]int{0, 1, 2, 3, 4, 5, 6, 7}).Draw(t, "names") {
		u := identity.User{UserName: fmt.Sprintf("U%d", name)}
		switch rapid.IntRange(0, 3).Draw(t, "owner") {
		case 0:
			continue
		case 1:
			u.ExternalID = gen.UserID(rapid.IntRange(0, 8).Draw(t, "ext"))
		case 2:
			u.ExternalID = fmt.Sprintf("okta-%d", i)
		}
		id := identity.Key(fmt.Sprintf("aws%d", i))
		held.Users[id], held.Records.Users[id] = u, identity.Record{ID: string(id)}
	}
	return want, held
}

func TestMatch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		adopt := rapid.SampledFrom([]match.Adopt{match.AdoptNone, match.AdoptUnowned, match.AdoptAll}).Draw(t, "adopt")
		want, held := draw(t)
		res := match.Match(want, held, rules(adopt, "u7"))

		if len(res.Have.Users) != len(held.Users) {
			t.Fatalf("%d held, %d matched: two are under one key", len(held.Users), len(res.Have.Users))
		}
		carriers := map[string]int{}
		for _, u := range held.Users {
			if !strings.EqualFold(u.UserName, "u7") {
				carriers[u.ExternalID]++
			}
		}
		for key, u := range res.Have.Users {
			id := identity.Key(res.Have.Records.Users[key].ID)
			if held.Users[id] != u {
				t.Fatalf("%s is not what %s is", key, id)
			}
			w, matched := want.Users[key]
			_, adopted := res.Adopted[key]
			switch {
			case matched && strings.EqualFold(u.UserName, "u7"):
				t.Errorf("%s is protected, and was matched", id)
			case matched && u.ExternalID == w.ExternalID && carriers[u.ExternalID] > 1:
				t.Errorf("%s was chosen from several with one external id", id)
			case matched && u.ExternalID == w.ExternalID:
				if adopted {
					t.Errorf("%s was ours already", id)
				}
			case matched && (!adopted || !strings.EqualFold(u.UserName, w.UserName) || directory.LooksLikeUserID(u.ExternalID)):
				t.Errorf("%s was taken over without right", id)
			case matched && (adopt == match.AdoptNone || adopt == match.AdoptUnowned && u.ExternalID != ""):
				t.Errorf("%s was adopted under %s", id, adopt)
			case !matched && key != match.Unmatched(id):
				t.Errorf("%s has the key %s", id, key)
			}
		}
		explainUnmatched(t, want, held, res, carriers)
	})
}

// explainUnmatched checks that whatever could have been matched and was not is
// in a conflict: nothing is dropped in silence.
func explainUnmatched(t *rapid.T, want identity.State, held identity.Held, res match.Result, carriers map[string]int) {
	disputed := map[identity.Key]bool{}
	for _, c := range res.Conflicts {
		disputed[c.Want] = true
		if _, ok := res.Have.Users[c.Have]; !ok {
			t.Errorf("%+v is about nothing", c)
		}
		if _, ok := res.Have.Users[c.Want]; ok {
			t.Errorf("%+v: what is wanted was matched", c)
		}
	}
	for key, w := range want.Users {
		if _, found := res.Have.Users[key]; found {
			continue
		}
		for id, u := range held.Users {
			_, other := want.Users[keyOf(res, id)]
			switch {
			case u.ExternalID == w.ExternalID && !disputed[key]:
				t.Errorf("%s is held as %s, and was not found", key, id)
			case carriers[u.ExternalID] > 1: // in a conflict of its own; policy settles who may have its name
			case strings.EqualFold(u.UserName, w.UserName) && !other && !disputed[key]:
				t.Errorf("%s cannot be made: %s has its name, and nobody says so", key, id)
			}
		}
	}
}

func keyOf(res match.Result, id identity.Key) identity.Key {
	for key, rec := range res.Have.Records.Users {
		if rec.ID == string(id) {
			return key
		}
	}
	return ""
}

func TestMatchIsDeterministic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want, held := draw(t)
		a, b := match.Match(want, held, rules(match.AdoptAll)), match.Match(want.Clone(), held, rules(match.AdoptAll))
		if fmt.Sprint(a) != fmt.Sprint(b) {
			t.Fatalf("%v\n%v", a, b)
		}
	})
}

func TestMembersAndManagersFollowTheirPeople(t *testing.T) {
	held := identity.NewHeld()
	held.Users["aws1"] = identity.User{ExternalID: gen.UserID(1), UserName: "a", Manager: "aws2"}
	held.Users["aws2"] = identity.User{UserName: "B", Manager: "aws9"}
	held.Groups["awsG"] = identity.Group{Name: "dev"}
	held.Groups["awsH"] = identity.Group{Name: "other"}
	held.Members[identity.Membership{Group: "awsG", User: "aws1"}] = true
	held.Members[identity.Membership{Group: "awsH", User: "aws2"}] = true
	want := identity.NewState()
	k1, k2, g := identity.Key(gen.UserID(1)), identity.Key(gen.UserID(2)), identity.Key(gen.GroupID(1))
	want.Users[k1] = identity.User{ExternalID: string(k1), UserName: "a"}
	want.Users[k2] = identity.User{ExternalID: string(k2), UserName: "b"}
	want.Groups[g] = identity.Group{ExternalID: string(g), Name: "Dev"}

	have := match.Match(want, held, rules(match.AdoptUnowned)).Have
	if got := have.Users[k1].Manager; got != string(k2) {
		t.Errorf("the manager of a is %q", got)
	}
	if got := have.Users[k2].Manager; got != string(match.Unmatched("aws9")) {
		t.Errorf("the manager of b is %q", got)
	}
	for _, m := range []identity.Membership{{Group: g, User: k1}, {Group: match.Unmatched("awsH"), User: k2}} {
		if !have.Members[m] || len(have.Members) != 2 {
			t.Errorf("%v is missing in %v", m, have.Members)
		}
	}
}

func TestConflicts(t *testing.T) {
	one, two, three := gen.GroupID(1), gen.GroupID(2), gen.GroupID(3)
	wantGroups := func(ids ...string) identity.State {
		s := identity.NewState()
		for _, id := range ids {
			s.Groups[identity.Key(id)] = identity.Group{ExternalID: id, Name: "Dev"}
		}
		return s
	}
	for _, c := range []struct {
		name  string
		want  identity.State
		held  map[identity.Key]identity.Group
		rules match.Rules
		why   match.Reason
		n     int
	}{
		{"the group was made anew", wantGroups(one), map[identity.Key]identity.Group{"a": {ExternalID: three, Name: "dev"}}, rules(match.AdoptAll), match.ReusedName, 1},
		{"two with one id", wantGroups(one), map[identity.Key]identity.Group{"a": {ExternalID: one, Name: "x"}, "b": {ExternalID: one, Name: "y"}}, rules(match.AdoptAll), match.DuplicateID, 2},
		{"two with one id that nobody wants", wantGroups(), map[identity.Key]identity.Group{"a": {ExternalID: one, Name: "x"}, "b": {ExternalID: one, Name: "y"}}, rules(match.AdoptAll), match.DuplicateID, 2},
		{"two with one id of another look", wantGroups("custom"), map[identity.Key]identity.Group{"a": {ExternalID: "custom", Name: "x"}, "b": {ExternalID: "custom", Name: "Dev"}}, rules(match.AdoptAll), match.DuplicateID, 2},
		{"two want the name of one", wantGroups(one, two), map[identity.Key]identity.Group{"a": {Name: "DEV"}}, rules(match.AdoptAll), match.AmbiguousName, 2},
		{"adoption is off", wantGroups(one), map[identity.Key]identity.Group{"a": {Name: "DEV"}}, rules(match.AdoptNone), match.NotAdopted, 1},
		{"another provider's", wantGroups(one), map[identity.Key]identity.Group{"a": {ExternalID: "okta", Name: "DEV"}}, rules(match.AdoptUnowned), match.NotAdopted, 1},
		{"protected", wantGroups(one), map[identity.Key]identity.Group{"a": {Name: "DEV"}}, rules(match.AdoptAll, "dev"), match.ProtectedName, 1},
		{"protected under another name", wantGroups(one), map[identity.Key]identity.Group{"a": {ExternalID: one, Name: "AWSControlTowerAdmins"}}, rules(match.AdoptAll, "awscontroltoweradmins"), match.ProtectedName, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			held := identity.NewHeld()
			held.Groups = c.held
			res := match.Match(c.want, held, c.rules)
			if !slices.IsSortedFunc(res.Conflicts, func(a, b match.Conflict) int { return strings.Compare(a.Name+string(a.Want), b.Name+string(b.Want)) }) {
				t.Errorf("not sorted: %+v", res.Conflicts)
			}
			if len(res.Conflicts) != c.n {
				t.Fatalf("%d conflicts, want %d: %+v", len(res.Conflicts), c.n, res.Conflicts)
			}
			for _, got := range res.Conflicts {
				if id := got.HaveExternalID; id != c.held[identity.Key(got.HaveID)].ExternalID {
					t.Errorf("%+v: the external id is another", got)
				}
				if got.Reason != c.why || got.Kind != identity.KindGroup || got.HaveID == "" {
					t.Errorf("got %+v, want %s", got, c.why)
				}
			}
			for key := range res.Have.Groups {
				if _, ok := c.want.Groups[key]; ok {
					t.Errorf("%s was matched all the same", key)
				}
			}
		})
	}
}

// Two objects never come under one key, not even if the target holds two
// names that are one to us.
func TestOnlyOneIsAdopted(t *testing.T) {
	want, held := identity.NewState(), identity.NewHeld()
	key := identity.Key(gen.GroupID(1))
	want.Groups[key] = identity.Group{ExternalID: string(key), Name: "straße"}
	held.Groups["a"], held.Groups["b"] = identity.Group{Name: "Straße"}, identity.Group{ExternalID: "okta", Name: "STRASSE"}
	res := match.Match(want, held, match.Rules{Adopt: match.AdoptAll, Managed: rules(match.AdoptAll).Managed})
	if len(res.Have.Groups) != 2 || res.Have.Groups[key].Name != "Straße" {
		t.Errorf("%+v", res.Have.Groups)
	}
	if got, ok := res.Adopted[key]; len(res.Adopted) != 1 || !ok || got != (match.Adoption{Kind: identity.KindGroup, Name: "Straße", ID: "a"}) {
		t.Errorf("%+v", res.Adopted)
	}
}

func TestAnAdoptionSaysWhoseItWas(t *testing.T) {
	want, held := identity.NewState(), identity.NewHeld()
	key := identity.Key(gen.UserID(1))
	want.Users[key] = identity.User{ExternalID: string(key), UserName: "ann"}
	held.Users["a"], held.Blind = identity.User{ExternalID: "okta-1", UserName: "Ann"}, []string{"profileUrl"}
	held.Users["b"] = identity.User{UserName: "root"}
	res := match.Match(want, held, rules(match.AdoptAll, "root"))
	if got := res.Adopted[key]; got != (match.Adoption{Kind: identity.KindUser, Name: "Ann", ID: "a", Foreign: "okta-1"}) {
		t.Errorf("%+v", got)
	}
	if !res.Protected["held:b"] || len(res.Protected) != 1 {
		t.Errorf("%+v", res.Protected)
	}
	if len(res.Have.Blind) != 1 {
		t.Errorf("the reading was blind to %v", held.Blind)
	}
}

// The target may use ids that look like the source's.
func TestAnUnmatchedKeyIsNobodysID(t *testing.T) {
	want, held := identity.NewState(), identity.NewHeld()
	key := identity.Key(gen.UserID(1))
	want.Users[key] = identity.User{ExternalID: string(key), UserName: "ann"}
	held.Users[key] = identity.User{UserName: "bob"}
	if res := match.Match(want, held, rules(match.AdoptAll)); len(res.Have.Users) != 1 || res.Have.Users[match.Unmatched(key)].UserName != "bob" {
		t.Errorf("%+v", res.Have.Users)
	}
}
