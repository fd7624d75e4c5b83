package gen

import (
	"fmt"
	"slices"

	"pgregory.net/rapid"

	"ssosync/internal/directory"
)

// CustomerID is that of every drawn directory.
const CustomerID = "C01234567"

// Snapshot draws a complete reading of a directory: some people, some groups,
// nested at will, with everybody in one, strangers in another, and names that
// coincide now and then. Ids stay the same from one drawing to the next.
func Snapshot(t *rapid.T) directory.Snapshot {
	dir := directory.Snapshot{CustomerID: CustomerID, AllAccounts: true, Members: map[string][]directory.Member{}}
	mails := names(t, "mails", 9, "a%d@example.com")
	for i := range 7 {
		if rapid.IntRange(0, 4).Draw(t, "account") == 0 {
			continue
		}
		a := directory.Account{
			ID: UserID(i), PrimaryEmail: mails[i], OrgUnit: "/",
			Suspended: rapid.IntRange(0, 5).Draw(t, "suspended") == 0,
			Archived:  rapid.IntRange(0, 9).Draw(t, "archived") == 0,
			Guest:     rapid.IntRange(0, 9).Draw(t, "guest") == 0,
			Values: map[string][]string{
				"name.givenName": {"Given"}, "name.familyName": {"Family"},
				"name.fullName": {rapid.SampledFrom([]string{"Given Family", "Family, Given"}).Draw(t, "fullName")},
			},
		}
		dir.Accounts = append(dir.Accounts, a)
	}
	if len(dir.Accounts) == 0 {
		dir.Accounts = []directory.Account{{ID: UserID(0), PrimaryEmail: mails[0], Values: map[string][]string{}}}
	}
	groups(t, &dir)
	return dir
}

func groups(t *rapid.T, dir *directory.Snapshot) {
	var there []int
	for i := range 5 {
		if rapid.IntRange(0, 4).Draw(t, "group") > 0 {
			there = append(there, i)
		}
	}
	if len(there) == 0 {
		there = []int{0}
	}
	titles := names(t, "titles", 5, "a group %d")
	for _, i := range there {
		name := titles[i]
		if rapid.IntRange(0, 7).Draw(t, "same name") == 0 {
			name = titles[0]
		}
		dir.Groups = append(dir.Groups, directory.Group{ID: GroupID(i), Email: fmt.Sprintf("g%d@example.com", i), Name: name, DirectUsers: -1})
		dir.Members[GroupID(i)] = members(t, *dir, there)
	}
}

func members(t *rapid.T, dir directory.Snapshot, groups []int) []directory.Member {
	var ms []directory.Member
	for _, a := range dir.Accounts {
		if rapid.IntRange(0, 2).Draw(t, "member") == 0 {
			ms = append(ms, directory.Member{Kind: directory.MemberUser, ID: a.ID, Email: a.PrimaryEmail})
		}
	}
	for _, j := range groups {
		if rapid.IntRange(0, 5).Draw(t, "nested") == 0 {
			ms = append(ms, directory.Member{Kind: directory.MemberGroup, ID: GroupID(j), Email: fmt.Sprintf("g%d@example.com", j)})
		}
	}
	switch rapid.IntRange(0, 11).Draw(t, "special") {
	case 0:
		ms = append(ms, directory.Member{Kind: directory.MemberEveryone, ID: CustomerID})
	case 1:
		ms = append(ms, directory.Member{Kind: directory.MemberUser, ID: "stranger", Email: "stranger@example.org"})
	case 2:
		ms = append(ms, directory.Member{Kind: directory.MemberGroup, ID: "strangers", Email: "strangers@example.org"})
	}
	return slices.Clip(ms)
}
