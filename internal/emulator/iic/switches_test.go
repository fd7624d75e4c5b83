package iic_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ssosync/internal/emulator/iic"
	"ssosync/internal/emulator/inproc"
)

// probe looks at a server that has ada and bob in crew, carol outside, and the group other, and says in a few words what it did.
type probe func(t *testing.T, c *scim) string

func status(method, path string, body any) probe {
	return func(_ *testing.T, c *scim) string { return fmt.Sprint(c.do(method, path, body).status) }
}

// after is the status of a request and then the members of crew.
func after(body any) probe {
	return func(_ *testing.T, c *scim) string {
		return fmt.Sprint(c.do("PATCH", "/Groups/crew", body).status, c.members("crew"))
	}
}

// probes has for each switch how to see it and what is seen under each value.
func probes() map[string]struct {
	look probe
	want map[string]string
} {
	type row = struct {
		look probe
		want map[string]string
	}
	ids := func(ops ...any) probe {
		return func(_ *testing.T, c *scim) string {
			var list []obj
			for i := 0; i < len(ops); i += 2 {
				list = append(list, obj{"AttributePath": ops[i], "AttributeValue": ops[i+1]})
			}
			got := c.identityStore("UpdateUser", obj{"UserId": "ada", "Operations": list})
			u := c.identityStore("DescribeUser", obj{"UserId": "ada"})
			return words(got.status, u.body["UserStatus"], u.body["ExternalIds"])
		}
	}
	members200 := func(_ *testing.T, c *scim) string {
		got := c.do("GET", "/Users?"+filter(`groups.value eq "nobody"`), nil)
		return fmt.Sprint(got.status, len(got.resources()))
	}
	return map[string]row{
		"active.default": {func(_ *testing.T, c *scim) string {
			u := user("new")
			delete(u, "active")
			return fmt.Sprint(c.do("POST", "/Users", u).body["active"])
		}, map[string]string{"false": "false", "true": "true"}},
		"delegatedAdmin.forPrincipal": {func(_ *testing.T, c *scim) string {
			return words(c.assigned("ListAccountAssignmentsForPrincipal", ""), c.assigned("ListApplicationAssignmentsForPrincipal", ""),
				c.assigned("ListApplicationAssignmentsForPrincipal", "arn:app/mail"), c.json11("SWBExternalService.ListPermissionSets", obj{"InstanceArn": instance}).status)
		}, map[string]string{
			"allow": "[1 ada] [mail ada] [mail ada] 200", "deny": "AccessDeniedException AccessDeniedException [mail ada] 200",
		}},
		"assignments.ofUser": {func(_ *testing.T, c *scim) string {
			return words(c.assigned("ListAccountAssignmentsForPrincipal", ""), c.assigned("ListApplicationAssignmentsForPrincipal", ""))
		}, map[string]string{
			"direct": "[1 ada] [mail ada]", "withGroups": "[1 crew 1 ada 2 crew] [mail ada wiki crew]",
		}},
		"put.status": {status("PUT", "/Users/ada", user("ada")), map[string]string{"201": "201", "200": "200"}},
		"put.omitted": {func(_ *testing.T, c *scim) string {
			c.do("PUT", "/Users/ada", user("ada"))
			u, _ := c.server.State().User("ada")
			return u.Title + u.ExternalID
		}, map[string]string{"erase": "", "keep": "Te-ada"}},
		"patch.mixedAddRemove": {after(patch("add", "members", members("carol"), "remove", "members", members("ada"))), map[string]string{"accept": "204 [bob carol]", "400": "400 [ada bob]"}},
		"patch.paths.dotted":   {status("PATCH", "/Users/ada", patch("replace", "name.givenName", "N")), map[string]string{"accept": "200", "400": "400"}},
		"patch.paths.wholeList": {
			status("PATCH", "/Users/ada", patch("replace", "emails", []obj{{"value": "n", "primary": true}})),
			map[string]string{"accept": "200", "400": "400"},
		},
		"patch.paths.enterprise": {status("PATCH", "/Users/ada", patch("replace", enterpriseURN+":department", "D")), map[string]string{"accept": "200", "400": "400"}},
		"patch.opCase":           {status("PATCH", "/Users/ada", patch("Replace", "title", "N")), map[string]string{"insensitive": "200", "sensitive": "400"}},
		"patch.addExisting": {after(patch("add", "members", members("ada", "carol"))), map[string]string{
			"204": "204 [ada bob carol]", "404": "404 [ada bob]", "409": "409 [ada bob]", "400": "400 [ada bob]",
		}},
		"patch.removeMissing": {after(patch("remove", "members", members("carol", "ada"))), map[string]string{
			"204": "204 [bob]", "404": "404 [ada bob]", "409": "409 [ada bob]", "400": "400 [ada bob]",
		}},
		"patch.unknownMember":  {after(patch("add", "members", members("nobody"))), map[string]string{"404": "404 [ada bob]", "400": "400 [ada bob]"}},
		"patch.atomic":         {after(patch("add", "members", members("carol", "nobody", "ada"))), map[string]string{"atomic": "404 [ada bob]", "partial": "404 [ada bob carol]"}},
		"patch.replaceMembers": {after(patch("replace", "members", members("carol"))), map[string]string{"400": "400 [ada bob]", "accept": "204 [carol]"}},
		"patch.removeAll":      {after(patch("remove", "members", nil)), map[string]string{"400": "400 [ada bob]", "accept": "204 []"}},
		"patch.renameTaken":    {status("PATCH", "/Groups/crew", patch("replace", "displayName", "Other")), map[string]string{"409": "409", "400": "400"}},
		"filter.case": {func(_ *testing.T, c *scim) string {
			return fmt.Sprint(c.do("GET", "/Users?"+filter(`userName eq "ADA"`), nil).names("userName"), c.do("GET", "/Groups?"+filter(`displayName eq "CREW"`), nil).names("displayName"))
		}, map[string]string{"insensitive": "[ada] [crew]", "sensitive": "[] []"}},
		"groups.value.unknown": {members200, map[string]string{"200-empty": "200 0", "404": "404 0"}},
		"externalId.groupUnique": {func(_ *testing.T, c *scim) string {
			return fmt.Sprint(c.do("POST", "/Groups", obj{"displayName": "new", "externalId": "e-crew"}).status, c.do("PATCH", "/Groups/other", patch("add", "externalId", "E-CREW")).status)
		}, map[string]string{"conflict": "409 409", "allow": "201 204"}},
		"externalId.colon": {func(_ *testing.T, c *scim) string {
			return fmt.Sprint(c.do("POST", "/Users", user("new", "externalId", "a:b")).status, c.do("POST", "/Groups", obj{"displayName": "new", "externalId": "a:b"}).status)
		}, map[string]string{"allow": "201 201", "400": "400 400"}},
		"read.consistency": {lookBehind, map[string]string{
			"strong":   "new 201 4 [ada bob carol] 3 | 4 [ada bob carol] 3",
			"eventual": "new 201 3 [ada bob] 2 | 4 [ada bob carol] 3",
		}},
		"group.touchOnMembership": {func(_ *testing.T, c *scim) string {
			meta := func() any { return c.do("GET", "/Groups/crew", nil).body["meta"].(map[string]any)["lastModified"] }
			was := meta()
			time.Sleep(time.Minute)
			c.do("PATCH", "/Groups/crew", patch("add", "members", members("ada")))
			none := meta() == was
			c.do("PATCH", "/Groups/crew", patch("add", "members", members("carol")))
			scim := meta() == was
			made := c.identityStore("CreateGroupMembership", obj{"GroupId": "other", "MemberId": obj{"UserId": "ada"}})
			one, _ := c.server.State().Group("other")
			c.identityStore("DeleteGroupMembership", obj{"MembershipId": made.body["MembershipId"]})
			two, _ := c.server.State().Group("other")
			return fmt.Sprint(none, scim, one.Revision, two.Revision, len(two.Members))
		}, map[string]string{"off": "true true 1 1 0", "on": "true false 2 3 0"}},
		"cursor.supported": {func(t *testing.T, c *scim) string {
			t.Helper()
			var st iic.State
			for i := range 60 {
				st.Users = append(st.Users, iic.User{UserName: fmt.Sprint("u", i)})
			}
			mustSeed(t, c.server, st)
			page, most := c.do("GET", "/Users?cursor&count=1", nil), c.do("GET", "/Users", nil)
			_, cursor := page.body["nextCursor"]
			_, total := page.body["totalResults"]
			return fmt.Sprint(cursor, total, len(page.resources()), len(most.resources()), len(c.do("GET", "/Users?count=100", nil).resources()),
				c.do("GET", "/Users?"+filter(`groups.value eq "crew"`), nil).status, c.do("GET", "/Groups?"+filter(`members.value eq "ada"`), nil).status)
		}, map[string]string{"on": "true false 1 63 63 200 200", "off": "false true 1 50 50 400 400"}},
		"cursor.ttl": {func(_ *testing.T, c *scim) string {
			next := func() string {
				got := c.do("GET", "/Users?cursor&count=1", nil)
				return "/Users?cursor=" + url.QueryEscape(got.body["nextCursor"].(string))
			}
			a := next()
			time.Sleep(60 * time.Second)
			soon := c.do("GET", a, nil).status
			time.Sleep(time.Second)
			return fmt.Sprint(soon, c.do("GET", a, nil).status)
		}, map[string]string{"none": "200 200", "60s": "200 400"}},
		"spc.pagination": {func(_ *testing.T, c *scim) string {
			p, _ := c.do("GET", "/ServiceProviderConfig", nil).body["pagination"].(map[string]any)
			return fmt.Sprint(p["cursor"])
		}, map[string]string{"absent": "<nil>", "RFC 9865": "true"}},
		"getGroup.members": {func(_ *testing.T, c *scim) string {
			m, ok := c.do("GET", "/Groups/crew", nil).body["members"]
			return fmt.Sprint(m, ok)
		}, map[string]string{"absent": "<nil> false", "[]": "[] true"}},
		"query.unsupported": {func(_ *testing.T, c *scim) string {
			return fmt.Sprint(c.do("GET", "/Users?startIndex=1", nil).status, c.do("GET", "/Groups?excludedAttributes=members", nil).status, c.do("GET", "/Users?x=1", nil).status)
		}, map[string]string{"ignore": "200 200 200", "400": "400 400 200"}},
		"error.detail": {func(_ *testing.T, c *scim) string {
			bad, taken := c.do("POST", "/Users", "{"), c.do("POST", "/Users", user("ada"))
			return fmt.Sprint(bad.body["detail"], "|", taken.body["detail"])
		}, map[string]string{
			"generic":  generic + "|Refused to create a new, duplicate resource.",
			"specific": "Invalid JSON from RequestBody|Refused to create a new, duplicate resource.",
		}},
		"ids.errorStatus": {func(_ *testing.T, c *scim) string {
			missing := c.identityStore("DescribeUser", obj{"UserId": "nobody"})
			taken := c.identityStore("CreateGroup", obj{"DisplayName": "crew"})
			return words(missing.status, missing.body["__type"], taken.status, taken.body["__type"], c.identityStore("DescribeUser", obj{}).status)
		}, map[string]string{
			"400":     "400 ResourceNotFoundException 400 ConflictException 400",
			"by-type": "404 ResourceNotFoundException 409 ConflictException 400",
		}},
		"ids.updateUserStatus": {ids("userStatus", "DISABLED"), map[string]string{
			"reject": "400 ENABLED [map[Id:e-ada Issuer:https://scim.aws.com/11111111111-2222-3333-4444-555555555555]]",
			"accept": "200 DISABLED [map[Id:e-ada Issuer:https://scim.aws.com/11111111111-2222-3333-4444-555555555555]]",
		}},
		"ids.updateExternalIds": {ids("externalIds", []obj{{"Issuer": "i", "Id": "x"}}), map[string]string{
			"reject": "400 ENABLED [map[Id:e-ada Issuer:https://scim.aws.com/11111111111-2222-3333-4444-555555555555]]",
			"accept": "200 ENABLED [map[Id:x Issuer:i]]",
		}},
		"network.denyStatus": {func(_ *testing.T, c *scim) string {
			c.server.Update(func(o *iic.Options) { o.AllowSource = func(string) bool { return false } })
			return fmt.Sprint(c.do("GET", "/Users", nil).status)
		}, map[string]string{"403": "403", "401": "401"}},
		"userAgent.required": {func(_ *testing.T, c *scim) string {
			c.agent = ""
			return fmt.Sprint(c.do("PATCH", "/Users/ada", patch("replace", "title", "N")).status, c.do("GET", "/Users", nil).status)
		}, map[string]string{"on": "403 200", "off": "200 200"}},
		"ids.format": {func(_ *testing.T, c *scim) string {
			id := c.addUser("new")
			return fmt.Sprint(len(id), strings.HasPrefix(id, "1234567890-"))
		}, map[string]string{"uuid": "36 false", "prefixed": "47 true"}},
		"throttle.retryAfter": {func(_ *testing.T, c *scim) string {
			got := c.throttled()
			ids := c.throttledIDs()
			other := c.identityStore("DescribeUser", obj{"UserId": "nobody"})
			return strings.Join([]string{
				got.header.Get("Retry-After"), ids.header.Get("X-Amz-Retry-After"), fmt.Sprint(ids.body["RetryAfterSeconds"]),
				other.header.Get("X-Amz-Retry-After"), fmt.Sprint(other.body["RetryAfterSeconds"]),
			}, "|")
		}, map[string]string{"none": "||<nil>||<nil>", "seconds": "3|3000|3||<nil>", "date": "Sat, 01 Jan 2000 00:00:03 GMT|3000|3||<nil>"}},
		"throttle.body": {func(_ *testing.T, c *scim) string {
			got := c.throttled()
			return words(got.status, got.header.Get("Content-Type"), got.body["status"])
		}, map[string]string{"scim": "429 application/json 429", "text": "429 text/plain <nil>"}},
	}
}

