package report

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"ssosync/internal/apply"
)

// Line says in one line what happened, with the same counts as everywhere
// else. It is free of control characters and has no line break at its end.
func Line(r Report) string { return headline(newDigest(r)).String() }

func headline(d digest) phrase {
	users, groups, members := d.tallies()
	switch d.Outcome {
	case InSync:
		return say(fmt.Sprintf("Nothing to do (%s in sync), checked in %s%s", sizes(d.Plan.Base.Managed), took(d.Took), d.with()), d.leftovers(), d.doomed(), ".")
	case Planned:
		return say("Nothing was changed (dry run): ", cmp.Or(d.counted(), "nothing to do"), d.leftovers(), fmt.Sprintf("; read in %s%s.", took(d.Took), d.with()))
	case Done:
		return say(fmt.Sprintf("Done in %s: ", took(d.Took)), cmp.Or(d.counted(), "nothing"), d.leftovers(), d.total(), ".")
	case Partial:
		return d.partly()
	case Refused:
		return d.refusal()
	case Interrupted:
		made := made(users) + made(groups) + made(members)
		word := "Interrupted"
		if errors.Is(d.Err, ErrIncomplete) {
			word = "Out of time"
		}
		return say(fmt.Sprintf("%s after %s: %d of %s made%s", word, took(d.Took), made, were(d.Plan.Size()), d.total()), "; run it again to go on.")
	case Failed:
	}
	return d.failure()
}

// partly says how much of a run did not work.
func (d digest) partly() phrase {
	failed, skipped := d.unmade()
	var but []phrase
	if failed > 0 {
		but = append(but, append(say(fmt.Sprintf("%d of %s failed", failed, count(d.Plan.Size(), "change"))), d.first()...))
	}
	if skipped > 0 {
		but = append(but, say(fmt.Sprintf("%s not tried", was(skipped))))
	}
	for _, l := range d.left() {
		but = append(but, say(l))
	}
	start := fmt.Sprintf("Done in %s, but ", took(d.Took))
	if d.DryRun {
		start = "Nothing was changed (dry run), and "
	}
	p := append(say(start), list(but)...)
	if counted := d.counted(); counted != "" {
		return append(p, say("; otherwise ", counted, d.total(), ".")...)
	}
	return append(p, say("; nothing else was to do", d.total(), ".")...)
}

// first says what failed first.
func (d digest) first() phrase {
	for _, e := range d.entries {
		if e.status == statusFailed && e.action != doEmpty {
			return say(" (first: ", e.what(), ": ", span{quote, e.err.Error()}, ")")
		}
	}
	return nil
}

// refusal says which guards spoke, and what was done all the same.
func (d digest) refusal() phrase {
	p := say("Refused")
	if d.DryRun {
		p = say("Refused (dry run)")
	}
	for i, r := range d.Refusals {
		sep := "; "
		if i == 0 {
			sep = ": "
		}
		p = append(p, say(sep, span{quote, r.Guard}, ": ", span{quote, r.Text})...)
	}
	given, removed := 0, 0
	for _, e := range d.entries {
		switch {
		case !e.on() || e.action == doEmpty:
		case e.action.revokes():
			removed++
		default:
			given++
		}
	}
	if d.DryRun {
		return append(p, say(fmt.Sprintf("; nothing was changed, %s would be withheld%s.", count(d.Withheld.Size(), "removal"), d.leftovers()))...)
	}
	removals := "nothing was removed"
	if removed > 0 {
		_, verb, _ := strings.Cut(was(removed), " ")
		removals = count(removed, "removal") + " within the limits " + verb + " made"
	}
	p = append(p, say(fmt.Sprintf("; %s made", were(given, "that take nothing away")))...)
	p = append(p, say("; ", removals, fmt.Sprintf(", %d withheld", d.Withheld.Size()))...)
	if failed, skipped := d.unmade(); failed+skipped > 0 {
		p = append(p, say(fmt.Sprintf("; %s not made", were(failed+skipped)))...)
	}
	return append(p, say(d.leftovers(), ".")...)
}

