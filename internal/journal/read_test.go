package journal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ssosync/internal/apply"
	"ssosync/internal/identity"
	"ssosync/internal/journal"
	"ssosync/internal/plan"
	"ssosync/internal/target/memory"
)

// readers are all ways to read a journal.
func readers() map[string]func(io.Reader) error {
	return map[string]func(io.Reader) error{
		"open":            func(r io.Reader) error { _, err := journal.Open(&disk{}, r); return err },
		"verify":          func(r io.Reader) error { _, err := journal.Verify(r, journal.Head{}); return err },
		"history":         func(r io.Reader) error { _, err := journal.History(r); return err },
		"show":            func(r io.Reader) error { _, err := journal.Show(r, journal.Latest); return err },
		"lost of a run":   func(r io.Reader) error { _, err := journal.Lost(r, journal.Scope{Run: journal.Latest}); return err },
		"lost of a user":  func(r io.Reader) error { _, err := journal.Lost(r, journal.Scope{User: "ann"}); return err },
		"lost of a group": func(r io.Reader) error { _, err := journal.Lost(r, journal.Scope{Group: "eng"}); return err },
		"since":           func(r io.Reader) error { _, err := journal.Since(r, ""); return err },
	}
}

// opOf is what apply calls a change of a user.
func opOf(c plan.Change[identity.User]) apply.Op {
	if c.Op == plan.Update && c.Before.Active && !c.After.Active {
		return apply.Deactivate
	}
	return apply.Op(c.Op)
}

// What is read back is the plan, and what came of it.
func TestARunIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, results := aPlan(t)
		d := &disk{}
		w := open(t, d)
		run := aRun(1, p)
		run.Approval = &journal.Approval{By: "eve", At: start, Reason: "reorganisation", Guards: []string{"users"}}
		told := results[:rapid.IntRange(0, len(results)).Draw(t, "told")]
		must(t, w.Begin(run), w.Intend(p))
		came, counts := map[string]journal.Change{}, map[apply.Op]journal.Count{}
		for _, r := range told {
			must(t, w.Result(r))
			s := journal.Change{Status: journal.Done, ID: r.ID}
			if r.Err != nil {
				s.Status, s.Err = journal.Failed, r.Err.Error()
				if errors.Is(r.Err, apply.ErrSkipped) {
					s.Status = journal.Skipped
				}
			}
			came[fmt.Sprint(r.Op, r.User, "/", r.Group)] = s
		}
		must(t, w.End(journal.End{Outcome: "partial", Err: errors.New("some failed")}))

		var want []journal.Change
		add := func(c journal.Change, op apply.Op, user, group identity.Key) {
			c.Run, c.N, c.Op, c.Status = runID(1), len(want)+1, op, journal.Unknown
			if r, ok := came[fmt.Sprint(op, user, "/", group)]; ok {
				c.Status, c.Err = r.Status, strings.TrimSpace(strings.ReplaceAll(r.Err, "\n", "; "))
				if c.ID == "" {
					c.ID = r.ID
				}
			}
			n := counts[op]
			switch c.Status {
			case journal.Done:
				n.Done++
			case journal.Failed:
				n.Failed++
			case journal.Skipped:
				n.Skipped++
			default:
				n.Unknown++
			}
			counts[op] = n
			want = append(want, c)
		}
		for _, c := range p.Users {
			s := p.Subjects.Users[c.Key]
			add(journal.Change{
				Kind: identity.KindUser, Key: c.Key, ID: s.ID, Name: s.Name, Cause: c.Cause, Evidence: p.Evidence[c.Key],
				Before: journal.Values{User: c.Before}, After: journal.Values{User: c.After},
			}, opOf(c), c.Key, "")
		}
		for _, c := range p.Groups {
			s := p.Subjects.Groups[c.Key]
			add(journal.Change{
				Kind: identity.KindGroup, Key: c.Key, ID: s.ID, Name: s.Name, Cause: c.Cause, Evidence: p.Evidence[c.Key],
				Before: journal.Values{Group: c.Before}, After: journal.Values{Group: c.After},
			}, apply.Op(c.Op), "", c.Key)
		}
		for i, m := range slices.Concat(p.Join, p.Leave) {
			u, g := p.Subjects.Users[m.User], p.Subjects.Groups[m.Group]
			op := apply.Join
			if i >= len(p.Join) {
				op = apply.Leave
			}
			add(journal.Change{
				Kind: identity.KindUser, Key: m.User, ID: u.ID, Name: u.Name, Cause: m.Cause, Evidence: m.Evidence,
				Group: m.Group, GroupID: g.ID, GroupName: g.Name,
			}, op, m.User, m.Group)
		}

		got, err := journal.Show(bytes.NewReader(d.data), runID(1))
		must(t, err)
		for i := range got.Changes {
			if got.Changes[i].At.IsZero() || got.Changes[i].At.Before(got.Started) || got.Changes[i].At.After(got.Ended) {
				t.Fatalf("%+v: not between %s and %s", got.Changes[i], got.Started, got.Ended)
			}
			got.Changes[i].At = time.Time{}
		}
		if diff := cmp.Diff(want, got.Changes); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff(run, got.Run); diff != "" {
			t.Fatal(diff)
		}
		if got.Outcome != "partial" || got.Err != "some failed" || got.Started.IsZero() || got.Ended.IsZero() {
			t.Fatalf("%+v", got.RunSummary)
		}
		runs, err := journal.History(bytes.NewReader(d.data))
		must(t, err)
		if diff := cmp.Diff([]journal.RunSummary{got.RunSummary}, runs); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff(counts, runs[0].Counts); diff != "" {
			t.Fatal(diff)
		}
	})
}

