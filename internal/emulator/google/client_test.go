package google_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	admin "google.golang.org/api/admin/directory/v1"

	"ssosync/internal/emulator/google"
)

// acme is a small company with one of each kind of member.
func acme(t *testing.T) *google.Directory {
	t.Helper()
	d, err := google.NewDirectory(google.Fixture{
		Customer: google.Customer{ID: "C01abcd23", Domain: "example.com"},
		Domains:  []google.Domain{{Name: "example.com", Primary: true, Verified: true, Aliases: []string{"example.net"}}, {Name: "example.org", Verified: true}},
		Schemas: []google.Schema{{Name: "AWS", Fields: []google.SchemaField{
			{Name: "role", Type: "STRING", MultiValued: true},
			{Name: "level", Type: "INT64", Numeric: true},
			{Name: "secret", Type: "STRING", Unindexed: true},
			{Name: "since", Type: "DATE"},
			{Name: "badge", Type: "INT64"},
		}}},
		Roles: []google.Role{
			{ID: "1", Name: "Users read", Privileges: []string{"USERS_RETRIEVE"}},
			{ID: "2", Name: "Groups all", Privileges: []string{"GROUPS_ALL"}},
		},
		Users: []google.User{
			{PrimaryEmail: adminEmail, IsAdmin: true, Name: google.Name{GivenName: "Ada", FamilyName: "Admin"}},
			{
				ID: "110559830912345678901", PrimaryEmail: "liz@example.com", Aliases: []string{"lizzy@example.com"},
				Name: google.Name{GivenName: "Liz", FamilyName: "Smith"}, OrgUnitPath: "/Eng/Platform",
				NonEditableAliases: []string{"liz@example.com.test-google-a.com"},
				CustomSchemas:      map[string]map[string]any{"AWS": {"role": []any{map[string]any{"value": "dev"}, map[string]any{"value": "ops"}}, "level": 7, "since": "2024-02-01"}},
				Relations:          []map[string]any{{"type": "manager", "value": "bob@example.com"}},
				Organizations:      []map[string]any{{"title": "Staff Engineer", "department": "R and D"}},
			},
			{
				PrimaryEmail: "bob@example.com", Name: google.Name{GivenName: "Bob", FamilyName: "O'Hara"}, OrgUnitPath: "/Eng", Suspended: true,
				Relations: []map[string]any{{"type": "manager", "value": adminEmail}},
			},
			{PrimaryEmail: "cat@example.org", Name: google.Name{GivenName: "Cat", FamilyName: "Stone"}, OrgUnitPath: "/Engineering", Archived: true},
		},
		Groups: []google.Group{
			{ID: "03ep43zb1a2b3c4", Email: "aws-dev@example.com", Name: "AWS Dev", Aliases: []string{"dev@example.com"}, Members: []google.Member{
				{Email: "liz@example.com"},
				{Email: "bob@example.com", Role: google.RoleOwner},
				{Email: "cat@example.org", Role: google.RoleManager},
				{Email: "guest@partner.test"},
				{Email: robot},
				{Email: "ops@example.com"},
				{Email: "team@partner.test", Type: google.TypeGroup},
			}},
			{Email: "ops@example.com", Name: "Ops", Members: []google.Member{{Email: adminEmail}, {Email: "liz@example.com"}}},
			{Email: "all@example.com", Name: "Everyone", Members: []google.Member{{Type: google.TypeCustomer}}},
			{Email: "empty@example.org", Name: "Nobody"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestVendorClient(t *testing.T) {
	b := start(t, acme(t), google.Options{})
	svc := b.client(t)

	users, err := svc.Users.List().Customer("my_customer").MaxResults(500).Do()
	if err != nil {
		t.Fatal(err)
	}
	var emails []string
	for _, u := range users.Users {
		emails = append(emails, u.PrimaryEmail)
	}
	if want := []string{adminEmail, "bob@example.com", "cat@example.org", "liz@example.com"}; !slices.Equal(emails, want) {
		t.Errorf("users %v, want %v", emails, want)
	}

	groups, err := svc.Groups.List().Customer("C01abcd23").MaxResults(200).Do()
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int64{}
	for _, g := range groups.Groups {
		counts[g.Email] = g.DirectMembersCount
	}
	if diff := cmp.Diff(map[string]int64{"aws-dev@example.com": 5, "ops@example.com": 2, "all@example.com": 0, "empty@example.org": 0}, counts); diff != "" {
		t.Error(diff)
	}

	var rows []admin.Member
	err = svc.Members.List("03ep43zb1a2b3c4").MaxResults(2).Pages(t.Context(), func(m *admin.Members) error {
		for _, r := range m.Members {
			rows = append(rows, admin.Member{Email: r.Email, Role: r.Role, Type: r.Type, Status: r.Status})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []admin.Member{
		{Email: "bob@example.com", Role: "OWNER", Type: "USER", Status: "SUSPENDED"},
		{Email: "cat@example.org", Role: "MANAGER", Type: "USER", Status: "ARCHIVED"},
		{Email: "guest@partner.test", Role: "MEMBER", Type: "USER"},
		{Email: "liz@example.com", Role: "MEMBER", Type: "USER", Status: "ACTIVE"},
		{Email: "ops@example.com", Role: "MEMBER", Type: "GROUP", Status: "ACTIVE"},
		{Email: robot, Role: "MEMBER", Type: "USER"},
		{Email: "team@partner.test", Role: "MEMBER", Type: "GROUP"},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"token": 1, "users.list": 1, "groups.list": 1, "members.list": 4}, b.srv.Calls()); diff != "" {
		t.Error(diff)
	}
}
