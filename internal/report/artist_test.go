package report_test

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"pgregory.net/rapid"

	"ssosync/internal/apply"
	"ssosync/internal/guard"
	"ssosync/internal/identity"
	"ssosync/internal/match"
	"ssosync/internal/plan"
	"ssosync/internal/policy"
	"ssosync/internal/report"
)

// An artist draws reports. Texts of others come from text, each of which is
// another one; those that must be shown are taken down.
type artist struct {
	t     *rapid.T
	text  func() string
	risky []string
	names []string // of those that are risky: what is not broken
	known string   // some evidence that has been drawn
	r     report.Report
}

func (a *artist) n(label string, most int) int {
	return rapid.IntRange(0, most).Draw(a.t, label)
}

func (a *artist) must() string {
	s := a.text()
	a.risky = append(a.risky, s)
	return s
}

func (a *artist) mustName() string {
	s := a.must()
	a.names = append(a.names, s)
	return s
}

func (a *artist) cause() plan.Cause {
	return rapid.SampledFrom([]plan.Cause{plan.CauseGone, plan.CauseScope, plan.CauseSuspended, plan.CauseLeft, plan.CauseUnmanaged}).Draw(a.t, "cause")
}

// draw returns a report of any outcome.
func (a *artist) draw() report.Report {
	a.r = report.Report{
		Outcome: rapid.SampledFrom([]report.Outcome{report.InSync, report.Planned, report.Done, report.Partial, report.Refused, report.Interrupted, report.Failed}).Draw(a.t, "outcome"),
		DryRun:  rapid.Bool().Draw(a.t, "dryRun"), Took: time.Duration(a.n("took", 1e10)),
		Target: report.Read{Size: plan.Size{Users: a.n("users", 99), Groups: 1}},
	}
	a.r.Plan, a.r.Withheld = a.plan("p", true), a.plan("w", false)
	for range a.n("refusals", 3) {
		g := rapid.SampledFrom(append(guard.Names(), guard.Doubt, "query", "protected")).Draw(a.t, "guard")
		a.r.Refusals = append(a.r.Refusals, guard.Refusal{Guard: g, Text: a.must(), Evidence: a.must(), Acceptable: g != guard.Doubt})
	}
	for range a.n("conflicts", 3) {
		a.r.Plan.Conflicts = append(a.r.Plan.Conflicts, match.Conflict{
			Kind: rapid.SampledFrom([]identity.Kind{identity.KindUser, identity.KindGroup}).Draw(a.t, "kind"), Reason: rapid.SampledFrom(reasons()).Draw(a.t, "reason"),
			Name: a.mustName(), HaveID: a.text(), HaveExternalID: a.text(), Want: identity.Key(a.text()),
		})
	}
	for range a.n("problems", 3) {
		a.r.Problems = append(a.r.Problems, policy.Problem{Kind: identity.KindUser, Name: a.mustName(), Flaws: []identity.Flaw{{Attr: "title", Value: a.mustName(), Why: a.must()}}})
	}
	for range a.n("notes", 2) {
		a.r.Notes, a.r.Warnings = append(a.r.Notes, a.text()), append(a.r.Warnings, a.must())
		a.r.Matches = append(a.r.Matches, policy.Match{Kind: identity.KindUser, Query: a.text(), Found: a.n("found", 2)})
		a.r.Calls = append(a.r.Calls, report.Call{Op: a.text(), Calls: a.n("calls", 9), Retries: 1, Waited: time.Second})
	}
	if rapid.Bool().Draw(a.t, "failed") {
		a.r.Err = errors.New(a.text())
	}
	a.results()
	a.memory()
	a.impact()
	return a.r
}

