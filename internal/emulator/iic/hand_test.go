package iic_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	"github.com/google/go-cmp/cmp"

	"ssosync/internal/emulator/iic"
)

const console = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin/ada"

// trace is what the Identity Store tells about the writers of ada and of crew.
type trace struct {
	UserBy, UserUpdatedBy, UserRevision    string
	GroupBy, GroupUpdatedBy, GroupRevision string
	UserAt, GroupAt                        time.Time
	MembersBy                              []string
}

func (k *sdk) trace(user, group string) (w trace) {
	u := must[*identitystore.DescribeUserOutput](k.T)(k.ids.DescribeUser(k.Context(), &identitystore.DescribeUserInput{IdentityStoreId: k.store, UserId: &user}))
	g := must[*identitystore.DescribeGroupOutput](k.T)(k.ids.DescribeGroup(k.Context(), &identitystore.DescribeGroupInput{IdentityStoreId: k.store, GroupId: &group}))
	ms := must[*identitystore.ListGroupMembershipsOutput](k.T)(k.ids.ListGroupMemberships(k.Context(), &identitystore.ListGroupMembershipsInput{IdentityStoreId: k.store, GroupId: &group}))
	w = trace{*u.CreatedBy, *u.UpdatedBy, *u.Revision, *g.CreatedBy, *g.UpdatedBy, *g.Revision, *u.UpdatedAt, *g.UpdatedAt, nil}
	for _, m := range ms.GroupMemberships {
		w.MembersBy = append(w.MembersBy, *m.CreatedBy)
	}
	return w
}

