package reconcile

import (
	"context"
	"errors"

	"ssosync/internal/apply"
	"ssosync/internal/identity"
	"ssosync/internal/journal"
	"ssosync/internal/ledger"
	"ssosync/internal/plan"
	"ssosync/internal/policy"
	"ssosync/internal/report"
)

// conclude takes down what a run leaves to the next one. A run that
// nothing held up is a good one, be it a sync or an approved plan; only a sync
// knows of all that fails.
func (m *memory) conclude(before identity.Held, d decision, rep report.Report, good bool) {
	if m.ledger == nil {
		return
	}
	now := after(before, rep.Plan, rep.Results)
	m.leavers(now, d)
	m.failures(d, rep.Plan, rep.Results)
	if good {
		m.ledger.Good = &ledger.Good{At: m.now, Source: d.outcome.Base.Source, Fingerprint: m.r.Scope}
		for _, q := range d.wanted.Matches {
			m.ledger.Good.Matches = append(m.ledger.Good.Matches, ledger.Match(q))
		}
	}
	m.ledger.Run = m.rep.Run
	m.ledger.Remember(m.asLeft(now.held), func(kind identity.Kind, id identity.Key) bool {
		return now.unsure[place{kind: kind, id: string(id)}]
	})
}

// leavers takes down since when what left has no access any more. What a guard
// or a failure keeps in, has not left yet; what is only held for want of
// evidence keeps its date.
func (m *memory) leavers(now aftermath, d decision) {
	full := filled(now.held.Members)
	var gone []ledger.Object
	for _, l := range d.outcome.Left {
		id, name, there := d.object(l.Kind, l.Key)
		if l.Kind == identity.KindUser && !now.held.Users[id].Active || l.Kind == identity.KindGroup && !full[id] {
			if there {
				gone = append(gone, ledger.Object{Kind: l.Kind, ID: string(id), Name: name})
			}
		}
	}
	if m.behind {
		m.ledger.Observe(m.now, nil) // its dates are of another time
	}
	for at := range m.rests {
		if _, known := m.ledger.Since(at.kind, at.id); known && at.in == "" {
			gone = append(gone, ledger.Object{Kind: at.kind, ID: at.id})
		}
	}
	m.ledger.Observe(m.now, gone)
}

// object returns what the target knows of one of our keys.
func (d decision) object(kind identity.Kind, key identity.Key) (id identity.Key, name string, there bool) {
	if kind == identity.KindUser {
		u, there := d.matched.Have.Users[key]
		return identity.Key(d.matched.Have.Records.Users[key].ID), u.UserName, there
	}
	g, there := d.matched.Have.Groups[key]
	return identity.Key(d.matched.Have.Records.Groups[key].ID), g.Name, there
}

// failures takes down what could not be written, and forgets what could, or is
// not wanted any more.
func (m *memory) failures(d decision, p plan.Plan, results []apply.Result) {
	open := d.postponed()
	values := map[identity.Key]any{}
	for _, c := range p.Users {
		values[c.Key] = c.After
	}
	for _, c := range p.Groups {
		values[c.Key] = c.After
	}
	for _, res := range results {
		thing := thingOf(res)
		switch {
		case res.Err == nil, errors.Is(res.Err, context.Canceled): // done, or we cut it off
			continue
		case !errors.Is(res.Err, apply.ErrSkipped):
			a := ledger.Attempt{Thing: thing, Name: res.Name, GroupName: res.In, Op: string(res.Op), Err: res.Err.Error()}
			if thing.Group == "" {
				a.Digest = digest(values[thing.Key])
			}
			m.ledger.Failed(m.now, a)
		}
		open[thing] = true
	}
	if m.kind != journal.Sync {
		return
	}
	m.ledger.Keep(func(t ledger.Thing) bool { return open[t] })
}

// postponed returns what is not tried in this run, since it failed lately.
func (d decision) postponed() map[ledger.Thing]bool {
	all := map[ledger.Thing]bool{}
	for _, x := range d.outcome.Postponed {
		all[ledger.Thing{Kind: x.Kind, Key: x.Key, Group: x.Group}] = true
	}
	return all
}

