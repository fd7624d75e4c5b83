package google_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"ssosync/internal/directory"
	"ssosync/internal/source/google"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A world is a directory drawn at random: people and groups by number, and who
// is in which group.
type world struct {
	people  int
	groups  int
	inScope map[string]bool
	users   map[string][]string // by group: members that are people of the world
	outside map[string][]string // … or are not
	nested  map[string][]string
	all     map[string]bool // groups that hold everybody
}

func drawWorld(t *rapid.T) world {
	w := world{
		people: rapid.IntRange(1, 12).Draw(t, "people"), groups: rapid.IntRange(1, 8).Draw(t, "groups"),
		inScope: map[string]bool{}, users: map[string][]string{}, outside: map[string][]string{},
		nested: map[string][]string{}, all: map[string]bool{},
	}
	few := rapid.IntRange(0, 6)
	for g := range w.groups {
		id := gid(g)
		w.inScope[id] = rapid.IntRange(0, 2).Draw(t, id+" in scope") == 0
		for range few.Draw(t, id+" users") {
			w.users[id] = append(w.users[id], uid(rapid.IntRange(0, w.people-1).Draw(t, "user")))
		}
		for range few.Draw(t, id+" outside") / 4 {
			w.outside[id] = append(w.outside[id], fmt.Sprintf("x%02d", rapid.IntRange(0, 3).Draw(t, "outsider")))
		}
		for range few.Draw(t, id+" nested") / 2 { // cycles and itself included
			w.nested[id] = append(w.nested[id], gid(rapid.IntRange(0, w.groups-1).Draw(t, "nested")))
		}
		w.all[id] = rapid.IntRange(0, 15).Draw(t, id+" everybody") == 0
	}
	for _, m := range []map[string][]string{w.users, w.outside, w.nested} {
		for id := range m {
			slices.Sort(m[id])
			m[id] = slices.Compact(m[id])
		}
	}
	return w
}

func uid(n int) string { return fmt.Sprintf("u%02d", n) }

func gid(n int) string { return fmt.Sprintf("g%02d", n) }

// server serves the world.
func (w world) server() *server {
	s := &server{members: map[string][]map[string]any{}}
	for n := range w.people {
		s.users = append(s.users, user(uid(n), uid(n)+"@example.com"))
	}
	for n := range w.groups {
		id := gid(n)
		s.groups = append(s.groups, group(id, id+"@example.com", "directMembersCount", fmt.Sprint(len(w.users[id]))))
		s.members[id] = []map[string]any{}
		for _, m := range w.rows(id) {
			s.members[id] = append(s.members[id], member(string(m.Kind), m.ID, m.Email))
		}
	}
	return s
}

func (w world) rows(id string) []directory.Member {
	rows := []directory.Member{}
	for _, u := range slices.Concat(w.users[id], w.outside[id]) {
		rows = append(rows, directory.Member{Kind: directory.MemberUser, ID: u, Email: u + "@example.com"})
	}
	for _, g := range w.nested[id] {
		rows = append(rows, directory.Member{Kind: directory.MemberGroup, ID: g, Email: g + "@example.com"})
	}
	if w.all[id] {
		rows = append(rows, directory.Member{Kind: directory.MemberEveryone, ID: "C01example"})
	}
	return rows
}

// closure is what must be listed: the groups in scope and those inside of
// them, found by repeating one step until nothing is added.
func (w world) closure() map[string]bool {
	in := map[string]bool{}
	for id, yes := range w.inScope {
		if yes {
			in[id] = true
		}
	}
	for range w.groups {
		for id := range in {
			for _, n := range w.nested[id] {
				in[n] = true
			}
		}
	}
	return in
}

// wants says what a reading gives if the listing of people is cut into pages
// that end at the given offsets, and how many calls it takes. It is the rule
// as it is told: page after page, as long as there are more members than pages
// that were read.
func (w world) wants(ends []int, allAccounts bool) (snap directory.Snapshot, pages, gets int) {
	snap = directory.Snapshot{CustomerID: "C01example", Members: map[string][]directory.Member{}}
	asked := map[string]bool{}
	for id := range w.closure() {
		snap.Members[id] = w.rows(id)
		allAccounts = allAccounts || w.all[id]
		for _, u := range slices.Concat(w.users[id], w.outside[id]) {
			asked[u] = true
		}
	}
	for n := range w.groups {
		email := gid(n) + "@example.com"
		snap.Groups = append(snap.Groups, directory.Group{ID: gid(n), Email: email, Name: email, DirectUsers: len(w.users[gid(n)])})
	}
	last := 0
	for _, end := range ends {
		pages++
		last = end
		gets = 0
		for u := range asked {
			if strings.HasPrefix(u, "x") || u >= uid(end) {
				gets++
			}
		}
		if !allAccounts && end > 0 && len(asked) <= pages {
			break
		}
	}
	snap.AllAccounts = last == w.people && pages == len(ends)
	if snap.AllAccounts {
		gets = 0
	}
	for n := range w.people {
		if snap.AllAccounts || asked[uid(n)] {
			snap.Accounts = append(snap.Accounts, directory.Account{ID: uid(n), PrimaryEmail: uid(n) + "@example.com", OrgUnit: "/"})
		}
	}
	return snap, pages, gets
}

