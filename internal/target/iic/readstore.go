package iic

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	"github.com/aws/aws-sdk-go-v2/service/identitystore/types"
	admintypes "github.com/aws/aws-sdk-go-v2/service/ssoadmin/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"ssosync/internal/awsid"
	"ssosync/internal/httpx"
	"ssosync/internal/identity"
)

// enterpriseExtension must be asked for to see what SCIM has under
// [identity.Enterprise] (Identity Store API reference: ListUsers).
const enterpriseExtension = "aws:identitystore:enterprise"

// scimIssuer begins the issuer of external ids that were written by SCIM. The
// rest of it differs from store to store.
const scimIssuer = "https://scim.aws.com/"

// A storeLane reads by the Identity Store API.
type storeLane struct {
	client     *identitystore.Client
	store      string
	enterprise bool // somebody wants these attributes
}

// storeLane finds the identity store, and the credentials to read it.
func (t *Target) storeLane(ctx context.Context) (*storeLane, error) {
	cfg, err := t.awsConfig(ctx, awsid.Within, remedySetup)
	if err != nil {
		return nil, err
	}
	store := t.o.IdentityStoreID
	if store == "" {
		if store, err = findStore(ctx, cfg); err != nil {
			return nil, err
		}
	}
	client := identitystore.NewFromConfig(cfg)
	return &storeLane{client: client, store: store, enterprise: t.wantsEnterprise()}, nil
}

func (t *Target) wantsEnterprise() bool {
	return len(t.o.Attributes) == 0 || slices.ContainsFunc(identity.Attrs, func(a identity.Attr) bool {
		return placeOf(a.Path).head == identity.Enterprise && slices.Contains(t.o.Attributes, a.Name)
	})
}

func (l *storeLane) name() Reader { return ReaderIdentityStore }

func (l *storeLane) blind() []string {
	if l.enterprise {
		return nil
	}
	var paths []string
	for _, a := range identity.Attrs {
		if placeOf(a.Path).head == identity.Enterprise {
			paths = append(paths, a.Path)
		}
	}
	return paths
}

func (l *storeLane) users(ctx context.Context, each func([]user) error) error {
	in := &identitystore.ListUsersInput{IdentityStoreId: &l.store, MaxResults: aws.Int32(pageSize)}
	if l.enterprise {
		in.Extensions = []string{enterpriseExtension}
	}
	ctx = httpx.WithOp(ctx, storePrefix+"ListUsers")
	return follow(ctx, func(next *string) (*string, []string, error) {
		in.NextToken = next
		out, err := l.client.ListUsers(ctx, in)
		if err != nil {
			return nil, nil, err
		}
		if out.Users == nil {
			return nil, nil, errNoRows
		}
		page := make([]user, 0, len(out.Users))
		ids := make([]string, 0, len(out.Users))
		for _, u := range out.Users {
			rec := record(u.UserId, u.Revision, u.CreatedBy, u.UpdatedBy, u.UpdatedAt)
			page, ids = append(page, user{id: rec.ID, rec: rec, is: storeUser(u)}), append(ids, rec.ID)
		}
		return out.NextToken, ids, each(page)
	})
}

func (l *storeLane) groups(ctx context.Context, each func([]group) error) error {
	in := &identitystore.ListGroupsInput{IdentityStoreId: &l.store, MaxResults: aws.Int32(pageSize)}
	ctx = httpx.WithOp(ctx, storePrefix+"ListGroups")
	return follow(ctx, func(next *string) (*string, []string, error) {
		in.NextToken = next
		out, err := l.client.ListGroups(ctx, in)
		if err != nil {
			return nil, nil, err
		}
		if out.Groups == nil {
			return nil, nil, errNoRows
		}
		page := make([]group, 0, len(out.Groups))
		ids := make([]string, 0, len(out.Groups))
		for _, g := range out.Groups {
			rec := record(g.GroupId, g.Revision, g.CreatedBy, g.UpdatedBy, g.UpdatedAt)
			if rec.ID == "" {
				return nil, nil, errors.New("a group has no id")
			}
			ids = append(ids, rec.ID)
			page = append(page, group{rec, identity.Group{ExternalID: externalID(g.ExternalIds), Name: tidy(g.DisplayName)}})
		}
		return out.NextToken, ids, each(page)
	})
}

