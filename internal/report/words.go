package report

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"ssosync/internal/identity"
	"ssosync/internal/match"
	"ssosync/internal/plan"
	"ssosync/internal/policy"
)

// causes say why, to people.
var causes = map[plan.Cause]string{
	plan.CauseJoined:    "came into scope",
	plan.CauseChanged:   "changed in Google",
	plan.CauseAdopted:   "has the same name",
	plan.CauseSuspended: "suspended in Google",
	plan.CauseArchived:  "archived in Google",
	plan.CauseReturned:  "active in Google again",
	plan.CauseGone:      "gone from Google",
	plan.CauseScope:     "out of scope",
	plan.CauseLeft:      "no longer a member in Google",
	plan.CauseUnmanaged: "not in Google, never managed",
	plan.CauseRestored:  "as the journal has it",
	plan.CauseRelinked:  "linked anew by relink",
	plan.CauseExpired:   "left long enough ago",
}

func because(c plan.Cause) string { return cmp.Or(causes[c], string(c)) }

// done are the actions in the past.
var done = map[action]string{
	doCreate: "created", doAdopt: "adopted", doUpdate: "updated", doDeactivate: "deactivated",
	doEmpty: "emptied", doDelete: "deleted", doJoin: "joined", doLeave: "left",
}

// A verdict is what a conflict means and what a person can do about it.
type verdict struct{ means, remedy string }

// conflicts explain each reason for a conflict, once for users and once for
// groups. {name} is the name in dispute, {id} the AWS id of what is in the
// way, {ext} the Google id that it carries, {want} the one that wants it.
var conflicts = map[identity.Kind]map[match.Reason]verdict{
	identity.KindUser: {
		match.ReusedName: {
			"the address now belongs to the Google account {want}, but the AWS user {id} of that name was made for the Google account {ext}. " +
				"Until this is settled, whoever signs in to AWS with this address reaches the existing AWS user, with all of its access",
			"If it is the same person with a new account: `ssosync relink user {typed}`, and everything stays. " +
				"If it is somebody else now: `ssosync relink user {typed} --separate`, which deactivates the old AWS user, takes them out of all groups " +
				"and frees the address for the newcomer, whom the next run creates",
		},
		match.DuplicateID: {
			"several AWS users carry the external id {ext}, and this one, {id}, is one of them: which of them is the person cannot be told",
			"Delete those that nobody uses, in the IAM Identity Center console (Users), and run again",
		},
		match.NotAdopted: {
			"AWS has a user of this name, {id}, that ssosync did not make, and --adopt does not allow to take it over",
			"If it is the same person, run with `{adopt}`; if not, rename one of the two",
		},
		match.ProtectedName: {
			"the AWS user {id} of this name is protected and is not touched",
			"Nothing, if that is meant. Else take the name out of `--protect-users` or `--protect-presets`, or give the account another address in Google",
		},
		match.AmbiguousName: {
			"several Google accounts, {want} among them, get this user name or address in AWS, where it must be unique",
			"Correct the address of one of them in Google, or the mapping of userName and email in ssosync.yaml",
		},
		match.TakenName: {
			"the Google account {want} should get this user name or address, which the AWS user {id} has and keeps",
			"Find out whose it is: `aws identitystore describe-user --identity-store-id d-… --user-id {id}`. Rename or delete that AWS user, or change the address in Google",
		},
	},
	identity.KindGroup: {
		match.ReusedName: {
			"the name now belongs to the Google group {want}, but the AWS group {id} of that name was made for the Google group {ext}. " +
				"The AWS group keeps its members and its assignments, and is no longer in step with Google",
			"If it is the same group, made anew: `ssosync relink group {typed}`, and members and assignments stay; what it lost meanwhile comes back " +
				"with `ssosync restore group {typed}`. If it is another one: `ssosync relink group {typed} --separate`, which renames the old group",
		},
		match.DuplicateID: {
			"several AWS groups carry the external id {ext}, and this one, {id}, is one of them: which of them is the group cannot be told",
			"Delete those without assignments, in the IAM Identity Center console (Groups), and run again",
		},
		match.NotAdopted: {
			"AWS has a group of this name, {id}, that ssosync did not make, and --adopt does not allow to take it over",
			"If it is the same group, run with `{adopt}`; if not, rename one of the two",
		},
		match.ProtectedName: {
			"the AWS group {id} of this name is protected and is not touched",
			"Nothing, if that is meant. Else rename the group in Google, or take the name out of `--protect-groups` or `--protect-presets`",
		},
		match.AmbiguousName: {
			"several Google groups, {want} among them, have this name, which must be unique in AWS",
			"Rename one of them in Google, or run with `--name-conflict=suffix-email`, which adds the address to the name",
		},
		match.TakenName: {
			"the Google group {want} should get this name, which the AWS group {id} has and keeps",
			"Rename one of the two, or run with `--name-conflict=suffix-email`, which adds the address to the name",
		},
	},
}

// explain says what a conflict means and what to do.
func explain(c match.Conflict) (means, remedy phrase) {
	v, ok := conflicts[c.Kind][c.Reason]
	if !ok {
		v = verdict{"this name is in dispute (" + clean(string(c.Reason)) + ")", "Rename one of the two"}
	}
	adopt := "--adopt=unowned"
	if c.HaveExternalID != "" {
		adopt = "--adopt=all"
	}
	spans := map[string]span{
		"name": {name, c.Name}, "id": {name, cmp.Or(c.HaveID, string(c.Have), "?")},
		"ext": {name, cmp.Or(c.HaveExternalID, "?")}, "want": {name, cmp.Or(string(c.Want), "?")}, "adopt": {code, adopt}, "typed": {code, typed(c.Name)},
	}
	return fill(v.means, spans), fill(v.remedy, spans)
}

// remedy says what can be done for a record that the target cannot take.
func remedy(p policy.Problem, attr string) phrase {
	switch {
	case p.Kind == identity.KindGroup:
		return fill("Rename the group in Google, or name groups otherwise: `--group-name=email`", nil)
	case attr == "userName" || attr == "email":
		return fill("Correct the primary address in Google (Admin console, Directory, Users)", nil)
	}
	return fill("Correct it in Google (Admin console, Directory, Users), or take it from elsewhere: mapping: {attr} in ssosync.yaml",
		map[string]span{"attr": {code, attr}})
}

func count(n int, thing string) string { return cmp.Or(several(n, thing, thing+"s"), "0 "+thing+"s") }

// several counts things, "" if there are none.
func several(n int, one, more string) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + more
}

func sizes(s plan.Size) string {
	return fmt.Sprintf("%s, %s, %s", count(s.Users, "user"), count(s.Groups, "group"), count(s.Members, "membership"))
}

// took writes a duration with as much precision as people want.
func took(d time.Duration) string {
	switch {
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + "ms"
	case d < time.Minute:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + "s"
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}

// and joins words as in a sentence.
func and(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
