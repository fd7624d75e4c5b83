package iic_test

import (
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/emulator/iic"
)

// Every operation on a store looks at the store first, and at what it names next.
func TestIdentityStoreInputs(t *testing.T) {
	c := start(t, iic.Options{})
	mustSeed(t, c.server, switchState())
	user, group := obj{"UserId": "nobody"}, obj{"GroupId": "nothing"}
	member := obj{"MemberId": obj{"UserId": "nobody"}}
	both := obj{"GroupId": "crew", "MemberId": obj{"UserId": "nobody"}}
	for op, unknown := range map[string]obj{
		"DescribeUser": user, "UpdateUser": user, "DeleteUser": user, "DescribeGroup": group, "UpdateGroup": group, "DeleteGroup": group,
		"ListGroupMemberships": group, "ListGroupMembershipsForMember": member, "IsMemberInGroups": {"GroupIds": []string{"crew"}, "MemberId": obj{"UserId": "nobody"}},
		"CreateGroupMembership": both, "GetGroupMembershipId": both, "DescribeGroupMembership": {"MembershipId": "x"}, "DeleteGroupMembership": {"MembershipId": "x"},
		"GetUserId":  {"AlternateIdentifier": obj{"UniqueAttribute": obj{"AttributePath": "userName", "AttributeValue": "nobody"}}},
		"GetGroupId": {"AlternateIdentifier": obj{"UniqueAttribute": obj{"AttributePath": "displayName", "AttributeValue": "nothing"}}},
		"ListUsers":  nil, "ListGroups": nil, "CreateUser": nil, "CreateGroup": nil, "DescribeIdentityStore": nil, "UpdateIdentityStore": nil,
	} {
		in := obj{}
		maps.Copy(in, unknown)
		in["IdentityStoreId"] = "d-0000000000"
		if got := c.identityStore(op, in); got.body["ResourceType"] != "IDENTITY_STORE" || got.body["__type"] != "ResourceNotFoundException" {
			t.Errorf("%s of another store: %s", op, got.raw)
		}
		in["IdentityStoreId"] = ""
		if got := c.identityStore(op, in); got.body["__type"] != "ValidationException" {
			t.Errorf("%s of no store: %s", op, got.raw)
		}
		if unknown == nil {
			continue
		}
		in["IdentityStoreId"] = "arn:aws:identitystore::111122223333:identitystore/d-1234567890"
		if got := c.identityStore(op, in); got.body["__type"] != "ResourceNotFoundException" || got.body["ResourceType"] == "IDENTITY_STORE" {
			t.Errorf("%s of nothing: %s", op, got.raw)
		}
	}
	for _, op := range []string{"DescribeUser", "DescribeGroup", "ListGroupMembershipsForMember", "ListGroupMemberships", "IsMemberInGroups"} {
		if got := c.identityStore(op, obj{}); got.body["__type"] != "ValidationException" {
			t.Errorf("%s without an id: %s", op, got.raw)
		}
	}
	for _, op := range []string{"ListUsers", "ListGroups", "ListGroupMemberships", "ListGroupMembershipsForMember", "ListIdentityStores"} {
		for _, n := range []int{0, 101} {
			in := obj{"MaxResults": n, "GroupId": "crew", "MemberId": obj{"UserId": "ada"}}
			if got := c.identityStore(op, in); got.body["__type"] != "ValidationException" {
				t.Errorf("%s with MaxResults %d: %s", op, n, got.raw)
			}
		}
	}
	if got := c.identityStore("IsMemberInGroups", obj{"MemberId": obj{"UserId": "ada"}, "GroupIds": []string{"crew", "nothing"}}); got.body["ResourceType"] != "GROUP" {
		t.Errorf("one unknown group: %s", got.raw)
	}
	for _, in := range []obj{{}, {"DisplayName": ""}, {"DisplayName": "Administrator"}, {"DisplayName": "new", "Description": ""}} {
		if got := c.identityStore("CreateGroup", in); got.body["__type"] != "ValidationException" {
			t.Errorf("CreateGroup %v: %s", in, got.raw)
		}
	}
	if got := c.identityStore("DescribeUser", obj{"UserId": "ada", "Extensions": []string{"x"}}); got.body["__type"] != "ValidationException" {
		t.Errorf("unknown extension: %s", got.raw)
	}
}

