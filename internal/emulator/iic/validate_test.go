package iic_test

import (
	"strings"
	"testing"

	"ssosync/internal/emulator/iic"
)

// last is the specific text of the last write, which CloudTrail would show.
func (c *scim) last() string {
	j := c.server.Journal()
	return j[len(j)-1].Detail
}

const generic = "Request is unparsable, syntactically incorrect, or violates schema."

func TestUserConstraints(t *testing.T) {
	without := func(key string) obj {
		u := user("x@example.com")
		delete(u, key)
		return u
	}
	name := func(given, family string) obj { return obj{"givenName": given, "familyName": family} }
	const pattern = `Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r ]+`
	const ext = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	tests := []struct {
		name   string
		body   any
		detail string // empty: accepted
	}{
		{"plain", user("x@example.com"), ""},
		{"no e-mail address", without("emails"), ""},
		{"null is absent", user("x", "title", nil), ""},
		{"schemas, id and meta are not read", user("x", "schemas", []string{"urn:x"}, "id", "1", "meta", obj{}), ""},
		{"keys without case", obj{"USERNAME": "x", "displayname": "X", "Name": obj{"GIVENNAME": "G", "familyname": "F"}}, ""},
		{"active as a string", user("x", "active", "True"), ""},
		{"longest userName", user(strings.Repeat("é", 128)), ""},
		{"longest externalId", user("x", "externalId", strings.Repeat("1", 256)), ""},
		{"longest displayName", user("x", "displayName", strings.Repeat("1", 1024)), ""},
		{"odd spaces in a name", user("x", "displayName", "a\u00a0b\u3000c\td\ne\rf g"), ""},
		{"manager with a reference", user("x", ext, obj{"manager": obj{"value": "m", "$ref": "../Users/m"}}), ""},

		{"not JSON", "{", "Invalid JSON from RequestBody"},
		{"not an object", "[]", "Invalid JSON from RequestBody"},
		{"nothing", "", "Invalid JSON from RequestBody"},
		{"no userName", without("userName"), "1 validation error detected: Value at 'userName' failed to satisfy constraint: Member must not be null"},
		{"no displayName", without("displayName"), "1 validation error detected: Value at 'displayName' failed to satisfy constraint: Member must not be null"},
		{
			"no name", without("name"),
			"2 validation errors detected: Value at 'name.givenName' failed to satisfy constraint: Member must not be null; Value at 'name.familyName' failed to satisfy constraint: Member must not be null",
		},
		{
			"empty given name", user("x", "name", name("", "F")),
			"2 validation errors detected: Value at 'name.givenName' failed to satisfy constraint: " + pattern + "; Value at 'name.givenName' failed to satisfy constraint: Member must have length greater than or equal to 1",
		},
		{
			"empty manager", user("x", ext, obj{"manager": obj{"value": ""}}),
			"2 validation errors detected: Value at '" + ext + ".manager.value' failed to satisfy constraint: " + pattern + "; Value at '" + ext + ".manager.value' failed to satisfy constraint: Member must have length greater than or equal to 1",
		},
		{"space in userName", user("a b"), `1 validation error detected: Value at 'userName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\p{L}\p{M}\p{S}\p{N}\p{P}]+`},
		{"long userName", user(strings.Repeat("x", 129)), "1 validation error detected: Value at 'userName' failed to satisfy constraint: Member must have length less than or equal to 128"},
		{"long externalId", user("x", "externalId", strings.Repeat("1", 257)), "1 validation error detected: Value at 'externalId' failed to satisfy constraint: Member must have length less than or equal to 256"},
		{"long title", user("x", "title", strings.Repeat("1", 1025)), "1 validation error detected: Value at 'title' failed to satisfy constraint: Member must have length less than or equal to 1024"},
		{"zero-width joiner", user("x", "displayName", "👩\u200d💻"), "1 validation error detected: Value at 'displayName' failed to satisfy constraint: " + pattern},
		{"control character", user("x", "title", "a\x00"), "1 validation error detected: Value at 'title' failed to satisfy constraint: " + pattern},
		{"reserved name", user("administrator"), "'administrator' is a reserved name"},
		{"other reserved name", user("AWSAdministrators"), "'AWSAdministrators' is a reserved name"},
		{"two e-mail addresses", user("x", "emails", []obj{{"value": "a", "primary": true}, {"value": "b"}}), "List attribute emails exceeds allowed limit of 1"},
		{"two addresses", user("x", "addresses", []obj{{"locality": "a"}, {"locality": "b"}}), "List attribute addresses allowed limit of 1"},
		{"two phone numbers", user("x", "phoneNumbers", []obj{{"value": "1"}, {"value": "2"}}), "List attribute phoneNumbers exceeds allowed limit of 1"},
		{"two roles", user("x", "roles", []obj{{"value": "1"}, {"value": "2"}}), "List attribute roles exceeds allowed limit of 1"},
		{"e-mail address not primary", user("x", "emails", []obj{{"value": "a", "type": "work"}}), "emails must be marked as primary"},
		{"e-mail address without value", user("x", "emails", []obj{{"type": "work", "primary": true}}), "1 validation error detected: Value at 'emails.value' failed to satisfy constraint: Member must not be null"},
		{"groups", user("x", "groups", []obj{}), "unsupported attribute 'groups'"},
		{"password", user("x", "password", "p"), "unsupported attribute 'password'"},
		{"photos", user("x", "photos", []obj{}), "unsupported attribute 'photos'"},
		{"manager's displayName", user("x", ext, obj{"manager": obj{"displayName": "M"}}), "unsupported attribute '" + ext + ".manager.displayName'"},
		{"unknown extension attribute", user("x", ext, obj{"shoe": "M"}), "unsupported attribute '" + ext + ".shoe'"},
		{"number for a string", user("x", "title", 1), "Value at 'title' is not a string"},
		{"number for active", user("x", "active", 1), "Value at 'active' is not a boolean"},
		{"string for name", user("x", "name", "n"), "Value at 'name' is not an object"},
		{"object for emails", user("x", "emails", obj{"value": "a"}), "Value at 'emails' is not a list"},
		{"strings for emails", user("x", "emails", []string{"a"}), "Value at 'emails' is not an object"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := start(t, iic.Options{})
			got := c.do("POST", "/Users", tt.body)
			if tt.detail == "" {
				if got.status != 201 {
					t.Errorf("status %d: %s", got.status, c.last())
				}
				return
			}
			if got.status != 400 || got.body["detail"] != generic || c.last() != tt.detail {
				t.Errorf("status %d, body %s\nsaid   %s\nwanted %s", got.status, got.raw, c.last(), tt.detail)
			}
			if n := len(c.server.State().Users); n != 0 {
				t.Errorf("%d users were made", n)
			}
		})
	}
	for _, sub := range []string{"emails", "phoneNumbers", "addresses", "roles"} {
		c := start(t, iic.Options{})
		if got := c.do("POST", "/Users", user("x", sub, []obj{{"value": "v", "primary": true, "display": "d"}})); got.status != 400 {
			t.Errorf("%s with display: %d", sub, got.status)
		}
		if got := c.do("POST", "/Users", user("x", sub, []obj{{"type": "", "primary": true}})); got.status != 400 {
			t.Errorf("%s with an empty type: %d", sub, got.status)
		}
	}
}

