package google

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// A Load describes a company for load tests. Equal loads make equal companies.
type Load struct {
	Seed            uint64
	Domain          string // example.com when empty
	Users, Groups   int
	MembersPerGroup int // direct users of each group, at most Users
	// NestEvery makes every n-th group contain the one after it; 0 nests none.
	NestEvery int
	// SuspendEvery suspends every n-th user; 0 suspends none.
	SuspendEvery int
}

// Generate makes the company: user00000@, user00001@ …, group00000@ …, and
// admin@, who is a super administrator and in no group.
func Generate(l Load) *Directory {
	if l.Domain == "" {
		l.Domain = "example.com"
	}
	random := rand.New(rand.NewPCG(l.Seed, 0))
	d := Company(l.Domain)
	d.Update(func(f *Fixture) {
		for i := range l.Users {
			f.Users = append(f.Users, User{
				PrimaryEmail: fmt.Sprintf("user%05d@%s", i, l.Domain),
				Name:         Name{GivenName: fmt.Sprintf("Given%05d", i), FamilyName: fmt.Sprintf("Family%03d", random.IntN(1000))},
				OrgUnitPath:  fmt.Sprintf("/Unit %d", random.IntN(10)),
				Suspended:    l.SuspendEvery > 0 && i%l.SuspendEvery == l.SuspendEvery-1,
				CreationTime: "2024-02-01T09:12:44.000Z",
			})
		}
		for i := range l.Groups {
			f.Groups = append(f.Groups, Group{
				Email:   fmt.Sprintf("group%05d@%s", i, l.Domain),
				Name:    fmt.Sprintf("Group %05d", i),
				Members: l.members(random, i),
			})
		}
	})
	return d
}

// members are the rows of the i-th group.
func (l Load) members(random *rand.Rand, i int) []Member {
	picked := map[int]bool{}
	for len(picked) < min(l.MembersPerGroup, l.Users) {
		picked[random.IntN(l.Users)] = true
	}
	var rows []Member
	for n := range picked {
		rows = append(rows, Member{Email: fmt.Sprintf("user%05d@%s", n, l.Domain)})
	}
	slices.SortFunc(rows, func(a, b Member) int { return strings.Compare(a.Email, b.Email) })
	if l.NestEvery > 0 && i%l.NestEvery == 0 && i+1 < l.Groups {
		rows = append(rows, Member{Email: fmt.Sprintf("group%05d@%s", i+1, l.Domain)})
	}
	return rows
}
