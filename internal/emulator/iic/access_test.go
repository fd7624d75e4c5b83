package iic_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/identitystore"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin"
	"github.com/aws/aws-sdk-go-v2/service/ssoadmin/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"ssosync/internal/emulator/iic"
)

func permissionSet(n int) string {
	return fmt.Sprintf("arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-%016d", n)
}

func application(n int) string {
	return fmt.Sprintf("arn:aws:sso::111122223333:application/ssoins-1234567890abcdef/apl-%016d", n)
}

func account(n int) string { return fmt.Sprintf("%012d", n) }

var born = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// landing has a user and a group with access of every sort.
func landing(k *sdk) (user, group string) {
	user, group = k.createUser("ada@example.com"), k.createGroup("crew")
	mustSeed(k.T, k.server, iic.State{
		PermissionSets: []iic.PermissionSet{
			{Arn: permissionSet(1), Name: "AdministratorAccess", Description: "Everything", SessionDuration: "PT4H", CreatedAt: born},
			{Arn: permissionSet(3), Name: "Unused"},
		},
		Applications: []iic.Application{{Arn: application(1), Name: "Wiki", Description: "Pages", Status: "DISABLED", CreatedAt: born}},
		Assignments: []iic.Assignment{
			{PrincipalType: "GROUP", PrincipalID: group, AccountID: account(2), PermissionSetArn: permissionSet(1)},
			{PrincipalType: "GROUP", PrincipalID: group, AccountID: account(1), PermissionSetArn: permissionSet(1)},
			{PrincipalType: "GROUP", PrincipalID: group, AccountID: account(1), PermissionSetArn: permissionSet(1)},
			{PrincipalType: "GROUP", PrincipalID: group, AccountID: account(1), PermissionSetArn: permissionSet(2)},
			{PrincipalType: "USER", PrincipalID: user, AccountID: account(1), PermissionSetArn: permissionSet(1)},
			{PrincipalType: "USER", PrincipalID: "eve", AccountID: account(9), PermissionSetArn: permissionSet(4)},
		},
		ApplicationAssignments: []iic.ApplicationAssignment{
			{PrincipalType: "GROUP", PrincipalID: group, ApplicationArn: application(2)},
			{PrincipalType: "GROUP", PrincipalID: group, ApplicationArn: application(1)},
			{PrincipalType: "USER", PrincipalID: user, ApplicationArn: application(1)},
		},
	})
	return user, group
}

func TestSDKDescribe(t *testing.T) {
	now := time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)
	k := official(t, iic.Options{Clock: func() time.Time { return now }})
	landing(k)
	set := func(n int) types.PermissionSet {
		return *must[*ssoadmin.DescribePermissionSetOutput](t)(k.admin.DescribePermissionSet(t.Context(), &ssoadmin.DescribePermissionSetInput{
			InstanceArn: new(instance), PermissionSetArn: new(permissionSet(n)),
		})).PermissionSet
	}
	one, two := set(1), set(2)
	if got, want := words(*one.PermissionSetArn, *one.Name, *one.Description, *one.SessionDuration, *one.CreatedDate),
		words(permissionSet(1), "AdministratorAccess", "Everything", "PT4H", born); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if got, want := words(*two.Name, two.Description == nil, *two.SessionDuration, *two.CreatedDate), words("ps-0000000000000002", true, "PT1H", now); got != want {
		t.Errorf("one that came with its assignment: %s\nwant %s", got, want)
	}
	app := func(n int) *ssoadmin.DescribeApplicationOutput {
		return must[*ssoadmin.DescribeApplicationOutput](t)(k.admin.DescribeApplication(t.Context(), &ssoadmin.DescribeApplicationInput{ApplicationArn: new(application(n))}))
	}
	wiki, other := app(1), app(2)
	if got, want := words(*wiki.ApplicationArn, *wiki.Name, *wiki.Description, wiki.Status, *wiki.ApplicationAccount, *wiki.InstanceArn, *wiki.IdentityStoreArn, *wiki.CreatedDate),
		words(application(1), "Wiki", "Pages", "DISABLED", "111122223333", instance, "arn:aws:identitystore::111122223333:identitystore/d-1234567890", born); got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	if got, want := words(*other.Name, other.Description == nil, other.Status, *other.CreatedDate), words("apl-0000000000000002", true, "ENABLED", now); got != want {
		t.Errorf("one that came with its assignment: %s\nwant %s", got, want)
	}
}

