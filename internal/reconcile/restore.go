package reconcile

import (
	"context"
	"errors"
	"fmt"

	"ssosync/internal/apply"
	"ssosync/internal/identity"
	"ssosync/internal/journal"
	"ssosync/internal/match"
	"ssosync/internal/plan"
	"ssosync/internal/report"
)

// ErrNothingLost says that the journal knows of nothing that could be given
// back.
var ErrNothingLost = errors.New("the journal knows of nothing that was taken away there")

// ErrNoJournal says that there is no memory of earlier runs at all.
var ErrNoJournal = errors.New("there is no journal: nothing is kept between runs, or nothing was run yet")

// Restore gives back what a run, or the last run that took something from a
// user or a group, has taken: memberships, names, activation. It takes nothing
// from anybody, so that guards have nothing to say.
func (r *Reconciler) Restore(ctx context.Context, scope journal.Scope) (report.Report, error) {
	if r.Store == nil {
		return report.Report{}, ErrNoJournal
	}
	log, err := r.Store.ReadLog(JournalFile)
	if err != nil {
		return report.Report{}, fmt.Errorf("%w: %w", ErrNoJournal, err)
	}
	lost, err := journal.Lost(log, scope)
	err = errors.Join(err, log.Close())
	switch {
	case err != nil:
		return report.Report{}, fmt.Errorf("read the journal: %w", err)
	case len(lost) == 0:
		return report.Report{}, ErrNothingLost
	}
	return r.run(ctx, errand{kind: journal.Restore, unasked: true, word: true, choose: func(d *decision) error {
		b := newGiver(*d)
		for _, c := range lost {
			b.give(c)
		}
		d.plan, d.outcome.Notes = b.plan(), b.notes
		d.plan.Base = d.outcome.Base
		return nil
	}})
}

// A giver works out what the target is to be when it has back what it lost.
type giver struct {
	d             decision
	want          identity.State
	users, groups map[string]identity.Key // by the target's ids
	names         map[string]identity.Key // of users who keep theirs, folded
	notes         []string
}

func newGiver(d decision) *giver {
	have := d.matched.Have
	g := &giver{
		d: d, want: have.Clone(), users: keysByID(have.Records.Users), groups: keysByID(have.Records.Groups), names: map[string]identity.Key{},
	}
	for key, u := range have.Users {
		g.names[identity.Fold(u.UserName)] = key
	}
	return g
}

func (g *giver) note(format string, args ...any) {
	g.notes = append(g.notes, fmt.Sprintf(format, args...))
}

// give puts one loss back, as far as it is still a loss.
func (g *giver) give(c journal.Change) {
	switch {
	case c.Op == apply.Leave:
		g.member(c)
	case c.Kind == identity.KindUser && c.Op == apply.Delete:
		g.deletedUser(c)
	case c.Kind == identity.KindUser:
		g.user(c)
	case c.Op == apply.Delete:
		g.deletedGroup(c)
	default:
		g.group(c)
	}
}

// user takes back what was changed of a user and has not been changed since.
func (g *giver) user(c journal.Change) {
	key, there := g.users[c.ID]
	if !there {
		g.note("user %s is not in Identity Center any more", c.Name)
		return
	}
	u, before, after := g.want.Users[key], c.Before.User, c.After.User
	for _, a := range identity.Attrs {
		now, was := a.Field(&u), *a.Field(&before)
		if a.Name != "manager" && !a.Final && *now == *a.Field(&after) && *now != was && g.free(a, was, key, c.Name) {
			*now = was
		}
	}
	if before.Active && !after.Active && !u.Active {
		u.Active = true
		g.disagrees(key, u.UserName)
	}
	g.want.Users[key] = u
}

// free reports whether a value may be somebody's again: names and addresses
// may have passed on.
func (g *giver) free(a identity.Attr, was string, key identity.Key, name string) bool {
	holder, taken := g.names[identity.Fold(was)]
	if a.Name != "userName" && a.Name != "email" || !taken || holder == key {
		return true
	}
	g.note("the %s %s of user %s is somebody else's by now", a.Name, was, name)
	return false
}

