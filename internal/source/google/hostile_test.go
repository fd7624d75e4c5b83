package google_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"unicode"

	"ssosync/internal/source/google"
)

// A server that always has a next page does not keep us for ever.
func TestAListingEnds(t *testing.T) {
	user := `{"id":"u1","primaryEmail":"u1@example.com"}`
	for name, c := range map[string]struct {
		op   string
		body func(n int) string
		most int
	}{
		"people, two in turn": {"users.list", func(n int) string {
			return fmt.Sprintf(`{"users":[%s],"nextPageToken":"t%d"}`, user, n%2)
		}, 4},
		"the same person":   {"users.list", func(n int) string { return fmt.Sprintf(`{"users":[%s],"nextPageToken":"t%d"}`, user, n) }, 1002},
		"groups, one token": {"groups.list", func(int) string { return `{"nextPageToken":"t"}` }, 3},
		"members, for ever": {"members.list", func(n int) string { return fmt.Sprintf(`{"nextPageToken":"t%d"}`, n) }, 2500},
	} {
		s, n := small(), 0
		s.fault = func(r request, _ int) (*http.Response, error) {
			if r.op != c.op {
				return nil, nil
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			n++
			return respond(http.StatusOK, c.body(n)), nil
		}
		o := google.Options{PerSecond: 1e6}
		o.Needs.AllAccounts = true
		if _, err := s.read(t, o); err == nil || !strings.Contains(err.Error(), "never ends") || n > c.most {
			t.Errorf("%s: %d pages, %v", name, n, err)
		}
	}
}

// Whatever a server says, its error is one line that fits on a screen.
func TestErrorsAreTame(t *testing.T) {
	wild := `\u001b[2J\u202e\nssosync: all is well ` + strings.Repeat("x", 100_000)
	for _, body := range []string{
		`{"error":{"message":"` + wild + `","errors":[{"reason":"` + wild + `"}]}}`,
		strings.NewReplacer(`\u001b`, "\x1b", `\u202e`, "\u202e", `\n`, "\n").Replace(wild),
		`{"error":{"errors":[{"reason":"x","message":"` + wild + `"}]}}`,
	} {
		s := small()
		s.fault = func(r request, _ int) (*http.Response, error) {
			if r.op == "users.list" {
				return respond(http.StatusForbidden, body), nil
			}
			return nil, nil
		}
		_, err := s.read(t, google.Options{})
		if err == nil {
			t.Fatal("no error")
		}
		if said := err.Error(); len(said) > 500 || strings.ContainsFunc(said, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf) }) {
			t.Errorf("%d bytes: %.400q", len(said), said)
		}
	}
}

// The host is written as the transport compares it: LOCALHOST is this machine.
func TestTheHostOfTheEndpointInAnyCase(t *testing.T) {
	s := small()
	if _, err := s.read(t, google.Options{Endpoint: "http://LOCALHOST:8080"}); err != nil {
		t.Fatal(err)
	}
	if host := s.requests[0].url.Host; host != "localhost:8080" {
		t.Error(host)
	}
}