func TestGroupConstraints(t *testing.T) {
	tests := []struct {
		name   string
		body   any
		status int
	}{
		{"plain", obj{"displayName": "g"}, 201},
		{"spaces", obj{"displayName": "a b\u00a0c\td"}, 201},
		{"ideographic space", obj{"displayName": "a\u3000b"}, 400},
		{"no name", obj{"externalId": "1"}, 400},
		{"empty name", obj{"displayName": ""}, 400},
		{"number", obj{"displayName": 1}, 400},
		{"long name", obj{"displayName": strings.Repeat("g", 1025)}, 400},
		{"reserved", obj{"displayName": "Administrator"}, 400},
		{"empty externalId", obj{"displayName": "g", "externalId": ""}, 400},
		{"null externalId", obj{"displayName": "g", "externalId": nil, "members": nil}, 201},
		{"space in externalId", obj{"displayName": "g", "externalId": "a b"}, 400},
		{"unknown attribute", obj{"displayName": "g", "description": "d"}, 400},
		{"member without value", obj{"displayName": "g", "members": []obj{{"type": "User"}}}, 400},
		{"group as a member", obj{"displayName": "g", "members": []obj{{"value": "x", "type": "Group"}}}, 400},
		{"unknown member", obj{"displayName": "g", "members": members("x")}, 404},
		{"not JSON", "}", 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := start(t, iic.Options{})
			if got := c.do("POST", "/Groups", tt.body); got.status != tt.status {
				t.Errorf("status %d, want %d: %s", got.status, tt.status, c.last())
			}
			if n := len(c.server.State().Groups); (n == 1) != (tt.status == 201) {
				t.Errorf("%d groups", n)
			}
		})
	}
}

