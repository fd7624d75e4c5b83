package report

import (
	"ssosync/internal/identity"
)

// plainly says in a few sentences what a report comes to.
func (d digest) plainly() []string {
	if d.Outcome == Failed {
		return nil
	}
	people, groups, others := map[identity.Key]bool{}, 0, 0
	for _, e := range d.entries {
		switch {
		case !e.on():
		case e.kind == identity.KindGroup && e.action.revokes():
			groups++
		case e.action.revokes():
			people[e.user] = true
		default:
			others++
		}
	}
	was, were := "was ", "were "
	if d.DryRun {
		was, were = "would be ", "would be "
	}
	var all []string
	switch from := and(nonzero(several(len(people), "person", "people"), several(groups, "group", "groups"))); {
	case from != "":
		all = append(all, "Access "+was+"taken from "+from+".")
	case d.DryRun:
		all = append(all, "Nobody would lose access.")
	default:
		all = append(all, "Nobody lost access.")
	}
	failed, skipped := d.unmade()
	all = append(all, nonzero(
		several(others, "other change "+was+"made.", "other changes "+were+"made."),
		several(d.Withheld.Size(), "removal is held back, because it may be a mistake.", "removals are held back, because they may be a mistake."),
		several(len(d.Plan.Unproven), "removal is struck, because Google does not confirm it.", "removals are struck, because Google does not confirm them."),
		several(failed+skipped, "change could not be made.", "changes could not be made."),
		several(len(d.Plan.Conflicts), "conflict needs somebody's decision.", "conflicts need somebody's decision."),
		several(len(d.Problems), "record cannot be taken by AWS as it is.", "records cannot be taken by AWS as they are."),
	)...)
	if d.DryRun {
		all = append(all, "Nothing has been changed yet.")
	}
	return all
}

// nonzero leaves out what is "".
func nonzero(words ...string) []string {
	var some []string
	for _, w := range words {
		if w != "" {
			some = append(some, w)
		}
	}
	return some
}
