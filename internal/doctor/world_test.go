package doctor_test

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"ssosync/internal/directory"
	"ssosync/internal/doctor"
	"ssosync/internal/identity"
	"ssosync/internal/policy"
	"ssosync/internal/policy/query"
)

var (
	errBroken = errors.New("broken")
	now       = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
)

const (
	annID = "100000000000000000001"
	devID = "01dev0000000000"
	admin = "admin@example.com"
	store = "d-1234567890"
)

// A patient is both sides and the machine, in good health unless a test says
// otherwise. What hangs answers when its context ends.
type patient struct {
	in       doctor.Input
	hang     map[string]bool
	fail     map[string]error
	asked    []string
	admin    doctor.Administrator
	snap     directory.Snapshot
	group    string
	refused  []string // scopes
	scopes   []string // that are granted beyond those needed
	users    []doctor.Object
	groups   []doctor.Object
	scimSees []doctor.Object
	more     bool
	found    []doctor.Instance
	net      doctor.Network
	held     string
}

func healthy(t *testing.T) *patient {
	t.Helper()
	p := &patient{hang: map[string]bool{}, fail: map[string]error{}, group: devID, admin: doctor.Administrator{Address: admin, Delegated: true, AgreedToTerms: true}}
	p.snap = directory.Snapshot{
		CustomerID: "C01abcd23", AllAccounts: true,
		Accounts: []directory.Account{{ID: annID, PrimaryEmail: "ann@example.com", Values: map[string][]string{}}},
		Groups:   []directory.Group{{ID: devID, Email: "aws-dev@example.com", Name: "AWS Dev", DirectUsers: 1}},
		Members:  map[string][]directory.Member{devID: {{Kind: directory.MemberUser, ID: annID, Email: "ann@example.com"}}},
	}
	p.users = []doctor.Object{{ID: "u1", Name: "ann@example.com", ExternalID: annID, UpdatedBy: "SCIM", UpdatedAt: now.Add(-time.Hour)}}
	p.groups = []doctor.Object{{ID: "g1", Name: "AWS Dev", ExternalID: devID, UpdatedBy: "SCIM", UpdatedAt: now.Add(-time.Hour)}}
	p.scimSees = p.users
	p.found = []doctor.Instance{{ARN: "arn:aws:sso:::instance/ssoins-1", Store: store, Owner: "123456789012", Status: "ACTIVE", Primary: "us-east-1", Regions: []string{"us-east-1"}}}
	p.in = doctor.Input{
		Rules: rules(t, "*"), Now: now, Explain: func(err error) doctor.Explanation {
			return doctor.Explanation{Text: err.Error(), Cause: "the cause of it", Remedy: "the remedy of " + err.Error()}
		},
		Google: doctor.Google{
			Directory: google{p}, Who: "service account s, by key k", Subject: admin, ClientID: "42", CustomerID: "my_customer",
			Scopes: []string{"https://www.googleapis.com/auth/a.readonly", "https://www.googleapis.com/auth/b.readonly"},
			Login:  func(ctx context.Context) error { return p.ask(ctx, "login") },
			Refused: func(ctx context.Context) ([]string, error) {
				return p.refused, p.ask(ctx, "refused")
			},
			With: func(ctx context.Context, scope string) (doctor.Registry, bool) {
				return google{p}, slices.Contains(p.scopes, scope)
			},
			Skew:     func() (time.Duration, bool) { return 0, true },
			Requests: func() int { return p.count("") },
		},
		AWS: doctor.AWS{
			Endpoint: "scim.us-east-1.amazonaws.com", HostRegion: "us-east-1", Region: "us-east-1", StoreID: store, ByEither: true, Impact: true,
			SCIM: scim{p, "scim."}, Store: amazon{p}, TokenEnds: now.AddDate(0, 6, 0), Requests: func() int { return 0 },
		},
		Local: doctor.Local{Memory: memory{p}, EnvFile: ".env", Mode: func(string) (fs.FileMode, error) { return 0o600, nil }},
	}
	return p
}

