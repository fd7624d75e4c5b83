package file_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ssosync/internal/directory"
	"ssosync/internal/source/file"
)

var paths = []string{"name.givenName", "name.fullName", "organizations[primary].title", "customSchemas.AWS.costCenter", "customSchemas.AWS.roles", "orgUnitPath"}

// small is what both files in testdata say.
func small() directory.Snapshot {
	user, group := directory.MemberUser, directory.MemberGroup
	return directory.Snapshot{
		CustomerID: "C01example", AllAccounts: true,
		Accounts: []directory.Account{
			{
				ID: "1001", PrimaryEmail: "Liz@example.com", Aliases: []string{"lizzy@example.com"}, OrgUnit: "/Eng",
				Values: map[string][]string{
					"name.givenName": {"Liz"}, "name.fullName": {"Liz Smith"}, "organizations[primary].title": {"Engineer"},
					"customSchemas.AWS.costCenter": {"9007199254740993"}, "customSchemas.AWS.roles": {"a", "b"}, "orgUnitPath": {"/Eng"},
				},
			},
			{
				ID: "1002", PrimaryEmail: "bob@example.com", Suspended: true, OrgUnit: "/",
				Values: map[string][]string{"name.givenName": {"Bob"}, "name.fullName": {"Bob"}, "orgUnitPath": {"/"}},
			},
			{
				ID: "gus@example.com", PrimaryEmail: "gus@example.com", Archived: true, Guest: true, OrgUnit: "/",
				Values: map[string][]string{"orgUnitPath": {"/"}},
			},
		},
		Groups: []directory.Group{
			{ID: "g1", Email: "eng@example.com", Name: "Engineers", Description: "Who builds it", Aliases: []string{"dev@example.com"}, DirectUsers: 3},
			{ID: "g2", Email: "ops@example.com", Name: "ops@example.com"},
			{ID: "none@example.com", Email: "none@example.com", Name: "none@example.com"},
		},
		Members: map[string][]directory.Member{
			"g1": {
				{Kind: user, ID: "1001", Email: "Liz@example.com"},
				{Kind: user, ID: "1002", Email: "bob@example.com"},
				{Kind: group, ID: "g2", Email: "ops@example.com"},
				{Kind: user, ID: "somebody@other.example", Email: "Somebody@other.example"},
			},
			"g2":               {{Kind: group, ID: "g1", Email: "eng@example.com"}, {Kind: directory.MemberEveryone, ID: "C01example"}},
			"none@example.com": {},
		},
	}
}

