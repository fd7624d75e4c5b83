package google_test

import (
	"net/http"
	"testing"
	"testing/synctest"

	"ssosync/internal/directory"
	"ssosync/internal/source/google"
)

// Whatever an answer holds, it is a snapshot with identities, or an error.
func FuzzAnswers(f *testing.F) {
	ops := []string{"users.list", "groups.list", "members.list", "users.get"}
	f.Add(0, `{"users":[{"id":"u1","primaryEmail":"amy@example.com","suspended":false}]}`)
	f.Add(1, `{"groups":[{"id":"g1","email":"eng@example.com","directMembersCount":"1"}]}`)
	f.Add(2, `{"members":[{"id":"u1","type":"USER"},{"id":"x","type":"GROUP"}]}`)
	f.Add(2, `{"members":[{"id":1}],"nextPageToken":"x"}`)
	f.Add(3, `{"id":"u8"}`)
	f.Add(0, `{"users":[null,7]}`)
	f.Fuzz(func(t *testing.T, op int, body string) {
		s := many(3, member("USER", "u2", ""))
		s.fault = func(r request, _ int) (*http.Response, error) {
			if r.op == ops[uint(op)%4] {
				return respond(http.StatusOK, body), nil
			}
			return nil, nil
		}
		synctest.Test(t, func(t *testing.T) {
			snap, err := s.source(t, google.Options{Needs: directory.Needs{Paths: []string{"name.givenName"}}}).Read(t.Context())
			if err != nil {
				return
			}
			if len(snap.Groups) == 0 {
				t.Error("no groups")
			}
			for _, a := range snap.Accounts {
				if a.ID == "" || a.PrimaryEmail == "" {
					t.Errorf("%+v", a)
				}
			}
			for _, rows := range snap.Members {
				for _, m := range rows {
					if m.ID == "" || m.Kind == "" {
						t.Errorf("%+v", m)
					}
				}
			}
		})
	})
}
