package google_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ssosync/internal/emulator/google"
)

// local are the local parts of the addresses in a list, joined.
func local(t *testing.T, srv *google.Server, path, key, id string) string {
	t.Helper()
	all, _ := collect(t, srv, path, key, id, "")
	for i, e := range all {
		all[i], _, _ = strings.Cut(e, "@")
	}
	return strings.Join(all, " ")
}

func TestUserQueries(t *testing.T) {
	srv := google.New(acme(t), google.Options{})
	for _, c := range []struct{ query, want string }{
		{"liz", "liz"},
		{"Smith", "liz"},
		{"lizzy@example.com", "liz"},
		{"example.org", "cat"},
		{"name='Liz Smith'", "liz"},
		{"name='Liz'", ""}, // the guide: exact match of the whole
		{"name:Liz", "liz"},
		{"name:'smith liz'", ""}, // the words, but not in order
		{`name:'O\'Hara'`, "bob"},
		{`familyName='O\'Hara'`, "bob"},
		{"email:lizzy@example.com", "liz"},
		{"email=LIZZY@example.com", "liz"},
		{"email:li*", "liz"},
		{"email:'li'*", "liz"},
		{"givenName:B*", "bob"},
		{"givenName:iz*", ""},
		{"isAdmin=true", "admin"},
		{"isSuspended=true", "bob"},
		{"isSuspended=false isArchived=false", "admin liz"},
		{"isArchived=TRUE", "cat"},
		{"isGuest=true", ""},
		{"isDelegatedAdmin=true", ""},
		{"orgUnitPath=/Eng", "bob liz"}, // subtree, and not /Engineering
		{"OrgUnitPath='/eng/'", "bob liz"},
		{"orgUnitPath='/Eng/Platform'", "liz"},
		{"orgUnitPath=/", "admin bob cat liz"},
		{"directManager=bob@example.com", "liz"},
		{"directManager=" + adminEmail, "bob"},
		{"manager=" + adminEmail, "bob liz"},
		{"managerId=110559830912345678901", ""},
		{"orgTitle:Engineer", "liz"},
		{"orgTitle='Staff Engineer' isSuspended=false", "liz"},
		{"orgDepartment:'R and D'", "liz"},
		{"AWS.role=dev", "liz"},
		{"aws.role:ops", "liz"},
		{"AWS.role=other", ""},
		{"AWS.level=7", "liz"},
		{"AWS.level:[7,8]", "liz"},
		{"AWS.level:[6,7]", ""}, // the upper bound is out
		{"AWS.level>=7", "liz"},
		{"AWS.level>7", ""},
		{"AWS.level<10", "liz"}, // numbers, not texts
		{"AWS.level<=6", ""},
		{"AWS.since>2024-01-31", "liz"},
		{"AWS.since<2024-02-01", ""},
		{"AWS.badge=1", ""},
		{"liz OR bob", ""}, // there is no OR: three words, AND-ed
	} {
		got := local(t, srv, "users?customer=my_customer&query="+url.QueryEscape(c.query), "users", "primaryEmail")
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.query, got, c.want)
		}
	}
}

func TestBadUserQueries(t *testing.T) {
	srv := google.New(acme(t), google.Options{})
	for _, q := range []string{
		"name='Liz", "colour=red", "isAdmin=maybe", "isAdmin:true", "email>5", "phone:5*", "phone:5", "=x", "name=", "name=''",
		"orgUnitPath:/Eng", "AWS.secret=x", "AWS.nothing=1", "GCP.role=dev", "AWS.role:d*", "AWS.badge>1", "AWS.level=high", "AWS.level:[1]",
		"AWS.level:[1,2", "name:'Jane'x", "address=Berlin", "manager:bob@example.com", "indirectManager=x", "name'x'", "   ",
	} {
		w := get(t, srv, "users?customer=my_customer&query="+url.QueryEscape(q))
		if w.Code == http.StatusOK {
			t.Errorf("%s: accepted", q)
			continue
		}
		if got := refusal(t, w); got != "Bad Request: invalid: Invalid Input: query" {
			t.Errorf("%s: %s", q, got)
		}
	}
}

