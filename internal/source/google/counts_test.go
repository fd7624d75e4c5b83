package google_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"ssosync/internal/source/google"
)

// More users announced than members listed is a doubt, unless the number was
// old; anything else is not.
func TestCountsThatDisagree(t *testing.T) {
	for name, c := range map[string]struct {
		announced, now any
		doubts         int
		gets           int
	}{
		"as listed":     {"2", "2", 0, 0},
		"fewer":         {"0", "0", 0, 0},
		"not said":      {nil, nil, 0, 0},
		"more":          {"3", "3", 1, 1},
		"more, but old": {"3", "2", 0, 1},
		"a number":      {3, 2, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := small()
			s.members["g1"] = []map[string]any{member("USER", "u1", ""), member("GROUP", "g1", "")}
			with(s.groups[0], []any{"directMembersCount", c.announced})
			if c.announced == nil {
				delete(s.groups[0], "directMembersCount")
			}
			s.fault = func(r request, _ int) (*http.Response, error) {
				if r.op == "groups.get" {
					s.mu.Lock()
					s.calls[r.op]++
					s.mu.Unlock()
					return success(group("g1", "eng@example.com", "directMembersCount", c.now)), nil
				}
				return nil, nil
			}
			snap := must(t)(s.read(t, google.Options{}))
			if len(snap.Doubts) != c.doubts || s.calls["groups.get"] != c.gets {
				t.Errorf("%v, %v", snap.Doubts, s.calls)
			}
			if c.doubts == 1 && snap.Doubts[0] != "eng@example.com announces 3 users, but only 2 members were listed" {
				t.Error(snap.Doubts)
			}
		})
	}
}

func TestDoubtsAreInOrder(t *testing.T) {
	s := small()
	s.groups = []map[string]any{
		group("g1", "z@example.com", "directMembersCount", "9"), group("g2", "a@example.com", "directMembersCount", "9"),
	}
	s.members["g2"] = []map[string]any{}
	s.delay = func(r request) time.Duration {
		if r.id == "g2" {
			return 2 * time.Second
		}
		return time.Second
	}
	snap := must(t)(s.read(t, google.Options{}))
	if len(snap.Doubts) != 2 || !slices.IsSorted(snap.Doubts) {
		t.Error(snap.Doubts)
	}
}

func TestACountThatCannotBeReadAgain(t *testing.T) {
	s := small()
	s.groups[0]["directMembersCount"] = "9"
	s.refuse("groups.get", "g1", http.StatusNotFound, "notFound", "Resource Not Found: groupKey")
	if snap := must(t)(s.read(t, google.Options{})); len(snap.Doubts) != 1 {
		t.Errorf("%+v", snap)
	}
	s.refuse("groups.get", "g1", http.StatusForbidden, "forbidden", notAuthorized)
	if snap, err := s.read(t, google.Options{}); err == nil {
		t.Errorf("%+v", snap)
	}
}
