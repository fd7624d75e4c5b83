package report

import (
	"slices"
	"strings"

	"ssosync/internal/guard"
)

// evidence is the name of the refusal to remove what is not proven. It stands
// in no one's way: what it is about is struck from the plan.
const evidence = "evidence"

// held are the refusals of something that is withheld.
func (d digest) held() []guard.Refusal {
	return slices.DeleteFunc(slices.Clone(d.Refusals), func(r guard.Refusal) bool { return r.Guard == evidence })
}

// refusals say which guards spoke, what is known, and what to do.
func (d digest) refusals() []item {
	var items []item
	var names []string
	said := map[string]bool{}
	for _, r := range d.Refusals {
		it := item{mark: alarms(), text: say(span{strong, "guard " + clean(r.Guard)}, ": ", span{quote, r.Text})}
		if r.Evidence != "" {
			it.below = append(it.below, say("Evidence: ", span{quote, r.Evidence}))
		}
		if a := advice(r); len(a) > 0 && !said[a.String()] {
			said[a.String()] = true
			it.below = append(it.below, a)
		}
		if r.Acceptable && !slices.Contains(names, r.Guard) {
			names = append(names, r.Guard)
		}
		items = append(items, it)
	}
	if reading(names) && d.Withheld.Size() == 0 {
		return append(items, item{mark: remarks(), text: say("Nothing is withheld; to run without this refusal once: "), below: []phrase{accept(names)}})
	}
	if len(names) > 0 {
		items = append(items, item{mark: remarks(), text: say("If all that is withheld below is meant, let it pass:"), below: []phrase{
			append(say("for one run: "), accept(names)...), append(say("or reviewed: "), d.approve()...),
		}})
	}
	return items
}

// reading reports whether only those guards spoke that look at the reading, and
// not at what would go.
func reading(guards []string) bool {
	return len(guards) > 0 && !slices.ContainsFunc(guards, func(g string) bool { return g != "shrink" && g != "query" })
}

// advice says what to look at before anything is accepted, if there is
// something for this guard.
func advice(r guard.Refusal) phrase {
	switch r.Guard {
	case guard.Doubt:
		return fill("This cannot be accepted, since nothing is known for sure. Look at what is named here in Google's Admin console, "+
			"and run `ssosync plan` again in a few minutes.", nil)
	case evidence:
		return say("This cannot be accepted. What Google says of each is told below.")
	case "shrink", "query":
		return fill("Google may have answered with a part only: run `ssosync plan` again in a few minutes. "+
			"If it stays so, see whether `--group-match` and `--user-match` still say what is meant.", nil)
	case "protected":
		return say("Bring back in Google what must stay, or take it out of what is protected.")
	}
	if !r.Acceptable {
		return fill("This cannot be accepted. Find the cause, and run `ssosync plan` again.", nil)
	}
	return nil
}

// accept is the command that lets guards pass for one run.
func accept(guards []string) phrase {
	return say(span{code, "ssosync --accept=" + strings.Join(guards, ",")}, ", with the other flags of this run")
}

// approve is the way to let a plan pass that somebody has looked at.
func (d digest) approve() phrase {
	file := "big.plan"
	var p phrase
	if d.Saved.File != "" {
		file = typed(d.Saved.File)
	} else {
		p = say(span{code, "ssosync plan --out " + file}, ", then ")
	}
	return append(p, say(span{code, "ssosync approve " + file + ` --reason "…"`}, ", then ", span{code, "ssosync apply " + file})...)
}

// next says in one text how to go on after one guard's refusal.
func (d digest) next(r guard.Refusal) string {
	var words []string
	if a := advice(r); len(a) > 0 {
		words = append(words, a.String())
	}
	if r.Acceptable {
		words = append(words, "If all that is withheld is meant, let it pass for one run: "+accept([]string{r.Guard}).String()+"; or reviewed: "+d.approve().String()+".")
	}
	return strings.Join(words, " ")
}

// typed is the name of a file as it can be typed into a shell: in quotes, if
// it has anything in it that a shell might take for something else.
func typed(file string) string {
	harmless := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._/-", r)
	}
	if !strings.HasPrefix(file, "-") && !strings.ContainsFunc(file, func(r rune) bool { return !harmless(r) }) {
		return file
	}
	if strings.HasPrefix(file, "-") {
		file = "./" + file
	}
	return "'" + strings.ReplaceAll(file, "'", `'\''`) + "'"
}
