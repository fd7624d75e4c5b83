package auth_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"ssosync/internal/httpx"
	"ssosync/internal/secret"
	"ssosync/internal/source/google/auth"
)

// impersonationURL is a field of credentials files. Its host is a stranger's:
// nothing may be sent there.
const impersonationURL = "https://elsewhere.example.com/v1/projects/-/serviceAccounts/" + account + ":generateAccessToken"

func personFile(changes map[string]any) []byte {
	f := map[string]any{
		"type": "authorized_user", "client_id": "764086051850-x.apps.googleusercontent.com", "client_secret": "client-secret",
		"refresh_token": refreshToken, "quota_project_id": "quota-example",
	}
	maps.Copy(f, changes)
	text, _ := json.Marshal(f)
	return text
}

func externalFile(changes map[string]any) []byte {
	f := map[string]any{
		"type": "external_account", "audience": "//iam.googleapis.com/" + resource, "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
		"token_url": "https://sts.googleapis.com/v1/token", "service_account_impersonation_url": impersonationURL,
		"credential_source": map[string]any{"url": "https://issuer.example.com/identity"},
	}
	maps.Copy(f, changes)
	text, _ := json.Marshal(f)
	return text
}

func impersonatedFile(source []byte) []byte {
	text, _ := json.Marshal(map[string]any{
		"type": "impersonated_service_account", "service_account_impersonation_url": impersonationURL, "source_credentials": json.RawMessage(source),
		"delegates": []string{"projects/-/serviceAccounts/first@sync-example.iam.gserviceaccount.com"},
	})
	return text
}

// adc is credentials given inline, on a machine that has none of its own.
func (c *cloud) adc(doc []byte) auth.ApplicationDefault {
	return auth.ApplicationDefault{JSON: secret.New(string(doc)), Getenv: func(string) string { return "" }, Net: c.net()}
}

// Every kind of credentials, with and without somebody to act as. With a
// subject an account always signs.
func TestApplicationDefaultCredentials(t *testing.T) {
	file := filepath.Join(t.TempDir(), "identity")
	if err := os.WriteFile(file, []byte("plain-subject-secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	fromFile := externalFile(map[string]any{"credential_source": map[string]any{"file": file}})
	for name, row := range map[string]struct {
		doc              []byte
		subject, account string
		token            string
		asked            []string
	}{
		"key":                            {keyFile(nil), "amy@example.com", "", directoryToken, []string{"token"}},
		"key, itself":                    {keyFile(nil), "", "", directoryToken, []string{"token"}},
		"key of the same":                {keyFile(nil), "amy@example.com", account, directoryToken, []string{"token"}},
		"key in base64":                  {[]byte(base64.StdEncoding.EncodeToString(keyFile(nil))), "", "", directoryToken, []string{"token"}},
		"key of another":                 {keyFile(map[string]any{"client_email": "other@sync-example.iam.gserviceaccount.com"}), "amy@example.com", account, directoryToken, []string{"token", "sign", "token"}},
		"person":                         {personFile(nil), "", "", personToken, []string{"token"}},
		"person and account":             {personFile(nil), "amy@example.com", account, directoryToken, []string{"token", "sign", "token"}},
		"person and account, itself":     {personFile(nil), "", account, accountToken, []string{"token", "generate"}},
		"external by url":                {externalFile(nil), "amy@example.com", "", directoryToken, []string{"subject", "sts", "sign", "token"}},
		"external by file":               {fromFile, "amy@example.com", "", directoryToken, []string{"sts", "sign", "token"}},
		"external, itself":               {fromFile, "", "", accountToken, []string{"sts", "generate"}},
		"external without account":       {externalFile(map[string]any{"service_account_impersonation_url": ""}), "amy@example.com", account, directoryToken, []string{"subject", "sts", "sign", "token"}},
		"impersonated, by person":        {impersonatedFile(personFile(nil)), "amy@example.com", "", directoryToken, []string{"token", "sign", "token"}},
		"impersonated, by person itself": {impersonatedFile(personFile(nil)), "", "", accountToken, []string{"token", "generate"}},
		"impersonated, by key":           {impersonatedFile(keyFile(nil)), "", "", accountToken, []string{"token", "generate"}},
		"impersonated, by key for amy":   {impersonatedFile(keyFile(nil)), "amy@example.com", "", directoryToken, []string{"token", "sign", "token"}},
		"external, escaped":              {externalFile(map[string]any{"service_account_impersonation_url": strings.Replace(impersonationURL, "@", "%40", 1)}), "", "", accountToken, []string{"subject", "sts", "generate"}},
		"impersonated, by external":      {impersonatedFile(externalFile(nil)), "amy@example.com", "", directoryToken, []string{"subject", "sts", "sign", "token"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCloud(t)
			c.signers, c.getters = append(c.signers, directoryToken), append(c.getters, directoryToken)
			a := c.adc(row.doc)
			a.Subject, a.ServiceAccount = row.subject, row.account
			tokens, err := a.NewTokens()
			c.get(tokens, err, row.token)
			if !slices.Equal(c.asked, row.asked) {
				t.Errorf("asked %v, want %v", c.asked, row.asked)
			}
			if sub, _ := c.claims["sub"].(string); row.token == directoryToken && sub != row.subject {
				t.Errorf("acting as %q", sub)
			}
			if len(c.subs) > 1 && c.subs[0] != nil {
				t.Errorf("the caller is already acting as %v", c.subs[0])
			}
			if strings.HasPrefix(name, "impersonated") && (c.docs["sign"]["delegates"] == nil) == (c.docs["generate"]["delegates"] == nil) {
				t.Error("the delegates are not passed on")
			}
			c.quiet(a.Profile().Text)
		})
	}
}

func TestCredentialsOfAWSInAFile(t *testing.T) {
	awsFile := externalFile(map[string]any{
		"subject_token_type": "urn:ietf:params:aws:token-type:aws4_request",
		"credential_source": map[string]any{
			"environment_id": "aws1", "region_url": "http://169.254.169.254/latest/meta-data/placement/availability-zone",
			"url": "http://169.254.169.254/latest/meta-data/iam/security-credentials", "regional_cred_verification_url": "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
		},
	})
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION"} {
		t.Setenv(name, "")
	}
	t.Run("by the SDK", func(t *testing.T) {
		c := newCloud(t)
		a := c.adc(awsFile)
		a.AWS, a.Subject = role("eu-central-1"), "amy@example.com"
		tokens, err := a.NewTokens()
		c.get(tokens, err, directoryToken)
		wants(t, c.forms["sts"].Get("subject_token"), "sts.eu-central-1.amazonaws.com")
	})
	t.Run("by the environment", func(t *testing.T) {
		t.Setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
		t.Setenv("AWS_SECRET_ACCESS_KEY", "SECRETACCESSKEY")
		t.Setenv("AWS_REGION", "eu-west-1")
		c := newCloud(t)
		a := c.adc(awsFile)
		a.Subject = "amy@example.com"
		tokens, err := a.NewTokens()
		c.get(tokens, err, directoryToken)
		wants(t, c.forms["sts"].Get("subject_token"), "sts.eu-west-1.amazonaws.com")
	})
	t.Run("not at all", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c := newCloud(t)
			a := c.adc(awsFile)
			n := 0
			a.Base = httpx.Func(func(*http.Request) (*http.Response, error) { n++; return nil, errors.New("no route to host") })
			e := c.refused(a)
			wants(t, e.Cause, "on EC2 only")
			wants(t, e.Remedy, "--google-workload-identity-from=aws")
			if n != 3 {
				t.Errorf("%d tries", n)
			}
		})
	})
}

