package google_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ssosync/internal/emulator/google"
)

func TestMadeIDs(t *testing.T) {
	f := google.Generate(google.Load{Users: 200, Groups: 200}).Fixture()
	seen := map[string]bool{}
	for _, u := range f.Users {
		if !regexp.MustCompile(`^1[0-9]{20}$`).MatchString(u.ID) || seen[u.ID] {
			t.Errorf("user id %q", u.ID)
		}
		seen[u.ID] = true
	}
	for _, g := range f.Groups {
		if !regexp.MustCompile(`^0[0-9a-z]{14}$`).MatchString(g.ID) || seen[g.ID] {
			t.Errorf("group id %q", g.ID)
		}
		seen[g.ID] = true
	}
	if !regexp.MustCompile(`^C[0-9a-z]{8}$`).MatchString(f.Customer.ID) {
		t.Errorf("customer id %q", f.Customer.ID)
	}
}

func TestGenerateIsDeterministic(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		l := google.Load{
			Seed: rapid.Uint64().Draw(r, "seed"), Users: rapid.IntRange(0, 40).Draw(r, "users"), Groups: rapid.IntRange(0, 20).Draw(r, "groups"),
			MembersPerGroup: rapid.IntRange(0, 50).Draw(r, "members"), NestEvery: rapid.IntRange(0, 3).Draw(r, "nest"), SuspendEvery: rapid.IntRange(0, 5).Draw(r, "suspend"),
		}
		a, b := google.Generate(l).Fixture(), google.Generate(l).Fixture()
		a.Users[0].CreationTime, b.Users[0].CreationTime = "", "" // the administrator is as old as the call
		if diff := cmp.Diff(a, b); diff != "" {
			r.Fatal(diff)
		}
		nested, suspended := 0, 0
		for i, g := range a.Groups {
			users := 0
			for _, m := range g.Members {
				if m.Type == google.TypeGroup {
					nested++
				} else {
					users++
				}
			}
			if users != min(l.MembersPerGroup, l.Users) {
				r.Fatalf("group %d has %d users", i, users)
			}
		}
		for _, u := range a.Users {
			if u.Suspended {
				suspended++
			}
		}
		if l.NestEvery > 0 && l.Groups > 0 && nested != (l.Groups-1+l.NestEvery-1)/l.NestEvery || l.NestEvery == 0 && nested > 0 {
			r.Fatalf("%d groups nest another", nested)
		}
		if l.SuspendEvery > 0 && suspended != l.Users/l.SuspendEvery {
			r.Fatalf("%d suspended", suspended)
		}
	})
}

func TestJSONRoundTrip(t *testing.T) {
	d := acme(t)
	mustDo(t, d.DeleteUser("cat@example.org"))
	data, err := json.Marshal(d)
	mustDo(t, err)
	var back google.Directory
	mustDo(t, json.Unmarshal(data, &back))
	again, err := json.Marshal(&back)
	mustDo(t, err)
	if diff := cmp.Diff(string(data), string(again)); diff != "" {
		t.Error(diff)
	}
	a, b := google.New(d, google.Options{}), google.New(&back, google.Options{})
	for _, path := range []string{"users?customer=my_customer&projection=full", "groups?customer=my_customer", "groups/aws-dev@example.com/members", "users?customer=my_customer&showDeleted=true"} {
		if diff := cmp.Diff(get(t, a, path).Body.String(), get(t, b, path).Body.String()); diff != "" {
			t.Errorf("%s: %s", path, diff)
		}
	}
	for _, bad := range []string{
		`{"user":[]}`, `[]`, `{"users":[{"primaryEmail":"x@example.com"},{"primaryEmail":"X@example.com"}]}`, `{"users":[{"primaryEmail":"x"}]}`,
		`{"users":[{"primaryEmail":"x@example.com","id":"a@b"}]}`, `{"users":[{"primaryEmail":"x@example.com"}],"groups":[{"email":"g@example.com","aliases":["x@example.com"]}]}`,
		`{"groups":[{"email":"g@example.com","id":"1"},{"email":"h@example.com","id":"1"}]}`,
	} {
		if json.Unmarshal([]byte(bad), new(google.Directory)) == nil {
			t.Errorf("accepted %s", bad)
		}
	}
}

