// Package reconcile is one run, from end to end. It puts the parts in order,
// and leaves every decision to them.
package reconcile

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"ssosync/internal/apply"
	"ssosync/internal/directory"
	"ssosync/internal/guard"
	"ssosync/internal/identity"
	"ssosync/internal/journal"
	"ssosync/internal/plan"
	"ssosync/internal/policy"
	"ssosync/internal/report"
)

// A Source can be read, and asked.
type Source interface {
	// Read returns everything that it was asked for, or an error.
	Read(ctx context.Context) (directory.Snapshot, error)
	Witness
}

// A Target can be read, with everything under the target's own ids, and
// written to.
type Target interface {
	Read(ctx context.Context) (identity.Held, error)
	apply.Target
}

// A Reconciler makes a target like a source.
type Reconciler struct {
	Source Source
	Target Target
	Rules  policy.Rules
	Limits map[string]guard.Limit // in place of the guards' defaults
	Accept []string               // names of guards that are overridden
	// Protect are what no run may take away.
	Protect []guard.Invariant
	Width   int // steps at a time; 0: apply's default
	DryRun  bool
	Log     *slog.Logger
	// Progress is told how many changes are done, of how many; nil: nobody.
	Progress func(done, of int)
	// Calls returns the counts of API calls so far; nil: there are none.
	Calls func() []report.Call
	// Assigned finds out what is assigned to what loses access; nil: nobody
	// asks.
	Assigned Assigned

	// Store keeps what outlives a run; nil: nothing does.
	Store Store
	Origin
	// DeleteAfter is how long what left is kept; Never keeps it for good.
	DeleteAfter time.Duration
	Never       bool
	// KeepDrift leaves what others changed in the target as it is.
	KeepDrift bool
	// Thorough asks for evidence of everything that a plan takes away, also where
	// guards refuse it: somebody may approve it later.
	Thorough bool
	// Confirm is asked before anything is written, and may refuse; nil: nobody
	// is asked.
	Confirm func(context.Context, report.Report) error
	// Saved is the plan on disk that the report is of.
	Saved report.Saved
	// Timeout is how long a run may take; 0: as long as it needs.
	Timeout time.Duration
}

// An Origin is where a run comes from, for the journal and for plans on disk.
type Origin struct {
	TargetID string // which target, in a few safe characters
	Config   string // the fingerprint of the whole configuration
	Scope    string // the fingerprint of what decides who is in scope
	Host     string // of the target, for people
	Version  string // of the program
	By       string // user@host
	PID      int
}

// Run does one sync. The report is worth reading even when there is an error,
// which is one of *guard.RefusedError, *report.PartialError,
// report.ErrInterrupted, report.ErrIncomplete, directory.ErrEmpty, or what a
// source, a target or a store said.
func (r *Reconciler) Run(ctx context.Context) (report.Report, error) {
	return r.run(ctx, errand{kind: journal.Sync})
}

// An errand is what a run is for.
type errand struct {
	kind journal.Kind
	// choose replaces the plan by another one that the same readings allow;
	// nil: it is the plan that makes the target like the source.
	choose func(d *decision) error
	// unasked says that nothing of what a sync would take away is taken, so that
	// no evidence for it is needed.
	unasked bool
	// word says that a person has asked for just this: guards that count have no
	// say then. What is protected stays protected.
	word bool
	// verify has the last word on what is going to be done; nil: nobody has.
	verify   func(plan.Plan) error
	plan     string            // the id of a plan from a file
	approval *journal.Approval // of that plan
	lifted   []string          // the guards that approvals lift
}

func (r *Reconciler) run(ctx context.Context, e errand) (rep report.Report, err error) {
	rep = report.Report{Started: time.Now(), DryRun: r.DryRun, Saved: r.Saved, Host: r.Host}
	ctx, cancel := r.within(ctx)
	defer cancel()
	m, err := r.remember(ctx, e.kind, &rep)
	defer func() { r.finish(m, &rep, err) }()
	if err != nil {
		return rep, err
	}
	ctx, release := m.guarded(ctx)
	defer release()

	held, d, err := r.decide(ctx, m, e)
	if err != nil {
		return rep, ended(ctx, err)
	}
	err = r.proceed(ctx, m, e, held, d) // it completes rep
	return rep, err
}

