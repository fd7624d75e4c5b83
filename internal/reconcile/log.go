package reconcile

import (
	"context"
	"errors"
	"log/slog"

	"ssosync/internal/apply"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
	"ssosync/internal/report"
)

// logResult logs one change. The messages and keys are those of
// awslabs/ssosync, which other people's metric filters look for.
func (r *Reconciler) logResult(ctx context.Context, res apply.Result) {
	level, attrs := slog.LevelInfo, []any{}
	switch {
	case res.Op == apply.Join || res.Op == apply.Leave:
		attrs = append(attrs, "group", res.In, "user", res.Name)
	case res.User != "":
		attrs = append(attrs, "user", res.Name)
	default:
		attrs = append(attrs, "group", res.Name)
	}
	if res.ID != "" {
		attrs = append(attrs, "id", res.ID)
	}
	if res.Err != nil {
		level = slog.LevelWarn
		attrs = append(attrs, "err", res.Err)
	}
	r.Log.Log(ctx, level, verb(res), attrs...) //nolint:sloglint // one of a few, which others look for
}

func verb(res apply.Result) string {
	object := "user"
	if res.User == "" {
		object = "group"
	}
	switch {
	case errors.Is(res.Err, apply.ErrSkipped):
		return "skipped " + string(res.Op) + " of " + object
	case res.Op == apply.Create:
		return "creating " + object
	case res.Op == apply.Update:
		return "updating " + object
	case res.Op == apply.Deactivate:
		return "deactivating user"
	case res.Op == apply.Delete:
		return "deleting " + object
	case res.Op == apply.Join:
		return "adding user to group"
	}
	return "removing user from group"
}

// logSummary logs what changed in the words of awslabs/ssosync.
func (r *Reconciler) logSummary(rep report.Report) {
	if rep.DryRun {
		r.Log.Info("This is a DRY RUN - actions will *not* be actually performed")
	}
	u, g := tally(rep.Plan.Users), tally(rep.Plan.Groups)
	r.Log.Info("Change Summary: users", "unchanged", rep.Target.Users-u[plan.Update]-u[plan.Delete], "create", u[plan.Create], "update", u[plan.Update], "delete", u[plan.Delete], "retain", max(0, rep.Target.Users-rep.Plan.Base.Managed.Users))
	r.Log.Info("Change Summary: Groups", "unchanged", rep.Target.Groups-g[plan.Update]-g[plan.Delete], "create", g[plan.Create], "update", g[plan.Update], "delete", g[plan.Delete], "retain", max(0, rep.Target.Groups-rep.Plan.Base.Managed.Groups))
	add, remove, order := map[identity.Key]int{}, map[identity.Key]int{}, []identity.Key{}
	for _, moves := range []struct {
		of []plan.Move
		n  map[identity.Key]int
	}{{rep.Plan.Join, add}, {rep.Plan.Leave, remove}} {
		for _, m := range moves.of {
			if add[m.Group]+remove[m.Group] == 0 {
				order = append(order, m.Group)
			}
			moves.n[m.Group]++
		}
	}
	for _, key := range order {
		r.Log.Info("Change Summary: Group Members", "group", rep.Plan.Subjects.Groups[key].Name, "add", add[key], "remove", remove[key],
			"unchanged", max(0, rep.Plan.Base.Members[key]-remove[key]))
	}
	if rep.Err == nil {
		r.Log.Info("sync completed")
	}
}

func tally[T any](changes []plan.Change[T]) map[plan.Op]int {
	n := map[plan.Op]int{}
	for _, c := range changes {
		n[c.Op]++
	}
	return n
}
