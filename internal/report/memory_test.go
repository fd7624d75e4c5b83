package report_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/guard"
	"ssosync/internal/identity"
	"ssosync/internal/match"
	"ssosync/internal/plan"
	"ssosync/internal/report"
)

// section returns what the text has under a title, in one line.
func section(t *testing.T, r report.Report, title string) string {
	t.Helper()
	_, got, found := strings.Cut("\n"+text(t, r, report.TextOptions{Width: 400}), "\n"+title)
	if !found {
		return ""
	}
	_, got, _ = strings.Cut(got, "\n")
	got, _, _ = strings.Cut(got, "\n\n")
	return strings.Join(strings.Fields(got), " ")
}

// How something is known stands beside why; a flag is known by what is said.
func TestEvidence(t *testing.T) {
	for _, c := range []struct {
		cause plan.Cause
		e     plan.Evidence
		want  string
	}{
		{plan.CauseGone, plan.Evidence{}, "(gone from Google)"},
		{plan.CauseGone, goneUser, "(deleted in Google; users.get: 404 notFound)"},
		{plan.CauseGone, plan.Evidence{Proof: plan.ProofUnknown, Text: "nobody has that name"}, "(gone from Google; nobody has that name)"},
		{plan.CauseExpired, goneUser, "(left long enough ago; users.get: 404 notFound)"},
		{plan.CauseScope, unscoped, "(out of scope; groups.get returns it; no part of --group-match finds it)"},
		{plan.CauseSuspended, plan.Evidence{Proof: plan.ProofFlag, Text: "suspended: true"}, "(suspended in Google)"},
		{plan.CauseSuspended, plan.Evidence{Proof: plan.ProofGone, Text: "404"}, "(suspended in Google; 404)"},
		{plan.CauseScope, plan.Evidence{Proof: plan.ProofFlag, Text: "suspended: true"}, "(out of scope; suspended: true)"},
	} {
		d := newDraft(report.Planned)
		d.DryRun = true
		d.deactivate("leo@example.com", c.cause)
		d.prove("key of leo@example.com", c.e)
		if got := section(t, d.Report, "Access to be taken away"); got != "− user leo@example.com to be deactivated "+c.want {
			t.Errorf("%+v: %s", c.e, got)
		}
		if got := report.NewDocument(d.Report).Changes[0].Evidence; got != c.e {
			t.Errorf("%+v in JSON, not %+v", got, c.e)
		}
	}
}

// What is known of many lines in the same way is told once, if no other line
// says the same and is known otherwise.
func TestEvidenceIsToldOnce(t *testing.T) {
	draw := func(n int, odd bool) string {
		d := newDraft(report.Planned)
		d.DryRun = true
		for i, name := range people(1, n) {
			d.deactivate(name, plan.CauseGone)
			d.prove(d.user(name), goneUser)
			if odd && i == 0 {
				d.prove(d.user(name), plan.Evidence{Proof: plan.ProofGone, Text: "otherwise"})
			}
			d.Plan.Leave = append(d.Plan.Leave, proven(d.moves(plan.CauseLeft, fmt.Sprint("group-", i), "tom@example.com"), leftGroup)...)
		}
		return section(t, d.Report, "Access to be taken away")
	}
	const once = "The 4 users above, deleted in Google: users.get: 404 notFound · The 4 groups that are left above, no longer a member in Google: members.list, read again, and members.hasMember say so"
	if got := draw(4, false); !strings.HasSuffix(got, once) || strings.Count(got, "404") != 1 || strings.Count(got, "hasMember") != 1 {
		t.Error(got)
	}
	if got := draw(3, false); strings.Count(got, "404") != 3 || strings.Contains(got, "above") {
		t.Error(got)
	}
	if got := draw(4, true); strings.Count(got, "404") != 3 || strings.Count(got, "otherwise") != 1 {
		t.Error(got)
	}
}

// Those who leave one group for the same reason, known in the same way, are
// one line.
func TestLeavesOfOneEvidence(t *testing.T) {
	d := newDraft(report.Planned)
	d.DryRun = true
	d.Plan.Leave = append(proven(d.moves(plan.CauseLeft, "aws-dev", "ann@example.com", "bo@example.com"), leftGroup),
		proven(d.moves(plan.CauseLeft, "aws-dev", "cy@example.com"), plan.Evidence{Proof: plan.ProofGone, Text: "users.get: 404 notFound"})...)
	want := "− group aws-dev leaving: ann@example.com, bo@example.com (no longer a member in Google; members.list, read again, and members.hasMember say so) " +
		"− group aws-dev leaving: cy@example.com (no longer a member in Google; users.get: 404 notFound)"
	if diff := cmp.Diff(want, section(t, d.Report, "Access to be taken away")); diff != "" {
		t.Error(diff)
	}
}

