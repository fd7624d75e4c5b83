package config

import (
	"testing"

	"pgregory.net/rapid"
)

// The Region is read off the host in every partition, also in those that do
// not exist yet, and nowhere else.
func TestRegionOf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		region := rapid.StringMatching(`[a-z]{2,6}(-[a-z]{1,6}){1,3}-[0-9]{1,2}`).Draw(t, "region")
		suffix := rapid.SampledFrom([]string{"amazonaws.com", "api.aws", "amazonaws.com.cn", "api.amazonwebservices.com.cn", "amazonaws.eu", "c2s.ic.gov"}).Draw(t, "suffix")
		tail := rapid.SampledFrom([]string{"", "/", "/t/scim/v2", ":443/t/scim/v2"}).Draw(t, "tail")
		if got := RegionOf("https://scim." + region + "." + suffix + tail); got != region {
			t.Errorf("got %q, want %q", got, region)
		}
	})
	for _, text := range []string{
		"", "://", "https://scim.us-east-1", "https://us-east-1.amazonaws.com", "https://sso.us-east-1.amazonaws.com", "https://scim.amazonaws.com/us-east-1",
		"http://localhost:8080/scim/v2", "http://127.0.0.1/scim/v2", "https://scim.useast1.amazonaws.com", "https://scim.us-east.amazonaws.com", "https://scim.u-east-1.amazonaws.com", "https://scim.us--1.amazonaws.com",
	} {
		if got := RegionOf(text); got != "" {
			t.Errorf("%q: got %q", text, got)
		}
	}
	if got := RegionOf("https://SCIM.MX-Central-1.amazonaws.com/t/scim/v2"); got != "mx-central-1" {
		t.Errorf("got %q", got)
	}
}

func TestWhereTheRegionComesFrom(t *testing.T) {
	const endpoint = "https://scim.us-east-1.amazonaws.com/t/scim/v2"
	for _, test := range []struct {
		args               []string
		env                map[string]string
		want, from, warned string
	}{
		{[]string{"-e", endpoint}, nil, "us-east-1", "SCIM endpoint", ""},
		{[]string{"-e", endpoint}, map[string]string{"AWS_REGION": "eu-west-1"}, "us-east-1", "SCIM endpoint", ""},
		{nil, map[string]string{"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-2"}, "eu-west-1", "environment AWS_REGION", ""},
		{[]string{"-e", endpoint, "-r", "us-east-1"}, nil, "us-east-1", "flag --region", ""},
		{[]string{"-e", endpoint}, map[string]string{"REGION": "eu-west-1"}, "eu-west-1", "environment REGION", `the region "eu-west-1" (from environment REGION) is not that of the SCIM endpoint, "us-east-1"`},
		{[]string{"-e", "http://localhost:1/scim/v2", "-r", "us-east-1"}, nil, "us-east-1", "flag --region", ""},
		{nil, nil, "", "default", ""},
	} {
		c, sources, warnings := world{args: test.args, env: test.env}.mustLoad(t)
		warned := ""
		if len(warnings) == 1 {
			warned = warnings[0].Text
		}
		if c.Region != test.want || sources["region"].String() != test.from || warned != test.warned {
			t.Errorf("%q %v: got %q from %q, warned %q", test.args, test.env, c.Region, sources["region"], warnings)
		}
	}
}