func thingOf(res apply.Result) ledger.Thing {
	if res.User != "" {
		return ledger.Thing{Kind: identity.KindUser, Key: res.User, Group: res.Group}
	}
	return ledger.Thing{Kind: identity.KindGroup, Key: res.Group}
}

// tell puts into the report what is remembered of leavers and failures.
func (m *memory) tell(d decision, p plan.Plan) {
	rep := m.rep
	expired, leaving := map[identity.Key]bool{}, removed(p)
	for _, c := range p.Users {
		expired[c.Key] = c.Op == plan.Delete
		leaving[c.Key] = plan.Revokes(c)
	}
	for _, c := range plan.Only(p.Groups, plan.Delete) {
		expired[c.Key] = true
	}
	rep.Waiting = nil
	full := filled(d.matched.Have.Members)
	for _, l := range d.outcome.Left {
		id, name, there := d.object(l.Kind, l.Key)
		// One of the two is a user's and the other a group's: keys are of one kind.
		access := d.matched.Have.Users[l.Key].Active || full[l.Key]
		if expired[l.Key] || !there || !leaving[l.Key] && access {
			continue // it goes, or it is still in
		}
		w := m.waiting(d, l, string(id), name, leaving[l.Key])
		rep.Waiting = append(rep.Waiting, w)
	}
	m.tellFailing(d)
}

// waiting tells of one that left, or is leaving in this run.
func (m *memory) waiting(d decision, l policy.Leaver, id, name string, leaving bool) report.Waiting {
	w := report.Waiting{Kind: l.Kind, Name: name, ID: id, Cause: l.Cause}
	if since, known := m.since(l.Kind, id, d.matched.Have.Records.Users[l.Key]); known {
		w.Since = since
	} else if leaving && m.ledger != nil {
		w.Since = m.now
	}
	if !m.r.Never && !w.Since.IsZero() {
		w.Delete = w.Since.Add(m.r.DeleteAfter)
	}
	return w
}

// filled returns the groups that have members.
func filled(members map[identity.Membership]bool) map[identity.Key]bool {
	full := map[identity.Key]bool{}
	for m := range members {
		full[m.Group] = true
	}
	return full
}

func (m *memory) tellFailing(d decision) {
	if m.ledger == nil {
		return
	}
	postponed := d.postponed()
	m.rep.Failing = nil
	for _, f := range m.ledger.Failing() {
		m.rep.Failing = append(m.rep.Failing, report.Failing{
			Kind: f.Kind, Name: f.Name, Group: f.GroupName, Op: f.Op, Since: f.Since, Tries: f.Tries, Next: f.Next, Err: f.Err,
			Postponed: postponed[f.Thing],
		})
	}
}

// save writes the ledger and closes the journal's entry of this run.
func (m *memory) save(err error) {
	if m.lost() {
		return
	}
	if asked := m.kind == journal.Restore || m.kind == journal.Relink; !m.begun && asked {
		return // somebody was shown something, and that was all
	}
	m.begin(errand{kind: m.kind}, plan.Plan{})
	if m.journal != nil {
		m.note(m.journal.End(journal.End{Outcome: string(m.rep.Outcome), Err: err}))
	}
	if m.ledger == nil || m.r.DryRun {
		return
	}
	if m.journal != nil {
		m.ledger.Head = ledger.Head(m.journal.Head())
	}
	if err := m.r.Store.Write(LedgerFile, m.ledger.Encode()); err != nil {
		m.warn("what this run knows cannot be kept for the next one: %v", err)
	}
}

// note warns, once, that the journal is not complete.
func (m *memory) note(err error) {
	if err != nil && m.journal != nil {
		_ = m.journal.Close() // it has said what is wrong
		m.journal = nil
		m.warn("the journal of this run is not complete, so that not all of it can be given back: %v", err)
	}
}
