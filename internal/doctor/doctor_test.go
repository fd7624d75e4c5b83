package doctor_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/directory"
	"ssosync/internal/doctor"
)

func run(t *testing.T, p *patient) doctor.Report {
	t.Helper()
	return doctor.Run(t.Context(), p.in)
}

// order is that of all checks.
var order = []string{
	"google.credentials", "google.clock", "google.token", "google.admin", "google.customer", "google.users", "google.groups", "google.members",
	"google.roles", "google.scope", "google.nested",
	"aws.endpoint", "aws.token", "aws.fallback", "aws.token-age", "aws.cursor", "aws.credentials", "aws.instance", "aws.network", "aws.reads",
	"aws.store", "aws.impact", "aws.managed", "aws.writers", "local.state", "local.env",
}

func TestGoodHealth(t *testing.T) {
	r := run(t, healthy(t))
	want := []string{
		"google.credentials", "google.clock", "google.token", "google.admin", "google.users", "google.groups", "google.members", "google.scope",
		"aws.endpoint", "aws.token", "aws.token-age", "aws.cursor", "aws.credentials", "aws.instance", "aws.network", "aws.reads", "aws.store", "aws.impact", "aws.managed", "aws.writers",
		"local.state", "local.env",
	}
	if diff := cmp.Diff(want, ids(r)); diff != "" {
		t.Error(diff)
	}
	for _, f := range r.Findings {
		if f.Status != doctor.OK || f.Fact == "" || f.Name == "" || f.Side == "" || f.Cause+f.Remedy != "" {
			t.Errorf("%+v", f)
		}
	}
}