// plan draws a plan; the whole of a withheld one takes something away.
func (a *artist) plan(prefix string, grants bool) plan.Plan {
	p := plan.Plan{Evidence: map[identity.Key]plan.Evidence{}, Subjects: plan.Subjects{Users: map[identity.Key]plan.Subject{}, Groups: map[identity.Key]plan.Subject{}}}
	user := func(name string) identity.Key {
		key := identity.Key(fmt.Sprint(prefix, "u", len(p.Subjects.Users)))
		p.Subjects.Users[key] = plan.Subject{ID: a.text(), Name: name}
		return key
	}
	group := func(name string) identity.Key {
		key := identity.Key(fmt.Sprint(prefix, "g", len(p.Subjects.Groups)))
		p.Subjects.Groups[key] = plan.Subject{ID: a.text(), Name: name}
		return key
	}
	var leaving []identity.Key
	for range a.n("revoked", 3) {
		key := user(a.mustName())
		leaving = append(leaving, key)
		c := gone(key, "", a.cause())
		p.Evidence[key] = a.evidence(c.Cause, true)
		if rapid.Bool().Draw(a.t, "delete") {
			c.Op, c.After = plan.Delete, identity.User{}
		}
		p.Users = append(p.Users, c)
	}
	for range a.n("groups", 3) {
		key := group(a.mustName())
		fate := a.n("fate", 2)
		switch fate {
		case 0:
			c := plan.Change[identity.Group]{Op: plan.Delete, Key: key, Cause: a.cause()}
			p.Groups = append(p.Groups, c)
			p.Evidence[key] = a.evidence(c.Cause, true)
		case 1:
			p.Emptied = append(p.Emptied, key)
			p.Evidence[key] = a.evidence(plan.CauseGone, true)
		}
		who := slices.Clone(leaving)
		for range 1 + a.n("leaves", 25) {
			who = append(who, user(a.mustName()))
		}
		for _, u := range who {
			m := plan.Move{Membership: identity.Membership{Group: key, User: u}, Cause: a.cause()}
			if fate == 1 {
				m.Cause = plan.CauseGone
			}
			m.Evidence = a.evidence(m.Cause, fate == 2 && !slices.Contains(leaving, u))
			p.Leave = append(p.Leave, m)
		}
	}
	if !grants {
		return p
	}
	for range a.n("created", 20) {
		p.Users = append(p.Users, plan.Change[identity.User]{Op: plan.Create, Key: user(a.text())})
	}
	for range a.n("updated", 3) {
		p.Users = append(p.Users, plan.Change[identity.User]{Op: plan.Update, Key: user(a.text()), Fields: []plan.Field{{Attr: "title", Before: a.text(), After: a.text()}}})
	}
	for range a.n("newGroups", 3) {
		key := group(a.text())
		p.Groups = append(p.Groups, plan.Change[identity.Group]{Op: rapid.SampledFrom([]plan.Op{plan.Create, plan.Update}).Draw(a.t, "op"), Key: key, Fields: []plan.Field{{Attr: "displayName", Before: a.text(), After: a.text()}}})
		p.Join = append(p.Join, plan.Move{Membership: identity.Membership{Group: key, User: user(a.text())}})
	}
	return p
}

func (a *artist) results() {
	if a.r.DryRun {
		return
	}
	d := draft{a.r}
	d.carriedOut(nil)
	a.r = d.Report
	for i := range a.r.Results {
		switch a.n("result", 5) {
		case 0:
			a.r.Results[i].Err = errors.New(a.must())
		case 1:
			a.r.Results[i].Err = fmt.Errorf("%w: %s", apply.ErrSkipped, a.text())
		}
	}
}

// evidence is new, or what has been drawn before. It is shown with what it is
// of, unless a flag is told of already, or it is that of somebody who leaves
// with their group, or leaves all of theirs.
func (a *artist) evidence(c plan.Cause, shown bool) plan.Evidence {
	e := plan.Evidence{Proof: rapid.SampledFrom([]plan.Proof{plan.ProofFlag, plan.ProofGone, plan.ProofScope, plan.ProofLeft, plan.ProofUnknown}).Draw(a.t, "proof")}
	switch {
	case !shown || c.Proven() && e.Proof == plan.ProofFlag:
		e.Text = a.text()
	case a.known == "" || a.n("new", 2) == 0:
		a.known = a.must()
		e.Text = a.known
	default:
		e.Text = a.known
	}
	return e
}