// What a group or a user means in AWS is told in AWS's terms.
func TestImpact(t *testing.T) {
	many := append(on("ReadOnlyAccess", 0, 1), on("AdministratorAccess", 0, 4)...)
	many = append(many, many[1]) // the same once more
	for _, c := range []struct {
		name   string
		kind   identity.Kind
		delete bool
		done   bool
		people int
		access identity.Access
		want   string
	}{
		{"emptied", identity.KindGroup, false, true, 12, identity.Access{Assignments: many}, "12 people lose AdministratorAccess on 4 accounts (111122223333, 111122223334 and 2 more), ReadOnlyAccess on 1 account (111122223333); its 6 assignments are kept"},
		{"one", identity.KindGroup, false, true, 1, identity.Access{Assignments: on("A", 0, 1)}, "1 person loses A on 1 account (111122223333); its 1 assignment is kept"},
		{"three fit", identity.KindGroup, false, true, 2, identity.Access{Assignments: on("A", 0, 3)}, "2 people lose A on 3 accounts (111122223333, 111122223334, 111122223335); its 3 assignments are kept"},
		{"not emptied", identity.KindGroup, false, false, 2, identity.Access{Assignments: on("A", 0, 1)}, "2 people would lose A on 1 account (111122223333)"},
		{"not emptied of one", identity.KindGroup, false, false, 1, identity.Access{Assignments: on("A", 0, 1)}, "1 person would lose A on 1 account (111122223333)"},
		{"deleted", identity.KindGroup, true, true, 2, identity.Access{Assignments: on("A", 0, 1), Applications: []string{"Grafana"}}, "2 people lose A on 1 account (111122223333), the application Grafana; its 2 assignments are lost for good"},
		{"deleted when empty", identity.KindGroup, true, true, 0, identity.Access{Assignments: on("A", 0, 1)}, "assigned to it, with nobody in it: A on 1 account (111122223333); its 1 assignment is lost for good"},
		{"not deleted", identity.KindGroup, true, false, 0, identity.Access{Assignments: on("A", 0, 1)}, "assigned to it, with nobody in it: A on 1 account (111122223333); its 1 assignment would be lost for good"},
		{"nothing behind", identity.KindGroup, true, true, 2, identity.Access{}, "nothing is assigned to it"},
		{"user", identity.KindUser, false, true, 1, identity.Access{Assignments: on("A", 0, 1)}, "loses A on 1 account (111122223333); the 1 assignment is kept"},
		{"user fails", identity.KindUser, false, false, 1, identity.Access{Applications: []string{"Wiki (x)"}}, `would lose the application "Wiki (x)"`},
		{"user deleted", identity.KindUser, true, true, 1, identity.Access{Assignments: on("A", 0, 2)}, "loses A on 2 accounts (111122223333, 111122223334); the 2 assignments are lost for good"},
		{"user of nothing", identity.KindUser, true, true, 1, identity.Access{}, ""},
	} {
		d := newDraft(report.Partial)
		d.deactivate("other@example.com", plan.CauseGone)
		switch {
		case c.kind == identity.KindUser && c.delete:
			d.Plan.Users = append(d.Plan.Users, plan.Change[identity.User]{Op: plan.Delete, Key: d.user("x"), Cause: plan.CauseExpired})
		case c.kind == identity.KindUser:
			d.deactivate("x", plan.CauseGone)
		case c.delete:
			d.Plan.Groups = append(d.Plan.Groups, plan.Change[identity.Group]{Op: plan.Delete, Key: d.group("x"), Cause: plan.CauseExpired})
		default:
			d.Plan.Emptied = []identity.Key{d.group("x")}
			d.leave(plan.CauseGone, "x", "ann@example.com")
		}
		if d.carriedOut(nil); !c.done {
			d.Results = nil
		}
		d.Impact.Lost = []report.Loss{{Kind: c.kind, Name: "x", ID: "id-x", People: c.people, Access: c.access}, {Kind: c.kind, Name: "y", ID: "id-y", People: 7, Access: c.access}}
		lines := strings.Split(text(t, d.Report, report.TextOptions{Width: 400}), "\n")
		i := slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, string(c.kind)+" x ") })
		if got := lines[i+1]; c.want == "" && strings.HasPrefix(got, "      ") || c.want != "" && got != "      "+c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// All accounts are named where there is room for them, and where they are
