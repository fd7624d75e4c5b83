package report

import (
	"slices"
	"strconv"

	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// A reason is why something is taken away, in words, and how that is known.
type reason struct{ words, known string }

func reasonOf(c plan.Cause, ev plan.Evidence) reason {
	r := reason{because(c), ev.Text}
	switch {
	case c == plan.CauseGone && ev.Proof == plan.ProofGone:
		r.words = "deleted in Google"
	case c.Proven() && ev.Proof == plan.ProofFlag:
		r.known = "" // the words say that Google says so
	}
	return r
}

// sameEvidence is how many lines may say the same of how something is known.
// Where there are more, it is said once, below them.
const sameEvidence = 3

// A heading is what lines have in common that give the same reason.
type heading struct{ of, words string }

// reasons are those of some lines.
type reasons struct {
	order  []heading // those that are told of below the lines
	known  map[heading]string
	number map[heading]int
}

// tell finds out which reasons are the same so often that they are told once:
// words that stand for one way of knowing alone.
func tell(lines []removal) reasons {
	all := reasons{known: map[heading]string{}, number: map[heading]int{}}
	mixed := map[heading]bool{}
	for _, l := range lines {
		h := heading{l.of, l.why.words}
		known, met := all.known[h]
		mixed[h] = mixed[h] || met && known != l.why.known
		all.known[h] = l.why.known
		all.number[h]++
		if !met {
			all.order = append(all.order, h)
		}
	}
	all.order = slices.DeleteFunc(all.order, func(h heading) bool {
		return mixed[h] || all.known[h] == "" || all.number[h] <= sameEvidence
	})
	return all
}

// phrase says why, and how that is known unless it is told below.
func (r reasons) phrase(l removal) phrase {
	if l.why.known == "" || slices.Contains(r.order, heading{l.of, l.why.words}) {
		return say(" (" + l.why.words + ")")
	}
	return say(" ("+l.why.words+"; ", span{quote, l.why.known}, ")")
}

// items tell what is the same for many lines.
func (r reasons) items() []item {
	items := make([]item, 0, len(r.order))
	for _, h := range r.order {
		items = append(items, item{mark: remarks(), text: say("The "+strconv.Itoa(r.number[h])+" "+h.of+" above, "+h.words+": ", span{quote, r.known[h]})})
	}
	return items
}

// unproven are the removals that were struck for lack of evidence: what is
// said of several in the same words is said once.
func (d digest) unproven() []item {
	type claim struct {
		kind       identity.Kind
		group      string
		cause      plan.Cause
		why        string
		membership bool
	}
	var order []claim
	who := map[claim][]phrase{}
	for _, u := range d.Plan.Unproven {
		c := claim{u.Kind, u.Group, u.Cause, u.Why, u.Group != ""}
		if who[c] == nil {
			order = append(order, c)
		}
		who[c] = append(who[c], say(span{name, u.Name}))
	}
	items := make([]item, 0, len(order)+1)
	for _, c := range order {
		it := item{mark: alarms()}
		it.text = say("\""+because(c.cause)+"\", say the listings, but ", span{quote, c.why})
		switch n := len(who[c]); {
		case c.membership:
			it.about = say("group ", span{name, c.group})
			it.text = append(append(list(who[c]), say(": ")...), it.text...)
		case n == 1:
			it.about = append(say(string(c.kind)+" "), who[c][0]...)
		default:
			it.text = append(say(count(n, string(c.kind))+": "), it.text...)
			it.below = []phrase{list(who[c])}
		}
		items = append(items, it)
	}
	if len(items) > 0 {
		last := &items[len(items)-1]
		last.below = append(last.below, say("Nobody can accept this: it is done as soon as Google confirms it. Look at one of them in the Admin console of Google, and run ",
			span{code, "ssosync plan"}, " again in a few minutes."))
	}
	return items
}
