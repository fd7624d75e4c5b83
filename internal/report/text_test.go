package report_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/google/go-cmp/cmp"

	"ssosync/internal/apply"
	"ssosync/internal/guard"
	"ssosync/internal/identity"
	"ssosync/internal/match"
	"ssosync/internal/plan"
	"ssosync/internal/policy"
	"ssosync/internal/report"
)

func TestLine(t *testing.T) {
	took := 1500 * time.Millisecond
	base := plan.Plan{Base: plan.Base{Managed: plan.Size{Users: 1, Groups: 2, Members: 3}}}
	one := newDraft(report.Refused)
	one.leave(plan.CauseLeft, "g", "a@example.com")
	one.deactivate("b@example.com", plan.CauseSuspended)
	one.carriedOut(nil)
	for _, c := range []struct {
		name string
		r    report.Report
		want string
	}{
		{"in sync", report.Report{Outcome: report.InSync, Took: took, Plan: base}, "Nothing to do (1 user, 2 groups, 3 memberships in sync), checked in 1.5s."},
		{"one call", report.Report{Outcome: report.InSync, Plan: base, Calls: []report.Call{{Calls: 1}}}, "Nothing to do (1 user, 2 groups, 3 memberships in sync), checked in 0ms with 1 API call."},
		{
			"in sync but for conflicts",
			report.Report{Outcome: report.InSync, DryRun: true, Took: took, Plan: plan.Plan{Conflicts: make([]match.Conflict, 2)}},
			"Nothing to do (0 users, 0 groups, 0 memberships in sync), checked in 1.5s; 2 conflicts left for you to settle.",
		},
		{"records", report.Report{Outcome: report.Partial, Took: took, Problems: make([]policy.Problem, 1)}, "Done in 1.5s, but AWS cannot take 1 record; nothing else was to do."},
		{
			"refused",
			report.Report{Outcome: report.Refused, Refusals: []guard.Refusal{{Guard: "users", Text: "6 of 20 users"}}, Withheld: plan.Plan{Leave: make([]plan.Move, 2)}},
			"Refused: users: 6 of 20 users; 0 changes that take nothing away were made; nothing was removed, 2 withheld.",
		},
		{"refused, with removals", one.Report, "Refused; 0 changes that take nothing away were made; 2 removals within the limits were made, 0 withheld."},
		{"failed", report.Report{Outcome: report.Failed, Took: 400 * time.Millisecond, Err: errors.New("read source:\n\tlist users: 403")}, "Failed after 400ms: read source:; list users: 403; nothing was changed."},
		{"no reason", report.Report{Outcome: report.Failed, Took: 61 * time.Second}, "Failed after 1m01s; nothing was changed."},
		{"long", report.Report{Outcome: report.Failed, Took: 3*time.Hour + 5*time.Minute}, "Failed after 3h05m; nothing was changed."},
		{"hostile", report.Report{Outcome: report.Failed, Err: errors.New("x\x1b[2Jy")}, `Failed after 0ms: x\u001b[2Jy; nothing was changed.`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, report.Line(c.r)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMirror(t *testing.T) {
	deletes := func(n int) plan.Plan {
		var p plan.Plan
		for i := range n {
			p.Users = append(p.Users, plan.Change[identity.User]{Op: plan.Delete, Key: identity.Key(strconv.Itoa(i))})
		}
		return p
	}
	for _, c := range []struct {
		mirror  plan.Size
		deleted int
		want    string
	}{
		{plan.Size{}, 0, ""},
		{plan.Size{Users: 3, Groups: 8}, 0, "awslabs/ssosync would have deleted 3 users and 8 groups here; they are kept.\n"},
		{plan.Size{Groups: 1}, 0, "awslabs/ssosync would have deleted 1 group here; it is kept.\n"},
		{plan.Size{Users: 5}, 2, "awslabs/ssosync would have deleted 5 users here; 3 of them are kept.\n"},
		{plan.Size{Users: 2}, 2, "awslabs/ssosync would have deleted 2 users here; so does this run.\n"},
	} {
		got := text(t, report.Report{Outcome: report.Planned, DryRun: true, Mirror: c.mirror, Plan: deletes(c.deleted)}, report.TextOptions{})
		if c.want == "" && strings.Contains(got, "awslabs") || !strings.Contains(got, c.want) {
			t.Errorf("%+v: got %q, want %q", c.mirror, got, c.want)
		}
	}
}

// constants returns the values of the constants of a type in a file.
func constants(t *testing.T, file, typ string) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	ast.Inspect(f, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
			if id, ok := spec.Type.(*ast.Ident); ok && id.Name == typ {
				v, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				values = append(values, v)
			}
		}
		return true
	})
	if len(values) == 0 {
		t.Fatalf("%s has no %s", file, typ)
	}
	return values
}