func TestIdentityStoreUpdateUser(t *testing.T) {
	extension := "aws:identitystore:enterprise"
	tests := []struct {
		path  string
		value any // nil: remove
		want  func(*iic.User)
	}{
		{"title", nil, func(u *iic.User) { u.Title = "" }},
		{"Title", "x", func(u *iic.User) { u.Title = "x" }},
		{"name.middleName", nil, func(u *iic.User) { u.Name.MiddleName = "" }},
		{"emails", nil, func(u *iic.User) { u.Emails = nil }},
		{"addresses", nil, func(u *iic.User) { u.Addresses = nil }},
		{"phoneNumbers", nil, func(u *iic.User) { u.PhoneNumbers = nil }},
		{"roles", nil, func(u *iic.User) { u.Roles = nil }},
		{"roles", []obj{{"Value": "r", "Type": "work", "Primary": true}}, func(u *iic.User) { u.Roles = []iic.Role{{Value: "r", Type: "work", Primary: new(true)}} }},
		{"photos", nil, func(u *iic.User) { u.Photos = nil }},
		{"photos", []obj{{"Value": "https://p.example.com"}}, func(u *iic.User) { u.Photos = []iic.Photo{{Value: "https://p.example.com"}} }},
		{"website", nil, func(u *iic.User) { u.Website = "" }},
		{"birthdate", nil, func(u *iic.User) { u.Birthdate = "" }},
		{"birthdate", "2000-01-01", func(u *iic.User) { u.Birthdate = "2000-01-01" }},
		{extension, nil, func(u *iic.User) { u.Enterprise = iic.Enterprise{} }},
		{extension, obj{"costCenter": "1"}, func(u *iic.User) { u.Enterprise.CostCenter = "1" }},
		{extension + ".department", nil, func(u *iic.User) { u.Enterprise.Department = "" }},
		{extension + ".manager", obj{"value": "m"}, func(u *iic.User) { u.Enterprise.Manager = "m" }},
		{extension + ".manager", nil, func(u *iic.User) { u.Enterprise.Manager = "" }},
		{"userStatus", "DISABLED", func(u *iic.User) { u.Active = false }},
		{"userStatus", "ENABLED", func(*iic.User) {}},
		{"externalIds", nil, func(u *iic.User) { u.ExternalID = "" }},
		{"externalIds", []obj{}, func(u *iic.User) { u.ExternalID = "" }},
		{"externalIds", []obj{{"Issuer": "https://scim.aws.com/11111111111-2222-3333-4444-555555555555", "Id": "new"}}, func(u *iic.User) { u.ExternalID = "new" }},

		{"website", 1, nil},
		{"userStatus", "ASLEEP", nil},
		{"userStatus", nil, nil},
		{"externalIds", []obj{{"Id": "x"}}, nil},
		{"externalIds", []obj{{"Id": "x", "Issuer": "i"}, {"Id": "y", "Issuer": "j"}}, nil},
		{"photos", "x", nil},
		{"shoe", nil, nil},
		{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", obj{}, nil},
		{extension + ".shoe", "x", nil},
	}
	for _, tt := range tests {
		c := start(t, iic.Options{Switches: iic.Switches{WritableStatus: true, WritableExternal: true}})
		u := iic.Person("ada", "Ada", "L", "1")
		u.ID, u.Title, u.Name.MiddleName, u.Website, u.Birthdate = "ada", "T", "K", "w", "b"
		u.Addresses, u.PhoneNumbers, u.Roles, u.Photos = []iic.Address{{Locality: "x"}}, []iic.Phone{{Value: "1"}}, []iic.Role{{Value: "r"}}, []iic.Photo{{Value: "p"}}
		u.Enterprise = iic.Enterprise{Department: "D", Manager: "M"}
		mustSeed(t, c.server, iic.State{Users: []iic.User{u}})
		want := c.server.State().Users[0]
		op := obj{"AttributePath": tt.path}
		if tt.value != nil {
			op["AttributeValue"] = tt.value
		}
		got := c.identityStore("UpdateUser", obj{"UserId": "arn:aws:identitystore:::user/ada", "Operations": []obj{op}})
		have := c.server.State().Users[0]
		if tt.want == nil {
			if got.body["__type"] != "ValidationException" {
				t.Errorf("%s = %v: %s", tt.path, tt.value, got.raw)
			}
		} else {
			tt.want(&want)
			want.Revision, want.UpdatedAt, want.UpdatedBy = 2, have.UpdatedAt, "AKIDEXAMPLE"
			if got.status != 200 || got.body["Revision"] != "2" {
				t.Errorf("%s = %v: %s", tt.path, tt.value, got.raw)
			}
		}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("%s = %v: %s", tt.path, tt.value, diff)
		}
	}
	c := start(t, iic.Options{})
	c.identityStore("CreateUser", obj{
		"UserName": "x", "DisplayName": "X", "Name": obj{"GivenName": "G", "FamilyName": "F"}, "UserStatus": "DISABLED", "ExternalIds": []obj{{"Issuer": "i", "Id": "1"}},
		"Website": "w", "Extensions": obj{extension: obj{"department": "D"}},
	})
	if u, _ := c.server.State().User("x"); !u.Active || u.ExternalID != "" || u.Enterprise.Department != "D" || u.Website != "w" || u.CreatedBy != "AKIDEXAMPLE" {
		t.Errorf("%+v", u)
	}
	if got := c.identityStore("CreateUser", obj{"UserName": "y", "Extensions": obj{"x": obj{}}}); got.body["__type"] != "ValidationException" {
		t.Errorf("unknown extension: %s", got.raw)
	}
}

// What SCIM overwrites is SCIM's: the rest of the user stays, and an external id that SCIM changes becomes its own.
func TestTwoWriters(t *testing.T) {
	c := start(t, iic.Options{})
	u := iic.Person("ada", "Ada", "L", "1")
	u.ID, u.Website, u.Issuer = "ada", "w", "https://idp.example.com"
	mustSeed(t, c.server, iic.State{Users: []iic.User{u}, Groups: []iic.Group{{ID: "g", DisplayName: "g", ExternalID: "1", Issuer: "https://idp.example.com", Description: "d"}}})
	issuer := func() (string, string) {
		st := c.server.State()
		return st.Users[0].Issuer, st.Groups[0].Issuer
	}
	c.want(200, "PATCH", "/Users/ada", patch("replace", "title", "T"))
	c.want(204, "PATCH", "/Groups/g", patch("replace", "displayName", "h"))
	if a, b := issuer(); a != "https://idp.example.com" || b != a {
		t.Errorf("issuers %q %q", a, b)
	}
	c.want(201, "PUT", "/Users/ada", user("ada", "externalId", "2"))
	c.want(204, "PATCH", "/Groups/g", patch("replace", "externalId", "2"))
	if a, b := issuer(); a != "" || b != "" {
		t.Errorf("issuers %q %q", a, b)
	}
	if st := c.server.State(); st.Users[0].Website != "w" || st.Groups[0].Description != "d" {
		t.Errorf("%+v", st)
	}
}