// Each row is one thing that is wrong, and what is said of it.
func TestFindings(t *testing.T) {
	const day = 24 * time.Hour
	skew := func(d time.Duration) func(*patient) {
		return func(p *patient) { p.in.Google.Skew = func() (time.Duration, bool) { return d, true } }
	}
	fails := func(what string) func(*patient) { return func(p *patient) { p.fail[what] = errBroken } }
	ends := func(d time.Duration) func(*patient) { return func(p *patient) { p.in.AWS.TokenEnds = now.Add(d) } }
	wrote := func(who string, ago time.Duration) func(*patient) {
		return func(p *patient) { p.groups[0].UpdatedBy, p.groups[0].UpdatedAt = who, now.Add(-ago) }
	}
	byStore := func(then func(*patient)) func(*patient) {
		return func(p *patient) { p.in.AWS.ByStore = true; then(p) }
	}
	none := func(p *patient) { p.fail["principal"] = fmt.Errorf("%w: %w", doctor.ErrNone, errBroken) }
	for _, c := range []struct {
		name   string
		change func(*patient)
		id     string
		status doctor.Status
		says   string
	}{
		{"no login at all", func(p *patient) { p.in.Google = doctor.Google{Err: errBroken} }, "google.credentials", doctor.Error, "broken"},
		{"a login that the configuration's lines are about", func(p *patient) { p.in.Google = doctor.Google{Err: errBroken, Missing: "google-credentials"} }, "google.credentials", doctor.Skipped, "not checked: needs google-credentials"},
		{"clock unknown", func(p *patient) { p.in.Google.Skew = func() (time.Duration, bool) { return 0, false } }, "google.clock", "", ""},
		{"clock fine", skew(29 * time.Second), "google.clock", doctor.OK, "29s behind"},
		{"clock late", skew(30 * time.Second), "google.clock", doctor.Warning, "timedatectl"},
		{"clock early", skew(-4 * time.Minute), "google.clock", doctor.Warning, "4m0s ahead"},
		{"clock wrong", skew(5 * time.Minute), "google.clock", doctor.Error, "5m0s behind"},
		{"clock wrong, early", skew(-5 * time.Minute), "google.clock", doctor.Error, "refuses"},
		{"login refused", fails("login"), "google.token", doctor.Error, "the remedy of broken"},
		{"one scope", func(p *patient) { p.fail["login"], p.refused = errBroken, p.in.Google.Scopes[1:] }, "google.token", doctor.Error, "the scope b.readonly is not granted: broken"},
		{"no scope", func(p *patient) { p.fail["login"], p.refused = errBroken, p.in.Google.Scopes }, "google.token", doctor.Error, "none of the scopes is granted: broken"},
		{"scopes unknown", func(p *patient) {
			p.fail["login"], p.fail["refused"], p.refused = errBroken, errBroken, p.in.Google.Scopes
		}, "google.token", doctor.Error, "broken"},
		{"no subject", func(p *patient) { p.in.Google.Subject = "" }, "google.admin", "", ""},
		{"admin unknown", fails("admin"), "google.admin", doctor.Error, "broken"},
		{"admin suspended", func(p *patient) { p.admin.Suspended = true }, "google.admin", doctor.Error, "--google-admin"},
		{"admin archived", func(p *patient) { p.admin.Archived = true }, "google.admin", doctor.Error, "suspended or archived"},
		{"terms", func(p *patient) { p.admin.AgreedToTerms = false }, "google.admin", doctor.Warning, "terms"},
		{"no admin", func(p *patient) { p.admin.Delegated = false }, "google.admin", doctor.Warning, "does not call this account an administrator"},
		{"super admin", func(p *patient) { p.admin.Super, p.admin.Delegated = true, false }, "google.admin", doctor.OK, "super administrator"},
		{"customer's scope", func(p *patient) { p.scopes = []string{doctor.ScopeCustomer} }, "google.customer", doctor.OK, "C01abcd23, example.com"},
		{"customer unknown", func(p *patient) { p.scopes, p.fail["customer"] = []string{doctor.ScopeCustomer}, errBroken }, "google.customer", doctor.Warning, "broken"},
		{"roles' scope", func(p *patient) { p.scopes = []string{doctor.ScopeRoles} }, "google.roles", doctor.OK, "Groups Reader of " + admin},
		{"roles of the account itself", func(p *patient) { p.scopes, p.in.Google.Subject = []string{doctor.ScopeRoles}, "" }, "google.roles", doctor.OK, "Groups Reader of 42"},
		{"roles unknown", func(p *patient) { p.scopes, p.fail["roles"] = []string{doctor.ScopeRoles}, errBroken }, "google.roles", doctor.Warning, "broken"},
		{"users", fails("users"), "google.users", doctor.Error, "broken"},
		{"groups", fails("groups"), "google.groups", doctor.Error, "broken"},
		{"no group", func(p *patient) { p.group = "" }, "google.groups", doctor.Error, "--customer-id"},
		{"members", fails("members"), "google.members", doctor.Error, "broken"},
		{"reading", fails("read"), "google.scope", doctor.Error, "broken"},
		{"in scope", func(*patient) {}, "google.scope", doctor.OK, "1 group, 1 user, 1 membership right now"},
		{"a query without a match", func(p *patient) { p.in.Rules = rules(t, "*,name:Nobody*") }, "google.scope", doctor.Warning, "--group-match name:Nobody* finds 0"},
		{"nothing in scope", func(p *patient) { p.in.Rules = rules(t, "") }, "google.scope", doctor.Warning, "no group is in scope"},
		{"wrong rules", func(p *patient) { p.in.Unruly = true }, "google.scope", doctor.Skipped, "needs queries"},
		{"nested", func(p *patient) {
			p.snap.Members[devID] = append(p.snap.Members[devID], directory.Member{Kind: directory.MemberGroup, ID: "01inner00000000"})
		}, "google.nested", doctor.Warning, "1 group in 1 group in scope"},
		{"notes", func(p *patient) { p.snap.Notes = []string{"a group of another organisation"} }, "google.nested", doctor.Warning, "another organisation"},
		{"doubts", func(p *patient) { p.snap.Doubts = []string{"announces 7"} }, "google.nested", doctor.Warning, "announces 7"},

		{"no endpoint", func(p *patient) { p.in.AWS = doctor.AWS{Err: errBroken} }, "aws.endpoint", doctor.Error, "broken"},
		{"endpoint that the lines are about", func(p *patient) { p.in.AWS = doctor.AWS{Err: errBroken, Missing: "endpoint"} }, "aws.endpoint", doctor.Skipped, "needs endpoint"},
		{"strange host", func(p *patient) { p.in.AWS.HostRegion = "" }, "aws.endpoint", doctor.OK, "no Region"},
		{"token", fails("scim.ping"), "aws.token", doctor.Error, "broken"},
		{"second token", func(p *patient) { p.in.AWS.Fallback = scim{p, "second."} }, "aws.fallback", doctor.OK, "accepted"},
		{"second token refused", func(p *patient) { p.in.AWS.Fallback, p.fail["second.ping"] = scim{p, "second."}, errBroken }, "aws.fallback", doctor.Warning, "broken"},
		{"age unknown", func(p *patient) { p.in.AWS.TokenEnds = time.Time{} }, "aws.token-age", "", ""},
		{"31 days left", ends(31 * day), "aws.token-age", doctor.OK, "in 31 days"},
		{"30 days left", ends(30 * day), "aws.token-age", doctor.Warning, "ssosync token rotate"},
		{"expired", func(p *patient) { ends(0)(p); p.fail["scim.ping"] = errBroken }, "aws.token-age", doctor.Error, "has expired on 2026-11-26"},
		{"expired, they say", ends(0), "aws.token-age", doctor.Warning, "would have expired on 2026-11-26"},
		{"age not sure", func(p *patient) { p.in.AWS.AtTheLatest = true }, "aws.token-age", doctor.OK, "at the latest"},
		{"no cursor", fails("scim.users"), "aws.cursor", doctor.Warning, "broken"},
		{"no cursor, nor another way", func(p *patient) { p.fail["scim.users"], p.in.AWS.ByEither = errBroken, false }, "aws.cursor", doctor.Error, "broken"},
		{"no credentials", none, "aws.credentials", doctor.Skipped, "a sync needs none"},
		{"no credentials, and no cursor", func(p *patient) { none(p); p.fail["scim.users"] = errBroken }, "aws.credentials", doctor.Error, "broken"},
		{"no credentials, by store", byStore(none), "aws.credentials", doctor.Error, "broken"},
		{"credentials refused", fails("principal"), "aws.credentials", doctor.Warning, "broken"},
		{"instances", fails("instances"), "aws.instance", doctor.Warning, "broken"},
		{"instances, and no store's id", byStore(func(p *patient) { p.fail["instances"], p.in.AWS.StoreID = errBroken, "" }), "aws.instance", doctor.Error, "broken"},
		{"no instance", func(p *patient) { p.found = nil }, "aws.instance", doctor.Error, "see no instance of IAM Identity Center in us-east-1"},
		{"no instance, not needed", func(p *patient) { p.found, p.in.AWS.StoreID = nil, "" }, "aws.instance", doctor.Warning, "see no instance"},
		{"another store", func(p *patient) { p.found[0].Store = "d-0000000000" }, "aws.instance", doctor.Error, "--identity-store-id"},
		{"store by ARN", func(p *patient) { p.in.AWS.StoreID = "arn:aws:identitystore::1:identitystore/" + store }, "aws.instance", doctor.OK, store},
		{"two instances", byStore(func(p *patient) {
			p.in.AWS.StoreID, p.found = "", append(p.found, doctor.Instance{Store: "d-2", Status: "ACTIVE", Primary: "us-east-1"})
		}), "aws.instance", doctor.Error, "2 instances are visible"},
		{"two, of which one is here", func(p *patient) {
			p.in.AWS.StoreID, p.found = "", append(p.found, doctor.Instance{Store: "d-2", Status: "ACTIVE", Primary: "eu-west-1"})
		}, "aws.instance", doctor.OK, store},
		{"two, of which one is active", func(p *patient) {
			p.in.AWS.StoreID, p.found = "", append(p.found, doctor.Instance{Store: "d-2", Status: "CREATE_FAILED", Primary: "us-east-1"})
		}, "aws.instance", doctor.OK, store},
		{"not active", func(p *patient) { p.found[0].Status = "DELETE_IN_PROGRESS" }, "aws.instance", doctor.Error, "DELETE_IN_PROGRESS"},
		{"another primary Region", func(p *patient) {
			p.found[0].Primary, p.found[0].Regions = "eu-west-1", []string{"eu-west-1", "us-east-1"}
		}, "aws.instance", doctor.Error, "primary Region only"},
		{"a replica", func(p *patient) { p.found[0].Regions = []string{"eu-west-1", "us-east-1"} }, "aws.instance", doctor.OK, "us-east-1 (and eu-west-1)"},
		{"another Region", func(p *patient) { p.in.AWS.Region = "eu-west-1" }, "aws.instance", doctor.Error, "set --region us-east-1"},
		{"network unknown", fails("network"), "aws.network", doctor.Warning, "broken"},
		{"closed", func(p *patient) { p.net.VPCEndpoint = true }, "aws.network", doctor.Warning, "--network-configuration 'VpceAccessRequired=true,ScimAllowSourceIps=ADDRESS/32'"},
		{"closed, and refused", func(p *patient) { p.net.VPCEndpoint, p.fail["scim.ping"] = true, doctor.ErrDenied }, "aws.network", doctor.Error, "likeliest"},
		{"closed, and another failure", func(p *patient) { p.net.VPCEndpoint, p.fail["scim.ping"] = true, errBroken }, "aws.network", doctor.Warning, "VpceAccessRequired"},
		{"a list, and another failure", func(p *patient) { p.net.SCIMSources, p.fail["scim.ping"] = []string{"192.0.2.0/24"}, errBroken }, "aws.network", doctor.OK, "192.0.2.0/24"},
		{"a list", func(p *patient) { p.net.SCIMSources = []string{"192.0.2.0/24"} }, "aws.network", doctor.OK, "this machine is let in"},
		{"a list, and refused", func(p *patient) {
			p.net, p.fail["scim.ping"] = doctor.Network{SCIMSources: []string{"192.0.2.0/24"}, APIVPCs: []string{"vpc-1"}, APISources: []string{"10.0.0.0/8"}}, doctor.ErrDenied
		}, "aws.network", doctor.Error, "'VpceAccessRequired=false,ApiRestrictSourceVpcs=vpc-1,ApiAllowSourceIps=10.0.0.0/8,ScimAllowSourceIps=192.0.2.0/24,ADDRESS/32'"},
		{"no list, and refused", fails("scim.ping"), "aws.network", doctor.OK, "open to all"},
		{"store unknown", func(p *patient) { p.fail["instances"], p.in.AWS.StoreID = errBroken, "" }, "aws.network", doctor.Skipped, "needs"},
		{"users of the store", fails("store.users"), "aws.reads", doctor.Warning, "broken"},
		{"members of the store", fails("store.members"), "aws.reads", doctor.Warning, "broken"},
		{"all of the store", byStore(func(p *patient) { p.fail["store.users"], p.fail["store.groups"] = errBroken, errors.New("also broken") }), "aws.reads", doctor.Error, "broken; also broken"},
		{"another store than SCIM's", func(p *patient) { p.scimSees = []doctor.Object{{ID: "u2"}} }, "aws.store", doctor.Error, "another identity store"},
		{"SCIM's store is empty", func(p *patient) { p.scimSees = nil }, "aws.store", doctor.Error, "shows 0 users"},
		{"nobody is sure", func(p *patient) { p.scimSees, p.more = []doctor.Object{{ID: "u2"}}, true }, "aws.store", "", ""},
		{"both empty", func(p *patient) { p.scimSees, p.users = nil, nil }, "aws.store", "", ""},
		{"impact off", func(p *patient) { p.in.AWS.Impact = false }, "aws.impact", "", ""},
		{"impact refused", fails("assigned"), "aws.impact", doctor.Warning, "--impact off"},
		{"nobody is there", func(p *patient) { p.users, p.groups, p.scimSees = nil, nil, nil }, "aws.impact", doctor.Skipped, "nobody yet"},
		{"empty", func(p *patient) { p.users, p.groups, p.scimSees = nil, nil, nil }, "aws.managed", doctor.OK, "nothing is in Identity Center yet"},
		{"unmanaged", func(p *patient) {
			p.groups = append(p.groups, doctor.Object{ID: "g2", Name: "Local"}, doctor.Object{ID: "g3", Name: "AWSControlTowerAdmins"})
		}, "aws.managed", doctor.OK, "1 user and 3 groups: 2 are ours, 2 are not and are left alone (1 of them protected by presets)"},
		{"foreign", func(p *patient) { p.users[0].ExternalID = "00u1okta" }, "aws.managed", doctor.Warning, "Autoprovisioning"},
		{"without the store", none, "aws.managed", doctor.OK, "1 user and 1 group: 2 are ours"},
		{"a person", wrote("arn:aws:sts::123456789012:assumed-role/Admin/kim", 6*day), "aws.writers", doctor.Warning, "assumed-role/Admin/kim (1)"},
		{"long ago", wrote("arn:aws:sts::123456789012:assumed-role/Admin/kim", 8*day), "aws.writers", doctor.OK, "nobody else"},
		{"a syncer", wrote("arn:aws:sts::123456789012:assumed-role/SSOSyncFunction/x", 23*time.Hour), "aws.writers", doctor.Error, "a second syncer: 1 object changed by"},
		{"a syncer, yesterday", wrote("arn:aws:sts::123456789012:assumed-role/SSO-Sync/x", 25*time.Hour), "aws.writers", doctor.Warning, "SSO-Sync"},
		{"a syncer that sets no external id", func(p *patient) {
			wrote("arn:aws:sts::123456789012:assumed-role/SSOSyncFunction/x", time.Hour)(p)
			p.groups[0].ExternalID = ""
		}, "aws.writers", doctor.Error, "second syncer"},
		{"somebody who changes what is not ours", func(p *patient) {
			wrote("arn:aws:sts::123456789012:assumed-role/Admin/kim", time.Hour)(p)
			p.groups[0].ExternalID = ""
		}, "aws.writers", doctor.OK, "nobody else"},
		{"writers unknown", none, "aws.writers", doctor.Skipped, "needs AWS credentials"},

		{"no state", func(p *patient) { p.in.Local.Memory, p.in.Local.Why = nil, "because" }, "local.state", doctor.Warning, "none: because"},
		{"state", fails("state"), "local.state", doctor.Error, "broken"},
		{"locked", func(p *patient) { p.held = "another run" }, "local.state", doctor.Warning, "locked by another run"},
		{"open .env", func(p *patient) { p.in.Local.Mode = func(string) (fs.FileMode, error) { return 0o640, nil } }, "local.env", doctor.Warning, "chmod 600 .env"},
		{".env gone", func(p *patient) { p.in.Local.Mode = func(string) (fs.FileMode, error) { return 0, fs.ErrNotExist } }, "local.env", "", ""},
		{".env unreadable", func(p *patient) { p.in.Local.Mode = func(string) (fs.FileMode, error) { return 0, errBroken } }, "local.env", doctor.Warning, "broken"},
		{"no .env", func(p *patient) { p.in.Local.EnvFile = "" }, "local.env", "", ""},
		{"configuration", func(p *patient) { p.in.Problems = []doctor.Problem{{Option: "region", Text: "region is wrong"}} }, "config.region", doctor.Error, "region is wrong"},
		{"configuration, of nothing", func(p *patient) { p.in.Problems = []doctor.Problem{{Text: "all wrong"}} }, "config", doctor.Error, "all wrong"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := healthy(t)
			c.change(p)
			f := found(run(t, p), c.id)
			if text := f.Fact + "\n" + f.Cause + "\n" + f.Remedy; f.Status != c.status || !strings.Contains(text, c.says) {
				t.Errorf("%s: %q\n%s\nwant %q, %q", c.id, f.Status, text, c.status, c.says)
			}
			if f.Status == doctor.Error && f.Side != doctor.Configuration && f.Remedy == "" {
				t.Errorf("no remedy: %+v", f)
			}
		})
	}
}

