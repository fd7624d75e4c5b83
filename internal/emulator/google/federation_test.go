package google_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2/google/externalaccount"

	"ssosync/internal/emulator/google"
)

const (
	pool     = "projects/4711/locations/global/workloadIdentityPools/aws"
	audience = "//iam.googleapis.com/" + pool + "/providers/lambda"
	roleName = "arn:aws:sts::123456789012:assumed-role/ssosync"
	cloud    = "https://www.googleapis.com/auth/cloud-platform"
)

// awsRole supplies credentials as the AWS SDK would on Lambda.
type awsRole struct{ key string }

func (awsRole) AwsRegion(context.Context, externalaccount.SupplierOptions) (string, error) {
	return "eu-west-1", nil
}

func (a awsRole) AwsSecurityCredentials(context.Context, externalaccount.SupplierOptions) (*externalaccount.AwsSecurityCredentials, error) {
	return &externalaccount.AwsSecurityCredentials{AccessKeyID: a.key, SecretAccessKey: "secret", SessionToken: "session"}, nil
}

// federated is acme with a provider for one AWS account.
func federated(t *testing.T) *google.Directory {
	t.Helper()
	d := acme(t)
	d.AddServiceAccount(google.ServiceAccount{Email: robot})
	d.Delegate(robot, allScopes...)
	d.Update(func(f *google.Fixture) {
		f.Providers = []google.Provider{{Audience: audience, AccountID: "123456789012", Secrets: map[string]string{"AKIAROLE": "secret"}, Callers: map[string]string{
			"AKIAROLE": roleName + "/session", "AKIAOTHER": "arn:aws:sts::123456789012:assumed-role/other/session", "AKIAFAR": "arn:aws:sts::999999999999:assumed-role/ssosync/x",
		}}}
	})
	return d
}

func (b *bench) exchange(t *testing.T, key, audience string) (string, error) {
	t.Helper()
	src, err := externalaccount.NewTokenSource(t.Context(), externalaccount.Config{
		Audience: audience, SubjectTokenType: "urn:ietf:params:aws:token-type:aws4_request",
		TokenURL: b.url + "/v1/token", Scopes: []string{cloud}, AwsSecurityCredentialsSupplier: awsRole{key},
	})
	mustDo(t, err)
	token, err := src.Token()
	if err != nil {
		return "", err
	}
	return token.AccessToken, nil
}

