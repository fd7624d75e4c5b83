package report_test

import (
	"errors"
	"fmt"
	"time"

	"ssosync/internal/apply"
	"ssosync/internal/guard"
	"ssosync/internal/identity"
	"ssosync/internal/match"
	"ssosync/internal/plan"
	"ssosync/internal/policy"
	"ssosync/internal/report"
)

// A draft is a report in the making.
type draft struct{ report.Report }

func newDraft(outcome report.Outcome) *draft {
	d := &draft{report.Report{
		Outcome: outcome, Started: time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC), Took: 3210 * time.Millisecond,
		Source: report.Read{Size: plan.Size{Users: 64, Groups: 14, Members: 190}, Took: 812 * time.Millisecond},
		Target: report.Read{Size: plan.Size{Users: 63, Groups: 22, Members: 201}, Took: 655 * time.Millisecond},
		Calls: []report.Call{
			{Op: "google groups.list", Calls: 1},
			{Op: "google members.list", Calls: 14},
			{Op: "google users.list", Calls: 1},
			{Op: "scim ListUsers", Calls: 13},
		},
		Matches: []policy.Match{{Kind: identity.KindGroup, Query: "name:aws-*", Found: 14}},
	}}
	d.Plan.Base = plan.Base{
		Source:  plan.Size{Users: 60, Groups: 14, Members: 187},
		Managed: plan.Size{Users: 60, Groups: 14, Members: 187}, Active: 60, Filled: 14,
	}
	d.Plan.Subjects = plan.Subjects{Users: map[identity.Key]plan.Subject{}, Groups: map[identity.Key]plan.Subject{}}
	d.Withheld.Subjects = d.Plan.Subjects
	return d
}

// user and group name somebody and return the key.
func (d *draft) user(name string) identity.Key {
	key := identity.Key("key of " + name)
	d.Plan.Subjects.Users[key] = plan.Subject{ID: "id-" + name, Name: name}
	return key
}

func (d *draft) group(name string) identity.Key {
	key := identity.Key("key of " + name)
	d.Plan.Subjects.Groups[key] = plan.Subject{ID: "id-" + name, Name: name}
	return key
}

func (d *draft) create(names ...string) {
	for _, n := range names {
		d.Plan.Users = append(d.Plan.Users, plan.Change[identity.User]{Op: plan.Create, Key: d.user(n), Cause: plan.CauseJoined, After: identity.User{UserName: n, Active: true}})
	}
}

func (d *draft) update(name string, cause plan.Cause, fields ...plan.Field) {
	d.Plan.Users = append(d.Plan.Users, plan.Change[identity.User]{
		Op: plan.Update, Key: d.user(name), Cause: cause, Fields: fields,
		Before: identity.User{UserName: name, Active: true}, After: identity.User{UserName: name, Active: true, Title: "x"},
	})
}

func gone(key identity.Key, name string, cause plan.Cause) plan.Change[identity.User] {
	return plan.Change[identity.User]{
		Op: plan.Update, Key: key, Cause: cause, Fields: []plan.Field{{Attr: "active", Before: "true", After: "false"}},
		Before: identity.User{UserName: name, Active: true}, After: identity.User{UserName: name},
	}
}

func (d *draft) deactivate(name string, cause plan.Cause) {
	d.Plan.Users = append(d.Plan.Users, gone(d.user(name), name, cause))
}

func (d *draft) createGroup(name string) {
	d.Plan.Groups = append(d.Plan.Groups, plan.Change[identity.Group]{Op: plan.Create, Key: d.group(name), Cause: plan.CauseJoined, After: identity.Group{Name: name}})
}

func (d *draft) renameGroup(before, after string) {
	d.Plan.Groups = append(d.Plan.Groups, plan.Change[identity.Group]{
		Op: plan.Update, Key: d.group(after), Cause: plan.CauseChanged, Fields: []plan.Field{{Attr: "displayName", Before: before, After: after}},
		Before: identity.Group{Name: before}, After: identity.Group{Name: after},
	})
}

