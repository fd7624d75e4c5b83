package iic_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ssosync/internal/emulator/iic"
)

// golden reads a payload that is printed in the SCIM guide, on the page that its name starts with. conflict is from the field.
func golden(t *testing.T, name string) obj {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var m obj
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return m
}

func at(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

// manager and member are the users that the guide's examples refer to.
const (
	manager = "9067729b3d-ee533c18-538a-4cd3-a572-63fb863ed734"
	member  = "9067729b3d-94f1e0b3-c394-48d5-8ab1-2c122a167074"
)

// seedOf makes a user of the seed from a printed answer.
func seedOf(m obj) iic.User {
	str := func(m any, key string) string {
		o, _ := m.(map[string]any)
		s, _ := o[key].(string)
		return s
	}
	email, _ := m["emails"].([]any)
	ext, _ := m["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"].(map[string]any)
	return iic.User{
		ID: str(m, "id"), ExternalID: str(m, "externalId"), UserName: str(m, "userName"), DisplayName: str(m, "displayName"),
		NickName: str(m, "nickName"), Active: m["active"] == true,
		Name: iic.Name{
			FamilyName: str(m["name"], "familyName"), GivenName: str(m["name"], "givenName"),
			HonorificPrefix: str(m["name"], "honorificPrefix"), HonorificSuffix: str(m["name"], "honorificSuffix"),
		},
		Emails:     []iic.Email{{Value: str(email[0], "value"), Type: "work", Primary: true}},
		Enterprise: iic.Enterprise{Manager: str(ext["manager"], "value")},
		CreatedAt:  at(str(m["meta"], "created")), UpdatedAt: at(str(m["meta"], "lastModified")),
	}
}

func same(t *testing.T, want, got any) {
	t.Helper()
	byID := cmpopts.SortSlices(func(a, b any) bool {
		x, ok := a.(map[string]any)
		y, ok2 := b.(map[string]any)
		if !ok || !ok2 {
			return false
		}
		i, _ := x["id"].(string)
		j, _ := y["id"].(string)
		return i < j
	})
	if diff := cmp.Diff(want, got, byID); diff != "" {
		t.Errorf("differs from what is printed (-printed +ours):\n%s", diff)
	}
}

func TestPrintedCreateUserAndPatchUser(t *testing.T) {
	now := at("2020-03-31T02:36:15Z")
	c := start(t, iic.Options{IdentityStoreID: "d-9067729b3d", Switches: iic.Switches{PrefixedIDs: true}, Clock: func() time.Time { return now }})
	got := c.want(201, "POST", "/Users", golden(t, "createuser.request"))
	if ct := got.header.Get("Content-Type"); ct != "application/json" || got.header.Get("X-Amzn-Requestid") == "" {
		t.Errorf("headers %v", got.header)
	}
	want := golden(t, "createuser.response")
	if !strings.HasPrefix(got.id(), "9067729b3d-") || len(got.id()) != len(member) {
		t.Errorf("id %q", got.id())
	}
	want["id"] = got.id()
	same(t, want, got.body)
	if u, _ := c.server.State().User("bjensen"); u.ProfileURL != "https://login.example.com/bjensen" {
		t.Errorf("profileUrl was forgotten, not only hidden: %+v", u)
	}

	c.want(204, "DELETE", "/Users/"+got.id(), nil)
	request := golden(t, "createuser.request")
	request["nickName"] = "Bas"
	delete(request, "roles")
	id := c.want(201, "POST", "/Users", request).id()
	now = at("2020-04-03T06:02:47Z")
	got = c.want(200, "PATCH", "/Users/"+id, golden(t, "patchuser.request"))
	want = golden(t, "patchuser.response")
	want["id"] = id
	same(t, want, got.body)
}

func TestPrintedReads(t *testing.T) {
	s := iic.New(iic.Options{})
	st := iic.State{Users: []iic.User{seedOf(golden(t, "getuser.response"))}}
	mustSeed(t, s, st)
	c := connect(t, s)
	same(t, golden(t, "getuser.response"), c.want(200, "GET", "/Users/"+manager, nil).body)

	s.Reset()
	printed := golden(t, "listusers.response")
	st = iic.State{}
	for _, r := range printed["Resources"].([]any) {
		st.Users = append(st.Users, seedOf(r.(map[string]any)))
	}
	mustSeed(t, s, st)
	same(t, printed, c.want(200, "GET", "/Users", nil).body)
	one := c.want(200, "GET", "/Users?"+filter(`externalId eq "705167"`), nil)
	same(t, obj{
		"totalResults": 1.0, "itemsPerPage": 1.0, "startIndex": 1.0, "schemas": printed["schemas"],
		"Resources": []any{printed["Resources"].([]any)[1]},
	}, one.body)

	s.Reset()
	printed = golden(t, "listgroups.response")
	st = iic.State{}
	for _, r := range append(printed["Resources"].([]any), golden(t, "getgroup.response")) {
		m := r.(map[string]any)
		external, _ := m["externalId"].(string)
		created := at(m["meta"].(map[string]any)["created"].(string))
		g := iic.Group{ID: m["id"].(string), DisplayName: m["displayName"].(string), ExternalID: external, CreatedAt: created}
		if strings.HasPrefix(g.ID, "9067729b3d") {
			s.Reset() // GetGroup's example has a name that ListGroups's example uses too
			mustSeed(t, s, iic.State{Groups: []iic.Group{g}})
			same(t, golden(t, "getgroup.response"), c.want(200, "GET", "/Groups/"+g.ID, nil).body)
			continue
		}
		st.Groups = append(st.Groups, g)
	}
	s.Reset()
	mustSeed(t, s, st)
	same(t, printed, c.want(200, "GET", "/Groups", nil).body)
}

func TestPrintedCreateGroup(t *testing.T) {
	s := iic.New(iic.Options{Clock: func() time.Time { return at("2020-04-06T16:48:19Z") }})
	mustSeed(t, s, iic.State{Users: []iic.User{{ID: member, UserName: "bjensen"}}})
	c := connect(t, s)
	got := c.want(201, "POST", "/Groups", golden(t, "creategroup.request"))
	want := golden(t, "creategroup.response")
	want["id"] = got.id()
	same(t, want, got.body)
	if m := c.members("Group Bar"); len(m) != 1 || m[0] != "bjensen" {
		t.Errorf("members %v", m)
	}
}

func TestPrintedDiscovery(t *testing.T) {
	c := start(t, iic.Options{})
	same(t, golden(t, "serviceproviderconfig.response"), c.want(200, "GET", "/ServiceProviderConfig", nil).body)
	same(t, golden(t, "listresourcetypes.response"), c.want(200, "GET", "/ResourceTypes", nil).body)
	list := c.want(200, "GET", "/Schemas", nil)
	if len(list.resources()) != 3 || list.body["totalResults"] != 3.0 {
		t.Errorf("schemas: %s", list.raw)
	}
	for _, schema := range list.resources() {
		id, _ := schema["id"].(string)
		one := c.want(200, "GET", "/Schemas/"+id, nil)
		same(t, schema, one.body)
	}
	user := c.want(200, "GET", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User", nil)
	required := map[string]bool{}
	for _, a := range user.body["attributes"].([]any) {
		m := a.(map[string]any)
		required[m["name"].(string)] = m["required"].(bool)
		if m["name"] == "userName" && (m["uniqueness"] != "server" || m["caseExact"] != false) {
			t.Errorf("userName: %v", m)
		}
	}
	if !required["userName"] || required["displayName"] {
		t.Errorf("required: %v", required)
	}
	c.want(404, "GET", "/Schemas/urn:example", nil)
}

func TestErrorBody(t *testing.T) {
	c := start(t, iic.Options{Clock: func() time.Time { return time.Date(2022, 3, 18, 10, 57, 8, 14e6, time.UTC) }})
	c.addUser("ada@example.com")
	got := c.want(http.StatusConflict, "POST", "/Users", user("ADA@example.com"))
	want := golden(t, "conflict.response")
	if id, _ := got.body["exceptionRequestId"].(string); len(id) != 36 || id != got.header.Get("X-Amzn-Requestid") {
		t.Errorf("request id %q, header %q", id, got.header.Get("X-Amzn-Requestid"))
	}
	want["exceptionRequestId"] = got.body["exceptionRequestId"]
	same(t, want, got.body)
}