// TestKeylessDelegation is the whole chain: AWS → STS → signJwt → token with a
// subject → Directory API, the first step by Google's own library.
func TestKeylessDelegation(t *testing.T) {
	b := start(t, federated(t), google.Options{})
	base, err := b.exchange(t, "AKIAROLE", audience)
	mustDo(t, err)

	now := time.Now()
	payload, err := json.Marshal(map[string]any{
		"iss": robot, "scope": userScope, "sub": adminEmail, "aud": "https://oauth2.googleapis.com/token", "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	})
	mustDo(t, err)
	body, err := json.Marshal(map[string]string{"payload": string(payload)})
	mustDo(t, err)
	signPath := "/v1/projects/-/serviceAccounts/" + url.PathEscape(robot) + ":signJwt"
	sign := func() *httptest.ResponseRecorder {
		return post(t, b.srv, signPath, "application/json", base, string(body))
	}

	denied := "Forbidden: PERMISSION_DENIED: Permission 'iam.serviceAccounts.signJwt' denied on resource (or it may not exist)."
	if got := refusal(t, sign()); got != denied {
		t.Errorf("without a role: %s", got)
	}
	grant := func(creators, users []string) {
		b.dir.Update(func(f *google.Fixture) {
			f.ServiceAccounts[0].TokenCreators, f.ServiceAccounts[0].IdentityUsers = creators, users
		})
	}
	member := "principalSet://iam.googleapis.com/" + pool + "/attribute.aws_role/" + roleName
	grant(nil, []string{member})
	if got := refusal(t, sign()); got != denied {
		t.Errorf("workloadIdentityUser contains no signJwt: %s", got)
	}
	grant([]string{member}, nil)
	answer := decode(t, sign().Body)
	jwt, _ := answer["signedJwt"].(string)
	if strings.Count(jwt, ".") != 2 || answer["keyId"] == "" {
		t.Fatalf("signJwt: %v", answer)
	}
	form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {jwt}}
	w := postForm(t, b.srv, form)
	token, _ := decode(t, w.Body)["access_token"].(string)
	if got := outcome(t, b.srv, token, "users?customer=my_customer"); got != "OK" {
		t.Errorf("users.list at the end of the chain: %s", got)
	}
	if got := outcome(t, b.srv, base, "users?customer=C01abcd23"); got != notAuthorized {
		t.Errorf("users.list with the federated token: %s", got)
	}
}

// TestImpersonationLosesTheSubject: generateAccessToken gives the service
// account itself, so my_customer means nothing.
func TestImpersonationLosesTheSubject(t *testing.T) {
	b := start(t, federated(t), google.Options{})
	base, err := b.exchange(t, "AKIAROLE", audience)
	mustDo(t, err)
	path := "/v1/projects/-/serviceAccounts/" + robot + ":generateAccessToken"
	ask := func(body string) *httptest.ResponseRecorder {
		return post(t, b.srv, path, "application/json", base, body)
	}
	good := fmt.Sprintf(`{"lifetime":"3600s","scope":[%q]}`, userScope)
	if got := refusal(t, ask(good)); got != "Forbidden: PERMISSION_DENIED: Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist)." {
		t.Error(got)
	}
	b.dir.Update(func(f *google.Fixture) {
		f.ServiceAccounts[0].IdentityUsers = []string{"principalSet://iam.googleapis.com/" + pool + "/*"}
	})
	for _, bad := range []string{`{"lifetime":"3601s","scope":["x"]}`, `{"lifetime":"never","scope":["x"]}`, `{"scope":[]}`} {
		if w := ask(bad); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", bad, w.Code)
		}
	}
	answer := decode(t, ask(good).Body)
	if _, err := time.Parse(time.RFC3339, answer["expireTime"].(string)); err != nil {
		t.Error(err)
	}
	token := answer["accessToken"].(string)
	if got := outcome(t, b.srv, token, "users?customer=my_customer"); got != notAuthorized {
		t.Errorf("without a role: %s", got)
	}
	mustDo(t, b.dir.Assign("Users read", robot))
	if got := outcome(t, b.srv, token, "users?customer=my_customer"); got != invalidInput {
		t.Errorf("my_customer: %s", got)
	}
	if got := outcome(t, b.srv, token, "users?customer=C01abcd23"); got != "OK" {
		t.Errorf("the customer's id: %s", got)
	}
}

func TestFederationRefusals(t *testing.T) {
	b := start(t, federated(t), google.Options{})
	for _, c := range []struct{ name, key, audience, want string }{
		{"another provider", "AKIAROLE", audience + "2", "invalid_target"},
		{"unknown AWS key", "AKIANONE", audience, "invalid_grant"},
		{"another AWS account", "AKIAFAR", audience, "invalid_grant"},
	} {
		if _, err := b.exchange(t, c.key, c.audience); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	b.dir.Update(func(f *google.Fixture) { f.Providers[0].AllowedRoles = []string{roleName} })
	if _, err := b.exchange(t, "AKIAROLE", audience); err != nil {
		t.Errorf("the allowed role: %v", err)
	}
	if _, err := b.exchange(t, "AKIAOTHER", audience); err == nil || !strings.Contains(err.Error(), "The given credential is rejected by the attribute condition.") {
		t.Errorf("another role: %v", err)
	}
	later := google.New(b.dir, google.Options{Clock: func() time.Time { return time.Now().Add(16 * time.Minute) }})
	late := start(t, b.dir, google.Options{Clock: func() time.Time { return time.Now().Add(16 * time.Minute) }})
	if _, err := late.exchange(t, "AKIAROLE", audience); err == nil || !strings.Contains(err.Error(), "expired") {
		t.Errorf("a clock that is 16 minutes off: %v", err)
	}
	b.dir.Update(func(f *google.Fixture) { f.Project.STSAPIOff, f.Project.IAMAPIOff = true, true })
	for path, service := range map[string]string{
		"/v1/token": "sts.googleapis.com", "/v1/projects/-/serviceAccounts/x@y.z:signJwt": "iamcredentials.googleapis.com",
	} {
		w := post(t, later, path, "application/json", "x", "{}")
		if w.Code != http.StatusForbidden || !strings.Contains(w.Body.String(), "SERVICE_DISABLED") || !strings.Contains(w.Body.String(), service) {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
}
