package google_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/directory"
	"ssosync/internal/source/google"
)

func TestReadsADirectory(t *testing.T) {
	s := &server{
		users: []map[string]any{
			user("u2", "bob@example.com", "archived", true, "isGuestUser", true),
			user("u1", "amy@example.com", "suspended", true, "aliases", []string{"a@example.com"},
				"nonEditableAliases", []string{"amy@example.com.test-google-a.com"}, "orgUnitPath", "/Eng",
				"name", map[string]any{"givenName": "Amy"}),
		},
		groups: []map[string]any{
			group("g2", "all@example.com"),
			group("g1", "eng@example.com", "directMembersCount", "1", "description", "Engineers", "aliases", []string{"dev@example.com"}),
		},
		members: map[string][]map[string]any{
			"g1": {member("USER", "u1", "amy@example.com"), member("GROUP", "g2", "all@example.com")},
			"g2": {member("CUSTOMER", "C01example", "")},
		},
	}
	src := s.source(t, google.Options{Needs: directory.Needs{Paths: []string{"name.givenName"}}})
	got, err := src.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := directory.Snapshot{
		CustomerID:  "C01example",
		AllAccounts: true,
		Accounts: []directory.Account{
			{
				ID: "u1", PrimaryEmail: "amy@example.com", Aliases: []string{"a@example.com", "amy@example.com.test-google-a.com"},
				Suspended: true, OrgUnit: "/Eng", Values: map[string][]string{"name.givenName": {"Amy"}},
			},
			{ID: "u2", PrimaryEmail: "bob@example.com", Archived: true, Guest: true, OrgUnit: "/"},
		},
		Groups: []directory.Group{
			{ID: "g1", Email: "eng@example.com", Name: "eng@example.com", Description: "Engineers", Aliases: []string{"dev@example.com"}, DirectUsers: 1},
			{ID: "g2", Email: "all@example.com", Name: "all@example.com", DirectUsers: -1},
		},
		Members: map[string][]directory.Member{
			"g1": {{Kind: directory.MemberUser, ID: "u1", Email: "amy@example.com"}, {Kind: directory.MemberGroup, ID: "g2", Email: "all@example.com"}},
			"g2": {{Kind: directory.MemberEveryone, ID: "C01example"}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