// asked for.
func TestImpactOnManyAccounts(t *testing.T) {
	r := leavers()
	for what, s := range map[string]string{"html": html(t, r), "json": string(jsonOf(t, r)), "full": text(t, r, report.TextOptions{Full: true})} {
		for _, a := range on("", 0, 41) {
			if !strings.Contains(s, a.Account) {
				t.Fatalf("%s: %s is missing", what, a.Account)
			}
		}
	}
	if s := markdown(t, r); !strings.Contains(s, "`111122223342` and 31 more)") {
		t.Error(s)
	}
}

// Why nobody knows what is lost is told where something is, and once.
func TestUnknownImpact(t *testing.T) {
	const said = "What is assigned in AWS to those above is not known: not permitted"
	for name, want := range map[string]int{"leavers": 1, "refused": 1, "doubt": 1, "first-load": 0} {
		r := cases()[name]
		r.Impact.Unknown = "not permitted"
		got := text(t, r, report.TextOptions{Width: 200})
		if strings.Count(got, said) != want {
			t.Errorf("%s: %s", name, got)
		}
		if _, after, _ := strings.Cut(got, "\nAccess taken away"); name == "refused" && !strings.Contains(after, said) {
			t.Errorf("it is not said of what is taken away: %s", got)
		}
	}
}

// What is not proven is told with both sayings; the same sayings once.
func TestUnproven(t *testing.T) {
	r := report.Report{Outcome: report.Partial}
	r.Plan.Unproven = []plan.Unproven{{Kind: identity.KindUser, Name: "sam@example.com", ID: "id-1", Cause: plan.CauseGone, Why: "users.get returns them"}}
	want := `! user sam@example.com "gone from Google", say the listings, but users.get returns them ` +
		"Nobody can accept this: it is done as soon as Google confirms it. Look at one of them in the Admin console of Google, and run ssosync plan again in a few minutes."
	if diff := cmp.Diff(want, section(t, r, "Not proven: nothing of this was removed")); diff != "" {
		t.Error(diff)
	}
	if got := report.Line(r); got != "Done in 0ms, but 1 removal is not proven; nothing else was to do." {
		t.Error(got)
	}
	r.DryRun = true
	if got := report.Line(r); got != "Nothing was changed (dry run), and 1 removal is not proven; nothing else was to do." {
		t.Error(got)
	}
	if got := text(t, r, report.TextOptions{}); !strings.HasPrefix(got, "dry run") || !strings.Contains(got, "unproven") {
		t.Errorf("it is not counted:\n%s", got)
	}
	if got := report.Line(incident()); strings.Contains(got, "not proven") {
		t.Errorf("it is said twice: %s", got)
	}
	doc := report.NewDocument(incident())
	if u, g, m := doc.Counts.Users.Unproven, doc.Counts.Groups.Unproven, doc.Counts.Memberships.Unproven; u != 1 || g != 6 || m != 2 {
		t.Errorf("%d users, %d groups and %d memberships are unproven", u, g, m)
	}
	if diff := cmp.Diff(report.UnprovenDocument{Kind: "membership", Name: "pat@example.com", Group: "aws-dev", Cause: "left", Why: "members.hasMember says that they are in it"}, doc.Unproven[7]); diff != "" {
		t.Error(diff)
	}
}