func TestReadsYAMLAndJSONAlike(t *testing.T) {
	for _, name := range []string{"directory.yaml", "directory.json"} {
		src, err := file.New(filepath.Join("testdata", name), directory.Needs{Paths: paths})
		if err != nil {
			t.Fatal(err)
		}
		got, err := src.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(small(), got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestEvidence(t *testing.T) {
	path := filepath.Join(t.TempDir(), "directory.yaml")
	data, err := os.ReadFile("testdata/directory.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	src, err := file.New(path, directory.Needs{})
	if err != nil {
		t.Fatal(err)
	}
	check := func(what, id, got string, found, want bool, err error) {
		t.Helper()
		if err != nil || found != want || found && got != id {
			t.Errorf("%s %s: %q, %v, %v", what, id, got, found, err)
		}
	}
	a, found, err := src.Account(t.Context(), "1002")
	check("account", "1002", a.ID, found, true, err)
	a, found, err = src.Account(t.Context(), "1003")
	check("account", "1003", a.ID, found, false, err)
	g, found, err := src.Group(t.Context(), "g2")
	check("group", "g2", g.ID, found, true, err)
	g, found, err = src.Group(t.Context(), "g3")
	check("group", "g3", g.ID, found, false, err)
	m, found, err := src.GroupMembers(t.Context(), "g2")
	check("members", "g1", m[0].ID, found, true, err)
	_, found, err = src.GroupMembers(t.Context(), "g3")
	check("members", "g3", "", found, false, err)

	for address, id := range map[string]string{"BOB@example.com": "1002", "lizzy@EXAMPLE.com": "1001", "gus@example.com": "gus@example.com", "eng@example.com": "", "1002": "", "": ""} {
		a, found, err = src.AccountByAddress(t.Context(), address)
		check("address", id, a.ID, found, id != "", err)
	}
	for _, c := range []struct {
		group, user string
		want        bool
	}{
		{"g1", "1001", true},
		{"g1", "gus@example.com", true},
		{"g2", "1002", true},
		{"g1", "somebody@other.example", true},
		{"g2", "somebody@other.example", true},
		{"g1", "1003", false},
		{"g2", "1003", false},
		{"none@example.com", "1001", false},
		{"g9", "1001", false},
	} {
		is, err := src.HasMember(t.Context(), c.group, c.user)
		check("member "+c.group, c.user, c.user, is, c.want, err)
	}
	for user, want := range map[string][]string{"1001": {"g1"}, "somebody@other.example": {"g1"}, "gus@example.com": nil, "1003": nil, "g2": nil} {
		ids, err := src.GroupsOf(t.Context(), user)
		check("groups of", user, user, slices.Equal(ids, want), true, err)
	}
	all, err := src.Groups(t.Context())
	check("groups", "3", strconv.Itoa(len(all)), true, true, err)

	// The file is read at each question.
	if err := os.WriteFile(path, bytes.Replace(data, []byte("[Lizzy@example.com, "), []byte("["), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	ids, err := src.GroupsOf(t.Context(), "1001")
	check("groups of", "1001", "1001", len(ids) > 0, false, err)

	// A file that cannot be read is no evidence.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	_, found, err = src.Account(t.Context(), "1002")
	_, found2, err2 := src.Group(t.Context(), "g2")
	_, found3, err3 := src.GroupMembers(t.Context(), "g2")
	_, found4, err4 := src.AccountByAddress(t.Context(), "bob@example.com")
	found5, err5 := src.HasMember(t.Context(), "g1", "1002")
	ids, err6 := src.GroupsOf(t.Context(), "1002")
	all, err7 := src.Groups(t.Context())
	if found || found2 || found3 || found4 || found5 || ids != nil || all != nil {
		t.Error("something was found in a file that is gone")
	}
	for _, err := range []error{err, err2, err3, err4, err5, err6, err7} {
		if !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
	}
}

// At whatever depth, a member is who could be reached by walking down; as told by
// going up from the member until nothing is new.
func TestWhoIsInAGroup(t *testing.T) {
	path := filepath.Join(t.TempDir(), "directory.yaml")
	rapid.Check(t, func(rt *rapid.T) {
		const groups, people = 5, 3
		in := map[string][]string{} // member → groups that name it
		text := "people:\n"
		for p := range people {
			text += fmt.Sprintf("  - {id: u%d, email: u%d@example.com}\n", p, p)
		}
		text += "groups:\n"
		for g := range groups {
			names := []string{"everyone"}
			for n := range groups {
				names = append(names, fmt.Sprintf("g%d", n))
			}
			for n := range people {
				names = append(names, fmt.Sprintf("u%d", n))
			}
			var members []string
			for _, n := range names {
				if rapid.IntRange(0, 7).Draw(rt, n) == 0 {
					members = append(members, n)
					in[n] = append(in[n], fmt.Sprintf("g%d", g))
				}
			}
			text += fmt.Sprintf("  - {id: g%d, email: g%d@example.com, members: [%s]}\n", g, g, strings.Join(members, ", "))
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			rt.Fatal(err)
		}
		src, err := file.New(path, directory.Needs{})
		if err != nil {
			rt.Fatal(err)
		}
		for u := range people {
			user := fmt.Sprintf("u%d", u)
			up := map[string]bool{}
			for _, from := range []string{user, "everyone"} {
				for _, g := range in[from] {
					up[g] = true
				}
			}
			for range groups {
				for g := range up {
					for _, over := range in[g] {
						up[over] = true
					}
				}
			}
			for g := range groups {
				group := fmt.Sprintf("g%d", g)
				if got, err := src.HasMember(t.Context(), group, user); err != nil || got != up[group] {
					rt.Errorf("%s in %s: %v, %v in\n%s", user, group, got, err, text)
				}
			}
		}
	})
}

func TestReadEndsWithItsContext(t *testing.T) {
	src, err := file.New("testdata/directory.yaml", directory.Needs{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := src.Read(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestNeedsThatAFileCannotMeet(t *testing.T) {
	for want, needs := range map[string]directory.Needs{
		`the query "manager=x"`: {UserQueries: []string{"manager=x"}},
		`the query "foo=x"`:     {GroupQueries: []string{"foo=x"}},
		`path "a..b"`:           {Paths: []string{"a..b"}},
	} {
		if _, err := file.New("x.yaml", needs); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if _, err := file.Parse(nil, []string{"a..b"}); err == nil || errors.Is(err, file.ErrEmpty) {
		t.Error(err)
	}
}

func TestFilesThatAreWrong(t *testing.T) {
	empty := directory.ErrEmpty.Error()
	const people, groups = "people: [{email: a@example.com}]\n", "groups: [{email: g@example.com}]\n"
	for name, c := range map[string]struct{ text, want string }{
		"nothing":            {"", empty},
		"a comment":          {"# nothing\n", empty},
		"no people":          {groups, empty},
		"no groups":          {people, empty},
		"not YAML":           {"people: [", ""},
		"unknown key":        {people + groups + "user: []\n", "user"},
		"unknown key inside": {"people: [{email: a@example.com, mail: x}]\n" + groups, "mail"},
		"key twice":          {people + people + groups, "people"},
		"two documents":      {people + groups + "---\n" + people + groups, "more than one document"},
		"wrong type":         {"people: [{email: a@example.com, suspended: perhaps}]\n" + groups, "perhaps"},
		"no address":         {"people: [{id: '1'}]\n" + groups, `people: "" (id "1") is not an e-mail address`},
		"group's address":    {people + "groups: [{email: g}]\n", `groups: "g" (id "g") is not an e-mail address`},
		"address twice":      {"people: [{id: '1', email: a@example.com}, {id: '2', email: A@example.com}]\n" + groups, `"a@example.com" is used twice`},
		"id twice":           {"people: [{id: '1', email: a@example.com}, {id: '1', email: b@example.com}]\n" + groups, `"1" is used twice`},
		"alias taken":        {people + "groups: [{email: g@example.com, aliases: [A@example.com]}]\n", `groups: "a@example.com" is used twice`},
		"called everyone":    {"people: [{id: everyone, email: a@example.com}]\n" + groups, `"everyone" is used twice`},
		"unknown member":     {people + "groups: [{email: g@example.com, members: ['42']}]\n", `g@example.com: there is no member "42"`},
		"member twice":       {people + "groups: [{email: g@example.com, members: [a@example.com, A@example.com]}]\n", "is there twice"},
		"attribute":          {"people: [{email: a@example.com, attributes: {suspended: true}}]\n" + groups, `attribute "suspended" has a key of its own`},
		"not a number":       {"people: [{email: a@example.com, attributes: {x: .nan}}]\n" + groups, "JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			snap, err := file.Parse([]byte(c.text), nil)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, %+v, want %q", err, snap, c.want)
			}
			if (c.want == empty) != errors.Is(err, file.ErrEmpty) {
				t.Errorf("%v is ErrEmpty: %v", err, errors.Is(err, file.ErrEmpty))
			}
		})
	}
}

// In whatever order people and groups stand, it is the same directory.
func TestOrderMeansNothing(t *testing.T) {
	lines := map[string][]string{
		"people": {"  - {email: a@example.com}", "  - {id: '7', email: b@example.com}", "  - {id: '10', email: c@example.com}"},
		"groups": {"  - {email: x@example.com, members: [c@example.com, y@example.com]}", "  - {email: y@example.com, members: ['7']}"},
	}
	text := func(people, groups []string) string {
		return "people:\n" + strings.Join(people, "\n") + "\ngroups:\n" + strings.Join(groups, "\n") + "\n"
	}
	want, err := file.Parse([]byte(text(lines["people"], lines["groups"])), nil)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSortedFunc(want.Accounts, func(a, b directory.Account) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("accounts are not sorted")
	}
	rapid.Check(t, func(t *rapid.T) {
		people := rapid.Permutation(lines["people"]).Draw(t, "people")
		groups := rapid.Permutation(lines["groups"]).Draw(t, "groups")
		got, err := file.Parse([]byte(text(people, groups)), nil)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"testdata/directory.yaml", "testdata/directory.json"} {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("people: [{email: a@b}]\ngroups: [{email: g@b, members: [everyone]}]\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		snap, err := file.Parse(data, paths)
		if err != nil {
			return
		}
		if len(snap.Accounts) == 0 || len(snap.Groups) == 0 || len(snap.Members) != len(snap.Groups) {
			t.Errorf("%+v", snap)
		}
		for _, a := range snap.Accounts {
			if a.ID == "" || a.PrimaryEmail == "" {
				t.Errorf("%+v", a)
			}
		}
	})
}