func (l *storeLane) members(ctx context.Context, id string, each func([]user) error) error {
	in := &identitystore.ListGroupMembershipsInput{IdentityStoreId: &l.store, GroupId: &id, MaxResults: aws.Int32(pageSize)}
	ctx = httpx.WithOp(ctx, storePrefix+"ListGroupMemberships")
	err := follow(ctx, func(next *string) (*string, []string, error) {
		in.NextToken = next
		out, err := l.client.ListGroupMemberships(ctx, in)
		if err != nil {
			return nil, nil, err
		}
		if out.GroupMemberships == nil {
			return nil, nil, errNoRows
		}
		page := make([]user, 0, len(out.GroupMemberships))
		ids := make([]string, 0, len(out.GroupMemberships))
		for _, m := range out.GroupMemberships {
			// Groups cannot be members, but the API has room for other kinds.
			if id, ok := m.MemberId.(*types.MemberIdMemberUserId); ok && id.Value != "" {
				page, ids = append(page, user{id: id.Value}), append(ids, id.Value)
			}
		}
		return out.NextToken, ids, each(page)
	})
	if gone, ok := errors.AsType[*types.ResourceNotFoundException](err); ok && gone.ResourceType == types.ResourceTypeIdentityStore {
		return errors.New(err.Error()) // no group is missing: everything is
	}
	return err
}

// follow reads pages, which say what is in them, until there is no token for the
// next.
func follow(ctx context.Context, page func(next *string) (*string, []string, error)) error {
	var token *string
	var listing httpx.Listing
	for {
		next, ids, err := page(token)
		if err != nil {
			return storeError(httpx.Op(ctx), err)
		}
		if aws.ToString(next) == "" {
			return nil
		}
		if err := listing.Page(*next, ids...); err != nil {
			return fmt.Errorf("%s: %w", httpx.Op(ctx), err)
		}
		token = next
	}
}

// storeError says what the SDK says in our own words. The exception decides, not
// the status, which is 400 for nearly all.
func storeError(op string, err error) error {
	said, ok := errors.AsType[smithy.APIError](err)
	if _, credentials := errors.AsType[*processcreds.ProviderError](err); credentials { // they had to be renewed
		return fmt.Errorf("%s: AWS credentials: %w", op, awsid.Unquoted(err))
	}
	if !ok {
		return fmt.Errorf("%s: %w", op, err)
	}
	e := &APIError{Op: op, Code: said.ErrorCode(), Detail: said.ErrorMessage(), Reason: reason(err)}
	if res, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		e.Status = res.HTTPStatusCode()
		e.RequestID = res.HTTPResponse().Header.Get("X-Amzn-Requestid")
	}
	e.tame()
	return &sdkError{e, err}
}

// An sdkError reads as our error, and is the SDK's as well.
type sdkError struct {
	*APIError
	sdk error
}

func (e *sdkError) Unwrap() []error { return []error{e.APIError, e.sdk} }

func reason(err error) string {
	if e, ok := errors.AsType[*types.AccessDeniedException](err); ok {
		return string(e.Reason)
	}
	if e, ok := errors.AsType[*admintypes.AccessDeniedException](err); ok {
		return string(e.Reason)
	}
	if e, ok := errors.AsType[*types.ResourceNotFoundException](err); ok {
		return string(e.Reason)
	}
	if e, ok := errors.AsType[*types.ValidationException](err); ok {
		return string(e.Reason)
	}
	return ""
}

func record(id, revision, maker, changer *string, at *time.Time) identity.Record {
	r := identity.Record{ID: aws.ToString(id), Revision: aws.ToString(revision), CreatedBy: said(maker), UpdatedBy: said(changer)}
	if at != nil {
		r.UpdatedAt = moment(*at)
	}
	return r
}

func externalID(ids []types.ExternalId) string {
	for _, id := range ids {
		if strings.HasPrefix(aws.ToString(id.Issuer), scimIssuer) {
			return tidy(id.Id)
		}
	}
	if len(ids) > 0 {
		return tidy(ids[0].Id)
	}
	return ""
}

func tidy(s *string) string {
	out, _ := clean(aws.ToString(s))
	return out
}

// errNoRows says that an answer lacks the list that every answer has, empty or
// not (Identity Store API reference: ListUsers, response elements).
var errNoRows = errors.New("the answer has no list in it")