func TestPresets(t *testing.T) {
	for _, test := range []struct {
		args         string
		users        string
		groups, name string
		from         string // of deprovision-groups
	}{
		{"", Deactivate, EmptyGroup, NameOfName, "default"},
		{"-s=users_groups", Deactivate, Keep, NameOfEmail, "preset users_groups"},
		{"-s=users_groups --deprovision-groups=empty --group-name=name", Deactivate, EmptyGroup, NameOfName, "flag --deprovision-groups"},
		{"--retain-unmatched", Keep, Keep, NameOfName, "flag --retain-unmatched"},
		{"--retain-unmatched=false", Deactivate, EmptyGroup, NameOfName, "default"},
		{"--retain-unmatched -s=users_groups", Keep, Keep, NameOfEmail, "preset users_groups"},
	} {
		c, sources, _ := world{args: fields(test.args)}.mustLoad(t)
		if c.DeprovisionUsers != test.users || c.DeprovisionGroups != test.groups || c.GroupName != test.name ||
			sources["deprovision-groups"].String() != test.from || c.LeaveUnknownMembers != (c.SyncMethod == MethodUsersGroups) {
			t.Errorf("%q: got %+v from %q", test.args, c, sources["deprovision-groups"])
		}
	}
}

func TestDebugIsALogLevel(t *testing.T) {
	for args, want := range map[string]string{"": "info", "-d": "debug", "-d --log-level=error": "debug", "-d --log-level=trace": "trace", "--debug=no --log-level=error": "error"} {
		if c, _, _ := (world{args: fields(args)}).mustLoad(t); c.LogLevel != want {
			t.Errorf("%q: got %q, want %q", args, c.LogLevel, want)
		}
	}
}

