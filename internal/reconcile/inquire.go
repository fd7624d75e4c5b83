package reconcile

import (
	"context"
	"time"

	"ssosync/internal/directory"
	"ssosync/internal/identity"
	"ssosync/internal/match"
	"ssosync/internal/policy"
)

// sample is how many questions are asked about what guards withhold: enough to
// tell people what it is, and not hours of asking about what will not be done.
const sample = 500

// longest is how long questions may take altogether. What is not answered by
// then is held; those who are suspended must not wait for it.
const longest = 15 * time.Minute

// inquire decides, has the source confirm what rests on absence, and decides
// again for as long as it learns something. All that guards allow is asked about;
// of what they withhold a sample, unless the run is thorough.
func (r *Reconciler) inquire(ctx context.Context, snapshot directory.Snapshot, held identity.Held, m *memory, e errand) (decision, error) {
	in := newInquiry(snapshot, r.Rules)
	m.rests = in.held
	past := func(matched match.Result) policy.Past { return in.past(m.past(matched), matched) }
	first := decide(snapshot, held, r.Rules, past)
	if e.unasked {
		return first, nil // what it takes away is not going to be taken
	}
	asking, cancel := context.WithTimeout(ctx, patienceOf(ctx))
	defer cancel()
	d, left := first, sample
	for {
		if in.prove(&d) {
			v := r.guards(d, m, e)
			open := in.questions(d, v.Allowed)
			if more := in.questions(d, v.Withheld); r.Thorough {
				open = merge(open, more)
			} else {
				more = more[:min(left, len(more))]
				left -= len(more)
				open = merge(open, more)
			}
			if len(open) == 0 {
				d.dir = in.dir
				d.plan.Unproven = in.unproven(first, d)
				return d, nil
			}
			answers, err := ask(ctx, asking, r.Source, open)
			if err != nil {
				return d, err
			}
			for i, q := range open {
				in.learn(q, answers[i])
			}
			if in.sweep(); !in.changed {
				continue
			}
		}
		in.changed = false
		d = decide(in.dir, held, r.Rules, past)
	}
}

// patienceOf is how long questions may take: half of what is left of a run.
func patienceOf(ctx context.Context) time.Duration {
	if end, ok := ctx.Deadline(); ok {
		return min(longest, time.Until(end)/2)
	}
	return longest
}

// merge returns the questions of both, once each.
func merge(a, b []question) []question {
	seen := make(map[question]bool, len(a))
	for _, q := range a {
		seen[q] = true
	}
	for _, q := range b {
		if !seen[q] {
			a = append(a, q)
		}
	}
	return a
}
