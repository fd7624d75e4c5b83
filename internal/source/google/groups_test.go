package google_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/directory"
	"ssosync/internal/source/google"
)

func TestOnlyGroupsInScopeAndInsideAreListed(t *testing.T) {
	scope := func(g directory.Group) bool { return g.ID == "g2" }
	for name, c := range map[string]struct {
		needs directory.Needs
		want  []string
	}{
		"everything":  {directory.Needs{}, []string{"g1", "g2", "g3", "g4"}},
		"scope":       {directory.Needs{Group: scope}, []string{"g1", "g2", "g4"}},
		"all members": {directory.Needs{Group: scope, AllMembers: true}, []string{"g1", "g2", "g3", "g4"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := small()
			s.groups = []map[string]any{group("g1", "1@example.com"), group("g2", "2@example.com"), group("g3", "3@example.com"), group("g4", "4@example.com")}
			s.members = map[string][]map[string]any{
				"g1": {member("GROUP", "g4", "")}, // known when g2 is listed
				"g2": {member("GROUP", "g1", ""), member("GROUP", "g2", "")},
				"g3": {}, "g4": {member("GROUP", "g1", "")}, // a cycle
			}
			snap := must(t)(s.read(t, google.Options{Needs: c.needs}))
			var got []string
			for id := range snap.Members {
				got = append(got, id)
			}
			slices.Sort(got)
			if diff := cmp.Diff(c.want, got); diff != "" || s.calls["members.list"] != len(c.want) || len(snap.Groups) != 4 {
				t.Errorf("%v, %d groups\n%s", s.calls, len(snap.Groups), diff)
			}
		})
	}
}

// Members are listed while groups still are.
func TestMembersStartBeforeGroupsEnd(t *testing.T) {
	s := small()
	s.groups = append(s.groups, group("g2", "ops@example.com"))
	s.members["g2"] = []map[string]any{}
	s.pageSize = func(string, string, int) int { return 1 }
	s.delay = func(r request) time.Duration {
		if r.op == "groups.list" && r.token != "" {
			return 30 * time.Second // within the time of one attempt
		}
		return time.Second
	}
	must(t)(s.read(t, google.Options{}))
	var order []string
	for _, r := range s.answered {
		if r.op == "groups.list" || r.op == "members.list" {
			order = append(order, r.op+" "+r.id)
		}
	}
	if diff := cmp.Diff([]string{"groups.list ", "members.list g1", "groups.list ", "members.list g2"}, order); diff != "" {
		t.Error(diff)
	}
}

// slowly lets the pages of groups, of one each, come late: every other answer
// overtakes them.
func (s *server) slowly() *server {
	s.pageSize = func(op, _ string, _ int) int {
		if op == "groups.list" {
			return 1
		}
		return 200
	}
	s.delay = func(r request) time.Duration {
		if r.op == "groups.list" && r.token != "" {
			return 30 * time.Second
		}
		return time.Second
	}
	return s
}

// A group that is nested is listed as soon as both are known: that it is
// needed, and that it is ours.
func TestNestedGroupsStartBeforeGroupsEnd(t *testing.T) {
	s := small()
	scope := func(g directory.Group) bool { return g.ID == "g2" }
	s.groups = []map[string]any{group("g1", "1@example.com"), group("g2", "2@example.com"), group("g3", "3@example.com"), group("g4", "4@example.com")}
	s.members = map[string][]map[string]any{
		"g1": {}, "g2": {member("GROUP", "g1", ""), member("GROUP", "g3", "")}, "g3": {}, "g4": {},
	}
	must(t)(s.slowly().read(t, google.Options{Needs: directory.Needs{Group: scope}}))
	var order []string
	for _, r := range s.answered {
		if r.op == "groups.list" || r.op == "members.list" {
			order = append(order, r.op+" "+r.id)
		}
	}
	want := []string{
		"groups.list ", "groups.list ", "members.list g2", "members.list g1", "groups.list ", "members.list g3", "groups.list ",
	}
	if diff := cmp.Diff(want, order); diff != "" {
		t.Error(diff)
	}
}

func TestGroupsOfOthersAreSkipped(t *testing.T) {
	for _, slow := range []bool{false, true} {
		s := small()
		s.groups = append(s.groups, group("g2", "ops@example.com"))
		s.members["g2"] = []map[string]any{}
		s.delay = func(r request) time.Duration {
			if r.id == "x1" {
				return 2 * time.Second // the notes come in another order
			}
			return 0
		}
		if slow { // it is found before the listing could tell that it is not ours
			s.slowly()
		}
		s.members["g1"] = append(s.members["g1"], member("GROUP", "x2", "more@other.example"), member("GROUP", "x1", "theirs@other.example"))
		s.refuse("members.list", "x1", http.StatusForbidden, "forbidden", notAuthorized)
		s.refuse("members.list", "x2", http.StatusForbidden, "forbidden", notAuthorized)
		snap := must(t)(s.read(t, google.Options{}))
		want := []string{
			"more@other.example is a group of another organisation: its members cannot be read and get nothing through it",
			"theirs@other.example is a group of another organisation: its members cannot be read and get nothing through it",
		}
		if diff := cmp.Diff(want, snap.Notes); diff != "" || len(snap.Members) != 2 || len(snap.Groups) != 2 || len(snap.Doubts) != 0 {
			t.Errorf("%+v %s", snap, diff)
		}
		if s.calls["groups.get"] != 0 {
			t.Error("it was asked for")
		}
	}
}