func TestAWSKeys(t *testing.T) {
	const three = "AWS_ACCESS_KEY_ID=AKIA\nAWS_SECRET_ACCESS_KEY=s3\nAWS_SESSION_TOKEN=t3\n"
	for name, test := range map[string]struct {
		dotenv  string
		env     map[string]string
		want    string
		problem string
	}{
		"only in .env":   {three, nil, "AKIA s3 t3", ""},
		"nowhere":        {"", nil, "  ", ""},
		"no session":     {"AWS_ACCESS_KEY_ID=AKIA\nAWS_SECRET_ACCESS_KEY=s3\n", nil, "AKIA s3 ", ""},
		"empty is unset": {three, map[string]string{"AWS_ACCESS_KEY_ID": ""}, "AKIA s3 t3", ""},
		"its own keys":   {three, map[string]string{"AWS_ACCESS_KEY_ID": "X", "AWS_SECRET_ACCESS_KEY": "Y"}, "  ", ""},
		"its own id":     {three, map[string]string{"AWS_ACCESS_KEY_ID": "X"}, "  ", ""},
		"its own secret": {three, map[string]string{"AWS_SECRET_ACCESS_KEY": "X"}, "  ", ""},
		"a session":      {three, map[string]string{"AWS_SESSION_TOKEN": "X"}, "  ", ""},
		"a profile":      {three, map[string]string{"AWS_PROFILE": "X"}, "  ", ""},
		"a role":         {three, map[string]string{"AWS_WEB_IDENTITY_TOKEN_FILE": "X"}, "  ", ""},
		"a task":         {three, map[string]string{"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "X"}, "  ", ""},
		"a pod":          {three, map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": "X"}, "  ", ""},
		"session alone":  {"AWS_SESSION_TOKEN=t3\n", nil, "  ", ""},
		"half":           {"AWS_ACCESS_KEY_ID=AKIA\n", nil, "  ", ".env has one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, but not the other"},
		"other half":     {"AWS_SECRET_ACCESS_KEY=s3\n", nil, "  ", ".env has one of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, but not the other"},
		"half, not used": {"AWS_SECRET_ACCESS_KEY=s3\n", map[string]string{"AWS_PROFILE": "X"}, "  ", ""},
	} {
		c, _, _, err := world{env: test.env, files: map[string]string{".env": test.dotenv}}.load(t)
		problem := ""
		if err != nil {
			problem = err.Error()
		}
		if got := c.AWSAccessKeyID.Reveal() + " " + c.AWSSecretAccessKey.Reveal() + " " + c.AWSSessionToken.Reveal(); got != test.want || problem != test.problem {
			t.Errorf("%s: got %q, problem %q", name, got, problem)
		}
	}
	_, _, warnings := world{files: map[string]string{".env": "AWS_PROFILE=x"}}.mustLoad(t)
	if len(warnings) != 1 || warnings[0].Text != "AWS_PROFILE in .env is not read: export it, or set keys there" {
		t.Errorf("got %q", warnings)
	}
}

func TestGoogleKeyPrecedence(t *testing.T) {
	key := func(name string) string { return `{"type":"` + name + `"}` }
	files := map[string]string{"credentials.json": testKey, "adc.json": key("adc"), "named.json": key("named"), "bad.json": "{", "no.json": "x"}
	for name, test := range map[string]struct {
		args          []string
		env           map[string]string
		without       string
		want, problem string
	}{
		"default":                  {nil, nil, "", "default", ""},
		"content beats default":    {nil, map[string]string{"GOOGLE_CREDENTIALS_JSON": key("json")}, "", "json", ""},
		"not a named one":          {nil, map[string]string{"GOOGLE_CREDENTIALS_JSON": key("json"), "SSOSYNC_GOOGLE_CREDENTIALS": "named.json"}, "", "named", ""},
		"nor -c":                   {[]string{"-c", "named.json"}, map[string]string{"GOOGLE_CREDENTIALS_JSON": key("json")}, "", "named", ""},
		"nor -c with the default":  {[]string{"-c", "credentials.json"}, map[string]string{"GOOGLE_CREDENTIALS_JSON": key("json")}, "", "default", ""},
		"ADC is the last":          {nil, map[string]string{"GOOGLE_APPLICATION_CREDENTIALS": "adc.json"}, "", "default", ""},
		"ADC without default":      {nil, map[string]string{"GOOGLE_APPLICATION_CREDENTIALS": "adc.json"}, "credentials.json", "adc", ""},
		"nothing":                  {nil, nil, "credentials.json", "", "the Google key is missing; set --google-credentials (-c) or SSOSYNC_GOOGLE_CREDENTIALS"},
		"keyless":                  {nil, map[string]string{"GOOGLE_IMPERSONATE_SERVICE_ACCOUNT": "a@example.com"}, "credentials.json", "", ""},
		"a path is no content":     {nil, map[string]string{"GOOGLE_CREDENTIALS_JSON": "named.json"}, "", "", "the Google key is neither JSON nor base64 of JSON (from environment GOOGLE_CREDENTIALS_JSON); make it with: base64 < key.json"},
		"damaged":                  {[]string{"-c", "bad.json"}, nil, "", "", `the Google key is damaged JSON (from flag --google-credentials); is it complete, and are its \n still \n?`},
		"not a key":                {[]string{"-c", "no.json"}, nil, "", "", "the Google key file no.json holds neither JSON nor base64 of JSON (from flag --google-credentials)"},
		"cut base64 of many lines": {[]string{"-c", "eyJ0\nIjox*"}, nil, "", "", "the Google key is neither JSON, nor base64 of JSON, nor the name of a file (from flag --google-credentials); is it complete?"},
	} {
		w := complete(test.args...)
		w.env, w.files = test.env, map[string]string{}
		for name, text := range files {
			if name != test.without {
				w.files[name] = text
			}
		}
		c, _, _, err := w.load(t)
		want := map[string]string{"": "", "default": testKey}[test.want]
		if test.want != "" && want == "" {
			want = key(test.want)
		}
		if got := c.GoogleCredentials.Reveal(); got != want || (err != nil && test.problem == "") {
			t.Errorf("%s: got %q, %v, want %q", name, got, err, want)
		}
		if got := w.check(t); got != test.problem {
			t.Errorf("%s: got problem %q, want %q", name, got, test.problem)
		}
	}
	w := world{files: map[string]string{".env": "SCIM_TOKEN=x\nGOOGLE_CREDENTIALS_JSON=named.json\n", "named.json": testKey}}
	if _, _, _, err := w.load(t); err == nil || err.Error() != "the Google key is neither JSON nor base64 of JSON (from .env line 2); make it with: base64 < key.json" {
		t.Errorf("got %v", err)
	}
}
