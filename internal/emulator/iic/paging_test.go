package iic_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ssosync/internal/emulator/iic"
)

// walk reads all pages. between is called after each page.
func (c *scim) walk(path, query string, count int, between func(page int)) (pages [][]string) {
	c.Helper()
	token := ""
	pattern := regexp.MustCompile(`^[-a-zA-Z0-9+=/:_]+$`)
	for range 10_000 {
		q := "?cursor"
		if token != "" {
			q += "=" + url.QueryEscape(token)
		}
		got := c.want(200, "GET", fmt.Sprintf("%s%s&count=%d%s", path, q, count, query), nil)
		if _, ok := got.body["totalResults"]; ok || got.body["itemsPerPage"] != float64(len(got.resources())) {
			c.Fatalf("envelope: %s", got.raw)
		}
		pages = append(pages, got.names("id"))
		next, more := got.body["nextCursor"].(string)
		if !more {
			return pages
		}
		if !pattern.MatchString(next) {
			c.Fatalf("cursor %q", next)
		}
		token = next
		between(len(pages))
	}
	c.Fatalf("no end")
	return nil
}

// Whatever the page size, and whatever comes and goes meanwhile: what is there from beginning to end is listed exactly once.
func TestPagingLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 40).Draw(t, "n")
		count := rapid.IntRange(1, 15).Draw(t, "count")
		knobs := iic.Paging{Max: rapid.IntRange(0, 5).Draw(t, "max"), EmptyEvery: rapid.IntRange(0, 3).Draw(t, "empty")}
		kind := rapid.SampledFrom([]string{"Users", "Groups", "members", "groups"}).Draw(t, "kind")
		s := iic.New(iic.Options{Paging: knobs})
		c := connect(t, s)
		st := iic.State{Users: []iic.User{{ID: "hub", UserName: "hub"}}, Groups: []iic.Group{{ID: "hub-group", DisplayName: "hub"}}}
		add := func(st *iic.State, name string) {
			switch kind {
			case "Users":
				st.Users = append(st.Users, iic.User{ID: name, UserName: name})
			case "members":
				st.Users = append(st.Users, iic.User{ID: name, UserName: name})
				st.Groups[0].Members = append(st.Groups[0].Members, name)
			case "groups":
				st.Groups = append(st.Groups, iic.Group{ID: name, DisplayName: name, Members: []string{"hub"}})
			default:
				st.Groups = append(st.Groups, iic.Group{ID: name, DisplayName: name})
			}
		}
		var ids []string
		for i := range n {
			ids = append(ids, fmt.Sprintf("x%02d", i))
			add(&st, ids[i])
		}
		if err := s.Seed(st); err != nil {
			t.Fatal(err)
		}
		path, query := map[string]string{"Users": "/Users", "Groups": "/Groups", "members": "/Users", "groups": "/Groups"}[kind], ""
		switch kind {
		case "members":
			query = "&" + filter(`groups.value eq "hub-group"`)
		case "groups":
			query = "&" + filter(`members.value eq "hub"`)
		}
		gone := map[string]bool{}
		pages := c.walk(path, query, count, func(page int) {
			switch rapid.IntRange(0, 3).Draw(t, "meanwhile") {
			case 0:
				st.Groups[0].Members = slices.DeleteFunc(st.Groups[0].Members, func(id string) bool { return gone[id] })
				add(&st, rapid.StringMatching(`y[0-9]{2}`).Draw(t, "name")+fmt.Sprint(page))
				_ = s.Seed(iic.State{Users: st.Users[len(st.Users)-1:], Groups: st.Groups[len(st.Groups)-1:]})
			case 1:
				if len(ids) > 0 {
					id := rapid.SampledFrom(ids).Draw(t, "gone")
					gone[id] = true
					s.Remove(id)
				}
			}
		})
		seen := map[string]int{}
		for i, page := range pages {
			limit := count
			if knobs.Max > 0 {
				limit = min(limit, knobs.Max)
			}
			if len(page) > limit || (knobs.EmptyEvery > 1 && (i+1)%knobs.EmptyEvery == 0 && len(page) > 0) {
				t.Fatalf("page %d of %d", i+1, len(page))
			}
			for _, id := range page {
				seen[id]++
			}
		}
		for _, id := range ids {
			if seen[id] > 1 || (seen[id] == 0 && !gone[id]) {
				t.Fatalf("%s was listed %d times; gone: %v; pages %v", id, seen[id], gone[id], pages)
			}
		}
		for id, times := range seen {
			if times > 1 || (!strings.HasPrefix(id, "x") && !strings.HasPrefix(id, "y") && id != "hub" && id != "hub-group") {
				t.Fatalf("%s was listed %d times", id, times)
			}
		}
	})
}

func TestCursorsThatDoNotFit(t *testing.T) {
	s := iic.New(iic.Options{})
	mustSeed(t, s, iic.State{
		Users:  []iic.User{{ID: "u1", UserName: "a"}, {ID: "u2", UserName: "b"}, {ID: "u3", UserName: "c"}},
		Groups: []iic.Group{{ID: "g1", DisplayName: "g", Members: []string{"u1", "u2", "u3"}}, {ID: "g2", DisplayName: "h", Members: []string{"u1", "u2"}}},
	})
	c := connect(t, s)
	first := c.want(200, "GET", "/Users?cursor&count=1&"+filter(`groups.value eq "g1"`), nil)
	next := url.QueryEscape(first.body["nextCursor"].(string))
	c.want(200, "GET", "/Users?count=1&"+filter(`groups.value eq "g1"`)+"&cursor="+next, nil)
	c.want(200, "GET", "/Users?count=2&"+filter(`groups.value eq "g1"`)+"&cursor="+next, nil)
	all := url.QueryEscape(c.want(200, "GET", "/Users?cursor&count=1", nil).body["nextCursor"].(string))
	c.want(200, "GET", "/Users?cursor="+all, nil)
	for _, query := range []string{
		"/Groups?cursor=" + all,
		"/Users?count=1&cursor=" + next,
		"/Users?count=1&" + filter(`groups.value eq "g2"`) + "&cursor=" + next,
		"/Groups?count=1&cursor=" + next,
		"/Users?cursor=made-up",
		"/Users?cursor=bWFkZSB1cCBidXQgZW5jb2RlZA==",
	} {
		c.want(400, "GET", query, nil)
	}
	raw, err := base64.StdEncoding.DecodeString(first.body["nextCursor"].(string))
	if err != nil || !bytes.Contains(raw, []byte("u1")) {
		t.Fatalf("cursor %q: %v", raw, err)
	}
	forged := base64.StdEncoding.EncodeToString(bytes.Replace(raw, []byte("u1"), []byte("u2"), 1))
	c.want(400, "GET", "/Users?count=1&"+filter(`groups.value eq "g1"`)+"&cursor="+url.QueryEscape(forged), nil)
	// The mode is chosen by the key alone.
	for _, query := range []string{"?cursor", "?cursor=", "?count=100&cursor"} {
		if got := c.want(200, "GET", "/Users"+query, nil); got.body["nextCursor"] != nil || got.body["totalResults"] != nil || len(got.resources()) != 3 {
			t.Errorf("%s: %s", query, got.raw)
		}
	}
}
