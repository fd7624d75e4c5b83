package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"ssosync/internal/secret"
)

var changed = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// vault answers look-ups from a map of references as they are written.
type vault struct {
	holds map[string]string
	asked []string
}

func (v *vault) lookup(_ Config, ref secret.Reference) (Found, error) {
	v.asked = append(v.asked, ref.String())
	text, ok := v.holds[ref.String()]
	if !ok {
		return Found{}, fmt.Errorf("look up %s: there is no such secret", ref)
	}
	return Found{Text: secret.New(text), Changed: changed}, nil
}

func TestReferencesAreLookedUp(t *testing.T) {
	v := &vault{holds: map[string]string{
		"secretsmanager:sync#token": "tok", "secretsmanager:sync#key": testKey, "ssm:/sync/url": "https://scim.eu-west-1.amazonaws.com/t/scim/v2/",
		"env:ADMIN": " admin@example.com ", "file:/run/id": "env:NOT_AGAIN", "exec:pass": "second",
	}}
	w := world{
		args: []string{"-t", "secretsmanager:sync#token", "-c", "secretsmanager:sync#key", "-e", "ssm:/sync/url", "-i", "file:/run/id"},
		env:  map[string]string{"GOOGLE_ADMIN": "env:ADMIN", "SCIM_ACCESS_TOKEN_FALLBACK": "exec:pass show scim", "SSOSYNC_GROUP_NAME": "env:{name}"},
		look: v.lookup,
	}
	c, sources, _ := w.mustLoad(t)
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	got := []string{c.AccessToken.Reveal(), c.FallbackToken.Reveal(), c.GoogleCredentials.Reveal(), c.Endpoint, c.Region, c.GoogleAdmin, c.IdentityStoreID, c.GroupName, c.GoogleLogin}
	want := []string{"tok", "second", testKey, "https://scim.eu-west-1.amazonaws.com/t/scim/v2", "eu-west-1", "admin@example.com", "env:NOT_AGAIN", "env:{name}", LoginKey}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if !c.TokenStored.Equal(changed) {
		t.Errorf("the token was stored %v", c.TokenStored)
	}
	if from := sources["access-token"].String(); from != "flag --access-token, secretsmanager:sync#token" {
		t.Errorf("from %q", from)
	}
	if from := sources["access-token-fallback"].String(); from != "environment SCIM_ACCESS_TOKEN_FALLBACK, exec:pass" {
		t.Errorf("from %q: what a command is told may be secret", from)
	}
}

// Those who only explain or validate fetch nothing, and miss nothing.
func TestWhatIsElsewhereIsNotMissing(t *testing.T) {
	w := world{env: map[string]string{
		"SCIM_TOKEN": "ssm:/token", "GOOGLE_CREDENTIALS": "arn:aws:secretsmanager:eu-west-1:123456789012:secret:key-AbCdEf", "SCIM_ENDPOINT": "ssm:/url", "GOOGLE_ADMIN": "ssm:/admin",
	}}
	c, sources, _ := w.mustLoad(t)
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	for _, row := range Explain(c, sources) {
		if slices.Contains([]string{"access-token", "google-credentials", "endpoint", "google-admin"}, row.Option) && (row.Value != unread || !strings.Contains(row.From, ", ")) {
			t.Errorf("%+v", row)
		}
	}
	w.env["SCIM_TOKEN"] = ""
	if got := w.check(t); got != "the SCIM access token is missing; set --access-token (-t) or SSOSYNC_SCIM_ACCESS_TOKEN" {
		t.Errorf("%q", got)
	}
}

func TestAReferenceThatLeadsNowhere(t *testing.T) {
	w := complete("-t", "ssm:/none", "-c", "secretsmanager:none")
	w.look = (&vault{}).lookup
	_, _, _, err := w.load(t)
	want := "access-token: look up ssm:/none: there is no such secret (from flag --access-token, ssm:/none)\n" +
		"google-credentials: look up secretsmanager:none: there is no such secret (from flag --google-credentials, secretsmanager:none)"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	w = complete("-c", "secretsmanager:path")
	w.look = (&vault{holds: map[string]string{"secretsmanager:path": "other.json"}}).lookup
	w.files["other.json"] = testKey
	if _, _, _, err := w.load(t); err == nil || !strings.Contains(err.Error(), "the Google key is not JSON (from flag --google-credentials, secretsmanager:path)") {
		t.Errorf("what is kept elsewhere may not name a file here: %v", err)
	}
}

// What AWS credentials a .env file has are there when something is looked up.
func TestLookupHasTheWayToAWS(t *testing.T) {
	seen := errors.New("not asked")
	w := complete("-t", "ssm:/token")
	w.files[".env"] = "AWS_ACCESS_KEY_ID=AKIAEXAMPLE\nAWS_SECRET_ACCESS_KEY=abc\nAWS_REGION=eu-west-1\n"
	w.look = func(c Config, _ secret.Reference) (Found, error) {
		seen = nil
		if c.AWSAccessKeyID.Reveal() != "AKIAEXAMPLE" {
			seen = errors.New("there are no credentials")
		}
		return Found{Text: secret.New("tok")}, nil
	}
	w.mustLoad(t)
	if seen != nil {
		t.Error(seen)
	}
}