// What rests on something that is broken is not an error of its own.
func TestWhatRestsOnWhat(t *testing.T) {
	for name, c := range map[string]struct {
		fail []string
		want map[string]string
	}{
		"login": {[]string{"login"}, map[string]string{
			"google.admin": "login", "google.customer": "login", "google.users": "login", "google.groups": "login", "google.members": "read groups", "google.scope": "read users", "google.nested": "in scope", "google.roles": "login",
		}},
		"groups":      {[]string{"groups"}, map[string]string{"google.members": "read groups", "google.scope": "read groups", "google.nested": "in scope"}},
		"token":       {[]string{"scim.ping"}, map[string]string{"aws.cursor": "SCIM token", "aws.store": "SCIM lists"}},
		"credentials": {[]string{"principal"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			p := healthy(t)
			for _, what := range c.fail {
				p.fail[what] = errBroken
			}
			r := run(t, p)
			if n := r.Count(doctor.Error) + r.Count(doctor.Warning); n != 1 {
				t.Errorf("%d findings: %+v", n, r.Findings)
			}
			for id, need := range c.want {
				if f := found(r, id); f.Status != doctor.Skipped || f.Fact != "not checked: needs "+need {
					t.Errorf("%s: %+v", id, f)
				}
			}
		})
	}
}

