package reconcile

import (
	"cmp"
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"ssosync/internal/identity"
	"ssosync/internal/plan"
	"ssosync/internal/report"
)

// An Assigned knows what users and groups are assigned, by the target's ids.
type Assigned interface {
	Access(ctx context.Context, kind identity.Kind, id string) (identity.Access, error)
}

// patience is how long the people who lose access wait for it to be told what
// that was: the service answers twenty times a second.
const patience = 20 * time.Second

// impact finds out what stands behind what a plan takes away: groups that are
// emptied or deleted, users who are deactivated or deleted. What cannot be found
// out is said in a sentence, and keeps nothing from being done.
func (r *Reconciler) impact(ctx context.Context, p plan.Plan) report.Impact {
	losses := losing(p)
	if r.Assigned == nil || len(losses) == 0 {
		return report.Impact{}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(8)
	for i := range losses {
		g.Go(func() (err error) {
			losses[i].Access, err = r.Assigned.Access(ctx, losses[i].Kind, losses[i].ID)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return report.Impact{Unknown: err.Error()}
	}
	losses = slices.DeleteFunc(losses, func(l report.Loss) bool { return len(l.Assignments)+len(l.Applications) == 0 })
	return report.Impact{Lost: losses}
}

// losing returns who and what loses access as a whole, groups first.
func losing(p plan.Plan) []report.Loss {
	var all []report.Loss
	leaving := map[identity.Key]int{}
	for _, m := range p.Leave {
		leaving[m.Group]++
	}
	gone := removed(p)
	for key := range gone {
		s := p.Subjects.Groups[key]
		all = append(all, report.Loss{Kind: identity.KindGroup, Name: s.Name, ID: s.ID, People: leaving[key]})
	}
	for _, c := range p.Users {
		if plan.Revokes(c) && (c.Before.Active || c.Op == plan.Delete) {
			all = append(all, report.Loss{Kind: identity.KindUser, Name: c.Before.UserName, ID: p.Subjects.Users[c.Key].ID, People: 1})
		}
	}
	slices.SortFunc(all, func(a, b report.Loss) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	return all
}
