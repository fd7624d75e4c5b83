package reconcile

import (
	"context"

	"ssosync/internal/directory"
	"ssosync/internal/identity"
	"ssosync/internal/match"
	"ssosync/internal/policy"
)

// sample is how many questions are asked about a plan that guards refuse as a
// whole: enough to tell people what it is, and not hours of asking about what
// will not be done.
const sample = 500

// inquire decides, has the source confirm what rests on absence, and decides
// again for as long as it learns something.
func (r *Reconciler) inquire(ctx context.Context, snapshot directory.Snapshot, held identity.Held, m *memory, e errand) (decision, error) {
	in := newInquiry(snapshot, r.Rules)
	m.rests = in.held
	past := func(matched match.Result) policy.Past { return in.past(m.past(matched), matched) }
	first := decide(snapshot, held, r.Rules, past)
	if e.free {
		return first, nil // what it takes away is not going to be taken
	}
	d := first
	for {
		open := in.questions(d)
		if !r.Thorough && len(in.answers)+len(open) > sample && r.guards(first, m, e).Err() != nil {
			open = open[:max(0, sample-len(in.answers))]
		}
		answers, err := ask(ctx, r.Source, open)
		if err != nil {
			return d, err
		}
		for i, q := range open {
			in.learn(q, answers[i])
		}
		switch {
		case in.changed:
			in.changed = false
		case len(open) > 0:
			continue
		case in.prove(&d):
			d.dir = in.dir
			d.plan.Unproven = in.unproven(first, d)
			return d, in.complete(d)
		}
		d = decide(in.dir, held, r.Rules, past)
	}
}
