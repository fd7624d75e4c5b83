package awsid_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"ssosync/internal/awsid"
	"ssosync/internal/secret"
)

// An sts answers AssumeRole as the STS API reference has it: the query protocol,
// in XML.
func sts(t *testing.T, answer func(form url.Values) (status int, body string)) {
	t.Helper()
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form, _ := url.ParseQuery(string(body))
		status, text := answer(form)
		w.Header().Set("Content-Type", "text/xml")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(srv.Close)
	t.Setenv("AWS_ENDPOINT_URL_STS", srv.URL)
	t.Setenv("AWS_REGION", "")
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
}

const roleARN = "arn:aws:iam::123456789012:role/sync"

func assume(t *testing.T, role awsid.Role) (string, error) {
	t.Helper()
	static := awsid.Static{AccessKeyID: secret.New("AKIDOWN"), SecretAccessKey: secret.New("own-secret")}
	cfg, err := awsid.Configure("eu-west-1", static, role)(t.Context())
	if err != nil {
		return "", fmt.Errorf("configure: %w", err)
	}
	c, err := cfg.Credentials.Retrieve(t.Context())
	return c.AccessKeyID, err //nolint:wrapcheck // It is what is tested.
}

func TestARoleIsAssumed(t *testing.T) {
	var asked url.Values
	sts(t, func(form url.Values) (int, string) {
		asked = form
		return http.StatusOK, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>` +
			`<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>k</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>` +
			`</Credentials></AssumeRoleResult></AssumeRoleResponse>`
	})
	id, err := assume(t, awsid.Role{ARN: roleARN, ExternalID: secret.New("ext-123")})
	if err != nil || id != "ASIAROLE" {
		t.Fatalf("%q, %v", id, err)
	}
	if asked.Get("Action") != "AssumeRole" || asked.Get("RoleArn") != roleARN || asked.Get("ExternalId") != "ext-123" || asked.Get("RoleSessionName") != "ssosync" {
		t.Errorf("asked %v", asked)
	}
	if id, err := assume(t, awsid.Role{}); err != nil || id != "AKIDOWN" {
		t.Errorf("without a role: %q, %v", id, err)
	}
	if _, err := assume(t, awsid.Role{ARN: roleARN}); err != nil || asked.Has("ExternalId") {
		t.Errorf("without an external id: %v, %v", asked, err)
	}
}

// A refusal says what to do, and no more of the answer than its code.
func TestARoleThatIsRefused(t *testing.T) {
	sts(t, func(url.Values) (int, string) {
		return http.StatusForbidden, `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>TOPSECRET</Message></Error><RequestId>r</RequestId></ErrorResponse>`
	})
	_, err := assume(t, awsid.Role{ARN: roleARN})
	if text := awsid.Unquoted(err).Error(); !strings.Contains(text, "sts:AssumeRole on the role, and the role's trust policy must name it") || strings.Contains(text, "TOPSECRET") {
		t.Error(text)
	}
}