// Every reason for a conflict and every cause is put into words.
func TestEverythingHasWords(t *testing.T) {
	for _, reason := range constants(t, "../match/match.go", "Reason") {
		for _, kind := range []identity.Kind{identity.KindUser, identity.KindGroup} {
			doc := report.NewDocument(report.Report{Plan: plan.Plan{Conflicts: []match.Conflict{{Kind: kind, Reason: match.Reason(reason), HaveID: "id-1", Want: "want-1"}}}})
			c := doc.Conflicts[0]
			if strings.Contains(c.Means, reason) || len(c.Means) < 30 || len(c.Remedy) < 30 {
				t.Errorf("%s of a %s: %+v", reason, kind, c)
			}
			if strings.ContainsAny(c.Means+c.Remedy, "{}`") {
				t.Errorf("%s of a %s has a hole: %+v", reason, kind, c)
			}
		}
	}
	for _, cause := range constants(t, "../plan/plan.go", "Cause") {
		if cause == string(plan.CauseJoined) || cause == string(plan.CauseChanged) || cause == string(plan.CauseAdopted) || cause == string(plan.CauseReturned) {
			continue // takes nothing away
		}
		d := newDraft(report.Planned)
		d.deactivate("leo@example.com", plan.Cause(cause))
		if got := text(t, d.Report, report.TextOptions{}); strings.Contains(got, "("+cause+")") || strings.Contains(got, "()") {
			t.Errorf("%s has no words:\n%s", cause, got)
		}
	}
	for _, outcome := range constants(t, "report.go", "Outcome") {
		got := markdown(t, report.Report{Outcome: report.Outcome(outcome)})
		if title, _, _ := strings.Cut(got, "\n"); title == "## ssosync: " {
			t.Errorf("%s has no title", outcome)
		}
	}
}

// The AWS user of a re-used address is a door that stands open.
func TestReusedAddressIsSaidPlainly(t *testing.T) {
	got := strings.Join(strings.Fields(text(t, allConflicts(), report.TextOptions{})), " ")
	if !strings.Contains(got, "whoever signs in to AWS with this address reaches the existing AWS user") {
		t.Error(got)
	}
}

// What goes into a command that people paste is one word, whatever is in it.
func TestCommandsAreSafe(t *testing.T) {
	for name, want := range map[string]string{
		"eva":                    "ssosync relink user eva, and",
		"eva@example.com":        "ssosync relink user 'eva@example.com', and",
		"it's $(boom); rm -rf ~": `ssosync relink user 'it'\''s $(boom); rm -rf ~' --separate`,
		"-x":                     "ssosync relink user './-x'",
	} {
		c := match.Conflict{Kind: identity.KindUser, Reason: match.ReusedName, Name: name, HaveID: "1"}
		doc := report.NewDocument(report.Report{Plan: plan.Plan{Conflicts: []match.Conflict{c}}})
		if got := doc.Conflicts[0].Remedy; !strings.Contains(got, want) {
			t.Errorf("%q: %s", name, got)
		}
	}
}

// An id in a command is an id, or nothing.
func TestIDsInCommandsAreSafe(t *testing.T) {
	for id, want := range map[string]string{"1; rm -rf ~": "--user-id ….", "9067-aB": "--user-id 9067-aB."} {
		c := match.Conflict{Kind: identity.KindUser, Reason: match.TakenName, Name: "x@example.com", HaveID: id}
		doc := report.NewDocument(report.Report{Plan: plan.Plan{Conflicts: []match.Conflict{c}}})
		if got := doc.Conflicts[0].Remedy; !strings.Contains(got, want) {
			t.Error(got)
		}
	}
}

