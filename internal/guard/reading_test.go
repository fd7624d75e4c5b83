package guard_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/guard"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

func texts(v guard.Verdict) []string {
	var all []string
	for _, r := range v.Refusals {
		all = append(all, r.Guard+": "+r.Text+" ["+r.Evidence+"]")
	}
	return all
}

// What is known of the last good run counts, and not what the target holds.
func TestShrinkAgainstTheLastRun(t *testing.T) {
	for name, c := range map[string]struct {
		last, now, held plan.Size
		want            []string
	}{
		"as it was":      {plan.Size{Users: 20, Groups: 9, Members: 50}, plan.Size{Users: 20, Groups: 9, Members: 50}, plan.Size{Users: 99, Groups: 99, Members: 99}, nil},
		"a little less":  {plan.Size{Users: 20, Groups: 9, Members: 50}, plan.Size{Users: 14, Groups: 7, Members: 35}, plan.Size{}, nil},
		"below a floor":  {plan.Size{Users: 9, Groups: 6, Members: 5}, plan.Size{Users: 4, Groups: 1}, plan.Size{}, nil},
		"fewer users":    {plan.Size{Users: 20, Groups: 9}, plan.Size{Users: 13, Groups: 9}, plan.Size{}, []string{"shrink: there are 13 users in scope, where the last good run had 20: over 30% fewer [the user is not confirmed suspended or deleted]"}},
		"fewer groups":   {plan.Size{Users: 20, Groups: 9}, plan.Size{Users: 20, Groups: 3}, plan.Size{}, []string{"shrink: there are 3 groups in scope, where the last good run had 9: over 30% fewer []"}},
		"fewer members":  {plan.Size{Users: 20, Groups: 9, Members: 100}, plan.Size{Users: 20, Groups: 9, Members: 60}, plan.Size{}, []string{"shrink: there are 60 memberships in scope, where the last good run had 100: over 30% fewer [the membership is confirmed to have ended]"}},
		"no groups":      {plan.Size{Users: 20, Groups: 1}, plan.Size{Users: 20}, plan.Size{Groups: 50}, []string{"shrink: there are no groups in scope, where the last good run had 1 []"}},
		"none ever":      {plan.Size{Users: 20}, plan.Size{Users: 20}, plan.Size{Groups: 50, Members: 70}, []string{"shrink: there are no groups in scope, where Identity Center holds 50 []"}},
		"none there":     {plan.Size{Users: 20}, plan.Size{Users: 20}, plan.Size{}, nil},
		"all at once":    {plan.Size{Users: 20, Groups: 20, Members: 20}, plan.Size{Users: 9}, plan.Size{}, []string{"shrink: there are 9 users in scope, where the last good run had 20: over 30% fewer [the user is not confirmed suspended or deleted]", "shrink: there are no groups in scope, where the last good run had 20 []", "shrink: there are 0 memberships in scope, where the last good run had 20: over 30% fewer [the membership is confirmed to have ended]"}},
		"growth is fine": {plan.Size{Users: 1, Groups: 1}, plan.Size{Users: 20, Groups: 9}, plan.Size{}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p := plan.Plan{
				Base:  plan.Base{Source: c.now, Managed: plan.Size{Users: 99, Members: c.held.Members}, Active: max(c.held.Users, 99), Filled: c.held.Groups},
				Users: []plan.Change[identity.User]{{Op: plan.Update, Key: "u", Before: identity.User{Active: true}, Cause: plan.CauseScope}},
				Leave: []plan.Move{proven("g", "u", plan.ProofLeft)},
			}
			v := guard.Check(p, guard.Context{Last: &guard.Last{Source: c.last}})
			if diff := cmp.Diff(c.want, texts(v)); diff != "" {
				t.Error(diff)
			}
			held := len(c.want) > 0
			if (len(v.Withheld.Users) == 1) != held || (len(v.Withheld.Leave) == 1) != held {
				t.Errorf("withheld: %+v", v.Withheld)
			}
		})
	}
}

func proven(g, u identity.Key, proof plan.Proof) plan.Move {
	m := leave(g, u)
	m.Evidence.Proof = proof
	return m
}

func TestAQueryThatMatchesNothingAnyMore(t *testing.T) {
	const group, user = identity.KindGroup, identity.KindUser
	for name, c := range map[string]struct {
		last, now []guard.Found
		want      []string
	}{
		"as it was":     {[]guard.Found{{group, "name:aws-*", 9}}, []guard.Found{{group, "name:aws-*", 1}}, nil},
		"never did":     {[]guard.Found{{group, "name:aws-*", 0}}, []guard.Found{{group, "name:aws-*", 0}}, nil},
		"is new":        {[]guard.Found{{group, "name:aws-*", 9}}, []guard.Found{{group, "name:aws-*", 8}, {group, "name:x", 0}}, nil},
		"of other kind": {[]guard.Found{{group, "name:aws-*", 9}}, []guard.Found{{user, "name:aws-*", 0}}, nil},
		"is not asked":  {[]guard.Found{{group, "name:aws-*", 9}, {group, "name:x", 9}}, []guard.Found{{group, "name:aws-*", 9}}, nil},
		"one of two": {
			[]guard.Found{{group, "name:aws-*", 9}, {user, "orgUnitPath=/X", 14}},
			[]guard.Found{{group, "name:aws-*", 9}, {user, "orgUnitPath=/X", 0}},
			[]string{`query: the part "orgUnitPath=/X" of the query for users matched 14 at the last good run, and matches nothing now [the user is confirmed suspended or deleted]`},
		},
		"written twice": {
			[]guard.Found{{group, "*", 9}, {group, "*", 9}},
			[]guard.Found{{group, "*", 0}, {group, "*", 0}},
			[]string{`query: the part "*" of the query for groups matched 9 at the last good run, and matches nothing now [the group is not confirmed to be gone in Google]`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := plan.Plan{
				Base:     roomy(999, 999, 999),
				Users:    []plan.Change[identity.User]{{Op: plan.Update, Key: "u", Before: identity.User{Active: true}, Cause: plan.CauseArchived}},
				Emptied:  []identity.Key{"g"},
				Leave:    []plan.Move{proven("g", "u", plan.ProofScope)},
				Evidence: map[identity.Key]plan.Evidence{"g": {Proof: plan.ProofScope}},
			}
			v := guard.Check(p, guard.Context{Matches: c.now, Last: &guard.Last{Source: plan.Size{Users: 999, Groups: 999, Members: 999}, Matches: c.last}})
			if diff := cmp.Diff(c.want, texts(v)); diff != "" {
				t.Error(diff)
			}
			if held := len(c.want) > 0; (len(v.Withheld.Emptied) == 1) != held || len(v.Withheld.Users) > 0 {
				t.Errorf("withheld: %+v", v.Withheld)
			}
			if v = guard.Check(p, guard.Context{Matches: c.now}); v.Err() != nil {
				t.Errorf("nothing is known of another run: %v", v.Err())
			}
		})
	}
}
