package planfile_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/guard"
	"ssosync/internal/identity"
	"ssosync/internal/plan"
	"ssosync/internal/planfile"
)

const (
	zoe, leo, dev = "113755185586387683968", "104233871290557733120", "01x9kab2m3n4p5q"
	goldenFile    = "testdata/example.plan"
	docs          = "../../docs/plan-file.md"
)

// example is the plan of the documentation: Zoë marries, Leo leaves.
func example(tb testing.TB) planfile.File {
	tb.Helper()
	people := func(name string) identity.State {
		s := identity.NewState()
		s.Users[zoe] = identity.User{ExternalID: zoe, UserName: name + "@example.com", FamilyName: strings.ToUpper(name[4:5]) + name[5:], Active: true}
		s.Users[leo] = identity.User{ExternalID: leo, UserName: "leo@example.com", Active: true}
		s.Groups[dev] = identity.Group{ExternalID: dev, Name: "R&D"}
		return s
	}
	want, have := people("zoe.marchetti"), held(people("zoe.brûlard"))
	have.Members[identity.Membership{Group: dev, User: leo}] = true
	p := plan.Build(want, have, nil)
	p.Leave[0].Evidence = plan.Evidence{Proof: plan.ProofLeft, Text: "members.list, read twice, and members.hasMember do not have them"}
	p.Base = plan.Base{
		Source: plan.Size{Users: 2, Groups: 1}, Managed: plan.Size{Users: 2, Groups: 1, Members: 1},
		Active: 2, Filled: 1, Members: map[identity.Key]int{dev: 1},
	}
	f, err := planfile.New(p, []guard.Refusal{{Guard: "leaves", Text: "1 of 1 memberships would be removed, over 20% and 0", Acceptable: true}}, options)
	if err != nil {
		tb.Fatal(err)
	}
	if err := f.Approve("kim@example.com", "Leo is with sales now", made.Add(42*time.Minute)); err != nil {
		tb.Fatal(err)
	}
	return f
}

// What was written yesterday can be read today: if this fails, Version grows.
func TestGolden(t *testing.T) {
	got := encode(t, example(t))
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(goldenFile, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(goldenFile)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (UPDATE=1 rewrites it):\n%s", goldenFile, diff)
	}
}

func TestTheDocumentationShowsTheExample(t *testing.T) {
	text, err := os.ReadFile(docs)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := bytes.Cut(text, []byte("```json\n"))
	shown, after, closed := bytes.Cut(rest, []byte("```\n"))
	if !found || !closed {
		t.Fatalf("%s shows no JSON", docs)
	}
	want := encode(t, example(t))
	if os.Getenv("UPDATE") != "" {
		whole := bytes.Join([][]byte{before, []byte("```json\n"), want, []byte("```\n"), after}, nil)
		if err := os.WriteFile(docs, whole, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(want), string(shown)); diff != "" {
		t.Errorf("%s (UPDATE=1 rewrites it):\n%s", docs, diff)
	}
}
