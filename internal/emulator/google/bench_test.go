package google_test

import (
	"net/http"
	"testing"

	"ssosync/internal/emulator/google"
)

// BenchmarkLargeCompany reads ten thousand users, three hundred groups and
// their members, as a client that knows the page sizes does: 322 calls.
func BenchmarkLargeCompany(b *testing.B) {
	d := google.Generate(google.Load{Users: 9_999, Groups: 300, MembersPerGroup: 50})
	srv := google.New(d, google.Options{})
	for b.Loop() {
		srv.Reset()
		users, _ := collect(b, srv, "users?customer=my_customer", "users", "primaryEmail", "&maxResults=500&fields=nextPageToken,users(id,primaryEmail,name,suspended,archived)")
		groups, _ := collect(b, srv, "groups?customer=my_customer", "groups", "email", "&maxResults=200")
		for _, g := range groups {
			if w := get(b, srv, "groups/"+g+"/members?maxResults=200"); w.Code != http.StatusOK {
				b.Fatal(w.Code)
			}
		}
		if calls := srv.Calls(); len(users) != 10_000 || calls["users.list"] != 20 || calls["groups.list"] != 2 || calls["members.list"] != 300 {
			b.Fatalf("%d users by %v", len(users), calls)
		}
	}
}