// A refusal means "of another organisation" only where it can.
func TestRefusedGroupsOfOursAreErrors(t *testing.T) {
	for name, c := range map[string]struct {
		id, reason string
		nested     bool
	}{
		"in scope":                    {"g1", "forbidden", false},
		"nested":                      {"g2", "forbidden", true},
		"unknown, for another reason": {"x1", "insufficientPermissions", true},
	} {
		t.Run(name, func(t *testing.T) {
			s := small()
			s.groups = append(s.groups, group("g2", "ops@example.com"))
			s.members["g2"] = []map[string]any{}
			if c.nested {
				s.members["g1"] = []map[string]any{member("GROUP", c.id, "nested@example.com")}
			}
			s.refuse("members.list", c.id, http.StatusForbidden, c.reason, notAuthorized)
			needs := directory.Needs{Group: func(g directory.Group) bool { return g.ID == "g1" }}
			if snap, err := s.read(t, google.Options{Needs: needs}); err == nil {
				t.Errorf("%+v", snap)
			}
		})
	}
}

func TestAGroupOfOthersThatCanBeListedIsStillTheirs(t *testing.T) {
	s := small()
	s.members["g1"] = append(s.members["g1"], member("GROUP", "x1", "theirs@other.example"))
	s.members["x1"] = []map[string]any{member("USER", "u1", "amy@example.com"), member("GROUP", "x2", "")}
	s.refuse("groups.get", "x1", http.StatusForbidden, "forbidden", notAuthorized)
	snap := must(t)(s.read(t, google.Options{}))
	if _, ok := snap.Members["x1"]; ok || len(snap.Groups) != 1 || len(snap.Notes) != 1 || s.calls["members.list"] != 2 {
		t.Errorf("%+v", snap)
	}
}

// late lets a group be there for everything but the listing.
func late() *server {
	s := small()
	s.members["g1"] = append(s.members["g1"], member("GROUP", "g2", "new@example.com"))
	s.members["g2"] = []map[string]any{member("USER", "u1", "amy@example.com")}
	s.groups = append(s.groups, group("g2", "new@example.com"))
	s.fault = func(r request, _ int) (*http.Response, error) {
		if r.op == "groups.list" {
			return success(obj{"groups": s.groups[:1]}), nil
		}
		return nil, nil
	}
	return s
}

func TestAGroupThatIsCreatedMeanwhileIsRead(t *testing.T) {
	s := late()
	snap := must(t)(s.read(t, google.Options{}))
	if _, groups := ids(snap); !slices.Equal(groups, []string{"g1", "g2"}) || len(snap.Members["g2"]) != 1 || len(snap.Notes) != 0 {
		t.Errorf("%+v", snap)
	}
}

func TestAnUnlistedGroupThatCannotBeReadIsAnError(t *testing.T) {
	s := late()
	s.refuse("groups.get", "g2", http.StatusBadRequest, "invalid", "Invalid Input")
	if snap, err := s.read(t, google.Options{}); err == nil {
		t.Errorf("%+v", snap)
	}
	s = late()
	s.refuse("groups.get", "g2", http.StatusNotFound, "notFound", "Resource Not Found: groupKey")
	if snap := must(t)(s.read(t, google.Options{})); len(snap.Groups) != 1 || len(snap.Members) != 1 || len(snap.Notes) != 1 {
		t.Errorf("%+v", snap)
	}
}

func TestAGroupThatVanishesIsDroppedIfItIsGone(t *testing.T) {
	const gone = "Resource Not Found: groupKey"
	two := func() *server {
		s := small()
		s.groups = append(s.groups, group("g2", "ops@example.com"))
		s.refuse("members.list", "g2", http.StatusNotFound, "notFound", gone)
		return s
	}
	s := two()
	s.refuse("groups.get", "g2", http.StatusNotFound, "notFound", gone)
	snap := must(t)(s.read(t, google.Options{}))
	if _, groups := ids(snap); !slices.Equal(groups, []string{"g1"}) || len(snap.Members) != 1 || len(snap.Notes) != 1 ||
		!strings.Contains(snap.Notes[0], "ops@example.com was deleted") {
		t.Errorf("%+v", snap)
	}
	s.refuse("members.list", "g1", http.StatusNotFound, "notFound", gone)
	s.refuse("groups.get", "g1", http.StatusNotFound, "notFound", gone)
	if _, err := s.read(t, google.Options{}); !errors.Is(err, google.ErrEmpty) {
		t.Error("all groups vanished:", err)
	}
	s = two() // groups.get finds it
	if _, err := s.read(t, google.Options{}); err == nil || !strings.Contains(err.Error(), "although the group is there") {
		t.Error(err)
	}
	for _, c := range []struct {
		status          int
		reason, message string
	}{
		{403, "forbidden", notAuthorized},
		{404, "notFound", "Domain not found."},
		{404, "other", gone},
		{410, "notFound", gone},
	} {
		s = two()
		s.refuse("groups.get", "g2", c.status, c.reason, c.message)
		if snap, err := s.read(t, google.Options{}); err == nil {
			t.Errorf("%+v: %+v", c, snap)
		}
	}
}

// A group that is gone does not come back because a later page repeats it.
func TestAGroupThatVanishedStaysSo(t *testing.T) {
	s := small()
	g2 := group("g2", "ops@example.com")
	s.groups = []map[string]any{g2, s.groups[0], g2}
	s.refuse("members.list", "g2", http.StatusNotFound, "notFound", "Resource Not Found: groupKey")
	s.refuse("groups.get", "g2", http.StatusNotFound, "notFound", "Resource Not Found: groupKey")
	snap := must(t)(s.slowly().read(t, google.Options{}))
	if _, groups := ids(snap); !slices.Equal(groups, []string{"g1"}) {
		t.Errorf("%+v", snap)
	}
}
