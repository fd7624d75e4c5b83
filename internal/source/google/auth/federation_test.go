package auth_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"ssosync/internal/secret"
	"ssosync/internal/source/google/auth"
)

func asError(tb testing.TB, err error) *auth.Error {
	tb.Helper()
	e, ok := errors.AsType[*auth.Error](err)
	if !ok {
		tb.Fatalf("%v is no *auth.Error", err)
	}
	if strings.ContainsAny(e.Cause+e.Remedy, "{}") {
		tb.Errorf("a blank is left: %q, %q", e.Cause, e.Remedy)
	}
	wants(tb, e.Error(), ": "+e.Cause+"; "+e.Remedy)
	return e
}

const (
	emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" // SHA-256 of nothing
	roleARN   = "arn:aws:sts::123456789012:assumed-role/sync/session-1"
)

var roleKeys = aws.Credentials{AccessKeyID: "AKIAEXAMPLE", SecretAccessKey: "SECRETACCESSKEY", SessionToken: "session-secret"}

// role signs as AWS's SDK does.
func role(region string) auth.AWS {
	return auth.AWS{
		Region: region,
		Sign: func(ctx context.Context, req *http.Request) error {
			return v4.NewSigner().SignHTTP(ctx, roleKeys, req, emptyHash, "sts", region, time.Now())
		},
		ARN: func(context.Context) (string, error) { return roleARN, nil },
	}
}

func workflow() auth.GitHub {
	return auth.GitHubFrom(func(name string) string {
		return map[string]string{
			"ACTIONS_ID_TOKEN_REQUEST_URL":   "https://pipelines.actions.example.com/abc/idtoken?api-version=2.0",
			"ACTIONS_ID_TOKEN_REQUEST_TOKEN": githubBearer, "GITHUB_REPOSITORY": "example/sync",
		}[name]
	})
}

func (c *cloud) federation(from auth.Identity) auth.Federation {
	return auth.Federation{Provider: resource, From: from, Net: c.net()}
}

func (c *cloud) keyless(from auth.Identity) auth.Impersonation {
	return auth.Impersonation{Caller: c.federation(from), ServiceAccount: account, Subject: "amy@example.com", Net: c.net()}
}

// What Google is given is what AWS would accept: the request is signed again
// from its parts, as AWS does.
func TestAWSProvesItself(t *testing.T) {
	for region, host := range map[string]string{
		"eu-central-1": "sts.eu-central-1.amazonaws.com", "us-gov-west-1": "sts.us-gov-west-1.amazonaws.com",
		"cn-north-1": "sts.cn-north-1.amazonaws.com.cn", "eusc-de-east-1": "sts.eusc-de-east-1.amazonaws.eu", "ap-southeast-10": "sts.ap-southeast-10.amazonaws.com",
	} {
		synctest.Test(t, func(t *testing.T) {
			c := newCloud(t)
			tokens, err := c.keyless(role(region)).NewTokens()
			c.get(tokens, err, directoryToken)
			form := c.forms["sts"]
			for name, want := range map[string]string{
				"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "audience": "//iam.googleapis.com/" + resource,
				"scope": auth.ScopeCloud, "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
				"subject_token_type": "urn:ietf:params:aws:token-type:aws4_request",
			} {
				if form.Get(name) != want {
					t.Errorf("%s: %q, want %q", name, form.Get(name), want)
				}
			}
			text, err := url.QueryUnescape(form.Get("subject_token"))
			if err != nil {
				t.Fatal(err)
			}
			var sent struct {
				URL, Method string
				Headers     []struct{ Key, Value string }
			}
			if err := json.Unmarshal([]byte(text), &sent); err != nil {
				t.Fatal(err)
			}
			if sent.URL != "https://"+host+"?Action=GetCallerIdentity&Version=2011-06-15" || sent.Method != http.MethodPost {
				t.Errorf("%s %s", sent.Method, sent.URL)
			}
			got := map[string]string{}
			for _, h := range sent.Headers {
				got[h.Key] = h.Value
			}
			again, _ := http.NewRequest(sent.Method, sent.URL, http.NoBody)
			again.Header.Set("X-Goog-Cloud-Target-Resource", got["x-goog-cloud-target-resource"])
			at, err := time.Parse("20060102T150405Z", got["x-amz-date"])
			if err != nil {
				t.Fatal(err)
			}
			if err := v4.NewSigner().SignHTTP(t.Context(), roleKeys, again, emptyHash, "sts", region, at); err != nil {
				t.Fatal(err)
			}
			if got["authorization"] != again.Header.Get("Authorization") || !strings.Contains(got["authorization"], "x-goog-cloud-target-resource") {
				t.Errorf("signed as %q, want %q", got["authorization"], again.Header.Get("Authorization"))
			}
			if got["host"] != host || got["x-amz-security-token"] != "session-secret" || got["x-goog-cloud-target-resource"] != "//iam.googleapis.com/"+resource {
				t.Errorf("headers %v", got)
			}
		})
	}
}

