package file_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
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

	// A file that cannot be read is no evidence.
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	_, found, err = src.Account(t.Context(), "1002")
	_, found2, err2 := src.Group(t.Context(), "g2")
	_, found3, err3 := src.GroupMembers(t.Context(), "g2")
	if found || found2 || found3 {
		t.Error("something was found in a file that is gone")
	}
	for _, err := range []error{err, err2, err3} {
		if !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
	}
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
