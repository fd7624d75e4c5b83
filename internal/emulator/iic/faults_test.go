package iic_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ssosync/internal/emulator/iic"
)

// What a list hides, everything else still shows.
func TestFaultsOfListsOnly(t *testing.T) {
	for _, kind := range []iic.FaultKind{iic.HalfRows, iic.OtherHalf, iic.EmptyList, iic.MissingKey, iic.LostCursor, iic.StaleList} {
		c := company(t)
		c.server.Inject(iic.Fault{Kind: kind})
		check(t, c.grow())
		st := c.server.State()
		for _, u := range st.Users {
			if got := c.do("GET", "/Users/"+u.ID, nil); got.status != 200 {
				t.Errorf("%s: %s is gone", kind, u.UserName)
			}
		}
		for _, g := range st.Groups {
			if got := c.do("GET", "/Groups/"+g.ID, nil); got.status != 200 {
				t.Errorf("%s: %s is gone", kind, g.DisplayName)
			}
		}
		got := c.identityStore("IsMemberInGroups", obj{"GroupIds": []string{"crew"}, "MemberId": obj{"UserId": "ada"}})
		if !strings.Contains(got.raw, `"MembershipExists":true`) {
			t.Errorf("%s: %s", kind, got.raw)
		}
	}
}

// What each fault makes of the three users, two on a page.
func TestSpoiltLists(t *testing.T) {
	for kind, want := range map[iic.FaultKind]string{
		"": "[ada bob] more, [carol] end", iic.HalfRows: "[ada] more, [carol] end", iic.OtherHalf: "[bob] more, [] end",
		iic.EmptyList: "[] end", iic.MissingKey: "[] without a key more, [] without a key end", iic.LostCursor: "[ada] end",
		iic.ShortPage: "[ada] more, [bob] more, [carol] end", iic.EmptyPage: "[] more, [] more, [] more, [] more, …",
		iic.StaleIndex: "[ada bob] more, [carol] end",
	} {
		for _, api := range []string{"SCIM", "Identity Store"} {
			c := company(t)
			c.server.Update(func(o *iic.Options) { o.Paging.Max = 2 })
			c.server.Inject(iic.Fault{Kind: kind})
			var pages []string
			for token := ""; ; {
				var got answer
				rows, cursor, name := "Resources", "nextCursor", "userName"
				if api == "SCIM" {
					got = c.want(200, "GET", "/Users?cursor="+token, nil)
				} else {
					rows, cursor, name = "Users", "NextToken", "UserName"
					got = c.identityStore("ListUsers", obj{"NextToken": token})
				}
				names := []string{}
				list, keyed := got.body[rows].([]any)
				for _, r := range list {
					names = append(names, r.(obj)[name].(string))
				}
				page := fmt.Sprint(names)
				if !keyed {
					page += " without a key"
				}
				next, more := got.body[cursor].(string)
				if pages = append(pages, page+map[bool]string{true: " more", false: " end"}[more]); !more {
					break
				}
				if token = next; len(pages) == 4 {
					pages = append(pages, "…")
					break
				}
			}
			if got := strings.Join(pages, ", "); got != want {
				t.Errorf("%s, %q: %s, want %s", api, kind, got, want)
			}
		}
	}
	// What is not a row stays, whatever is spoilt.
	spoilt := company(t)
	spoilt.server.Inject(iic.Fault{Kind: iic.MissingKey})
	if got := spoilt.want(200, "GET", "/Users?cursor", nil); got.body["schemas"] == nil || got.body["itemsPerPage"] == nil {
		t.Errorf("%s", got.raw)
	}
	if got := spoilt.want(400, "GET", "/Users?count=0", nil); got.body["schemas"] == nil {
		t.Errorf("%s", got.raw)
	}
	// A list without a cursor counts what it shows.
	c := company(t)
	c.server.Inject(iic.Fault{Kind: iic.HalfRows})
	if got := c.want(200, "GET", "/Users", nil); words(got.names("userName"), got.body["totalResults"], got.body["itemsPerPage"]) != "[ada carol] 2 2" {
		t.Errorf("%s", got.raw)
	}
	c.server.ClearFaults()
	c.server.Inject(iic.Fault{Kind: iic.EmptyPage, Where: iic.Where{}})
	if got := c.want(200, "GET", "/Users", nil); len(got.resources()) != 3 {
		t.Errorf("a harmless fault hides: %s", got.raw)
	}
}