func TestAWSNeedsCredentialsAndARegion(t *testing.T) {
	c := newCloud(t)
	for _, region := range []string{"", "eu-central", "evil.example.com/", "eu-central-1.evil.example.com", "EU-central-1", "eu-central-1@x"} {
		if _, err := c.federation(role(region)).For(auth.ScopeCloud); err == nil {
			t.Errorf("%q is taken for a region", region)
		}
	}
	if _, err := c.federation(role("")).For(auth.ScopeCloud); err == nil || !strings.Contains(err.Error(), "AWS_REGION") {
		t.Error(err)
	}
	if _, err := c.federation(auth.AWS{Region: "eu-central-1"}).For(auth.ScopeCloud); err == nil {
		t.Error("no error without credentials")
	}
	broken := errors.New("no role")
	from := role("eu-central-1")
	from.Sign = func(context.Context, *http.Request) error { return broken }
	login, err := c.federation(from).For(auth.ScopeCloud)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := login.Login(t.Context()); !errors.Is(err, broken) {
		t.Error(err)
	}
	from.Sign = func(context.Context, *http.Request) error { return nil }
	login, _ = c.federation(from).For(auth.ScopeCloud)
	if _, err := login.Login(t.Context()); err == nil || len(c.asked) != 0 {
		t.Errorf("what is not signed was sent: %v, %v", err, c.asked)
	}
}

func TestGitHubProvesItself(t *testing.T) {
	for audience, want := range map[string]string{"": "https://iam.googleapis.com/" + resource, "mine": "mine"} {
		synctest.Test(t, func(t *testing.T) {
			c := newCloud(t)
			from := workflow()
			from.Audience = audience
			tokens, err := c.keyless(from).NewTokens()
			c.get(tokens, err, directoryToken)
			q := c.reqs["github"].URL.Query()
			if q.Get("audience") != want || q.Get("api-version") != "2.0" || c.reqs["github"].Method != http.MethodGet {
				t.Errorf("asked %s %s", c.reqs["github"].Method, c.reqs["github"].URL)
			}
			if f := c.forms["sts"]; f.Get("subject_token") != githubIdentity || f.Get("subject_token_type") != "urn:ietf:params:oauth:token-type:jwt" {
				t.Errorf("exchanged %v", f)
			}
		})
	}
}

func TestGitHubIsNotThere(t *testing.T) {
	c := newCloud(t)
	for _, from := range []auth.GitHub{{}, {URL: workflow().URL}, {Token: workflow().Token}} {
		e := c.refused(c.keyless(from))
		wants(t, e.Error(), "ACTIONS_ID_TOKEN_REQUEST_URL", "permissions: id-token: write")
		if strings.Contains(e.Error(), "HTTP") {
			t.Errorf("nobody was asked: %v", e)
		}
	}
	if _, err := c.keyless(auth.GitHub{}).NewTokens(); strings.Count(fmt.Sprint(err), "log in to Google") != 1 {
		t.Error(err)
	}
	for _, url := range []string{"http://pipelines.actions.example.com/", "ftp://x/", ":"} {
		from := workflow()
		from.URL = url
		if _, err := c.keyless(from).NewTokens(); err == nil {
			t.Errorf("%s is taken", url)
		}
	}
	from := workflow()
	from.Token = secret.New("a\r\nb-secret")
	if _, err := c.keyless(from).NewTokens(); err == nil || strings.Contains(err.Error(), "b-secret") {
		t.Error(err)
	}
	c.script["github"] = []answer{{status: 403, body: "nope"}, {status: 200, body: "{}"}}
	e := c.refused(c.keyless(workflow()))
	wants(t, e.Error(), "ask GitHub for an identity token: HTTP status 403", "permissions: id-token: write")
	login, _ := c.keyless(workflow()).For("s")
	if _, err := login.Login(t.Context()); err == nil {
		t.Error("an answer without a token is taken")
	}
}

func TestProviders(t *testing.T) {
	c := newCloud(t)
	for _, good := range []string{resource, "//iam.googleapis.com/" + resource, "https://iam.googleapis.com/" + resource, " " + resource + "\n"} {
		f := c.federation(role("eu-central-1"))
		f.Provider = good
		login, err := f.For(auth.ScopeCloud)
		if err != nil {
			t.Fatal(good, err)
		}
		if _, err := login.Login(t.Context()); err != nil || c.forms["sts"].Get("audience") != "//iam.googleapis.com/"+resource {
			t.Errorf("%s: %v, %v", good, err, c.forms["sts"])
		}
	}
	for bad, word := range map[string]string{
		"": "of the form", pool: "of the form", resource + "/x": "of the form", "http://iam.googleapis.com/" + resource: "of the form",
		strings.Replace(resource, "123456789", "my-project", 1): "gcloud projects describe my-project --format='value(projectNumber)'",
	} {
		f := c.federation(role("eu-central-1"))
		f.Provider = bad
		if _, err := f.For(auth.ScopeCloud); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%q: %v", bad, err)
		}
		if f.Profile().Text == "" {
			t.Error("no description")
		}
	}
	if _, err := (auth.Federation{Provider: resource}).For("s"); err == nil {
		t.Error("no error without an identity")
	}
}

