package planfile_test

import (
	"encoding/json"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"ssosync/internal/gen"
	"ssosync/internal/guard"
	"ssosync/internal/identity"
	"ssosync/internal/match"
	"ssosync/internal/plan"
	"ssosync/internal/planfile"
)

var (
	made    = time.Date(2026, 11, 24, 8, 12, 30, 0, time.UTC)
	options = planfile.Options{
		Created: made, Expires: made.Add(24 * time.Hour),
		Tool: "ssosync 3.0", Target: "d-9967000000", Configuration: "5f2b8a0c",
	}
)

// held puts a state into a target's hands, revisions included.
func held(s identity.State) identity.Held {
	h := gen.Held(s)
	for _, records := range []map[identity.Key]identity.Record{h.Records.Users, h.Records.Groups} {
		for k, r := range records {
			r.Revision = "00a1"
			records[k] = r
		}
	}
	return h
}

// drawPlan draws a plan with everything in it that a plan can have, under keys
// and with names of any kind.
func drawPlan(t *rapid.T) plan.Plan {
	text := rapid.OneOf(rapid.SampledFrom([]string{"", "a", "<&>\u2028", "\u202e\u0007\U000e0001\ufffe\U0001ffff", "Zoë \U0001f469\u200d\U0001f680"}), rapid.String())
	want, have := gen.State(t), gen.State(t)
	for k, u := range want.Users {
		u.Title = text.Draw(t, "title")
		want.Users[k] = u
	}
	p := plan.Build(want, held(have), map[identity.Key]plan.Cause{
		identity.Key(gen.UserID(1)): plan.CauseSuspended, identity.Key(gen.GroupID(1)): plan.CauseGone,
	})
	proof := rapid.SampledFrom([]plan.Proof{plan.ProofGone, plan.ProofLeft, plan.ProofScope})
	p.Evidence = map[identity.Key]plan.Evidence{}
	for _, c := range p.Users {
		if plan.Revokes(c) {
			p.Evidence[c.Key] = plan.Evidence{Proof: proof.Draw(t, "proof"), Text: text.Draw(t, "evidence")}
		}
	}
	for i, m := range p.Leave {
		p.Evidence[m.Group] = plan.Evidence{Proof: proof.Draw(t, "proof")}
		p.Leave[i].Evidence = plan.Evidence{Proof: proof.Draw(t, "proof"), Text: text.Draw(t, "evidence")}
		if rapid.Bool().Draw(t, "emptied") && !slices.Contains(p.Emptied, m.Group) {
			p.Emptied = append(p.Emptied, m.Group)
		}
	}
	if rapid.Bool().Draw(t, "more") {
		k := identity.Key(text.Draw(t, "key"))
		p.Join = append(p.Join, plan.Move{Membership: identity.Membership{Group: k, User: "u" + k}, Cause: plan.CauseJoined})
		p.Subjects.Users["u"+k], p.Subjects.Groups[k] = plan.Subject{Name: text.Draw(t, "name")}, plan.Subject{ID: "9", Name: text.Draw(t, "name")}
		p.Conflicts = []match.Conflict{{Kind: identity.KindUser, Reason: match.ReusedName, Name: text.Draw(t, "name"), Want: k}}
		p.Adopted = []match.Adoption{{Kind: identity.KindGroup, Name: text.Draw(t, "name"), ID: "9", Foreign: "x"}}
		p.Unproven = []plan.Unproven{{Kind: identity.KindUser, Name: "eva", Cause: plan.CauseGone, Why: text.Draw(t, "why")}}
		p.Base = plan.Base{Source: plan.Size{Users: 3}, Managed: plan.Size{Groups: 7}, Active: 1, Filled: 2, Members: map[identity.Key]int{k: 4}}
	}
	return p
}

func drawRefusals(t *rapid.T) []guard.Refusal {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) guard.Refusal {
		name := rapid.SampledFrom([]string{"users", "leaves", "group-leaves", guard.Doubt}).Draw(t, "guard")
		return guard.Refusal{Guard: name, Text: rapid.String().Draw(t, "text"), Acceptable: name != guard.Doubt}
	}), 0, 4).Draw(t, "refusals")
}

func drawFile(t *rapid.T) planfile.File {
	f, err := planfile.New(drawPlan(t), drawRefusals(t), options)
	if err != nil {
		t.Fatal(err)
	}
	for range rapid.IntRange(0, 2).Draw(t, "approvals") {
		// It is an error where there is nothing to approve.
		_ = f.Approve("kim", rapid.SampledFrom([]string{"audit", "<b>\u202e"}).Draw(t, "reason"), made.Add(time.Hour))
	}
	return f
}

