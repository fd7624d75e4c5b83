package iic_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"

	"ssosync/internal/awsid"
	"ssosync/internal/httpx"
	"ssosync/internal/secret"
	"ssosync/internal/target/iic"
)

// What a credential_process prints is shown by the SDK, and not by us, neither
// at the start nor when the credentials have to be renewed.
func TestCredentialProcessIsNotQuoted(t *testing.T) {
	const leak = "wJalrXUtnFEMI-TOPSECRET"
	dir := t.TempDir()
	t.Setenv("AWS_CONFIG_FILE", dir+"/config")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", dir+"/none")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"} {
		t.Setenv(name, "")
	}
	for name, c := range map[string]struct{ config, says string }{
		"no JSON":    {"[default]\ncredential_process = echo SecretAccessKey=" + leak + "\n", "credential_process did not end well"},
		"it fails":   {"[default]\ncredential_process = sh -c 'echo " + leak + "; exit 3'\n", "credential_process did not end well"},
		"no profile": {"[profile other]\nregion = eu-west-1\n", "there are none in variables or profiles, and no role of an instance"},
		"no INI":     {"[default]\ncredential_process =\n aws_secret_access_key " + leak + "\n", ""},
	} {
		if err := os.WriteFile(dir+"/config", []byte(c.config), 0o600); err != nil {
			t.Fatal(err)
		}
		f := newFake(t)
		_, err := f.target(newStore(f).options(), func(o *iic.Options) { o.AWS = awsid.Configure("eu-west-1", awsid.Static{}, awsid.Role{}) }).Read(t.Context())
		if !errors.Is(err, iic.ErrSetup) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(fmt.Sprint(err), leak) {
			t.Errorf("%s: shows it: %v", name, err)
		}
	}
	t.Setenv("AWS_MAX_ATTEMPTS", leak) // the SDK quotes what it cannot read
	if _, err := awsid.Configure("eu-west-1", awsid.Static{}, awsid.Role{})(t.Context()); err == nil || strings.Contains(err.Error(), leak) {
		t.Errorf("a variable that is wrong: %v", err)
	}
	f := newFake(t)
	var calls atomic.Int64
	_, err := f.target(newStore(f).options(), func(o *iic.Options) {
		o.AWS = func(context.Context) (aws.Config, error) {
			return aws.Config{Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
				if calls.Add(1) > 1 {
					return aws.Credentials{}, &processcreds.ProviderError{Err: errors.New("parse failed of process output: " + leak)}
				}
				return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "SECRET"}, nil
			})}, nil
		}
	}).Read(t.Context())
	if err == nil || strings.Contains(err.Error(), leak) || !strings.Contains(err.Error(), "credential_process") {
		t.Errorf("renewed: %v", err)
	}
}

// With credentials of the SDK, plain http is for this machine only.
func TestTheSDKGoesNowhereInTheClear(t *testing.T) {
	for url, sent := range map[string]bool{
		"http://aws.example.com": false, "http://127.0.0.1.example.com": false, "http://169.254.169.254": false,
		"https://aws.example.com": true, "http://127.0.0.1:9": true, "http://LOCALHOST:9": true,
	} {
		bubble(t, func(t *testing.T, f *fake) {
			s := newStore(f)
			s.answers = map[string][]string{"ListUsers": {noUsers}, "ListGroups": {noGroups}}
			_, err := f.target(s.options(), func(o *iic.Options) {
				load := o.AWS
				o.AWS = func(ctx context.Context) (aws.Config, error) {
					cfg, err := load(ctx)
					cfg.BaseEndpoint = &url
					return cfg, err
				}
			}).Read(t.Context())
			if (err == nil) != sent || (len(s.inputs) > 0) != sent {
				t.Errorf("%s: %d requests, %v", url, len(s.inputs), err)
			}
		})
	}
}