// list reads all pages of one of the lists, and counts them.
func (k *sdk) list(op, principal string, kind types.PrincipalType, size *int32) (rows []string, pages int, err error) {
	ctx, arn := k.Context(), new(instance)
	for token := (*string)(nil); ; {
		var next *string
		switch op {
		case "accounts of principal":
			var out *ssoadmin.ListAccountAssignmentsForPrincipalOutput
			if out, err = k.admin.ListAccountAssignmentsForPrincipal(ctx, &ssoadmin.ListAccountAssignmentsForPrincipalInput{InstanceArn: arn, PrincipalId: &principal, PrincipalType: kind, MaxResults: size, NextToken: token}); err == nil {
				next = out.NextToken
				for _, a := range out.AccountAssignments {
					rows = append(rows, words(*a.AccountId, *a.PermissionSetArn, a.PrincipalType, *a.PrincipalId))
				}
			}
		case "applications of principal":
			var out *ssoadmin.ListApplicationAssignmentsForPrincipalOutput
			if out, err = k.admin.ListApplicationAssignmentsForPrincipal(ctx, &ssoadmin.ListApplicationAssignmentsForPrincipalInput{InstanceArn: arn, PrincipalId: &principal, PrincipalType: kind, MaxResults: size, NextToken: token}); err == nil {
				next = out.NextToken
				for _, a := range out.ApplicationAssignments {
					rows = append(rows, words(*a.ApplicationArn, a.PrincipalType, *a.PrincipalId))
				}
			}
		case "permission sets":
			var out *ssoadmin.ListPermissionSetsOutput
			if out, err = k.admin.ListPermissionSets(ctx, &ssoadmin.ListPermissionSetsInput{InstanceArn: arn, MaxResults: size, NextToken: token}); err == nil {
				next, rows = out.NextToken, append(rows, out.PermissionSets...)
			}
		case "permission sets of account":
			var out *ssoadmin.ListPermissionSetsProvisionedToAccountOutput
			if out, err = k.admin.ListPermissionSetsProvisionedToAccount(ctx, &ssoadmin.ListPermissionSetsProvisionedToAccountInput{InstanceArn: arn, AccountId: new(account(1)), MaxResults: size, NextToken: token}); err == nil {
				next, rows = out.NextToken, append(rows, out.PermissionSets...)
			}
		case "accounts of permission set":
			var out *ssoadmin.ListAccountsForProvisionedPermissionSetOutput
			if out, err = k.admin.ListAccountsForProvisionedPermissionSet(ctx, &ssoadmin.ListAccountsForProvisionedPermissionSetInput{InstanceArn: arn, PermissionSetArn: new(permissionSet(1)), MaxResults: size, NextToken: token}); err == nil {
				next, rows = out.NextToken, append(rows, out.AccountIds...)
			}
		case "assignments":
			var out *ssoadmin.ListAccountAssignmentsOutput
			if out, err = k.admin.ListAccountAssignments(ctx, &ssoadmin.ListAccountAssignmentsInput{InstanceArn: arn, AccountId: new(account(1)), PermissionSetArn: new(permissionSet(1)), MaxResults: size, NextToken: token}); err == nil {
				next = out.NextToken
				for _, a := range out.AccountAssignments {
					rows = append(rows, words(*a.AccountId, *a.PermissionSetArn, a.PrincipalType, *a.PrincipalId))
				}
			}
		}
		if pages++; err != nil || next == nil {
			return rows, pages, err
		}
		token = next
	}
}