func TestMutators(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	d := acme(t)
	srv := google.New(d, google.Options{Clock: func() time.Time { return now }})
	user := func(key string) map[string]any { return decode(t, get(t, srv, "users/"+key).Body) }
	id := d.UserID("liz@example.com")

	mustDo(t, d.Suspend(id, true))
	if u := user(id); u["suspended"] != true || u["suspensionReason"] != "ADMIN" || u["suspensionTime"] != "2026-11-20T09:00:00.000Z" {
		t.Errorf("suspended: %v", u)
	}
	mustDo(t, d.Suspend(id, false))
	if u := user(id); u["suspended"] != false || u["suspensionReason"] != nil || u["suspensionTime"] != nil {
		t.Errorf("no longer suspended: %v", u)
	}
	mustDo(t, d.Archive(id, true))
	if u := user(id); u["archived"] != true || u["suspended"] != false || u["archivalTime"] != "2026-11-20T09:00:00.000Z" {
		t.Errorf("archived: %v", u)
	}
	mustDo(t, d.MoveUser(id, "/Sales/West"))
	if got := local(t, srv, "users?customer=my_customer&query=orgUnitPath%3D/Sales", "users", "primaryEmail"); got != "liz" {
		t.Errorf("moved: %s", got)
	}
	if rows := decode(t, get(t, srv, "customer/my_customer/orgunits?type=allIncludingParent&orgUnitPath=Sales").Body)["organizationUnits"].([]any); len(rows) != 2 {
		t.Errorf("units made by the move: %v", rows)
	}

	mustDo(t, d.RenameUser(id, "eliza@example.com"))
	u := user("liz@example.com")
	if u["primaryEmail"] != "eliza@example.com" || u["id"] != id || !slices.Contains(u["aliases"].([]any), any("liz@example.com")) {
		t.Errorf("renamed: %v", u)
	}
	if got := local(t, srv, "groups/ops@example.com/members?", "members", "email"); got != "admin eliza" {
		t.Errorf("rows follow a rename: %s", got)
	}
	mustDo(t, d.RenameUser(id, "liz@example.com"))
	if got := user(id)["aliases"].([]any); slices.Contains(got, any("liz@example.com")) || !slices.Contains(got, any("eliza@example.com")) {
		t.Errorf("renamed back: %v", got)
	}

	mustDo(t, d.RenameGroup("ops@example.com", "Operations", "operations@example.com"))
	g := decode(t, get(t, srv, "groups/ops@example.com").Body)
	if g["name"] != "Operations" || g["email"] != "operations@example.com" {
		t.Errorf("renamed: %v", g)
	}

	mustDo(t, d.DeleteUser(id))
	if got := local(t, srv, "groups/ops@example.com/members?", "members", "email"); got != "admin" {
		t.Errorf("memberships go with the user: %s", got)
	}
	if _, err := d.AddUser(google.User{PrimaryEmail: "liz@example.com"}); err != nil {
		t.Fatal(err)
	}
	if again := d.UserID("liz@example.com"); again == id || again == "" {
		t.Errorf("the address came back with id %q", again)
	}
	if err := d.UndeleteUser(id); err == nil {
		t.Error("undeleted onto an address that is taken")
	}
	mustDo(t, d.DeleteUser("liz@example.com"))
	mustDo(t, d.UndeleteUser(id))
	if d.UserID("lizzy@example.com") != id {
		t.Error("undeleted under another id")
	}
}

