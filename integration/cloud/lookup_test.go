//go:build unix

package cloud

import (
	"crypto/rand"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// home is the account in which moto is by default.
const home = "123456789012"

// A vault is Secrets Manager and Parameter Store of one account.
type vault struct {
	t       *testing.T
	secrets *secretsmanager.Client
	ssm     *ssm.Client
}

func newVault(t *testing.T) vault {
	t.Helper()
	cfg := amazon.sdk(t, home)
	return vault{t, secretsmanager.NewFromConfig(cfg), ssm.NewFromConfig(cfg)}
}

// keep makes a secret under a new name, and returns that and its ARN. Of several
// values the last one is the current one.
func (v vault) keep(values ...string) (name, arn string) {
	v.t.Helper()
	name = "ssosync/" + rand.Text()
	for i, value := range values {
		if i == 0 {
			out, err := v.secrets.CreateSecret(v.t.Context(), &secretsmanager.CreateSecretInput{Name: &name, SecretString: &value})
			must(v.t, err)
			arn = *out.ARN
			continue
		}
		_, err := v.secrets.PutSecretValue(v.t.Context(), &secretsmanager.PutSecretValueInput{SecretId: &name, SecretString: &value})
		must(v.t, err)
	}
	return name, arn
}

// parameter makes one under a new name, and returns that.
func (v vault) parameter(kind types.ParameterType, value string) (name string) {
	v.t.Helper()
	name = "/ssosync/" + rand.Text()
	_, err := v.ssm.PutParameter(v.t.Context(), &ssm.PutParameterInput{Name: &name, Type: kind, Value: &value})
	must(v.t, err)
	return name
}

// Every setting that may be kept elsewhere is found there, in every form, and
// what is done with it is what is done with the value itself.
func TestSettingsKeptInAWS(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), newVault(t)
	token, key := w.variable("SCIM_TOKEN"), w.key().text
	all, err := json.Marshal(map[string]any{"token": token, "google": json.RawMessage(key), "key": key, "admin": w.variable("GOOGLE_USER"), "endpoint": w.variable("SCIM_ENDPOINT")})
	must(t, err)
	name, arn := v.keep(token)
	document, documentARN := v.keep(string(all))
	keyName, keyARN := v.keep(key)
	rotated, _ := v.keep(token, secrets.give("new-"+rand.Text()))
	secure, plain := v.parameter(types.ParameterTypeSecureString, token), v.parameter(types.ParameterTypeString, w.variable("SCIM_ENDPOINT"))
	secureARN := "arn:aws:ssm:us-east-1:" + home + ":parameter" + secure
	want := w.report(w.with("SSOSYNC_STATE="), "plan")
	if len(want.Changes) < 60 {
		t.Fatalf("the plan has %d changes only", len(want.Changes))
	}
	for _, test := range []struct {
		name    string
		environ []string
	}{
		{"token by name", []string{"SCIM_TOKEN=secretsmanager:" + name}},
		{"token by ARN", []string{"SCIM_TOKEN=" + arn}},
		{"token by name and ARN", []string{"SCIM_TOKEN=secretsmanager:" + arn}},
		{"token, a member", []string{"SCIM_TOKEN=secretsmanager:" + document + "#token"}},
		{"token, SecureString", []string{"SCIM_TOKEN=ssm:" + secure}},
		{"token, SecureString by ARN", []string{"SCIM_TOKEN=" + secureARN}},
		{"token, the one before", []string{"SCIM_TOKEN=secretsmanager:" + rotated + ":AWSPREVIOUS"}},
		{"token, not taken, and the one before", []string{"SCIM_TOKEN=secretsmanager:" + rotated, "SCIM_ACCESS_TOKEN_FALLBACK=secretsmanager:" + rotated + ":AWSPREVIOUS"}},
		{"key by name", []string{"GOOGLE_CREDENTIALS_JSON=secretsmanager:" + keyName}},
		{"key by ARN", []string{"GOOGLE_CREDENTIALS_JSON=" + keyARN}},
		{"key, a member that is a text", []string{"GOOGLE_CREDENTIALS_JSON=" + documentARN + "#key"}},
		{"key, a member that is an object", []string{"GOOGLE_CREDENTIALS_JSON=" + documentARN + "#google"}},
		{"administrator", []string{"GOOGLE_USER=" + documentARN + "#admin"}},
		{"endpoint", []string{"SCIM_ENDPOINT=ssm:" + plain}},
		{"everything", []string{
			"SCIM_TOKEN=secretsmanager:" + document + "#token", "GOOGLE_CREDENTIALS_JSON=secretsmanager:" + document + "#google",
			"GOOGLE_USER=secretsmanager:" + document + "#admin", "SCIM_ENDPOINT=secretsmanager:" + document + "#endpoint",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := w.report(w.with(slices.Concat(amazon.environ(t), test.environ, []string{"SSOSYNC_STATE="})...), "plan")
			if len(got.Changes) != len(want.Changes) || got.Outcome != want.Outcome {
				t.Errorf("%s with %d changes, want %s with %d", got.Outcome, len(got.Changes), want.Outcome, len(want.Changes))
			}
		})
	}
	if n := len(amazon.asked(t, document)); n < 3 {
		t.Errorf("moto was asked for %s %d times", document, n)
	}
}

// A secret that is not there ends the run before anything is done, and the way to
// put it right is said.
func TestSecretsThatAreNotThere(t *testing.T) {
	t.Parallel()
	w, v := newWorld(t), newVault(t)
	document, _ := v.keep(`{"token": "` + secrets.give(rand.Text()) + `", "empty": ""}`)
	text, _ := v.keep(secrets.give("no-JSON-" + rand.Text()))
	gone, _ := v.keep(secrets.give(rand.Text()))
	_, err := v.secrets.DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{SecretId: &gone, RecoveryWindowInDays: aws.Int64(7)})
	must(t, err)
	for _, test := range []struct {
		name, token string
		says        []string
	}{
		{"no secret", "secretsmanager:ssosync/nothing", []string{"ssosync/nothing", "us-east-1", "ResourceNotFoundException"}},
		{"no secret of this ARN", "arn:aws:secretsmanager:us-east-1:123456789012:secret:nothing-AbCdEf", []string{"secret:nothing-AbCdEf", "ResourceNotFoundException"}},
		{"no such stage", "secretsmanager:" + document + ":AWSPENDING", []string{document, "AWSPENDING", "ResourceNotFoundException"}},
		{"deleted", "secretsmanager:" + gone, []string{"InvalidRequestException", "aws secretsmanager restore-secret --secret-id " + gone}},
		{"no member", "secretsmanager:" + document + "#tokken", []string{"tokken"}},
		{"empty member", "secretsmanager:" + document + "#empty", []string{"it is empty", "put a value in"}},
		{"no JSON", "secretsmanager:" + text + "#token", []string{"JSON"}},
		{"no parameter", "ssm:/ssosync/nothing", []string{"/ssosync/nothing", "ParameterNotFound"}},
		{"not taken", "secretsmanager:" + document + "#token", []string{"401", "remedy:"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, command := range []string{"plan", "sync"} {
				p := start(t, w.dir, w.with(append(amazon.environ(t), "SCIM_TOKEN="+test.token)...), command)
				p.exits(t, 5)
				p.says(t, test.says...)
			}
		})
	}
	if p := w.run(w.environ, "config", "explain"); strings.Contains(p.out.String(), w.variable("SCIM_TOKEN")) {
		t.Error("config explain shows the token")
	}
}