func TestSDKAccessLists(t *testing.T) {
	k := official(t, iic.Options{})
	user, group := landing(k)
	for _, tt := range []struct {
		op, principal string
		kind          types.PrincipalType
		want          []string
	}{
		{"accounts of principal", group, "GROUP", []string{
			words(account(1), permissionSet(1), "GROUP", group), words(account(1), permissionSet(2), "GROUP", group), words(account(2), permissionSet(1), "GROUP", group),
		}},
		{"accounts of principal", user, "USER", []string{words(account(1), permissionSet(1), "USER", user)}},
		{"accounts of principal", user, "GROUP", nil},
		{"applications of principal", group, "GROUP", []string{words(application(1), "GROUP", group), words(application(2), "GROUP", group)}},
		{"applications of principal", user, "USER", []string{words(application(1), "USER", user)}},
		{"permission sets", "", "", []string{permissionSet(1), permissionSet(2), permissionSet(3), permissionSet(4)}},
		{"permission sets of account", "", "", []string{permissionSet(1), permissionSet(2)}},
		{"accounts of permission set", "", "", []string{account(1), account(2)}},
		{"assignments", "", "", []string{words(account(1), permissionSet(1), "GROUP", group), words(account(1), permissionSet(1), "USER", user)}},
	} {
		for _, size := range []*int32{nil, new(int32(1)), new(int32(2)), new(int32(100))} {
			got, pages, err := k.list(tt.op, tt.principal, tt.kind, size)
			if diff := cmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("%s of %q: %v %s", tt.op, tt.principal, err, diff)
			}
			if n := int32(len(tt.want)); size != nil && pages != int(max(1, (n+*size-1)/(*size))) {
				t.Errorf("%s, %d on a page: %d pages", tt.op, *size, pages)
			}
		}
		for _, size := range []int32{0, 101} {
			var invalid *types.ValidationException
			if _, _, err := k.list(tt.op, tt.principal, tt.kind, &size); !errors.As(err, &invalid) {
				t.Errorf("%s, %d on a page: %v", tt.op, size, err)
			}
		}
	}
	filtered := must[*ssoadmin.ListApplicationAssignmentsForPrincipalOutput](t)(k.admin.ListApplicationAssignmentsForPrincipal(t.Context(), &ssoadmin.ListApplicationAssignmentsForPrincipalInput{
		InstanceArn: new(instance), PrincipalId: &group, PrincipalType: "GROUP", Filter: &types.ListApplicationAssignmentsFilter{ApplicationArn: new(application(2))},
	}))
	if len(filtered.ApplicationAssignments) != 1 || *filtered.ApplicationAssignments[0].ApplicationArn != application(2) {
		t.Errorf("%+v", filtered.ApplicationAssignments)
	}
	outdated := must[*ssoadmin.ListAccountsForProvisionedPermissionSetOutput](t)(k.admin.ListAccountsForProvisionedPermissionSet(t.Context(), &ssoadmin.ListAccountsForProvisionedPermissionSetInput{
		InstanceArn: new(instance), PermissionSetArn: new(permissionSet(1)), ProvisioningStatus: types.ProvisioningStatusLatestPermissionSetNotProvisioned,
	}))
	if len(outdated.AccountIds) != 0 {
		t.Errorf("not in the latest form: %v", outdated.AccountIds)
	}
}

// The default page has 100 rows.
func TestSDKManyAssignments(t *testing.T) {
	k := official(t, iic.Options{})
	group := k.createGroup("crew")
	for i := range 250 {
		k.server.Assign(iic.Assignment{PrincipalType: "GROUP", PrincipalID: group, AccountID: account(i), PermissionSetArn: permissionSet(i)})
	}
	for op, want := range map[string]int{"accounts of principal": 250, "permission sets": 250} {
		rows, pages, err := k.list(op, group, "GROUP", nil)
		if err != nil || len(rows) != want || pages != 3 {
			t.Errorf("%s: %d on %d pages, %v", op, len(rows), pages, err)
		}
	}
}

