package demo_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/demo"
	"ssosync/internal/emulator/google"
)

// The company is what the story needs it to be.
func TestCompany(t *testing.T) {
	t.Parallel()
	f := demo.Company().Fixture()
	if diff := cmp.Diff(f, demo.Company().Fixture()); diff != "" {
		t.Errorf("another one at another call:\n%s", diff)
	}
	user, group := regexp.MustCompile(`^1\d{20}$`), regexp.MustCompile(`^0[0-9a-z]{14}$`)
	byAddress, ids := map[string]google.User{}, map[string]bool{}
	suspended, archived, admins, mononyms := 0, 0, 0, 0
	for _, u := range f.Users {
		if !user.MatchString(u.ID) || ids[u.ID] {
			t.Errorf("%s has the id %q", u.PrimaryEmail, u.ID)
		}
		byAddress[u.PrimaryEmail], ids[u.ID] = u, true
		for n, is := range map[*int]bool{&suspended: u.Suspended, &archived: u.Archived, &admins: u.IsAdmin, &mononyms: u.Name.FamilyName == ""} {
			if is {
				*n++
			}
		}
	}
	if len(f.Users) < 55 || len(f.Users) > 60 || suspended != 1 || archived != 1 || admins != 1 || mononyms != 1 {
		t.Errorf("%d people, %d suspended, %d archived, %d administrators, %d with one name", len(f.Users), suspended, archived, admins, mononyms)
	}
	managed(t, byAddress)

	names, nested, external, everybody := map[string]int{}, 0, 0, 0
	for _, g := range f.Groups {
		if !group.MatchString(g.ID) || ids[g.ID] || len(g.Members) == 0 {
			t.Errorf("%s has the id %q and %d members", g.Email, g.ID, len(g.Members))
		}
		ids[g.ID] = true
		names[g.Name]++
		for _, m := range g.Members {
			switch {
			case m.Type == google.TypeCustomer:
				everybody++
			case m.Type == google.TypeGroup:
				nested++
			case strings.HasSuffix(m.Email, ".example.net"):
				external++
			case m.Email != "": // own people are known by id
				t.Errorf("%s has the unknown member %s", g.Email, m.Email)
			}
		}
	}
	if len(f.Groups) != 14 || names["Project Aurora"] != 2 || len(names) != 13 || nested != 6 || external != 1 || everybody != 1 {
		t.Errorf("%d groups of %d names, %d nested, %d external, %d of everybody", len(f.Groups), len(names), nested, external, everybody)
	}
}

// managed checks that everybody's managers lead to the one at the top.
func managed(t *testing.T, byAddress map[string]google.User) {
	t.Helper()
	top := ""
	for _, u := range byAddress {
		var chain []string
		for len(u.Relations) > 0 {
			if slices.Contains(chain, u.PrimaryEmail) {
				t.Fatalf("%v is a ring", chain)
			}
			chain = append(chain, u.PrimaryEmail)
			boss, ok := byAddress[u.Relations[0]["value"].(string)]
			if !ok {
				t.Fatalf("%s has an unknown manager", u.PrimaryEmail)
			}
			u = boss
		}
		if top != "" && top != u.PrimaryEmail {
			t.Errorf("both %s and %s are at the top", top, u.PrimaryEmail)
		}
		top = u.PrimaryEmail
		if org := u.Organizations[0]; org["title"] == "" || org["department"] == "" {
			t.Errorf("%s has no title or department", u.PrimaryEmail)
		}
	}
}