// failure says why a run came to nothing.
func (d digest) failure() phrase {
	p := say(fmt.Sprintf("Failed after %s", took(d.Took)))
	if d.Err != nil {
		p = append(p, say(": ", span{quote, d.Err.Error()})...)
	}
	changed := d.changed()
	if changed == 0 {
		return append(p, say("; nothing was changed.")...)
	}
	return append(p, say(fmt.Sprintf("; %s made.", were(changed)))...)
}

// counted says how many of what, leaving out what is zero.
func (d digest) counted() string {
	users, groups, members := d.tallies()
	var words []string
	for _, k := range []struct {
		noun string
		t    tally
	}{{"user", users}, {"group", groups}} {
		first := true
		for _, a := range []action{doCreate, doAdopt, doUpdate, doDeactivate, doEmpty, doDelete} {
			n := k.t.by[a]
			if n == 0 {
				continue
			}
			w := strconv.Itoa(n)
			if first {
				w = count(n, k.noun)
			}
			first = false
			words = append(words, w+" "+d.verb(a))
		}
	}
	if n := members.by[doJoin]; n > 0 {
		words = append(words, count(n, "join"))
	}
	switch n := members.by[doLeave]; {
	case n == 1:
		words = append(words, "1 leave")
	case n > 1:
		words = append(words, strconv.Itoa(n)+" leaves")
	}
	return strings.Join(words, ", ")
}

// verb puts an action into the tense of the run.
func (d digest) verb(a action) string {
	if d.DryRun {
		return "to " + string(a)
	}
	return done[a]
}

func (d digest) with() string {
	if n, _, _ := d.calls(); n > 0 {
		return " with " + count(n, "API call")
	}
	return ""
}

func (d digest) total() string {
	if n, _, _ := d.calls(); n > 0 {
		return "; " + count(n, "API call")
	}
	return ""
}

// made counts the changes that are done; a group that is emptied is counted
// by its members.
func made(t tally) int {
	n := -t.by[doEmpty]
	for _, k := range t.by {
		n += k
	}
	return n
}

// were says that there was one change, or were many.
func were(n int, which ...string) string {
	_, verb, _ := strings.Cut(was(n), " ")
	return strings.Join(append(append([]string{count(n, "change")}, which...), verb), " ")
}

// was says that there was 1, or were many.
func was(n int) string {
	if n == 1 {
		return "1 was"
	}
	return strconv.Itoa(n) + " were"
}

// what names a change: what is done, and to whom.
func (e entry) what() phrase {
	switch e.action {
	case doJoin:
		return say("join ", span{name, e.name}, " to ", span{name, e.in})
	case doLeave:
		return say("remove ", span{name, e.name}, " from ", span{name, e.in})
	default:
		return say(string(e.action)+" "+string(e.kind)+" ", span{name, e.name})
	}
}

// mirror says what awslabs/ssosync, which deletes whatever is not in scope,
// would have deleted; nothing if it would not have.
func (d digest) mirror() string {
	m := d.Mirror
	var words []string
	if m.Users > 0 {
		words = append(words, count(m.Users, "user"))
	}
	if m.Groups > 0 {
		words = append(words, count(m.Groups, "group"))
	}
	if len(words) == 0 {
		return ""
	}
	deleted := 0
	for _, e := range d.entries {
		if e.action == doDelete && e.on() {
			deleted++
		}
	}
	s := "awslabs/ssosync would have deleted " + and(words) + " here; "
	switch kept := m.Users + m.Groups - deleted; {
	case kept <= 0:
		return s + "so does this run."
	case deleted > 0:
		return s + strconv.Itoa(kept) + " of them are kept."
	case kept == 1:
		return s + "it is kept."
	}
	return s + "they are kept."
}

// reason says why a change was not tried.
func (e entry) reason() string {
	if e.err == nil {
		return "the run ended before"
	}
	return strings.TrimPrefix(e.err.Error(), apply.ErrSkipped.Error()+": ")
}
