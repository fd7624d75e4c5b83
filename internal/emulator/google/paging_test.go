package google_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ssosync/internal/emulator/google"
)

// lists are the paged collections of a generated company.
func lists(d *google.Directory) map[string]struct {
	path, key, id string
	limit         int
	want          []string
} {
	f := d.Fixture()
	var users, groups, members []string
	for _, u := range f.Users {
		users = append(users, u.PrimaryEmail)
	}
	for _, g := range f.Groups {
		groups = append(groups, g.Email)
	}
	byID := map[string]string{}
	for _, u := range f.Users {
		byID[u.ID] = u.PrimaryEmail
	}
	if len(f.Groups) > 0 {
		for _, m := range f.Groups[0].Members {
			members = append(members, byID[m.ID])
		}
	}
	for _, l := range [][]string{users, groups, members} {
		slices.Sort(l)
	}
	type list = struct {
		path, key, id string
		limit         int
		want          []string
	}
	return map[string]list{
		"users":   {"users?customer=my_customer", "users", "primaryEmail", 500, users},
		"groups":  {"groups?customer=my_customer", "groups", "email", 200, groups},
		"members": {"groups/group00000@example.com/members?x=1", "members", "email", 200, members},
	}
}

// collect reads page after page and returns the addresses and the number of pages.
func collect(tb testing.TB, srv *google.Server, path, key, id, extra string) (all []string, pages int) {
	tb.Helper()
	token := srv.Token(adminEmail, allScopes...)
	for next := ""; ; {
		w := getAs(tb, srv, token, path+extra+"&pageToken="+next)
		if w.Code != http.StatusOK {
			tb.Fatalf("page %d: %d %s", pages+1, w.Code, w.Body)
		}
		body := decode(tb, w.Body)
		pages++
		rows, present := body[key].([]any)
		if present && len(rows) == 0 {
			tb.Fatalf("page %d has the key without rows", pages)
		}
		for _, r := range rows {
			all = append(all, r.(map[string]any)[id].(string))
		}
		next, _ = body["nextPageToken"].(string)
		if next == "" {
			return all, pages
		}
	}
}

func TestPagesConcatenateToTheList(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		d := google.Generate(google.Load{
			Seed: rapid.Uint64().Draw(r, "seed"), Users: rapid.IntRange(1, 30).Draw(r, "users"),
			Groups: rapid.IntRange(1, 30).Draw(r, "groups"), MembersPerGroup: rapid.IntRange(0, 30).Draw(r, "members"),
		})
		srv := google.New(d, google.Options{})
		all := lists(d)
		name := rapid.SampledFrom([]string{"users", "groups", "members"}).Draw(r, "list")
		l := all[name]
		size := rapid.IntRange(1, l.limit).Draw(r, "maxResults")
		fault := rapid.SampledFrom([]google.FaultKind{"", google.ShortPage, google.EmptyPage}).Draw(r, "fault")
		if fault != "" {
			srv.Inject(google.Fault{Kind: fault, Every: 2})
		}
		mask := rapid.SampledFrom([]string{"", "&fields=nextPageToken,%s(%s)", "&fields=nextPageToken,%s/%s", "&fields=*"}).Draw(r, "mask")
		if strings.Contains(mask, "%s") {
			mask = fmt.Sprintf(mask, l.key, l.id)
		}
		got, pages := collect(t, srv, l.path, l.key, l.id, fmt.Sprintf("&maxResults=%d", size)+mask)
		if !slices.Equal(got, l.want) {
			r.Fatalf("%s by %d:\n got %v\nwant %v", name, size, got, l.want)
		}
		if want := max(1, (len(l.want)+size-1)/size); fault == "" && pages != want {
			r.Fatalf("%d pages, want %d", pages, want)
		}
	})
}

// TestMaskWithoutToken is how a client that forgets nextPageToken in its mask
// sees the first page only.
func TestMaskWithoutToken(t *testing.T) {
	d := google.Generate(google.Load{Users: 300, Groups: 1, MembersPerGroup: 201})
	srv := google.New(d, google.Options{})
	got, pages := collect(t, srv, "groups/group00000@example.com/members?", "members", "email", "fields=members(email)")
	if len(got) != 200 || pages != 1 {
		t.Errorf("%d members in %d pages, want 200 in 1", len(got), pages)
	}
	got, pages = collect(t, srv, "groups/group00000@example.com/members?", "members", "email", "fields=members(email),nextPageToken")
	if len(got) != 201 || pages != 2 {
		t.Errorf("%d members in %d pages, want 201 in 2", len(got), pages)
	}
}