func TestSourcesOfAnIdentityThatFail(t *testing.T) {
	c := newCloud(t)
	c.script["subject"] = []answer{{status: 404, body: "you sent plain-subject-secret"}}
	e := c.refused(c.adc(externalFile(nil)))
	wants(t, e.Cause, "refuses to give it")
	wants(t, e.Remedy, "credential_source")
	c.script["sts"] = []answer{stsError(400, "invalid_grant", "you sent plain-subject-secret")}
	e = c.refused(c.adc(externalFile(nil)))
	wants(t, e.Cause, "the audience is //iam.googleapis.com/"+resource)
	wants(t, e.Remedy, "gcloud iam workload-identity-pools providers describe "+resource)
	for _, doc := range [][]byte{
		externalFile(map[string]any{"credential_source": map[string]any{"file": "/no/such/file"}}),
		externalFile(map[string]any{"credential_source": map[string]any{}}),
		externalFile(map[string]any{"credential_source": nil}),
		externalFile(map[string]any{"audience": ""}),
		externalFile(map[string]any{"credential_source": map[string]any{"url": "https://issuer.example.com/identity", "format": map[string]any{"type": "json", "subject_token_field_name": "x"}}}),
	} {
		login, err := c.adc(doc).For("s")
		if err != nil {
			t.Fatal(err)
		}
		_, err = login.Login(t.Context())
		if err == nil {
			t.Fatalf("%s: no error", doc)
		}
		wants(t, err.Error(), "exchange the identity")
		c.quiet(err.Error())
	}
	c.script["sts"] = []answer{{status: 200, body: `{"access_token":"x-secret"}`}}
	login, _ := c.adc(externalFile(nil)).For("s")
	if _, err := login.Login(t.Context()); err == nil || !strings.Contains(err.Error(), "cannot be read") {
		t.Error(err)
	}
	workforce := externalFile(map[string]any{"audience": "//iam.googleapis.com/locations/global/workforcePools/p/providers/q"})
	c.script["sts"] = []answer{stsError(400, "invalid_grant", "")}
	wants(t, c.refused(c.adc(workforce)).Remedy, "describe PROVIDER")
}