// disagrees tells that the next sync will take a user's access away again.
func (g *giver) disagrees(key identity.Key, name string) {
	if u, wanted := g.d.wanted.State.Users[key]; !wanted || !u.Active {
		g.note("Google does not have %s as an active person in scope: the next sync takes this away again, unless that is put right there first", name)
	}
}

func (g *giver) deletedUser(c journal.Change) {
	if key := g.alive(g.names, c.Before.User.UserName); key != "" {
		g.note("user %s is there again, as another one", c.Name)
		g.users[c.ID] = key
		return
	}
	key := identity.Key("restored:" + c.ID)
	u := c.Before.User
	u.Manager = ""
	g.want.Users[key], g.users[c.ID], g.names[identity.Fold(u.UserName)] = u, key, key
	g.note("user %s was deleted, and gets a new id: what was assigned to the old one has to be assigned again", c.Name)
}

func (g *giver) alive(names map[string]identity.Key, name string) identity.Key {
	return names[identity.Fold(name)]
}

func (g *giver) deletedGroup(c journal.Change) {
	for key, now := range g.want.Groups {
		if identity.Fold(now.Name) == identity.Fold(c.Before.Group.Name) {
			g.note("group %s is there again, as another one", c.Name)
			g.groups[c.ID] = key
			return
		}
	}
	key := identity.Key("restored:" + c.ID)
	g.want.Groups[key], g.groups[c.ID] = c.Before.Group, key
	g.note("group %s was deleted, and gets a new id: its permission sets have to be assigned again", c.Name)
}

// group takes a rename back, unless somebody has the name by now.
func (g *giver) group(c journal.Change) {
	key, there := g.groups[c.ID]
	now := g.want.Groups[key]
	switch {
	case !there:
		g.note("group %s is not in Identity Center any more", c.Name)
		return
	case now.Name != c.After.Group.Name || c.Before.Group.Name == c.After.Group.Name:
		return
	}
	for other, o := range g.want.Groups {
		if other != key && identity.Fold(o.Name) == identity.Fold(c.Before.Group.Name) {
			g.note("the name %s of group %s is another group's by now", c.Before.Group.Name, c.Name)
			return
		}
	}
	now.Name = c.Before.Group.Name
	g.want.Groups[key] = now
}

// member puts somebody back into a group. A group that was made anew in the
// source is linked to its old self in the target, with whoever is in it now.
func (g *giver) member(c journal.Change) {
	group, there := g.groups[c.GroupID]
	user, known := g.users[c.ID]
	if !there || !known {
		g.note("%s was in %s, and one of them is not in Identity Center any more", c.Name, c.GroupName)
		return
	}
	m := identity.Membership{Group: group, User: user}
	if g.want.Members[m] {
		return
	}
	g.want.Members[m] = true
	source := g.relink(group)
	if !g.d.wanted.State.Members[identity.Membership{Group: source, User: user}] {
		g.note("Google does not have %s in %s: the next sync takes this away again, unless that is put right there first", c.Name, c.GroupName)
	}
}

// relink links a group of the target to the one that was made anew in the
// source under its name, if there is one, and returns the source's key.
func (g *giver) relink(group identity.Key) identity.Key {
	for _, c := range g.d.outcome.Conflicts {
		if c.Kind != identity.KindGroup || c.Reason != match.ReusedName || c.Have != group || c.Want == "" {
			continue
		}
		if now := g.want.Groups[group]; now.ExternalID != string(c.Want) {
			now.ExternalID = string(c.Want)
			g.want.Groups[group] = now
			g.note("group %s was made anew in Google, and is linked to its old self in Identity Center: id and permission sets stay", c.Name)
			for m := range g.d.wanted.State.Members {
				if _, there := g.want.Users[m.User]; m.Group == c.Want && there {
					g.want.Members[identity.Membership{Group: group, User: m.User}] = true
				}
			}
		}
		return c.Want
	}
	return group
}

func (g *giver) plan() plan.Plan {
	p := plan.Build(g.want, g.d.matched.Have, nil)
	for i := range p.Users {
		p.Users[i].Cause = plan.CauseRestored
	}
	for i := range p.Groups {
		p.Groups[i].Cause = plan.CauseRestored
	}
	for i := range p.Join {
		p.Join[i].Cause = plan.CauseRestored
	}
	return p
}