// lookBehind writes and reads at once, and again later.
func lookBehind(_ *testing.T, c *scim) string {
	lists := func() string {
		return fmt.Sprint(len(c.do("GET", "/Users?cursor", nil).resources()), " ",
			c.do("GET", "/Users?"+filter(`groups.value eq "crew"`), nil).names("userName"), " ",
			len(c.identityStore("ListGroups", obj{}).body["Groups"].([]any)))
	}
	time.Sleep(time.Hour)
	c.do("POST", "/Groups", obj{"displayName": "more"})
	id := c.addUser("zoe")
	c.do("PATCH", "/Groups/crew", patch("add", "members", members("carol")))
	out := "new " + fmt.Sprint(c.do("POST", "/Groups", obj{"displayName": "even more"}).status)
	c.do("DELETE", "/Groups/other", nil)
	if got := c.do("GET", "/Users/"+id, nil).status; got != 200 { // by id it is there at once
		out += " invisible"
	}
	now := lists()
	time.Sleep(time.Second)
	return out + " " + now + " | " + lists()
}

// throttled is the answer to one request too many, at a rate of one in two and a half seconds.
func (c *scim) throttled() answer {
	c.server.Update(func(o *iic.Options) { o.Throttle, o.Limits = true, iic.Limits{Read: 0.4, IdentityStore: 0.4} })
	c.do("GET", "/Users", nil)
	return c.do("GET", "/Users", nil)
}

