package google_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/directory"
	"ssosync/internal/httpx"
	"ssosync/internal/source/google"
)

// busy is a directory of many groups and many pages of people.
func busy(groups int) *server {
	s := &server{members: map[string][]map[string]any{}}
	for n := range 20 {
		s.users = append(s.users, user(fmt.Sprintf("u%02d", n), fmt.Sprintf("u%02d@example.com", n)))
	}
	for n := range groups {
		id := fmt.Sprintf("g%04d", n)
		s.groups = append(s.groups, group(id, id+"@example.com"))
		s.members[id] = []map[string]any{}
	}
	s.pageSize = func(op, _ string, _ int) int {
		if op == "users.list" {
			return 1
		}
		return 200
	}
	return s
}

// starts has the server note when each request comes in.
func starts(s *server, took time.Duration) *[]time.Time {
	var at []time.Time
	s.delay = func(request) time.Duration {
		s.mu.Lock()
		defer s.mu.Unlock()
		at = append(at, time.Now())
		return took
	}
	return &at
}

func TestTheQuotaIsKept(t *testing.T) {
	for _, c := range []struct {
		perSecond float64
		perMinute int
		groups    int
		within    time.Duration
		slowest   time.Duration
	}{
		{0, 2400, 5000, time.Minute, 150 * time.Second}, // 35/s
		{10, 640, 1000, time.Minute, 105 * time.Second},
	} {
		s := busy(c.groups)
		at := starts(s, 50*time.Millisecond)
		var took time.Duration
		err := s.bubble(t, google.Options{PerSecond: c.perSecond, Needs: directory.Needs{AllAccounts: true}}, func(t *testing.T, src *google.Source) error {
			began := time.Now()
			_, err := src.Read(t.Context())
			took = time.Since(began)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(*at, time.Time.Compare)
		for i, from := range *at {
			n, _ := slices.BinarySearchFunc(*at, from.Add(c.within), time.Time.Compare)
			if n-i > c.perMinute {
				t.Fatalf("%d requests in a minute", n-i)
			}
		}
		if took > c.slowest {
			t.Errorf("%d requests took %v", len(*at), took)
		}
	}
}

func TestNoMoreInFlightThanAllowed(t *testing.T) {
	for option, want := range map[int]int{0: 16, 5: 5} {
		s := busy(100)
		starts(s, time.Second)
		must(t)(s.read(t, google.Options{InFlight: option, Needs: directory.Needs{AllAccounts: true}}))
		if s.most > want || s.most < want-2 {
			t.Errorf("%d in flight, want %d", s.most, want)
		}
	}
}

// The pages of people are not held up by the groups that wait for their turn:
// both chains take as long as the longer one. Nor do they wait to learn whose
// accounts will be needed.
func TestListingsGoBesideMembers(t *testing.T) {
	for _, all := range []bool{true, false} {
		s := busy(280)
		for n, u := range s.users { // everybody is in the first groups
			id := s.groups[n]["id"].(string)
			s.members[id] = []map[string]any{member("USER", u["id"].(string), "")}
		}
		starts(s, time.Second) // 20 pages of people; 2 of groups and 280/14 rounds of members
		var took time.Duration
		err := s.bubble(t, google.Options{Needs: directory.Needs{AllAccounts: all}}, func(t *testing.T, src *google.Source) error {
			began := time.Now()
			_, err := src.Read(t.Context())
			took = time.Since(began)
			return err
		})
		if err != nil || took > 24*time.Second {
			t.Errorf("%v, %v", took, err)
		}
	}
}

// One throttled operation slows down all of them.
func TestAThrottleIsForEverybody(t *testing.T) {
	s := busy(600)
	at := starts(s, 10*time.Millisecond)
	began := false
	s.fault = func(r request, _ int) (*http.Response, error) {
		if r.op == "users.list" && !began {
			began = true
			return failure(http.StatusForbidden, "userRateLimitExceeded", "slow down"), nil
		}
		return nil, nil
	}
	must(t)(s.read(t, google.Options{PerSecond: 10, Needs: directory.Needs{AllAccounts: true}}))
	n := 0
	for _, when := range *at {
		if d := when.Sub((*at)[0]); d > time.Second && d < 4*time.Second {
			n++
		}
	}
	if n > 25 { // 10/s were halved, and come back by 1/s
		t.Errorf("%d requests in the three seconds after the throttle", n)
	}
}

// The server's word on when to come back is heard.
func TestRetryAfterIsHonoured(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := small()
		s.fault = func(r request, nth int) (*http.Response, error) {
			if r.op == "users.list" && nth == 1 {
				resp := failure(http.StatusServiceUnavailable, "backendError", "x")
				resp.Header.Set("Retry-After", "100")
				return resp, nil
			}
			return nil, nil
		}
		began := time.Now()
		if _, err := s.source(t, google.Options{}).Read(t.Context()); err != nil || time.Since(began) < 100*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestCountsGoByOperation(t *testing.T) {
	s := small()
	var meter httpx.Meter
	if err := readAll(t, s, google.Options{Meter: &meter}); err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, c := range meter.Counts() {
		got[c.Op] = c.Calls
	}
	want := map[string]int{"users.list": 1, "groups.list": 1, "members.list": 1, "users.get": 1, "groups.get": 1}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
