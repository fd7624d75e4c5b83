package reconcile_test

import (
	"context"
	"fmt"
	"testing"

	"ssosync/internal/apply"
	"ssosync/internal/directory"
	"ssosync/internal/gen"
	"ssosync/internal/guard"
	"ssosync/internal/identity"
	"ssosync/internal/match"
	"ssosync/internal/plan"
	"ssosync/internal/policy"
)

// company is a directory of so many people and groups, each group with so many
// members, some of them by way of a group inside; people have managers.
func company(people, groups, members int) directory.Snapshot {
	dir := directory.Snapshot{CustomerID: gen.CustomerID, AllAccounts: true, Members: map[string][]directory.Member{}}
	for i := range people {
		boss := fmt.Sprintf("Person%d@Example.com", i/10)
		dir.Accounts = append(dir.Accounts, directory.Account{
			ID: gen.UserID(i), PrimaryEmail: fmt.Sprintf("Person%d@Example.com", i),
			Values: map[string][]string{
				"name.givenName": {"Given"}, "name.familyName": {"Family"}, "name.fullName": {"Given Family"}, "relations[type=manager].value": {boss},
			},
		})
	}
	for i := range groups {
		id := gen.GroupID(i)
		dir.Groups = append(dir.Groups, directory.Group{ID: id, Email: fmt.Sprintf("group%d@example.com", i), Name: fmt.Sprintf("Group %d", i), DirectUsers: -1})
		for j := range members {
			dir.Members[id] = append(dir.Members[id], directory.Member{Kind: directory.MemberUser, ID: gen.UserID((i*7919 + j*31) % people)})
		}
		if i%10 == 1 {
			dir.Members[id] = append(dir.Members[id], directory.Member{Kind: directory.MemberGroup, ID: gen.GroupID(i - 1)})
		}
	}
	return dir
}

// moved is the company some time later: everybody is renamed by one, a third of
// the groups is gone, and everybody is in other groups.
func moved(dir directory.Snapshot) directory.Snapshot {
	later := company(len(dir.Accounts), len(dir.Groups)*2/3, len(dir.Members[dir.Groups[0].ID]))
	for i := range later.Accounts {
		later.Accounts[i].PrimaryEmail = dir.Accounts[(i+1)%len(dir.Accounts)].PrimaryEmail
	}
	for id, ms := range later.Members {
		later.Members[id] = ms[:len(ms)*2/3]
	}
	return later
}

// decide is all that a run does between reading and writing.
func decide(dir directory.Snapshot, held identity.Held, r policy.Rules) guard.Verdict {
	wanted := policy.Desired(dir, r)
	matched := match.Match(wanted.State, held, r.MatchRules(wanted))
	outcome := policy.Retain(wanted, matched, r, policy.Past{})
	p := plan.Build(outcome.Want, matched.Have, outcome.Causes)
	p.Base = outcome.Base
	return guard.Check(p, guard.Context{Have: matched.Have.State})
}

// held is a target that is as a directory wants it, under ids of its own.
func held(dir directory.Snapshot, r policy.Rules) identity.Held {
	h := identity.NewHeld()
	for key, u := range policy.Desired(dir, r).State.Users {
		if u.Manager != "" {
			u.Manager = "aws-" + u.Manager
		}
		h.Users["aws-"+key], h.Records.Users["aws-"+key] = u, identity.Record{ID: "aws-" + string(key)}
	}
	for key, g := range policy.Desired(dir, r).State.Groups {
		h.Groups["aws-"+key], h.Records.Groups["aws-"+key] = g, identity.Record{ID: "aws-" + string(key)}
	}
	for m := range policy.Desired(dir, r).State.Members {
		h.Members[identity.Membership{Group: "aws-" + m.Group, User: "aws-" + m.User}] = true
	}
	return h
}

func BenchmarkPlan(b *testing.B) {
	r := rules()
	r.Attributes = append(r.Attributes, "manager")
	for _, size := range []struct{ people, groups, members int }{{10_000, 1_000, 100}, {100_000, 5_000, 200}} {
		if size.people > 10_000 && testing.Short() {
			continue
		}
		dir := company(size.people, size.groups, size.members)
		full := held(dir, r)
		for _, c := range []struct {
			name string
			dir  directory.Snapshot
			held identity.Held
		}{{"unchanged", dir, full}, {"first", dir, identity.NewHeld()}, {"turmoil", moved(dir), full}} {
			b.Run(fmt.Sprintf("%s/%d", c.name, size.people), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					decide(c.dir, c.held, r)
				}
			})
		}
	}
}

// void takes everything and keeps nothing.
type void struct{}

func (void) CreateUser(_ context.Context, u identity.User) (string, error) { return u.ExternalID, nil }

func (void) UpdateUser(context.Context, string, identity.User, identity.User) error {
	return nil
}
func (void) DeleteUser(context.Context, string) error { return nil }
func (void) CreateGroup(_ context.Context, g identity.Group, _ []string) (string, error) {
	return g.ExternalID, nil
}
func (void) UpdateGroup(context.Context, string, identity.GroupPatch) error { return nil }
func (void) DeleteGroup(context.Context, string) error                      { return nil }

func BenchmarkApply(b *testing.B) {
	r := rules()
	r.Attributes = append(r.Attributes, "manager")
	dir := company(10_000, 1_000, 100)
	full := held(dir, r)
	for name, p := range map[string]plan.Plan{
		"first": decide(dir, identity.NewHeld(), r).Allowed, "turmoil": decide(moved(dir), full, r).Allowed,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				apply.Run(b.Context(), void{}, p, apply.Options{})
			}
		})
	}
}