func rules(t *testing.T, groups string) policy.Rules {
	t.Helper()
	match, err := query.ParseGroups(groups)
	if err != nil {
		t.Fatal(err)
	}
	name, err := policy.ParseGroupName("name")
	if err != nil {
		t.Fatal(err)
	}
	r := policy.Rules{GroupMatch: match, GroupName: name}
	if err := r.Protect("control-tower"); err != nil {
		t.Fatal(err)
	}
	return r
}

func (p *patient) ask(ctx context.Context, what string) error {
	if p.hang[what] || p.hang[strings.SplitN(what, ".", 2)[0]+"."] {
		<-ctx.Done()
		return ctx.Err()
	}
	return p.fail[what]
}

func (p *patient) count(string) int { return len(p.asked) }

type google struct{ p *patient }

func (g google) Administrator(ctx context.Context, _ string) (doctor.Administrator, error) {
	return g.p.admin, g.p.ask(ctx, "admin")
}

func (g google) FirstUser(ctx context.Context) (string, error) {
	return "ann@example.com", g.p.ask(ctx, "users")
}

func (g google) FirstGroup(ctx context.Context) (string, string, error) {
	return g.p.group, "aws-dev@example.com", g.p.ask(ctx, "groups")
}
func (g google) AnyMember(ctx context.Context, _ string) error { return g.p.ask(ctx, "members") }
func (g google) Read(ctx context.Context) (directory.Snapshot, error) {
	return g.p.snap, g.p.ask(ctx, "read")
}

func (g google) Customer(ctx context.Context) (string, string, error) {
	return "C01abcd23", "example.com", g.p.ask(ctx, "customer")
}

func (g google) Roles(ctx context.Context, who string) ([]string, error) {
	return []string{"Groups Reader of " + who}, g.p.ask(ctx, "roles")
}

type scim struct {
	p    *patient
	name string
}

func (s scim) Ping(ctx context.Context) error { return s.p.ask(ctx, s.name+"ping") }
func (s scim) Page(ctx context.Context, kind identity.Kind) ([]doctor.Object, bool, error) {
	if kind == identity.KindGroup {
		return s.p.groups, false, s.p.ask(ctx, "scim.groups")
	}
	return s.p.scimSees, s.p.more, s.p.ask(ctx, "scim.users")
}

type amazon struct{ p *patient }

func (a amazon) Principal(ctx context.Context) (doctor.Principal, error) {
	return doctor.Principal{Account: "123456789012", ARN: "arn:aws:sts::123456789012:assumed-role/sync/x"}, a.p.ask(ctx, "principal")
}

func (a amazon) Instances(ctx context.Context) ([]doctor.Instance, error) {
	return a.p.found, a.p.ask(ctx, "instances")
}

func (a amazon) Network(ctx context.Context, _ string) (doctor.Network, error) {
	return a.p.net, a.p.ask(ctx, "network")
}

func (a amazon) Objects(ctx context.Context, _ string, kind identity.Kind, _ int) ([]doctor.Object, bool, error) {
	if kind == identity.KindGroup {
		return a.p.groups, false, a.p.ask(ctx, "store.groups")
	}
	return a.p.users, false, a.p.ask(ctx, "store.users")
}

func (a amazon) AnyMember(ctx context.Context, _, _ string) error {
	return a.p.ask(ctx, "store.members")
}

func (a amazon) Assigned(ctx context.Context, _ string, _ identity.Kind, _ string) []error {
	if err := a.p.ask(ctx, "assigned"); err != nil {
		return []error{err}
	}
	return nil
}

type memory struct{ p *patient }

func (m memory) Look(ctx context.Context) (string, string, error) {
	return "/state", m.p.held, m.p.ask(ctx, "state")
}

// found returns the finding of a check; its status is "" if there is none.
func found(r doctor.Report, id string) doctor.Finding {
	for _, f := range r.Findings {
		if f.ID == id {
			return f
		}
	}
	return doctor.Finding{}
}

func ids(r doctor.Report) []string {
	var all []string
	for _, f := range r.Findings {
		all = append(all, f.ID)
	}
	return all
}
