package report

import (
	"slices"
	"time"

	"ssosync/internal/guard"
)

// closing says how to go on: which plan this is, how it is carried out, and
// where the run is kept.
func (d digest) closing() []phrase {
	var lines []phrase
	if d.Saved.ID != "" {
		p := say("Plan ", span{name, d.Saved.ID})
		if !d.Saved.Expires.IsZero() {
			p = append(p, say(", valid until "+d.Saved.Expires.UTC().Format("2006-01-02 15:04")+" UTC or until something that it rests on changes")...)
		}
		lines = append(lines, append(p, say(".")...))
	}
	if d.Saved.File != "" && len(d.held()) == 0 {
		if p := d.apply(); len(p) > 0 {
			lines = append(lines, p)
		}
	}
	if d.Run != "" && d.changed() > 0 {
		lines = append(lines, d.recorded())
	}
	return lines
}

// recorded says where to read what a run did.
func (d digest) recorded() phrase {
	return say("Run ", span{name, d.Run}, ": ", span{code, "ssosync history show " + typed(d.Run)})
}

// apply says how a plan is carried out: nothing, if it is already, if there is
// nothing in it, or if it was refused for what nobody can accept.
func (d digest) apply() phrase {
	acceptable := !slices.ContainsFunc(d.held(), func(r guard.Refusal) bool { return !r.Acceptable })
	switch {
	case !d.DryRun || d.Plan.Size()+d.Withheld.Size() == 0 || !acceptable:
		return nil
	case len(d.held()) > 0:
		return append(say("Approve all of it, and apply it: "), d.approve()...)
	case d.Saved.File == "":
		return say("Carry it out: ", span{code, "ssosync"}, ", with the other flags of this run; or exactly this: ",
			span{code, "ssosync plan --out big.plan"}, ", then ", span{code, "ssosync apply big.plan"})
	}
	return say("Apply exactly this: ", span{code, "ssosync apply " + typed(d.Saved.File)})
}

// changed counts the changes that are made; a group that is emptied is its
// members' leaves.
func (d digest) changed() int {
	n := 0
	for _, e := range d.entries {
		if e.status == statusDone && e.action != doEmpty {
			n++
		}
	}
	return n
}

// rfc3339 writes a time for programs, "" if there is none.
func rfc3339(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