func TestGroupQueries(t *testing.T) {
	d := acme(t)
	srv := google.New(d, google.Options{})
	for _, c := range []struct{ query, want string }{
		{"name='AWS Dev'", "aws-dev"},
		{"name=AWS", ""},
		{"name:AWS*", "aws-dev"},
		{"email:a*", "all aws-dev"},
		{"email=ops@example.com", "ops"},
		{"name:Eve* email:all*", "all"},
		{"name:Eve* email:ops*", ""},
		{"memberKey=liz@example.com", "aws-dev ops"},
		{"memberKey=lizzy@example.com", "aws-dev ops"},
		{"memberKey=110559830912345678901", "aws-dev ops"},
		{"memberKey=ops@example.com", "aws-dev"},
		{"memberKey=guest@partner.test", "aws-dev"},
		{"memberKey=C01abcd23", "all"},
	} {
		got := local(t, srv, "groups?customer=my_customer&query="+url.QueryEscape(c.query), "groups", "email")
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.query, got, c.want)
		}
	}
	for _, q := range []string{"name:AW*", "memberKey=liz@example.com name:AWS*", "memberKey:liz*", "description=x", "AWS", "email:x"} {
		if got := refusal(t, get(t, srv, "groups?customer=my_customer&query="+url.QueryEscape(q))); got != "Bad Request: invalid: Invalid Input: query" {
			t.Errorf("%s: %s", q, got)
		}
	}
}

// TestQuotingIsUndone: whatever a family name is, quoted it finds its bearer.
func TestQuotingIsUndone(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		name := rapid.StringMatching(`[A-Za-z'\\ =:*<>éß-]{0,8}[a-z]`).Draw(r, "family name")
		d := google.Company("example.com")
		if _, err := d.AddUser(google.User{PrimaryEmail: "x@example.com", Name: google.Name{FamilyName: name}}); err != nil {
			r.Fatal(err)
		}
		quoted := "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(name) + "'"
		got := local(t, google.New(d, google.Options{}), "users?customer=my_customer&query="+url.QueryEscape("familyName="+quoted+" isAdmin=false"), "users", "primaryEmail")
		if got != "x" {
			r.Fatalf("%s found %q", quoted, got)
		}
	})
}

// TestIndexLag: a search sees the past, a list and a get do not.
func TestIndexLag(t *testing.T) {
	d := acme(t)
	srv := google.New(d, google.Options{})
	srv.FreezeIndex()
	if err := d.Suspend("liz@example.com", true); err != nil {
		t.Fatal(err)
	}
	if _, err := d.AddUser(google.User{PrimaryEmail: "new@example.com"}); err != nil {
		t.Fatal(err)
	}
	if err := d.RemoveMember("ops@example.com", "liz@example.com"); err != nil {
		t.Fatal(err)
	}
	search := "users?customer=my_customer&query=isSuspended%3Dfalse"
	groups := "groups?customer=my_customer&query=memberKey%3Dliz@example.com"
	if got := local(t, srv, search, "users", "primaryEmail"); got != "admin cat liz" {
		t.Errorf("frozen: %s", got)
	}
	if got := local(t, srv, groups, "groups", "email"); got != "aws-dev ops" {
		t.Errorf("frozen: %s", got)
	}
	if got := local(t, srv, "users?customer=my_customer", "users", "primaryEmail"); got != "admin bob cat liz new" {
		t.Errorf("list: %s", got)
	}
	if body := decode(t, get(t, srv, "users/liz@example.com").Body); body["suspended"] != true {
		t.Error("get sees the past")
	}
	srv.RefreshIndex()
	if got := local(t, srv, search, "users", "primaryEmail"); got != "admin cat new" {
		t.Errorf("refreshed: %s", got)
	}
	if got := local(t, srv, groups, "groups", "email"); got != "aws-dev" {
		t.Errorf("refreshed: %s", got)
	}
}