func (d *draft) moves(cause plan.Cause, group string, users ...string) []plan.Move {
	var moves []plan.Move
	for _, u := range users {
		moves = append(moves, plan.Move{Membership: identity.Membership{Group: d.group(group), User: d.user(u)}, Cause: cause})
	}
	return moves
}

func (d *draft) join(group string, users ...string) {
	d.Plan.Join = append(d.Plan.Join, d.moves(plan.CauseJoined, group, users...)...)
}

func (d *draft) leave(cause plan.Cause, group string, users ...string) {
	d.Plan.Leave = append(d.Plan.Leave, d.moves(cause, group, users...)...)
}

// carriedOut invents the results; errs are by the name of a user or group.
func (d *draft) carriedOut(errs map[string]error) {
	add := func(op apply.Op, user, group identity.Key) {
		who := d.Plan.Subjects.Users[user].Name
		in := d.Plan.Subjects.Groups[group].Name
		res := apply.Result{Op: op, User: user, Group: group, Name: who, In: in, Err: errs[who]}
		switch {
		case user == "":
			res.Name, res.In, res.Err = in, "", errs[in]
		case group != "":
			res.Err = errs[who+" "+in]
		}
		d.Results = append(d.Results, res)
	}
	for _, c := range d.Plan.Users {
		add(apply.Op(c.Op), c.Key, "")
	}
	for _, c := range d.Plan.Groups {
		add(apply.Op(c.Op), "", c.Key)
	}
	for _, m := range d.Plan.Join {
		add(apply.Join, m.User, m.Group)
	}
	for _, m := range d.Plan.Leave {
		add(apply.Leave, m.User, m.Group)
	}
}

func people(from, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf("person%02d@example.com", from+i)
	}
	return names
}

// cases are reports of every outcome.
func cases() map[string]report.Report {
	return map[string]report.Report{
		"first-load": firstLoad(), "in-sync": newDraft(report.InSync).Report, "refused": refused(), "partial": partial(),
		"dry-run": dryRun(), "conflicts": allConflicts(), "interrupted": interrupted(), "failed": failed(), "doubt": doubt(),
		"leavers": leavers(), "incident": incident(), "hostile": hostile(),
	}
}

func firstLoad() report.Report {
	d := newDraft(report.Done)
	d.Target = report.Read{Size: plan.Size{Users: 3, Groups: 8}, Took: 201 * time.Millisecond}
	d.Plan.Base.Managed = plan.Size{}
	d.create(people(1, 58)...)
	for i := range 14 {
		g := fmt.Sprintf("aws-team-%02d", i+1)
		d.createGroup(g)
		d.join(g, people(i*4+1, 1+i%3)...)
	}
	d.createGroup("aws-all")
	d.join("aws-all", people(1, 58)...)
	d.Mirror = plan.Size{Users: 3, Groups: 8}
	d.Notes = []string{"2 members of another organisation: not synced: guest@example.net, visitor@example.org"}
	d.Calls = append(d.Calls, report.Call{Op: "scim CreateGroup", Calls: 16, Retries: 2, Throttles: 2, Waited: 2100 * time.Millisecond}, report.Call{Op: "scim CreateUser", Calls: 58})
	d.carriedOut(nil)
	return d.Report
}

func refused() report.Report {
	d := newDraft(report.Refused)
	d.Plan.Base.Managed.Users = 20
	for _, n := range people(1, 6) {
		d.Withheld.Users = append(d.Withheld.Users, gone(d.user(n), n, plan.CauseGone))
	}
	d.Withheld.Leave = append(d.moves(plan.CauseGone, "aws-dev", people(1, 6)...), d.moves(plan.CauseLeft, "Big Group", people(30, 7)...)...)
	d.deactivate("mallory@example.com", plan.CauseSuspended)
	d.create("zoe@example.com")
	d.createGroup("aws-data")
	d.join("aws-data", "zoe@example.com", "person40@example.com")
	d.Refusals = []guard.Refusal{
		{Guard: "users", Text: "6 of 20 users would be deactivated or deleted, over 10% and 5", Acceptable: true},
		{Guard: "group-leaves", Text: `7 of the 12 members of "Big Group" would be removed, over 50%`, Acceptable: true},
	}
	d.carriedOut(nil)
	d.Err = &guard.RefusedError{Refusals: d.Refusals}
	return d.Report
}