// decide reads both sides and finds out what is to be done.
func (r *Reconciler) decide(ctx context.Context, m *memory, e errand) (held identity.Held, d decision, err error) {
	snapshot, held, err := r.read(ctx, m.rep)
	if err != nil {
		return held, d, err
	}
	m.notice(held)
	d, err = r.inquire(ctx, snapshot, held, m, e)
	if err == nil && e.choose != nil {
		err = e.choose(&d)
	}
	return held, d, err
}

// proceed has the guards look at what was decided, and then does it.
func (r *Reconciler) proceed(ctx context.Context, m *memory, e errand, held identity.Held, d decision) error {
	rep := m.rep
	r.describe(rep, &d, e)
	m.tellDrift(d)
	verdict := r.check(d, m, e)
	rep.Whole, rep.Plan, rep.Withheld, rep.Refusals = d.plan, verdict.Allowed, verdict.Withheld, verdict.Refusals
	rep.Warnings = append(rep.Warnings, verdict.Warnings...)
	if err := complete(rep.Plan); err != nil && !e.word {
		return err
	}
	if e.verify != nil {
		if err := e.verify(rep.Plan); err != nil {
			rep.Plan, rep.Withheld = plan.Plan{}, plan.Plan{}
			return err
		}
	}
	rep.Impact = r.impact(ctx, rep.Plan)
	if r.DryRun {
		m.tell(d, rep.Plan)
		return verdict.Err()
	}
	if r.Confirm != nil && !rep.Plan.Empty() {
		rep.Took = time.Since(rep.Started)
		if err := r.Confirm(ctx, *rep); err != nil {
			return err
		}
	}
	rep.Results = r.carryOut(ctx, m, rep.Plan, e)
	m.conclude(held, d, *rep, !e.word && verdict.Err() == nil && ctx.Err() == nil)
	m.tell(d, rep.Plan)
	return r.verdict(ctx, *rep, verdict)
}

// within ends a run some time before its time is over, so that what is under
// way can end and be written down.
func (r *Reconciler) within(ctx context.Context) (context.Context, context.CancelFunc) {
	if r.Timeout <= 0 {
		return context.WithCancel(ctx)
	}
	margin := min(r.Timeout/10, 30*time.Second)
	return context.WithTimeoutCause(ctx, r.Timeout-margin, report.ErrIncomplete)
}

// ended is what ended a run: that it was stopped, if it was.
func ended(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	switch {
	case cause == nil:
		return err
	case errors.Is(cause, report.ErrIncomplete), errors.Is(cause, ErrLockLost):
		return cause
	}
	return fmt.Errorf("%w: %w", report.ErrInterrupted, cause)
}

// carryOut does what a plan says, and writes down first what it will do and
// then what came of it.
func (r *Reconciler) carryOut(ctx context.Context, m *memory, p plan.Plan, e errand) []apply.Result {
	m.begin(e, p)
	return apply.Run(ctx, r.Target, p, r.options(ctx, m, p.Size()))
}

// read reads both sides at once.
func (r *Reconciler) read(ctx context.Context, rep *report.Report) (snapshot directory.Snapshot, held identity.Held, err error) {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() (err error) {
		start := time.Now()
		if snapshot, err = r.Source.Read(ctx); err != nil {
			return fmt.Errorf("read source: %w", err)
		}
		rep.Source = report.Read{Took: time.Since(start), Size: plan.Size{Users: len(snapshot.Accounts), Groups: len(snapshot.Groups)}}
		for _, ms := range snapshot.Members {
			rep.Source.Members += len(ms)
		}
		if len(snapshot.Accounts) == 0 || len(snapshot.Groups) == 0 {
			return fmt.Errorf("read source: %w", directory.ErrEmpty)
		}
		return nil
	})
	g.Go(func() (err error) {
		start := time.Now()
		if held, err = r.Target.Read(ctx); err != nil {
			return fmt.Errorf("read target: %w", err)
		}
		rep.Target = report.Read{Took: time.Since(start), Size: plan.Size{Users: len(held.Users), Groups: len(held.Groups), Members: len(held.Members)}}
		return nil
	})
	err = g.Wait()
	return snapshot, held, err
}

