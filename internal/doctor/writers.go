package doctor

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"ssosync/internal/identity"
)

// Principals that changed what is ours, within these days, are worth a look; one
// that is a program of this kind, within one, is at work beside us.
const writersDays = 7

// writers looks for others who change what we manage. SCIM's own name for itself
// is not documented; those who come through the API are named by an ARN.
func (p *prober) writers(context.Context) Finding {
	if !p.survey.byStore {
		if p.paged {
			return skip("needs AWS credentials that may read the identity store, which tells who changed what")
		}
		return Finding{}
	}
	all := p.changers()
	if len(all) == 0 {
		return ok("nobody else has changed what is ours in the last %d days", writersDays)
	}
	for _, c := range all {
		if c.lately > 0 && syncs(c.who) {
			return Finding{
				Status: Error, Fact: fmt.Sprintf("a second syncer: %s changed by %s in the last 24 hours", count(c.lately, "object"), c.who),
				Cause:  "two tools that own the same groups undo each other's work",
				Remedy: "disable its schedule (EventBridge rule, CodePipeline or cron job) before the next sync",
			}
		}
	}
	lines := make([]string, len(all))
	for i, c := range all {
		lines[i] = fmt.Sprintf("%s (%d)", c.who, c.changed)
	}
	return Finding{
		Status: Warning, Fact: fmt.Sprintf("in the last %d days these changed what ssosync looks after: %s", writersDays, some(lines)),
		Cause:  "a person in the console, or another program; the next sync sets it right, or keeps it with --drift report",
		Remedy: "ask who they are; CloudTrail has the calls (event source identitystore.amazonaws.com)",
	}
}

// A changer is somebody who was the last to change some objects.
type changer struct {
	who             string
	changed, lately int // in the last days, and in the last of them
}

// changers returns them, the busiest first.
func (p *prober) changers() []changer {
	byName := map[string]*changer{}
	note := func(kind identity.Kind, o Object) {
		age := p.in.Now.Sub(o.UpdatedAt)
		if !strings.HasPrefix(o.UpdatedBy, "arn:") || o.UpdatedAt.IsZero() || age > writersDays*day {
			return
		}
		if !managed(kind, o.ExternalID) && !p.written(kind, o) {
			return
		}
		c := byName[o.UpdatedBy]
		if c == nil {
			c = &changer{who: o.UpdatedBy}
			byName[o.UpdatedBy] = c
		}
		if c.changed++; age <= day {
			c.lately++
		}
	}
	for _, u := range p.survey.users {
		note(identity.KindUser, u)
	}
	for _, g := range p.survey.groups {
		note(identity.KindGroup, g)
	}
	all := make([]changer, 0, len(byName))
	for _, c := range byName {
		all = append(all, *c)
	}
	slices.SortFunc(all, func(a, b changer) int {
		return cmp.Or(cmp.Compare(b.changed, a.changed), strings.Compare(a.who, b.who))
	})
	return all
}

// written reports whether a group without an external id is one that a program of
// our kind has written: the old tool never sets any.
func (p *prober) written(kind identity.Kind, o Object) bool {
	return kind == identity.KindGroup && o.ExternalID == "" && !p.in.Rules.Protected(kind, o.Name) && syncs(o.UpdatedBy)
}

// syncs reports whether a principal has the name of a program that syncs.
func syncs(arn string) bool {
	name := strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(arn))
	return slices.ContainsFunc([]string{"ssosync", "idpscim", "scimsync"}, func(s string) bool { return strings.Contains(name, s) })
}
