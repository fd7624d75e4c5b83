package reconcile

import (
	"context"
	"time"

	"ssosync/internal/journal"
	"ssosync/internal/plan"
	"ssosync/internal/planfile"
	"ssosync/internal/report"
)

// Apply carries out a plan from a file, exactly as it is, if it is still what
// would be decided; else the error is a *planfile.StaleError. Guards that
// somebody approved for this plan are lifted.
func (r *Reconciler) Apply(ctx context.Context, f planfile.File) (report.Report, error) {
	if err := f.Check(time.Now(), r.TargetID, r.Config); err != nil {
		return report.Report{Started: time.Now(), Outcome: report.Failed, Err: err, Saved: r.Saved}, err
	}
	r.Thorough = true
	e := errand{kind: journal.Apply, plan: f.ID, lifted: f.Lifted()}
	if n := len(f.Approvals); n > 0 && len(e.lifted) > 0 {
		a := f.Approvals[n-1]
		e.approval = &journal.Approval{By: a.By, At: a.At, Reason: a.Reason, Guards: e.lifted}
	}
	var fresh decision
	e.choose = func(d *decision) error {
		fresh = *d
		d.plan = f.Plan
		d.plan.Base = d.outcome.Base
		return nil
	}
	e.verify = func(part plan.Plan) error { return f.Recheck(part, fresh.plan, fresh.matched.Have) }
	return r.run(ctx, e)
}

// NewFile writes the plan of a run down. All is what the run decided, before
// guards held anything back.
func (r *Reconciler) NewFile(rep report.Report, expires time.Duration) (planfile.File, error) {
	return planfile.New(rep.Whole, rep.Refusals, planfile.Options{
		Created: rep.Started, Expires: rep.Started.Add(expires), Tool: "ssosync " + r.Version, Target: r.TargetID, Configuration: r.Config,
	})
}