func TestAdoptAdvice(t *testing.T) {
	for ext, want := range map[string]string{"": "--adopt=unowned", "00u-okta": "--adopt=all"} {
		c := match.Conflict{Kind: identity.KindUser, Reason: match.NotAdopted, Name: "x@example.com", HaveExternalID: ext}
		doc := report.NewDocument(report.Report{Plan: plan.Plan{Conflicts: []match.Conflict{c}}})
		if got := doc.Conflicts[0].Remedy; !strings.Contains(got, want+";") {
			t.Errorf("external id %q: %s", ext, got)
		}
	}
}

// Lines fit, but for what must not be broken.
func TestWidth(t *testing.T) {
	for name, r := range cases() {
		if name == "conflicts" {
			continue // their commands are long
		}
		for width := 40; width <= 120; width += 7 {
			out := text(t, r, report.TextOptions{Width: width})
			for line := range strings.Lines(out) {
				line = strings.TrimSuffix(line, "\n")
				if lipgloss.Width(line) > width && width >= 56 {
					t.Errorf("%s at %d: %q", name, width, line)
				}
				if line != strings.TrimRight(line, " ") {
					t.Errorf("%s at %d: blanks at the end of %q", name, width, line)
				}
			}
		}
	}
	narrow := text(t, firstLoad(), report.TextOptions{Width: 44})
	if !strings.HasPrefix(narrow, "done         users  groups  memberships\ncreate          58      15            –\n") {
		t.Errorf("the table does not turn:\n%s", narrow)
	}
	if a, b := text(t, firstLoad(), report.TextOptions{}), text(t, firstLoad(), report.TextOptions{Width: 80}); a != b {
		t.Error("the width is not 80 by default")
	}
}

// Wide and combining characters take the columns that they take.
func TestAlignment(t *testing.T) {
	d := newDraft(report.Planned)
	d.DryRun = true
	for _, n := range []string{"王小明@example.com", "e\u0301va@example.com", "leonard@example.com"} {
		d.deactivate(n, plan.CauseSuspended)
	}
	want := "  − user 王小明@example.com   to be deactivated (suspended in Google)\n" +
		"  − user e\u0301va@example.com      to be deactivated (suspended in Google)\n" +
		"  − user leonard@example.com  to be deactivated (suspended in Google)\n"
	if got := text(t, d.Report, report.TextOptions{}); !strings.Contains(got, want) {
		t.Error(got)
	}
}

// One long name does not push all others aside.
func TestLongNames(t *testing.T) {
	d := newDraft(report.Planned)
	d.DryRun = true
	d.deactivate(strings.Repeat("x", 60)+"@example.com", plan.CauseGone)
	d.deactivate("leo@example.com", plan.CauseGone)
	if got := text(t, d.Report, report.TextOptions{}); !strings.Contains(got, "\n  − user leo@example.com              to be deactivated") {
		t.Error(got)
	}
}