func TestTheEndpointHoldsForCredentialsFiles(t *testing.T) {
	for _, doc := range [][]byte{externalFile(nil), impersonatedFile(personFile(map[string]any{"token_uri": "https://oauth2.googleapis.com/token"}))} {
		c := newCloud(t)
		c.base = "http://127.0.0.1:8080"
		tokens, err := c.adc(doc).NewTokens()
		c.get(tokens, err, accountToken)
		wants(t, c.log.String(), "127.0.0.1:8080/")
		if strings.Contains(c.log.String(), "googleapis.com/token") {
			t.Error(c.log.String())
		}
	}
	c := newCloud(t)
	c.base = "http://127.0.0.1:8080"
	c.script["sts"] = []answer{stsError(400, "invalid_target", "")}
	wants(t, c.refused(c.adc(externalFile(nil))).Cause, "no such pool")
	wants(t, c.log.String(), "op=sts.token", "op=subject")
	a := c.machine("")
	a.Endpoint = "http://google.example.com"
	if _, err := a.NewTokens(); err == nil {
		t.Error("plain http is taken")
	}
}

func TestCredentialsThatAreNone(t *testing.T) {
	c := newCloud(t)
	for doc, word := range map[string]string{
		`{`:       "neither JSON nor base64",
		`{"type"`: "damaged", `{}`: `type ""`, `{"type":"gdch_service_account"}`: `"gdch_service_account"`, `{"type":7}`: "damaged",
		`{"type":"authorized_user"}`: "refresh_token",
		string(personFile(map[string]any{"token_uri": "http://x.example.com/"})):                                     "token_uri",
		string(externalFile(map[string]any{"token_url": "http://x.example.com/"})):                                   "token_url",
		string(externalFile(map[string]any{"service_account_impersonation_url": "https://x/" + account})):            "names no service account",
		string(externalFile(map[string]any{"service_account_impersonation_url": "https://x/y"})):                     "names no service account",
		string(externalFile(map[string]any{"service_account_impersonation_url": "https://x/;:generateAccessToken"})): "names no service account",
		`{"type":"impersonated_service_account"}`:                                                                    "source_credentials",
		string(impersonatedFile(impersonatedFile(personFile(nil)))):                                                  "use delegates",
		`{"type":"impersonated_service_account","source_credentials":` + string(personFile(nil)) + `}`:               "service_account_impersonation_url",
		string(keyFile(map[string]any{"private_key": ""})):                                                           "private_key",
	} {
		a := c.adc([]byte(doc))
		_, err := a.NewTokens()
		if doc == `{` {
			word = "damaged"
		}
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%.80s: %v, want %q", doc, err, word)
			continue
		}
		c.quiet(err.Error(), a.Profile().Text)
	}
	if len(c.asked) != 0 {
		t.Errorf("asked %v", c.asked)
	}
}

// What the wire says is kept, through the libraries that flatten it.
func TestCredentialsKeepTheErrorOfTheWire(t *testing.T) {
	lost := errors.New("connection reset")
	for service, doc := range map[string][]byte{"token": personFile(nil), "sts": externalFile(nil), "subject": externalFile(nil)} {
		synctest.Test(t, func(t *testing.T) {
			c := newCloud(t)
			for range 8 {
				c.script[service] = append(c.script[service], answer{err: lost})
			}
			tokens, err := c.adc(doc).NewTokens()
			if err != nil {
				t.Fatal(err)
			}
			if _, err := tokens.Token(t.Context(), ""); !errors.Is(err, lost) {
				t.Errorf("%s: %v", service, err)
			}
		})
	}
}

// What Google's library would take for another kind of file is not handed to it.
func TestAFileOfTwoKinds(t *testing.T) {
	installed := map[string]any{"client_id": "x", "redirect_uris": []string{"http://localhost"}}
	c := newCloud(t)
	tokens, err := c.adc(personFile(map[string]any{"installed": installed, "web": installed})).NewTokens()
	c.get(tokens, err, personToken)
	tokens, err = c.adc(externalFile(map[string]any{"installed": installed, "Web": installed})).NewTokens()
	c.get(tokens, err, accountToken)
}

