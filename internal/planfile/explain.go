package planfile

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"ssosync/internal/plan"
)

// shown is how much of a value is shown, in characters.
const shown = 80

// quoted returns a text as it may be shown: what a terminal would obey is
// escaped.
func quoted(s string) string {
	runes := []rune(s)
	if len(runes) > shown {
		return strconv.Quote(string(runes[:shown])) + "…"
	}
	return strconv.Quote(s)
}

// bare is quoted for what is mostly letters and digits, such as revisions.
func bare(s string) string {
	q := quoted(s)
	if s != "" && q == `"`+s+`"` && !strings.Contains(s, " ") {
		return s
	}
	return q
}

// became says in what a change is decided otherwise now.
func became(was, now fact) string {
	if was.Op != now.Op {
		return fmt.Sprintf("would %s now, not %s", verb(now.Op), verb(was.Op))
	}
	users, groups := "", ""
	if was.In != "" {
		users, groups = "the user's ", "the group's "
	}
	how := subject(users, was.Subject, now.Subject)
	how = append(how, subject(groups, was.Group, now.Group)...)
	if s := attributes(was.Before, now.Before, "%s was %s, is %s"); s != "" {
		how = append(how, "has changed: "+s)
	}
	if s := attributes(was.After, now.After, "%s %s then, %s now"); s != "" {
		how = append(how, "should become something else: "+s)
	}
	if was.Managers != now.Managers {
		how = append(how, "the manager is another object of the target now")
	}
	how = append(how, proofs("", was.Proof, now.Proof)...)
	how = append(how, proofs("the group's ", was.GroupProof, now.GroupProof)...)
	how = append(how, whole(was.Emptied, now.Emptied)...)
	if len(how) == 0 {
		return "is not shown as it would be done"
	}
	return strings.Join(how, "; ")
}

func verb(op string) string {
	switch op {
	case string(plan.Create), string(plan.Update), string(plan.Delete):
		return "be " + strings.TrimSuffix(op, "e") + "ed"
	}
	return bare(op)
}

// subject says what is new about the object itself.
func subject(whose string, was, now plan.Subject) []string {
	var how []string
	for _, x := range []struct{ what, was, now string }{{"id", was.ID, now.ID}, {"name", was.Name, now.Name}, {"revision", was.Revision, now.Revision}} {
		if x.was != x.now {
			how = append(how, fmt.Sprintf("%s%s %s → %s", whose, x.what, bare(x.was), bare(x.now)))
		}
	}
	return how
}

func proofs(whose string, was, now plan.Proof) []string {
	switch {
	case was == now:
		return nil
	case now == "":
		return []string{whose + "removal is not proven any more"}
	}
	return []string{fmt.Sprintf("%sproof %s → %s", whose, bare(string(was)), bare(string(now)))}
}

// whole says whether it is the whole group that is to go.
func whole(was, now bool) []string {
	switch {
	case was == now:
		return nil
	case now:
		return []string{"the whole group is to be emptied now"}
	}
	return []string{"the group is not to be emptied any more"}
}

// attributes lists those that differ, in a sentence of a name and two values.
func attributes(was, now map[string]string, sentence string) string {
	names := slices.AppendSeq(slices.Collect(maps.Keys(was)), maps.Keys(now))
	slices.Sort(names)
	var parts []string
	for _, name := range slices.Compact(names) {
		if was[name] != now[name] {
			parts = append(parts, fmt.Sprintf(sentence, name, quoted(was[name]), quoted(now[name])))
		}
	}
	return strings.Join(parts, ", ")
}
