package iic_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/emulator/iic"
	"ssosync/internal/emulator/inproc"
)

func TestOperation(t *testing.T) {
	for _, tt := range []struct{ method, path, target, want string }{
		{"POST", "/t/scim/v2/Users", "", "CreateUser"},
		{"GET", "/t/scim/v2/Users", "", "ListUsers"},
		{"GET", "/t/scim/v2/Users/1", "", "GetUser"},
		{"PUT", "/t/scim/v2/Users/1", "", "PutUser"},
		{"PATCH", "/t/scim/v2/Users/1", "", "PatchUser"},
		{"DELETE", "/t/scim/v2/Users/1", "", "DeleteUser"},
		{"POST", "/t/scim/v2/Groups", "", "CreateGroup"},
		{"GET", "/t/scim/v2/Groups", "", "ListGroups"},
		{"GET", "/t/scim/v2/Groups/1", "", "GetGroup"},
		{"PUT", "/t/scim/v2/Groups/1", "", "PutGroup"},
		{"PATCH", "/t/scim/v2/Groups/1", "", "PatchGroup"},
		{"DELETE", "/t/scim/v2/Groups/1", "", "DeleteGroup"},
		{"GET", "/t/scim/v2/ServiceProviderConfig", "", "ServiceProviderConfig"},
		{"GET", "/t/scim/v2/ResourceTypes", "", "ListResourceTypes"},
		{"GET", "/t/scim/v2/Schemas", "", "ListSchemas"},
		{"GET", "/t/scim/v2/Schemas/urn:x", "", "GetSchema"},
		{"POST", "/t/scim/v2/Schemas", "", "Unknown"},
		{"GET", "/t/scim/v2/ResourceTypes/User", "", "Unknown"},
		{"GET", "/t/scim/v2/Me", "", "Unknown"},
		{"GET", "/t/scim/v2/Users/1/2", "", "Unknown"},
		{"TRACE", "/t/scim/v2/Users/1", "", "Unknown"},
		{"DELETE", "/t/scim/v2/Users", "", "Unknown"},
		{"GET", "/t/scim/v3/Users", "", "Unknown"},
		{"GET", "/", "", "Unknown"},
		{"POST", "/", "AWSIdentityStore.ListUsers", "identitystore:ListUsers"},
		{"POST", "/", "SWBExternalService.ListInstances", "sso:ListInstances"},
		{"POST", "/", "Other.ListInstances", "Unknown"},
	} {
		r := httptest.NewRequest(tt.method, tt.path, http.NoBody)
		if tt.target != "" {
			r.Header.Set("X-Amz-Target", tt.target)
		}
		if got := iic.Operation(r); got != tt.want {
			t.Errorf("%s %s %s: %s, want %s", tt.method, tt.path, tt.target, got, tt.want)
		}
	}
}

func TestAuthorization(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := iic.New(iic.Options{
		Tenant: "my-tenant", Clock: func() time.Time { return now },
		Tokens: []iic.Token{{Value: "old", Expires: now.Add(time.Hour)}, {Value: "new"}},
	})
	c := connect(t, s)
	if s.BasePath() != "/my-tenant/scim/v2" {
		t.Errorf("base path %s", s.BasePath())
	}
	status := func(token string) int {
		c.token = token
		return c.do("GET", "/ServiceProviderConfig", nil).status
	}
	if a, b, x, y := status("old"), status("new"), status("other"), status(""); a != 200 || b != 200 || x != 401 || y != 401 {
		t.Errorf("old %d, new %d, other %d, none %d", a, b, x, y)
	}
	now = now.Add(time.Hour)
	if a, b := status("old"), status("new"); a != 401 || b != 200 {
		t.Errorf("an hour later: old %d, new %d", a, b)
	}
	for header, want := range map[string]int{"Basic new": 401, "bearer new": 401, "Bearer  new": 401, "Bearer new": 200, "AWS4-HMAC-SHA256 Credential=AKIA/x": 401} {
		req, _ := http.NewRequest(http.MethodGet, "https://scim.example.com/my-tenant/scim/v2/Users", http.NoBody)
		req.Header.Set("Authorization", header)
		if got := c.send(req); got.status != want {
			t.Errorf("%q: %d", header, got.status)
		}
	}
	for path, want := range map[string]int{"/my-tenant/scim/v2/Users": 200, "/other/scim/v2/Users": 401, "/my-tenant/scim/v2//Users": 401, "/": 401} {
		req, _ := http.NewRequest(http.MethodGet, "https://scim.example.com"+path, http.NoBody)
		req.Header.Set("Authorization", "Bearer new")
		if got := c.send(req); got.status != want {
			t.Errorf("%q: %d", path, got.status)
		}
	}
	s.Update(func(o *iic.Options) { o.Tokens = o.Tokens[:1] })
	if b := status("new"); b != 401 {
		t.Errorf("a token that was deleted: %d", b)
	}
}

