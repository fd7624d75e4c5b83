package doctor

import (
	"context"
	"errors"
	"fmt"

	"ssosync/internal/directory"
	"ssosync/internal/identity"
	"ssosync/internal/policy"
)

// scope reads what a run would, and lets the run's own rules decide.
func (g *googler) scope(ctx context.Context) Finding {
	if g.in.Unruly {
		return skip("needs queries, names and mappings that are right")
	}
	before := g.calls()
	snap, err := g.Read(ctx)
	if err != nil {
		if errors.Is(err, context.DeadlineExceeded) {
			return Finding{Status: Warning, Fact: fmt.Sprintf("not counted: the directory was not read within %v", g.in.Longest), Remedy: "ssosync plan takes the time that it needs"}
		}
		return g.in.broken(err)
	}
	g.snap, g.read = snap, true
	w := policy.Desired(snap, g.in.Rules)
	f := ok("%s, %s, %s right now (%s)", count(len(w.State.Groups), "group"), count(len(w.State.Users), "user"),
		count(len(w.State.Members), "membership"), count(g.calls()-before, "call"))
	var empty []string
	for _, m := range w.Matches {
		f.Fact += fmt.Sprintf("; --%s-match %s finds %d", m.Kind, m.Query, m.Found)
		if m.Found == 0 {
			empty = append(empty, fmt.Sprintf("--%s-match %s", m.Kind, m.Query))
		}
	}
	if len(empty) > 0 || len(w.State.Groups) == 0 {
		f.Status, f.Cause = Warning, "nothing matches "+some(empty)
		f.Remedy = "compare it with the names and addresses in the Admin console: Directory > Groups; ssosync plan shows who is in scope"
		if len(empty) == 0 {
			f.Cause = "no group is in scope"
		}
	}
	return f
}

// nested says what becomes of groups in groups.
func (g *googler) nested(context.Context) Finding {
	if !g.read {
		return Finding{}
	}
	w := policy.Desired(g.snap, g.in.Rules)
	holders, inner := 0, 0
	for id := range w.State.Groups {
		n := 0
		for _, m := range g.snap.Members[string(id)] {
			if m.Kind == directory.MemberGroup {
				n++
			}
		}
		inner += n
		if n > 0 {
			holders++
		}
	}
	notes := append(append([]string{}, w.Notes...), g.snap.Doubts...)
	f := ok("%s in %s in scope; who is in them counts as a member", count(inner, "group"), count(holders, "group"))
	if inner == 0 {
		f.Fact = "none in scope"
	}
	if len(notes) > 0 {
		f.Status, f.Cause = Warning, some(notes)
		f.Remedy = "ssosync plan shows all of it; members of other organisations get nothing"
	}
	if inner == 0 && len(notes) == 0 {
		return Finding{}
	}
	return f
}

// managed reports whether an external id is Google's.
func managed(kind identity.Kind, externalID string) bool {
	if kind == identity.KindUser {
		return directory.LooksLikeUserID(externalID)
	}
	return directory.LooksLikeGroupID(externalID)
}