// One side that is not there keeps nobody from the other.
func TestTheSidesAreApart(t *testing.T) {
	p := healthy(t)
	p.in.Google = doctor.Google{Err: errBroken}
	if r := run(t, p); found(r, "aws.writers").Status != doctor.OK || found(r, "local.state").Status != doctor.OK || r.Count(doctor.Error) != 1 {
		t.Errorf("%+v", r.Findings)
	}
	p = healthy(t)
	p.in.AWS = doctor.AWS{Err: errBroken}
	if r := run(t, p); found(r, "google.scope").Status != doctor.OK || r.Count(doctor.Error) != 1 {
		t.Errorf("%+v", r.Findings)
	}
}

// Nobody answers: it takes less than a minute all the same, and each line comes
// in its place.
func TestHostsThatDoNotAnswer(t *testing.T) {
	for _, hang := range [][]string{{"login"}, {"read"}, {"admin", "users", "groups", "members"}, {"scim.ping", "principal"}, {"scim.ping", "scim.users", "principal", "login", "state"}, {"network", "store.users", "instances", "assigned", "read"}} {
		t.Run(strings.Join(hang, " "), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := healthy(t)
				for _, what := range hang {
					p.hang[what] = true
				}
				began := time.Now()
				r := run(t, p)
				if took := time.Since(began); took >= time.Minute || took < doctor.Patience {
					t.Errorf("it took %v", took)
				}
				if r.Count(doctor.Error)+r.Count(doctor.Warning) == 0 {
					t.Errorf("nothing was found: %+v", r.Findings)
				}
				at := -1
				for _, f := range r.Findings {
					place := slices.Index(order, f.ID)
					if place <= at {
						t.Errorf("%s is out of its place", f.ID)
					}
					at = place
				}
			})
		})
	}
}