func TestStale(t *testing.T) {
	c := company(t)
	look := func() string {
		return words(
			c.want(200, "GET", "/Users?cursor", nil).names("userName"), c.want(200, "GET", "/Users?cursor&"+filter(`userName eq "dora"`), nil).names("userName"),
			c.want(200, "GET", "/Users?"+filter(`groups.value eq "crew"`), nil).names("userName"), c.want(200, "GET", "/Groups", nil).names("displayName"),
			len(c.identityStore("ListGroupMemberships", obj{"GroupId": "crew"}).body["GroupMemberships"].([]any)),
		)
	}
	end := c.server.Inject(iic.Fault{Kind: iic.StaleIndex})
	endLists := c.server.Inject(iic.Fault{Kind: iic.StaleList, Where: iic.Where{Op: "ListGroups"}})
	check(t, c.grow())
	check(t, c.server.By(console).RenameUser("ada", "ada2"))
	all := c.want(200, "GET", "/Users?cursor", nil).names("userName")
	if got, want := look(), words(all, []string{}, []string{"ada", "bob"}, []string{"crew", "other"}, 3); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	end()
	endLists()
	if got := look(); !strings.Contains(got, "[dora]") || !strings.Contains(got, "newer") || strings.Contains(got, "[ada bob]") {
		t.Errorf("afterwards: %s", got)
	}
}

func TestWhichRequestsFaultsHit(t *testing.T) {
	probe := func(w iic.Where, paths ...string) string {
		c := company(t)
		c.server.Update(func(o *iic.Options) { o.Paging.Max = 1 })
		c.server.Inject(iic.Fault{Kind: iic.Unavailable, Where: w})
		var hit []int
		for i, p := range paths {
			if p == "next" {
				c.server.ClearFaults()
				token := c.want(200, "GET", "/Users?cursor", nil).body["nextCursor"].(string)
				c.server.Inject(iic.Fault{Kind: iic.Unavailable, Where: w})
				p = "/Users?cursor=" + token
			}
			if c.do("GET", p, nil).status == 503 {
				hit = append(hit, i)
			}
		}
		return fmt.Sprint(hit)
	}
	users, other := "/Users?cursor", "/Users?cursor&"+filter(`userName eq "ada"`)
	for _, tt := range []struct {
		w     iic.Where
		paths []string
		want  string
	}{
		{iic.Where{}, []string{users, "/Groups", "/Users/ada"}, "[0 1 2]"},
		{iic.Where{Op: "ListUsers"}, []string{users, other, "/Groups", "/Users/ada"}, "[0 1]"},
		{iic.Where{Op: "ListUsers", Filter: iic.NoFilter}, []string{users, other}, "[0]"},
		{iic.Where{Filter: iic.NoFilter}, []string{users, other, "/Users/ada"}, "[0]"},
		{iic.Where{Filter: "username"}, []string{users, other, "/Users/ada"}, "[1]"},
		{iic.Where{ID: "ada"}, []string{users, "/Users/ada", "/Users/bob", "/Groups?" + filter(`members.value eq "ada"`)}, "[1 3]"},
		{iic.Where{Page: 1}, []string{users, "next", "/Users/ada"}, "[0]"},
		{iic.Where{Page: 2}, []string{users, "next", "/Users/ada"}, "[1]"},
		{iic.Where{After: 2}, []string{users, users, users, users}, "[2 3]"},
		{iic.Where{After: 1, Every: 2, Times: 2}, slices.Repeat([]string{users}, 9), "[2 4]"},
	} {
		if got := probe(tt.w, tt.paths...); got != tt.want {
			t.Errorf("%+v: hit %s, want %s", tt.w, got, tt.want)
		}
	}
	chance := func(seed uint64) string {
		return probe(iic.Where{Chance: 0.3, Seed: seed}, slices.Repeat([]string{users}, 200)...)
	}
	if n := len(strings.Fields(chance(1))); n < 40 || n > 80 {
		t.Errorf("%d of 200 at a chance of 0.3", n)
	}
	if first, again := chance(1), chance(1); first != again || first == chance(2) {
		t.Error("chance is not of the seed")
	}
}

