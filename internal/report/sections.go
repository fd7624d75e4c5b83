package report

import (
	"strconv"
	"strings"
	"time"

	"ssosync/internal/identity"
)

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
		it := item{mark: fails(), text: e.what(), below: []phrase{say(span{quote, text})}}
		if h := d.hint(e.err); h != "" {
			it.below = append(it.below, say(h))
		}
		items = append(items, it)
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
			words = append(words, "waited "+took(c.Waited/time.Duration(max(1, c.Calls)))+" each")
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
