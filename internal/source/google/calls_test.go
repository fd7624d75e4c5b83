package google_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"ssosync/internal/source/google"
)

// Never more than twice the cheaper of both ways, and the first page.
func TestAccountsCostAtMostTwiceTheCheaperWay(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		people, members := rapid.IntRange(1, 60).Draw(rt, "people"), rapid.IntRange(0, 40).Draw(rt, "members")
		w := world{people: people, groups: 1, inScope: map[string]bool{"g00": true}, users: map[string][]string{}}
		for _, n := range rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1)).Perm(people)[:min(members, people)] {
			w.users["g00"] = append(w.users["g00"], uid(n))
		}
		s := w.server()
		s.pageSize = func(string, string, int) int { return 2 }
		got, err := s.read(t, google.Options{})
		if err != nil {
			rt.Fatal(err)
		}
		cheaper := min((people+1)/2, len(w.users["g00"]))
		if cost := s.calls["users.list"] + s.calls["users.get"]; cost > 2*cheaper+1 {
			rt.Errorf("%d calls, the cheaper way takes %d", cost, cheaper)
		}
		known := map[string]bool{}
		for _, a := range got.Accounts {
			known[a.ID] = true
		}
		for _, u := range w.users["g00"] {
			if !known[u] {
				rt.Errorf("member %s was not read", u)
			}
		}
	})
}

// N = ⌈U/500⌉ + ⌈G/200⌉ + Σ max(1, ⌈m/200⌉), exactly.
func TestTheNumberOfCalls(t *testing.T) {
	for _, c := range []struct{ people, groups, members, want int }{
		{1, 1, 1, 1 + 1 + 1},
		{500, 200, 30, 1 + 1 + 200},
		{501, 201, 0, 1 + 2 + 201}, // nobody is a member: the first page is all
		{501, 3, 200, 2 + 1 + 3},
		{1000, 50, 201, 2 + 1 + 100},
		{10000, 300, 50, 20 + 2 + 300},
	} {
		t.Run(fmt.Sprint(c.people, " people"), func(t *testing.T) {
			s := &server{members: map[string][]map[string]any{}}
			for n := range c.people {
				s.users = append(s.users, user(fmt.Sprint("u", n), fmt.Sprintf("u%d@example.com", n)))
			}
			next := 0
			for n := range c.groups {
				id := fmt.Sprint("g", n)
				s.groups = append(s.groups, group(id, id+"@example.com"))
				s.members[id] = []map[string]any{}
				for range c.members {
					next = (next + 17) % c.people // all of them, sooner or later
					s.members[id] = append(s.members[id], member("USER", fmt.Sprint("u", next), ""))
				}
			}
			if _, err := s.read(t, google.Options{}); err != nil {
				t.Fatal(err)
			}
			if n := len(s.requests); n != c.want {
				t.Errorf("%d calls, want %d: %v", n, c.want, s.calls)
			}
		})
	}
}