func TestDefaultAndMaximumSizes(t *testing.T) {
	d := google.Generate(google.Load{Users: 700, Groups: 250, MembersPerGroup: 250})
	for _, c := range []struct {
		path, key string
		want      int
	}{
		{"users?customer=my_customer", "users", 100},
		{"users?customer=my_customer&maxResults=500", "users", 500},
		{"groups?customer=my_customer", "groups", 200},
		{"groups?customer=my_customer&maxResults=1000", "groups", 200},
		{"groups/group00000@example.com/members", "members", 200},
		{"groups/group00000@example.com/members?maxResults=201", "members", 200},
	} {
		body := decode(t, get(t, google.New(d, google.Options{}), c.path).Body)
		if rows, _ := body[c.key].([]any); len(rows) != c.want {
			t.Errorf("%s: %d rows, want %d", c.path, len(rows), c.want)
		}
	}
	srv := google.New(d, google.Options{})
	for _, n := range []string{"501", "0", "-1"} {
		got := refusal(t, get(t, srv, "users?customer=my_customer&maxResults="+n))
		if want := "Bad Request: invalidParameter: Invalid value '" + n + "'. Values must be within the range: [1, 500]"; got != want {
			t.Errorf("maxResults=%s: %s", n, got)
		}
	}
	srv.Configure(func(o *google.Options) { o.Strict.ClampMaxResults = true })
	if rows := decode(t, get(t, srv, "users?customer=my_customer&maxResults=501").Body)["users"].([]any); len(rows) != 500 {
		t.Errorf("clamped to %d, want 500", len(rows))
	}
}

func TestOrder(t *testing.T) {
	srv := google.New(acme(t), google.Options{})
	for _, c := range []struct{ params, want string }{
		{"", "admin bob cat liz"},
		{"&orderBy=email&sortOrder=DESCENDING", "liz cat bob admin"},
		{"&orderBy=familyName", "admin bob liz cat"},
		{"&orderBy=givenName&sortOrder=descending", "liz cat bob admin"},
	} {
		for _, size := range []string{"1", "3", "100"} {
			got, _ := collect(t, srv, "users?customer=my_customer", "users", "primaryEmail", c.params+"&maxResults="+size)
			for i, e := range got {
				got[i], _, _ = strings.Cut(e, "@")
			}
			if s := strings.Join(got, " "); s != c.want {
				t.Errorf("%s by %s: %s, want %s", c.params, size, s, c.want)
			}
		}
	}
	got, _ := collect(t, srv, "groups?customer=my_customer", "groups", "email", "&sortOrder=DESCENDING")
	if got[0] != "all@example.com" {
		t.Errorf("sortOrder without orderBy has a meaning: %v", got)
	}
	got, _ = collect(t, srv, "groups?customer=my_customer", "groups", "email", "&sortOrder=DESCENDING&orderBy=email&maxResults=1")
	if got[0] != "ops@example.com" || len(got) != 4 {
		t.Errorf("descending: %v", got)
	}
}

// TestEditsBetweenPages is the reason why a token names a row and not a number.
func TestEditsBetweenPages(t *testing.T) {
	d := google.Generate(google.Load{Users: 10})
	srv := google.New(d, google.Options{})
	body := decode(t, get(t, srv, "users?customer=my_customer&maxResults=5").Body)
	for _, gone := range []string{"user00000@example.com", "user00003@example.com"} {
		if err := d.DeleteUser(gone); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.AddUser(google.User{PrimaryEmail: "aaa@example.com"}); err != nil {
		t.Fatal(err)
	}
	rest := decode(t, get(t, srv, "users?customer=my_customer&maxResults=500&pageToken="+body["nextPageToken"].(string)).Body)
	first := rest["users"].([]any)[0].(map[string]any)["primaryEmail"]
	if n := len(rest["users"].([]any)); first != "user00004@example.com" || n != 6 {
		t.Errorf("the second page has %d rows from %v on", n, first)
	}
}

func TestPageTokens(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	srv := google.New(google.Generate(google.Load{Users: 10, Groups: 3}), google.Options{Clock: func() time.Time { return now }, PagingLimit: 1000 * time.Hour})
	token := decode(t, get(t, srv, "users?customer=my_customer&maxResults=2").Body)["nextPageToken"].(string)
	ask := func(path string) string {
		w := get(t, srv, path)
		if w.Code == http.StatusOK {
			return "OK"
		}
		return refusal(t, w)
	}
	const bad = "Bad Request: invalid: Invalid Input: pageToken"
	for _, c := range []struct{ name, path, want string }{
		{"same question", "users?customer=my_customer&maxResults=2&pageToken=" + token, "OK"},
		{"another size and mask", "users?customer=my_customer&maxResults=3&fields=users(id)&pageToken=" + token, "OK"},
		{"another order", "users?customer=my_customer&orderBy=familyName&pageToken=" + token, bad},
		{"another list", "groups?customer=my_customer&pageToken=" + token, bad},
		{"a filter", "users?customer=my_customer&query=isAdmin%3Dtrue&pageToken=" + token, bad},
		{"tampered with", "users?customer=my_customer&pageToken=" + token[:len(token)-1] + url.QueryEscape("A"), bad},
		{"nonsense", "users?customer=my_customer&pageToken=zzz", bad},
	} {
		if got := ask(c.path); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	path := "users?customer=my_customer&maxResults=2&pageToken=" + token
	now = now.Add(72 * time.Hour)
	if got := ask(path); got != "OK" {
		t.Errorf("after three days: %s", got)
	}
	now = now.Add(time.Second)
	if got := ask(path); got != bad {
		t.Errorf("after more than three days: %s", got)
	}
	now = now.Add(-71 * time.Hour)
	srv.Configure(func(o *google.Options) { o.PagingLimit = 0 })
	if got := ask(path); got != "Service Unavailable: backendError: Service unavailable. Please try again" {
		t.Errorf("a run of more than an hour: %s", got)
	}
}
