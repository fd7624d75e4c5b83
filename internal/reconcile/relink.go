package reconcile

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ssosync/internal/identity"
	"ssosync/internal/journal"
	"ssosync/internal/match"
	"ssosync/internal/plan"
	"ssosync/internal/report"
)

// A Relink settles that a name in the target belongs to another id of the
// source: an address that was given to somebody else, or an account or a group
// that was made anew.
type Relink struct {
	Kind identity.Kind
	Name string // of the user or group; case does not matter
	// Separate says that they are two: the old user is deactivated, leaves all
	// groups and gives the name up, or the old group does. Otherwise they are
	// one, and what is in the target gets the new id.
	Separate bool
}

// NoConflictError says that there is nothing to settle under a name.
type NoConflictError struct {
	Relink
	Others []string // names of that kind that there is something to settle about
}

func (e *NoConflictError) Error() string {
	text := fmt.Sprintf("there is no %s %q whose name belongs to another id in Google", e.Kind, e.Name)
	if len(e.Others) > 0 {
		text += "; there are: " + strings.Join(e.Others, ", ")
	}
	return text
}

// Relink settles one such name. Everything else waits for the next sync.
func (r *Reconciler) Relink(ctx context.Context, link Relink) (report.Report, error) {
	return r.run(ctx, errand{kind: journal.Relink, unasked: true, word: true, choose: func(d *decision) error {
		var others []string
		for _, c := range d.outcome.Conflicts {
			switch {
			case c.Kind != link.Kind || c.Reason != match.ReusedName || c.Have == "" || c.Want == "":
			case identity.Fold(c.Name) == identity.Fold(link.Name):
				d.plan, d.outcome.Notes = link.plan(*d, c)
				d.plan.Base = d.outcome.Base
				return nil
			default:
				others = append(others, c.Name)
			}
		}
		slices.Sort(others)
		return &NoConflictError{link, slices.Compact(others)}
	}})
}

func (l Relink) plan(d decision, c match.Conflict) (p plan.Plan, notes []string) {
	want := d.matched.Have.Clone()
	if l.Kind == identity.KindUser {
		want.Users[c.Have] = l.user(want.Users[c.Have], c)
	} else {
		want.Groups[c.Have] = l.group(want.Groups[c.Have], c)
	}
	if l.Separate && l.Kind == identity.KindUser {
		for m := range d.matched.Have.Members {
			if m.User == c.Have {
				delete(want.Members, m)
			}
		}
	}
	p = plan.Build(want, d.matched.Have, nil)
	for i := range p.Users {
		p.Users[i].Cause = plan.CauseRelinked
	}
	for i := range p.Groups {
		p.Groups[i].Cause = plan.CauseRelinked
	}
	for i := range p.Leave {
		p.Leave[i].Cause = plan.CauseRelinked
	}
	return p, []string{"the next sync brings the rest up to date"}
}

// user returns what becomes of a user. The name of somebody who has to give
// theirs up is no address that mail could reach (RFC 2606, invalid).
func (l Relink) user(u identity.User, c match.Conflict) identity.User {
	if !l.Separate {
		u.ExternalID = string(c.Want)
		return u
	}
	u.Active = false
	u.UserName = "former-" + u.ExternalID + "@ssosync.invalid"
	if u.Email != "" {
		u.Email = u.UserName
	}
	return u
}

func (l Relink) group(g identity.Group, c match.Conflict) identity.Group {
	if !l.Separate {
		g.ExternalID = string(c.Want)
		return g
	}
	g.Name = "former " + g.Name + " (" + g.ExternalID + ")"
	return g
}