func TestOldLambdaFunctions(t *testing.T) {
	old := map[string]string{
		"secretsmanager:SSOSyncGoogleAdminEmail": "admin@example.com", "secretsmanager:SSOSyncGoogleCredentials": testKey,
		"secretsmanager:SSOSyncSCIMAccessToken": "tok", "secretsmanager:SSOSyncSCIMEndpointURL": "https://scim.eu-west-1.amazonaws.com/t/scim/v2",
	}
	// 2.0: nothing is told, all is where it always is.
	v := &vault{holds: old}
	w := world{mode: Lambda, look: v.lookup}
	c, _, warnings := w.mustLoad(t)
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	if c.AccessToken.Reveal() != "tok" || c.GoogleAdmin != "admin@example.com" || c.GoogleCredentials.Reveal() != testKey || c.Region != "eu-west-1" || c.IdentityStoreID != "" {
		t.Errorf("got %+v", c)
	}
	if len(warnings) != 4 || !strings.Contains(warnings[0].Text+warnings[1].Text, "SSOSyncSCIMEndpointURL") {
		t.Errorf("warnings %q", warnings)
	}
	// 2.1 to 2.4: variables hold names.
	w.env = map[string]string{"SCIM_ENDPOINT": "MyEndpoint", "SCIM_ACCESS_TOKEN": "MyToken", "GOOGLE_ADMIN": "MyAdmin", "GOOGLE_CREDENTIALS": "MyKey", "REGION": "us-east-1"}
	v.holds = map[string]string{
		"secretsmanager:MyEndpoint": "https://scim.us-east-1.amazonaws.com/t/scim/v2", "secretsmanager:MyToken": "tok2", "secretsmanager:MyAdmin": "a@example.com", "secretsmanager:MyKey": testKey,
	}
	c, _, warnings = w.mustLoad(t)
	if c.AccessToken.Reveal() != "tok2" || c.Region != "us-east-1" || len(warnings) > 0 {
		t.Errorf("got %+v, %q", c, warnings)
	}
	// 2.5 and later: literals and ARNs. Nothing is looked for that is not named.
	w.env = map[string]string{"SCIM_ENDPOINT": "https://scim.us-east-1.amazonaws.com/t/scim/v2", "SCIM_ACCESS_TOKEN": longToken, "GOOGLE_ADMIN": "a@example.com", "GOOGLE_CREDENTIALS": testKey}
	v.asked = nil
	if c, _, _ = w.mustLoad(t); c.AccessToken.Reveal() != longToken || len(v.asked) > 0 {
		t.Errorf("got %+v, asked %q", c, v.asked)
	}
	// Nothing at all, and nothing there: one sentence says where was looked.
	w = world{mode: Lambda, look: (&vault{}).lookup}
	_, _, warnings = w.mustLoad(t)
	if len(warnings) != 1 || !strings.Contains(warnings[0].Text, "the secrets that awslabs/ssosync looks for are not there") {
		t.Errorf("warnings %q", warnings)
	}
}

// What lies in the current directory may be somebody else's: it runs no command,
// sends no login to a server, and is no login but a service account's key.
func TestFilesThatNobodyHasNamed(t *testing.T) {
	const remote = "google-endpoint: https://evil.example.com\n"
	for name, c := range map[string]struct {
		args    []string
		files   map[string]string
		problem string
	}{
		"a command in YAML":        {nil, map[string]string{"ssosync.yaml": "access-token: exec:sh -c evil\n"}, "access-token names a command, in a file that nobody has named (from ssosync.yaml line 1); name the file with --config, if it is yours"},
		"a command in YAML, asked": {[]string{"--config", "ssosync.yaml"}, map[string]string{"ssosync.yaml": "access-token: exec:pass scim\n"}, ""},
		"a command in .env":        {nil, map[string]string{".env": "SSOSYNC_ASSUME_ROLE_EXTERNAL_ID=exec:evil\n"}, "assume-role-external-id names a command, in a file that nobody has named (from .env line 1); name the file with --env-file, if it is yours"},
		"a command on the line":    {[]string{"-t", "exec:pass scim"}, nil, ""},
		"another Google":           {nil, map[string]string{"ssosync.yaml": remote}, "google-endpoint is in a file that nobody has named (from ssosync.yaml line 1); say it with --google-endpoint, or name the file with --config or --env-file"},
		"another Google, asked":    {[]string{"--config", "ssosync.yaml"}, map[string]string{"ssosync.yaml": remote}, ""},
		"an emulator":              {nil, map[string]string{"ssosync.yaml": "google-endpoint: http://127.0.0.1:8080\n"}, ""},
		"another login":            {nil, map[string]string{"credentials.json": `{"type":"external_account"}`}, "credentials.json in this directory is no service account's key; name it with --google-credentials (-c), if it is yours"},
		"another login, asked":     {[]string{"-c", "credentials.json"}, map[string]string{"credentials.json": `{"type":"external_account"}`}, ""},
	} {
		asked := false
		w := world{args: c.args, files: c.files, look: func(_ Config, ref secret.Reference) (Found, error) {
			asked = asked || ref.Scheme == secret.Exec
			return Found{Text: secret.New("tok")}, nil
		}}
		_, _, _, err := w.load(t)
		if got := fmt.Sprint(err); c.problem != "" && got != c.problem || c.problem == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if asked && c.problem != "" {
			t.Errorf("%s: the command was run", name)
		}
	}
}

// What is looked up for the wrong setting is not shown.
func TestALookedUpRegionIsNotShown(t *testing.T) {
	w := complete("-e", "https://scim.eu-west-1.amazonaws.com/t/scim/v2", "--region", "ssm:/password")
	w.look = func(Config, secret.Reference) (Found, error) { return Found{Text: secret.New("TOPSECRET")}, nil }
	_, _, warnings, err := w.load(t)
	if fmt.Sprint(warnings, err) == "" || strings.Contains(fmt.Sprint(warnings, err), "TOPSECRET") || len(warnings) == 0 {
		t.Errorf("%v, %v", warnings, err)
	}
}
