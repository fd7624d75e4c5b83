package report

import (
	"fmt"
	"slices"
	"strconv"
)

// A page is a report as people read it, before it gets a format: counts first,
// then what is risky, then the rest.
type page struct {
	headline phrase
	counts   grid
	sections []section
	mirror   string
	closing  []phrase // how to go on
}

// A section is some items under a title. No risky item is ever cut.
type section struct {
	title string
	risky bool
	items []item
	more  int // harmless items that were left out
}

// An item is a line of a section: a mark, what it is about, what is said of
// it, and lines below it. What is folded is detail for where it can be unfolded.
type item struct {
	mark   span
	about  phrase // "" if there is nothing to align
	text   phrase
	below  []phrase
	folded []phrase
}

// A grid is a table of counts. A cell of "–" cannot be.
type grid struct {
	heads []string
	rows  [][]string // the first cell is the row's title
	note  string
}

// Marks, each of which stands beside a word that says the same.
func adds() span      { return span{good, "+"} }
func changes() span   { return span{warn, "~"} }
func takes() span     { return span{bad, "−"} }
func alarms() span    { return span{bad, "!"} }
func fails() span     { return span{bad, "✘"} }
func remarks() span   { return span{dim, "·"} }
func adoptions() span { return span{warn, "="} }

// limits say how many harmless things are worth reading; 0: all. What is lost
// is told by name, and only the ids of the accounts that it is lost in are cut.
type limits struct{ items, names, ids int }

// newPage puts a digest into its order.
func newPage(d digest, l limits) page {
	p := page{headline: headline(d), mirror: d.mirror(), closing: d.closing()}
	if d.Plan.Size()+d.Withheld.Size()+len(d.Plan.Unproven) > 0 {
		p.counts = d.grid()
	}
	for _, s := range append(d.risky(l), d.harmless(l)...) {
		if len(s.items) > 0 {
			p.sections = append(p.sections, s)
		}
	}
	return p
}

// risky are the sections that somebody must read.
func (d digest) risky(l limits) []section {
	taken := "Access taken away"
	if d.DryRun {
		taken = "Access to be taken away"
	}
	lost, held := d.removals(d.entries, l), d.removals(d.withheld, l)
	if len(lost) > 0 {
		lost = append(lost, d.unknown()...)
	} else if len(held) > 0 {
		held = append(held, d.unknown()...)
	}
	return []section{
		{"Refused", true, d.refusals(), 0},
		{"Withheld: nothing of this was removed", true, held, 0},
		{"Not proven: nothing of this was removed", true, d.unproven(), 0},
		{"Conflicts: left alone until you settle them", true, d.conflicts(), 0},
		{"Warnings", true, remarksOf(d.Warnings, alarms()), 0},
		{taken, true, lost, 0},
		d.drift(l),
		{"Records that AWS cannot take", true, d.problems(), 0},
		{"Failed", true, d.failures(), 0},
		{"Failing: tried again with growing pauses", true, d.failing(), 0},
	}
}

// harmless are the sections that somebody may read.
func (d digest) harmless(l limits) []section {
	return []section{
		l.cut("Users", d.users(l)),
		l.cut("Groups", d.groups(l)),
		l.cut(d.waitingTitle(), d.waiting()),
		l.cut("Not tried", d.untried(l)),
		{"Notes", false, remarksOf(d.Notes, remarks()), 0},
		{"Read", false, d.reads(), 0},
		{"API calls", false, d.callList(), 0},
	}
}

// cut makes a section of harmless items.
func (l limits) cut(title string, items []item) section {
	s := section{title: title, items: items}
	// One more line says no less than the line that would stand for it.
	if l.items > 0 && len(items) > l.items+1 {
		s.items, s.more = items[:l.items], len(items)-l.items
	}
	return s
}

// list joins what is harmless, up to the limit.
func (l limits) list(of []phrase) phrase {
	rest := 0
	if l.names > 0 && len(of) > l.names+1 {
		rest, of = len(of)-l.names, of[:l.names]
	}
	p := list(of)
	if rest > 0 {
		p = append(p, say(fmt.Sprintf(" … and %d more, all in ", rest), span{code, "--output json"})...)
	}
	return p
}

// grid counts what is done, or would be.
func (d digest) grid() grid {
	users, groups, members := d.tallies()
	rows := []tally{users, groups, members}
	head := "done"
	if d.DryRun {
		head = "dry run"
	}
	g := grid{heads: []string{head}, rows: [][]string{{"users"}, {"groups"}, {"memberships"}}}
	column := func(head string, always bool, cell func(t tally, kind int) int) {
		sum := 0
		for i, t := range rows {
			sum += max(0, cell(t, i))
		}
		if sum == 0 && !always {
			return
		}
		g.heads = append(g.heads, head)
		for i, t := range rows {
			text := "–"
			if n := cell(t, i); n >= 0 {
				text = strconv.Itoa(n)
			}
			g.rows[i] = append(g.rows[i], text)
		}
	}
	const never = -1
	for _, c := range []struct {
		action                 action
		always                 bool
		users, groups, members bool
	}{
		{doCreate, true, true, true, false},
		{doAdopt, false, true, true, false},
		{doUpdate, true, true, true, false},
		{doDeactivate, true, true, false, false},
		{doEmpty, false, false, true, false},
		{doDelete, true, true, true, false},
		{doJoin, true, false, false, true},
		{doLeave, true, false, false, true},
	} {
		column(string(c.action), c.always, func(t tally, kind int) int {
			if ![]bool{c.users, c.groups, c.members}[kind] {
				return never
			}
			return t.by[c.action]
		})
	}
	column("failed", false, func(t tally, _ int) int { return t.failed })
	column("not tried", false, func(t tally, _ int) int { return t.skipped })
	column("withheld", false, func(t tally, _ int) int { return t.withheld })
	column("unproven", false, func(t tally, _ int) int { return t.unproven })
	column("kept", false, func(t tally, _ int) int { return t.kept })
	if slices.Contains(g.heads, "kept") {
		g.note = "kept: in AWS, not managed by ssosync, left alone"
	}
	return g
}
