package report_test

import (
	"errors"
	"fmt"
	"time"

	"ssosync/internal/guard"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
	"ssosync/internal/report"
)

func at(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 0, 0, 0, time.UTC) }

var (
	goneUser  = plan.Evidence{Proof: plan.ProofGone, Text: "users.get: 404 notFound"}
	goneGroup = plan.Evidence{Proof: plan.ProofGone, Text: "groups.get: 404 notFound"}
	leftGroup = plan.Evidence{Proof: plan.ProofLeft, Text: "members.list, read again, and members.hasMember say so"}
	unscoped  = plan.Evidence{Proof: plan.ProofScope, Text: "groups.get returns it; no part of --group-match finds it"}
)

// prove puts evidence to a user or a group of the plan.
func (d *draft) prove(key identity.Key, e plan.Evidence) {
	if d.Plan.Evidence == nil {
		d.Plan.Evidence = map[identity.Key]plan.Evidence{}
	}
	d.Plan.Evidence[key] = e
}

// proven puts evidence to moves.
func proven(moves []plan.Move, e plan.Evidence) []plan.Move {
	for i := range moves {
		moves[i].Evidence = e
	}
	return moves
}

func (d *draft) loses(kind identity.Kind, name string, people int, of ...identity.Assignment) {
	d.Impact.Lost = append(d.Impact.Lost, report.Loss{Kind: kind, Name: name, ID: "id-" + name, People: people, Access: identity.Access{Assignments: of}})
}

// on assigns a permission set in some accounts.
func on(set string, from, n int) []identity.Assignment {
	as := make([]identity.Assignment, n)
	for i := range as {
		as[i] = identity.Assignment{PermissionSet: set, Account: fmt.Sprintf("%012d", 111122223333+from+i)}
	}
	return as
}

// leavers is a day on which people and groups went, with a memory.
func leavers() report.Report {
	d := newDraft(report.Partial)
	d.Host = "scim.eu-west-1.amazonaws.com"
	d.deactivate("leo@example.com", plan.CauseGone)
	d.prove("key of leo@example.com", goneUser)
	d.deactivate("mia@example.com", plan.CauseSuspended)
	d.prove("key of mia@example.com", plan.Evidence{Proof: plan.ProofFlag, Text: "Google shows the account as suspended"})
	d.Plan.Emptied = []identity.Key{d.group("aws-admins"), d.group("aws-lab")}
	d.prove("key of aws-admins", goneGroup)
	d.prove("key of aws-lab", unscoped)
	d.Plan.Groups = append(d.Plan.Groups, plan.Change[identity.Group]{Op: plan.Delete, Key: d.group("aws-old"), Cause: plan.CauseExpired, Before: identity.Group{Name: "aws-old"}})
	d.prove("key of aws-old", goneGroup)
	d.Plan.Leave = append(d.Plan.Leave, proven(d.moves(plan.CauseGone, "aws-admins", people(1, 12)...), goneGroup)...)
	d.Plan.Leave = append(d.Plan.Leave, proven(d.moves(plan.CauseLeft, "aws-dev", "leo@example.com", "tom@example.com", "uwe@example.com"), leftGroup)...)
	d.Plan.Leave = append(d.Plan.Leave, proven(d.moves(plan.CauseScope, "aws-lab", "tom@example.com"), unscoped)...)
	d.loses(identity.KindGroup, "aws-admins", 12, append(on("AdministratorAccess", 0, 41), on("ReadOnlyAccess", 0, 1)...)...)
	d.loses(identity.KindGroup, "aws-old", 0, on("PowerUserAccess", 3, 3)...)
	d.loses(identity.KindGroup, "aws-lab", 1)
	d.loses(identity.KindUser, "leo@example.com", 1, on("Billing", 0, 1)...)
	d.loses(identity.KindUser, "mia@example.com", 1)
	d.Impact.Lost[0].Applications = []string{"Grafana", "Wiki (internal)"}
	d.Waiting = []report.Waiting{
		{Kind: identity.KindUser, Name: "ada@example.com", ID: "id-ada", Cause: plan.CauseGone, Since: at(3, 9)},
		{Kind: identity.KindGroup, Name: "aws-tmp", ID: "id-tmp", Cause: plan.CauseScope, Since: at(20, 9), Delete: at(20, 9).AddDate(0, 0, 14)},
		{Kind: identity.KindUser, Name: "old@example.com", ID: "id-old", Cause: plan.CauseGone},
		{Kind: identity.KindUser, Name: "eve@example.com", ID: "id-eve", Cause: plan.CauseArchived, Since: at(1, 9), Delete: at(1, 9).AddDate(0, 0, 30)},
	}
	d.Failing = []report.Failing{
		{Kind: identity.KindUser, Name: "maría@example.com", Op: "create", Since: at(21, 8), Tries: 4, Next: at(23, 14), Err: "create user: 400 ValidationException: familyName is empty", Postponed: true},
		{Kind: identity.KindUser, Name: "tom@example.com", Group: "aws-dev", Op: "leave", Since: at(23, 9), Tries: 1, Next: at(23, 10), Err: "patch group: 503 Service Unavailable"},
		{Kind: identity.KindUser, Name: "zed@example.com", Op: "update", Since: at(22, 8), Tries: 2, Next: at(24, 6), Err: "patch user: 409 ConflictException"},
	}
	d.Drift = []report.Drift{
		{Kind: identity.KindGroup, Name: "aws-data", What: "displayName", Before: "aws-data", After: "AWS Data!", Kept: true},
		{Kind: identity.KindUser, Name: "kim@example.com", Group: "aws-prod", What: "joined", By: "arn:aws:sts::111122223333:assumed-role/Admin/kim", At: "2026-11-23T08:42:00Z"},
		{Kind: identity.KindUser, Name: "lou@example.com", Group: "aws-prod", What: "joined", By: "arn:aws:sts::111122223333:assumed-role/Admin/kim", At: "2026-11-23T08:42:00Z"},
		{Kind: identity.KindUser, Name: "nic@example.com", What: "deleted"},
		{Kind: identity.KindUser, Name: "tom@example.com", Group: "aws-dev", What: "joined"},
	}
	d.Run = "01JDZ8Q4K92MD7Q4K92MD7Q4K9"
	d.carriedOut(map[string]error{"tom@example.com aws-dev": errors.New("patch group: 503 Service Unavailable")})
	d.Err = &report.PartialError{Failed: 1, Failing: 1}
	return d.Report
}