// Who wrote, and when, is told apart: provisioning, an API caller, and a hand in the console.
func TestWriters(t *testing.T) {
	for _, touch := range []bool{false, true} {
		now := born
		k := official(t, iic.Options{Clock: func() time.Time { return now }, Switches: iic.Switches{TouchOnMembership: touch}})
		c := connect(t, k.server)
		hand := k.server.By(console)
		user, group := c.addUser("ada"), c.addGroup("crew")
		want := trace{"SCIM", "SCIM", "1", "SCIM", "SCIM", "1", born, born, nil}
		member := func(by string) { // a membership has changed, by somebody
			if touch {
				want.GroupAt, want.GroupUpdatedBy = now, by
				want.GroupRevision = string(want.GroupRevision[0] + 1)
			}
		}
		changed := func(by string) { // ada has changed
			want.UserAt, want.UserUpdatedBy = now, by
			want.UserRevision = string(want.UserRevision[0] + 1)
		}
		for _, step := range []struct {
			name string
			do   func()
			then func()
		}{
			{"nothing", func() {}, func() {}},
			{"disabled by hand", func() { check(t, hand.SetActive("ada", false)) }, func() { changed(console) }},
			{"PATCH", func() { c.want(200, "PATCH", "/Users/"+user, patch("replace", "active", true)) }, func() { changed("SCIM") }},
			{"renamed by hand", func() { check(t, hand.RenameUser(user, "ada2")) }, func() { changed(console) }},
			{"API", func() {
				c.identityStore("UpdateUser", obj{"UserId": user, "Operations": []obj{{"AttributePath": "userName", "AttributeValue": "ada"}}})
			}, func() { changed("AKIDEXAMPLE") }},
			{"joined by hand", func() { check(t, hand.AddMember("crew", "ada")) }, func() { want.MembersBy = []string{console}; member(console) }},
			{"joined again by hand", func() { check(t, hand.AddMember(group, user)) }, func() {}},
			{"left by PATCH", func() { c.want(204, "PATCH", "/Groups/"+group, patch("remove", "members", members(user))) }, func() { want.MembersBy = nil; member("SCIM") }},
			{"left again by hand", func() { check(t, hand.RemoveMember("crew", "ada")) }, func() {}},
			{"joined by PATCH", func() { c.want(204, "PATCH", "/Groups/"+group, patch("add", "members", members(user))) }, func() { want.MembersBy = []string{"SCIM"}; member("SCIM") }},
			{"left by hand", func() { check(t, hand.RemoveMember("CREW", "ADA")) }, func() { want.MembersBy = nil; member(console) }},
			{"joined by the API", func() {
				c.identityStore("CreateGroupMembership", obj{"GroupId": group, "MemberId": obj{"UserId": user}})
			}, func() { want.MembersBy = []string{"AKIDEXAMPLE"}; member("AKIDEXAMPLE") }},
			{"group renamed by hand", func() { check(t, hand.RenameGroup("crew", "band")) }, func() {
				want.GroupAt, want.GroupUpdatedBy, want.GroupRevision = now, console, string(want.GroupRevision[0]+1)
			}},
			{"group renamed by PATCH", func() { c.want(204, "PATCH", "/Groups/"+group, patch("replace", "displayName", "crew")) }, func() {
				want.GroupAt, want.GroupUpdatedBy, want.GroupRevision = now, "SCIM", string(want.GroupRevision[0]+1)
			}},
		} {
			now = now.Add(time.Hour)
			step.do()
			step.then()
			if diff := cmp.Diff(want, k.trace(user, group)); diff != "" {
				t.Errorf("touch %v, %s: %s", touch, step.name, diff)
			}
			// SCIM shows the times.
			stamp := func(kind, id string) string {
				return c.want(200, "GET", "/"+kind+"/"+id, nil).body["meta"].(obj)["lastModified"].(string)
			}
			if got := []string{stamp("Users", user), stamp("Groups", group)}; !cmp.Equal(got, []string{want.UserAt.Format(time.RFC3339), want.GroupAt.Format(time.RFC3339)}) {
				t.Errorf("touch %v, %s: lastModified %v", touch, step.name, got)
			}
		}
		if n := len(k.server.Journal()); n != 8 {
			t.Errorf("%d writes in the journal, want those of SCIM and the API", n)
		}
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func TestHandMakesAndDeletes(t *testing.T) {
	c := start(t, iic.Options{})
	hand := c.server.By(console)
	c.addUser("eve", "externalId", "7")
	user, err := hand.AddUser(iic.Person("ada", "Ada", "L", ""))
	check(t, err)
	group, err := hand.AddGroup(iic.Group{DisplayName: "crew", Description: "d", Members: []string{"ada"}})
	check(t, err)
	check(t, hand.AddMember(group, user))
	check(t, hand.EditGroup("crew", func(g *iic.Group) { g.Description, g.ID = "e", "x" }))
	check(t, hand.EditUser("ada", func(u *iic.User) { u.Title, u.ID = "T", "x" }))
	st := c.server.State()
	u, _ := st.User("ada")
	g, _ := st.Group("crew")
	if got, want := words(u.ID, u.Title, u.CreatedBy, g.ID, g.Description, g.CreatedBy, g.Members), words(user, "T", console, group, "e", console, []string{user}); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	for what, err := range map[string]error{
		"name":        hand.RenameUser("ada", "EVE"),
		"external id": hand.EditUser("ada", func(u *iic.User) { u.ExternalID = "7" }),
		"user":        second(hand.AddUser(iic.Person("Eve", "E", "E", ""))),
		"group":       second(hand.AddGroup(iic.Group{DisplayName: "CREW"})),
	} {
		if !errors.Is(err, iic.ErrTaken) {
			t.Errorf("taken %s: %v", what, err)
		}
	}
	for what, err := range map[string]error{
		"user": hand.SetActive("bob", true), "group": hand.RenameGroup("band", "b"), "group of a member": hand.AddMember("band", "ada"),
		"member": hand.RemoveMember("crew", "bob"), "user to delete": hand.DeleteUser("bob"), "group to delete": hand.DeleteGroup("band"),
	} {
		if !errors.Is(err, iic.ErrUnknown) {
			t.Errorf("unknown %s: %v", what, err)
		}
	}
	if diff := cmp.Diff(st, c.server.State()); diff != "" {
		t.Errorf("a refused edit did something: %s", diff)
	}
	check(t, hand.DeleteUser("ADA"))
	if m := c.members("crew"); m != nil {
		t.Errorf("%v are left", m)
	}
	check(t, hand.DeleteGroup("Crew"))
	if st := c.server.State(); len(st.Users) != 1 || len(st.Groups) != 0 {
		t.Errorf("%+v", st)
	}
}

func second[T any](_ T, err error) error { return err }

// Lists are as late with what a hand does as with any other write.
func TestHandUnderLag(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, iic.Options{Switches: iic.Switches{Lag: time.Minute}})
		hand := c.server.By(console)
		count := func() string {
			return words(len(c.want(200, "GET", "/Users?cursor", nil).resources()), len(c.want(200, "GET", "/Groups?cursor", nil).resources()))
		}
		_, err := hand.AddUser(iic.Person("ada", "Ada", "L", ""))
		check(t, err)
		crew, err := hand.AddGroup(iic.Group{DisplayName: "crew"})
		check(t, err)
		check(t, hand.AddMember("crew", "ada"))
		if got := count(); got != "0 0" {
			t.Errorf("at once: %s", got)
		}
		time.Sleep(time.Minute)
		if got := count(); got != "1 1" {
			t.Errorf("a minute later: %s", got)
		}
		inCrew := func() int {
			return len(c.identityStore("ListGroupMemberships", obj{"GroupId": crew}).body["GroupMemberships"].([]any))
		}
		check(t, hand.RemoveMember("crew", "ada"))
		if n := inCrew(); n != 1 {
			t.Errorf("%d members at once", n)
		}
		time.Sleep(time.Minute)
		if n := inCrew(); n != 0 {
			t.Errorf("%d members a minute later", n)
		}
		check(t, hand.DeleteUser("ada"))
		if got := count(); got != "1 1" {
			t.Errorf("after deleting: %s", got)
		}
		time.Sleep(time.Minute)
		if got := count(); got != "0 1" {
			t.Errorf("a minute after deleting the user: %s", got)
		}
		check(t, hand.DeleteGroup("crew"))
		if got := count(); got != "0 1" {
			t.Errorf("after deleting: %s", got)
		}
		time.Sleep(time.Minute)
		if got := count(); got != "0 0" {
			t.Errorf("a minute after deleting the group: %s", got)
		}
	})
}