func TestGroupsOfAUser(t *testing.T) {
	srv := google.New(acme(t), google.Options{})
	for _, c := range []struct{ params, want string }{
		{"userKey=liz@example.com", "aws-dev ops"},
		{"userKey=ops@example.com", "aws-dev"},
		{"userKey=liz@example.com&domain=example.com", "aws-dev ops"},
		{"userKey=liz@example.com&domain=example.org", ""},
		{"domain=example.org", "empty"},
		{"domain=example.org&customer=C01abcd23", "empty"},
		{"maxResults=200", "all aws-dev empty ops"},
	} {
		if got := local(t, srv, "groups?"+c.params, "groups", "email"); got != c.want {
			t.Errorf("%s: %q, want %q", c.params, got, c.want)
		}
	}
	for _, c := range []struct{ params, want string }{
		{"userKey=liz@example.com&customer=my_customer", "Bad Request: badRequest: Bad Request"},
		{"userKey=guest@partner.test", "Bad Request: invalid: Invalid Input: memberKey"},
		{"userKey=nobody@example.com", "Not Found: notFound: Resource Not Found: userKey"},
	} {
		if got := refusal(t, get(t, srv, "groups?"+c.params)); got != c.want {
			t.Errorf("%s: %s, want %s", c.params, got, c.want)
		}
	}
}

func TestDerivedMembership(t *testing.T) {
	d := acme(t)
	srv := google.New(d, google.Options{})
	list := func(params string) string {
		return local(t, srv, "groups/aws-dev@example.com/members?includeDerivedMembership=true"+params, "members", "email")
	}
	if got := list(""); got != "admin bob cat guest liz sync" {
		t.Errorf("users only: %s", got)
	}
	srv.Configure(func(o *google.Options) { o.Strict.DerivedGroups = true })
	if got := list(""); got != "admin bob cat guest liz ops sync team" {
		t.Errorf("with groups: %s", got)
	}
	srv.Configure(func(o *google.Options) { o.Strict = google.Strict{DerivedDrop: 1} })
	if got := list(""); got != "bob cat guest liz sync" {
		t.Errorf("under-reporting: %s", got)
	}
	got := local(t, srv, "groups/all@example.com/members?includeDerivedMembership=true", "members", "email")
	if got != "" {
		t.Errorf("under-reporting everyone: %s", got)
	}
	srv.Configure(func(o *google.Options) { o.Strict = google.Strict{} })
	if got := local(t, srv, "groups/all@example.com/members?includeDerivedMembership=true", "members", "email"); got != "admin bob cat liz" {
		t.Errorf("everyone: %s", got)
	}
	// Eventual consistency can show a cycle, which the API itself refuses.
	d.Update(func(f *google.Fixture) {
		i := slices.IndexFunc(f.Groups, func(g google.Group) bool { return g.Email == "ops@example.com" })
		f.Groups[i].Members = append(f.Groups[i].Members, google.Member{Email: "aws-dev@example.com"})
	})
	if got := list(""); got != "admin bob cat guest liz sync" {
		t.Errorf("with a cycle: %s", got)
	}
	if w := get(t, srv, "groups/ops@example.com/hasMember/nobody@example.com"); w.Code != http.StatusNotFound {
		t.Errorf("cycle, unknown member: %d", w.Code)
	}
}

// TestRolesFilter: MEMBER finds everybody and calls them members.
func TestRolesFilter(t *testing.T) {
	srv := google.New(acme(t), google.Options{})
	roles := func(filter string) string {
		var s []string
		for _, r := range decode(t, get(t, srv, "groups/aws-dev@example.com/members?roles="+filter).Body)["members"].([]any) {
			m := r.(map[string]any)
			name, _, _ := strings.Cut(m["email"].(string), "@")
			s = append(s, name+":"+m["role"].(string))
		}
		return strings.Join(s, " ")
	}
	for filter, want := range map[string]string{
		"OWNER":          "bob:OWNER",
		"OWNER,MANAGER":  "bob:OWNER cat:MANAGER",
		"MEMBER":         "bob:MEMBER cat:MEMBER guest:MEMBER liz:MEMBER ops:MEMBER sync:MEMBER team:MEMBER",
		"OWNER%2CMEMBER": "bob:OWNER cat:MEMBER guest:MEMBER liz:MEMBER ops:MEMBER sync:MEMBER team:MEMBER",
	} {
		if got := roles(filter); got != want {
			t.Errorf("roles=%s: %s, want %s", filter, got, want)
		}
	}
}
