package iic_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	"github.com/aws/aws-sdk-go-v2/service/identitystore/document"
	"github.com/aws/aws-sdk-go-v2/service/identitystore/types"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
	ssotypes "github.com/aws/aws-sdk-go-v2/service/ssoadmin/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"ssosync/internal/emulator/iic"
	"ssosync/internal/emulator/inproc"
)

// The official clients are judges of the wire format: what they cannot read is wrong.
type sdk struct {
	*testing.T
	server *iic.Server
	ids    *identitystore.Client
	admin  *ssoadmin.Client
	store  *string
}

func official(t *testing.T, o iic.Options) *sdk {
	t.Helper()
	s := iic.New(o)
	client := &http.Client{Transport: inproc.Transport(s)}
	keys := credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")
	return &sdk{
		T: t, server: s, store: new("d-1234567890"),
		ids:   identitystore.New(identitystore.Options{Region: "us-east-1", HTTPClient: client, Credentials: keys, RetryMaxAttempts: 1}),
		admin: ssoadmin.New(ssoadmin.Options{Region: "us-east-1", HTTPClient: client, Credentials: keys, RetryMaxAttempts: 1}),
	}
}

func must[T any](t *testing.T) func(v T, err error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (k *sdk) createUser(name string) string {
	k.Helper()
	out := must[*identitystore.CreateUserOutput](k.T)(k.ids.CreateUser(k.Context(), &identitystore.CreateUserInput{
		IdentityStoreId: k.store, UserName: &name, DisplayName: &name,
		Name:   &types.Name{GivenName: new("G"), FamilyName: new("F")},
		Emails: []types.Email{{Value: &name, Type: new("work"), Primary: true}},
	}))
	return *out.UserId
}

func (k *sdk) createGroup(name string) string {
	k.Helper()
	return *must[*identitystore.CreateGroupOutput](k.T)(k.ids.CreateGroup(k.Context(), &identitystore.CreateGroupInput{IdentityStoreId: k.store, DisplayName: &name})).GroupId
}

func TestSDKReadsWhatSCIMWrote(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	k := official(t, iic.Options{Tenant: "tenant", Clock: func() time.Time { return now }})
	request := golden(t, "createuser.request")
	request["active"] = false
	id := connect(t, k.server).want(201, "POST", "/Users", request).id()
	out := must[*identitystore.ListUsersOutput](t)(k.ids.ListUsers(t.Context(), &identitystore.ListUsersInput{
		IdentityStoreId: k.store, Extensions: []string{"aws:identitystore:enterprise"},
	}))
	if len(out.Users) != 1 || out.NextToken != nil {
		t.Fatalf("%+v", out)
	}
	u := out.Users[0]
	got := []any{
		*u.UserId, *u.IdentityStoreId, *u.UserArn, *u.UserName, *u.DisplayName, *u.NickName, *u.ProfileUrl, *u.Title, *u.UserType, *u.PreferredLanguage,
		*u.Locale, *u.Timezone, u.UserStatus, *u.Revision, *u.CreatedAt, *u.UpdatedAt, *u.CreatedBy, *u.UpdatedBy,
		*u.Name.Formatted, *u.Name.GivenName, *u.Name.FamilyName, *u.Name.MiddleName, *u.Name.HonorificPrefix, *u.Name.HonorificSuffix,
		*u.Emails[0].Value, *u.Emails[0].Type, u.Emails[0].Primary, *u.Addresses[0].Locality, *u.Addresses[0].PostalCode, u.Addresses[0].Primary,
		*u.PhoneNumbers[0].Value, *u.Roles[0].Value, *u.ExternalIds[0].Id, *u.ExternalIds[0].Issuer,
	}
	want := []any{
		id, "d-1234567890", "arn:aws:identitystore:::user/" + id, "bjensen", "Babs Jensen", "Babs", "https://login.example.com/bjensen", "Tour Guide", "Employee", "en-US",
		"en-US", "America/Los_Angeles", types.UserStatusDisabled, "1", now, now, "SCIM", "SCIM",
		"Ms. Barbara J Jensen, III", "Barbara", "Jensen", "Jane", "Ms.", "III",
		"bjensen@example.com", "work", true, "Hollywood", "91608", true,
		"555-555-5555", "Researcher", "701984", "https://scim.aws.com/tenant",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	var ext map[string]any
	if err := u.Extensions["aws:identitystore:enterprise"].UnmarshalSmithyDocument(&ext); err != nil {
		t.Fatal(err)
	}
	if ext["department"] != "Tour Operations" || ext["manager"].(map[string]any)["value"] != manager {
		t.Errorf("extension %v", ext)
	}
	plain := must[*identitystore.DescribeUserOutput](t)(k.ids.DescribeUser(t.Context(), &identitystore.DescribeUserInput{IdentityStoreId: k.store, UserId: u.UserArn}))
	if plain.Extensions != nil || *plain.UserName != "bjensen" {
		t.Errorf("an extension that nobody asked for: %+v", plain)
	}
}

func TestSDKUsers(t *testing.T) {
	k := official(t, iic.Options{})
	id := k.createUser("ada@example.com")
	seeded := iic.Person("bob@example.com", "Bob", "B", "42")
	seeded.Issuer = "https://idp.example.com"
	mustSeed(t, k.server, iic.State{Users: []iic.User{seeded}})

	lookup := func(a types.AlternateIdentifier) string {
		out, err := k.ids.GetUserId(t.Context(), &identitystore.GetUserIdInput{IdentityStoreId: k.store, AlternateIdentifier: a})
		var missing *types.ResourceNotFoundException
		if errors.As(err, &missing) && missing.ResourceType == types.ResourceTypeUser {
			return "none"
		}
		if err != nil {
			return err.Error()
		}
		u := must[*identitystore.DescribeUserOutput](t)(k.ids.DescribeUser(t.Context(), &identitystore.DescribeUserInput{IdentityStoreId: k.store, UserId: out.UserId}))
		return *u.UserName
	}
	unique := func(path, value string) types.AlternateIdentifier {
		return &types.AlternateIdentifierMemberUniqueAttribute{Value: types.UniqueAttribute{AttributePath: &path, AttributeValue: document.NewLazyDocument(value)}}
	}
	external := func(issuer, id string) types.AlternateIdentifier {
		return &types.AlternateIdentifierMemberExternalId{Value: types.ExternalId{Issuer: &issuer, Id: &id}}
	}
	for i, tt := range []struct {
		a    types.AlternateIdentifier
		want string
	}{
		{unique("userName", "ADA@example.com"), "ada@example.com"},
		{unique("emails.value", "bob@example.com"), "bob@example.com"},
		{unique("userName", "nobody"), "none"},
		{external("https://idp.example.com", "42"), "bob@example.com"},
		{external("https://other.example.com", "42"), "none"},
		{external("https://idp.example.com", "43"), "none"},
	} {
		if got := lookup(tt.a); got != tt.want {
			t.Errorf("%d: %s, want %s", i, got, tt.want)
		}
	}
	if got := lookup(unique("displayName", "x")); !strings.Contains(got, "ValidationException") {
		t.Errorf("unsupported path: %s", got)
	}
	filtered := must[*identitystore.ListUsersOutput](t)(k.ids.ListUsers(t.Context(), &identitystore.ListUsersInput{
		IdentityStoreId: k.store, Filters: []types.Filter{{AttributePath: new("UserName"), AttributeValue: new("ada@example.com")}}, //nolint:staticcheck // deprecated, and still served
	}))
	if len(filtered.Users) != 1 || *filtered.Users[0].UserId != id || filtered.Users[0].UserStatus != types.UserStatusEnabled {
		t.Errorf("%+v", filtered.Users)
	}

	update := func(revision *string, ops ...types.AttributeOperation) (*identitystore.UpdateUserOutput, error) {
		return k.ids.UpdateUser(t.Context(), &identitystore.UpdateUserInput{IdentityStoreId: k.store, UserId: &id, Operations: ops, Revision: revision})
	}
	set := func(path string, v any) types.AttributeOperation {
		return types.AttributeOperation{AttributePath: &path, AttributeValue: document.NewLazyDocument(v)}
	}
	out := must[*identitystore.UpdateUserOutput](t)(update(new("1"),
		set("displayName", "Ada"), set("name.familyName", "King"), set("aws:identitystore:enterprise.department", "math"),
		set("aws:identitystore:enterprise.manager.value", "boss"), set("website", "https://ada.example.com"),
		set("emails", []map[string]any{{"Value": "new@example.com", "Type": "work", "Primary": true}})))
	if *out.Revision != "2" {
		t.Errorf("revision %s", *out.Revision)
	}
	have, _ := k.server.State().User("ada@example.com")
	if have.DisplayName != "Ada" || have.Name.FamilyName != "King" || have.Name.GivenName != "G" || have.Enterprise.Department != "math" || have.Enterprise.Manager != "boss" ||
		have.Emails[0].Value != "new@example.com" || have.Website != "https://ada.example.com" || have.UpdatedBy != "AKIDEXAMPLE" {
		t.Errorf("%+v", have)
	}
	must[*identitystore.UpdateUserOutput](t)(update(nil, types.AttributeOperation{AttributePath: new("emails")}, types.AttributeOperation{AttributePath: new("website")},
		types.AttributeOperation{AttributePath: new("aws:identitystore:enterprise.manager.value")}))
	if have, _ := k.server.State().User("ada@example.com"); len(have.Emails) != 0 || have.Website != "" || have.Enterprise.Manager != "" || have.Enterprise.Department != "math" {
		t.Errorf("%+v", have)
	}
	var conflict *types.ConflictException
	if _, err := update(new("1"), set("title", "T")); !errors.As(err, &conflict) || conflict.Reason != types.ConflictExceptionReasonConcurrentModification {
		t.Errorf("stale revision: %v", err)
	}
	if _, err := update(nil, set("userName", "BOB@example.com")); !errors.As(err, &conflict) || conflict.Reason != types.ConflictExceptionReasonUniquenessConstraintViolation {
		t.Errorf("taken name: %v", err)
	}
	var invalid *types.ValidationException
	for _, op := range []types.AttributeOperation{
		set("shoe", "x"), set("userStatus", "DISABLED"), set("externalIds", []any{}), set("active", false), set("externalId", "x"),
		{AttributePath: new("displayName")},
		{AttributePath: new("externalId")},
		set("title", ""),
	} {
		if _, err := update(nil, op); !errors.As(err, &invalid) || *invalid.Message == "" {
			t.Errorf("%s: %v", *op.AttributePath, err)
		}
	}
	if _, err := update(nil, slices.Repeat([]types.AttributeOperation{set("title", "T")}, 101)...); !errors.As(err, &invalid) {
		t.Errorf("101 operations: %v", err)
	}

	remove := func(revision *string) error {
		_, err := k.ids.DeleteUser(t.Context(), &identitystore.DeleteUserInput{IdentityStoreId: k.store, UserId: &id, Revision: revision})
		return err
	}
	if err := remove(new("1")); !errors.As(err, &conflict) {
		t.Errorf("delete with a stale revision: %v", err)
	}
	if err := remove(nil); err != nil {
		t.Error(err)
	}
	var missing *types.ResourceNotFoundException
	if err := remove(nil); !errors.As(err, &missing) || *missing.ResourceId != id || missing.RequestId == nil {
		t.Errorf("second delete: %v", err)
	}
	if j := k.server.Journal(); j[0].Operation != "identitystore:CreateUser" || j[0].Caller != "AKIDEXAMPLE" {
		t.Errorf("%+v", j[0])
	}
}

func TestSDKGroups(t *testing.T) {
	k := official(t, iic.Options{})
	id := k.createGroup("crew")
	mustSeed(t, k.server, iic.State{Groups: []iic.Group{{DisplayName: "other", ExternalID: "7"}}})
	get := func(in *identitystore.GetGroupIdInput) (string, error) {
		in.IdentityStoreId = k.store
		out, err := k.ids.GetGroupId(t.Context(), in)
		if err != nil {
			return "", err
		}
		return *out.GroupId, nil
	}
	if got, err := get(&identitystore.GetGroupIdInput{AlternateIdentifier: &types.AlternateIdentifierMemberUniqueAttribute{
		Value: types.UniqueAttribute{AttributePath: new("displayName"), AttributeValue: document.NewLazyDocument("CREW")},
	}}); got != id || err != nil {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := get(&identitystore.GetGroupIdInput{AlternateIdentifier: &types.AlternateIdentifierMemberExternalId{
		Value: types.ExternalId{Issuer: new("https://scim.aws.com/11111111111-2222-3333-4444-555555555555"), Id: new("7")},
	}}); got == "" || err != nil {
		t.Errorf("by external id: %v", err)
	}
	var missing *types.ResourceNotFoundException
	if _, err := get(&identitystore.GetGroupIdInput{AlternateIdentifier: &types.AlternateIdentifierMemberExternalId{
		Value: types.ExternalId{Issuer: new("i"), Id: new("7")},
	}}); !errors.As(err, &missing) || missing.ResourceType != types.ResourceTypeGroup {
		t.Errorf("other issuer: %v", err)
	}
	update := func(path string, v any) error {
		op := types.AttributeOperation{AttributePath: &path}
		if v != nil {
			op.AttributeValue = document.NewLazyDocument(v)
		}
		_, err := k.ids.UpdateGroup(t.Context(), &identitystore.UpdateGroupInput{IdentityStoreId: k.store, GroupId: &id, Operations: []types.AttributeOperation{op}})
		return err
	}
	if err := errors.Join(update("displayName", "crew2"), update("description", "d")); err != nil {
		t.Error(err)
	}
	g := must[*identitystore.DescribeGroupOutput](t)(k.ids.DescribeGroup(t.Context(), &identitystore.DescribeGroupInput{IdentityStoreId: k.store, GroupId: &id}))
	if *g.DisplayName != "crew2" || *g.Description != "d" || *g.Revision != "3" || *g.GroupArn != "arn:aws:identitystore:::group/"+id || g.ExternalIds != nil || *g.CreatedBy != "AKIDEXAMPLE" {
		t.Errorf("%+v", g)
	}
	var conflict *types.ConflictException
	for _, err := range []error{update("displayName", nil), update("description", ""), update("externalIds", []any{}), update("members", "x")} {
		if _, ok := errors.AsType[*types.ValidationException](err); !ok {
			t.Errorf("%v", err)
		}
	}
	if err := update("displayName", "OTHER"); !errors.As(err, &conflict) {
		t.Errorf("taken name: %v", err)
	}
	if err := update("description", nil); err != nil {
		t.Error(err)
	}
	list := must[*identitystore.ListGroupsOutput](t)(k.ids.ListGroups(t.Context(), &identitystore.ListGroupsInput{
		IdentityStoreId: k.store, Filters: []types.Filter{{AttributePath: new("DisplayName"), AttributeValue: new("other")}}, //nolint:staticcheck // deprecated, and still served
	}))
	if len(list.Groups) != 1 || *list.Groups[0].DisplayName != "other" || *list.Groups[0].ExternalIds[0].Id != "7" {
		t.Errorf("%+v", list.Groups)
	}
	del := func(revision *string) error {
		_, err := k.ids.DeleteGroup(t.Context(), &identitystore.DeleteGroupInput{IdentityStoreId: k.store, GroupId: &id, Revision: revision})
		return err
	}
	if err := del(new("1")); !errors.As(err, &conflict) {
		t.Errorf("stale revision: %v", err)
	}
	if err := del(nil); err != nil {
		t.Error(err)
	}
	if err := del(nil); !errors.As(err, &missing) {
		t.Errorf("second delete: %v", err)
	}
}

func TestSDKMemberships(t *testing.T) {
	k := official(t, iic.Options{})
	ada, bob, crew, other := k.createUser("ada"), k.createUser("bob"), k.createGroup("crew"), k.createGroup("other")
	member := func(id string) types.MemberId { return &types.MemberIdMemberUserId{Value: id} }
	create := func(group, user string) (*identitystore.CreateGroupMembershipOutput, error) {
		return k.ids.CreateGroupMembership(t.Context(), &identitystore.CreateGroupMembershipInput{IdentityStoreId: k.store, GroupId: &group, MemberId: member(user)})
	}
	made := must[*identitystore.CreateGroupMembershipOutput](t)(create(crew, ada))
	must[*identitystore.CreateGroupMembershipOutput](t)(create(crew, bob))
	must[*identitystore.CreateGroupMembershipOutput](t)(create(other, ada))
	var conflict *types.ConflictException
	var missing *types.ResourceNotFoundException
	var invalid *types.ValidationException
	if _, err := create(crew, ada); !errors.As(err, &conflict) {
		t.Errorf("twice: %v", err)
	}
	for group, user := range map[string]string{crew: "nobody", "nothing": ada} {
		if _, err := create(group, user); !errors.As(err, &missing) {
			t.Errorf("%s in %s: %v", user, group, err)
		}
	}
	id := must[*identitystore.GetGroupMembershipIdOutput](t)(k.ids.GetGroupMembershipId(t.Context(), &identitystore.GetGroupMembershipIdInput{IdentityStoreId: k.store, GroupId: &crew, MemberId: member(ada)}))
	if *id.MembershipId != *made.MembershipId || *id.MembershipArn != *made.MembershipArn {
		t.Errorf("%s, %s", *id.MembershipId, *made.MembershipId)
	}
	d := must[*identitystore.DescribeGroupMembershipOutput](t)(k.ids.DescribeGroupMembership(t.Context(), &identitystore.DescribeGroupMembershipInput{IdentityStoreId: k.store, MembershipId: made.MembershipId}))
	if *d.GroupId != crew || d.MemberId.(*types.MemberIdMemberUserId).Value != ada || *d.CreatedBy != "AKIDEXAMPLE" {
		t.Errorf("%+v", d)
	}
	users := func(group string) (ids []string) {
		out := must[*identitystore.ListGroupMembershipsOutput](t)(k.ids.ListGroupMemberships(t.Context(), &identitystore.ListGroupMembershipsInput{IdentityStoreId: k.store, GroupId: &group}))
		for _, m := range out.GroupMemberships {
			ids = append(ids, m.MemberId.(*types.MemberIdMemberUserId).Value)
		}
		return ids
	}
	groups := must[*identitystore.ListGroupMembershipsForMemberOutput](t)(k.ids.ListGroupMembershipsForMember(t.Context(), &identitystore.ListGroupMembershipsForMemberInput{IdentityStoreId: k.store, MemberId: member(ada)}))
	if len(users(crew)) != 2 || len(groups.GroupMemberships) != 2 {
		t.Errorf("%v; %v", users(crew), groups.GroupMemberships)
	}
	is := func(user string, groups ...string) (map[string]bool, error) {
		out, err := k.ids.IsMemberInGroups(t.Context(), &identitystore.IsMemberInGroupsInput{IdentityStoreId: k.store, MemberId: member(user), GroupIds: groups})
		if err != nil {
			return nil, err
		}
		m := map[string]bool{}
		for _, r := range out.Results {
			m[*r.GroupId] = r.MembershipExists
		}
		return m, nil
	}
	if m, err := is(bob, crew, other); err != nil || !maps.Equal(m, map[string]bool{crew: true, other: false}) {
		t.Errorf("%v, %v", m, err)
	}
	if _, err := is(bob, slices.Repeat([]string{crew}, 101)...); !errors.As(err, &invalid) {
		t.Errorf("101 groups: %v", err)
	}
	del := func() error {
		_, err := k.ids.DeleteGroupMembership(t.Context(), &identitystore.DeleteGroupMembershipInput{IdentityStoreId: k.store, MembershipId: made.MembershipId})
		return err
	}
	if err := del(); err != nil {
		t.Error(err)
	}
	if err := del(); !errors.As(err, &missing) || missing.ResourceType != types.ResourceTypeGroupMembership {
		t.Errorf("second delete: %v", err)
	}
	if got := users(crew); !slices.Equal(got, []string{bob}) {
		t.Errorf("%v", got)
	}
	_, err := k.ids.GetGroupMembershipId(t.Context(), &identitystore.GetGroupMembershipIdInput{IdentityStoreId: k.store, GroupId: &crew, MemberId: member(ada)})
	if !errors.As(err, &missing) {
		t.Errorf("%v", err)
	}
	// A membership ends with its group.
	last := groups.GroupMemberships[0]
	if *last.GroupId == crew {
		last = groups.GroupMemberships[1]
	}
	must[*identitystore.DeleteGroupOutput](t)(k.ids.DeleteGroup(t.Context(), &identitystore.DeleteGroupInput{IdentityStoreId: k.store, GroupId: &other}))
	_, err = k.ids.DescribeGroupMembership(t.Context(), &identitystore.DescribeGroupMembershipInput{IdentityStoreId: k.store, MembershipId: last.MembershipId})
	if !errors.As(err, &missing) {
		t.Errorf("%v", err)
	}
}

func TestSDKPaging(t *testing.T) {
	k := official(t, iic.Options{Paging: iic.Paging{Max: 3, EmptyEvery: 2}})
	var st iic.State
	for i := range 10 {
		st.Users = append(st.Users, iic.User{UserName: fmt.Sprint("u", i)})
	}
	st.Groups = []iic.Group{{ID: "g", DisplayName: "g", Members: []string{"u1", "u2", "u3", "u4"}}}
	mustSeed(t, k.server, st)
	seen := map[string]int{}
	pages := identitystore.NewListUsersPaginator(k.ids, &identitystore.ListUsersInput{IdentityStoreId: k.store, MaxResults: new(int32(4))})
	n := 0
	for ; pages.HasMorePages(); n++ {
		page := must[*identitystore.ListUsersOutput](t)(pages.NextPage(t.Context()))
		if len(page.Users) > 3 {
			t.Errorf("%d on a page", len(page.Users))
		}
		for _, u := range page.Users {
			seen[*u.UserName]++
		}
	}
	if len(seen) != 10 || n != 7 {
		t.Errorf("%v in %d pages", seen, n)
	}
	first := must[*identitystore.ListGroupMembershipsOutput](t)(k.ids.ListGroupMemberships(t.Context(), &identitystore.ListGroupMembershipsInput{IdentityStoreId: k.store, GroupId: new("g")}))
	var invalid *types.ValidationException
	for _, in := range []*identitystore.ListUsersInput{{NextToken: first.NextToken}, {NextToken: new("made up")}, {MaxResults: new(int32(101))}} {
		in.IdentityStoreId = k.store
		if _, err := k.ids.ListUsers(t.Context(), in); !errors.As(err, &invalid) {
			t.Errorf("%+v: %v", in, err)
		}
	}
}

func TestSDKErrors(t *testing.T) {
	var denial *iic.Denial
	k := official(t, iic.Options{Throttle: true, Limits: iic.Limits{IdentityStore: 1}, Deny: func(op string) *iic.Denial {
		if op != "identitystore:ListUsers" {
			return nil
		}
		return denial
	}})
	list := func() error {
		_, err := k.ids.ListUsers(context.Background(), &identitystore.ListUsersInput{IdentityStoreId: k.store})
		return err
	}
	var denied *types.AccessDeniedException
	denial = iic.NotAuthorized()
	if err := list(); !errors.As(err, &denied) || denied.Reason != "" {
		t.Errorf("%v", err)
	}
	denial = iic.NoKey()
	if err := list(); !errors.As(err, &denied) || denied.Reason != types.AccessDeniedExceptionReasonKmsAccessDenied {
		t.Errorf("%v", err)
	}
	denial = nil
	if err := list(); err != nil {
		t.Error(err)
	}
	k.server.Update(func(o *iic.Options) { o.Switches.RetryAfter = iic.RetryAfterSeconds })
	if err := list(); err != nil {
		t.Error(err)
	}
	var throttled *types.ThrottlingException
	if err := list(); !errors.As(err, &throttled) || throttled.RetryAfterSeconds != 1 || *throttled.Message != "Rate exceeded" {
		t.Errorf("%v", err)
	}
	k.server.Update(func(o *iic.Options) { o.Throttle = false })
	var missing *types.ResourceNotFoundException
	_, err := k.ids.ListUsers(t.Context(), &identitystore.ListUsersInput{IdentityStoreId: new("d-ffffffffff")})
	if !errors.As(err, &missing) || missing.ResourceType != types.ResourceTypeIdentityStore {
		t.Errorf("another store: %v", err)
	}
	var invalid *types.ValidationException
	if _, err = k.ids.ListUsers(t.Context(), &identitystore.ListUsersInput{IdentityStoreId: k.store, Extensions: []string{"x"}}); !errors.As(err, &invalid) {
		t.Errorf("unknown extension: %v", err)
	}
	anonymous := identitystore.New(identitystore.Options{Region: "us-east-1", HTTPClient: &http.Client{Transport: inproc.Transport(k.server)}, Credentials: aws.AnonymousCredentials{}})
	_, err = anonymous.ListUsers(t.Context(), &identitystore.ListUsersInput{IdentityStoreId: k.store})
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != "MissingAuthenticationTokenException" {
		t.Errorf("anonymous: %v", err)
	}
}

func TestJSON11ByHand(t *testing.T) {
	c := start(t, iic.Options{})
	for target, want := range map[string]string{
		"AWSIdentityStore.Nothing":            "UnknownOperationException",
		"SWBExternalService.DeleteInstance":   "UnknownOperationException",
		"Other.ListUsers":                     "UnknownOperationException",
		"AWSIdentityStore.DescribeUser":       "ValidationException",
		"SWBExternalService.ListInstances":    "",
		"AWSIdentityStore.ListIdentityStores": "",
	} {
		got := c.json11(target, obj{"IdentityStoreId": "d-1234567890"})
		kind, _ := got.body["__type"].(string)
		if kind != want || got.header.Get("Content-Type") != "application/x-amz-json-1.1" || (kind == "") != (got.status == 200) {
			t.Errorf("%s: %d %s", target, got.status, got.raw)
		}
	}
	if got := c.json11("AWSIdentityStore.ListUsers", []int{}); got.body["__type"] != "SerializationException" {
		t.Errorf("%s", got.raw)
	}
	if got := c.json11("AWSIdentityStore.ListUsers", obj{}); got.body["__type"] != "ValidationException" {
		t.Errorf("no store: %s", got.raw)
	}
	both := obj{"ExternalId": obj{"Issuer": "i", "Id": "x"}, "UniqueAttribute": obj{"AttributePath": "userName", "AttributeValue": "x"}}
	if got := c.identityStore("GetUserId", obj{"AlternateIdentifier": both}); got.body["__type"] != "ValidationException" {
		t.Errorf("two identifiers: %s", got.raw)
	}
	if got := c.identityStore("CreateUser", obj{"UserName": "x"}); got.body["__type"] != "ValidationException" || !strings.HasPrefix(got.body["Message"].(string), "3 validation errors detected") {
		t.Errorf("%s", got.raw)
	}
	if got := c.identityStore("ListUsers", obj{"Filters": []obj{{"AttributePath": "Title", "AttributeValue": "x"}}}); got.body["__type"] != "ValidationException" {
		t.Errorf("unsupported filter: %s", got.raw)
	}
}

func TestSDKInstances(t *testing.T) {
	list := func(instances []iic.Instance, scope ssotypes.RegionScope) (arns []string) {
		k := official(t, iic.Options{Instances: instances})
		out := must[*ssoadmin.ListInstancesOutput](t)(k.admin.ListInstances(t.Context(), &ssoadmin.ListInstancesInput{RegionScope: scope}))
		for _, i := range out.Instances {
			arns = append(arns, fmt.Sprint(*i.InstanceArn, " ", *i.IdentityStoreId, " ", i.Status, " ", *i.OwnerAccountId, " ", *i.PrimaryRegion, " ", len(i.Regions)))
		}
		return arns
	}
	several := []iic.Instance{
		{Arn: "arn:b", IdentityStoreID: "d-bbbbbbbbbb", OwnerAccountID: "444455556666", Status: "CREATE_FAILED"},
		{Arn: "arn:a", PrimaryRegion: "eu-central-1", Regions: []string{"us-east-1"}},
		{Arn: "arn:c", PrimaryRegion: "eu-central-1"},
	}
	for _, tt := range []struct {
		instances []iic.Instance
		scope     ssotypes.RegionScope
		want      []string
	}{
		{nil, "", []string{"arn:aws:sso:::instance/ssoins-1234567890abcdef d-1234567890 ACTIVE 111122223333 us-east-1 1"}},
		{[]iic.Instance{}, "", nil},
		{several, "", []string{"arn:a d-1234567890 ACTIVE 111122223333 eu-central-1 2", "arn:b d-bbbbbbbbbb CREATE_FAILED 444455556666 us-east-1 1"}},
		{several, ssotypes.RegionScopeAllRegions, []string{
			"arn:a d-1234567890 ACTIVE 111122223333 eu-central-1 2", "arn:b d-bbbbbbbbbb CREATE_FAILED 444455556666 us-east-1 1",
			"arn:c d-1234567890 ACTIVE 111122223333 eu-central-1 1",
		}},
	} {
		if diff := cmp.Diff(tt.want, list(tt.instances, tt.scope)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestSDKStoreAndAssignments(t *testing.T) {
	k := official(t, iic.Options{})
	stores := must[*identitystore.ListIdentityStoresOutput](t)(k.ids.ListIdentityStores(t.Context(), &identitystore.ListIdentityStoresInput{}))
	if len(stores.IdentityStores) != 1 || *stores.IdentityStores[0].IdentityStoreArn != "arn:aws:identitystore::111122223333:identitystore/d-1234567890" {
		t.Errorf("%+v", stores.IdentityStores)
	}
	update := func(n *types.NetworkConfiguration) error {
		_, err := k.ids.UpdateIdentityStore(t.Context(), &identitystore.UpdateIdentityStoreInput{IdentityStoreId: k.store, NetworkConfiguration: n})
		return err
	}
	scim := connect(t, k.server)
	scim.want(200, "GET", "/Users", nil)
	if err := update(&types.NetworkConfiguration{VpceAccessRequired: new(true), ApiAllowSourceIps: []string{"10.0.0.0/8"}}); err != nil {
		t.Fatal(err)
	}
	scim.want(403, "GET", "/Users", nil)
	d := must[*identitystore.DescribeIdentityStoreOutput](t)(k.ids.DescribeIdentityStore(t.Context(), &identitystore.DescribeIdentityStoreInput{IdentityStoreId: k.store}))
	if n := d.NetworkConfiguration; !*n.VpceAccessRequired || !slices.Equal(n.ApiAllowSourceIps, []string{"10.0.0.0/8"}) || n.ScimAllowSourceIps != nil {
		t.Errorf("%+v", n)
	}
	if err := update(&types.NetworkConfiguration{VpceAccessRequired: new(true), ScimAllowSourceIps: []string{"0.0.0.0/0"}}); err != nil {
		t.Fatal(err)
	}
	scim.want(200, "GET", "/Users", nil)
	var invalid *types.ValidationException
	if err := update(&types.NetworkConfiguration{VpceAccessRequired: new(true), ScimAllowSourceIps: []string{}}); !errors.As(err, &invalid) {
		t.Errorf("empty list: %v", err)
	}
	if got := scim.identityStore("UpdateIdentityStore", obj{"NetworkConfiguration": obj{}}); got.body["__type"] != "ValidationException" {
		t.Errorf("no VpceAccessRequired: %s", got.raw)
	}

	mustSeed(t, k.server, iic.State{Assignments: []iic.Assignment{
		{PrincipalType: "GROUP", PrincipalID: "g", AccountID: "2", PermissionSetArn: "arn:p"},
		{PrincipalType: "GROUP", PrincipalID: "g", AccountID: "1", PermissionSetArn: "arn:p"},
		{PrincipalType: "USER", PrincipalID: "g", AccountID: "3", PermissionSetArn: "arn:p"},
		{PrincipalType: "GROUP", PrincipalID: "h", AccountID: "4", PermissionSetArn: "arn:p"},
	}})
	assigned := func(in ssoadmin.ListAccountAssignmentsForPrincipalInput) (accounts []string, err error) {
		in.InstanceArn, in.PrincipalId, in.PrincipalType = cmpOr(in.InstanceArn, "arn:aws:sso:::instance/ssoins-1234567890abcdef"), new("g"), ssotypes.PrincipalTypeGroup
		pages := ssoadmin.NewListAccountAssignmentsForPrincipalPaginator(k.admin, &in)
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			if err != nil {
				return nil, err
			}
			for _, a := range page.AccountAssignments {
				accounts = append(accounts, *a.AccountId)
			}
		}
		return accounts, nil
	}
	if got, err := assigned(ssoadmin.ListAccountAssignmentsForPrincipalInput{MaxResults: new(int32(1))}); err != nil || !slices.Equal(got, []string{"1", "2"}) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := assigned(ssoadmin.ListAccountAssignmentsForPrincipalInput{Filter: &ssotypes.ListAccountAssignmentsFilter{AccountId: new("2")}}); err != nil || !slices.Equal(got, []string{"2"}) {
		t.Errorf("%v, %v", got, err)
	}
	var missing *ssotypes.ResourceNotFoundException
	if _, err := assigned(ssoadmin.ListAccountAssignmentsForPrincipalInput{InstanceArn: new("arn:aws:sso:::instance/ssoins-fedcba0987654321")}); !errors.As(err, &missing) {
		t.Errorf("another instance: %v", err)
	}
}

func cmpOr(p *string, otherwise string) *string {
	if p != nil {
		return p
	}
	return &otherwise
}
