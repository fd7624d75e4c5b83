//go:build unix

package integration

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
)

// A person of a company, here or gone.
type person struct {
	id, address, family string
	gone, suspended     bool
}

// A team is a group of a company. Members are ids of people, in the order in
// which they joined.
type team struct {
	id, address, name string
	gone              bool
	members           []string
}

// A company is a small Google Workspace that lives: people and groups come, go
// and come back, each under the id that Google gave it once.
type company struct {
	rand   *rand.Rand
	people []*person
	teams  []*team
	names  int // how many names were given; none is given twice
}

// newCompany has its people in teams, everybody in one.
func newCompany(r *rand.Rand, people, teams int) *company {
	c := &company{rand: r}
	for range teams {
		c.found()
	}
	for i := range people {
		c.teams[i%teams].members = append(c.teams[i%teams].members, c.hire().id)
	}
	return c
}

// name gives out a number for a name.
func (c *company) name() int {
	c.names++
	return c.names
}

func (c *company) hire() *person {
	n := c.name()
	p := &person{id: fmt.Sprintf("1%020d", n), address: fmt.Sprintf("person%d@example.com", n), family: fmt.Sprintf("Family %d", n)}
	c.people = append(c.people, p)
	return p
}

func (c *company) found() *team {
	n := c.name()
	g := &team{id: fmt.Sprintf("0%014d", n), address: fmt.Sprintf("team%d@example.com", n), name: fmt.Sprintf("Team %d", n)}
	c.teams = append(c.teams, g)
	return g
}

// choose draws one of those that pass, or returns nil.
func choose[T any](r *rand.Rand, all []*T, pass func(*T) bool) *T {
	var fit []*T
	for _, x := range all {
		if pass(x) {
			fit = append(fit, x)
		}
	}
	if len(fit) == 0 {
		return nil
	}
	return fit[r.IntN(len(fit))]
}

func (c *company) aPerson() *person {
	return choose(c.rand, c.people[1:], func(p *person) bool { return !p.gone }) // the first one is the administrator
}

func (c *company) aTeam() *team {
	return choose(c.rand, c.teams[1:], func(g *team) bool { return !g.gone }) // and the first team stays
}

// enter puts a person into a team.
func (g *team) enter(id string) {
	if !slices.Contains(g.members, id) {
		g.members = append(g.members, id)
	}
}

func (g *team) leave(id string) {
	g.members = slices.DeleteFunc(g.members, func(m string) bool { return m == id })
}

// A change is something that happens in a company. It reports what.
type change func(*company) string

// changes keep a company at about its size: what grows it asks how large it is.
var changes = []change{
	func(c *company) string { // somebody joins, or comes back
		p := choose(c.rand, c.people, func(p *person) bool { return p.gone })
		if p == nil || c.rand.IntN(3) == 0 {
			p = c.hire()
		}
		p.gone, p.suspended = false, false
		g := c.aTeam()
		g.enter(p.id)
		return p.address + " joins " + g.name
	},
	func(c *company) string { // somebody's account is deleted
		if present(c.people) < 17 {
			return ""
		}
		p := c.aPerson()
		p.gone = true
		for _, g := range c.teams {
			g.leave(p.id)
		}
		return p.address + " leaves the company"
	},
	func(c *company) string {
		p := c.aPerson()
		p.suspended = !p.suspended
		return fmt.Sprintf("%s is suspended: %t", p.address, p.suspended)
	},
	func(c *company) string {
		p, n := c.aPerson(), c.name()
		was := p.address
		p.address, p.family = fmt.Sprintf("person%d@example.com", n), fmt.Sprintf("Married %d", n)
		return was + " is called " + p.address
	},
	func(c *company) string {
		p, g := c.aPerson(), c.aTeam()
		g.enter(p.id)
		return p.address + " enters " + g.name
	},
	func(c *company) string {
		g := choose(c.rand, c.teams[1:], func(g *team) bool { return !g.gone && len(g.members) > 1 })
		if g == nil {
			return ""
		}
		id := g.members[c.rand.IntN(len(g.members))]
		g.leave(id)
		return id + " is taken out of " + g.name
	},
	func(c *company) string {
		g := c.aTeam()
		was := g.name
		g.name = fmt.Sprintf("Renamed %d", c.name())
		return was + " is called " + g.name
	},
	func(c *company) string { // a group goes, or comes, or comes back
		if g := choose(c.rand, c.teams, func(g *team) bool { return g.gone }); g != nil {
			g.gone = false
			return g.name + " comes back"
		}
		if len(c.teams) < 8 {
			g := c.found()
			g.enter(c.aPerson().id)
			g.enter(c.aPerson().id)
			return g.name + " is made"
		}
		g := c.aTeam()
		g.gone = true
		return g.name + " is deleted"
	},
}