// incident is a saved plan of a directory that answers with half.
func incident() report.Report {
	d := newDraft(report.Refused)
	d.DryRun, d.Host = true, "scim.eu-west-1.amazonaws.com"
	d.Saved = report.Saved{ID: "7Q4K-92MD", File: "plans/big plan.json", Expires: at(24, 9)}
	d.create("zoe@example.com")
	for _, n := range people(1, 7) {
		d.Withheld.Users = append(d.Withheld.Users, gone(d.user(n), n, plan.CauseGone))
		d.prove(d.user(n), goneUser)
	}
	d.Withheld.Evidence, d.Plan.Evidence = d.Plan.Evidence, nil
	d.Withheld.Emptied = []identity.Key{d.group("aws-admins")}
	d.Withheld.Evidence["key of aws-admins"] = goneGroup
	d.Withheld.Leave = proven(d.moves(plan.CauseGone, "aws-admins", people(20, 3)...), goneGroup)
	d.loses(identity.KindGroup, "aws-admins", 3, on("AdministratorAccess", 0, 4)...)
	for i := range 6 {
		d.Plan.Unproven = append(d.Plan.Unproven, plan.Unproven{Kind: identity.KindGroup, Name: fmt.Sprintf("aws-team-%d", i+1), ID: "id", Cause: plan.CauseGone, Why: "groups.get returns it, though the list of groups did not"})
	}
	d.Plan.Unproven = append(d.Plan.Unproven,
		plan.Unproven{Kind: identity.KindUser, Name: "sam@example.com", Cause: plan.CauseGone, Why: "users.get could not say whether they are gone: 503 Service Unavailable"},
		plan.Unproven{Kind: identity.KindUser, Name: "pat@example.com", Group: "aws-dev", Cause: plan.CauseLeft, Why: "members.hasMember says that they are in it"},
		plan.Unproven{Kind: identity.KindUser, Name: "ray@example.com", Group: "aws-dev", Cause: plan.CauseLeft, Why: "members.hasMember says that they are in it"},
	)
	d.Refusals = []guard.Refusal{
		{Guard: "users", Text: "7 of 60 users would be deactivated or deleted, over 10% and 5", Evidence: "7 of 7 users are confirmed to be gone in Google", Acceptable: true},
		{Guard: "query", Text: "name:aws-* matched 14 groups in the last good run, and none now", Evidence: "0 of 6 groups are confirmed to be gone in Google", Acceptable: true},
		{Guard: "shrink", Text: "in scope are 8 of the 14 groups of the last good run, over 30%", Acceptable: true},
		{Guard: "protected", Text: "breakglass@example.com must stay active", Acceptable: true},
		{Guard: "evidence", Text: "9 removals rest on absences that Google does not confirm"},
	}
	d.Impact.Unknown = "sso:ListAccountAssignmentsForPrincipal is not permitted"
	d.Err = &guard.RefusedError{Refusals: d.Refusals}
	return d.Report
}

// hostile is a report of names that would rather be something else.
func hostile() report.Report {
	d := newDraft(report.Planned)
	d.DryRun, d.Host = true, `evil.example.com"><script src="//evil.example.com/x.js"></script>`
	d.Saved = report.Saved{ID: "</title><b>", File: "-x'; rm -rf ~\x1b[2J"}
	d.create(`<script>alert(1)</script>@example.com`, "\u202egpj.exe@example.com", "\x1b[31mred@example.com", "עברית@example.com")
	d.deactivate(`"onmouseover="alert(1)@example.com`, plan.CauseGone)
	d.prove(d.user(`"onmouseover="alert(1)@example.com`), plan.Evidence{Proof: plan.ProofGone, Text: "<img src=x>\x07"})
	d.join("]]></style><style>*{display:none}", "javascript:alert(1)")
	d.Notes = []string{"{{.}} {{template \"x\"}} <!-- --> \ufffe"}
	d.Impact.Unknown = "</details></body>\r\n\x00"
	return d.Report
}