// The journal says what each write did, in order, and to whom.
func TestJournalOfMembers(t *testing.T) {
	now := born
	k := official(t, iic.Options{Clock: func() time.Time { now = now.Add(time.Second); return now }})
	c := connect(t, k.server)
	ada, bob, eve := c.addUser("ada"), c.addUser("bob"), c.addUser("eve")
	both := []string{ada, bob}
	slices.Sort(both)
	crew := c.addGroup("crew", both[1], both[0])
	c.want(204, "PATCH", "/Groups/"+crew, patch("add", "members", members(bob, eve), "remove", "members", members(ada)))
	c.want(404, "PATCH", "/Groups/"+crew, patch("add", "members", members(ada, "nobody")))
	c.want(404, "PATCH", "/Groups/none", patch("add", "members", members(ada)))
	m := c.identityStore("CreateGroupMembership", obj{"GroupId": crew, "MemberId": obj{"UserId": ada}}).body["MembershipId"]
	c.identityStore("DeleteGroupMembership", obj{"MembershipId": m})
	c.want(200, "PATCH", "/Users/"+ada, patch("replace", "active", false))
	c.identityStore("UpdateGroup", obj{"GroupId": crew, "Operations": []obj{{"AttributePath": "displayName", "AttributeValue": "band"}}})
	c.identityStore("DeleteUser", obj{"UserId": ada})
	c.want(204, "DELETE", "/Users/"+bob, nil)
	c.want(204, "DELETE", "/Groups/"+crew, nil)
	type row struct {
		Op, ID         string
		Added, Removed []string
		Status         int
	}
	want := []row{
		{"CreateUser", ada, nil, nil, 201},
		{"CreateUser", bob, nil, nil, 201},
		{"CreateUser", eve, nil, nil, 201},
		{"CreateGroup", crew, both, nil, 201},
		{"PatchGroup", crew, []string{eve}, []string{ada}, 204},
		{"PatchGroup", crew, nil, nil, 404},
		{"PatchGroup", "", nil, nil, 404},
		{"identitystore:CreateGroupMembership", crew, []string{ada}, nil, 200},
		{"identitystore:DeleteGroupMembership", crew, nil, []string{ada}, 200},
		{"PatchUser", ada, nil, nil, 200},
		{"identitystore:UpdateGroup", crew, nil, nil, 200},
		{"identitystore:DeleteUser", ada, nil, nil, 200},
		{"DeleteUser", bob, nil, nil, 204},
		{"DeleteGroup", crew, nil, nil, 204},
	}
	var got []row
	last := born
	for _, e := range c.server.Journal() {
		got = append(got, row{e.Operation, e.ID, e.Added, e.Removed, e.Status})
		if !e.At.After(last) {
			t.Errorf("%s at %s, not after %s", e.Operation, e.At, last)
		}
		last = e.At
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	c.server.Journal()[3].Added[0] = "x"
	if c.server.Journal()[3].Added[0] == "x" {
		t.Error("the journal can be rewritten")
	}
}
