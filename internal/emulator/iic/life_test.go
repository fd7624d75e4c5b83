package iic_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/emulator/iic"
)

// The life of a user and a group, as a provisioning client leads it.
func TestLife(t *testing.T) {
	c := start(t, iic.Options{})
	ada := c.addUser("ada@example.com", "externalId", "1")
	bob := c.addUser("bob@example.com", "externalId", "2")
	crew := c.addGroup("crew", ada)
	c.want(204, "PATCH", "/Groups/"+crew, patch("add", "members", members(bob)))
	if got := c.want(200, "GET", "/Users?cursor&"+filter(`groups.value eq "`+crew+`"`), nil).names("userName"); !slices.Contains(got, "bob@example.com") || len(got) != 2 {
		t.Errorf("members %v", got)
	}
	c.want(204, "PATCH", "/Groups/"+crew, patch("remove", "members", members(ada)))
	if got := c.members("crew"); !slices.Equal(got, []string{"bob@example.com"}) {
		t.Errorf("members %v", got)
	}
	if a := c.want(200, "PATCH", "/Users/"+bob, patch("replace", "active", false)); a.body["active"] != false {
		t.Errorf("after deactivation: %s", a.raw)
	}
	c.want(204, "DELETE", "/Users/"+bob, nil)
	c.want(404, "DELETE", "/Users/"+bob, nil)
	if got := c.members("crew"); got != nil {
		t.Errorf("members %v", got)
	}
	c.want(204, "DELETE", "/Groups/"+crew, nil)
	want := map[string]int{"CreateUser": 2, "CreateGroup": 1, "PatchGroup": 2, "ListUsers": 1, "PatchUser": 1, "DeleteUser": 2, "DeleteGroup": 1}
	if diff := cmp.Diff(want, c.server.Calls()); diff != "" {
		t.Error(diff)
	}
	if j := c.server.Journal(); len(j) != 9 || j[7].Status != 404 || j[7].Detail == "" || j[0].Operation != "CreateUser" {
		t.Errorf("journal %+v", j)
	}
}
