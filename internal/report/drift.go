package report

import (
	"slices"
	"time"
)

// gains are the changes by others that gave somebody access.
func (d Drift) gains() bool { return d.What == "joined" || d.What == "activated" }

// drift is what somebody else changed: first who gained access by it, none of
// whom is left out, then the rest.
func (d digest) drift(l limits) section {
	var gains, rest []Drift
	for _, x := range d.Drift {
		if x.gains() {
			gains = append(gains, x)
		} else {
			rest = append(rest, x)
		}
	}
	s := l.cut("Changed by somebody else since the last run", d.drifted(rest))
	s.items, s.risky = append(d.drifted(gains), s.items...), true
	return s
}

// drifted tells of changes by others; members of one group, changed by one
// hand, are one item.
func (d digest) drifted(of []Drift) []item {
	type hand struct{ group, what, by, at, fate string }
	order := []hand{}
	who := map[hand][]phrase{}
	undone := d.undone()
	var items []item
	for _, x := range of {
		h := hand{x.Group, x.What, x.By, x.At, d.fate(x, undone)}
		if x.Group == "" {
			items = append(items, item{mark: changes(), about: say(noun(x.Kind), " ", span{name, x.Name}), text: append(x.change(), ended(h.by, h.at, h.fate)...)})
			continue
		}
		if who[h] == nil {
			order = append(order, h)
		}
		who[h] = append(who[h], say(span{name, x.Name}))
	}
	groups := make([]item, 0, len(order))
	for _, h := range order {
		text := append(append(list(who[h]), say(" ", happening(h.what))...), ended(h.by, h.at, h.fate)...)
		groups = append(groups, item{mark: changes(), about: say("group ", span{name, h.group}), text: text})
	}
	return append(groups, items...)
}

// happening is what happened, in a word of ours if it is one.
func happening(what string) span {
	if slices.Contains([]string{"joined", "left", "deactivated", "activated", "deleted"}, what) {
		return span{plain, what}
	}
	return span{quote, what}
}

// change says what became of an object; what is no word of ours is the name of
// an attribute.
func (d Drift) change() phrase {
	what := happening(d.What)
	if what.manner == plain {
		return say(what)
	}
	return say(what, " ", short(d.Before), " → ", short(d.After))
}

// ended says who did it and when, as far as that is known, and what becomes of
// it.
func ended(by, at, fate string) phrase {
	var p phrase
	if by != "" {
		p = append(p, say(" by ", span{quote, by})...)
	}
	if at != "" {
		p = append(p, say(", ", span{quote, instant(at)})...)
	}
	return append(p, say("; "+fate)...)
}

// instant writes a time that the target told as people read it.
func instant(at string) string {
	if t, err := time.Parse(time.RFC3339, at); err == nil {
		return t.UTC().Format("2006-01-02 15:04") + " UTC"
	}
	return at
}

// fate says what becomes of a change by others.
func (d digest) fate(x Drift, undone map[string]bool) string {
	switch {
	case x.Kept:
		return "kept (--drift=report)"
	case undone[x.Name+"\x00"+x.Group]:
		return "NOT repaired yet"
	case d.DryRun:
		return "to be repaired"
	}
	return "repaired"
}

// undone are the changes that did not come true, by name and group.
func (d digest) undone() map[string]bool {
	all := map[string]bool{}
	for _, es := range [][]entry{d.entries, d.withheld} {
		for _, e := range es {
			if !e.on() {
				all[e.name+"\x00"+e.in] = true
			}
		}
	}
	for _, u := range d.Plan.Unproven {
		all[u.Name+"\x00"+u.Group] = true
	}
	return all
}