func present(people []*person) (n int) {
	for _, p := range people {
		if !p.gone {
			n++
		}
	}
	return n
}

// live lets a few things happen, and says what.
func (c *company) live() (news []string) {
	for want := 4 + c.rand.IntN(6); len(news) < want; {
		if what := changes[c.rand.IntN(len(changes))](c); what != "" {
			news = append(news, what)
		}
	}
	return news
}

// fixture is the company in the form of the emulator's file.
func (c *company) fixture() any {
	type object = map[string]any
	var users, groups []object
	for i, p := range c.people {
		if !p.gone {
			users = append(users, object{
				"id": p.id, "primaryEmail": p.address, "suspended": p.suspended, "isAdmin": i == 0,
				"name": object{"givenName": "Given", "familyName": p.family},
			})
		}
	}
	for _, g := range c.teams {
		if g.gone {
			continue
		}
		members := []object{}
		for _, id := range g.members {
			members = append(members, object{"id": id})
		}
		groups = append(groups, object{"id": g.id, "email": g.address, "name": g.name, "members": members})
	}
	return object{
		"customer": object{"id": "C0example", "customerDomain": "example.com"},
		"domains":  []object{{"domainName": "example.com", "isPrimary": true, "verified": true}},
		"users":    users, "groups": groups,
	}
}

// judge says what is wrong with what AWS has, by first principles: what is in
// scope is there under its names, and nobody is in, or may be, what Google does
// not say. before is what AWS had before the first run, which is not ours.
func (c *company) judge(before, have *cloud, byAddress bool) (wrong []string) {
	complain := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	inScope := map[string]bool{}
	for _, g := range c.teams {
		if !g.gone {
			for _, id := range g.members {
				inScope[id] = true
			}
		}
	}
	active := map[string]bool{} // by Google's id
	for _, p := range c.people {
		u, there := have.users[p.id]
		active[p.id] = inScope[p.id] && !p.gone && !p.suspended
		switch {
		case active[p.id] != u.Active:
			complain("%s: active in AWS is %t (there: %t)", p.address, u.Active, there)
		case active[p.id] && (u.UserName != p.address || u.Name.FamilyName != p.family):
			complain("%s %s is called %s %s", p.address, p.family, u.UserName, u.Name.FamilyName)
		}
	}
	for _, g := range c.teams {
		h, there := have.groups[g.id]
		name := g.name
		if byAddress {
			name = g.address
		}
		if !g.gone && (!there || h.DisplayName != name) {
			complain("group %s is called %q (there: %t)", name, h.DisplayName, there)
		}
		want := map[string]bool{}
		for _, id := range g.members {
			want[id] = !g.gone
		}
		for _, id := range h.members {
			if !want[id] {
				complain("group %s has %s in it, who is not a member", g.name, id)
			}
			delete(want, id)
		}
		for id, missing := range want {
			if missing && active[id] {
				complain("group %s lacks %s", g.name, id)
			}
		}
	}
	if len(have.users) > len(c.people) || len(have.groups) > len(c.teams) {
		complain("there are objects of unknown ids: %v %v", slices.Sorted(maps.Keys(have.users)), slices.Sorted(maps.Keys(have.groups)))
	}
	if have.others != before.others {
		complain("what is not ours has changed from %s to %s", before.others, have.others)
	}
	return wrong
}