func encode(t rapid.TB, f planfile.File) []byte {
	t.Helper()
	data, err := f.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// copied returns a copy of a plan that shares nothing with it.
func copied(t rapid.TB, p plan.Plan) plan.Plan {
	t.Helper()
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var q plan.Plan
	if err := json.Unmarshal(text, &q); err != nil {
		t.Fatal(err)
	}
	return q
}

// drift changes one thing of a plan, or nothing that matters.
func drift(t *rapid.T, q *plan.Plan) {
	proofs := rapid.SampledFrom([]plan.Proof{"", plan.ProofGone, plan.ProofLeft})
	some := func(n int) (int, bool) { return rapid.IntRange(0, max(0, n-1)).Draw(t, "which"), n > 0 }
	user, anyUser := some(len(q.Users))
	group, anyGroup := some(len(q.Groups))
	join, anyJoin := some(len(q.Join))
	leave, anyLeave := some(len(q.Leave))
	alter := func(s map[identity.Key]plan.Subject) {
		keys := slices.Sorted(maps.Keys(s))
		if i, ok := some(len(keys)); ok {
			x := s[keys[i]]
			*rapid.SampledFrom([]*string{&x.ID, &x.Name, &x.Revision}).Draw(t, "field") += "x"
			s[keys[i]] = x
		}
	}
	changes := []struct {
		possible bool
		do       func()
	}{
		{true, func() {}},
		{anyUser, func() { q.Users = slices.Delete(q.Users, user, user+1) }},
		{anyUser, func() { q.Users[user].Before.DisplayName += "x" }},
		{anyUser, func() { q.Users[user].After.Active = !q.Users[user].After.Active }},
		{anyUser, func() { q.Users[user].Op = plan.Delete }},
		{anyUser, func() { q.Users[user].Cause = plan.CauseArchived }},
		{anyUser, func() { q.Users[user].Key += "x" }},
		{anyUser, func() { q.Users[user].Fields = append(q.Users[user].Fields, plan.Field{Attr: "title"}) }},
		{anyUser, func() { q.Users[user].After.Manager = gen.UserID(2) }},
		{anyUser, func() { q.Evidence[q.Users[user].Key] = plan.Evidence{Proof: proofs.Draw(t, "proof"), Text: "x"} }},
		{anyGroup, func() { q.Groups = slices.Delete(q.Groups, group, group+1) }},
		{anyGroup, func() { q.Groups[group].Before.ExternalID += "x" }},
		{anyGroup, func() { q.Groups[group].After.Name += "x" }},
		{anyGroup, func() { q.Evidence[q.Groups[group].Key] = plan.Evidence{Proof: proofs.Draw(t, "proof")} }},
		{anyJoin, func() { q.Join = slices.Delete(q.Join, join, join+1) }},
		{anyJoin, func() { q.Join[join].Group += "x" }},
		{anyJoin, func() { q.Leave, q.Join = append(q.Leave, q.Join[join]), slices.Delete(q.Join, join, join+1) }},
		{anyLeave, func() { q.Leave = slices.Delete(q.Leave, leave, leave+1) }},
		{anyLeave, func() { q.Leave[leave].User += "x" }},
		{anyLeave, func() { q.Leave[leave].Cause = plan.CauseArchived }},
		{anyLeave, func() { q.Leave[leave].Evidence = plan.Evidence{Proof: proofs.Draw(t, "proof"), Text: "x"} }},
		{anyLeave, func() { q.Emptied = append(q.Emptied, q.Leave[leave].Group) }},
		{anyLeave, func() { q.Evidence[q.Leave[leave].Group] = plan.Evidence{Proof: proofs.Draw(t, "proof")} }},
		{len(q.Emptied) > 0, func() { q.Emptied = nil }},
		{true, func() { alter(q.Subjects.Users) }},
		{true, func() { alter(q.Subjects.Groups) }},
		{true, func() { q.Users = append(q.Users, plan.Change[identity.User]{Op: plan.Create, Key: "new"}) }},
		{true, func() { q.Conflicts, q.Unproven, q.Base = nil, nil, plan.Base{} }},
	}
	if q.Evidence == nil {
		q.Evidence = map[identity.Key]plan.Evidence{}
	}
	if c := rapid.SampledFrom(changes).Draw(t, "drift"); c.possible {
		c.do()
	}
}
