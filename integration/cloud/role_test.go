//go:build unix

package cloud

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	"github.com/aws/aws-sdk-go-v2/service/identitystore/types"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
	admin "github.com/aws/aws-sdk-go-v2/service/ssoadmin/types"
)

// A landingZone is an instance of IAM Identity Center in moto, and its identity
// store, in an account of its own: moto shows it to that account alone.
type landingZone struct {
	t        *testing.T
	account  string
	store    string // its id
	instance string // its ARN
	people   *identitystore.Client
	admin    *ssoadmin.Client
	groups   map[string]string // ids by name
	users    map[string]string
}

func newLandingZone(t *testing.T, account string) *landingZone {
	t.Helper()
	cfg := amazon.sdk(t, account)
	z := &landingZone{
		t: t, account: account, people: identitystore.NewFromConfig(cfg), admin: ssoadmin.NewFromConfig(cfg),
		groups: map[string]string{}, users: map[string]string{},
	}
	found, err := z.admin.ListInstances(t.Context(), &ssoadmin.ListInstancesInput{})
	must(t, err)
	z.store, z.instance = *found.Instances[0].IdentityStoreId, *found.Instances[0].InstanceArn
	return z
}

// user makes a user as ssosync would, but for what moto does not know.
func (z *landingZone) user(name, given, family string, groups ...string) {
	z.t.Helper()
	u, err := z.people.CreateUser(z.t.Context(), &identitystore.CreateUserInput{
		IdentityStoreId: &z.store, UserName: &name, DisplayName: aws.String(given + " " + family),
		Name:   &types.Name{GivenName: &given, FamilyName: &family},
		Emails: []types.Email{{Value: &name, Type: aws.String("work"), Primary: true}},
	})
	must(z.t, err)
	z.users[name] = *u.UserId
	for _, g := range groups {
		if z.groups[g] == "" {
			made, err := z.people.CreateGroup(z.t.Context(), &identitystore.CreateGroupInput{IdentityStoreId: &z.store, DisplayName: &g})
			must(z.t, err)
			z.groups[g] = *made.GroupId
		}
		_, err := z.people.CreateGroupMembership(z.t.Context(), &identitystore.CreateGroupMembershipInput{
			IdentityStoreId: &z.store, GroupId: aws.String(z.groups[g]), MemberId: &types.MemberIdMemberUserId{Value: *u.UserId},
		})
		must(z.t, err)
	}
}

// permit gives a principal a permission set in an account.
func (z *landingZone) permit(set, account, kind, id string) {
	z.t.Helper()
	p, err := z.admin.CreatePermissionSet(z.t.Context(), &ssoadmin.CreatePermissionSetInput{InstanceArn: &z.instance, Name: &set, SessionDuration: aws.String("PT1H")})
	must(z.t, err)
	_, err = z.admin.CreateAccountAssignment(z.t.Context(), &ssoadmin.CreateAccountAssignmentInput{
		InstanceArn: &z.instance, PermissionSetArn: p.PermissionSet.PermissionSetArn, PrincipalId: &id,
		PrincipalType: admin.PrincipalType(kind), TargetId: &account, TargetType: admin.TargetTypeAwsAccount,
	})
	must(z.t, err)
}

// environ has the identity store and its administration in moto, reached as a
// role of the account.
func (z *landingZone) environ(externalID string) []string {
	z.t.Helper()
	url := amazon.url(z.t)
	return append(amazon.environ(z.t), "AWS_ENDPOINT_URL_IDENTITYSTORE="+url, "AWS_ENDPOINT_URL_SSO_ADMIN="+url,
		"SSOSYNC_ASSUME_ROLE="+z.role(), "SSOSYNC_ASSUME_ROLE_EXTERNAL_ID="+externalID, "SSOSYNC_IDENTITY_STORE_ID=", "AWS_IDENTITY_STORE_ID=", "SSOSYNC_STATE=")
}

func (z *landingZone) role() string { return "arn:aws:iam::" + z.account + ":role/reader" }