func TestNetwork(t *testing.T) {
	from := func(network iic.Network, allow func(string) bool, remote string) int {
		s := iic.New(iic.Options{Network: network, AllowSource: allow})
		c := connect(t, s)
		transport := inproc.Transport(s)
		transport.RemoteAddr = remote
		c.client = &http.Client{Transport: transport}
		return c.do("GET", "/Users", nil).status
	}
	list := func(cidr ...string) iic.Network { return iic.Network{SCIMAllowSourceIPs: cidr} }
	for _, tt := range []struct {
		name    string
		network iic.Network
		allow   func(string) bool
		remote  string
		want    int
	}{
		{"default", iic.Network{}, nil, "203.0.113.9:1", 200},
		{"in the list", list("198.51.100.0/24", "203.0.113.9/32"), nil, "203.0.113.9:1", 200},
		{"mapped address in the list", list("203.0.113.0/24"), nil, "[::ffff:203.0.113.9]:1", 200},
		{"not in the list", list("198.51.100.0/24"), nil, "203.0.113.9:1", 403},
		{"VPC endpoint required", iic.Network{VpceAccessRequired: true}, nil, "203.0.113.9:1", 403},
		{"VPC endpoint required, SCIM opened", iic.Network{VpceAccessRequired: true, SCIMAllowSourceIPs: []string{"0.0.0.0/0"}}, nil, "203.0.113.9:1", 200},
		{"function says no", iic.Network{}, func(remote string) bool { return remote != "203.0.113.9:1" }, "203.0.113.9:1", 403},
		{"function says yes", iic.Network{}, func(remote string) bool { return remote == "203.0.113.9:1" }, "203.0.113.9:1", 200},
		{"no address", list("0.0.0.0/0"), nil, "pipe", 403},
	} {
		if got := from(tt.network, tt.allow, tt.remote); got != tt.want {
			t.Errorf("%s: %d", tt.name, got)
		}
	}
}

func TestThrottle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, iic.Options{Throttle: true})
		burst := func(n int, do func(i int) int) (served int) {
			for i := range n {
				switch status := do(i); status {
				case 429:
				case 200, 201, 204, 404:
					served++
				default:
					t.Fatalf("status %d", status)
				}
			}
			return served
		}
		read := func(int) int { return c.do("GET", "/Users", nil).status }
		write := func(i int) int { return c.do("DELETE", fmt.Sprint("/Users/", i), nil).status }
		if a, b := burst(60, read), burst(60, write); a != 40 || b != 25 {
			t.Errorf("%d reads, %d writes at once", a, b)
		}
		if n := burst(60, func(int) int { return c.do("GET", "/Groups", nil).status }); n != 40 {
			t.Errorf("another operation has its own bucket: %d", n)
		}
		if n := burst(60, func(i int) int { return c.do("DELETE", fmt.Sprint("/Groups/", i), nil).status }); n != 25 {
			t.Errorf("another write has its own bucket: %d", n)
		}
		time.Sleep(500 * time.Millisecond)
		if a, b := burst(60, read), burst(60, write); a != 20 || b != 12 {
			t.Errorf("%d reads, %d writes half a second later", a, b)
		}
		time.Sleep(time.Hour)
		if a := burst(60, read); a != 40 {
			t.Errorf("%d reads after an hour: the bucket overflowed", a)
		}
		if calls := c.server.Calls(); calls["ListUsers"] != 180 || calls["DeleteUser"] != 120 {
			t.Errorf("calls %v", calls)
		}
	})
}

func TestThrottleMembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, iic.Options{Throttle: true, Limits: iic.Limits{Membership: 50}})
		var ids []string
		var st iic.State
		for i := range 100 {
			ids = append(ids, fmt.Sprint("u", i))
			st.Users = append(st.Users, iic.User{ID: ids[i], UserName: ids[i]})
		}
		mustSeed(t, c.server, st)
		c.want(201, "POST", "/Groups", obj{"displayName": "g", "members": members(ids...)}) // a hundred must pass some time
		h := c.addGroup("h")
		c.want(429, "PATCH", "/Groups/"+h, patch("add", "members", members(ids[:10]...)))
		if n := len(c.members("h")); n != 0 {
			t.Errorf("%d members were added by a throttled request", n)
		}
		time.Sleep(200 * time.Millisecond)
		c.want(204, "PATCH", "/Groups/"+h, patch("add", "members", members(ids[:10]...)))
		c.want(429, "PATCH", "/Groups/"+h, patch("remove", "members", members(ids[:10]...)))
		c.want(204, "PATCH", "/Groups/"+h, patch("replace", "displayName", "renamed"))
	})
}

func TestLatencyAndPeak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := start(t, iic.Options{Latency: 100 * time.Millisecond})
		begin := time.Now()
		var wg sync.WaitGroup
		for range 7 {
			wg.Go(func() { c.do("GET", "/Users", nil) })
		}
		wg.Wait()
		if d := time.Since(begin); d != 100*time.Millisecond || c.server.PeakConcurrency() != 7 {
			t.Errorf("took %v, %d at once", d, c.server.PeakConcurrency())
		}
		c.server.ResetCalls()
		c.do("GET", "/Users", nil)
		if n := c.server.PeakConcurrency(); n != 1 {
			t.Errorf("peak %d after a reset", n)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		req, _ := http.NewRequestWithContext(ctx, http.MethodPost, "https://scim.example.com"+c.server.BasePath()+"/Groups", strings.NewReader(`{"displayName":"g"}`))
		req.Header.Set("Authorization", "Bearer x")
		res, err := c.client.Do(req)
		if err == nil {
			res.Body.Close()
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("err %v", err)
		}
		synctest.Wait()
		if n := len(c.server.State().Groups); n != 0 {
			t.Errorf("a client that went away before its answer was due was served: %d groups", n)
		}
	})
}

