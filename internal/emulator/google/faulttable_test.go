package google_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ssosync/internal/emulator/google"
)

// pathOf is a request that a place stands for, in the company of acme.
func pathOf(w google.Where) string {
	return map[string]string{
		"users.list noSearches": "users?customer=my_customer", "users.list searches": "users?customer=my_customer&query=orgUnitPath=/",
		"groups.list noSearches": "groups?customer=my_customer", "groups.list searches": "groups?customer=my_customer&query=email:a*",
		"members.list ": "groups/aws-dev@example.com/members", "users.get ": "users/liz@example.com",
		"groups.get ": "groups/aws-dev@example.com", "members.hasMember ": "groups/aws-dev@example.com/hasMember/liz@example.com",
	}[w.Op+" "+w.Query]
}

// glance is what a client makes of an answer.
type glance struct {
	broken bool // no whole answer
	code   int
	json   bool
	rows   []string
	more   bool
	body   map[string]any
}

func look(tb testing.TB, srv *google.Server, token, path string) (g glance) {
	tb.Helper()
	req := httptest.NewRequestWithContext(tb.Context(), http.MethodGet, "/admin/directory/v1/"+path, nil)
	req.Header.Set("Authorization", "Bearer "+token)
	w := httptest.NewRecorder()
	func() {
		defer func() { g.broken = recover() != nil }()
		srv.ServeHTTP(w, req)
	}()
	g.code = w.Code
	g.json = json.Unmarshal(w.Body.Bytes(), &g.body) == nil
	for _, key := range []string{"users", "groups", "members"} {
		rows, _ := g.body[key].([]any)
		for _, r := range rows {
			g.rows = append(g.rows, fmt.Sprint(r.(map[string]any)["etag"]))
		}
	}
	g.more = g.body["nextPageToken"] != nil
	return g
}

// grown is acme with what a stale list does not have.
func grown(t *testing.T, d *google.Directory) {
	t.Helper()
	for _, err := range []error{
		second(d.AddUser(google.User{PrimaryEmail: "aaron@example.com", Name: google.Name{GivenName: "A", FamilyName: "A"}})),
		second(d.AddGroup(google.Group{Email: "aardvarks@example.com", Name: "Aardvarks"})),
		d.AddMember("aws-dev@example.com", google.Member{Email: "aaron@example.com"}),
	} {
		mustDo(t, err)
	}
}

func second[T any](_ T, err error) error { return err }

// Every fault, at every place that it says it has: it strikes once; it hides only if it says so; what it does ends with it.
func TestAllFaults(t *testing.T) {
	names := map[string]bool{}
	for _, fc := range google.AllFaults() {
		if names[fc.Name] || len(fc.Places) == 0 {
			t.Errorf("%s: twice, or nowhere", fc.Name)
		}
		names[fc.Name] = true
		hidden := 0
		for _, place := range fc.Places {
			synctest.Test(t, func(t *testing.T) {
				label := fmt.Sprint(fc.Name, " at ", place.Op, " ", place.Query)
				d := acme(t)
				srv := google.New(d, google.Options{})
				token := srv.Token(adminEmail, allScopes...)
				right := look(t, srv, token, pathOf(place))
				once := place
				once.Times = 1
				end := fc.Install(srv, once)
				if fc.Stale {
					grown(t, d)
				}
				begun := time.Now()
				got := look(t, srv, token, pathOf(place))
				if took := time.Since(begun); took > 0 != (fc.Name == string(google.Slow)) {
					t.Errorf("%s: took %s", label, took)
				}
				if n := srv.Struck(); n != 1 {
					t.Errorf("%s: struck %d times", label, n)
				}
				none := got.broken || got.code >= 400 || !got.json
				whole := got.code == 200 && (slices.Equal(got.rows, right.rows) || got.more)
				switch {
				case fc.Stale:
					if slices.Equal(got.rows, right.rows) {
						hidden++
					}
				case fc.Hides:
					if len(got.rows) < len(right.rows) {
						hidden++
					}
				case !none && !whole:
					t.Errorf("%s: neither right nor none: %+v", label, got)
				}
				end()
				if fc.Name == string(google.VanishGroup) || fc.Stale {
					return
				}
				if fc.Name == string(google.Revoke) {
					token = srv.Token(adminEmail, allScopes...)
				}
				if again := look(t, srv, token, pathOf(place)); !reflect.DeepEqual(again, right) || srv.Struck() != 1 {
					t.Errorf("%s: after it: %+v, want %+v", label, again, right)
				}
			})
		}
		if fc.Hides && hidden == 0 {
			t.Errorf("%s: hides nothing anywhere", fc.Name)
		}
	}
	for _, kind := range []google.FaultKind{
		google.UserRateLimit, google.QuotaExceeded, google.RateLimit403, google.SharingRateLimit, google.RateLimit429, google.TextRateLimit, google.TextQuota,
		google.HTMLUnavailable, google.BackendError, google.InternalError, google.BadGateway, google.GatewayTimeout, google.TransientError, google.SystemError,
		google.NotAvailable, google.UnknownError, google.Precondition, google.AuthError, google.LoginRequired, google.Forbidden, google.NotFound,
		google.DomainNotFound, google.InvalidInput, google.APIOff, google.ScopeMissing, google.DomainBlocked, google.QuotaProject,
		google.MissingKey, google.HalfRows, google.OtherHalf, google.EmptyList, google.LostToken, google.StaleList, google.StaleIndex, google.EmptyPage,
		google.ShortPage, google.Truncated, google.CutJSON, google.Reset, google.Slow, google.VanishGroup, google.Revoke, google.MissingField + " suspended",
	} {
		if !names[string(kind)] {
			t.Errorf("%s is not in the table", kind)
		}
	}
}

