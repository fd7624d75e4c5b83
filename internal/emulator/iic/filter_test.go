package iic_test

import (
	"fmt"
	"slices"
	"testing"

	"ssosync/internal/emulator/iic"
)

func TestUserFilters(t *testing.T) {
	s := iic.New(iic.Options{})
	mustSeed(t, s, iic.State{
		Users: []iic.User{
			{ID: "u1", UserName: "Ada@example.com", ExternalID: "e1", Enterprise: iic.Enterprise{Manager: "u2"}},
			{ID: "u2", UserName: `b"o\b`, ExternalID: "E2"},
			{ID: "u3", UserName: "no-external-id"},
		},
		Groups: []iic.Group{{ID: "g1", DisplayName: "Crew and Co", Members: []string{"u3", "u1"}}, {ID: "g2", DisplayName: "empty"}},
	})
	c := connect(t, s)
	bad := []string(nil)
	for expr, want := range map[string][]string{
		`userName eq "Ada@example.com"`:         {"Ada@example.com"},
		`USERNAME EQ "ADA@example.com"`:         {"Ada@example.com"},
		` userName  eq  "Ada@example.com" `:     {"Ada@example.com"},
		`userName eq "b\"o\\b"`:                 {`b"o\b`},
		`userName eq "\u0062\"o\\b"`:            {`b"o\b`},
		`userName eq "nobody"`:                  {},
		`externalId eq "e1"`:                    {"Ada@example.com"},
		`externalId eq "E1"`:                    {},
		`externalId eq ""`:                      {},
		`id eq "u2"`:                            {`b"o\b`},
		`id eq "u9"`:                            {},
		`id eq "u1" and manager eq "u2"`:        {"Ada@example.com"},
		`manager eq "u2" and id eq "u1"`:        {"Ada@example.com"},
		`manager eq "u3" and id eq "u1"`:        {},
		`manager eq "" and id eq "u2"`:          {},
		`groups.value eq "g1"`:                  {"Ada@example.com", "no-external-id"},
		`groups.value eq "g2"`:                  {},
		`groups.value eq "g9"`:                  {},
		`manager eq "u2"`:                       bad,
		`emails.value eq "x"`:                   bad,
		`displayName eq "x"`:                    bad,
		`userName ne "x"`:                       bad,
		`userName co "x"`:                       bad,
		`userName eq x`:                         bad,
		`userName eq 'x'`:                       bad,
		`userName eq "x`:                        bad,
		`userName eq "x" or userName eq "y"`:    bad,
		`userName eq "x" and externalId eq "y"`: bad,
		`userName eq "x" and`:                   bad,
		`userName eq "\x"`:                      bad,
		`(userName eq "x")`:                     bad,
		`userName pr`:                           bad,
		`not userName eq "x"`:                   bad,
		` `:                                     bad,
	} {
		for _, mode := range []string{"", "cursor&"} {
			got := c.do("GET", "/Users?"+mode+filter(expr), nil)
			if want == nil {
				if got.status != 400 {
					t.Errorf("%s: %d", expr, got.status)
				}
				continue
			}
			if got.status != 200 || !slices.Equal(got.names("userName"), want) {
				t.Errorf("%s: %d %v, want %v", expr, got.status, got.names("userName"), want)
			}
			_, plain := got.body["totalResults"]
			if plain != (mode == "") || got.body["itemsPerPage"] != float64(len(want)) || got.body["Resources"] == nil {
				t.Errorf("%s: envelope %s", expr, got.raw)
			}
		}
	}
	c.want(400, "GET", "/Users?filter=", nil)
	c.want(400, "GET", "/Users?filter=%zz", nil)
}

func TestGroupFilters(t *testing.T) {
	s := iic.New(iic.Options{})
	mustSeed(t, s, iic.State{
		Users:  []iic.User{{ID: "u1", UserName: "ada"}, {ID: "u2", UserName: "bob"}},
		Groups: []iic.Group{{ID: "g1", DisplayName: "Crew and Co", ExternalID: "e1", Members: []string{"u1"}}, {ID: "g2", DisplayName: "all", Members: []string{"u1"}}},
	})
	c := connect(t, s)
	for expr, want := range map[string]struct {
		status int
		names  []string
	}{
		`displayName eq "Crew and Co"`:    {200, []string{"Crew and Co"}},
		`displayName eq "crew AND co"`:    {200, []string{"Crew and Co"}},
		`displayName eq "x"`:              {200, []string{}},
		`externalId eq "e1"`:              {200, []string{"Crew and Co"}},
		`id eq "g2"`:                      {200, []string{"all"}},
		`members.value eq "u1"`:           {200, []string{"Crew and Co", "all"}},
		`members.value eq "u2"`:           {200, []string{}},
		`members.value eq "u9"`:           {404, nil},
		`id eq "g1" and members eq "u1"`:  {200, []string{"Crew and Co"}},
		`members eq "u1" and id eq "g1"`:  {200, []string{"Crew and Co"}},
		`id eq "g1" and member eq "u1"`:   {200, []string{"Crew and Co"}},
		`id eq "g1" and members eq "u2"`:  {200, []string{}},
		`id eq "g9" and members eq "u1"`:  {200, []string{}},
		`id eq "g1" and members eq "u9"`:  {404, nil},
		`members eq "u1"`:                 {400, nil},
		`userName eq "u1"`:                {400, nil},
		`groups.value eq "g1"`:            {400, nil},
		`displayName eq "a" and id eq ""`: {400, nil},
	} {
		got := c.do("GET", "/Groups?"+filter(expr), nil)
		if got.status != want.status || (want.names != nil && !slices.Equal(got.names("displayName"), want.names)) {
			t.Errorf("%s: %d %v, want %v", expr, got.status, got.names("displayName"), want)
		}
		for _, g := range got.resources() {
			if m, ok := g["members"].([]any); !ok || len(m) != 0 {
				t.Errorf("%s shows members: %v", expr, g)
			}
		}
	}
}

// Without a cursor a list is cut where nobody can see it.
func TestSilentTruncation(t *testing.T) {
	s := iic.New(iic.Options{})
	var st iic.State
	for i := range 130 {
		st.Users = append(st.Users, iic.User{UserName: fmt.Sprint("u", i)})
		st.Groups = append(st.Groups, iic.Group{DisplayName: fmt.Sprint("g", i)})
	}
	mustSeed(t, s, st)
	c := connect(t, s)
	for _, path := range []string{"/Users", "/Groups"} {
		for query, n := range map[string]int{"": 100, "?count=7": 7, "?count=100": 100, "?count=1": 1} {
			got := c.want(200, "GET", path+query, nil)
			if len(got.resources()) != n || got.body["totalResults"] != float64(n) || got.body["itemsPerPage"] != float64(n) || got.body["startIndex"] != 1.0 {
				t.Errorf("%s%s: %d resources, totalResults %v", path, query, len(got.resources()), got.body["totalResults"])
			}
		}
		for _, count := range []string{"0", "101", "-1", "x", ""} {
			c.want(400, "GET", path+"?count="+count, nil)
		}
	}
}