// What waits is told with its date, the soonest first, and cut like all that
// is harmless.
func TestWaiting(t *testing.T) {
	want := "· user eve@example.com inactive since 2026-11-01 (archived in Google); deleted after 2026-12-01 " +
		"· group aws-tmp empty since 2026-11-20 (out of scope); deleted after 2026-12-04 " +
		"· user ada@example.com inactive since 2026-11-03 (gone from Google); kept (--delete-after=never) " +
		"· user old@example.com inactive (gone from Google); nothing proves since when, so it is not deleted"
	if diff := cmp.Diff(want, section(t, leavers(), "Waiting: 3 users and 1 group left and are kept for now")); diff != "" {
		t.Error(diff)
	}
	r := newDraft(report.InSync).Report
	r.Waiting = []report.Waiting{{Kind: identity.KindUser, Name: "eve@example.com", Since: at(1, 9), Delete: at(30, 9)}}
	if got := report.Line(r); !strings.HasSuffix(got, "; 1 user waits to be deleted.") {
		t.Error(got)
	}
	if section(t, r, "Waiting: 1 user left and is kept for now") == "" {
		t.Error(text(t, r, report.TextOptions{}))
	}
	for i := range 40 {
		r.Waiting = append(r.Waiting, report.Waiting{Kind: identity.KindGroup, Name: fmt.Sprint("g", i), Since: at(2, 9), Delete: at(1, 9)})
	}
	if got := report.Line(r); !strings.HasSuffix(got, "; 1 user and 40 groups wait to be deleted.") {
		t.Error(got)
	}
	short := section(t, r, "Waiting: 1 user and 40 groups")
	if strings.Count(short, "empty since") != 12 || !strings.HasSuffix(short, "… and 29 lines more, all in --output json") {
		t.Error(short)
	}
	if r.Waiting[0].Name != "eve@example.com" {
		t.Error("the report is put into another order")
	}
	for _, w := range []report.Waiting{{Kind: identity.KindUser, Since: at(1, 9)}, {Kind: identity.KindUser, Delete: at(9, 9)}} {
		r.Waiting = []report.Waiting{w}
		if got := report.Line(r); strings.Contains(got, "wait") {
			t.Errorf("%+v: %s", w, got)
		}
	}
}

// What fails is told with its tries, in UTC, and with the day if it is another
// one than that of the run.
func TestFailing(t *testing.T) {
	zone := time.FixedZone("", 2*60*60)
	for _, c := range []struct {
		f    report.Failing
		want string
	}{
		{report.Failing{Op: "create", Tries: 1, Since: at(23, 8), Next: at(23, 14), Postponed: true}, "create user x failed once, first 08:00 UTC; not tried before 14:00 UTC; a changed record is tried at once e"},
		{report.Failing{Op: "update", Tries: 3, Since: at(22, 8), Next: at(24, 6).In(zone)}, "update user x failed 3 times, first 2026-11-22 08:00 UTC; tried again from 2026-11-24 06:00 UTC on e"},
		{report.Failing{Op: "leave", Group: "g", Tries: 2}, "remove x from g failed 2 times; the next run tries again e"},
		{report.Failing{Op: "join", Group: "g", Tries: 2, Postponed: true}, "join x to g failed 2 times; not tried this time; a changed record is tried at once e"},
		{report.Failing{Op: "<b>", Tries: 2}, "<b> user x failed 2 times; the next run tries again e"},
	} {
		r := newDraft(report.Done).Report
		c.f.Kind, c.f.Name, c.f.Err = identity.KindUser, "x", "e"
		r.Failing = []report.Failing{c.f}
		if got := section(t, r, "Failing"); got != "✘ "+c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
		if got, want := report.Line(r), "1 failing change put off"; strings.Contains(got, want) != c.f.Postponed {
			t.Error(got)
		}
	}
}

// Objects of one fate are one item, and an error is not told twice.
func TestFailingIsGrouped(t *testing.T) {
	d := newDraft(report.Partial)
	f := report.Failing{Kind: identity.KindUser, Op: "create", Tries: 1, Since: at(23, 9), Next: at(23, 10), Err: "boom"}
	for _, name := range []string{"ann@example.com", "bo@example.com"} {
		f.Name = name
		d.Failing = append(d.Failing, f)
	}
	want := "✘ create user ann@example.com, create user bo@example.com failed once, first 09:00 UTC; tried again from 10:00 UTC on"
	if got := section(t, d.Report, "Failing"); got != want+" boom" {
		t.Error(got)
	}
	d.create("ann@example.com", "bo@example.com")
	d.carriedOut(map[string]error{"ann@example.com": fmt.Errorf("boom"), "bo@example.com": fmt.Errorf("boom")})
	if got := section(t, d.Report, "Failing"); got != want {
		t.Error(got)
	}
	if got := section(t, d.Report, "Failed"); !strings.HasSuffix(got, " boom") {
		t.Errorf("the hint contradicts what follows: %s", got)
	}
}