func (a *artist) kind() identity.Kind {
	return rapid.SampledFrom([]identity.Kind{identity.KindUser, identity.KindGroup}).Draw(a.t, "kind")
}

func (a *artist) time() time.Time {
	if a.n("zero", 2) == 0 {
		return time.Time{}
	}
	return time.Unix(1_795_000_000+int64(a.n("seconds", 1e7)), 0)
}

// memory draws what earlier runs left, and what is not proven.
func (a *artist) memory() {
	a.r.Started, a.r.Host, a.r.Run = a.time(), a.text(), a.text()
	a.r.Saved = report.Saved{ID: a.text(), File: a.text(), Expires: a.time()}
	for range a.n("unproven", 4) {
		u := plan.Unproven{Kind: a.kind(), Name: a.mustName(), ID: a.text(), Cause: a.cause(), Why: a.must()}
		if rapid.Bool().Draw(a.t, "membership") {
			u.Kind, u.Group = identity.KindUser, a.mustName()
		}
		a.r.Plan.Unproven = append(a.r.Plan.Unproven, u)
	}
	for range a.n("waiting", 3) {
		a.r.Waiting = append(a.r.Waiting, report.Waiting{Kind: a.kind(), Name: a.text(), ID: a.text(), Cause: plan.Cause(a.text()), Since: a.time(), Delete: a.time()})
	}
	for range a.n("failing", 3) {
		f := report.Failing{Kind: a.kind(), Name: a.mustName(), Op: a.text(), Since: a.time(), Next: a.time(), Tries: a.n("tries", 3), Err: a.must(), Postponed: rapid.Bool().Draw(a.t, "postponed")}
		if rapid.Bool().Draw(a.t, "membership") {
			f.Kind, f.Group, f.Op = identity.KindUser, a.mustName(), "leave"
		}
		a.r.Failing = append(a.r.Failing, f)
	}
	for range rapid.SampledFrom([]int{0, 1, 2, 15}).Draw(a.t, "gained") {
		a.r.Drift = append(a.r.Drift, report.Drift{Kind: identity.KindUser, Name: a.mustName(), Group: a.mustName(), What: "joined", By: a.must(), At: a.text(), Kept: rapid.Bool().Draw(a.t, "kept")})
	}
	for range a.n("drift", 3) {
		a.r.Drift = append(a.r.Drift, report.Drift{Kind: identity.Kind(a.text()), Name: a.text(), What: a.text(), Before: a.text(), After: a.text(), By: a.text(), At: a.text()})
	}
}

// impact draws what stands behind the users and groups of both plans that are
// told of by themselves.
func (a *artist) impact() {
	told := 0
	for _, p := range []plan.Plan{a.r.Plan, a.r.Withheld} {
		lose := func(kind identity.Kind, id string) {
			told++
			if id == "" || a.n("assigned", 2) == 0 {
				return
			}
			l := report.Loss{Kind: kind, ID: id, Name: a.text(), People: a.n("people", 3)}
			for range 1 + a.n("sets", 3) {
				set := a.mustName()
				for range 1 + a.n("accounts", 5) {
					l.Assignments = append(l.Assignments, identity.Assignment{PermissionSet: set, Account: a.text()})
				}
			}
			l.Applications = append(l.Applications, a.mustName())
			a.r.Impact.Lost = append(a.r.Impact.Lost, l)
		}
		for _, c := range p.Users {
			if plan.Revokes(c) {
				lose(identity.KindUser, p.Subjects.Users[c.Key].ID)
			}
		}
		for _, key := range p.Emptied {
			lose(identity.KindGroup, p.Subjects.Groups[key].ID)
		}
		for _, c := range plan.Only(p.Groups, plan.Delete) {
			lose(identity.KindGroup, p.Subjects.Groups[c.Key].ID)
		}
	}
	if told > 0 {
		a.r.Impact.Unknown = a.must()
	}
}
