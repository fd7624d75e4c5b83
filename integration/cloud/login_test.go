//go:build unix

package cloud

import (
	"crypto/rand"
	"slices"
	"testing"
)

const (
	robot    = "ssosync@example-sync.iam.gserviceaccount.com"
	pool     = "projects/4711/locations/global/workloadIdentityPools/ssosync"
	roleARN  = "arn:aws:sts::123456789012:assumed-role/ssosync"
	roleKey  = "ASIAEXAMPLEOFAROLE"
	otherKey = "ASIAEXAMPLEOFANOTHER"
	repo     = "example/identity"
)

// federated is a company whose service account has no key: a role of AWS and a
// repository of GitHub may be it (docs/deploy.md: a login to Google without a key).
func federated(t *testing.T, roleSecret, jobToken string) *company {
	t.Helper()
	c := newCompany(t, "ada", "grace", "edsger")
	c.fixture["serviceAccounts"] = []map[string]any{{
		"email": robot, "clientId": "104711104711104711104",
		"delegatedScopes": []string{
			"https://www.googleapis.com/auth/admin.directory.user.readonly", "https://www.googleapis.com/auth/admin.directory.group.readonly",
		},
		"tokenCreators": []string{
			"principalSet://iam.googleapis.com/" + pool + "/attribute.aws_role/" + roleARN,
			"principalSet://iam.googleapis.com/" + pool + "/attribute.repository/" + repo,
		},
	}}
	c.fixture["providers"] = []map[string]any{
		{
			"audience": "//iam.googleapis.com/" + pool + "/providers/aws", "accountId": "123456789012",
			"callers": map[string]string{roleKey: roleARN + "/session", otherKey: "arn:aws:sts::123456789012:assumed-role/other/session"},
			"secrets": map[string]string{roleKey: roleSecret, otherKey: roleSecret},
		},
		{"audience": "//iam.googleapis.com/" + pool + "/providers/github", "issuer": "https://token.actions.githubusercontent.com"},
	}
	c.fixture["github"] = map[string]any{"repository": repo, "requestToken": jobToken}
	c.write(t)
	secrets.spare(c.path)
	return c
}

// Google's STS, IAM Credentials and token endpoint are the emulator's; the way to
// them, signatures included, is what the built program goes without a key.
func TestLoginWithoutAKey(t *testing.T) {
	t.Parallel()
	roleSecret, jobToken := secrets.give("role-"+rand.Text()), secrets.give("job-"+rand.Text())
	w := newWorld(t, "--fixture", federated(t, roleSecret, jobToken).path)
	base := []string{"GOOGLE_CREDENTIALS_JSON=", "SSOSYNC_STATE=", "SSOSYNC_GOOGLE_IMPERSONATE_SERVICE_ACCOUNT=" + robot}
	aws := slices.Concat(base, []string{
		"SSOSYNC_GOOGLE_WORKLOAD_IDENTITY_PROVIDER=" + pool + "/providers/aws", "AWS_ACCESS_KEY_ID=" + roleKey, "AWS_SECRET_ACCESS_KEY=" + roleSecret, "AWS_SESSION_TOKEN=" + secrets.give("session-"+rand.Text()), "AWS_REGION=eu-west-1",
	})
	github := slices.Concat(base, []string{
		"SSOSYNC_GOOGLE_WORKLOAD_IDENTITY_PROVIDER=" + pool + "/providers/github",
		"ACTIONS_ID_TOKEN_REQUEST_URL=" + w.variable("SSOSYNC_GOOGLE_ENDPOINT") + "/github/oidc?api-version=2.0", "ACTIONS_ID_TOKEN_REQUEST_TOKEN=" + jobToken,
	})
	for _, test := range []struct {
		name    string
		environ []string
		but     string // a variable
		code    int
		says    string
	}{
		{"AWS", aws, "", 0, "3 users to create"},
		{"GitHub", github, "", 0, "3 users to create"},
		{"another role", aws, "AWS_ACCESS_KEY_ID=" + otherKey, 5, "gcloud iam service-accounts add-iam-policy-binding " + robot},
		{"another secret", aws, "AWS_SECRET_ACCESS_KEY=" + secrets.give("wrong-"+rand.Text()), 5, "gcloud iam workload-identity-pools providers describe " + pool},
		{"no provider", aws, "SSOSYNC_GOOGLE_WORKLOAD_IDENTITY_PROVIDER=" + pool + "/providers/nothing", 5, "check --google-workload-identity-provider"},
		{"another job", github, "ACTIONS_ID_TOKEN_REQUEST_TOKEN=" + secrets.give("wrong-"+rand.Text()), 5, "permissions: id-token: write"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := start(t, w.dir, w.with(slices.Concat(test.environ, []string{test.but})...), "plan")
			p.exits(t, test.code)
			p.says(t, test.says)
		})
	}
}