func TestAPersonReadsTheDirectory(t *testing.T) {
	c := newCloud(t)
	a := c.adc(personFile(nil))
	if p := a.Profile(); p.QuotaProject != "quota-example" {
		t.Errorf("%+v", p)
	}
	a.Getenv = func(name string) string {
		return map[string]string{"GOOGLE_CLOUD_QUOTA_PROJECT": "other-example"}[name]
	}
	if p := a.Profile(); p.QuotaProject != "other-example" {
		t.Errorf("%+v", p)
	}
	a.ServiceAccount = account
	if p := a.Profile(); p.QuotaProject != "" {
		t.Errorf("the account's calls are billed to the person: %+v", p)
	}
	e := c.refused(c.adc(personFile(map[string]any{"quota_project_id": ""})))
	wants(t, e.Remedy, "gcloud auth application-default set-quota-project PROJECT")
	tokens, err := c.adc(personFile(map[string]any{"quota_project_id": "", "client_id": "1-x.apps.googleusercontent.com"})).NewTokens()
	c.get(tokens, err, personToken)
	a = c.adc(personFile(nil))
	a.Subject = "amy@example.com"
	e = c.refused(a)
	wants(t, e.Cause, "cannot act as amy@example.com")
	wants(t, e.Remedy, "--google-impersonate-service-account")
	external := c.adc(externalFile(map[string]any{"service_account_impersonation_url": ""}))
	wants(t, c.refused(external).Remedy, "--google-impersonate-service-account")
}

func TestAPersonsLoginIsForSomeScopes(t *testing.T) {
	c := newCloud(t)
	c.scope = "openid https://www.googleapis.com/auth/admin.directory.user " + auth.ScopeGroups
	tokens, err := c.adc(personFile(nil)).NewTokens()
	c.get(tokens, err, personToken)
	c.scope = "openid " + auth.ScopeUsers
	e := c.refused(c.adc(personFile(nil)))
	if e.Code != "insufficient_scope" || e.Status != 403 || strings.Contains(e.Cause, auth.ScopeUsers) {
		t.Error(e)
	}
	wants(t, e.Cause, auth.ScopeGroups)
	wants(t, e.Remedy, "gcloud auth application-default login --scopes=", auth.ScopeUsers+","+auth.ScopeGroups)
	for says, word := range map[string]string{"reauth related error (invalid_rapt)": "session has ended", "Token has been expired or revoked.": "expired or were revoked", "Bad Request": "expired or were revoked"} {
		c.script["token"] = []answer{stsError(400, "invalid_grant", says)}
		e := c.refused(c.adc(personFile(nil)))
		wants(t, e.Cause, word)
		wants(t, e.Remedy, "gcloud auth application-default login")
	}
	for code, word := range map[string]string{"deleted_client": "gcloud auth application-default login", "admin_policy_enforced": "trust the client id 764086051850-x"} {
		c.script["token"] = []answer{stsError(400, code, "you sent "+refreshToken+" client-secret")}
		wants(t, c.refused(c.adc(personFile(nil))).Remedy, word)
	}
	c.script["token"] = []answer{{status: 200, body: `{}`}}
	login, _ := c.adc(personFile(nil)).For("s")
	if _, err := login.Login(t.Context()); err == nil {
		t.Error("an answer without a token is taken")
	}
}

func TestWhereCredentialsAreLookedFor(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, text []byte) string {
		name = filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	env := map[string]string{"HOME": filepath.Join(dir, "empty")}
	c := newCloud(t)
	a := auth.ApplicationDefault{Getenv: func(name string) string { return env[name] }, Net: c.net()}
	get := func(want string) {
		t.Helper()
		tokens, err := a.NewTokens()
		c.get(tokens, err, want)
	}
	get(machineToken)
	write(".config/gcloud/application_default_credentials.json", personFile(nil))
	env["HOME"] = dir
	get(personToken)
	write("sdk/application_default_credentials.json", externalFile(nil))
	env["CLOUDSDK_CONFIG"] = filepath.Join(dir, "sdk")
	get(accountToken)
	env["GOOGLE_APPLICATION_CREDENTIALS"] = write("key.json", keyFile(nil))
	get(directoryToken)
	a.JSON = secret.New(string(personFile(nil)))
	get(personToken)
	a.JSON = secret.String{}
	env["GOOGLE_APPLICATION_CREDENTIALS"] = write("large", make([]byte, 2<<20))
	if _, err := a.NewTokens(); err == nil || !strings.Contains(err.Error(), "larger than a megabyte") {
		t.Error(err)
	}
	for _, name := range []string{filepath.Join(dir, "none"), dir, write("html", []byte("<html>-secret"))} {
		env["GOOGLE_APPLICATION_CREDENTIALS"] = name
		_, err := a.NewTokens()
		if err == nil {
			t.Fatal(name)
		}
		wants(t, err.Error(), "GOOGLE_APPLICATION_CREDENTIALS")
		c.quiet(err.Error())
	}
	delete(env, "GOOGLE_APPLICATION_CREDENTIALS")
	write("sdk/application_default_credentials.json", make([]byte, 2<<20))
	if _, err := a.NewTokens(); err == nil || !strings.Contains(err.Error(), "gcloud") {
		t.Error(err)
	}
}