// The same of the Identity Store's inputs.
func TestWhichCallsFaultsHit(t *testing.T) {
	for _, tt := range []struct {
		w    iic.Where
		want string
	}{
		{iic.Where{}, "[0 1 2 3 4]"},
		{iic.Where{Page: 2}, "[1]"},
		{iic.Where{Filter: "UserName"}, "[2]"},
		{iic.Where{Filter: iic.NoFilter}, "[0 1 3]"},
		{iic.Where{ID: "crew"}, "[3]"},
		{iic.Where{ID: "ada"}, "[4]"},
		{iic.Where{Op: "identitystore:ListUsers"}, "[0 1 2]"},
	} {
		c := company(t)
		c.server.Update(func(o *iic.Options) { o.Paging.Max = 1 })
		token := c.identityStore("ListUsers", obj{}).body["NextToken"]
		c.server.Inject(iic.Fault{Kind: iic.Forbidden, Where: tt.w})
		var hit []int
		for i, call := range []struct {
			op string
			in obj
		}{
			{"ListUsers", obj{}},
			{"ListUsers", obj{"NextToken": token}},
			{"ListUsers", obj{"Filters": []obj{{"AttributePath": "UserName", "AttributeValue": "ada"}}}},
			{"ListGroupMemberships", obj{"GroupId": "arn:aws:identitystore:::group/crew"}},
			{"DescribeUser", obj{"UserId": "ada"}},
		} {
			if c.identityStore(call.op, call.in).body["__type"] == "AccessDeniedException" {
				hit = append(hit, i)
			}
		}
		if got := fmt.Sprint(hit); got != tt.want {
			t.Errorf("%+v: hit %s, want %s", tt.w, got, tt.want)
		}
	}
}

// A fault that hides nothing lets a client that goes on while there is a cursor come to the end.
func TestHarmlessFaultsEnd(t *testing.T) {
	for _, fc := range iic.AllFaults() {
		if fc.Name != string(iic.EmptyPage) && fc.Name != string(iic.ShortPage) {
			continue
		}
		c := company(t)
		c.server.Update(func(o *iic.Options) { o.Paging.Max = 1 })
		fc.Install(c.server, iic.Where{})
		var all []string
		token, pages := "", 0
		for more := true; more && pages < 50; pages++ {
			got := c.want(200, "GET", "/Users?cursor="+token, nil)
			all = append(all, got.names("userName")...)
			token, more = got.body["nextCursor"].(string)
		}
		if !slices.Equal(all, []string{"ada", "bob", "carol"}) || c.server.Struck() == 0 {
			t.Errorf("%s: %v on %d pages", fc.Name, all, pages)
		}
	}
}

// A token that a fault ended is good for nothing until the fault ends; another is.
func TestRevokedHalfWay(t *testing.T) {
	c := company(t)
	c.server.Update(func(o *iic.Options) { o.Tokens = []iic.Token{{Value: "secret"}, {Value: "second"}} })
	end := c.server.Inject(iic.Fault{Kind: iic.Revoke, Where: iic.Where{After: 2, Times: 1}})
	var got []int
	for range 4 {
		got = append(got, c.do("GET", "/Users", nil).status)
	}
	c.token = "second"
	got = append(got, c.do("GET", "/Users", nil).status)
	c.token = "secret"
	end()
	got = append(got, c.do("GET", "/Users", nil).status)
	if want := []int{200, 200, 401, 401, 200, 200}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	c.server.Inject(iic.Fault{Kind: iic.Revoke})
	if a := c.identityStore("ListUsers", obj{}); a.body["__type"] != "ExpiredTokenException" {
		t.Errorf("%s", a.raw)
	}
}