// stsError is what the Security Token Service says, in both forms of Google's
// errors.
func stsError(status int, code, description string) answer {
	body, _ := json.Marshal(map[string]string{"error": code, "error_description": description})
	return answer{status: status, body: string(body)}
}

const disabled = `{"error":{"code":403,"message":"Security Token Service API has not been used in project 123456789 before or it is disabled.","status":"PERMISSION_DENIED","details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"SERVICE_DISABLED","domain":"googleapis.com","metadata":{"service":"sts.googleapis.com","consumer":"projects/123456789"}}]}}`

func TestExchangesAreExplained(t *testing.T) {
	const describe = "gcloud iam workload-identity-pools providers describe " + resource
	audience := "the audience is //iam.googleapis.com/" + resource
	for name, row := range map[string]struct {
		says          answer
		cause, remedy []string
	}{
		"grant":     {stsError(400, "invalid_grant", "The AWS signature is invalid."), []string{audience, roleARN, "the clock"}, []string{describe, "timedatectl"}},
		"target":    {stsError(400, "invalid_target", "The target service indicated by the \"audience\" parameters is invalid."), []string{audience, "no such pool or provider"}, []string{"--google-workload-identity-provider", describe}},
		"condition": {stsError(401, "unauthorized_client", "The given credential is rejected by the attribute condition."), []string{"attribute condition", roleARN}, []string{"change the condition", describe}},
		"other":     {stsError(403, "unauthorized_client", "No."), []string{"does not admit", roleARN}, []string{"attribute mapping", describe}},
		"request":   {stsError(400, "invalid_request", "Invalid value for \"audience\"."), []string{audience}, []string{"--google-workload-identity-provider"}},
		"disabled":  {answer{status: 403, body: disabled}, []string{"not enabled"}, []string{"gcloud services enable sts.googleapis.com --project=123456789"}},
		"word":      {answer{status: 400, body: `{"error":{"status":"SERVICE_DISABLED"}}`}, []string{"not enabled"}, []string{"gcloud services enable sts.googleapis.com --project=123456789"}},
		"message":   {answer{status: 403, body: strings.Replace(disabled, "SERVICE_DISABLED", "X", 1)}, []string{"not enabled"}, []string{"gcloud services enable sts.googleapis.com --project=123456789"}},
		"bare 401":  {answer{status: 401, body: "<html>"}, []string{"does not accept", roleARN}, []string{describe}},
		"bare 403":  {answer{status: 403, body: "<html>"}, []string{"does not admit", roleARN}, []string{describe}},
		"new":       {stsError(400, "brand_new", "?"), []string{"not one that is known", audience}, []string{describe}},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCloud(t)
			c.script["sts"] = []answer{row.says}
			e := c.refused(c.keyless(role("eu-central-1")))
			wants(t, e.Cause, row.cause...)
			wants(t, e.Remedy, row.remedy...)
			wants(t, e.Error(), "exchange the identity at Google's Security Token Service: ")
			if e.Status != row.says.status || len(c.asked) != 1 {
				t.Errorf("status %d, asked %v", e.Status, c.asked)
			}
		})
	}
}

func TestAFaultOfTheExchangeIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCloud(t)
		lost := errors.New("connection reset")
		c.script["sts"] = []answer{{status: 503, body: "<html>"}, {status: 200, body: "<html>"}, {err: lost}, {status: 429, body: "{}"}}
		tokens, err := c.keyless(workflow()).NewTokens()
		c.get(tokens, err, directoryToken)
		if want := []string{"github", "sts", "sts", "sts", "sts", "sts", "sign", "token"}; !slices.Equal(c.asked, want) {
			t.Errorf("asked %v", c.asked)
		}
		for range 8 {
			c.script["sts"] = append(c.script["sts"], answer{status: 502, body: "x"})
		}
		e := c.refused(c.keyless(workflow()))
		if e.Status != 502 || e.Remedy != "try again later" {
			t.Error(e)
		}
		for range 8 {
			c.script["sts"] = append(c.script["sts"], answer{err: lost})
		}
		login, _ := c.keyless(workflow()).For("s")
		if _, err := login.Login(t.Context()); !errors.Is(err, lost) {
			t.Error(err)
		}
	})
}

func TestWhoIsNotKnownIsAskedFor(t *testing.T) {
	for _, arn := range []func(context.Context) (string, error){
		nil,
		func(context.Context) (string, error) { return "", errors.New("no") },
		func(context.Context) (string, error) { return `arn:aws:sts::123456789012:x"; rm -rf /`, nil },
	} {
		c := newCloud(t)
		c.signers, c.getters = nil, nil
		from := role("eu-central-1")
		from.ARN = arn
		e := c.refused(c.keyless(from))
		wants(t, e.Remedy, "attribute.aws_role/arn:aws:sts::ACCOUNT:assumed-role/ROLE")
		c.script["sts"] = []answer{stsError(400, "invalid_grant", "")}
		e = c.refused(c.keyless(from))
		wants(t, e.Cause, "aws sts get-caller-identity")
	}
}
