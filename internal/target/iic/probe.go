package iic

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"ssosync/internal/httpx"
	"ssosync/internal/identity"
)

// The operations that only a check of the set-up carries out.
const (
	opCaller   = "sts:GetCallerIdentity"
	opDescribe = storePrefix + "DescribeIdentityStore"
)

// An Object is a user or a group, as far as others may have a hand in it.
type Object struct {
	ID, Name, ExternalID string
	UpdatedBy            string    // "" if unknown, as by SCIM
	UpdatedAt            time.Time // zero if unknown
}

// Page lists up to a hundred users or groups by SCIM; more says that there are
// others. An endpoint that does not page by cursor is [ErrNoCursor]. It takes one
// call.
func (t *Target) Page(ctx context.Context, kind identity.Kind) (objects []Object, more bool, err error) {
	op, path := opListUsers, users
	if kind == identity.KindGroup {
		op, path = opListGroups, groups
	}
	var p page
	if err := t.do(ctx, request{op: op, method: http.MethodGet, path: path, query: cursorQuery("", "")}, &p); err != nil {
		return nil, false, err
	}
	if p.Next == "" && (p.Total != nil || p.Start != nil) {
		return nil, false, fmt.Errorf("%s: %w", op, ErrNoCursor)
	}
	for _, obj := range p.Resources {
		o := Object{ID: decodeRecord(obj).ID}
		if kind == identity.KindGroup {
			g := decodeGroup(obj)
			o.Name, o.ExternalID = g.Name, g.ExternalID
		} else {
			u := decodeUser(obj)
			o.Name, o.ExternalID = u.UserName, u.ExternalID
		}
		objects = append(objects, o)
	}
	return objects, p.Next != "", nil
}

// A Probe asks about what a run may need AWS credentials for. It writes nothing.
type Probe struct {
	t      *Target
	within time.Duration
	cfg    once[aws.Config]
}

// Probe returns a probe of the target's side that takes AWS credentials, which
// are looked for when it is first asked, for so long at the most. What it says
// for want of any is [ErrSetup].
func (t *Target) Probe(within time.Duration) *Probe { return &Probe{t: t, within: within} }

func (p *Probe) config(ctx context.Context) (aws.Config, error) {
	return p.cfg.get(ctx, func(ctx context.Context) (aws.Config, error) { return p.t.awsConfig(ctx, p.within, remedyKeys) })
}

// A Principal is who AWS takes us for.
type Principal struct{ Account, ARN string }

// Principal says who the credentials are, which takes no rights at all (STS API
// reference: GetCallerIdentity). It takes one call.
func (p *Probe) Principal(ctx context.Context) (Principal, error) {
	cfg, err := p.config(ctx)
	if err != nil {
		return Principal{}, err
	}
	out, err := sts.NewFromConfig(cfg).GetCallerIdentity(httpx.WithOp(ctx, opCaller), &sts.GetCallerIdentityInput{})
	if err != nil {
		return Principal{}, storeError(opCaller, err)
	}
	return Principal{Account: said(out.Account), ARN: said(out.Arn)}, nil
}

// An Instance is one of IAM Identity Center.
type Instance struct {
	ARN, Store, Owner, Name string
	Status                  string // ACTIVE, or on its way to or from it
	Primary                 string // Region; "" if unknown
	Regions                 []string
}

// Instances lists those that the credentials can see, of all Regions (IAM
// Identity Center API reference: ListInstances, RegionScope).
func (p *Probe) Instances(ctx context.Context) ([]Instance, error) {
	cfg, err := p.config(ctx)
	if err != nil {
		return nil, err
	}
	client := ssoadmin.NewFromConfig(cfg)
	var all []Instance
	in := &ssoadmin.ListInstancesInput{MaxResults: aws.Int32(pageSize), RegionScope: types.RegionScopeAllRegions}
	ctx = httpx.WithOp(ctx, opInstances)
	err = follow(ctx, func(next *string) (*string, []string, error) {
		in.NextToken = next
		out, err := client.ListInstances(ctx, in)
		if err != nil {
			return nil, nil, err
		}
		var ids []string
		for _, i := range out.Instances {
			ids = append(ids, aws.ToString(i.InstanceArn))
			all = append(all, instanceOf(i))
		}
		return out.NextToken, ids, nil
	})
	return all, err
}

func instanceOf(i types.InstanceMetadata) Instance {
	one := Instance{
		ARN: said(i.InstanceArn), Store: said(i.IdentityStoreId), Owner: said(i.OwnerAccountId), Name: said(i.Name),
		Status: httpx.ID(string(i.Status)), Primary: said(i.PrimaryRegion),
	}
	for _, r := range i.Regions {
		one.Regions = append(one.Regions, said(r.RegionName))
	}
	slices.Sort(one.Regions)
	return one
}

// Network says from where a store may be reached (Identity Store API reference:
// NetworkConfiguration).
type Network struct {
	VPCEndpoint bool     // only through one
	SCIMSources []string // but SCIM from these ranges
	APISources  []string
	APIVPCs     []string
}

