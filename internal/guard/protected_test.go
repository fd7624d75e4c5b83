package guard_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ssosync/internal/guard"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// office has the admins ann, bob and the inactive cyn, the readers ann, dan,
// and the guests cyn. Nobody is in the group of nobody.
func office() identity.State {
	s := identity.NewState()
	for _, name := range []string{"ann", "bob", "cyn", "dan"} {
		s.Users[identity.Key(name)] = identity.User{UserName: name + "@example.com", Active: name != "cyn"}
	}
	for group, users := range map[string]string{"Admins": "ann bob cyn", "Readers": "ann dan", "Guests": "cyn", "Nobody": ""} {
		s.Groups[identity.Key(group)] = identity.Group{Name: "AWS " + group}
		for user := range strings.FieldsSeq(users) {
			s.Members[identity.Membership{Group: identity.Key(group), User: identity.Key(user)}] = true
		}
	}
	return s
}

func TestProtected(t *testing.T) {
	type edit = func(s identity.State)
	user := func(name string, u identity.User) edit {
		return func(s identity.State) { s.Users[identity.Key(name)] = u }
	}
	off := func(name string) edit { return user(name, identity.User{UserName: name + "@example.com"}) }
	gone := func(name string) edit {
		return func(s identity.State) { delete(s.Users, identity.Key(name)); strip(s, "", name) }
	}
	out := func(group, name string) edit { return func(s identity.State) { strip(s, group, name) } }
	join := func(group, name string) edit {
		return func(s identity.State) {
			s.Members[identity.Membership{Group: identity.Key(group), User: identity.Key(name)}] = true
		}
	}
	drop := func(group string) edit {
		return func(s identity.State) { delete(s.Groups, identity.Key(group)); strip(s, group, "") }
	}
	call := func(group, name string) edit {
		return func(s identity.State) { s.Groups[identity.Key(group)] = identity.Group{Name: name} }
	}
	for name, c := range map[string]struct {
		protect string
		edits   []edit
		text    string // of the refusals and the warnings
		held    string
	}{
		"nothing happens":             {"user:ann@example.com, group:AWS Admins>=2", nil, "", ""},
		"a user is deactivated":       {"user:ANN@example.com", []edit{off("ann"), off("bob")}, `user "ANN@example.com" must stay, and would be deactivated`, "ann"},
		"with all that they are in":   {"user:ann@example.com", []edit{off("ann"), strip2("ann")}, `user "ann@example.com" must stay, and would be deactivated`, "ann ann∈Admins ann∈Readers"},
		"a user is deleted":           {"user:ann@example.com", []edit{gone("ann")}, `user "ann@example.com" must stay, and would be deleted`, "ann ann∈Admins ann∈Readers"},
		"an inactive user is deleted": {"user:cyn@example.com", []edit{gone("cyn")}, `user "cyn@example.com" must stay, and would be deleted`, "cyn cyn∈Admins cyn∈Guests"},
		"a user is renamed":           {"user:ann@example.com", []edit{user("ann", identity.User{UserName: "x@example.com", Active: true})}, "", ""},
		"renamed and deactivated":     {"user:ann@example.com", []edit{user("ann", identity.User{UserName: "x@example.com"})}, `user "ann@example.com" must stay, and would be deactivated`, "ann"},
		"by the new name":             {"user:x@example.com", []edit{user("ann", identity.User{UserName: "x@example.com"})}, `user "x@example.com" must stay, and would be deactivated`, "ann"},
		"one takes the other's name":  {"user:ann@example.com", []edit{user("ann", identity.User{UserName: "x@example.com", Active: true}), user("cyn", identity.User{UserName: "ann@example.com"})}, "", ""},
		"nobody of that name":         {"user:zoe@example.com", []edit{off("ann")}, `user "zoe@example.com" must stay, and is not there`, ""},
		"a newcomer":                  {"user:zoe@example.com", []edit{user("zoe", identity.User{UserName: "zoe@example.com", Active: true})}, "", ""},
		"an inactive newcomer":        {"user:zoe@example.com", []edit{user("zoe", identity.User{UserName: "zoe@example.com"})}, `user "zoe@example.com" must stay active, and is inactive`, ""},
		"is inactive already":         {"user:cyn@example.com", nil, `user "cyn@example.com" must stay active, and is inactive`, ""},
		"is active again":             {"user:cyn@example.com", []edit{user("cyn", identity.User{UserName: "cyn@example.com", Active: true})}, "", ""},
		"a group is deleted":          {"group:aws admins", []edit{drop("Admins")}, `group "aws admins" must stay, and would be deleted`, "delete Admins ann∈Admins bob∈Admins cyn∈Admins"},
		"an empty group, too":         {"group:AWS Nobody", []edit{drop("Nobody")}, `group "AWS Nobody" must stay, and would be deleted`, "delete Nobody"},
		"an empty group stays":        {"group:AWS Nobody", []edit{off("ann")}, "", ""},
		"a group is emptied":          {"group:AWS Readers", []edit{out("Readers", "ann"), out("Readers", "dan"), out("Admins", "ann")}, `group "AWS Readers" must keep an active member, and would have 0 of 2`, "ann∈Readers dan∈Readers"},
		"of nobody active":            {"group:AWS Guests", []edit{out("Guests", "cyn")}, `group "AWS Guests" must keep members, and would be emptied`, "cyn∈Guests"},
		"one goes, one stays":         {"group:AWS Readers", []edit{out("Readers", "ann")}, "", ""},
		"an inactive one goes":        {"group:AWS Admins>=2", []edit{out("Admins", "cyn")}, "", ""},
		"too few":                     {"group:AWS Admins>=2", []edit{out("Admins", "ann"), out("Admins", "cyn"), out("Readers", "dan")}, `group "AWS Admins" must keep 2 active members, and would have 1 of 2`, "ann∈Admins cyn∈Admins"},
		"too few active":              {"group:AWS Admins>=2", []edit{off("bob"), off("dan")}, `group "AWS Admins" must keep 2 active members, and would have 1 of 2`, "bob"},
		"too few exist":               {"group:AWS Admins>=2", []edit{gone("bob")}, `group "AWS Admins" must keep 2 active members, and would have 1 of 2`, "bob bob∈Admins"},
		"a change of guard":           {"group:AWS Admins>=2", []edit{out("Admins", "ann"), join("Admins", "dan")}, "", ""},
		"an idle change of guard":     {"group:AWS Readers>=2", []edit{out("Readers", "dan"), join("Readers", "cyn")}, `group "AWS Readers" must keep 2 active members, and would have 1 of 2`, "dan∈Readers"},
		"too few already":             {"group:AWS Admins>=3", nil, `group "AWS Admins" must keep 3 active members, and has 2`, ""},
		"fewer still":                 {"group:AWS Admins>=4", []edit{out("Admins", "ann")}, `group "AWS Admins" must keep 4 active members, and would have 1 of 2`, "ann∈Admins"},
		"a group is renamed":          {"group:AWS Admins>=2", []edit{call("Admins", "Bosses")}, "", ""},
		"renamed, and too few":        {"group:AWS Admins>=2", []edit{call("Admins", "Bosses"), out("Admins", "ann")}, `group "AWS Admins" must keep 2 active members, and would have 1 of 2`, "ann∈Admins"},
		"by the new name, groups":     {"group:Bosses>=2", []edit{call("Admins", "Bosses"), out("Admins", "ann")}, `group "Bosses" must keep 2 active members, and would have 1 of 2`, "ann∈Admins"},
		"another takes the name":      {"group:AWS Admins>=2", []edit{call("Admins", "Bosses"), call("Guests", "AWS Admins")}, "", ""},
		"no such group":               {"group:AWS Owners>=2", nil, `group "AWS Owners" must stay, and is not there`, ""},
		"a new group":                 {"group:AWS Owners", []edit{call("Owners", "AWS Owners")}, "", ""},
		"a new group, too small":      {"group:AWS Owners>=1", []edit{call("Owners", "AWS Owners")}, `group "AWS Owners" must keep an active member, and has 0`, ""},
		"two at once": {
			"user:dan@example.com, group:AWS Admins>=2",
			[]edit{off("dan"), out("Admins", "bob")},
			`user "dan@example.com" must stay, and would be deactivated; group "AWS Admins" must keep 2 active members, and would have 1 of 2`, "dan bob∈Admins",
		},
	} {
		t.Run(name, func(t *testing.T) {
			have, want := office(), office()
			for _, e := range c.edits {
				e(want)
			}
			p := plan.Build(want, identity.Held{State: have}, nil)
			p.Base = roomy(999, 999, 999)
			context := guard.Context{Have: have, Accept: []string{"group-leaves"}}
			for text := range strings.SplitSeq(c.protect, ", ") {
				inv, err := guard.ParseInvariant(text)
				if err != nil {
					t.Fatal(err)
				}
				context.Protect = append(context.Protect, inv)
			}
			v := guard.Check(p, context)
			said := slices.Clone(v.Warnings)
			for _, r := range v.Refusals {
				said = append(said, r.Text)
				if r.Guard != "protected" || !r.Acceptable {
					t.Errorf("got %+v", r)
				}
			}
			if diff := cmp.Diff(c.text, strings.Join(said, "; ")); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(c.held, told(v.Withheld)); diff != "" || (len(v.Refusals) > 0) != (c.held != "") {
				t.Errorf("withheld: %s, %v", diff, v.Err())
			}
			context.Accept = append(context.Accept, "protected")
			if v = guard.Check(p, context); v.Err() != nil {
				t.Errorf("accepted, and %v", v.Err())
			}
			if diff := cmp.Diff(office(), have); diff != "" {
				t.Error("what is held was changed:", diff)
			}
		})
	}
}