// What others changed is told by whom, and with what becomes of it.
func TestDrift(t *testing.T) {
	const arn = "arn:aws:sts::111122223333:assumed-role/Admin/kim"
	for _, c := range []struct {
		x    report.Drift
		want string
	}{
		{report.Drift{Kind: identity.KindUser, Name: "x", Group: "g", What: "joined", By: arn, At: "2026-11-23T10:42:00+02:00"}, "group g x joined by " + arn + ", 2026-11-23 08:42 UTC; to be repaired"},
		{report.Drift{Kind: identity.KindUser, Name: "x", Group: "g", What: "left", At: "yesterday"}, "group g x left, yesterday; to be repaired"},
		{report.Drift{Kind: identity.KindUser, Name: "x", What: "activated", Kept: true}, "user x activated; kept (--drift=report)"},
		{report.Drift{Kind: identity.KindGroup, Name: "x", What: "displayName", Before: "a", After: "b"}, "group x displayName a → b; to be repaired"},
	} {
		r := report.Report{DryRun: true, Memory: report.Memory{Drift: []report.Drift{c.x}}}
		if got := section(t, r, "Changed by somebody else since the last run"); got != "~ "+c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
		r.DryRun = false
		if got, want := section(t, r, "Changed by somebody else since the last run"), strings.Replace(c.want, "to be repaired", "repaired", 1); got != "~ "+want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// What is held back is not called repaired.
func TestDriftThatStays(t *testing.T) {
	for name, hold := range map[string]func(*draft){
		"withheld": func(d *draft) { d.Withheld.Leave = d.moves(plan.CauseLeft, "g", "x") },
		"unproven": func(d *draft) {
			d.Plan.Unproven = []plan.Unproven{{Kind: identity.KindUser, Name: "x", Group: "g"}}
		},
		"not tried": func(d *draft) { d.leave(plan.CauseLeft, "g", "x") },
	} {
		d := newDraft(report.Refused)
		hold(d)
		d.Drift = []report.Drift{{Kind: identity.KindUser, Name: "x", Group: "g", What: "joined"}}
		if got := section(t, d.Report, "Changed by somebody else since the last run"); got != "~ group g x joined; NOT repaired yet" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// Who gained access by others is never left out; the rest is cut.
func TestDriftIsCut(t *testing.T) {
	var r report.Report
	for i := range 40 {
		r.Drift = append(r.Drift, report.Drift{Kind: identity.KindUser, Name: fmt.Sprint("u", i), What: "title", After: "x"},
			report.Drift{Kind: identity.KindUser, Name: fmt.Sprint("v", i), What: "activated"},
			report.Drift{Kind: identity.KindUser, Name: fmt.Sprint("w", i), Group: fmt.Sprint("g", i), What: "joined"})
	}
	got := section(t, r, "Changed by somebody else since the last run")
	for what, n := range map[string]int{"activated": 40, "joined": 40, "title": 12, "… and 28 lines more": 1} {
		if strings.Count(got, what) != n {
			t.Errorf("%s: want %d times:\n%s", what, n, got)
		}
	}
}

// The last lines say which plan this is and where the run is kept, if there is
// something to say.
func TestClosing(t *testing.T) {
	planned := dryRun()
	planned.Saved = report.Saved{ID: "7Q4K", File: "a.plan", Expires: at(24, 9)}
	refused := planned
	refused.Refusals = []guard.Refusal{{Guard: "users", Acceptable: true}}
	unproven := planned
	unproven.Refusals = []guard.Refusal{{Guard: "evidence"}}
	noFile := dryRun()
	noFile.Saved.ID = "7Q4K"
	applied := leavers()
	applied.Saved = planned.Saved
	nothing := newDraft(report.InSync).Report
	nothing.Run = "01JD"
	dry := dryRun()
	dry.Run = "01JD"
	for name, c := range map[string]struct {
		r    report.Report
		want string
	}{
		"planned":     {planned, "Plan 7Q4K, valid until 2026-11-24 09:00 UTC or until something that it rests on changes.\nApply exactly this: ssosync apply a.plan\n"},
		"refused":     {refused, "Plan 7Q4K, valid until 2026-11-24 09:00 UTC or until something that it rests on changes.\n"},
		"unproven":    {unproven, "Plan 7Q4K, valid until 2026-11-24 09:00 UTC or until something that it rests on changes.\nApply exactly this: ssosync apply a.plan\n"},
		"no file":     {noFile, "Plan 7Q4K.\n"},
		"applied":     {applied, "Plan 7Q4K, valid until 2026-11-24 09:00 UTC or until something that it rests on changes.\nRun 01JDZ8Q4K92MD7Q4K92MD7Q4K9: ssosync history show 01JDZ8Q4K92MD7Q4K92MD7Q4K9\n"},
		"done":        {leavers(), "Run 01JDZ8Q4K92MD7Q4K92MD7Q4K9: ssosync history show 01JDZ8Q4K92MD7Q4K92MD7Q4K9\n"},
		"no changes":  {nothing, ""},
		"dry run":     {dry, ""},
		"no journal":  {firstLoad(), ""},
		"no run made": {failed(), ""},
	} {
		line := report.Line(c.r)
		_, got, found := strings.Cut(text(t, c.r, report.TextOptions{Width: 1000}), line+"\n")
		if !found || got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
		md := strings.NewReplacer("`", "", "\n\n", "\n").Replace(markdown(t, c.r))
		if !strings.HasSuffix(md, c.want) {
			t.Errorf("%s: Markdown ends otherwise: %s", name, md)
		}
	}
}

// What programs read has the same facts.
func TestMemoryInJSON(t *testing.T) {
	doc := report.NewDocument(leavers())
	for _, c := range []struct{ got, want any }{
		{doc.Run, "01JDZ8Q4K92MD7Q4K92MD7Q4K9"},
		{doc.Host, "scim.eu-west-1.amazonaws.com"},
		{doc.Waiting[1], report.WaitingDocument{Kind: "group", Name: "aws-tmp", TargetID: "id-tmp", Cause: "out-of-scope", Since: "2026-11-20T09:00:00Z", Delete: "2026-12-04T09:00:00Z"}},
		{doc.Waiting[0].Delete, ""},
		{doc.Waiting[2].Since, ""},
		{doc.Failing[1], report.FailingDocument{Action: "leave", Kind: "membership", Name: "tom@example.com", Group: "aws-dev", Tries: 1, Since: "2026-11-23T09:00:00Z", Next: "2026-11-23T10:00:00Z", Error: "patch group: 503 Service Unavailable"}},
		{doc.Failing[0].Postponed, true},
		{doc.Drift[0], report.DriftDocument{Kind: "group", Name: "aws-data", What: "displayName", Before: "aws-data", After: "AWS Data!", Kept: true}},
		{doc.Drift[4], report.DriftDocument{Kind: "membership", Name: "tom@example.com", Group: "aws-dev", What: "joined"}},
		{doc.Impact.Lost[1].TargetID, "id-aws-old"},
		{doc.Impact.Lost[0].Applications, []string{"Grafana", "Wiki (internal)"}},
		{doc.Impact.Lost[1].Assignments[0], identity.Assignment{PermissionSet: "PowerUserAccess", Account: "111122223336"}},
		{doc.Impact.Lost[0].People, 12},
		{report.NewDocument(incident()).Saved, report.SavedDocument{ID: "7Q4K-92MD", File: "plans/big plan.json", Expires: "2026-11-24T09:00:00Z"}},
		{report.NewDocument(incident()).Impact.Unknown, "sso:ListAccountAssignmentsForPrincipal is not permitted"},
	} {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestPartialError(t *testing.T) {
	for _, c := range []struct {
		e    report.PartialError
		want string
	}{
		{report.PartialError{Failed: 1}, "1 change failed; everything else is done"},
		{report.PartialError{Failed: 2, Conflicts: 1, Problems: 3}, "2 changes failed, 1 conflict is left to settle, 3 records cannot be taken by Identity Center; everything else is done"},
		{report.PartialError{Unproven: 1, Failing: 2}, "1 removal is not proven, and was not made, 2 objects failed lately, and were not tried again; everything else is done"},
	} {
		if got := c.e.Error(); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
		if got := report.OutcomeOf(report.Report{}, &c.e); got != report.Partial {
			t.Error(got)
		}
	}
}

// Groups that were emptied without evidence of their own are known by those
// who left.
func TestEvidenceOfAnEmptiedGroup(t *testing.T) {
	d := newDraft(report.Planned)
	d.DryRun = true
	d.Plan.Emptied = []identity.Key{d.group("aws-old")}
	d.Plan.Leave = proven(d.moves(plan.CauseGone, "aws-old", "ann@example.com"), goneGroup)
	d.Plan.Conflicts = []match.Conflict{}
	if got := section(t, d.Report, "Access to be taken away"); got != "− group aws-old to be emptied (deleted in Google; groups.get: 404 notFound); leaving: ann@example.com" {
		t.Error(got)
	}
}