// With --read identitystore what AWS has is moto's store, in another account,
// behind a role. moto has no external ids and no status, so that nobody in it can
// be ours: whoever is there by name is adopted, and what is missing is created. A
// sync would write to another AWS than it reads, so that there is none here.
func TestReadIdentityStoreAsARole(t *testing.T) {
	t.Parallel()
	z := newLandingZone(t, "210987654321")
	c := newCompany(t, "ada", "grace", "edsger")
	for i := range 120 { // more than a page
		z.user(fmt.Sprintf("local%d@example.com", i), "Local", fmt.Sprint(i))
	}
	z.user("ada@example.com", "ada", "Example", "All")
	z.user("grace@example.com", "grace", "Example")
	z.user("visitor@example.com", "Visitor", "Example", "All")
	w := newWorld(t, "--fixture", c.path)
	externalID := secrets.give("external-id-of-the-role")
	environ := w.with(append(z.environ(externalID), "SSOSYNC_READ=identitystore")...)

	s := w.report(environ, "plan")
	users, groups, joins := s.Counts["users"], s.Counts["groups"], s.Counts["memberships"]
	if users["adopt"] != 2 || users["create"] != 1 || users["kept"] != 121 || groups["adopt"] != 1 || joins["join"] != 2 {
		t.Errorf("of three people two are there, one of them in the group, and 121 others: %v", s.Counts)
	}
	asked := amazon.asked(t, "Action=AssumeRole", url.QueryEscape(z.role()), "ExternalId="+externalID)
	if len(asked) == 0 {
		t.Fatal("moto was not asked for the role, with the external id")
	}
	as := regexp.MustCompile(`Credential=([A-Z0-9]+)/`)
	mine, lists := as.FindStringSubmatch(asked[0].Headers["Authorization"]), amazon.asked(t, z.store, "MaxResults")
	if len(lists) < 3 {
		t.Errorf("moto was asked for lists %d times", len(lists))
	}
	for _, r := range lists {
		if role := as.FindStringSubmatch(r.Headers["Authorization"]); role[1] == mine[1] || !strings.HasPrefix(role[1], "ASIA") {
			t.Errorf("the store is read with the key %s, that of the role is another", role[1])
		}
	}

	// Without the role it is the store of one's own account.
	own := newLandingZone(t, home)
	s = w.report(append(environ, "SSOSYNC_ASSUME_ROLE=", "SSOSYNC_ASSUME_ROLE_EXTERNAL_ID="), "plan")
	if n := s.Counts["users"]["create"]; n != 3 || s.Counts["users"]["adopt"] != 0 {
		t.Errorf("in the store %s nobody is: %v", own.store, s.Counts)
	}
}

// What stands behind somebody who loses access is read from moto: assignments of
// accounts, with the names of permission sets. moto does not know the one other
// operation; that one is answered here.
func TestImpactIsRead(t *testing.T) {
	t.Parallel()
	z := newLandingZone(t, "310987654321")
	c := newCompany(t, "ada", "grace", "edsger")
	w := newWorld(t, "--fixture", c.path)
	w.run(w.environ)
	z.permit("DatabaseAdmin", "111122223333", "USER", w.person("grace@example.com").ID)
	z.permit("ReadOnly", "111122223333", "USER", w.person("ada@example.com").ID)
	c.suspend(w, "grace")
	url, err := url.Parse(amazon.url(t))
	must(t, err)
	next := httputil.NewSingleHostReverseProxy(url)
	proxy := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".ListApplicationAssignmentsForPrincipal") {
			_, _ = io.WriteString(rw, `{"ApplicationAssignments":[]}`) // who hangs up has lost it
			return
		}
		next.ServeHTTP(rw, r)
	}))
	t.Cleanup(proxy.Close)
	environ := w.with("AWS_ENDPOINT_URL_SSO_ADMIN="+proxy.URL, "AWS_ENDPOINT_URL_STS="+url.String(), "SSOSYNC_ASSUME_ROLE="+z.role(), "AWS_IDENTITY_STORE_ID="+z.store)
	s := w.report(environ, "plan")
	if len(s.Impact.Lost) != 1 || s.Impact.Unknown != "" {
		t.Fatalf("one user loses access: %+v", s.Impact)
	}
	lost := s.Impact.Lost[0]
	if a := lost.Assignments; lost.Name != "grace@example.com" || len(a) != 1 || a[0].PermissionSet != "DatabaseAdmin" || a[0].Account != "111122223333" {
		t.Errorf("what is lost is %+v", lost)
	}
}
