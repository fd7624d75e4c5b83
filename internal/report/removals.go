package report

import (
	"ssosync/internal/identity"
	"ssosync/internal/plan"
)

// A removal is a line of what takes access away.
type removal struct {
	of    string // what the lines of its sort are called together
	about phrase
	text  phrase // what becomes of it
	why   reason
	tail  phrase
	below []phrase
	all   []phrase // of below, where that is cut
}

// removals are the changes that take access away: users with the groups that
// they leave, groups that go with those who are in them, and then all others
// who leave a group. Each change is in one place only.
func (d digest) removals(entries []entry, l limits) []item {
	byUser, byGroup, others := leavings(entries)
	var lines []removal
	for _, e := range entries {
		if e.kind == "" || !e.action.revokes() {
			continue
		}
		leaving := byGroup[e.group]
		if e.kind == identity.KindUser {
			leaving = byUser[e.user]
		}
		r := removal{of: string(e.kind) + "s", about: say(string(e.kind)+" ", span{name, e.name}), text: say(e.verb()), why: reasonOf(e.cause, e.evidence)}
		if len(leaving) > 0 {
			r.tail = append(say("; leaving: "), list(leaving)...)
		}
		if loss, ok := d.losses[string(e.kind)+e.id]; ok && e.id != "" {
			r.below, r.all = loss.told(e, l), loss.everywhere(l)
		}
		lines = append(lines, r)
	}
	lines = append(lines, others.lines()...)
	told := tell(lines)
	items := make([]item, 0, len(lines)+len(told.order))
	for _, r := range lines {
		text := append(append(r.text, told.phrase(r)...), r.tail...)
		items = append(items, item{mark: takes(), about: r.about, text: text, below: r.below, folded: r.all})
	}
	return append(items, told.items()...)
}

// leavings sorts those who leave groups by what is told of first: a user or a
// group that goes as a whole, or else the group that they leave.
func leavings(entries []entry) (byUser, byGroup map[identity.Key][]phrase, others *leavers) {
	users, groups := map[identity.Key]bool{}, map[identity.Key]bool{}
	for _, e := range entries {
		switch {
		case e.kind == identity.KindUser && e.action.revokes():
			users[e.user] = true
		case e.kind == identity.KindGroup && e.action.revokes():
			groups[e.group] = true
		}
	}
	byUser, byGroup, others = map[identity.Key][]phrase{}, map[identity.Key][]phrase{}, newLeavers()
	for _, e := range entries {
		switch {
		case e.action != doLeave:
		case groups[e.group]:
			byGroup[e.group] = append(byGroup[e.group], e.called(e.name))
		case users[e.user]:
			byUser[e.user] = append(byUser[e.user], e.called(e.in))
		default:
			others.add(e)
		}
	}
	return byUser, byGroup, others
}

// verb says in words what became of a removal.
func (e entry) verb() string {
	switch e.status {
	case statusPlanned:
		return "to be " + done[e.action]
	case statusWithheld:
		return "would be " + done[e.action]
	case statusFailed:
		return "NOT " + done[e.action] + ", it failed"
	case statusSkipped:
		return "NOT " + done[e.action] + ", not tried"
	case statusDone:
	}
	return done[e.action]
}

// called is somebody's name, and that their change is not done, if so.
func (e entry) called(who string) phrase { return append(say(span{name, who}), e.unless()...) }

// unless says that a change did not come true.
func (e entry) unless() phrase {
	switch e.status {
	case statusFailed:
		return say(" (NOT out, it failed)")
	case statusSkipped:
		return say(" (NOT out, not tried)")
	case statusDone, statusPlanned, statusWithheld:
	}
	return nil
}

// leavers are those who leave a group that stays, by group, cause and
// evidence.
type leavers struct {
	order []leaving
	who   map[leaving][]phrase
	group map[leaving]string
}

type leaving struct {
	group    identity.Key
	cause    plan.Cause
	evidence plan.Evidence
}

func newLeavers() *leavers {
	return &leavers{who: map[leaving][]phrase{}, group: map[leaving]string{}}
}

func (l *leavers) add(e entry) {
	at := leaving{e.group, e.cause, e.evidence}
	if l.who[at] == nil {
		l.order = append(l.order, at)
	}
	l.who[at], l.group[at] = append(l.who[at], e.called(e.name)), e.in
}

func (l *leavers) lines() []removal {
	lines := make([]removal, 0, len(l.order))
	for _, at := range l.order {
		lines = append(lines, removal{
			of: "groups that are left", about: say("group ", span{name, l.group[at]}), why: reasonOf(at.cause, at.evidence),
			text: append(say("leaving: "), list(l.who[at])...),
		})
	}
	return lines
}