// A group is listed with who joins and who leaves.
func TestGroups(t *testing.T) {
	d := newDraft(report.Planned)
	d.DryRun = true
	d.join("only joins", "ann@example.com", "bo@example.com")
	d.join("both", "ann@example.com")
	d.leave(plan.CauseLeft, "both", "leo@example.com")
	d.leave(plan.CauseLeft, "only leaves", "leo@example.com")
	_, got, _ := strings.Cut(text(t, d.Report, report.TextOptions{}), "\nGroups\n")
	got, _, _ = strings.Cut(got, "\n\n")
	want := "  ~ \"only joins\"  + ann@example.com, bo@example.com\n  ~ both          + ann@example.com  − leo@example.com"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// What is not UTF-8 is said to be so, in the same way everywhere.
func TestBrokenText(t *testing.T) {
	d := newDraft(report.Planned)
	d.DryRun = true
	d.deactivate("a\xffb", plan.CauseGone)
	for what, s := range map[string]string{"text": text(t, d.Report, report.TextOptions{}), "markdown": markdown(t, d.Report), "json": string(jsonOf(t, d.Report))} {
		if !strings.Contains(s, "a\uFFFDb") {
			t.Errorf("%s: %s", what, s)
		}
	}
}

// What is harmless is cut to a screen; what is risky, or asked for, never is.
func TestCut(t *testing.T) {
	d := newDraft(report.Planned)
	d.DryRun = true
	d.create(people(1, 90)...)
	for i := range 40 {
		d.update(fmt.Sprintf("changed%02d@example.com", i), plan.CauseChanged, plan.Field{Attr: "title", Before: "a", After: strings.Repeat("é", 60)})
		d.deactivate(fmt.Sprintf("leaver%02d@example.com", i), plan.CauseGone)
	}
	short, long := text(t, d.Report, report.TextOptions{}), text(t, d.Report, report.TextOptions{Full: true, Calls: true})
	for _, c := range []struct {
		what        string
		short, long int
	}{{"@example.com  to be deactivated", 40, 40}, {"~ changed", 11, 40}, {" person", 8, 90}, {strings.Repeat("é", 39) + "…", 11, 40}} {
		if n := strings.Count(strings.ReplaceAll(short, "\n  ", " "), c.what); n != c.short {
			t.Errorf("%q: %d times, want %d:\n%s", c.what, n, c.short, short)
		}
		if n := strings.Count(strings.ReplaceAll(long, "\n  ", " "), c.what); n != c.long {
			t.Errorf("%q: %d times when verbose, want %d", c.what, n, c.long)
		}
	}
	for _, s := range []string{"… and 82 more, all in --output json", "… and 29 lines more, all in --output json"} {
		if !strings.Contains(strings.Join(strings.Fields(short), " "), s) {
			t.Errorf("%q is missing:\n%s", s, short)
		}
		if strings.Contains(long, "--output json") {
			t.Error("cut in spite of Full")
		}
	}
}

// One that would be cut is no longer than the words that would stand for it.
func TestCutLeavesNoSingleOne(t *testing.T) {
	for n, cut := range map[int]bool{9: false, 10: true} {
		d := newDraft(report.Planned)
		d.DryRun = true
		d.create(people(1, n)...)
		if got := text(t, d.Report, report.TextOptions{}); strings.Contains(got, "--output json") != cut {
			t.Errorf("%d names:\n%s", n, got)
		}
	}
}

// What lets a plan pass is told once for all guards that can be accepted, and
// none of it for one that cannot.
func TestAccept(t *testing.T) {
	for _, c := range []struct{ guards, file, want string }{
		{"users", "", "for one run: ssosync --accept=users, with the other flags of this run " +
			"or reviewed: ssosync plan --out big.plan, then ssosync approve big.plan --reason \"…\", then ssosync apply big.plan"},
		{"users", "a/b.plan", "or reviewed: ssosync approve a/b.plan --reason \"…\", then ssosync apply a/b.plan"},
		{"users", "my plan", "then ssosync apply 'my plan'"},
		{"users", "-it's", `then ssosync apply './-it'\''s'`},
		{"group-leaves group-leaves", "", "ssosync --accept=group-leaves,"},
		{"users doubt", "", "ssosync --accept=users,"},
		{"users leaves users", "", "ssosync --accept=users,leaves,"},
		{"doubt", "", ""},
	} {
		r := report.Report{Outcome: report.Refused, Saved: report.Saved{File: c.file}}
		for g := range strings.FieldsSeq(c.guards) {
			r.Refusals = append(r.Refusals, guard.Refusal{Guard: g, Text: "x", Acceptable: g != guard.Doubt})
		}
		got := strings.Join(strings.Fields(text(t, r, report.TextOptions{Width: 120})), " ")
		if !strings.Contains(got, c.want) {
			t.Errorf("%s: want %q:\n%s", c.guards, c.want, got)
		}
		if n := strings.Count(got, "--accept="); n != min(1, len(c.want)) {
			t.Errorf("%s: %d commands:\n%s", c.guards, n, got)
		}
	}
}

// Each guard is answered by what there is to look at.
func TestNext(t *testing.T) {
	const accept = "If all that is withheld is meant, let it pass for one run: ssosync --accept=NAME, with the other flags of this run; " +
		"or reviewed: ssosync plan --out big.plan, then ssosync approve big.plan --reason \"…\", then ssosync apply big.plan."
	const part = "Google may have answered with a part only: run ssosync plan again in a few minutes. " +
		"If it stays so, see whether --group-match and --user-match still say what is meant. "
	for _, c := range []struct {
		guard      string
		acceptable bool
		want       string
	}{
		{"users", true, accept},
		{"group-leaves", true, accept},
		{"shrink", true, part + accept},
		{"query", true, part + accept},
		{"protected", true, "Bring back in Google what must stay, or take it out of what is protected. " + accept},
		{"protected", false, "Bring back in Google what must stay, or take it out of what is protected."},
		{"doubt", false, "This cannot be accepted, since nothing is known for sure. Look at what is named here in Google's Admin console, and run ssosync plan again in a few minutes."},
		{"evidence", false, "This cannot be accepted. What Google says of each is told below."},
		{"other", false, "This cannot be accepted. Find the cause, and run ssosync plan again."},
	} {
		r := report.Report{Outcome: report.Refused, Refusals: []guard.Refusal{{Guard: c.guard, Text: "6 of 9", Evidence: "0 of 6 are gone", Acceptable: c.acceptable}}}
		got := report.NewDocument(r).Refusals[0]
		want := report.RefusalDocument{Guard: c.guard, Text: "6 of 9", Evidence: "0 of 6 are gone", Acceptable: c.acceptable, Next: strings.ReplaceAll(c.want, "NAME", c.guard)}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", c.guard, diff)
		}
		if s := text(t, r, report.TextOptions{}); !strings.Contains(s, "guard "+c.guard+": 6 of 9\n      Evidence: 0 of 6 are gone\n") {
			t.Error(s)
		}
	}
	both := report.Report{Refusals: []guard.Refusal{{Guard: "shrink", Text: "x"}, {Guard: "query", Text: "y"}}}
	if s := text(t, both, report.TextOptions{}); strings.Count(s, "with a part only") != 1 {
		t.Errorf("the same advice twice:\n%s", s)
	}
}