// TestMembersByID: a row needs no more than an id, and what else it says of an
// own account is not believed.
func TestMembersByID(t *testing.T) {
	d := acme(t)
	srv := google.New(d, google.Options{})
	for _, m := range []google.Member{
		{ID: d.UserID("bob@example.com"), Email: "old@example.com", Status: "ACTIVE"},
		{ID: d.GroupID("ops@example.com")},
		{ID: "C01abcd23"},
		{ID: "x77", Email: "ext@partner.test", Status: "ACTIVE"},
		{Email: "lizzy@example.com"},
	} {
		mustDo(t, d.AddMember("empty@example.org", m))
	}
	row := func(m any) string {
		f := m.(map[string]any)
		return fmt.Sprint(f["email"], " ", f["type"], " ", f["status"])
	}
	var got []string
	for _, m := range decode(t, get(t, srv, "groups/empty@example.org/members").Body)["members"].([]any) {
		got = append(got, row(m))
	}
	want := []string{
		"<nil> CUSTOMER <nil>", "bob@example.com USER SUSPENDED", "ext@partner.test USER ACTIVE", "lizzy@example.com USER ACTIVE", "ops@example.com GROUP ACTIVE",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, key := range []string{"EXT@partner.test", "liz@example.com", "C01abcd23", "ops@example.com"} {
		mustDo(t, d.RemoveMember("empty@example.org", key))
	}
	if got := local(t, srv, "groups/empty@example.org/members?", "members", "email"); got != "bob" {
		t.Errorf("left: %s", got)
	}
}

func TestMutatorsRefuse(t *testing.T) {
	d := acme(t)
	before := d.Fixture()
	_, errUser := d.AddUser(google.User{PrimaryEmail: "LIZZY@example.com"})
	_, errGroup := d.AddGroup(google.Group{Email: "bob@example.com"})
	for name, err := range map[string]error{
		"taken address": errUser, "address of a user": errGroup,
		"rename to a taken one": d.RenameUser("liz@example.com", "dev@example.com"),
		"alias that is taken":   d.EditUser("liz@example.com", func(u *google.User) { u.Aliases = append(u.Aliases, "bob@example.com") }),
		"member twice":          d.AddMember("ops@example.com", google.Member{Email: "lizzy@example.com"}),
		"cycle of two":          d.AddMember("ops@example.com", google.Member{Email: "aws-dev@example.com"}),
		"cycle of one":          d.AddMember("ops@example.com", google.Member{Email: "ops@example.com"}),
	} {
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for name, err := range map[string]error{
		"suspend": d.Suspend("x@example.com", true), "archive": d.Archive("x@example.com", true), "delete user": d.DeleteUser("x@example.com"),
		"undelete": d.UndeleteUser("x@example.com"), "delete group": d.DeleteGroup("x@example.com"), "rename group": d.RenameGroup("x@example.com", "X", ""),
		"add member": d.AddMember("x@example.com", google.Member{}), "remove member": d.RemoveMember("ops@example.com", "bob@example.com"),
		"assign": d.Assign("Users read", "x@example.com"), "assign role": d.Assign("King", adminEmail),
	} {
		if !errors.Is(err, google.ErrUnknown) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := d.AddGroup(google.Group{Email: "top@example.com", Members: []google.Member{{Email: "aws-dev@example.com"}}})
	mustDo(t, err)
	if err := d.AddMember("ops@example.com", google.Member{Email: "top@example.com"}); err == nil {
		t.Error("cycle of three: accepted")
	}
	mustDo(t, d.DeleteGroup("top@example.com"))
	if diff := cmp.Diff(before, d.Fixture()); diff != "" {
		t.Errorf("a refused edit changed something: %s", diff)
	}
}

// TestAddressComesBack: another account under an old address has another id.
func TestAddressComesBack(t *testing.T) {
	d := google.Company("example.com")
	seen := map[string]bool{}
	for range 3 {
		id, err := d.AddUser(google.User{PrimaryEmail: "joe@example.com"})
		mustDo(t, err)
		if seen[id] {
			t.Errorf("id %s again", id)
		}
		seen[id] = true
		mustDo(t, d.DeleteUser(id))
	}
}

func TestShowDeleted(t *testing.T) {
	now := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	d := acme(t)
	srv := google.New(d, google.Options{Clock: func() time.Time { return now }})
	id := d.UserID("bob@example.com")
	mustDo(t, d.DeleteUser("bob@example.com"))
	if got := local(t, srv, "users?customer=my_customer", "users", "primaryEmail"); got != "admin cat liz" {
		t.Errorf("list: %s", got)
	}
	if got := local(t, srv, "users?customer=my_customer&showDeleted=false", "users", "primaryEmail"); got != "admin cat liz" {
		t.Errorf("showDeleted=false: %s", got)
	}
	const path = "users?customer=my_customer&showDeleted=true"
	now = now.Add(20 * 24 * time.Hour)
	rows := decode(t, get(t, srv, path).Body)["users"].([]any)
	if len(rows) != 1 {
		t.Fatalf("deleted: %v", rows)
	}
	sameJSON(t, fmt.Sprintf(`{"kind":"admin#directory#user","id":%q,"etag":"ETAG","primaryEmail":"bob@example.com","customerId":"C01abcd23","deletionTime":"2026-11-20T09:00:00.000Z"}`, id), rows[0].(map[string]any))
	now = now.Add(time.Second)
	if rows, there := decode(t, get(t, srv, path).Body)["users"]; there {
		t.Errorf("after 20 days: %v", rows)
	}
	if got := refusal(t, get(t, srv, "users/"+id)); got != "Not Found: notFound: Resource Not Found: userKey" {
		t.Error(got)
	}
}

// TestCountsAgree: whatever is edited, directMembersCount is the number of
// direct rows of type USER, and rows are joined by id to what is listed. The
// oracle is a set of pairs that is edited alongside.
func TestCountsAgree(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		d := google.Company("example.com")
		srv := google.New(d, google.Options{})
		users, groups := map[string]bool{}, map[string]map[string]bool{}
		name := func(kind string) string {
			return fmt.Sprintf("%s%d@example.com", kind, rapid.IntRange(0, 3).Draw(r, kind))
		}
		for range rapid.IntRange(1, 25).Draw(r, "edits") {
			u, g := name("u"), name("g")
			switch rapid.SampledFrom([]string{"add user", "add group", "join", "leave", "delete user", "delete group"}).Draw(r, "edit") {
			case "add user":
				if _, err := d.AddUser(google.User{PrimaryEmail: u}); (err == nil) == users[u] {
					r.Fatalf("add %s: %v", u, err)
				}
				users[u] = true
			case "add group":
				if _, err := d.AddGroup(google.Group{Email: g}); (err == nil) == (groups[g] != nil) {
					r.Fatalf("add %s: %v", g, err)
				}
				if groups[g] == nil {
					groups[g] = map[string]bool{}
				}
			case "join":
				if groups[g] != nil && users[u] && !groups[g][u] {
					mustDo(t, d.AddMember(g, google.Member{Email: u}))
					groups[g][u] = true
				}
			case "leave":
				if err := d.RemoveMember(g, u); (err == nil) != groups[g][u] {
					r.Fatalf("remove %s from %s: %v", u, g, err)
				}
				if groups[g] != nil {
					delete(groups[g], u)
				}
			case "delete user":
				if err := d.DeleteUser(u); (err == nil) != users[u] {
					r.Fatalf("delete %s: %v", u, err)
				}
				delete(users, u)
				for _, members := range groups {
					delete(members, u)
				}
			case "delete group":
				if err := d.DeleteGroup(g); (err == nil) != (groups[g] != nil) {
					r.Fatalf("delete %s: %v", g, err)
				}
				delete(groups, g)
			}
		}
		rows, _ := decode(t, get(t, srv, "groups?customer=my_customer").Body)["groups"].([]any)
		if len(rows) != len(groups) {
			r.Fatalf("%d groups, want %d", len(rows), len(groups))
		}
		for _, row := range rows {
			g := row.(map[string]any)
			email := g["email"].(string)
			members, _ := decode(t, get(t, srv, "groups/"+email+"/members").Body)["members"].([]any)
			if g["directMembersCount"] != fmt.Sprint(len(groups[email])) || len(members) != len(groups[email]) {
				r.Fatalf("%s: count %v, %d rows, want %d", email, g["directMembersCount"], len(members), len(groups[email]))
			}
			for _, m := range members {
				m := m.(map[string]any)
				if !groups[email][m["email"].(string)] || m["id"] != d.UserID(m["email"].(string)) {
					r.Fatalf("%s: row %v", email, m)
				}
			}
		}
	})
}

func TestWatch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "company.json")
	write := func(text string) { mustDo(t, os.WriteFile(path, []byte(text), 0o600)) }
	write(`{"customer":{"id":"C01abcd23","customerDomain":"example.com"},"users":[{"primaryEmail":"admin@example.com","isAdmin":true}]}`)
	d, err := google.LoadFile(path)
	mustDo(t, err)
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		var reports []error
		go d.Watch(ctx, path, time.Second, func(err error) { reports = append(reports, err) })
		sleep := func(d time.Duration) {
			time.Sleep(d)
			synctest.Wait()
		}
		sleep(1500 * time.Millisecond)
		if len(reports) != 0 {
			t.Errorf("reloaded an unchanged file: %v", reports)
		}
		write(`{"users":[{"primaryEmail":"new@example.com"},{"primaryEmail":"admin@example.com"}]}`)
		sleep(time.Second)
		if len(reports) != 1 || reports[0] != nil || d.UserID("new@example.com") == "" {
			t.Errorf("after a change: %v", reports)
		}
		write(`{"users":`)
		sleep(3 * time.Second)
		if len(reports) != 2 || reports[1] == nil || d.UserID("new@example.com") == "" {
			t.Errorf("after a bad change: %v", reports)
		}
		stop()
		synctest.Wait()
	})
	if _, err := google.LoadFile(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("a bad file: %v", err)
	}
}
