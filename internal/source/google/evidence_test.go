package google_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"ssosync/internal/directory"
	"ssosync/internal/source/google"
)

func TestEvidence(t *testing.T) {
	for name, ask := range map[string]func(context.Context, *google.Source, string) (string, bool, error){
		"users.get": func(ctx context.Context, src *google.Source, id string) (string, bool, error) {
			a, found, err := src.Account(ctx, strings.Replace(id, "g", "u", 1))
			return strings.Replace(a.ID, "u", "g", 1), found, err
		},
		"groups.get": func(ctx context.Context, src *google.Source, id string) (string, bool, error) {
			g, found, err := src.Group(ctx, id)
			return g.ID, found, err
		},
		"members.list": func(ctx context.Context, src *google.Source, id string) (string, bool, error) {
			m, found, err := src.GroupMembers(ctx, id)
			if len(m) != 1 {
				return "", found, err
			}
			return id, found, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := small()
			s.bubble(t, google.Options{}, func(t *testing.T, src *google.Source) error {
				if id, found, err := ask(t.Context(), src, "g1"); id != "g1" || !found || err != nil {
					t.Errorf("present: %q, %v, %v", id, found, err)
				}
				if n := len(s.requests); n != 1 || s.requests[0].op != name {
					t.Errorf("%d calls, the first is %s", n, s.requests[0].op)
				}
				if id, found, err := ask(t.Context(), src, "g9"); id != "" || found || err != nil {
					t.Errorf("absent: %q, %v, %v", id, found, err)
				}
				if id, found, err := ask(t.Context(), src, ""); id != "" || found || err == nil {
					t.Errorf("no id: %q, %v, %v", id, found, err)
				}
				for _, c := range []struct {
					status          int
					reason, message string
				}{
					{403, "forbidden", notAuthorized},
					{404, "notFound", "Domain not found."},
					{404, "other", "x"},
					{503, "notFound", "x"},
					{400, "invalid", "x"},
				} {
					s.fault = func(request, int) (*http.Response, error) { return failure(c.status, c.reason, c.message), nil }
					if id, found, err := ask(t.Context(), src, "g1"); id != "" || found || err == nil {
						t.Errorf("%+v: %q, %v, %v", c, id, found, err)
					}
				}
				s.fault = func(request, int) (*http.Response, error) { return respond(404, "<html>not found</html>"), nil }
				if _, found, err := ask(t.Context(), src, "g1"); found || err == nil {
					t.Errorf("a page: %v, %v", found, err)
				}
				s.fault = func(request, int) (*http.Response, error) { return nil, errReset }
				if _, found, err := ask(t.Context(), src, "g1"); found || !errors.Is(err, errReset) {
					t.Errorf("no answer: %v, %v", found, err)
				}
				s.fault = func(request, int) (*http.Response, error) { return respond(200, `{"members":[{}]}`), nil }
				if _, found, err := ask(t.Context(), src, "g1"); found || err == nil {
					t.Errorf("without identity: %v, %v", found, err)
				}
				return nil
			})
		})
	}
}

// Evidence about a person comes with all that a reading has.
func TestEvidenceHasValues(t *testing.T) {
	s := small()
	s.users[0]["customSchemas"] = obj{"AWS": obj{"costCenter": "42"}}
	s.bubble(t, google.Options{Needs: directory.Needs{Paths: []string{"customSchemas.AWS.costCenter"}}}, func(t *testing.T, src *google.Source) error {
		a, _, err := src.Account(t.Context(), "u1")
		if err != nil || !slices.Equal(a.Values["customSchemas.AWS.costCenter"], []string{"42"}) {
			t.Errorf("%+v, %v", a, err)
		}
		if q := s.requests[0].url.Query(); q.Get("projection") != "custom" || q.Get("customFieldMask") != "AWS" {
			t.Errorf("%v", q)
		}
		return nil
	})
}