// A cause without words of ours is shown all the same, and is no markup.
func TestUnknownCause(t *testing.T) {
	d := newDraft(report.Planned)
	d.DryRun = true
	d.deactivate("leo@example.com", "<b>*new*</b>")
	if got := markdown(t, d.Report); !strings.Contains(got, `(&lt;b&gt;\*new\*&lt;/b&gt;)`) {
		t.Error(got)
	}
}

// A run with nothing to do is told in a few lines.
func TestQuiet(t *testing.T) {
	r := newDraft(report.InSync).Report
	if got := text(t, r, report.TextOptions{}); strings.Count(got, "\n") > 5 || strings.Contains(got, "\n\n") {
		t.Error(got)
	}
	alone := report.Report{Outcome: report.Partial, Warnings: []string{"the counts disagree"}}
	if got := text(t, alone, report.TextOptions{}); !strings.HasPrefix(got, "Warnings\n") {
		t.Errorf("what is risky needs its title:\n%s", got)
	}
	r.Calls[0].Throttles = 1
	if got := text(t, r, report.TextOptions{}); !strings.Contains(got, "google groups.list 1 (1 throttled)") {
		t.Errorf("the throttle is hidden:\n%s", got)
	}
	r.Calls[0].Throttles = 0
	if got := text(t, r, report.TextOptions{Full: true, Calls: true}); !strings.Contains(got, "google groups.list 1") {
		t.Errorf("the calls are hidden:\n%s", got)
	}
}