func doubt() report.Report {
	d := newDraft(report.Refused)
	d.DryRun = true
	d.Withheld.Groups = []plan.Change[identity.Group]{{Op: plan.Delete, Key: d.group("aws-old"), Cause: plan.CauseGone, Before: identity.Group{Name: "aws-old"}}}
	d.Withheld.Leave = d.moves(plan.CauseGone, "aws-old", "ann@example.com", "bo@example.com")
	text := "the reading of the source contradicts itself (aws-old@example.com has 12 members by directMembersCount, and 2 were listed), so nothing that is absent from it counts as gone"
	d.Refusals = []guard.Refusal{{Guard: guard.Doubt, Text: text}}
	d.Warnings = []string{"the reading of the source contradicts itself: aws-old@example.com has 12 members by directMembersCount, and 2 were listed"}
	d.Err = &guard.RefusedError{Refusals: d.Refusals}
	return d.Report
}

func partial() report.Report {
	d := newDraft(report.Partial)
	d.create("maría@example.com", "ann@example.com")
	d.update("bo@example.com", plan.CauseChanged, plan.Field{Attr: "title", Before: "", After: "Head of Things"}, plan.Field{Attr: "department", Before: "Ops", After: "R&D"})
	d.update("kim@example.com", plan.CauseReturned, plan.Field{Attr: "active", Before: "false", After: "true"})
	d.update("nina@example.com", plan.CauseChanged, plan.Field{Attr: "userName", Before: "nina.old@example.com", After: "nina@example.com"}, plan.Field{Attr: "email", Before: "nina.old@example.com", After: "nina@example.com"})
	d.deactivate("leo@example.com", plan.CauseGone)
	d.createGroup("aws-new")
	d.renameGroup("aws-Data", "aws-data")
	d.join("aws-data", "ann@example.com")
	d.join("aws-dev", "ann@example.com", "bo@example.com")
	d.join("aws-new", "ann@example.com", "maría@example.com")
	d.leave(plan.CauseGone, "aws-dev", "leo@example.com")
	d.leave(plan.CauseLeft, "aws-dev", "tom@example.com")
	refusal := fmt.Errorf("%w: create user: 400 ValidationException: familyName is empty (request id 7c1e…)", identity.ErrRejected)
	d.carriedOut(map[string]error{
		"maría@example.com":         refusal,
		"maría@example.com aws-new": fmt.Errorf("%w: maría@example.com does not exist, because creating it did not work", apply.ErrSkipped),
		"tom@example.com aws-dev":   errors.New("patch group: 503 Service Unavailable (request id 99ab…)"),
	})
	d.Problems = []policy.Problem{
		{Kind: identity.KindUser, Name: "two words@example.com", Skipped: true, Flaws: []identity.Flaw{{Attr: "userName", Value: "two words@example.com", Why: "contains white space, which Identity Center refuses"}}},
		{Kind: identity.KindUser, Name: "bo@example.com", Flaws: []identity.Flaw{{Attr: "locale", Value: "klingon", Why: "is no language tag"}}},
		{Kind: identity.KindGroup, Name: "admins@example.com", Skipped: true, Flaws: []identity.Flaw{{Attr: "displayName", Value: "AWSAdministrators", Why: "is reserved by AWS"}}},
	}
	d.Err = &report.PartialError{Failed: 3, Problems: 3}
	return d.Report
}

