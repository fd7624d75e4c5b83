package policy_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/directory"
	"ssosync/internal/identity"
	"ssosync/internal/policy"
	"ssosync/internal/policy/query"
)

func TestParseGroupName(t *testing.T) {
	named := directory.Group{Name: "Dev {email}", Email: "dev@sub.example.com"}
	for text, want := range map[string]string{
		"name": "Dev {email}", "email": "dev@sub.example.com", "{name}": "Dev {email}", "gws-{email.local}": "gws-dev",
		"{email.domain}/{email.local}": "sub.example.com/dev", "{name} ({email})": "Dev {email} (dev@sub.example.com)",
	} {
		name, err := policy.ParseGroupName(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		if got := name(named); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{"", "title", "{title}", "{name", "name}", "{name} {mail}", "{}"} {
		if _, err := policy.ParseGroupName(text); err == nil {
			t.Errorf("%q is no group name", text)
		}
	}
	name := must(policy.ParseGroupName("name"))
	for _, empty := range []string{"", " ", "\t"} {
		if got := name(directory.Group{Name: empty, Email: "dev@example.com"}); got != "dev" {
			t.Errorf("a group without a name is called %q", got)
		}
	}
}

func TestProtect(t *testing.T) {
	shared := append(make(policy.Globs, 0, 20), "mine")
	r := policy.Rules{ProtectGroups: shared}
	other := r
	if err := r.Protect("control-tower"); err != nil {
		t.Fatal(err)
	}
	if err := other.Protect("aws-reserved"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		r    policy.Rules
		kind identity.Kind
		name string
		want bool
	}{
		{r, identity.KindGroup, "awscontroltoweradmins", true},
		{r, identity.KindGroup, "AWSSecurityAuditPowerUsers", true},
		{r, identity.KindUser, "AWSControlTowerAdmins", false},
		{r, identity.KindGroup, "Administrator", false},
		{r, identity.KindGroup, "mine", true},
		{other, identity.KindGroup, "Administrator", true},
		{other, identity.KindUser, "AWSAdministrators", true},
		{other, identity.KindUser, "mine", false},
	} {
		if got := c.r.Protected(c.kind, c.name); got != c.want {
			t.Errorf("%s %s is protected: %v", c.kind, c.name, got)
		}
	}
	if err := r.Protect("aws-reserved", "okta"); err == nil || err.Error() != `protect: there is no preset "okta"` {
		t.Error(err)
	}
}

func TestNeeds(t *testing.T) {
	base := []string{"id", "name.familyName", "name.fullName", "name.givenName", "primaryEmail"}
	for _, c := range []struct {
		name string
		with func(*policy.Rules)
		want directory.Needs
	}{
		{"a plain command line", func(*policy.Rules) {}, directory.Needs{Paths: base}},
		{"an attribute", func(r *policy.Rules) { r.Attributes = append(r.Attributes, "title") }, directory.Needs{Paths: []string{
			"id", "name.familyName", "name.fullName", "name.givenName", "organizations[primary].title", "primaryEmail",
		}}},
		{"new users need more than is synced", func(r *policy.Rules) { r.Attributes = nil }, directory.Needs{Paths: base}},
		{"managers may be anybody", func(r *policy.Rules) { r.Attributes = append(r.Attributes, "manager") }, directory.Needs{AllAccounts: true, Paths: []string{
			"id", "name.familyName", "name.fullName", "name.givenName", "primaryEmail", "relations[type=manager].value",
		}}},
		{"users by query", func(r *policy.Rules) { r.UserMatch = must(query.ParseUsers("orgTitle=Boss, name=x*")) }, directory.Needs{
			AllAccounts: true, UserQueries: []string{"name=x*"}, Paths: []string{
				"id", "name.familyName", "name.fullName", "name.givenName", "organizations[].title", "primaryEmail",
			},
		}},
		{"the server's questions need no values", func(r *policy.Rules) { r.UserMatch = must(query.ParseUsers("orgTitle=Boss name=x*")) }, directory.Needs{
			AllAccounts: true, UserQueries: []string{"orgTitle=Boss name=x*"}, Paths: base,
		}},
		{"groups by member", func(r *policy.Rules) { r.GroupMatch = must(query.ParseGroups("memberKey=a@example.com")) }, directory.Needs{AllMembers: true, Paths: base}},
		{"groups by the server", func(r *policy.Rules) { r.GroupMatch = must(query.ParseGroups("unheardof:x, name:a*")) }, directory.Needs{
			AllAccounts: true, GroupQueries: []string{"unheardof:x"}, Paths: base,
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := rules()
			c.with(&r)
			got := r.Needs()
			if got.Group == nil {
				t.Error("no group is in scope")
			}
			got.Group = nil
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestGroupsThatAreRead(t *testing.T) {
	g := directory.Group{ID: "g", Email: "dev@example.com", Name: "Dev", Aliases: []string{"old@example.com"}}
	for _, c := range []struct {
		match, ignore, include string
		want                   bool
	}{
		{"*", "", "", true},
		{"name:Dev*", "", "", true},
		{"name:Ops*", "", "", false},
		{"name:Ops*, email:dev*", "", "", true},
		{"", "", "", false},
		{"unheardof:x", "", "", false}, // the server's answer is asked for later
		{"memberKey=a@example.com", "", "", false},
		{"*", "dev@*", "", false},
		{"*", "old@*", "", false},
		{"*", "ops@*", "", true},
		{"*", "", "ops@*", false},
		{"*", "", "old@*", true},
		{"*", "dev@*", "dev@*", false},
	} {
		r := rules()
		r.GroupMatch, r.IgnoreGroups, r.IncludeGroups = must(query.ParseGroups(c.match)), globs(c.ignore), globs(c.include)
		if got := r.Needs().Group(g); got != c.want {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}