func TestHints(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{identity.ErrRejected, "will not take this"},
		{identity.ErrConflict, "has this name, address or id"},
		{identity.ErrNotFound, "is gone from AWS"},
		{errors.New("503"), "next run tries again"},
	} {
		d := newDraft(report.Partial)
		d.create("ann@example.com")
		d.carriedOut(map[string]error{"ann@example.com": fmt.Errorf("create user: %w", c.err)})
		if got := text(t, d.Report, report.TextOptions{}); !strings.Contains(got, c.want) {
			t.Errorf("%v: want %q:\n%s", c.err, c.want, got)
		}
	}
}

// Failures of one cause are one item.
func TestFailuresAreGrouped(t *testing.T) {
	d := newDraft(report.Partial)
	d.create("ann@example.com", "bo@example.com", "cy@example.com")
	down := errors.New("endpoint is down")
	d.carriedOut(map[string]error{"ann@example.com": down, "cy@example.com": down})
	got := text(t, d.Report, report.TextOptions{})
	if !strings.Contains(got, "✘ create user ann@example.com, create user cy@example.com\n      endpoint is down\n") {
		t.Error(got)
	}
}

// A group is emptied when all have left, and not before.
func TestEmptied(t *testing.T) {
	d := newDraft(report.Partial)
	d.Plan.Emptied = []identity.Key{d.group("aws-old"), d.group("aws-older")}
	d.leave(plan.CauseGone, "aws-old", "ann@example.com", "bo@example.com")
	d.leave(plan.CauseGone, "aws-older", "ann@example.com")
	d.carriedOut(map[string]error{"bo@example.com aws-old": errors.New("503")})
	got := text(t, d.Report, report.TextOptions{Width: 160})
	for _, want := range []string{
		"group aws-old    NOT emptied, it failed (gone from Google); leaving: ann@example.com, bo@example.com (NOT out, it failed)\n",
		"group aws-older  emptied (gone from Google); leaving: ann@example.com\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("want %q:\n%s", want, got)
		}
	}
	for outcome, want := range map[report.Outcome]string{
		report.Interrupted: "2 of 3 changes were made", report.Refused: "0 changes that take nothing away were made; 2 removals within the limits were made, 0 withheld",
	} {
		r := d.Report
		r.Outcome = outcome
		if got := report.Line(r); !strings.Contains(got, want) {
			t.Errorf("want %q: %s", want, got)
		}
	}
	if doc := report.NewDocument(d.Report); doc.Counts.Groups.Empty != 1 || doc.Counts.Groups.Failed != 0 || doc.Counts.Memberships.Leave != 2 {
		t.Errorf("%+v", doc.Counts)
	}
}

// Kept is what is not managed, less what goes for that reason.
func TestKept(t *testing.T) {
	d := newDraft(report.Planned)
	d.DryRun = true
	d.deactivate("x@example.com", plan.CauseUnmanaged)
	if c := report.NewDocument(d.Report).Counts; c.Users.Kept != 2 || c.Groups.Kept != 8 || c.Memberships.Kept != 14 {
		t.Errorf("%+v", c)
	}
}

// What came of a change is found by what it is of, not by its place.
func TestResultsInAnyOrder(t *testing.T) {
	d := newDraft(report.Interrupted)
	d.create("ann@example.com", "bo@example.com")
	d.join("g", "ann@example.com")
	d.leave(plan.CauseLeft, "g", "ann@example.com")
	d.Results = []apply.Result{
		{Op: apply.Leave, User: "key of ann@example.com", Group: "key of g", Err: errors.New("503")},
		{Op: apply.Create, User: "key of bo@example.com"},
		{Op: apply.Join, User: "key of ann@example.com", Group: "key of g"},
	}
	var got []string
	for _, c := range report.NewDocument(d.Report).Changes {
		got = append(got, c.Action+" "+c.Name+" "+c.Status)
	}
	want := []string{"create ann@example.com skipped", "create bo@example.com done", "join ann@example.com done", "leave ann@example.com failed"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestWriteErrors(t *testing.T) {
	r := firstLoad()
	for name, err := range map[string]error{
		"text": report.Text(brokenPipe{}, r, report.TextOptions{}), "json": report.JSON(brokenPipe{}, r), "markdown": report.Markdown(brokenPipe{}, r), "html": report.HTML(brokenPipe{}, r),
	} {
		if !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