// The forms of the answers, and what the journal says of a lost one.
func TestFaultAnswers(t *testing.T) {
	c := company(t)
	c.server.Update(func(o *iic.Options) { o.Switches.RetryAfter = iic.RetryAfterSeconds })
	for kind, want := range map[iic.FaultKind]string{
		iic.Throttled: "429 application/json 1", iic.InternalError: "500 application/json ", iic.BadGateway: "502 text/html; charset=utf-8 ",
		iic.Unavailable: "503 text/html; charset=utf-8 ", iic.GatewayTimeout: "504 text/html; charset=utf-8 ", iic.Unauthorized: "401 application/json ",
		iic.Forbidden: "403 application/json ", iic.Missing: "404 application/json ", iic.NotJSON: "200 text/html; charset=utf-8 ",
		iic.LostThrottled: "429 application/json 1", iic.LostError: "500 application/json ",
	} {
		end := c.server.Inject(iic.Fault{Kind: kind})
		a := c.do("GET", "/Users", nil)
		if got := fmt.Sprint(a.status, " ", a.header.Get("Content-Type"), " ", a.header.Get("Retry-After")); got != want {
			t.Errorf("%s: %s, want %s", kind, got, want)
		}
		end()
	}
	for kind, want := range map[iic.FaultKind]string{
		iic.Throttled: "ThrottlingException", iic.InternalError: "InternalServerException", iic.Forbidden: "AccessDeniedException",
		iic.Missing: "ResourceNotFoundException", iic.Unauthorized: "ExpiredTokenException", iic.LostThrottled: "ThrottlingException", iic.LostError: "InternalServerException",
	} {
		end := c.server.Inject(iic.Fault{Kind: kind})
		if a := c.identityStore("ListUsers", obj{}); a.body["__type"] != want {
			t.Errorf("%s: %s", kind, a.raw)
		}
		end()
	}
	c.server.ResetCalls()
	for _, kind := range []iic.FaultKind{iic.LostError, iic.InternalError, iic.Reset, iic.Unavailable} {
		end := c.server.Inject(iic.Fault{Kind: kind})
		c.see(c.request(iic.Where{Op: "PatchUser"}))
		end()
	}
	var got []string
	for _, e := range c.server.Journal() {
		got = append(got, words(e.Status, e.Lost, e.Detail))
	}
	if want := []string{"200 true ", "500 false Internal server error", "0 false connection reset", "503 false answered by a proxy"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if u, _ := c.server.State().User("ada"); u.Active || u.Revision != 2 {
		t.Errorf("%+v", u)
	}
}

func TestSlowAndVanish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := company(t)
		c.server.Inject(iic.Fault{Kind: iic.Slow, Delay: 3 * time.Second, Where: iic.Where{Op: "GetUser"}})
		begun := time.Now()
		c.want(200, "GET", "/Users/ada", nil)
		c.want(200, "GET", "/Groups/crew", nil)
		if took := time.Since(begun); took != 3*time.Second {
			t.Errorf("took %s", took)
		}
	})
	// What vanishes is in late lists for a while.
	synctest.Test(t, func(t *testing.T) {
		c := company(t)
		c.server.Update(func(o *iic.Options) { o.Switches.Lag = time.Minute })
		c.server.Inject(iic.Fault{Kind: iic.Vanish, Where: iic.Where{Op: "GetUser"}})
		c.want(404, "GET", "/Users/ada", nil)
		for _, want := range []int{3, 2} {
			if got := c.want(200, "GET", "/Users?cursor", nil); len(got.resources()) != want {
				t.Errorf("%d users, want %d", len(got.resources()), want)
			}
			time.Sleep(time.Minute)
		}
	})
	c := company(t)
	c.server.Inject(iic.Fault{Kind: iic.Vanish, Where: iic.Where{Filter: "groups.value"}})
	if got := c.want(200, "GET", "/Users?"+filter(`groups.value eq "crew"`), nil); len(got.resources()) != 0 {
		t.Errorf("%s", got.raw)
	}
	c.want(404, "GET", "/Groups/crew", nil)
	c.server.Inject(iic.Fault{Kind: iic.Vanish, Where: iic.Where{Op: "PatchUser"}})
	c.want(404, "PATCH", "/Users/ada", patch("replace", "active", false))
	if st := c.server.State(); len(st.Users) != 2 || len(st.Groups) != 1 {
		t.Errorf("%d users and %d groups are left", len(st.Users), len(st.Groups))
	}
}