func (c *scim) throttledIDs() answer {
	c.identityStore("ListUsers", obj{})
	return c.identityStore("ListUsers", obj{})
}

// identityStore calls the JSON 1.1 API by hand.
func (c *scim) identityStore(op string, in obj) answer {
	c.Helper()
	if _, ok := in["IdentityStoreId"]; !ok {
		in["IdentityStoreId"] = "d-1234567890"
	}
	return c.json11("AWSIdentityStore."+op, in)
}

func (c *scim) json11(target string, in any) answer {
	c.Helper()
	req, err := http.NewRequest(http.MethodPost, "https://identitystore.us-east-1.amazonaws.com/", strings.NewReader(encode(in)))
	if err != nil {
		c.Fatalf("request: %v", err)
	}
	req.Header.Set("X-Amz-Target", target)
	req.Header.Set("Content-Type", "application/x-amz-json-1.1")
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/identitystore/aws4_request, SignedHeaders=host, Signature=0")
	return c.send(req)
}

const instance = "arn:aws:sso:::instance/ssoins-1234567890abcdef"

// assigned is what a list of ada's assignments has, or its refusal.
func (c *scim) assigned(op, application string) string {
	got := c.json11("SWBExternalService."+op, obj{
		"InstanceArn": instance, "PrincipalId": "ada", "PrincipalType": "USER", "Filter": obj{"ApplicationArn": application},
	})
	if got.status != http.StatusOK {
		return fmt.Sprint(got.body["__type"])
	}
	var list []string
	for _, key := range []string{"AccountAssignments", "ApplicationAssignments"} {
		rows, _ := got.body[key].([]any)
		for _, row := range rows {
			r := row.(obj)
			what, ok := r["AccountId"].(string)
			if !ok {
				what = strings.TrimPrefix(r["ApplicationArn"].(string), "arn:app/")
			}
			list = append(list, what, r["PrincipalId"].(string))
		}
	}
	return fmt.Sprint(list)
}