// strip takes somebody, or everybody, out of a group, or of all.
func strip(s identity.State, group, user string) {
	for m := range s.Members {
		if (group == "" || string(m.Group) == group) && (user == "" || string(m.User) == user) {
			delete(s.Members, m)
		}
	}
}

func strip2(user string) func(identity.State) { return func(s identity.State) { strip(s, "", user) } }

func TestEvidenceOfWhatIsProtected(t *testing.T) {
	have, want := office(), office()
	want.Users["ann"] = identity.User{UserName: "ann@example.com"}
	strip(want, "Readers", "dan")
	delete(want.Groups, "Guests")
	delete(want.Groups, "Nobody")
	p := plan.Build(want, identity.Held{State: have}, map[identity.Key]plan.Cause{"ann": plan.CauseSuspended})
	p.Base = roomy(999, 999, 999)
	p.Evidence = map[identity.Key]plan.Evidence{"Guests": {Proof: plan.ProofGone}, "Nobody": {Proof: plan.ProofScope}}
	var got []string
	context := guard.Context{Have: have, Protect: []guard.Invariant{
		{identity.KindUser, "ann@example.com", 0}, {identity.KindGroup, "AWS Readers", 1}, {identity.KindGroup, "AWS Guests", 0}, {identity.KindGroup, "AWS Nobody", 0},
	}}
	for _, r := range guard.Check(p, context).Refusals {
		got = append(got, r.Evidence)
	}
	if diff := cmp.Diff([]string{
		"the user is confirmed suspended or deleted", "the membership is not confirmed to have ended",
		"the group is confirmed to be gone in Google", "the group is not confirmed to be gone in Google",
	}, got); diff != "" {
		t.Error(diff)
	}
}

