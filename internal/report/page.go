package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// A page is a report as people read it, before it gets a format: counts first,
// then what is risky, then the rest.
type page struct {
	headline phrase
	counts   grid
	sections []section
	mirror   string
}

// A section is some items under a title. What is risky is never cut.
type section struct {
	title string
	risky bool
	items []item
	more  int // harmless items that were left out
}

// An item is a line of a section: a mark, what it is about, what is said of
// it, and lines below it.
type item struct {
	mark  span
	about phrase // "" if there is nothing to align
	text  phrase
	below []phrase
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

// limits say how many harmless things are worth reading; 0: all.
type limits struct{ items, names int }

// newPage puts a digest into its order.
func newPage(d digest, l limits) page {
	p := page{headline: headline(d), mirror: d.mirror()}
	if d.Plan.Size()+d.Withheld.Size() > 0 {
		p.counts = d.grid()
	}
	taken := "Access taken away"
	if d.DryRun {
		taken = "Access to be taken away"
	}
	for _, s := range []section{
		{"Refused", true, d.refusals(), 0},
		{"Withheld: nothing of this was removed", true, removals(d.withheld), 0},
		{"Conflicts: left alone until you settle them", true, d.conflicts(), 0},
		{"Warnings", true, remarksOf(d.Warnings, alarms()), 0},
		{taken, true, removals(d.entries), 0},
		{"Records that AWS cannot take", true, d.problems(), 0},
		{"Failed", true, d.failures(), 0},
		l.cut("Users", d.users(l)),
		l.cut("Groups", d.groups(l)),
		l.cut("Not tried", d.untried(l)),
		{"Notes", false, remarksOf(d.Notes, remarks()), 0},
		{"Read", false, d.reads(), 0},
		{"API calls", false, d.callList(), 0},
	} {
		if len(s.items) > 0 {
			p.sections = append(p.sections, s)
		}
	}
	return p
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
	column("kept", false, func(t tally, _ int) int { return t.kept })
	if slices.Contains(g.heads, "kept") {
		g.note = "kept: in AWS, not managed by ssosync, left alone"
	}
	return g
}

func (d digest) refusals() []item {
	var items []item
	var all []string
	for _, r := range d.Refusals {
		items = append(items, item{
			mark: alarms(), text: say(span{strong, "guard " + clean(r.Guard)}, ": ", span{quote, r.Text}),
			below: []phrase{next(r.Guard, r.Acceptable)},
		})
		if r.Acceptable && !slices.Contains(all, r.Guard) {
			all = append(all, r.Guard)
		}
	}
	if len(all) > 1 {
		last := &items[len(items)-1]
		last.below = append(last.below, say("To let all of them pass once: ", span{code, "--accept=" + strings.Join(all, ",")}))
	}
	return items
}

func (d digest) conflicts() []item {
	var items []item
	for _, c := range d.Plan.Conflicts {
		means, remedy := explain(c)
		items = append(items, item{
			mark: alarms(), text: append(say(string(c.Kind)+" ", span{name, c.Name}, ": "), append(means, say(".")...)...),
			below: []phrase{append(remedy, say(".")...)},
		})
	}
	return items
}

func (d digest) problems() []item {
	var items []item
	for _, p := range d.Problems {
		it := item{mark: alarms(), text: say(string(p.Kind)+" ", span{name, p.Name})}
		if p.Skipped {
			it.text = append(it.text, say(" was left out")...)
		}
		for i, f := range p.Flaws {
			sep := ", "
			if i == 0 {
				sep = ": "
			}
			it.text = append(it.text, say(sep, span{code, f.Attr})...)
			if f.Value != "" {
				it.text = append(it.text, say(" ", span{name, f.Value})...)
			}
			it.text = append(it.text, say(" ", span{quote, f.Why})...)
			it.below = append(it.below, append(remedy(p, f.Attr), say(".")...))
		}
		items = append(items, it)
	}
	return items
}

// failures are grouped by what the vendor said.
func (d digest) failures() []item {
	var items []item
	at := map[string]int{}
	for _, e := range d.entries {
		if e.status != statusFailed || e.action == doEmpty {
			continue
		}
		text := e.err.Error()
		if i, ok := at[text]; ok {
			items[i].text = append(items[i].text, append(say(", "), e.what()...)...)
			continue
		}
		at[text] = len(items)
		items = append(items, item{mark: fails(), text: e.what(), below: []phrase{say(span{quote, text}), hint(e.err)}})
	}
	return items
}

// untried are grouped by why.
func (d digest) untried(l limits) []item {
	why := map[string][]phrase{}
	var order []string
	for _, e := range d.entries {
		if e.status != statusSkipped || e.action == doEmpty {
			continue
		}
		reason := e.reason()
		if why[reason] == nil {
			order = append(order, reason)
		}
		why[reason] = append(why[reason], e.what())
	}
	items := make([]item, 0, len(order))
	for _, reason := range order {
		items = append(items, item{mark: remarks(), text: append(say(span{quote, reason}, ": "), l.list(why[reason])...)})
	}
	return items
}

func remarksOf(texts []string, mark span) []item {
	var items []item
	for _, t := range texts {
		items = append(items, item{mark: mark, text: say(span{quote, t})})
	}
	return items
}

// reads say what was read in how long, and what the queries found.
func (d digest) reads() []item {
	var items []item
	for _, r := range []struct {
		side string
		read Read
	}{{"Google", d.Source}, {"AWS", d.Target}} {
		if r.read != (Read{}) {
			items = append(items, item{mark: remarks(), about: say(r.side), text: say(sizes(r.read.Size) + ", read in " + took(r.read.Took))})
		}
	}
	return append(items, d.matches()...)
}

// matches say how many objects each part of the queries found: one that found
// none may well be wrong.
func (d digest) matches() []item {
	var items []item
	for _, kind := range []identity.Kind{identity.KindGroup, identity.KindUser} {
		var found, none []phrase
		for _, m := range d.Matches {
			switch query := say(span{code, m.Query}); {
			case m.Kind != kind:
			case m.Found == 0:
				none = append(none, query)
			default:
				found = append(found, append(query, say(" "+count(m.Found, string(kind)))...))
			}
		}
		if len(found) > 0 {
			items = append(items, item{mark: remarks(), text: append(say("--"+string(kind)+"-match found: "), list(found)...)})
		}
		if len(none) > 0 {
			items = append(items, item{mark: alarms(), text: append(say("--"+string(kind)+"-match found no "+string(kind)+"s by: "), list(none)...)})
		}
	}
	return items
}

// callList counts the requests of each operation in one line.
func (d digest) callList() []item {
	var ops []phrase
	for _, c := range d.Calls {
		p := say(span{code, c.Op}, " "+strconv.Itoa(c.Calls))
		var words []string
		if c.Retries > 0 {
			words = append(words, strconv.Itoa(c.Retries)+" retried")
		}
		if c.Throttles > 0 {
			words = append(words, strconv.Itoa(c.Throttles)+" throttled")
		}
		if c.Waited >= time.Millisecond {
			words = append(words, "waited "+took(c.Waited))
		}
		if len(words) > 0 {
			p = append(p, say(" ("+strings.Join(words, ", ")+")")...)
		}
		ops = append(ops, p)
	}
	if len(ops) == 0 {
		return nil
	}
	return []item{{mark: remarks(), text: list(ops)}}
}

// users are the changes of users that take nothing away: newcomers in one
// line, everybody else in a line of their own.
func (d digest) users(l limits) []item {
	var items []item
	var created []phrase
	for _, e := range d.entries {
		if e.kind != identity.KindUser || !e.on() || e.action.revokes() {
			continue
		}
		if e.action == doCreate {
			created = append(created, say(span{name, e.name}))
			continue
		}
		items = append(items, e.updated())
	}
	if len(created) > 0 {
		first := item{mark: adds(), text: append(say(count(len(created), "user")+" "+d.verb(doCreate)+": "), l.list(created)...)}
		items = append([]item{first}, items...)
	}
	return items
}

// updated describes an update or an adoption.
func (e entry) updated() item {
	it := item{mark: changes(), about: say(span{name, e.name}), text: say()}
	var parts []phrase
	if e.action == doAdopt {
		it.mark = adoptions()
		what := "adopted by name"
		if e.foreign != "" {
			what += ", was another provider's"
		}
		parts = append(parts, say(what))
	}
	if e.cause == plan.CauseReturned {
		parts = append(parts, say("active again"))
	}
	for _, f := range e.fields {
		switch {
		case f.Attr == "active", f.Attr == "externalId" && e.action == doAdopt:
		case f.Attr == "userName" || f.Attr == "displayName" && e.kind == identity.KindGroup:
			it.about = say(span{name, f.Before}, " → ", span{name, f.After})
			parts = append(parts, say("renamed"))
		default:
			parts = append(parts, say(f.Attr+" ", short(f.Before), " → ", short(f.After)))
		}
	}
	it.text = list(parts)
	return it
}

// short is a value of an attribute, cut if it is long.
func short(v string) span {
	const most = 40
	if r := []rune(v); len(r) > most {
		v = string(r[:most-1]) + "…"
	}
	return span{name, v}
}