// Each switch does what its name says under each of its values, and no switch is without a test.
func TestSwitches(t *testing.T) {
	rows := probes()
	seen := map[string]bool{}
	for _, setting := range iic.AllSwitches() {
		row, ok := rows[setting.Name]
		want, known := row.want[setting.Value]
		if !ok || !known {
			t.Errorf("%s: no test", setting)
			continue
		}
		if first := !seen[setting.Name]; first != setting.Default || setting.Default != (setting.Switches == iic.Switches{}) {
			t.Errorf("%s: the default comes first and is the zero value", setting)
		}
		seen[setting.Name] = true
		t.Run(setting.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				named, err := iic.Switches{}.With(setting.Name, setting.Value)
				if err != nil || named != setting.Switches {
					t.Errorf("With: %+v, %v", named, err)
				}
				s := iic.New(iic.Options{Switches: setting.Switches})
				mustSeed(t, s, switchState())
				c := &scim{TB: t, server: s, client: &http.Client{Transport: inproc.Transport(s)}, agent: "test/1", token: "secret"}
				if got := row.look(t, c); got != want {
					t.Errorf("saw  %s\nwant %s", got, want)
				}
			})
		})
	}
	if len(seen) != len(rows) {
		t.Errorf("%d switches, %d tests", len(seen), len(rows))
	}
	for _, bad := range [][2]string{{"patch.atomic", "maybe"}, {"nothing", "on"}} {
		if _, err := (iic.Switches{}).With(bad[0], bad[1]); err == nil {
			t.Errorf("%v: accepted", bad)
		}
	}
}