// Network returns the access controls of a store. It takes one call.
func (p *Probe) Network(ctx context.Context, store string) (Network, error) {
	cfg, err := p.config(ctx)
	if err != nil {
		return Network{}, err
	}
	out, err := identitystore.NewFromConfig(cfg).DescribeIdentityStore(httpx.WithOp(ctx, opDescribe), &identitystore.DescribeIdentityStoreInput{IdentityStoreId: &store})
	if err != nil {
		return Network{}, storeError(opDescribe, err)
	}
	c := out.NetworkConfiguration
	if c == nil {
		return Network{}, nil
	}
	return Network{
		VPCEndpoint: aws.ToBool(c.VpceAccessRequired), SCIMSources: ranges(c.ScimAllowSourceIps), APISources: ranges(c.ApiAllowSourceIps), APIVPCs: ranges(c.ApiRestrictSourceVpcs),
	}, nil
}

// ranges are the texts of a list that are ranges of addresses, or ids: they are
// shown as parts of a command.
func ranges(texts []string) []string {
	var all []string
	for _, s := range texts {
		if s != "" && len(s) <= 64 && strings.Trim(s, "0123456789abcdefABCDEFvp-:./") == "" {
			all = append(all, s)
		}
	}
	return all
}

// errEnough ends a list before its end.
var errEnough = errors.New("that is enough")

// Objects lists up to so many pages of users or groups; more says that there may
// be others.
func (p *Probe) Objects(ctx context.Context, store string, kind identity.Kind, pages int) (objects []Object, more bool, err error) {
	l, err := p.lane(ctx, store)
	if err != nil {
		return nil, false, err
	}
	note := func(rec identity.Record, name, externalID string) {
		at, _ := time.Parse(time.RFC3339, rec.UpdatedAt) // zero if unknown
		objects = append(objects, Object{ID: rec.ID, Name: name, ExternalID: externalID, UpdatedBy: rec.UpdatedBy, UpdatedAt: at})
	}
	enough := func(n int) error {
		if pages--; pages <= 0 && n >= pageSize {
			return errEnough
		}
		return nil
	}
	if kind == identity.KindGroup {
		err = l.groups(ctx, func(page []group) error {
			for _, g := range page {
				note(g.rec, g.is.Name, g.is.ExternalID)
			}
			return enough(len(page))
		})
	} else {
		err = l.users(ctx, func(page []user) error {
			for _, u := range page {
				note(u.rec, u.is.UserName, u.is.ExternalID)
			}
			return enough(len(page))
		})
	}
	if errors.Is(err, errEnough) {
		return objects, true, nil
	}
	return objects, false, err
}

func (p *Probe) lane(ctx context.Context, store string) (*storeLane, error) {
	cfg, err := p.config(ctx)
	if err != nil {
		return nil, err
	}
	return &storeLane{client: identitystore.NewFromConfig(cfg), store: store}, nil
}

// AnyMember lists one member of a group, if it has any. It takes one call.
func (p *Probe) AnyMember(ctx context.Context, store, group string) error {
	l, err := p.lane(ctx, store)
	if err != nil {
		return err
	}
	ctx = httpx.WithOp(ctx, storePrefix+"ListGroupMemberships")
	_, err = l.client.ListGroupMemberships(ctx, &identitystore.ListGroupMembershipsInput{IdentityStoreId: &store, GroupId: &group, MaxResults: aws.Int32(1)})
	if err != nil {
		return storeError(httpx.Op(ctx), err)
	}
	return nil
}

// Assigned asks what is assigned to somebody, as [Target.Access] does, and what
// that is called, and returns an error for each question that is not answered.
// It takes two to four calls.
func (p *Probe) Assigned(ctx context.Context, instance string, kind identity.Kind, id string) []error {
	cfg, err := p.config(ctx)
	if err != nil {
		return []error{err}
	}
	of := types.PrincipalTypeUser
	if kind == identity.KindGroup {
		of = types.PrincipalTypeGroup
	}
	l := &accessLane{client: ssoadmin.NewFromConfig(cfg), instance: instance}
	var failed []error
	note := func(op string, err error) {
		if err != nil {
			failed = append(failed, storeError(op, err))
		}
	}
	accounts, err := l.client.ListAccountAssignmentsForPrincipal(httpx.WithOp(ctx, opAccounts), &ssoadmin.ListAccountAssignmentsForPrincipalInput{
		InstanceArn: &instance, PrincipalId: &id, PrincipalType: of, MaxResults: aws.Int32(1),
	})
	if note(opAccounts, err); err == nil && len(accounts.AccountAssignments) > 0 {
		_, err = l.permissionSet(ctx, aws.ToString(accounts.AccountAssignments[0].PermissionSetArn))
		note(opPermission, err)
	}
	uses, err := l.client.ListApplicationAssignmentsForPrincipal(httpx.WithOp(ctx, opApplications), &ssoadmin.ListApplicationAssignmentsForPrincipalInput{
		InstanceArn: &instance, PrincipalId: &id, PrincipalType: of, MaxResults: aws.Int32(1),
	})
	if note(opApplications, err); err == nil && len(uses.ApplicationAssignments) > 0 {
		_, err = l.application(ctx, aws.ToString(uses.ApplicationAssignments[0].ApplicationArn))
		note(opApplication, err)
	}
	return failed
}
