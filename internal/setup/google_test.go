package setup_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"pgregory.net/rapid"

	"ssosync/internal/setup"
)

const pool = "projects/123456789012/locations/global/workloadIdentityPools/ssosync"

// attributes evaluates all that a Terraform file says in texts, by block and
// name.
func attributes(t *rapid.T, text string) map[string]string {
	f, diags := hclsyntax.ParseConfig([]byte(text), "wif.tf", hcl.InitialPos)
	if diags.HasErrors() {
		t.Fatalf("%v\n%s", diags, text)
	}
	ctx := &hcl.EvalContext{Variables: map[string]cty.Value{
		"google_iam_workload_identity_pool": cty.ObjectVal(map[string]cty.Value{"ssosync": cty.ObjectVal(map[string]cty.Value{"name": cty.StringVal(pool), "workload_identity_pool_id": cty.StringVal("ssosync")})}),
	}}
	found := map[string]string{}
	var walk func(prefix string, b *hclsyntax.Body)
	walk = func(prefix string, b *hclsyntax.Body) {
		for name, attr := range b.Attributes {
			v, diags := attr.Expr.Value(ctx)
			switch {
			case diags.HasErrors(): // what Terraform alone knows
			case v.Type() == cty.String:
				found[prefix+name] = v.AsString()
			case v.Type().IsObjectType():
				for key, value := range v.AsValueMap() {
					if value.Type() == cty.String {
						found[prefix+name+"."+key] = value.AsString()
					}
				}
			}
		}
		for _, block := range b.Blocks {
			p := prefix + block.Type + "."
			if len(block.Labels) > 0 {
				p = block.Labels[0] + "."
			}
			walk(p, block.Body)
		}
	}
	walk("", f.Body.(*hclsyntax.Body))
	return found
}

// What Terraform makes is what ssosync.yaml names, and it trusts nobody else.
func TestTerraform(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := draw(rt)
		text, ok := byName(t, a, "")[setup.TerraformFile]
		if ok != (a.Access.Keyless() && a.Place != setup.Machine) {
			rt.Fatalf("%s at %s: there is Terraform: %v", a.Access, a.Place, ok)
		}
		if !ok {
			return
		}
		got := attributes(rt, text)
		name, domain, _ := strings.Cut(a.ServiceAccount, "@")
		parts := strings.Split(a.Provider, "/")
		want := map[string]string{
			"google.project":                                                                strings.TrimSuffix(domain, ".iam.gserviceaccount.com"),
			"google_service_account.account_id":                                             name,
			"google_service_account_iam_member.role":                                        "roles/iam.serviceAccountTokenCreator",
			"google_iam_workload_identity_pool.workload_identity_pool_id":                   parts[5],
			"google_iam_workload_identity_pool_provider.workload_identity_pool_provider_id": parts[7],
		}
		const p = "google_iam_workload_identity_pool_provider."
		if a.Place == setup.GitHub {
			want[p+"attribute_condition"] = "assertion.repository == '" + a.Repository + "'"
			want[p+"attribute_mapping.attribute.repository"] = "assertion.repository"
			want[p+"oidc.issuer_uri"] = "https://token.actions.githubusercontent.com"
			want["google_service_account_iam_member.member"] = "principalSet://iam.googleapis.com/" + pool + "/attribute.repository/" + a.Repository
		} else {
			role := "arn:aws:sts::123456789012:assumed-role/ssosync"
			if strings.Contains(a.AWSRole, "us-gov") {
				role = "arn:aws-us-gov:sts::123456789012:assumed-role/sync+a=b"
			}
			want[p+"attribute_condition"] = "assertion.arn.startsWith('" + role + "/')"
			want[p+"aws.account_id"] = "123456789012"
			want["google_service_account_iam_member.member"] = "principalSet://iam.googleapis.com/" + pool + "/attribute.aws_role/" + role
		}
		for name, value := range want {
			if got[name] != value {
				rt.Errorf("%s is %q, want %q", name, got[name], value)
			}
		}
		if a.Place != setup.GitHub && !strings.Contains(got[p+"attribute_mapping.attribute.aws_role"], "assumed-role/{role_name}/") {
			rt.Errorf("the role is not mapped: %q", got)
		}
		for _, s := range []string{`"admin.googleapis.com"`, `"iam.googleapis.com"`, `"iamcredentials.googleapis.com"`, `"sts.googleapis.com"`} {
			if strings.Count(text, s) != 1 {
				rt.Errorf("%s is there %d times", s, strings.Count(text, s))
			}
		}
	})
}

// The steps are those of the way that was chosen, with its values.
func TestGoogleSteps(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a := draw(rt)
		text := setup.Google(a)
		has := func(what string, want bool) {
			if strings.Contains(text, what) != want {
				rt.Errorf("%q is there: %v, want %v (%s at %s)\n%s", what, !want, want, a.Access, a.Place, text)
			}
		}
		delegated := a.Access == setup.KeylessDelegation || a.Access == setup.KeyDelegation
		keyless := a.Access == setup.KeylessDelegation || a.Access == setup.KeylessRole
		has("Manage Domain Wide Delegation", delegated)
		has("https://www.googleapis.com/auth/admin.directory.user.readonly,https://www.googleapis.com/auth/admin.directory.group.readonly\n", delegated)
		has("Assign service accounts", !delegated)
		has("Users > Read and Groups > Read", !delegated)
		has("keys create key.json", !keyless && a.ClientID == "")
		has("110000000000000000001", a.ClientID != "")
		has("--format='value(uniqueId)'", a.ClientID == "")
		has("gcloud auth application-default login", keyless && a.Place == setup.Machine)
		has("providers create-aws", keyless && (a.Place == setup.Lambda || a.Place == setup.Kubernetes))
		has("providers create-oidc", keyless && a.Place == setup.GitHub)
		has("id-token: write", keyless && a.Place == setup.GitHub)
		has("roles/iam.serviceAccountTokenCreator", keyless)
		has("iamcredentials.googleapis.com", keyless)
		has("sts.googleapis.com", keyless && a.Place != setup.Machine)
		has("ssosync doctor", true)
		if a.Provider != "" {
			has(strings.Join(strings.Split(a.Provider, "/")[:6], "/"), true)
			has("PROJECT_NUMBER", false)
		}
		if delegated {
			has(a.Admin, true)
		}
		has("PROJECT_ID", a.ServiceAccount == "")
		steps := regexp.MustCompile(`(?m)^## (\d)\. `).FindAllStringSubmatch(text, -1)
		for i, s := range steps {
			if s[1] != string(rune('1'+i)) {
				rt.Errorf("step %d is called %s", i+1, s[1])
			}
		}
		if len(steps) != 4 || strings.Contains(text, "\n\n\n") || strings.Count(text, "```")%2 != 0 {
			rt.Errorf("%d steps\n%s", len(steps), text)
		}
	})
}
