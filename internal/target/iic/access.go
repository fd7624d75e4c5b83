package iic

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin/types"

	"ssosync/internal/httpx"
	"ssosync/internal/identity"
)

// hurry is how long a look-up of AWS credentials may take where a run can go
// without them.
const hurry = 2 * time.Second

// access is what is remembered about what is assigned.
type access struct {
	lane  once[*accessLane]
	names labels
	shut  atomic.Pointer[noAccessError] // why nobody is told anything
}

// An accessLane asks for assignments (IAM Identity Center API reference).
type accessLane struct {
	client   *ssoadmin.Client
	instance string // its ARN
	names    *labels
}

// Access returns what has been assigned to a user or a group directly, by
// Identity Center's own id of it: all of it, or an error. It takes two calls, and
// one for each name that has not been looked up yet. From the first [ErrNoAccess]
// on there are no more calls, since it holds for everybody; one that is not
// there (any more) is [identity.ErrNotFound].
//
// Only the management account of an organization instance may ask.
func (t *Target) Access(ctx context.Context, kind identity.Kind, id string) (identity.Access, error) {
	if shut := t.access.shut.Load(); shut != nil {
		return identity.Access{}, shut
	}
	a, err := t.lookBehind(ctx, kind, id)
	if err == nil {
		return a, nil
	}
	if ctx.Err() != nil {
		return identity.Access{}, context.Cause(ctx)
	}
	if no := noAccess(err); no != nil {
		t.access.shut.CompareAndSwap(nil, no)
		return identity.Access{}, t.access.shut.Load()
	}
	return identity.Access{}, fmt.Errorf("look up what is assigned to %s %s: %w", kind, said(&id), err)
}

func (t *Target) lookBehind(ctx context.Context, kind identity.Kind, id string) (a identity.Access, err error) {
	p := principal{id: id}
	switch kind {
	case identity.KindUser:
		p.kind = types.PrincipalTypeUser
	case identity.KindGroup:
		p.kind = types.PrincipalTypeGroup
	default:
		return a, fmt.Errorf("%q is no kind of principal", kind)
	}
	if id == "" {
		return a, errors.New("no id was given")
	}
	l, err := t.access.lane.get(ctx, t.accessLane)
	if err != nil {
		return a, err
	}
	if a.Assignments, err = l.assignments(ctx, p); err != nil {
		return identity.Access{}, err
	}
	if a.Applications, err = l.applications(ctx, p); err != nil {
		return identity.Access{}, err
	}
	return a, nil
}

// accessLane finds credentials, and the instance that has our identity store.
func (t *Target) accessLane(ctx context.Context) (*accessLane, error) {
	cfg, err := t.awsConfig(ctx, hurry, remedyKeys)
	if err != nil {
		return nil, err
	}
	client := ssoadmin.NewFromConfig(cfg)
	instance, err := findInstance(ctx, cfg, client, t.o.IdentityStoreID)
	if err != nil {
		return nil, err
	}
	arn := aws.ToString(instance.InstanceArn)
	if arn == "" {
		return nil, &setupError{errors.New("the instance of IAM Identity Center has no ARN")}
	}
	return &accessLane{client: client, instance: arn, names: &t.access.names}, nil
}

// A principal is whom something is assigned to.
type principal struct {
	kind types.PrincipalType
	id   string
}

// holds reports whether a row is about the principal itself. A user's rows tell
// whom each comes from, which leaves room for the groups that the user is in.
func (p principal) holds(id *string) bool {
	return aws.ToString(id) == "" || strings.EqualFold(*id, p.id)
}

func (l *accessLane) assignments(ctx context.Context, p principal) ([]identity.Assignment, error) {
	var found []identity.Assignment // under the ARNs of permission sets
	in := &ssoadmin.ListAccountAssignmentsForPrincipalInput{
		InstanceArn: &l.instance, PrincipalId: &p.id, PrincipalType: p.kind, MaxResults: aws.Int32(pageSize),
	}
	err := follow(httpx.WithOp(ctx, opAccounts), func(next *string) (*string, []string, error) {
		in.NextToken = next
		out, err := l.client.ListAccountAssignmentsForPrincipal(httpx.WithOp(ctx, opAccounts), in)
		if err != nil {
			return nil, nil, err
		}
		var ids []string
		for _, row := range out.AccountAssignments {
			set, account := aws.ToString(row.PermissionSetArn), said(row.AccountId)
			if set == "" || account == "" {
				return nil, nil, errors.New("an assignment has no permission set or no account")
			}
			ids = append(ids, set+" "+account)
			if p.holds(row.PrincipalId) {
				found = append(found, identity.Assignment{PermissionSet: set, Account: account})
			}
		}
		return out.NextToken, ids, nil
	})
	if err != nil {
		return nil, err
	}
	found = sortedAssignments(found)
	for i, a := range found {
		if found[i].PermissionSet, err = l.names.of(ctx, a.PermissionSet, l.permissionSet); err != nil {
			return nil, err
		}
	}
	return sortedAssignments(found), nil
}

func sortedAssignments(all []identity.Assignment) []identity.Assignment {
	slices.SortFunc(all, func(a, b identity.Assignment) int {
		return cmp.Or(strings.Compare(a.PermissionSet, b.PermissionSet), strings.Compare(a.Account, b.Account))
	})
	return slices.Compact(all)
}

// applications returns names. Two applications may have the same one, and are
// two.
func (l *accessLane) applications(ctx context.Context, p principal) ([]string, error) {
	var found []string
	in := &ssoadmin.ListApplicationAssignmentsForPrincipalInput{
		InstanceArn: &l.instance, PrincipalId: &p.id, PrincipalType: p.kind, MaxResults: aws.Int32(pageSize),
	}
	err := follow(httpx.WithOp(ctx, opApplications), func(next *string) (*string, []string, error) {
		in.NextToken = next
		out, err := l.client.ListApplicationAssignmentsForPrincipal(httpx.WithOp(ctx, opApplications), in)
		if err != nil {
			return nil, nil, err
		}
		var ids []string
		for _, row := range out.ApplicationAssignments {
			arn := aws.ToString(row.ApplicationArn)
			if arn == "" {
				return nil, nil, errors.New("an assignment has no application")
			}
			ids = append(ids, arn)
			if p.holds(row.PrincipalId) {
				found = append(found, arn)
			}
		}
		return out.NextToken, ids, nil
	})
	if err != nil {
		return nil, err
	}
	slices.Sort(found)
	found = slices.Compact(found)
	for i, arn := range found {
		if found[i], err = l.names.of(ctx, arn, l.application); err != nil {
			return nil, err
		}
	}
	slices.Sort(found)
	return found, nil
}
