package report

import "strconv"

// left says what only a person can settle.
func (d digest) left() []string {
	var words []string
	if n := len(d.Plan.Conflicts); n > 0 {
		words = append(words, count(n, "conflict")+" left for you to settle")
	}
	if n := len(d.Problems); n > 0 {
		words = append(words, "AWS cannot take "+count(n, "record"))
	}
	switch n := len(d.Plan.Unproven); {
	case len(d.held()) < len(d.Refusals): // said by the refusal
	case n == 1:
		words = append(words, "1 removal is not proven")
	case n > 1:
		words = append(words, strconv.Itoa(n)+" removals are not proven")
	}
	if n := d.postponed(); n > 0 {
		words = append(words, count(n, "failing change")+" put off")
	}
	return words
}

// postponed counts what was not tried, because it failed lately.
func (d digest) postponed() int {
	n := 0
	for _, f := range d.Failing {
		if f.Postponed {
			n++
		}
	}
	return n
}

// doomed counts what waits to be deleted.
func (d digest) doomed() string {
	users, groups := d.waitingFor(func(w Waiting) bool { return !w.Since.IsZero() && !w.Delete.IsZero() })
	switch users + groups {
	case 0:
		return ""
	case 1:
		return "; " + objects(users, groups) + " waits to be deleted"
	}
	return "; " + objects(users, groups) + " wait to be deleted"
}

func (d digest) leftovers() string {
	if words := d.left(); len(words) > 0 {
		return "; " + and(words)
	}
	return ""
}

// unmade counts the changes that failed and those that were not tried.
func (d digest) unmade() (failed, skipped int) {
	users, groups, members := d.tallies()
	return users.failed + groups.failed + members.failed, users.skipped + groups.skipped + members.skipped
}