// A test that trusts Hides must be able to: a fault that can hide and does not say so would excuse nothing.
func TestWhatHides(t *testing.T) {
	var hides, stale []string
	for _, fc := range google.AllFaults() {
		if fc.Hides {
			hides = append(hides, fc.Name)
		}
		if fc.Stale {
			stale = append(stale, fc.Name)
		}
	}
	slices.Sort(hides)
	if want := "emptyList forbidden halfRows lostToken missingKey notFound otherHalf staleIndex staleList"; strings.Join(hides, " ") != want {
		t.Errorf("%v hide, want %s", hides, want)
	}
	if want := "staleList staleIndex"; strings.Join(stale, " ") != want {
		t.Errorf("%v are stale, want %s", stale, want)
	}
}

// Install without a place strikes everywhere, on the requests that its numbers say.
func TestFaultEverywhere(t *testing.T) {
	for _, fc := range google.AllFaults() {
		synctest.Test(t, func(t *testing.T) {
			srv := google.New(acme(t), google.Options{})
			end := fc.Install(srv, google.Where{After: 1, Times: 1})
			for _, place := range fc.Places {
				var struck []int
				for range 4 {
					before := srv.Struck()
					look(t, srv, srv.Token(adminEmail, allScopes...), pathOf(place))
					struck = append(struck, srv.Struck()-before)
				}
				if !slices.Equal(struck, []int{0, 1, 0, 0}) {
					t.Errorf("%s at %s %s: %v", fc.Name, place.Op, place.Query, struck)
				}
			}
			end()
		})
	}
}

// A fault that hides nothing lets a client that goes on while there is a token come to the end.
func TestHarmlessFaultsEnd(t *testing.T) {
	for _, fc := range google.AllFaults() {
		if fc.Name != string(google.EmptyPage) && fc.Name != string(google.ShortPage) {
			continue
		}
		srv := google.New(acme(t), google.Options{MaxPage: 1})
		fc.Install(srv, google.Where{})
		token, next := srv.Token(adminEmail, allScopes...), ""
		rows, pages := 0, 0
		for more := true; more && pages < 50; pages++ {
			body := decode(t, getAs(t, srv, token, "users?customer=my_customer&pageToken="+next).Body)
			list, _ := body["users"].([]any)
			rows += len(list)
			next, more = body["nextPageToken"].(string)
		}
		if rows != 4 || pages == 50 || srv.Struck() == 0 {
			t.Errorf("%s: %d users on %d pages", fc.Name, rows, pages)
		}
	}
}