func TestSeedAndState(t *testing.T) {
	s := iic.New(iic.Options{})
	first := iic.State{
		Users:       []iic.User{{ID: "u1", UserName: "ada", Emails: []iic.Email{{Value: "a"}}, Addresses: []iic.Address{{Primary: new(true)}}}, {UserName: "bob", Active: true}},
		Groups:      []iic.Group{{DisplayName: "crew", Members: []string{"BOB", "u1"}, Description: "d"}},
		Assignments: []iic.Assignment{{PrincipalType: "GROUP", PrincipalID: "g9", AccountID: "111122223333"}},
	}
	mustSeed(t, s, first)
	st := s.State()
	if diff := cmp.Diff([]string{"ada", "bob"}, st.Members("CREW")); diff != "" {
		t.Error(diff)
	}
	// A snapshot shares nothing with the server, nor a seed.
	st.Users[0].Emails[0].Value, *st.Users[0].Addresses[0].Primary, st.Groups[0].Members[0] = "x", false, "x"
	first.Users[0].Emails[0].Value = "y"
	u, ok := s.State().User("ADA")
	if !ok || u.Emails[0].Value != "a" || !*u.Addresses[0].Primary || s.State().Groups[0].Members[0] == "x" {
		t.Errorf("%+v", u)
	}
	for name, bad := range map[string]iic.State{
		"taken name":     {Users: []iic.User{{UserName: "carol"}, {UserName: "Bob"}}},
		"taken address":  {Users: []iic.User{{UserName: "carol", Emails: []iic.Email{{Value: "A"}}}}},
		"taken group":    {Groups: []iic.Group{{DisplayName: "Crew"}}},
		"unknown member": {Users: []iic.User{{UserName: "carol"}}, Groups: []iic.Group{{DisplayName: "new", Members: []string{"nobody"}}}},
	} {
		before := s.State()
		if err := s.Seed(bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
		if diff := cmp.Diff(before, s.State()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	// The same id replaces.
	mustSeed(t, s, iic.State{Users: []iic.User{{ID: "u1", UserName: "ada2"}}, Groups: []iic.Group{{ID: st.Groups[0].ID, DisplayName: "crew2", Members: []string{"ada2"}}}})
	if diff := cmp.Diff([]string{"ada2"}, s.State().Members("crew2")); diff != "" || len(s.State().Groups) != 1 {
		t.Error(diff)
	}
	// A snapshot can be the seed of another server.
	other := iic.New(iic.Options{})
	mustSeed(t, other, s.State())
	if diff := cmp.Diff(s.State(), other.State()); diff != "" {
		t.Error(diff)
	}
	if len(s.Journal()) != 0 || len(s.Calls()) != 0 {
		t.Error("seeding is in the journal")
	}
	if _, ok := s.State().User("nobody"); ok {
		t.Error("found nobody")
	}
	if m := s.State().Members("nothing"); m != nil {
		t.Errorf("members of nothing: %v", m)
	}
}

func TestDanglingAssignments(t *testing.T) {
	c := start(t, iic.Options{})
	u, g := c.addUser("ada"), c.addGroup("crew")
	c.server.Assign(iic.Assignment{PrincipalType: "USER", PrincipalID: u, AccountID: "1"}, iic.Assignment{PrincipalType: "GROUP", PrincipalID: g, AccountID: "2"})
	if d := c.server.Dangling(); len(d) != 0 {
		t.Errorf("%v", d)
	}
	c.want(204, "DELETE", "/Groups/"+g, nil)
	if again := c.addGroup("crew"); again == g {
		t.Error("an id was used twice")
	}
	if d := c.server.Dangling(); len(d) != 1 || d[0].PrincipalID != g {
		t.Errorf("%v", d)
	}
	c.server.Remove(u, "nobody")
	if d := c.server.Dangling(); len(d) != 2 || len(c.server.State().Assignments) != 2 {
		t.Errorf("%v", d)
	}
}

func TestReset(t *testing.T) {
	c := start(t, iic.Options{})
	first := c.addUser("ada")
	c.server.ResetCalls()
	if len(c.server.Journal()) != 0 || len(c.server.Calls()) != 0 || len(c.server.State().Users) != 1 {
		t.Error("ResetCalls")
	}
	c.server.Reset()
	if diff := cmp.Diff(iic.State{}, c.server.State()); diff != "" {
		t.Error(diff)
	}
	if again := c.addUser("ada"); again == first {
		t.Error("an id was used twice")
	}
}

func TestJournal(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := start(t, iic.Options{Clock: func() time.Time { return now }})
	crew := c.want(201, "POST", "/Groups", `{"displayName":"crew"}`).id()
	c.want(409, "POST", "/Groups", `{"displayName":"crew"}`)
	c.want(200, "GET", "/Groups", nil)
	c.token = ""
	c.want(401, "DELETE", "/Groups/x", nil)
	path := c.server.BasePath() + "/Groups"
	want := []iic.Entry{
		{Operation: "CreateGroup", Path: path, Body: `{"displayName":"crew"}`, Status: 201, At: now, ID: crew},
		{Operation: "CreateGroup", Path: path, Body: `{"displayName":"crew"}`, Status: 409, Detail: "Duplicate GroupDisplayName", At: now},
		{Operation: "DeleteGroup", Path: path + "/x", Status: 401, Detail: "no bearer token", At: now},
	}
	if diff := cmp.Diff(want, c.server.Journal()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"CreateGroup": 2, "ListGroups": 1, "DeleteGroup": 1}, c.server.Calls()); diff != "" {
		t.Error(diff)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("gone") }
func (broken) Close() error             { return nil }

// A request that breaks off in the middle does nothing, like a connection that is cut.
func TestBrokenRequest(t *testing.T) {
	s := iic.New(iic.Options{})
	r := httptest.NewRequest(http.MethodPost, s.BasePath()+"/Groups", broken{})
	defer func() {
		if err, _ := recover().(error); !errors.Is(err, http.ErrAbortHandler) {
			t.Error("the handler answered")
		}
	}()
	s.ServeHTTP(httptest.NewRecorder(), r)
}

func TestConcurrentUse(t *testing.T) {
	c := start(t, iic.Options{})
	group := c.addGroup("crew")
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := range 20 {
				id := c.addUser(fmt.Sprintf("u%d-%d", w, i))
				c.want(204, "PATCH", "/Groups/"+group, patch("add", "members", members(id)))
				c.want(200, "GET", "/Users?cursor", nil)
				c.server.State()
			}
		})
	}
	wg.Wait()
	if n := len(c.members("crew")); n != 160 {
		t.Errorf("%d members", n)
	}
}