// A chance makes a server answer in pages of any size, in any order, and with
// any of the faults that pass.
type chance struct {
	rnd    *rand.Rand
	sizes  map[string]int
	faulty map[string]int // how many attempts at a request fail
}

func (c *chance) pageSize(op, id string, offset int) int {
	at := fmt.Sprint(op, id, "@", offset)
	if _, ok := c.sizes[at]; !ok {
		c.sizes[at] = 1 + c.rnd.IntN(4)
	}
	return c.sizes[at]
}

func (c *chance) delay(request) time.Duration {
	return time.Duration(c.rnd.IntN(1000)) * time.Millisecond
}

var errReset = errors.New("connection reset by peer")

func (c *chance) fault(r request, nth int) (*http.Response, error) {
	at := r.url.String()
	if _, ok := c.faulty[at]; !ok {
		c.faulty[at] = max(0, c.rnd.IntN(6)-2)
	}
	if nth > c.faulty[at] {
		return nil, nil
	}
	switch c.rnd.IntN(7) {
	case 0:
		return nil, errReset
	case 1:
		return failure(http.StatusForbidden, "quotaExceeded", "Quota exceeded"), nil
	case 2:
		return failure(http.StatusTooManyRequests, "rateLimitExceeded", "Too many"), nil
	case 3:
		return respond(http.StatusServiceUnavailable, "<html>"), nil
	case 4:
		return respond(http.StatusOK, "<html>"), nil
	case 5: // cut, but with a proper end
		return respond(http.StatusOK, `{"users":[{"id":"u`), nil
	}
	resp := respond(http.StatusOK, "")
	resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"members":[`), brokenReader{}))
	return resp, nil
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// chancy leaves the server to chance, whose draws are made one after another.
func (s *server) chancy(seed uint64, faults bool) *chance {
	c := &chance{rnd: rand.New(rand.NewPCG(seed, 0)), sizes: map[string]int{}, faulty: map[string]int{}}
	var mu sync.Mutex
	with := func(f func()) { mu.Lock(); defer mu.Unlock(); f() }
	s.pageSize = func(op, id string, offset int) (n int) { with(func() { n = c.pageSize(op, id, offset) }); return n }
	s.delay = func(r request) (d time.Duration) { with(func() { d = c.delay(r) }); return d }
	if faults {
		s.fault = func(r request, nth int) (resp *http.Response, err error) {
			with(func() { resp, err = c.fault(r, nth) }) //nolint:bodyclose // the client that gets it closes it
			return resp, err
		}
	}
	return c
}

// ends returns where the pages of the list of people end.
func (c *chance) ends(people int) []int {
	var ends []int
	for at := 0; at < people; {
		at = min(people, at+c.pageSize("users.list", "", at))
		ends = append(ends, at)
	}
	return ends
}

// However the lists are cut, in whatever order answers come and whichever of
// them fail at first: the snapshot is the directory, each page is read once,
// each group that is needed is listed once, and no other.
func TestEveryReadingOfADirectoryIsTheSame(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt)
		s := w.server()
		c := s.chancy(rapid.Uint64().Draw(rt, "seed"), rapid.Bool().Draw(rt, "faults"))
		all := rapid.Bool().Draw(rt, "all accounts")
		want, pages, gets := w.wants(c.ends(w.people), all)
		needs := directory.Needs{Group: func(g directory.Group) bool { return w.inScope[g.ID] }, AllAccounts: all}
		got, err := s.read(t, google.Options{Needs: needs})
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			rt.Fatal(diff)
		}
		for id, rows := range got.Members {
			if rows == nil {
				rt.Errorf("%s was listed and is nil", id)
			}
		}
		if s.calls["users.list"] != pages || s.calls["users.get"] != gets {
			rt.Errorf("users: %d pages and %d gets, want %d and %d", s.calls["users.list"], s.calls["users.get"], pages, gets)
		}
		if n := s.calls["groups.get"]; n != 0 {
			rt.Errorf("%d groups were asked for one by one", n)
		}
		answered := map[string]int{}
		for _, r := range s.answered {
			answered[r.url.String()]++
			if answered[r.url.String()] > 1 {
				rt.Errorf("answered twice: %v", r.url)
			}
			if r.op == "members.list" && !w.closure()[r.id] {
				rt.Errorf("listed in vain: %s", r.id)
			}
		}
	})
}
