package report

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"ssosync/internal/identity"
)

// day writes the day of a time, in UTC.
func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// moment writes a time in UTC, without the day if it is that of the run.
func (d digest) moment(t time.Time) string {
	if day(t) == day(d.Started) {
		return t.UTC().Format("15:04") + " UTC"
	}
	return t.UTC().Format("2006-01-02 15:04") + " UTC"
}

// waitingTitle counts what waits.
func (d digest) waitingTitle() string {
	users, groups := d.waitingFor(func(Waiting) bool { return true })
	return "Waiting: " + objects(users, groups) + " left and " + map[bool]string{true: "is", false: "are"}[users+groups == 1] + " kept for now"
}

// waitingFor counts the users and groups that wait in some way.
func (d digest) waitingFor(way func(Waiting) bool) (users, groups int) {
	for _, w := range d.Waiting {
		switch {
		case !way(w):
		case w.Kind == identity.KindGroup:
			groups++
		default:
			users++
		}
	}
	return users, groups
}

// objects counts users and groups, leaving out those of which there are none.
func objects(users, groups int) string {
	var words []string
	if users > 0 {
		words = append(words, count(users, "user"))
	}
	if groups > 0 {
		words = append(words, count(groups, "group"))
	}
	return and(words)
}

// waiting is what left and is kept for now: what is deleted first comes first,
// what never is comes last.
func (d digest) waiting() []item {
	all := slices.Clone(d.Waiting)
	slices.SortStableFunc(all, func(a, b Waiting) int {
		if a.Delete.IsZero() != b.Delete.IsZero() {
			return map[bool]int{true: 1, false: -1}[a.Delete.IsZero()]
		}
		return cmp.Or(a.Delete.Compare(b.Delete), -cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID))
	})
	items := make([]item, 0, len(all))
	for _, w := range all {
		items = append(items, item{mark: remarks(), about: say(noun(w.Kind), " ", span{name, w.Name}), text: say(w.state(), " (", w.why(), "); ", w.fate())})
	}
	return items
}

// why is the cause, in words of ours if there are any.
func (w Waiting) why() span {
	if words := causes[w.Cause]; words != "" {
		return span{plain, words}
	}
	return span{quote, string(w.Cause)}
}

func (w Waiting) state() string {
	state := "inactive"
	if w.Kind == identity.KindGroup {
		state = "empty"
	}
	if !w.Since.IsZero() {
		state += " since " + day(w.Since)
	}
	return state
}

func (w Waiting) fate() phrase {
	switch {
	case w.Since.IsZero():
		return say("nothing proves since when, so it is not deleted")
	case w.Delete.IsZero():
		return say("kept (", span{code, "--delete-after=never"}, ")")
	}
	return say("deleted after " + day(w.Delete))
}

// failing are the objects that failed and have not passed yet, those of the
// same fate together. What failed in this run as well has been told of, so
// only its tries are.
func (d digest) failing() []item {
	type fate struct {
		err       string
		since     time.Time
		next      time.Time
		tries     int
		postponed bool
	}
	told := map[string]bool{}
	for _, e := range d.entries {
		if e.status == statusFailed && e.action != doEmpty {
			told[e.what().String()] = true
		}
	}
	var items []item
	at := map[fate]int{}
	for _, f := range d.Failing {
		what := f.what()
		key := fate{f.Err, f.Since, f.Next, f.Tries, f.Postponed}
		if told[what.String()] {
			key.err = ""
		}
		if i, ok := at[key]; ok {
			items[i].text = append(items[i].text, append(say(", "), what...)...)
			continue
		}
		at[key] = len(items)
		it := item{mark: fails(), text: what, below: []phrase{say(d.tried(f))}}
		if key.err != "" {
			it.below = append(it.below, say(span{quote, f.Err}))
		}
		items = append(items, it)
	}
	return items
}

// what names what was tried, in the words of a change if it is one.
func (f Failing) what() phrase {
	e := entry{action: action(f.Op), kind: f.Kind, name: f.Name, in: f.Group}
	if done[e.action] == "" || noun(f.Kind).manner != plain {
		return say(span{quote, f.Op}, " ", noun(f.Kind), " ", span{name, f.Name})
	}
	return e.what()
}

// noun is what a kind is called. One that a damaged memory has made up is no
// word of ours.
func noun(kind identity.Kind) span {
	if kind == identity.KindUser || kind == identity.KindGroup {
		return span{plain, string(kind)}
	}
	return span{quote, string(kind)}
}

// tried says how often something failed, and when it is tried again.
func (d digest) tried(f Failing) string {
	s := "failed " + map[bool]string{true: "once", false: strconv.Itoa(f.Tries) + " times"}[f.Tries == 1]
	if !f.Since.IsZero() {
		s += ", first " + d.moment(f.Since)
	}
	switch {
	case f.Next.IsZero() && f.Postponed:
		return s + "; not tried this time; a changed record is tried at once"
	case f.Postponed:
		return s + "; not tried before " + d.moment(f.Next) + "; a changed record is tried at once"
	case f.Next.IsZero():
		return s + "; the next run tries again"
	}
	return s + "; tried again from " + d.moment(f.Next) + " on"
}