// describe puts into the plan and the report what people should know of it.
func (r *Reconciler) describe(rep *report.Report, d *decision, e errand) {
	for _, doubt := range d.dir.Doubts {
		rep.Warnings = append(rep.Warnings, "the reading of the source contradicts itself: "+doubt)
	}
	rep.Notes = d.outcome.Notes
	r.Log.Info("read both sides", "source_users", rep.Source.Users, "source_groups", rep.Source.Groups,
		"target_users", rep.Target.Users, "target_groups", rep.Target.Groups, "target_memberships", rep.Target.Members)
	if e.choose != nil {
		return // somebody has chosen already what to do and what to say
	}
	p := &d.plan
	p.Conflicts = d.outcome.Conflicts
	for _, c := range p.Users {
		if a, ok := d.matched.Adopted[c.Key]; ok {
			p.Adopted = append(p.Adopted, a)
		}
	}
	for _, c := range p.Groups {
		if a, ok := d.matched.Adopted[c.Key]; ok {
			p.Adopted = append(p.Adopted, a)
		}
	}
	rep.Matches, rep.Problems, rep.Mirror = d.wanted.Matches, d.outcome.Problems, d.outcome.Mirror
	for _, a := range p.Adopted {
		if a.Foreign != "" {
			rep.Warnings = append(rep.Warnings, fmt.Sprintf("%s %s carries the external id %q of another provider, and is adopted because the name is the same", a.Kind, a.Name, a.Foreign))
		}
	}
}

// check asks the guards.
func (r *Reconciler) check(d decision, m *memory, e errand) guard.Verdict {
	v := r.guards(d, m, e)
	switch n := len(d.plan.Unproven); n {
	case 0:
	case 1:
		v.Refusals = append(v.Refusals, guard.Refusal{Guard: Evidence, Text: "1 removal rests on an absence that Google does not confirm"})
	default:
		v.Refusals = append(v.Refusals, guard.Refusal{Guard: Evidence, Text: fmt.Sprintf("%d removals rest on absences that Google does not confirm", n)})
	}
	return v
}

func (r *Reconciler) guards(d decision, m *memory, e errand) guard.Verdict {
	c := guard.Context{
		Limits: r.Limits, Accept: r.Accept, Doubts: d.dir.Doubts, Have: d.matched.Have.State, Protect: r.Protect, Last: m.lastGood(),
	}
	c.Accept = append(slices.Clip(c.Accept), e.lifted...)
	if e.word {
		c.Doubts = nil
		c.Accept = append(c.Accept, slices.DeleteFunc(guard.Names(), func(name string) bool { return name == guard.Protected })...)
	}
	for _, q := range d.wanted.Matches {
		c.Matches = append(c.Matches, guard.Found(q))
	}
	return guard.Check(d.plan, c)
}

func (r *Reconciler) options(ctx context.Context, m *memory, of int) apply.Options {
	done := 0
	return apply.Options{Width: r.Width, Done: func(res apply.Result) {
		done++
		m.result(res)
		r.logResult(ctx, res)
		if r.Progress != nil {
			r.Progress(done, of)
		}
	}}
}

// verdict says what became of the run, worst news first.
func (r *Reconciler) verdict(ctx context.Context, rep report.Report, v guard.Verdict) error {
	failed := len(rep.Failed())
	partial := &report.PartialError{Failed: failed, Conflicts: len(rep.Plan.Conflicts), Problems: len(rep.Problems)}
	for _, f := range rep.Failing {
		if f.Postponed {
			partial.Failing++
		}
	}
	switch {
	case ctx.Err() != nil && failed > 0:
		return ended(ctx, nil)
	case v.Err() != nil:
		return v.Err()
	case failed+partial.Conflicts+partial.Problems+partial.Failing > 0:
		return partial
	}
	return nil
}

// finish completes the report, keeps what is to be remembered, and logs the
// three summaries that metric filters of awslabs/ssosync look for.
func (r *Reconciler) finish(m *memory, rep *report.Report, err error) {
	rep.Took = time.Since(rep.Started)
	rep.Outcome, rep.Err = report.OutcomeOf(*rep, err), err
	if r.Calls != nil {
		rep.Calls = r.Calls()
	}
	m.save(err)
	m.forget()
	if rep.Outcome != report.Failed {
		r.logSummary(*rep)
	}
}
