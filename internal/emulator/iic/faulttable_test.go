package iic_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ssosync/internal/emulator/iic"
	"ssosync/internal/emulator/inproc"
)

// seen is what a client makes of an answer.
type seen struct {
	err    bool // no whole answer
	status int
	page   bool // the body is JSON
	rows   []string
	keyed  bool // the collection is there
	more   bool // a cursor is there
	body   string
}

func (c *scim) see(req *http.Request) seen {
	res, err := c.client.Do(req)
	if err != nil {
		return seen{err: true}
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	v := seen{err: err != nil, status: res.StatusCode, body: string(raw)}
	var body map[string]any
	if json.Unmarshal(raw, &body) != nil {
		return v
	}
	v.page = true
	for _, key := range []string{"Resources", "Users", "Groups", "GroupMemberships", "AccountAssignments", "ApplicationAssignments", "PermissionSets", "AccountIds"} {
		rows, ok := body[key].([]any)
		v.keyed = v.keyed || ok
		for _, row := range rows {
			v.rows = append(v.rows, encode(row))
		}
	}
	v.more = body["nextCursor"] != nil || body["NextToken"] != nil
	return v
}

// request is one that matches a place, in the world of switchState.
func (c *scim) request(p iic.Where) *http.Request {
	c.Helper()
	method, path, target, in := http.MethodGet, "", "", obj{"IdentityStoreId": "d-1234567890", "InstanceArn": instance, "AccountId": "1", "PermissionSetArn": "arn:ps/admin", "ApplicationArn": "arn:app/mail", "PrincipalId": "crew", "PrincipalType": "GROUP", "GroupId": "crew", "UserId": "ada", "MemberId": obj{"UserId": "ada"}, "GroupIds": []string{"crew"}}
	var body any
	switch key := p.Op + " " + p.Filter; key {
	case "ListUsers none", "ListGroups none":
		path = "/" + strings.TrimPrefix(p.Op, "List") + "?cursor"
	case "ListUsers groups.value", "ListUsers userName", "ListUsers externalId", "ListGroups members.value", "ListGroups displayName", "ListGroups externalId":
		value := map[string]string{
			"ListUsers groups.value": "crew", "ListUsers userName": "ada", "ListUsers externalId": "e-ada",
			"ListGroups members.value": "ada", "ListGroups displayName": "crew", "ListGroups externalId": "e-crew",
		}[key]
		path = "/" + strings.TrimPrefix(p.Op, "List") + "?cursor&" + filter(p.Filter+` eq "`+value+`"`)
	case "GetUser ", "DeleteUser ":
		path = "/Users/ada"
	case "GetGroup ", "DeleteGroup ":
		path = "/Groups/crew"
	case "CreateUser ":
		method, path, body = "POST", "/Users", user("new")
	case "PutUser ":
		method, path, body = "PUT", "/Users/ada", user("ada2")
	case "PatchUser ":
		method, path, body = "PATCH", "/Users/ada", patch("replace", "active", false)
	case "CreateGroup ":
		method, path, body = "POST", "/Groups", obj{"displayName": "new"}
	case "PatchGroup ":
		method, path, body = "PATCH", "/Groups/crew", patch("add", "members", members("carol"))
	case "identitystore:GetUserId ":
		in["AlternateIdentifier"] = obj{"UniqueAttribute": obj{"AttributePath": "userName", "AttributeValue": "ada"}}
	case "identitystore:GetGroupId ":
		in["AlternateIdentifier"] = obj{"UniqueAttribute": obj{"AttributePath": "displayName", "AttributeValue": "crew"}}
	case "identitystore:CreateUser ":
		in = obj{"IdentityStoreId": "d-1234567890", "UserName": "new", "DisplayName": "new", "Name": obj{"GivenName": "G", "FamilyName": "F"}}
	case "identitystore:UpdateUser ":
		in["Operations"] = []obj{{"AttributePath": "title", "AttributeValue": "new"}}
	case "identitystore:CreateGroup ":
		in["DisplayName"] = "new"
	case "identitystore:UpdateGroup ":
		in["Operations"] = []obj{{"AttributePath": "description", "AttributeValue": "new"}}
	case "identitystore:CreateGroupMembership ":
		in["MemberId"] = obj{"UserId": "carol"}
	case "identitystore:DeleteGroupMembership ":
		in["MembershipId"] = c.identityStore("GetGroupMembershipId", obj{"GroupId": "crew", "MemberId": obj{"UserId": "ada"}}).body["MembershipId"]
	}
	if strings.HasPrefix(p.Op, "Delete") {
		method = "DELETE"
	}
	host, payload := "https://scim.us-east-1.amazonaws.com"+c.server.BasePath(), ""
	if prefix, name, ok := strings.Cut(p.Op, ":"); ok {
		method, host, path, body = "POST", "https://aws.example.com", "/", in
		target = map[string]string{"identitystore": "AWSIdentityStore.", "sso": "SWBExternalService."}[prefix] + name
	}
	if body != nil {
		payload = encode(body)
	}
	req, err := http.NewRequest(method, host+path, strings.NewReader(payload))
	if err != nil {
		c.Fatalf("%v", err)
	}
	req.Header.Set("User-Agent", c.agent)
	req.Header.Set("Authorization", "Bearer "+c.token)
	if target != "" {
		req.Header.Set("X-Amz-Target", target)
		req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/identitystore/aws4_request, SignedHeaders=host, Signature=0")
	}
	if iic.Operation(req) != p.Op {
		c.Fatalf("%s is %s", p.Op, iic.Operation(req))
	}
	return req
}

func company(t TB) *scim {
	s := iic.New(iic.Options{})
	if err := s.Seed(switchState()); err != nil {
		t.Fatalf("%v", err)
	}
	return &scim{TB: t, server: s, client: &http.Client{Transport: inproc.Transport(s)}, agent: "test/1", token: "secret"}
}

// Every fault, at every place that it says it has: it strikes; it hides only if it says so; a write is done or not as it says;
// what it does ends with it.
func TestAllFaults(t *testing.T) {
	names := map[string]bool{}
	for _, fc := range iic.AllFaults() {
		if names[fc.Name] || len(fc.Places) == 0 {
			t.Errorf("%s: twice, or nowhere", fc.Name)
		}
		names[fc.Name] = true
		hidden := 0
		for _, place := range fc.Places {
			synctest.Test(t, func(t *testing.T) {
				label := fmt.Sprint(fc.Name, " at ", place.Op, " ", place.Filter)
				c := company(t)
				right := c.see(c.request(place))
				if right.err || right.status >= 300 || !right.page && right.body != "" {
					t.Fatalf("%s: without a fault: %+v", label, right)
				}
				changed := c.writes()
				c = company(t)
				once := place
				once.Times = 1
				end := fc.Install(c.server, once)
				if fc.Stale {
					check(t, c.grow())
				}
				begun := time.Now()
				got := c.see(c.request(place))
				if took := time.Since(begun); took > 0 != (fc.Name == string(iic.Slow)) {
					t.Errorf("%s: took %s", label, took)
				}
				if n := c.server.Struck(); n != 1 {
					t.Errorf("%s: struck %d times", label, n)
				}
				plain := got.err || got.status >= 400 || !got.page && right.page
				whole := got.status == right.status && (slices.Equal(got.rows, right.rows) || got.more)
				switch {
				case fc.Stale:
					hidden += tell(slices.Equal(got.rows, right.rows)) // of the old: all, and nothing new
				case fc.Hides:
					hidden += tell(len(got.rows) < len(right.rows))
				case !plain && !whole && fc.Name != string(iic.Vanish): // what vanished is in no list, and rightly
					t.Errorf("%s: neither right nor none: %+v", label, got)
				}
				done := c.writes()
				if done && plain && !fc.Lost {
					t.Errorf("%s: done, and not said", label)
				}
				if fc.Lost && changed && !done {
					t.Errorf("%s: not done", label)
				}
				end()
				if fc.Name != string(iic.Vanish) && !done {
					if again := c.see(c.request(place)); !fc.Stale && !reflect.DeepEqual(again, right) && !changed {
						t.Errorf("%s: after it: %+v, want %+v", label, again, right)
					}
				}
				if n := c.server.Struck(); n != 1 {
					t.Errorf("%s: struck %d times after its end", label, n)
				}
			})
		}
		if fc.Hides && hidden == 0 {
			t.Errorf("%s: hides nothing anywhere", fc.Name)
		}
	}
	for _, kind := range []iic.FaultKind{
		iic.Throttled, iic.InternalError, iic.BadGateway, iic.Unavailable, iic.GatewayTimeout, iic.Unauthorized, iic.Forbidden, iic.Missing, iic.NotJSON, iic.Reset,
		iic.LostReset, iic.LostThrottled, iic.LostError, iic.Truncated, iic.CutJSON, iic.EmptyBody, iic.HalfRows, iic.OtherHalf, iic.EmptyList, iic.MissingKey,
		iic.LostCursor, iic.EmptyPage, iic.ShortPage, iic.StaleList, iic.StaleIndex, iic.Slow, iic.Vanish, iic.Revoke,
	} {
		if !names[string(kind)] {
			t.Errorf("%s is not in the table", kind)
		}
	}
}

// A test that trusts the columns must be able to.
func TestWhatFaultsDo(t *testing.T) {
	columns := map[string][]string{}
	for _, fc := range iic.AllFaults() {
		for column, yes := range map[string]bool{"hides": fc.Hides, "stale": fc.Stale, "lost": fc.Lost} {
			if yes {
				columns[column] = append(columns[column], fc.Name)
			}
		}
	}
	want := map[string][]string{
		"hides": {"missing", "halfRows", "otherHalf", "emptyList", "missingKey", "lostCursor", "staleList", "staleIndex"},
		"stale": {"staleList", "staleIndex"},
		"lost":  {"lostReset", "lostThrottled", "lostError", "truncated", "cutJSON", "emptyBody"},
	}
	if !reflect.DeepEqual(columns, want) {
		t.Errorf("%v, want %v", columns, want)
	}
}

func tell(b bool) int {
	if b {
		return 1
	}
	return 0
}

// writes says whether a write was done.
func (c *scim) writes() bool {
	return slices.ContainsFunc(c.server.Journal(), func(e iic.Entry) bool { return e.Status >= 200 && e.Status < 300 && e.Detail == "" })
}

// grow adds by hand what a stale list does not have.
func (c *scim) grow() error {
	hand := c.server.By(console)
	_, err := hand.AddUser(iic.Person("dora", "D", "D", ""))
	_, err2 := hand.AddGroup(iic.Group{DisplayName: "newer"})
	return errors.Join(err, err2, hand.AddMember("crew", "dora"), hand.AddMember("newer", "ada"))
}

// Install without a place strikes everywhere.
func TestFaultEverywhere(t *testing.T) {
	for _, fc := range iic.AllFaults() {
		synctest.Test(t, func(t *testing.T) {
			c := company(t)
			var reqs []*http.Request
			for _, p := range fc.Places {
				reqs = append(reqs, c.request(p))
			}
			end := fc.Install(c.server, iic.Where{Times: 1, After: 1})
			for _, req := range reqs {
				c.see(req)
			}
			if n := c.server.Struck(); n != 0 && fc.Name != string(iic.Vanish) {
				t.Errorf("%s: struck %d at the first requests", fc.Name, n)
			}
			for _, p := range fc.Places {
				before := c.server.Struck()
				req := c.request(p)
				c.see(req)
				c.see(c.request(p))
				if n := c.server.Struck() - before; n != 1 {
					t.Errorf("%s at %s %s: struck %d of two", fc.Name, p.Op, p.Filter, n)
				}
				c.server.Reset()
				mustSeed(t, c.server, switchState())
			}
			end()
		})
	}
}