// Two may have had the name, one after the other: both are told of, in order.
func TestProtectionSpeaksInOrder(t *testing.T) {
	have, want := office(), office()
	delete(want.Users, "ann")
	want.Users["bob"] = identity.User{UserName: "ann@example.com"}
	p := plan.Build(want, identity.Held{State: have}, nil)
	p.Base = roomy(999, 999, 999)
	for range 20 {
		v := guard.Check(p, guard.Context{Have: have, Protect: []guard.Invariant{{identity.KindUser, "ann@example.com", 0}}})
		if got := texts(v); len(got) != 2 || !strings.Contains(got[0], "deleted [") || !strings.Contains(got[1], "deactivated [") {
			t.Fatalf("got %q", got)
		}
	}
}

func TestParseInvariant(t *testing.T) {
	for text, want := range map[string]guard.Invariant{
		"user:breakglass@example.com": {identity.KindUser, "breakglass@example.com", 0},
		"group:AWS Admins":            {identity.KindGroup, "AWS Admins", 0},
		"group:AWS Admins>=2":         {identity.KindGroup, "AWS Admins", 2},
		"group: AWS Admins >= 12 ":    {identity.KindGroup, "AWS Admins", 12},
		"group:a:b>=999999":           {identity.KindGroup, "a:b", 999999},
		"group:a>=b>=0":               {identity.KindGroup, "a>=b", 0},
		"group:a>b":                   {identity.KindGroup, "a>b", 0},
	} {
		if got, err := guard.ParseInvariant(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
		if again, err := guard.ParseInvariant(want.String()); err != nil || again != want {
			t.Errorf("%q: %+v, %v", want.String(), again, err)
		}
	}
	for text, want := range map[string]string{
		"":                      "want user:NAME",
		"AWS Admins":            "want user:NAME",
		"groups:AWS Admins":     "want user:NAME",
		"User:a@example.com":    "want user:NAME",
		"user:":                 "name is missing",
		"group: ":               "name is missing",
		"group:>=2":             "name is missing",
		"group:AWS Admins>=":    "number of members",
		"group:AWS Admins>=two": "number of members",
		"group:AWS Admins>=-1":  "number of members",
		"group:a>=1234567":      "number of members",
		"user:a@example.com>=1": "only groups have members",
	} {
		if _, err := guard.ParseInvariant(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// What is written can be read.
func TestInvariantsAreWrittenAsTheyAreRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i := guard.Invariant{Kind: identity.KindUser, Name: rapid.StringMatching(`[a-z:@.]{1,9}`).Draw(t, "name")}
		if rapid.Bool().Draw(t, "group") {
			i = guard.Invariant{identity.KindGroup, rapid.StringMatching(`[a-z:>=]([a-z:>= ]{0,9}[a-z:>=])?`).Draw(t, "name"), rapid.IntRange(0, 999999).Draw(t, "least")}
		}
		if got, err := guard.ParseInvariant(i.String()); err != nil || got != i {
			t.Errorf("%q: %+v, %v, want %+v", i.String(), got, err, i)
		}
	})
}