func TestMemberLimits(t *testing.T) {
	c := start(t, iic.Options{})
	var ids []string
	var st iic.State
	for i := range 101 {
		id := "u" + strings.Repeat("x", i)
		ids = append(ids, id)
		st.Users = append(st.Users, iic.User{ID: id, UserName: id})
	}
	mustSeed(t, c.server, st)
	c.want(400, "POST", "/Groups", obj{"displayName": "g", "members": members(ids...)})
	g := c.addGroup("g", ids[:100]...)
	h := c.addGroup("h")
	c.want(400, "PATCH", "/Groups/"+h, patch("add", "members", members(ids...)))
	c.want(400, "PATCH", "/Groups/"+h, patch("add", "members", members(ids[:60]...), "add", "members", members(ids[60:]...)))
	c.want(204, "PATCH", "/Groups/"+h, patch("add", "members", members(ids[:100]...)))
	if a, b := len(c.members("g")), len(c.members("h")); a != 100 || b != 100 {
		t.Errorf("%d and %d members", a, b)
	}
	c.want(400, "PATCH", "/Groups/"+g, patch("remove", "members", []obj{}))
	c.want(400, "PATCH", "/Groups/"+g, patch("add", "members", []obj{}))
	if n := len(c.members("g")); n != 100 {
		t.Errorf("%d members after refused requests", n)
	}
}

func TestUniqueness(t *testing.T) {
	c := start(t, iic.Options{})
	id := c.addUser("ada@example.com", "externalId", "Ext1")
	other := c.addUser("bob@example.com", "externalId", "ext2")
	mail := func(v string) []obj { return []obj{{"value": v, "primary": true}} }
	for _, body := range []obj{
		user("ADA@EXAMPLE.COM", "emails", mail("new@example.com")),
		user("new@example.com", "emails", mail("Ada@example.com")),
		user("new@example.com", "externalId", "EXT1"),
	} {
		if got := c.want(409, "POST", "/Users", body); got.body["detail"] != "Refused to create a new, duplicate resource." {
			t.Errorf("%s", got.raw)
		}
	}
	c.want(409, "PATCH", "/Users/"+other, patch("replace", "userName", "Ada@example.com"))
	c.want(409, "PUT", "/Users/"+other, user("ada@example.com"))
	c.want(200, "PATCH", "/Users/"+id, patch("replace", "userName", "ADA@example.com"))
	// What was given up is free.
	c.want(200, "PATCH", "/Users/"+id, patch("replace", "userName", "eve@example.com", "replace", `emails[type eq "work"].value`, "eve@example.com", "replace", "externalId", "ext3"))
	c.addUser("ada@example.com", "externalId", "ext1")
	c.want(204, "DELETE", "/Users/"+other, nil)
	c.addUser("bob@example.com", "externalId", "ext2")

	c.addGroup("Crew")
	c.want(409, "POST", "/Groups", obj{"displayName": "CREW"})
	if c.last() != "Duplicate GroupDisplayName" {
		t.Errorf("CloudTrail would say %q", c.last())
	}
	c.want(201, "POST", "/Users", user("crew")) // groups and users have names of their own
}

func TestMethodsAndPaths(t *testing.T) {
	c := start(t, iic.Options{})
	id := c.addUser("ada@example.com")
	group := c.addGroup("crew")
	for _, tt := range []struct {
		method, path string
		status       int
	}{
		{"PUT", "/Groups/" + group, 400},
		{"DELETE", "/Users", 400},
		{"POST", "/Users/.search", 400},
		{"POST", "/Users/" + id, 400},
		{"GET", "/Users/", 400},
		{"GET", "/Users/" + id + "/", 400},
		{"GET", "/Users/nobody", 404},
		{"GET", "/Groups/nobody", 404},
		{"PUT", "/Users/nobody", 404},
		{"PATCH", "/Users/nobody", 404},
		{"PATCH", "/Groups/nobody", 404},
		{"DELETE", "/Groups/nobody", 404},
		{"POST", "/Bulk", 404},
		{"GET", "/Me", 404},
		{"POST", "/ServiceProviderConfig", 404},
		{"GET", "/ServiceProviderConfig/x", 404},
		{"GET", "//Users", 401},
		{"GET", "", 401},
	} {
		if got := c.do(tt.method, tt.path, patch("replace", "displayName", "x")); got.status != tt.status {
			t.Errorf("%s %s: %d, want %d", tt.method, tt.path, got.status, tt.status)
		}
	}
}
