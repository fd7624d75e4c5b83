package apply_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/apply"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
	"ssosync/internal/target/memory"
)

// watched tells what is asked of groups.
type watched struct {
	*memory.Target
	err     error
	mu      sync.Mutex
	patches map[string]string // by the group's id
}

func (w *watched) UpdateGroup(ctx context.Context, id string, p identity.GroupPatch) error {
	var parts []string
	for label, v := range map[string]*string{"name": p.Name, "external id": p.ExternalID} {
		if v != nil {
			parts = append(parts, label+" "+*v)
		}
	}
	slices.Sort(parts)
	slices.Sort(p.Join)
	slices.Sort(p.Leave)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.patches[id] += strings.Join(append(parts, fmt.Sprint("+", p.Join, " -", p.Leave)), ", ") + ";"
	if w.err != nil {
		return w.err
	}
	return w.Target.UpdateGroup(ctx, id, p)
}

func teams(groups map[identity.Key]identity.Group, members string) identity.State {
	s := org("a: b: c:")
	s.Groups = groups
	for pair := range strings.FieldsSeq(members) {
		g, u, _ := strings.Cut(pair, ":")
		s.Members[identity.Membership{Group: identity.Key(g), User: identity.Key(u)}] = true
	}
	return s
}

// A patch holds what changes and nothing else.
func TestPatches(t *testing.T) {
	before := teams(map[identity.Key]identity.Group{
		"adopted": {Name: "A"}, "renamed": {ExternalID: "r", Name: "R"}, "moved": {ExternalID: "m", Name: "M"}, "same": {ExternalID: "s", Name: "S"},
		"old": {ExternalID: "o", Name: "O"}, "taker": {ExternalID: "t", Name: "T"}, "letters": {ExternalID: "l", Name: "L"},
	}, "letters:a moved:a moved:b same:a old:c taker:a")
	want := teams(map[identity.Key]identity.Group{
		"adopted": {ExternalID: "a", Name: "A"}, "renamed": {ExternalID: "r", Name: "Q"}, "moved": {ExternalID: "m", Name: "M"}, "same": {ExternalID: "s", Name: "S"},
		"old": {ExternalID: "o", Name: "P"}, "taker": {ExternalID: "t", Name: "O"}, "letters": {ExternalID: "l", Name: "l"},
	}, "moved:b moved:c same:a old:c")
	tg := &watched{Target: &memory.Target{}, patches: map[string]string{}}
	have := fill(t, tg.Target, before)
	for _, r := range apply.Run(t.Context(), tg, plan.Build(want, have, nil), apply.Options{}) {
		if r.Err != nil || r.ID == "" {
			t.Errorf("%+v", r)
		}
	}
	got := map[identity.Key]string{}
	for key, rec := range have.Records.Groups {
		got[key] = tg.patches[rec.ID]
	}
	id := func(key identity.Key) string { return have.Records.Users[key].ID }
	if diff := cmp.Diff(map[identity.Key]string{
		"adopted": "external id a, +[] -[];", "renamed": "name Q, +[] -[];", "same": "", "old": "name P, +[] -[];",
		"moved":   "+[" + id("c") + "] -[" + id("a") + "];",
		"letters": "name l, +[] -[" + id("a") + "];",
		// Leaving does not wait for the name that is not free yet.
		"taker": "+[] -[" + id("a") + "];name O, +[] -[];",
	}, got); diff != "" {
		t.Error(diff)
	}
}

// When a group as a whole is refused, each of its changes says so, once.
func TestARefusedGroup(t *testing.T) {
	before := teams(map[identity.Key]identity.Group{"g": {ExternalID: "g", Name: "G"}}, "g:a")
	want := teams(map[identity.Key]identity.Group{"g": {ExternalID: "g", Name: "H"}}, "g:b")
	tg := &watched{Target: &memory.Target{}, patches: map[string]string{}, err: identity.ErrRejected}
	told := 0
	results := apply.Run(t.Context(), tg, plan.Build(want, fill(t, tg.Target, before), nil), apply.Options{Done: func(apply.Result) { told++ }})
	for _, r := range results {
		if !errors.Is(r.Err, identity.ErrRejected) {
			t.Errorf("%+v", r)
		}
	}
	if len(results) != 3 || told != 3 {
		t.Errorf("%d results, told %d times", len(results), told)
	}
}

// Nobody can join a group that could not be created, or be told to have.
func TestAGroupThatIsNotMade(t *testing.T) {
	tg := &memory.Target{Fail: func(op, _ string) error {
		if op == "create group" {
			return identity.ErrRejected
		}
		return nil
	}}
	want := teams(map[identity.Key]identity.Group{"g": {ExternalID: "g", Name: "G"}}, "g:a g:b")
	got := map[string]string{}
	for _, r := range apply.Run(t.Context(), tg, plan.Build(want, identity.NewHeld(), nil), apply.Options{}) {
		got[string(r.Op)+" "+r.Name+r.In] = fmt.Sprint(r.Err)
	}
	const skipped = "skipped: the group could not be created"
	if diff := cmp.Diff(map[string]string{
		"create a": "<nil>", "create b": "<nil>", "create c": "<nil>", "create G": "rejected", "join aG": skipped, "join bG": skipped,
	}, got); diff != "" {
		t.Error(diff)
	}
}

// A plan that speaks of a group that does not exist is not carried out there,
// and every change of it says so.
func TestAGroupThatIsNowhere(t *testing.T) {
	m := plan.Move{Membership: identity.Membership{Group: "g", User: "a"}}
	tg := &memory.Target{}
	p := plan.Plan{Join: []plan.Move{m}, Leave: []plan.Move{m}, Subjects: plan.Subjects{Users: map[identity.Key]plan.Subject{"a": {ID: "U1", Name: "a"}}}}
	p.Groups = []plan.Change[identity.Group]{{Op: plan.Update, Key: "g", Before: identity.Group{Name: "old"}, After: identity.Group{Name: "new"}}}
	told := 0
	for _, r := range apply.Run(t.Context(), tg, p, apply.Options{Done: func(apply.Result) { told++ }}) {
		if !errors.Is(r.Err, apply.ErrSkipped) {
			t.Errorf("%+v", r)
		}
	}
	if told != 3 {
		t.Errorf("told %d times", told)
	}
	if got := tg.Writes(); len(got) > 0 {
		t.Errorf("got %q", got)
	}
}
