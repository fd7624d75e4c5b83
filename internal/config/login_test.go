package config

import (
	"maps"
	"testing"
)

// TestLogin goes through what may be given to log in to Google with, and what
// is chosen because of it.
func TestLogin(t *testing.T) {
	const (
		key  = "key.json"
		sa   = "sync@p.iam.gserviceaccount.com"
		adc  = "/home/me/.config/gcloud/application_default_credentials.json"
		user = `{"type":"authorized_user"}`
	)
	files := map[string]string{key: testKey, "user.json": user, "wif.json": `{"type":"external_account"}`, "old.json": `{"client_id":"1"}`}
	for name, test := range map[string]struct {
		args        []string
		env         map[string]string
		more        map[string]string
		login, from string
	}{
		"nothing":                      {nil, nil, nil, LoginAuto, "default"},
		"a key":                        {[]string{"-c", key}, nil, nil, LoginKey, "flag --google-credentials"},
		"credentials.json":             {nil, nil, map[string]string{"credentials.json": testKey}, LoginKey, "file credentials.json"},
		"a key without a type":         {[]string{"-c", "old.json"}, nil, nil, LoginKey, "flag --google-credentials"},
		"a person's":                   {[]string{"-c", "user.json"}, nil, nil, LoginADC, "flag --google-credentials"},
		"external_account":             {nil, map[string]string{"GOOGLE_APPLICATION_CREDENTIALS": "wif.json"}, nil, LoginADC, "environment GOOGLE_APPLICATION_CREDENTIALS"},
		"a key in ADC":                 {nil, map[string]string{"GOOGLE_APPLICATION_CREDENTIALS": key}, nil, LoginKey, "environment GOOGLE_APPLICATION_CREDENTIALS"},
		"gcloud":                       {nil, map[string]string{"HOME": "/home/me"}, map[string]string{adc: user}, LoginADC, "file " + adc},
		"no gcloud":                    {nil, map[string]string{"HOME": "/home/me"}, nil, LoginAuto, "default"},
		"gcloud is the last":           {nil, map[string]string{"HOME": "/home/me"}, map[string]string{adc: user, "credentials.json": testKey}, LoginKey, "file credentials.json"},
		"impersonation":                {[]string{"--google-impersonate-service-account", sa}, nil, nil, LoginADC, "flag --google-impersonate-service-account"},
		"a key impersonates":           {[]string{"--google-impersonate-service-account", sa, "-c", key}, nil, nil, LoginKey, "flag --google-credentials"},
		"a provider":                   {nil, map[string]string{"GOOGLE_WORKLOAD_IDENTITY_PROVIDER": provider}, nil, LoginIdentity, "environment GOOGLE_WORKLOAD_IDENTITY_PROVIDER"},
		"a provider beats a file":      {nil, map[string]string{"GOOGLE_WORKLOAD_IDENTITY_PROVIDER": provider}, map[string]string{"credentials.json": testKey}, LoginIdentity, "environment GOOGLE_WORKLOAD_IDENTITY_PROVIDER"},
		"a key that is named beats it": {[]string{"-c", key}, map[string]string{"GOOGLE_WORKLOAD_IDENTITY_PROVIDER": provider}, nil, LoginKey, "flag --google-credentials"},
		"a token":                      {[]string{"--google-access-token", "ya29.x"}, map[string]string{"GOOGLE_WORKLOAD_IDENTITY_PROVIDER": provider}, nil, LoginToken, "flag --google-access-token"},
		"a token elsewhere":            {[]string{"--google-access-token", "env:T"}, nil, nil, LoginToken, "flag --google-access-token, env:T"},
		"a key elsewhere":              {[]string{"-c", "env:K"}, nil, nil, LoginKey, "flag --google-credentials, env:K"},
		"said":                         {[]string{"--google-login", "adc", "-c", key}, nil, nil, LoginADC, "flag --google-login"},
		"said, with a key about":       {[]string{"--google-login", "workload-identity", "-c", key}, nil, nil, LoginIdentity, "flag --google-login"},
	} {
		w := world{args: test.args, env: test.env, files: map[string]string{}}
		for _, m := range []map[string]string{files, test.more} {
			maps.Copy(w.files, m)
		}
		c, sources, _ := w.mustLoad(t)
		if c.GoogleLogin != test.login || sources["google-login"].String() != test.from {
			t.Errorf("%s: %s because of %s, want %s because of %s", name, c.GoogleLogin, sources["google-login"], test.login, test.from)
		}
		if credentials := !c.GoogleCredentials.Empty(); credentials && (c.GoogleLogin == LoginToken || c.GoogleLogin == LoginIdentity) {
			t.Errorf("%s: the key is there though it is not used", name)
		}
	}
}

func TestWhoVouches(t *testing.T) {
	for _, test := range []struct {
		env  map[string]string
		want string
	}{
		{nil, FromAWS},
		{map[string]string{"ACTIONS_ID_TOKEN_REQUEST_URL": "https://example.com"}, FromGitHub},
		{map[string]string{"ACTIONS_ID_TOKEN_REQUEST_URL": "https://example.com", "SSOSYNC_GOOGLE_WORKLOAD_IDENTITY_FROM": FromAWS}, FromAWS},
	} {
		w := world{args: []string{"--google-workload-identity-provider", "https://iam.googleapis.com/" + provider}, env: test.env}
		if c, _, _ := w.mustLoad(t); c.GoogleProviderFrom != test.want || c.GoogleProvider != provider {
			t.Errorf("%v: %q from %q", test.env, c.GoogleProvider, c.GoogleProviderFrom)
		}
	}
}
