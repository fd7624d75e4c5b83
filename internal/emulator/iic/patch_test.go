package iic_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/emulator/iic"
)

const enterpriseURN = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

func TestPatchUser(t *testing.T) {
	tests := []struct {
		name string
		ops  obj
		want func(u *iic.User) // nil: refused with 400
	}{
		{"scalar", patch("replace", "title", "T"), func(u *iic.User) { u.Title = "T" }},
		{"capitalised op", patch("Replace", "title", "T"), func(u *iic.User) { u.Title = "T" }},
		{"path without case", patch("add", "DISPLAYNAME", "T"), func(u *iic.User) { u.DisplayName = "T" }},
		{"core URN before the attribute", patch("add", "urn:ietf:params:scim:schemas:core:2.0:User:title", "T"), func(u *iic.User) { u.Title = "T" }},
		{"profileUrl", patch("add", "profileUrl", "https://x.example.com"), func(u *iic.User) { u.ProfileURL = "https://x.example.com" }},
		{"remove", patch("remove", "nickName", nil), func(u *iic.User) { u.NickName = "" }},
		{"remove what is not there", patch("remove", "title", nil), func(*iic.User) {}},
		{"active as a string", patch("replace", "active", "false"), func(u *iic.User) { u.Active = false }},
		{"active as a boolean", patch("replace", "active", false), func(u *iic.User) { u.Active = false }},
		{"dotted name", patch("replace", "name.givenName", "N"), func(u *iic.User) { u.Name.GivenName = "N" }},
		{"name as an object", patch("replace", "name", obj{"familyName": "N"}), func(u *iic.User) { u.Name.FamilyName = "N" }},
		{"remove a part of the name", patch("remove", "name.middleName", nil), func(u *iic.User) { u.Name.MiddleName = "" }},
		{"no path", patch("replace", nil, obj{"title": "T", "locale": "L"}), func(u *iic.User) { u.Title, u.Locale = "T", "L" }},
		{"filtered e-mail address", patch("replace", `emails[type eq "work"].value`, "n@example.com"), func(u *iic.User) { u.Emails[0].Value = "n@example.com" }},
		{"filtered object", patch("replace", `emails[type eq "work"]`, obj{"value": "n@example.com"}), func(u *iic.User) { u.Emails[0].Value = "n@example.com" }},
		{"all e-mail addresses", patch("replace", "emails", []obj{{"value": "n", "type": "home", "primary": true}}), func(u *iic.User) {
			u.Emails = []iic.Email{{Value: "n", Type: "home", Primary: true}}
		}},
		{"add the e-mail address that is there", patch("add", "emails", []obj{{"value": "ada@example.com", "type": "work", "primary": true}}), func(*iic.User) {}},
		{"remove e-mail addresses", patch("remove", "emails", nil), func(u *iic.User) { u.Emails = []iic.Email{} }},
		{"remove by filter", patch("remove", `emails[type eq "work"]`, nil), func(u *iic.User) { u.Emails = []iic.Email{} }},
		{"remove a part by filter", patch("remove", `emails[primary eq "x"].type`, nil), nil},
		{"add a phone number by filter", patch("add", `phoneNumbers[type eq "work"].value`, "1"), func(u *iic.User) {
			u.PhoneNumbers = []iic.Phone{{Value: "1", Type: "work", Primary: new(true)}}
		}},
		{"add an address", patch("add", "addresses", []obj{{"locality": "X", "type": "work"}}), func(u *iic.User) {
			u.Addresses = []iic.Address{{Locality: "X", Type: "work"}}
		}},
		{"extension attribute", patch("replace", enterpriseURN+":department", "D"), func(u *iic.User) { u.Enterprise.Department = "D" }},
		{"extension object", patch("replace", enterpriseURN, obj{"costCenter": "C"}), func(u *iic.User) { u.Enterprise.CostCenter = "C" }},
		{"manager as an object", patch("add", enterpriseURN+":manager", obj{"value": "m"}), func(u *iic.User) { u.Enterprise.Manager = "m" }},
		{"manager as an id", patch("add", enterpriseURN+":manager", "m"), func(u *iic.User) { u.Enterprise.Manager = "m" }},
		{"manager.value", patch("add", enterpriseURN+":manager.value", "m"), func(u *iic.User) { u.Enterprise.Manager = "m" }},
		{"remove manager", patch("remove", enterpriseURN+":manager", nil), func(u *iic.User) { u.Enterprise.Manager = "" }},
		{"remove extension", patch("remove", enterpriseURN, nil), func(u *iic.User) { u.Enterprise = iic.Enterprise{} }},
		{"several", patch("replace", "title", "T", "replace", "active", false, "remove", "nickName", nil), func(u *iic.User) {
			u.Title, u.Active, u.NickName = "T", false, ""
		}},

		{"none", obj{"Operations": []obj{}}, nil},
		{"other schema", obj{"schemas": []string{"urn:x"}, "Operations": []obj{{"op": "replace", "path": "title", "value": "T"}}}, nil},
		{"no op", patch("", "title", "T"), nil},
		{"unknown op", patch("move", "title", "T"), nil},
		{"no value", patch("replace", "title", nil), nil},
		{"empty value", patch("replace", "title", ""), nil},
		{"remove without a path", patch("remove", nil, nil), nil},
		{"no path and no object", patch("replace", nil, "T"), nil},
		{"remove userName", patch("remove", "userName", nil), nil},
		{"remove active", patch("remove", "active", nil), nil},
		{"remove a required attribute", patch("remove", "displayName", nil), nil},
		{"remove the name", patch("remove", "name", nil), nil},
		{"two operations on userName", patch("replace", "userName", "a", "replace", "userName", "b"), nil},
		{"two operations on active", patch("replace", "active", true, "replace", nil, obj{"active": false}), nil},
		{"roles", patch("replace", "roles", []obj{{"value": "r"}}), nil},
		{"groups", patch("add", "groups", []obj{}), nil},
		{"id", patch("replace", "id", "x"), nil},
		{"unknown attribute", patch("replace", "shoe", "x"), nil},
		{"unknown extension attribute", patch("replace", enterpriseURN+":shoe", "x"), nil},
		{"dotted URN", patch("replace", enterpriseURN+".department", "x"), nil},
		{"two e-mail addresses", patch("add", "emails", []obj{{"value": "n", "primary": true}}), nil},
		{"e-mail address no longer primary", patch("replace", `emails[type eq "work"].primary`, false), nil},
		{"filter that selects nothing", patch("replace", `emails[type eq "home"].value`, "n"), nil},
		{"add where the filter selects nothing", patch("add", `emails[type eq "home"].value`, "n"), nil},
		{"filter with another operator", patch("replace", `emails[type co "work"].value`, "n"), nil},
		{"filter on what is no list", patch("replace", `name[type eq "work"].givenName`, "n"), nil},
		{"emails.value", patch("replace", "emails.value", "n"), nil},
		{"malformed path", patch("replace", "name..givenName", "n"), nil},
		{"second operation is bad", patch("replace", "title", "T", "replace", "shoe", "x"), nil},
		{"space in userName", patch("replace", "userName", "a b"), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := iic.New(iic.Options{})
			before := iic.Person("ada@example.com", "Ada", "Lovelace", "1")
			before.NickName, before.Name.MiddleName = "A", "King"
			before.Enterprise = iic.Enterprise{Department: "math", Manager: "boss"}
			mustSeed(t, s, iic.State{Users: []iic.User{before}})
			c := connect(t, s)
			want, _ := s.State().User("ada@example.com")
			got := c.do("PATCH", "/Users/"+want.ID, tt.ops)
			switch {
			case tt.want == nil && got.status != 400:
				t.Errorf("status %d: %s", got.status, got.raw)
			case tt.want != nil:
				tt.want(&want)
				want.Revision++
				want.UpdatedBy = "SCIM"
				if got.status != 200 || got.body["userName"] != want.UserName {
					t.Errorf("status %d: %s; %s", got.status, got.raw, c.last())
				}
			}
			have := s.State().Users[0]
			want.UpdatedAt = have.UpdatedAt
			if diff := cmp.Diff(want, have); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A user that came in another way may lack what provisioning requires; touching something else does not bring that up.
func TestPatchOfAnOldUser(t *testing.T) {
	c := start(t, iic.Options{})
	mustSeed(t, c.server, iic.State{Users: []iic.User{{ID: "u", UserName: "old one", Active: true, Emails: []iic.Email{{Value: "a"}, {Value: "b"}}}}})
	c.want(400, "PATCH", "/Users/u", patch("replace", "title", "T")) // two e-mail addresses never pass
	mustSeed(t, c.server, iic.State{Users: []iic.User{{ID: "u", UserName: "old one", Active: true, Emails: []iic.Email{{Value: "a"}}}}})
	if got := c.want(200, "PATCH", "/Users/u", patch("replace", "active", false)); got.body["active"] != false || got.body["userName"] != "old one" {
		t.Errorf("%s", got.raw)
	}
	if got := c.want(200, "GET", "/Users/u", nil); got.body["emails"] == nil {
		t.Errorf("%s", got.raw)
	}
	c.want(200, "PATCH", "/Users/u", patch("remove", "emails", nil))
	if got := c.want(200, "GET", "/Users/u", nil); len(got.body["emails"].([]any)) != 0 {
		t.Errorf("a user without an address has the empty list: %s", got.raw)
	}
}

func TestPut(t *testing.T) {
	now := at("2026-01-01T00:00:00Z")
	c := start(t, iic.Options{Clock: func() time.Time { return now }})
	id := c.addUser("ada@example.com", "externalId", "1", "title", "T")
	first := c.want(200, "GET", "/Users/"+id, nil)
	now = now.Add(time.Hour)
	got := c.want(201, "PUT", "/Users/"+id, user("ada2@example.com", "id", id, "nickName", "N"))
	if got.id() != id || got.body["title"] != nil || got.body["externalId"] != nil || got.body["nickName"] != "N" || got.body["active"] != true {
		t.Errorf("%s", got.raw)
	}
	if m := got.body["meta"].(map[string]any); m["created"] != first.body["meta"].(map[string]any)["created"] || m["lastModified"] != "2026-01-01T01:00:00Z" {
		t.Errorf("%s", got.raw)
	}
	c.want(400, "PUT", "/Users/"+id, user("ada2@example.com", "id", "other"))
	c.want(400, "PUT", "/Users/"+id, obj{"userName": "ada2@example.com"})
	c.want(400, "PUT", "/Users/"+id, user("ada2@example.com", "displayName", ""))
}

func TestPatchGroup(t *testing.T) {
	tests := []struct {
		name    string
		ops     obj
		display string
		members []string
		status  int
	}{
		{"rename", patch("replace", "displayName", "new"), "new", []string{"a", "b"}, 204},
		{"rename to its own name in another case", patch("replace", "displayName", "CREW"), "CREW", []string{"a", "b"}, 204},
		{"rename to a taken name", patch("replace", "displayName", "OTHER"), "crew", []string{"a", "b"}, 409},
		{"rename and external id", patch("replace", "displayName", "new", "replace", "externalId", "e9"), "new", []string{"a", "b"}, 204},
		{"add", patch("add", "members", members("c")), "crew", []string{"a", "b", "c"}, 204},
		{"add one object", patch("add", "members", obj{"value": "c"}), "crew", []string{"a", "b", "c"}, 204},
		{"remove", patch("remove", "members", members("a")), "crew", []string{"b"}, 204},
		{"remove every one by name", patch("remove", "members", members("a", "b")), "crew", nil, 204},
		{"add and remove", patch("add", "members", members("c"), "remove", "members", members("a")), "crew", []string{"b", "c"}, 204},
		{"add and take back", patch("add", "members", members("c"), "remove", "members", members("c")), "crew", []string{"a", "b"}, 204},
		{"add who is there", patch("add", "members", members("a", "c")), "crew", []string{"a", "b", "c"}, 204},
		{"remove who is not", patch("remove", "members", members("c", "a")), "crew", []string{"b"}, 204},
		{"unknown member, nothing is done", patch("add", "members", members("c", "x")), "crew", []string{"a", "b"}, 404},
		{"remove an unknown user", patch("remove", "members", members("x")), "crew", []string{"a", "b"}, 404},
		{"second operation fails, nothing is done", patch("replace", "displayName", "new", "add", "members", members("x")), "crew", []string{"a", "b"}, 404},
		{"remove externalId", patch("remove", "externalId", nil), "crew", []string{"a", "b"}, 204},
		{"externalId that it has", patch("replace", "externalId", "E1"), "crew", []string{"a", "b"}, 204},
		{"externalId of another", patch("replace", "externalId", "E2"), "crew", []string{"a", "b"}, 409},
		{"replace members", patch("replace", "members", members("c")), "crew", []string{"a", "b"}, 400},
		{"remove all", patch("remove", "members", nil), "crew", []string{"a", "b"}, 400},
		{"no path", patch("replace", nil, obj{"displayName": "new"}), "crew", []string{"a", "b"}, 400},
		{"path of one member", patch("remove", `members[value eq "a"]`, nil), "crew", []string{"a", "b"}, 400},
		{"no value", patch("add", "members", nil), "crew", []string{"a", "b"}, 400},
		{"no name", patch("replace", "displayName", nil), "crew", []string{"a", "b"}, 400},
		{"empty name", patch("replace", "displayName", ""), "crew", []string{"a", "b"}, 400},
		{"reserved name", patch("replace", "displayName", "Administrator"), "crew", []string{"a", "b"}, 400},
		{"remove the name", patch("remove", "displayName", nil), "crew", []string{"a", "b"}, 400},
		{"description", patch("replace", "description", "d"), "crew", []string{"a", "b"}, 400},
		{"string members", patch("add", "members", []string{"c"}), "crew", []string{"a", "b"}, 400},
		{"bad external id", patch("replace", "externalId", "a b"), "crew", []string{"a", "b"}, 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := start(t, iic.Options{})
			mustSeed(t, c.server, iic.State{
				Users:  []iic.User{{ID: "a", UserName: "a"}, {ID: "b", UserName: "b"}, {ID: "c", UserName: "c"}},
				Groups: []iic.Group{{ID: "g", DisplayName: "crew", ExternalID: "e1", Members: []string{"a", "b"}}, {ID: "h", DisplayName: "other", ExternalID: "e2"}},
			})
			got := c.do("PATCH", "/Groups/g", tt.ops)
			if got.status != tt.status || (got.status == 204 && got.raw != "") {
				t.Errorf("status %d: %s", got.status, got.raw)
			}
			if diff := cmp.Diff(tt.members, c.members(tt.display)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