// One check that hangs takes its time, and no more; those that do not rest on it
// are made after it.
func TestPatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := healthy(t)
		p.hang["admin"] = true
		began := time.Now()
		r := run(t, p)
		if took := time.Since(began); took != doctor.Patience {
			t.Errorf("it took %v", took)
		}
		if f := found(r, "google.admin"); f.Status != doctor.Error || f.Fact != "no answer in time" || !strings.Contains(f.Remedy, "HTTPS_PROXY") {
			t.Errorf("%+v", f)
		}
		if f := found(r, "google.scope"); f.Status != doctor.OK {
			t.Errorf("%+v", f)
		}
	})
}

// What comes of a network is told in other words than what comes of a server.
func TestNetworks(t *testing.T) {
	for want, err := range map[string]error{
		"the name scim.eu-west-9.amazonaws.com leads nowhere": &net.DNSError{Err: "no such host", Name: "scim.eu-west-9.amazonaws.com"},
		"SSL_CERT_FILE":              &tls.CertificateVerificationError{Err: errBroken},
		"the host cannot be reached": &net.OpError{Op: "dial", Net: "tcp", Err: errBroken},
	} {
		p := healthy(t)
		p.fail["scim.ping"] = fmt.Errorf("ask for it: %w", err)
		if f := found(run(t, p), "aws.token"); f.Status != doctor.Error || !strings.Contains(f.Fact+f.Cause+f.Remedy, want) || f.Remedy == "" || f.Cause == "" || strings.Contains(f.Remedy, "the remedy of") {
			t.Errorf("%s: %+v", want, f)
		}
	}
}

func TestAnInterruptionEndsIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := healthy(t)
		p.hang["login"], p.hang["scim.ping"] = true, true
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		began := time.Now()
		r := doctor.Run(ctx, p.in)
		if time.Since(began) != time.Second {
			t.Errorf("it took %v", time.Since(began))
		}
		if n := r.Count(doctor.Error); n != 0 {
			t.Errorf("an interruption is no error: %+v", r.Findings)
		}
	})
}