func TestSDKAccessRefusals(t *testing.T) {
	k := official(t, iic.Options{})
	user, group := landing(k)
	c := connect(t, k.server)
	const (
		elsewhere = "arn:aws:sso:::instance/ssoins-fedcba0987654321"
		nobody    = "00000000-0000-0000-0000-000000000000"
	)
	whole := obj{
		"InstanceArn": instance, "AccountId": account(1), "PermissionSetArn": permissionSet(1), "ApplicationArn": application(1),
		"PrincipalId": group, "PrincipalType": "GROUP",
	}
	ops := map[string]string{ // operation → what it needs
		"DescribePermissionSet": "InstanceArn PermissionSetArn", "DescribeApplication": "ApplicationArn",
		"ListPermissionSets": "InstanceArn", "ListPermissionSetsProvisionedToAccount": "InstanceArn AccountId",
		"ListAccountsForProvisionedPermissionSet": "InstanceArn PermissionSetArn", "ListAccountAssignments": "InstanceArn AccountId PermissionSetArn",
		"ListAccountAssignmentsForPrincipal": "InstanceArn PrincipalId PrincipalType", "ListApplicationAssignmentsForPrincipal": "InstanceArn PrincipalId PrincipalType",
	}
	gone := map[string]string{"InstanceArn": elsewhere, "PermissionSetArn": permissionSet(9), "ApplicationArn": application(9)}
	for op, needs := range ops {
		ask := func(field string, value any) string {
			in := obj{}
			for f := range strings.FieldsSeq(needs) {
				in[f] = whole[f]
			}
			if field != "" {
				in[field] = value
			}
			a := c.json11("SWBExternalService."+op, in)
			if a.status == 200 {
				return "done"
			}
			if a.status != 400 {
				t.Errorf("%s: status %d", op, a.status)
			}
			return fmt.Sprint(a.body["__type"])
		}
		if got := ask("", nil); got != "done" {
			t.Errorf("%s: %s", op, got)
		}
		for field := range strings.FieldsSeq(needs) {
			if got := ask(field, ""); got != "ValidationException" {
				t.Errorf("%s without %s: %s", op, field, got)
			}
			if got := ask(field, "what is this"); got != "ValidationException" {
				t.Errorf("%s with a malformed %s: %s", op, field, got)
			}
			if value, ok := gone[field]; ok {
				if got := ask(field, value); got != "ResourceNotFoundException" {
					t.Errorf("%s with an unknown %s: %s", op, field, got)
				}
			}
		}
		if strings.HasPrefix(op, "List") {
			if got := ask("NextToken", "made+up"); got != "ValidationException" {
				t.Errorf("%s with a made-up token: %s", op, got)
			}
		}
	}
	for _, op := range []string{"ListPermissionSetsProvisionedToAccount", "ListAccountsForProvisionedPermissionSet"} {
		in := obj{"InstanceArn": instance, "AccountId": account(1), "PermissionSetArn": permissionSet(1), "ProvisioningStatus": "MAYBE"}
		if a := c.json11("SWBExternalService."+op, in); a.body["__type"] != "ValidationException" {
			t.Errorf("%s: %s", op, a.raw)
		}
	}
	// A token is good for one principal.
	first := must[*ssoadmin.ListAccountAssignmentsForPrincipalOutput](t)(k.admin.ListAccountAssignmentsForPrincipal(t.Context(), &ssoadmin.ListAccountAssignmentsForPrincipalInput{
		InstanceArn: new(instance), PrincipalId: &group, PrincipalType: "GROUP", MaxResults: new(int32(1)),
	}))
	var invalid *types.ValidationException
	if _, err := k.admin.ListAccountAssignmentsForPrincipal(t.Context(), &ssoadmin.ListAccountAssignmentsForPrincipalInput{
		InstanceArn: new(instance), PrincipalId: &user, PrincipalType: "USER", NextToken: first.NextToken,
	}); !errors.As(err, &invalid) {
		t.Errorf("another's token: %v", err)
	}
	// Who was never there has nothing.
	if rows, _, err := k.list("accounts of principal", nobody, "GROUP", nil); err != nil || rows != nil {
		t.Errorf("%v, %v", rows, err)
	}
}

func TestSDKAccessDenied(t *testing.T) {
	k := official(t, iic.Options{Deny: iic.DenyAdmin})
	_, err := k.admin.ListInstances(t.Context(), &ssoadmin.ListInstancesInput{})
	var denied *types.AccessDeniedException
	if !errors.As(err, &denied) {
		t.Errorf("ListInstances: %v", err)
	}
	for _, op := range []string{"accounts of principal", "applications of principal", "permission sets", "permission sets of account", "accounts of permission set", "assignments"} {
		denied = nil
		if _, _, err := k.list(op, "x", "USER", nil); !errors.As(err, &denied) {
			t.Errorf("%s: %v", op, err)
		}
	}
	if _, err := k.ids.ListUsers(t.Context(), &identitystore.ListUsersInput{IdentityStoreId: k.store}); err != nil {
		t.Errorf("the Identity Store is denied as well: %v", err)
	}
	// A delegated administrator is refused in the same words by the official client.
	k = official(t, iic.Options{Switches: iic.Switches{DenyForPrincipal: true}})
	user, _ := landing(k)
	if _, _, err := k.list("accounts of principal", user, "USER", nil); !errors.As(err, &denied) {
		t.Errorf("delegated: %v", err)
	}
	if rows, _, err := k.list("assignments", "", "", nil); err != nil || len(rows) != 2 {
		t.Errorf("the way round: %v, %v", rows, err)
	}
}