func switchState() iic.State {
	var st iic.State
	for _, name := range []string{"ada", "bob", "carol"} {
		u := iic.Person(name, "G", "F", "e-"+name)
		u.ID, u.Title = name, "T"
		st.Users = append(st.Users, u)
	}
	st.Groups = []iic.Group{{ID: "crew", DisplayName: "crew", ExternalID: "e-crew", Members: []string{"ada", "bob"}}, {ID: "other", DisplayName: "other"}}
	for _, a := range [][3]string{{"USER", "ada", "1"}, {"GROUP", "crew", "1"}, {"GROUP", "crew", "2"}, {"GROUP", "other", "3"}, {"USER", "bob", "4"}} {
		st.Assignments = append(st.Assignments, iic.Assignment{PrincipalType: a[0], PrincipalID: a[1], AccountID: a[2], PermissionSetArn: "arn:ps/admin"})
	}
	for _, a := range [][3]string{{"USER", "ada", "mail"}, {"GROUP", "crew", "wiki"}, {"GROUP", "other", "wiki"}} {
		st.ApplicationAssignments = append(st.ApplicationAssignments, iic.ApplicationAssignment{PrincipalType: a[0], PrincipalID: a[1], ApplicationArn: "arn:app/" + a[2]})
	}
	return st
}

// A lag that begins while the server runs begins with what is there.
func TestLagBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, iic.Options{})
		c.addUser("ada")
		c.server.Update(func(o *iic.Options) { o.Switches.Lag = time.Minute })
		bob := c.addUser("bob")
		count := func() int { return len(c.want(200, "GET", "/Users?cursor", nil).resources()) }
		if n := count(); n != 1 {
			t.Errorf("%d users at once", n)
		}
		time.Sleep(30 * time.Second)
		c.want(204, "DELETE", "/Users/"+bob, nil)
		time.Sleep(30 * time.Second)
		if n := count(); n != 2 {
			t.Errorf("%d users when the first write is visible and the second is not", n)
		}
		time.Sleep(30 * time.Second)
		if n := count(); n != 1 {
			t.Errorf("%d users in the end", n)
		}
		c.addUser("eve")
		c.server.Update(func(o *iic.Options) { o.Switches.Lag = 0 })
		if n := count(); n != 2 {
			t.Errorf("%d users without a lag", n)
		}
	})
}

func words(v ...any) string { return strings.TrimSuffix(fmt.Sprintln(v...), "\n") }