// What a list hides, everything else still shows.
func TestRowFaultsLeaveTheRestTruthful(t *testing.T) {
	for _, kind := range []google.FaultKind{google.HalfRows, google.OtherHalf, google.MissingKey, google.EmptyList, google.LostToken, google.StaleList} {
		for _, op := range []string{"users.list", "groups.list", "members.list", ""} {
			d := acme(t)
			srv := google.New(d, google.Options{})
			srv.Inject(google.Fault{Kind: kind, Op: op})
			grown(t, d)
			for path, want := range map[string]any{
				"users/aaron@example.com":                                "aaron@example.com",
				"groups/aws-dev@example.com":                             "6",
				"groups/aardvarks@example.com":                           "0",
				"groups/aws-dev@example.com/hasMember/aaron@example.com": true,
				"groups/aws-dev@example.com/members/aaron@example.com":   "aaron@example.com",
			} {
				w := get(t, srv, path)
				if w.Code != http.StatusOK {
					t.Errorf("%s of %q: %s: %d", kind, op, path, w.Code)
					continue
				}
				body := decode(t, w.Body)
				got := body["email"]
				for _, key := range []string{"primaryEmail", "directMembersCount", "isMember"} {
					if v, ok := body[key]; ok {
						got = v
					}
				}
				if got != want {
					t.Errorf("%s of %q: %s: %v, want %v", kind, op, path, got, want)
				}
			}
		}
	}
	// The count in a list of groups is right whatever members.list hides.
	srv := google.New(acme(t), google.Options{})
	srv.Inject(google.Fault{Kind: google.HalfRows, Op: "members.list"})
	if got := local(t, srv, "groups?customer=my_customer", "groups", "directMembersCount"); got != "0 5 0 2" {
		t.Errorf("counts %s", got)
	}
	if got := local(t, srv, "groups/ops@example.com/members?", "members", "email"); got != "admin" {
		t.Errorf("members %s", got)
	}
}

// What each fault makes of the four users, two on a page.
func TestSpoiltPages(t *testing.T) {
	for kind, want := range map[google.FaultKind]string{
		"": "admin bob more, cat liz end", google.HalfRows: "admin more, cat end", google.OtherHalf: "bob more, liz end",
		google.MissingKey: " more,  end", google.EmptyList: " end", google.LostToken: "admin end",
		google.ShortPage: "admin more, bob more, cat more, liz end", google.EmptyPage: " more,  more,  more,  more",
	} {
		srv := google.New(acme(t), google.Options{MaxPage: 2})
		srv.Inject(google.Fault{Kind: kind})
		token := srv.Token(adminEmail, allScopes...)
		var pages []string
		for next := ""; len(pages) < 4; {
			body := decode(t, getAs(t, srv, token, "users?customer=my_customer&pageToken="+next).Body)
			rows, present := body["users"].([]any)
			if present && len(rows) == 0 {
				t.Errorf("%s: a key without rows", kind)
			}
			var names []string
			for _, r := range rows {
				name, _, _ := strings.Cut(r.(map[string]any)["primaryEmail"].(string), "@")
				names = append(names, name)
			}
			var more bool
			next, more = body["nextPageToken"].(string)
			pages = append(pages, strings.Join(names, " ")+map[bool]string{true: " more", false: " end"}[more])
			if !more {
				break
			}
		}
		if got := strings.Join(pages, ", "); got != want {
			t.Errorf("%q: %s, want %s", kind, got, want)
		}
	}
	srv := google.New(acme(t), google.Options{})
	srv.Inject(google.Fault{Kind: google.LostToken})
	get(t, srv, "users?customer=my_customer")
	if j := srv.Journal(); j[0].Rows != 2 {
		t.Errorf("the journal has %d rows of two", j[0].Rows)
	}
}

