package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"ssosync/internal/identity"
)

// A survey is what is seen of who and what is in AWS.
type survey struct {
	users, groups []Object
	part          bool // there are more
	byStore       bool // it is the store's view: it tells who changed what
}

// pages is how much of the store is looked at, in hundreds.
const pages = 10

// reads tries each reading that a run may need, and says exactly which is not
// allowed.
func (p *prober) reads(ctx context.Context) Finding {
	store := p.storeID()
	if store == "" {
		return skip("needs the identity store's id")
	}
	var allowed []string
	var failed []error
	try := func(action string, err error) {
		if err != nil {
			failed = append(failed, err)
			return
		}
		allowed = append(allowed, action)
	}
	users, moreUsers, err := p.Store.Objects(ctx, store, identity.KindUser, pages)
	try("ListUsers", err)
	groups, moreGroups, err2 := p.Store.Objects(ctx, store, identity.KindGroup, pages)
	try("ListGroups", err2)
	if err == nil && err2 == nil {
		p.survey = survey{users: users, groups: groups, part: moreUsers || moreGroups, byStore: true}
	}
	if len(groups) > 0 {
		try("ListGroupMemberships", p.Store.AnyMember(ctx, store, groups[0].ID))
	}
	if len(failed) == 0 {
		return ok("may %s", strings.Join(allowed, ", "))
	}
	return p.in.all(p.severity(), failed)
}

// all is one finding of several errors.
func (in Input) all(s Status, errs []error) Finding {
	var facts, causes, remedies []string
	add := func(list *[]string, text string) {
		if text != "" && !slices.Contains(*list, text) {
			*list = append(*list, text)
		}
	}
	for _, err := range errs {
		f := in.as(s, err)
		if f.Status == Skipped {
			return f
		}
		add(&facts, f.Fact)
		add(&causes, f.Cause)
		add(&remedies, f.Remedy)
	}
	return Finding{Status: s, Fact: strings.Join(facts, "; "), Cause: strings.Join(causes, "; "), Remedy: strings.Join(remedies, "\n")}
}

// same compares the store with what SCIM shows: ids are the same on both ways.
func (p *prober) same(context.Context) Finding {
	if !p.survey.byStore {
		return Finding{}
	}
	known := map[string]bool{}
	for _, u := range p.survey.users {
		known[u.ID] = true
	}
	shared := slices.ContainsFunc(p.first, func(o Object) bool { return known[o.ID] })
	none := len(p.first) == 0 && len(p.survey.users) == 0
	complete := !p.survey.part && p.whole
	switch {
	case shared:
		return ok("SCIM and %s show the same users", p.storeID())
	case none || !complete && len(p.first) > 0 && len(p.survey.users) > 0:
		return Finding{} // nothing can be said
	}
	return Finding{
		Status: Error, Fact: fmt.Sprintf("SCIM shows %s, and the identity store %s others", count(len(p.first), "user"), p.storeID()),
		Cause:  "the SCIM endpoint belongs to another identity store than --identity-store-id",
		Remedy: "compare both; " + consoleSettings + ", the SCIM endpoint is under Automatic provisioning",
	}
}

// impact asks what is assigned to the first that there is.
func (p *prober) impact(ctx context.Context) Finding {
	kind, id := identity.KindUser, ""
	switch {
	case !p.Impact:
		return Finding{}
	case len(p.survey.groups) > 0:
		kind, id = identity.KindGroup, p.survey.groups[0].ID
	case len(p.survey.users) > 0:
		id = p.survey.users[0].ID
	}
	if id == "" || p.instance.ARN == "" {
		return skip("there is nobody yet to ask about")
	}
	if failed := p.Store.Assigned(ctx, p.instance.ARN, kind, id); len(failed) > 0 {
		f := p.in.all(Warning, failed)
		if f.Remedy != "" && f.Status == Warning {
			f.Remedy += "\nor leave it out of plans: --impact off"
		}
		return f
	}
	return ok("plans show what access means in accounts and applications")
}

// managed counts whose objects there are. What is not ours is left alone.
func (p *prober) managed(ctx context.Context) Finding {
	s, err := p.seen(ctx)
	switch {
	case err != nil || len(s.users)+len(s.groups) == 0 && !p.paged && !s.byStore:
		return Finding{}
	case len(s.users)+len(s.groups) == 0:
		return ok("nothing is in Identity Center yet")
	}
	ours, others, shielded, foreign := 0, 0, 0, []string{}
	each := func(kind identity.Kind, o Object) {
		switch {
		case managed(kind, o.ExternalID):
			ours++
			return
		case p.in.Rules.Protected(kind, o.Name):
			shielded++
		case o.ExternalID != "":
			foreign = append(foreign, o.Name)
		}
		others++
	}
	for _, u := range s.users {
		each(identity.KindUser, u)
	}
	for _, g := range s.groups {
		each(identity.KindGroup, g)
	}
	f := ok("%s and %s: %d are ours, %d are not and are left alone (%d of them protected by presets)", count(len(s.users), "user"), count(len(s.groups), "group"), ours, others, shielded)
	if s.part {
		f.Fact += ", of the first that are listed"
	}
	if len(foreign) > 0 {
		f.Status = Warning
		f.Cause = fmt.Sprintf("%s from another provider: %s", came(len(foreign)), some(foreign))
		f.Remedy = "if Google's own app for AWS, or another provider, provisions people here: switch its provisioning off (Admin console > Apps > Web and mobile apps > Amazon Web Services > Autoprovisioning), " +
			"or let it have the users and keep only groups with --manage groups; with --adopt=all ssosync takes them over by name"
	}
	return f
}

func came(n int) string {
	if n == 1 {
		return "1 external id is"
	}
	return fmt.Sprintf("%d external ids are", n)
}

// seen is the survey, or else what SCIM shows in one more call.
func (p *prober) seen(ctx context.Context) (survey, error) {
	if p.survey.byStore || !p.paged {
		return p.survey, nil
	}
	groups, more, err := p.SCIM.Page(ctx, identity.KindGroup)
	if err != nil {
		return survey{}, err
	}
	p.survey = survey{users: p.first, groups: groups, part: more || !p.whole}
	return p.survey, nil
}