// The SSO admin API has 20 a second in total, whatever the operation, and the Identity Store does not feel it.
func TestAdminQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := official(t, iic.Options{Throttle: true})
		user, _ := landing(k)
		ask := func(i int) error {
			op := []string{"accounts of principal", "applications of principal", "permission sets", "assignments"}[i%4]
			_, _, err := k.list(op, user, "USER", nil)
			return err
		}
		for i := range 20 {
			if err := ask(i); err != nil {
				t.Fatalf("call %d: %v", i, err)
			}
		}
		var throttled smithy.APIError
		if err := ask(0); !errors.As(err, &throttled) || throttled.ErrorCode() != "ThrottlingException" {
			t.Errorf("call 21: %v", err)
		}
		if _, err := k.ids.ListUsers(context.WithoutCancel(t.Context()), &identitystore.ListUsersInput{IdentityStoreId: k.store}); err != nil {
			t.Error(err)
		}
		time.Sleep(50 * time.Millisecond)
		if err := ask(1); err != nil {
			t.Errorf("a twentieth of a second later: %v", err)
		}
	})
}

// Assignments stay with the id, and an object made again has none.
func TestSDKAssignmentsDangle(t *testing.T) {
	k := official(t, iic.Options{})
	user, group := landing(k)
	c := connect(t, k.server)
	c.want(204, "DELETE", "/Groups/"+group, nil)
	if _, err := k.ids.DeleteUser(t.Context(), &identitystore.DeleteUserInput{IdentityStoreId: k.store, UserId: &user}); err != nil {
		t.Fatal(err)
	}
	again, anew := k.createUser("ada@example.com"), k.createGroup("crew")
	if again == user || anew == group {
		t.Fatal("an id was used twice")
	}
	for principal, want := range map[[2]string][2]int{{group, "GROUP"}: {3, 2}, {user, "USER"}: {1, 1}, {anew, "GROUP"}: {0, 0}, {again, "USER"}: {0, 0}} {
		accounts, _, err := k.list("accounts of principal", principal[0], types.PrincipalType(principal[1]), nil)
		uses, _, err2 := k.list("applications of principal", principal[0], types.PrincipalType(principal[1]), nil)
		if got := [2]int{len(accounts), len(uses)}; got != want || err != nil || err2 != nil {
			t.Errorf("%v: %v, %v, %v", principal, got, err, err2)
		}
	}
	if d, a := k.server.Dangling(), k.server.DanglingApplications(); len(d) != 6 || len(a) != 3 {
		t.Errorf("%d and %d dangle", len(d), len(a))
	}
	k.server.AssignApplication(iic.ApplicationAssignment{PrincipalType: "GROUP", PrincipalID: anew, ApplicationArn: application(7)})
	if n := len(k.server.DanglingApplications()); n != 3 {
		t.Errorf("%d dangle, though one was given to somebody who is there", n)
	}
	mustSeed(t, k.server, iic.State{Assignments: []iic.Assignment{{PrincipalType: "GROUP", PrincipalID: anew, AccountID: account(1), PermissionSetArn: permissionSet(1)}}})
	st := k.server.State()
	if len(st.Assignments) != 7 {
		t.Errorf("a second seed leaves %d assignments", len(st.Assignments))
	}
	if !slices.ContainsFunc(st.Applications, func(a iic.Application) bool { return a.Arn == application(7) }) {
		t.Error("the application did not come with its assignment")
	}
	other := iic.New(iic.Options{})
	mustSeed(t, other, st)
	if diff := cmp.Diff(st, other.State()); diff != "" {
		t.Error(diff)
	}
}