// Whatever a run took, finished or killed, with requests that fail, giving back
// what Lost returns makes everybody what they were: in their groups, active, and
// under their names.
func TestWhatIsLostCanBeGivenBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tg := &memory.Target{}
		want, before := states(t)
		have := fill(t, tg, before)
		p := plan.Build(want, have, nil)
		d := &disk{}
		w := open(t, d)
		must(t, w.Begin(aRun(1, p)), w.Intend(p))
		ctx, stop := context.WithCancel(context.Background())
		defer stop()
		failures := rapid.Bool().Draw(t, "failures")
		fates := rapid.SliceOfN(rapid.IntRange(0, 9), 50, 50).Draw(t, "fates")
		tg.Fail = func(string, string) error {
			fate := fates[0]
			fates = append(fates[1:], fate)
			switch {
			case failures && fate == 0:
				return errors.New("out of order")
			case failures && fate == 1:
				stop()
			}
			return nil
		}
		results := apply.Run(ctx, tg, p, apply.Options{Width: 1})
		for _, r := range results[:rapid.IntRange(0, len(results)).Draw(t, "results that are written")] {
			must(t, w.Result(r))
		}
		tg.Fail = nil
		lost, err := journal.Lost(bytes.NewReader(d.data), journal.Scope{Run: runID(1)})
		must(t, err)

		giveBack(t, tg, before, lost)
		now := held(t, tg)
		for k, u := range before.Users {
			got, ok := now.Users[k]
			if failures {
				got.Manager = u.Manager // a manager who was deleted comes back under another id
			}
			if !ok || got != u {
				t.Fatalf("%s was %+v and is %+v", k, u, got)
			}
		}
		for k, g := range before.Groups {
			if got, ok := now.Groups[k]; !ok || got != g {
				t.Fatalf("%s was %+v and is %+v", k, g, got)
			}
		}
		for m := range before.Members {
			if !now.Members[m] {
				t.Fatalf("%+v is not a member again", m)
			}
		}
	})
}

// giveBack first takes away what was not there before, and may be in the way.
func giveBack(t *rapid.T, tg *memory.Target, before identity.State, lost []journal.Change) {
	for range 2 {
		now := held(t, tg)
		want := now.Clone()
		for k := range now.Users {
			if _, ok := before.Users[k]; !ok {
				delete(want.Users, k)
			}
		}
		for k := range now.Groups {
			if _, ok := before.Groups[k]; !ok {
				delete(want.Groups, k)
			}
		}
		for k, u := range want.Users {
			if _, ok := want.Users[identity.Key(u.Manager)]; !ok {
				u.Manager = ""
				want.Users[k] = u
			}
		}
		for m := range now.Members {
			if _, ok := want.Users[m.User]; !ok {
				delete(want.Members, m)
			}
			if _, ok := want.Groups[m.Group]; !ok {
				delete(want.Members, m)
			}
		}
		if p := plan.Build(want, now, nil); !p.Empty() {
			for _, r := range apply.Run(context.Background(), tg, p, apply.Options{}) {
				must(t, r.Err)
			}
			continue
		}
		for _, c := range lost {
			switch {
			case c.Op == apply.Leave:
				want.Members[identity.Membership{Group: c.Group, User: c.Key}] = true
			case c.Kind == identity.KindUser:
				want.Users[c.Key] = c.Before.User
			default:
				want.Groups[c.Key] = c.Before.Group
			}
		}
		for _, r := range apply.Run(context.Background(), tg, plan.Build(want, now, nil), apply.Options{}) {
			must(t, r.Err)
		}
		return
	}
	t.Fatal("what the run made does not go away")
}