// Whatever a server says, its error is one line that fits on a screen.
func TestErrorsAreTame(t *testing.T) {
	wild := "\x1b[2J\u202e\nssosync: all is well " + strings.Repeat("x", 100_000)
	quoted := `"` + strings.NewReplacer("\x1b", `\u001b`, "\n", `\n`).Replace(wild) + `"`
	for name, rt := range map[string]http.RoundTripper{
		"plain":  says(400, wild, nil),
		"fields": says(400, `{"detail":`+quoted+`,"message":`+quoted+`,"__type":`+quoted+`,"exceptionRequestId":`+quoted+`}`, nil),
		"header": says(400, "", http.Header{"X-Amzn-Requestid": {wild}, "X-Amzn-Errortype": {wild}}),
		"number": says(200, `{"totalResults":`+strings.Repeat("9", 100_000)+`}`, nil),
	} {
		tg, err := iic.New(iic.Options{Endpoint: endpoint, Token: secret.New("t0ken"), Reader: iic.ReaderSCIM, Base: rt})
		if err != nil {
			t.Fatal(err)
		}
		_, err = tg.Read(t.Context())
		if err == nil {
			t.Fatalf("%s: no error", name)
		}
		if s := err.Error(); !tame(s) {
			t.Errorf("%s: %d bytes: %.400q", name, len(s), s)
		}
	}
	for op, answer := range map[string]string{
		"ListUsers":     `400 {"__type":"ValidationException","message":` + quoted + `}`,
		"ListInstances": `{"Instances":[{"Name":` + quoted + `,"Status":"DELETE_IN_PROGRESS"}]}`,
	} {
		bubble(t, func(t *testing.T, f *fake) {
			s := newStore(f)
			s.answers = map[string][]string{"ListUsers": {noUsers}, "ListGroups": {noGroups}}
			s.answers[op] = []string{answer}
			_, err := f.target(s.options(), func(o *iic.Options) {
				if op == "ListInstances" {
					o.IdentityStoreID = ""
				}
			}).Read(t.Context())
			if err == nil || !tame(strings.Replace(err.Error(), "is active:\n", "is active: ", 1)) {
				t.Errorf("%s: %.900q", op, fmt.Sprint(err))
			}
		})
	}
}

func tame(s string) bool {
	return len(s) <= 900 && !strings.ContainsFunc(s, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf) })
}

// The host is written as the transport compares it: LOCALHOST is this machine.
func TestTheHostOfTheEndpointInAnyCase(t *testing.T) {
	host := ""
	tg, err := iic.New(iic.Options{Endpoint: "http://LOCALHOST:8080/T/scim/v2", Token: secret.New("t0ken"), Base: httpx.Func(func(r *http.Request) (*http.Response, error) {
		host = r.URL.Host
		return says(200, "{}", nil).RoundTrip(r)
	})})
	if err == nil {
		err = tg.Ping(t.Context())
	}
	if err != nil || host != "localhost:8080" {
		t.Errorf("%q, %v", host, err)
	}
}

// A server that always has a next page does not keep us for ever.
func TestAListingEnds(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(n int) string
		most   int
	}{
		"the same cursor": {func(int) string { return `{"nextCursor":"c","Resources":[]}` }, 3},
		"a ring of cursors": {func(n int) string {
			return fmt.Sprintf(`{"nextCursor":"c%d","Resources":[{"id":"u%d"}]}`, n%3, n)
		}, 5},
		"the same user":    {func(n int) string { return fmt.Sprintf(`{"nextCursor":"c%d","Resources":[{"id":"u"}]}`, n) }, 1002},
		"nobody, for ever": {func(n int) string { return fmt.Sprintf(`{"nextCursor":"c%d","Resources":[]}`, n) }, 1001},
		"no ids, for ever": {func(n int) string { return fmt.Sprintf(`{"nextCursor":"c%d"}`, n) }, 1001},
	} {
		bubble(t, func(t *testing.T, _ *fake) {
			n := 0
			tg, err := iic.New(iic.Options{Endpoint: endpoint, Token: secret.New("t0ken"), Reader: iic.ReaderSCIM, Base: httpx.Func(func(r *http.Request) (*http.Response, error) {
				if strings.Contains(r.URL.Path, "Groups") {
					return says(200, `{"Resources":[]}`, nil).RoundTrip(r)
				}
				n++
				return says(200, c.answer(n), nil).RoundTrip(r)
			})})
			if err != nil {
				t.Fatal(err)
			}
			if _, err = tg.Read(t.Context()); err == nil || !strings.Contains(err.Error(), "never ends") || n > c.most {
				t.Errorf("%s: %d pages, %v", name, n, err)
			}
		})
	}
	bubble(t, func(t *testing.T, f *fake) {
		s := newStore(f)
		s.answers = map[string][]string{"ListUsers": {`{"Users":[],"NextToken":"n"}`}, "ListGroups": {noGroups}}
		if _, err := f.target(s.options()).Read(t.Context()); err == nil || !strings.Contains(err.Error(), "never ends") || s.calls["ListUsers"] != 2 {
			t.Errorf("%d pages, %v", s.calls["ListUsers"], err)
		}
	})
}