// Lists, or searches, or the members of one group are older than the rest.
func TestStaleLists(t *testing.T) {
	view := func(srv *google.Server) []string {
		return []string{
			local(t, srv, "users?customer=my_customer", "users", "primaryEmail"),
			local(t, srv, "users?customer=my_customer&query=email:aaron@example.com", "users", "primaryEmail"),
			local(t, srv, "groups?customer=my_customer", "groups", "email"),
			local(t, srv, "groups?customer=my_customer&query=memberKey=aaron@example.com", "groups", "email"),
			local(t, srv, "groups/aws-dev@example.com/members?", "members", "email"),
			local(t, srv, "groups/aardvarks@example.com/members?", "members", "email"),
		}
	}
	const (
		oldUsers, newUsers     = "admin bob cat liz", "aaron admin bob cat liz"
		oldGroups, newGroups   = "all aws-dev empty ops", "aardvarks all aws-dev empty ops"
		oldMembers, newMembers = "bob cat guest liz ops sync team", "aaron bob cat guest liz ops sync team"
	)
	for _, c := range []struct {
		fault google.Fault
		want  []string
	}{
		{google.Fault{Kind: google.StaleList}, []string{oldUsers, "aaron", oldGroups, "aardvarks aws-dev", oldMembers, ""}},
		{google.Fault{Kind: google.StaleList, Op: "users.list"}, []string{oldUsers, "aaron", newGroups, "aardvarks aws-dev", newMembers, "aaron"}},
		{google.Fault{Kind: google.StaleList, Op: "groups.list"}, []string{newUsers, "aaron", oldGroups, "aardvarks aws-dev", newMembers, "aaron"}},
		{google.Fault{Kind: google.StaleList, Op: "members.list", Key: "aws-dev@example.com"}, []string{newUsers, "aaron", newGroups, "aardvarks aws-dev", oldMembers, "aaron"}},
		{google.Fault{Kind: google.StaleIndex}, []string{newUsers, "", newGroups, "", newMembers, "aaron"}},
		{google.Fault{Kind: google.StaleIndex, Op: "users.list"}, []string{newUsers, "", newGroups, "aardvarks aws-dev", newMembers, "aaron"}},
	} {
		d := acme(t)
		srv := google.New(d, google.Options{})
		end := srv.Inject(c.fault)
		grown(t, d)
		mustDo(t, d.AddMember("aardvarks@example.com", google.Member{Email: "aaron@example.com"}))
		if got := view(srv); !slices.Equal(got, c.want) {
			t.Errorf("%s %s:\n%q, want\n%q", c.fault.Kind, c.fault.Op, got, c.want)
		}
		end()
		if got, want := view(srv), []string{newUsers, "aaron", newGroups, "aardvarks aws-dev", newMembers, "aaron"}; !slices.Equal(got, want) {
			t.Errorf("%s: afterwards %q", c.fault.Kind, got)
		}
	}
	// Who left since is in the old list, and nowhere else.
	d := acme(t)
	srv := google.New(d, google.Options{})
	srv.Inject(google.Fault{Kind: google.StaleList})
	mustDo(t, d.DeleteUser("bob@example.com"))
	mustDo(t, d.DeleteGroup("ops@example.com"))
	if got := local(t, srv, "users?customer=my_customer", "users", "primaryEmail"); got != oldUsers {
		t.Errorf("%q", got)
	}
	if got := local(t, srv, "groups?customer=my_customer", "groups", "email"); got != oldGroups {
		t.Errorf("%q", got)
	}
	for _, path := range []string{"users/bob@example.com", "groups/ops@example.com", "groups/ops@example.com/members"} {
		if w := get(t, srv, path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestFaultsByQueryAndChance(t *testing.T) {
	hit := func(f google.Fault, n int, paths ...string) string {
		srv := google.New(acme(t), google.Options{})
		f.Kind = google.BackendError
		srv.Inject(f)
		var hits []int
		for i := range n {
			if get(t, srv, paths[i%len(paths)]).Code == http.StatusServiceUnavailable {
				hits = append(hits, i)
			}
		}
		if srv.Struck() != len(hits) {
			t.Errorf("struck %d, hit %d", srv.Struck(), len(hits))
		}
		srv.Reset()
		if srv.Struck() != 0 {
			t.Error("Reset forgets nothing")
		}
		return fmt.Sprint(hits)
	}
	list, search, one := "users?customer=my_customer", "users?customer=my_customer&query=liz", "users/liz@example.com"
	for query, want := range map[string]string{"": "[0 1 2]", google.Searches: "[1]", google.NoSearches: "[0 2]"} {
		if got := hit(google.Fault{Query: query}, 3, list, search, one); got != want {
			t.Errorf("%q: %s, want %s", query, got, want)
		}
	}
	chance := func(seed uint64) string { return hit(google.Fault{Chance: 0.3, Seed: seed}, 200, list) }
	if n := len(strings.Fields(chance(1))); n < 40 || n > 80 {
		t.Errorf("%d of 200 at a chance of 0.3", n)
	}
	if first, again := chance(1), chance(1); first != again || first == chance(2) {
		t.Error("chance is not of the seed")
	}
	bounded := hit(google.Fault{Chance: 0.5, Seed: 1, Times: 3}, 100, list)
	if n := len(strings.Fields(bounded)); n != 3 {
		t.Errorf("%s: want three", bounded)
	}
}
