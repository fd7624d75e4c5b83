package iic_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/awsid"
	emulator "ssosync/internal/emulator/iic"
	"ssosync/internal/identity"
	"ssosync/internal/secret"
	"ssosync/internal/target/iic"
)

// probed is a target in front of an emulator that holds n people and one group of
// them all.
func probed(t *testing.T, n int, o emulator.Options) (*emulator.Server, *iic.Target) {
	t.Helper()
	s := emulator.New(o)
	state := emulator.State{Groups: []emulator.Group{{DisplayName: "Dev", ExternalID: "01dev0000000000"}}}
	for i := range n {
		name := fmt.Sprintf("p%04d@example.com", i)
		state.Users = append(state.Users, emulator.Person(name, "P", "Q", fmt.Sprintf("1%020d", i)))
		state.Groups[0].Members = append(state.Groups[0].Members, name)
	}
	if err := s.Seed(state); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(s)
	t.Cleanup(web.Close)
	t.Setenv("AWS_ENDPOINT_URL", web.URL)
	tg, err := iic.New(iic.Options{
		Endpoint: web.URL + s.BasePath(), Token: secret.New("t"), Region: "us-east-1",
		AWS: awsid.Configure("us-east-1", awsid.Static{AccessKeyID: secret.New("AKID"), SecretAccessKey: secret.New("s")}, awsid.Role{}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, tg
}

func TestPages(t *testing.T) {
	for n, more := range map[int]bool{0: false, 3: false, 100: false, 101: true} {
		_, tg := probed(t, n, emulator.Options{})
		objects, others, err := tg.Page(t.Context(), identity.KindUser)
		if err != nil || len(objects) != min(n, 100) || others != more {
			t.Errorf("%d: %d objects, more: %v, %v", n, len(objects), others, err)
		}
		if n > 0 && (objects[0].ID == "" || objects[0].Name == "" || objects[0].ExternalID == "") {
			t.Errorf("%+v", objects[0])
		}
		groups, _, err := tg.Page(t.Context(), identity.KindGroup)
		if err != nil || len(groups) != 1 || groups[0].Name != "Dev" || groups[0].ExternalID != "01dev0000000000" {
			t.Errorf("%+v, %v", groups, err)
		}
	}
	_, tg := probed(t, 1, emulator.Options{Switches: emulator.Switches{NoCursor: true}})
	if _, _, err := tg.Page(t.Context(), identity.KindUser); !errors.Is(err, iic.ErrNoCursor) {
		t.Error(err)
	}
}

// A survey of the store reads so many pages and no more.
func TestObjects(t *testing.T) {
	for _, c := range []struct {
		n, pages, want int
		more           bool
		calls          int
	}{
		{3, 1, 3, false, 1}, {99, 1, 99, false, 1}, {250, 2, 200, true, 2}, {250, 3, 250, false, 3}, {250, 10, 250, false, 3},
	} {
		s, tg := probed(t, c.n, emulator.Options{})
		if err := s.By("arn:aws:iam::123456789012:user/kim").EditUser("p0000@example.com", func(u *emulator.User) { u.Title = "Queen" }); err != nil {
			t.Fatal(err)
		}
		p := tg.Probe(time.Second)
		objects, more, err := p.Objects(t.Context(), "d-1234567890", identity.KindUser, c.pages)
		if err != nil || len(objects) != c.want || more != c.more || s.Calls()["identitystore:ListUsers"] != c.calls {
			t.Errorf("%+v: %d objects, more: %v, %v, %v", c, len(objects), more, s.Calls(), err)
		}
		if o := objects[0]; o.ID == "" || o.ExternalID == "" || time.Since(o.UpdatedAt).Abs() > time.Minute {
			t.Errorf("%+v", o)
		}
		kims := slices.DeleteFunc(objects, func(o iic.Object) bool { return o.UpdatedBy != "arn:aws:iam::123456789012:user/kim" })
		if len(kims) != 1 && !c.more || len(kims) == 1 && kims[0].Name != "p0000@example.com" {
			t.Errorf("%+v", kims)
		}
	}
	_, tg := probed(t, 1, emulator.Options{})
	groups, more, err := tg.Probe(time.Second).Objects(t.Context(), "d-1234567890", identity.KindGroup, 1)
	if err != nil || more || len(groups) != 1 || groups[0].Name != "Dev" {
		t.Errorf("%+v, %v", groups, err)
	}
}

func TestProbes(t *testing.T) {
	s, tg := probed(t, 1, emulator.Options{
		Network:   emulator.Network{VpceAccessRequired: true, SCIMAllowSourceIPs: []string{"0.0.0.0/0", "2001:db8::/32", "$(rm -r /)"}, APIAllowSourceIPs: []string{"127.0.0.0/8"}},
		Instances: []emulator.Instance{{PrimaryRegion: "eu-west-1", Regions: []string{"us-east-1"}}, {IdentityStoreID: "d-2", Arn: "arn:aws:sso:::instance/ssoins-2", PrimaryRegion: "ap-south-1", Status: "CREATE_FAILED"}},
	})
	p := tg.Probe(time.Second)
	who, err := p.Principal(t.Context())
	if err != nil || who.Account == "" || who.ARN == "" {
		t.Errorf("%+v, %v", who, err)
	}
	found, err := p.Instances(t.Context())
	slices.SortFunc(found, func(a, b iic.Instance) int { return len(a.Store) - len(b.Store) })
	want := []iic.Instance{
		{ARN: "arn:aws:sso:::instance/ssoins-2", Store: "d-2", Owner: "111122223333", Status: "CREATE_FAILED", Primary: "ap-south-1", Regions: []string{"ap-south-1"}},
		{ARN: "arn:aws:sso:::instance/ssoins-1234567890abcdef", Store: "d-1234567890", Owner: "111122223333", Status: "ACTIVE", Primary: "eu-west-1", Regions: []string{"eu-west-1", "us-east-1"}},
	}
	if diff := cmp.Diff(want, found); diff != "" || err != nil {
		t.Error(diff, err)
	}
	n, err := p.Network(t.Context(), "d-1234567890")
	// What could be more than a range in a command is left out.
	if diff := cmp.Diff(iic.Network{VPCEndpoint: true, SCIMSources: []string{"0.0.0.0/0", "2001:db8::/32"}, APISources: []string{"127.0.0.0/8"}}, n); diff != "" || err != nil {
		t.Error(diff, err)
	}
	group := s.State().Groups[0].ID
	if err := p.AnyMember(t.Context(), "d-1234567890", group); err != nil {
		t.Error(err)
	}
	for _, op := range []string{"sts:GetCallerIdentity", "sso:ListInstances", "identitystore:DescribeIdentityStore", "identitystore:ListGroupMemberships"} {
		if s.Calls()[op] != 1 {
			t.Errorf("%d calls of %s", s.Calls()[op], op)
		}
	}
}

// Each question about assignments that is not answered is named.
func TestAssigned(t *testing.T) {
	all := []string{"sso:ListAccountAssignmentsForPrincipal", "sso:DescribePermissionSet", "sso:ListApplicationAssignmentsForPrincipal", "sso:DescribeApplication"}
	for i := range len(all) + 1 {
		s, tg := probed(t, 1, emulator.Options{})
		group := s.State().Groups[0].ID
		s.Assign(emulator.Assignment{PrincipalType: "GROUP", PrincipalID: group, AccountID: "123456789012", PermissionSetArn: "arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1"})
		s.AssignApplication(emulator.ApplicationAssignment{PrincipalType: "GROUP", PrincipalID: group, ApplicationArn: "arn:aws:sso::123456789012:application/ssoins-1234567890abcdef/apl-1"})
		want := 0
		if i < len(all) {
			s.Update(func(o *emulator.Options) { o.IAM.Missing = all[i : i+1] })
			want = 1
		}
		failed := tg.Probe(time.Second).Assigned(t.Context(), "arn:aws:sso:::instance/ssoins-1234567890abcdef", identity.KindGroup, group)
		if len(failed) != want || want == 1 && !errors.Is(failed[0], iic.ErrUnauthorized) {
			t.Errorf("%d: %v", i, failed)
		}
		for _, err := range failed {
			if remedy := iic.Remedy(err); !strings.Contains(remedy, "needs "+all[i]+",") {
				t.Errorf("%q does not name %s", remedy, all[i])
			}
		}
	}
}

// Without credentials, the probe says so; what was not there is asked for once.
func TestNoCredentials(t *testing.T) {
	tg, err := iic.New(iic.Options{Endpoint: "https://scim.us-east-1.amazonaws.com/t/scim/v2", Token: secret.New("t"), Base: http.DefaultTransport})
	if err != nil {
		t.Fatal(err)
	}
	p := tg.Probe(time.Second)
	if _, err := p.Principal(t.Context()); !errors.Is(err, iic.ErrSetup) {
		t.Error(err)
	}
	for _, err := range p.Assigned(t.Context(), "i", identity.KindUser, "u") {
		if !errors.Is(err, iic.ErrSetup) {
			t.Error(err)
		}
	}
}