func dryRun() report.Report {
	d := newDraft(report.Planned)
	d.DryRun = true
	d.create("ann@example.com")
	d.update("bo@example.com", plan.CauseAdopted, plan.Field{Attr: "externalId", Before: "", After: "100000000000000000007"}, plan.Field{Attr: "givenName", Before: "B", After: "Bo"})
	d.update("cy@example.com", plan.CauseAdopted, plan.Field{Attr: "externalId", Before: "00u-okta", After: "100000000000000000008"})
	d.update("di@example.com", plan.CauseChanged, plan.Field{Attr: "manager", Before: "", After: string(d.user("bo@example.com"))})
	d.Plan.Adopted = []match.Adoption{{Kind: identity.KindUser, Name: "bo@example.com", ID: "id-bo@example.com"}, {Kind: identity.KindUser, Name: "cy@example.com", ID: "id-cy@example.com", Foreign: "00u-okta"}}
	d.Warnings = []string{`user cy@example.com carries the external id "00u-okta" of another provider, and is adopted because the name is the same`}
	d.deactivate("leo@example.com", plan.CauseSuspended)
	d.deactivate("max@example.com", plan.CauseScope)
	d.Plan.Groups = append(d.Plan.Groups, plan.Change[identity.Group]{Op: plan.Delete, Key: d.group("AWS Audit (old)"), Cause: plan.CauseUnmanaged, Before: identity.Group{Name: "AWS Audit (old)"}})
	d.Plan.Emptied = []identity.Key{d.group("aws-gone")}
	d.join("aws-dev", "ann@example.com")
	d.leave(plan.CauseGone, "aws-gone", "leo@example.com", "tom@example.com")
	d.leave(plan.CauseScope, "aws-dev", "max@example.com")
	d.leave(plan.CauseLeft, "aws-dev", "tom@example.com", "uwe@example.com")
	d.Mirror = plan.Size{Users: 1, Groups: 9}
	d.Matches = append(d.Matches, policy.Match{Kind: identity.KindUser, Query: "orgUnitPath=/Contractors", Found: 0})
	return d.Report
}

func allConflicts() report.Report {
	d := newDraft(report.Partial)
	for _, kind := range []identity.Kind{identity.KindUser, identity.KindGroup} {
		for i, reason := range reasons() {
			name := fmt.Sprintf("conflict%d@example.com", i)
			if kind == identity.KindGroup {
				name = fmt.Sprintf("AWS Conflict %d", i)
			}
			c := match.Conflict{Kind: kind, Reason: reason, Name: name, Want: "118700000000000000001", HaveID: "9067642a-c0d1-7021-aaaa-0123456789ab"}
			if reason == match.ReusedName || reason == match.DuplicateID {
				c.HaveExternalID = "104200000000000000001"
			}
			d.Plan.Conflicts = append(d.Plan.Conflicts, c)
		}
	}
	d.Err = &report.PartialError{Conflicts: len(d.Plan.Conflicts)}
	return d.Report
}

func reasons() []match.Reason {
	return []match.Reason{match.ReusedName, match.DuplicateID, match.NotAdopted, match.ProtectedName, match.AmbiguousName, match.TakenName}
}

func interrupted() report.Report {
	d := newDraft(report.Interrupted)
	d.create(people(1, 25)...)
	d.deactivate("leo@example.com", plan.CauseArchived)
	d.deactivate("max@example.com", plan.CauseGone)
	stopped := fmt.Errorf("%w: %w", apply.ErrSkipped, apply.ErrStopped)
	errs := map[string]error{"max@example.com": stopped}
	for _, n := range people(6, 20) {
		errs[n] = stopped
	}
	d.carriedOut(errs)
	d.Err = fmt.Errorf("%w: %w", report.ErrInterrupted, errors.New("interrupt"))
	return d.Report
}

func failed() report.Report {
	return report.Report{
		Outcome: report.Failed, Started: time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC), Took: 412 * time.Millisecond,
		Target: report.Read{Size: plan.Size{Users: 63, Groups: 22, Members: 201}, Took: 388 * time.Millisecond},
		Calls:  []report.Call{{Op: "google users.list", Calls: 5, Retries: 4, Throttles: 4, Waited: 390 * time.Millisecond}},
		Err:    errors.New(`read source: list users: 403 Not Authorized to access this resource/API (Directory API)`),
	}
}
