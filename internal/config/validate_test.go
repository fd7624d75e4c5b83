package config

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// complete is a configuration with which nothing is wrong.
func complete(more ...string) world {
	return world{
		args:  append([]string{"-e", "https://scim.us-east-1.amazonaws.com/t/scim/v2", "-t", "tok", "-u", "admin@example.com"}, more...),
		files: map[string]string{"credentials.json": testKey},
	}
}

// check loads and validates, and returns what is wrong.
func (w world) check(t tester) string {
	t.Helper()
	c, _, _, err := w.load(t)
	if err := errors.Join(err, c.Validate()); err != nil {
		return err.Error()
	}
	return ""
}

func TestProblems(t *testing.T) {
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, ""},
		{[]string{"-u", "x"}, "google-admin is not an address (from flag --google-admin)"},
		{[]string{"-u", ""}, "the Google administrator is missing; set --google-admin (-u) or SSOSYNC_GOOGLE_ADMIN"},
		{[]string{"-u", "", "--customer-id", "C1"}, ""},
		{[]string{"-t", ""}, "the SCIM access token is missing; set --access-token (-t) or SSOSYNC_SCIM_ACCESS_TOKEN"},
		{[]string{"-t", "a b"}, "the SCIM access token has characters in it that no token has (from flag --access-token); is it complete, and on one line?"},
		{[]string{"-t", " a\n"}, ""},
		{[]string{"-t", "arn:aws:secretsmanager:us-east-1:1:secret:x"}, ""},
		{[]string{"-t", "arn:aws:kms:us-east-1:1:key/x"}, "access-token: the ARN is neither that of a secret, arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME, nor that of a parameter, arn:aws:ssm:REGION:ACCOUNT:parameter/NAME (from flag --access-token)"},
		{[]string{"--group-name", "env:{name}"}, ""},
		{[]string{"-t", "SSOSyncSCIMAccessToken"}, "access-token is the name of a secret (from flag --access-token); write secretsmanager:SSOSyncSCIMAccessToken to have it looked up"},
		{[]string{"-t", "env:TOKEN"}, ""},
		{[]string{"-t", "env:"}, "access-token: the reference names nothing: write env:NAME (from flag --access-token)"},
		{[]string{"-c", "file:key.json"}, ""},
		{[]string{"-c", "arn:aws-us-gov:ssm:us-gov-west-1:1:parameter/x"}, ""},
		{[]string{"-u", "arn:aws-cn:ssm:cn-north-1:1:parameter/x"}, ""},
		{[]string{"-e", "ssm:/sso/endpoint", "-r", ""}, ""},
		{[]string{"--google-login", "workload-identity"}, "the workload identity provider is missing; set --google-workload-identity-provider or SSOSYNC_GOOGLE_WORKLOAD_IDENTITY_PROVIDER\nthe service account to impersonate is missing; set --google-impersonate-service-account or SSOSYNC_GOOGLE_IMPERSONATE_SERVICE_ACCOUNT"},
		{[]string{"--google-login", "workload-identity", "--google-workload-identity-provider", provider, "--google-impersonate-service-account", "a@p"}, ""},
		{[]string{"--google-login", "workload-identity", "--google-workload-identity-provider", "projects/x/locations/global/workloadIdentityPools/a/providers/b", "--google-impersonate-service-account", "a"}, "google-workload-identity-provider is not projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER (from flag --google-workload-identity-provider); gcloud iam workload-identity-pools providers list prints it\ngoogle-impersonate-service-account is not an address (from flag --google-impersonate-service-account); it looks like ssosync@my-project.iam.gserviceaccount.com"},
		{[]string{"--google-login", "access-token"}, "the Google access token is missing; set --google-access-token or SSOSYNC_GOOGLE_ACCESS_TOKEN\ngoogle-admin has no effect: an access token acts as whom it was made for (from flag --google-admin); take one of them away"},
		{[]string{"--google-access-token", "ya29.x", "-c", testKey, "-u", "", "--customer-id", "C1"}, "google-credentials and google-access-token are both given; take one of them away, or say which one with --google-login"},
		{[]string{"-c", `{"type":"authorized_user"}`, "--google-login", "key"}, `google-credentials is no service account's key, but of the type "authorized_user" (from flag --google-credentials); use --google-login=adc`},
		{[]string{"-c", `{"type":"SECRETKIND"}`, "--google-login", "key"}, `google-credentials is no service account's key, but of the type "unknown" (from flag --google-credentials); use --google-login=adc`},
		{[]string{"--assume-role", "arn:aws:iam::123456789012:user/x"}, "assume-role is not the ARN of a role, arn:aws:iam::123456789012:role/NAME (from flag --assume-role)"},
		{[]string{"--assume-role-external-id", "x"}, "assume-role-external-id has no effect without assume-role (from flag --assume-role-external-id)"},
		{[]string{"--access-token-created", "yesterday"}, "access-token-created is no date such as 2026-11-26 (from flag --access-token-created)"},
		{[]string{"--access-token-created", "2999-01-01"}, "access-token-created is a day that is still to come (from flag --access-token-created)"},
		{[]string{"--access-token-fallback", "a b"}, "the second SCIM access token has characters in it that no token has (from flag --access-token-fallback); is it complete, and on one line?"},
		{[]string{"--state", "s3://bucket/prefix"}, ""},
		{[]string{"--state", "s3://"}, "state names no bucket (from flag --state); it looks like s3://my-bucket/ssosync"},
		{[]string{"--state", "gs://bucket"}, "state is neither a directory nor s3://BUCKET/PREFIX: gs:// is not supported (from flag --state)"},
		{[]string{"-i", "arn:aws:identitystore::1:identitystore/d-1"}, ""},
		{[]string{"-i", "d-123456789"}, ""},
		{[]string{"-e", ""}, "the SCIM endpoint is missing; set --endpoint (-e) or SSOSYNC_SCIM_ENDPOINT"},
		{[]string{"-e", "x"}, "endpoint is not a URL such as https://host/path (from flag --endpoint)"},
		{[]string{"-e", "https://"}, "endpoint is not a URL such as https://host/path (from flag --endpoint)"},
		{[]string{"-e", "https://:443/scim/v2"}, "endpoint is not a URL such as https://host/path (from flag --endpoint)"},
		{[]string{"-e", "https://a:TOPSECRET42@h/scim/v2"}, "endpoint has a user name or password in it (from flag --endpoint)"},
		{[]string{"-e", "https://h/scim/v2?x"}, "endpoint has a ? or # in it (from flag --endpoint)"},
		{[]string{"-e", "https://h/scim/v2?"}, "endpoint has a ? or # in it (from flag --endpoint)"},
		{[]string{"-e", "ftp://h/scim/v2"}, "endpoint does not begin with https:// (from flag --endpoint)"},
		{[]string{"-e", "http://h/scim/v2"}, "endpoint does not begin with https:// (from flag --endpoint)"},
		{[]string{"-e", "http://127.0.0.1.example.com/scim/v2"}, "endpoint does not begin with https:// (from flag --endpoint)"},
		{[]string{"-e", "http://localhost:8080/t/scim/v2//"}, ""},
		{[]string{"-e", "http://127.9.9.9/scim/v2"}, ""},
		{[]string{"-e", "http://[::1]:1/scim/v2"}, ""},
		{[]string{"-e", "https://h/scim/v2/Users"}, "endpoint does not end in /scim/v2 (from flag --endpoint); copy it from IAM Identity Center > Settings > Automatic provisioning"},
		{[]string{"--google-endpoint", "http://h"}, "google-endpoint does not begin with https:// (from flag --google-endpoint)"},
		{[]string{"--google-endpoint", "http://localhost:1/"}, ""},
		{[]string{"--region", "nowhere"}, "region does not look like us-east-1 (from flag --region)"},
		{[]string{"--read", "identitystore"}, ""},
		{[]string{"--read", "identitystore", "-e", "http://localhost/scim/v2"}, "the Region of the identity store is missing; set --region (-r) or SSOSYNC_REGION"},
		{[]string{"--read", "ldap"}, "read is none of auto, scim, identitystore (from flag --read)"},
		{[]string{"--sync-method", "user_groups"}, "sync-method is none of groups, users_groups (from flag --sync-method); do you mean users_groups?"},
		{[]string{"--sync-method", "Groups"}, "sync-method is none of groups, users_groups (from flag --sync-method); do you mean groups?"},
		{[]string{"--log-level", "TRACE"}, ""},
		{[]string{"--log-level", "verbose"}, "log-level is none of panic, fatal, error, warn, info, debug, trace (from flag --log-level)"},
		{[]string{"--log-format", "xml"}, "log-format is none of text, json (from flag --log-format)"},
		{[]string{"--output", "html"}, "output is none of text, json, markdown (from flag --output)"},
		{[]string{"--manage", "users"}, "manage is none of all, groups (from flag --manage)"},
		{[]string{"--adopt", "x"}, "adopt is none of none, unowned, all (from flag --adopt)"},
		{[]string{"--deprovision-users", "empty"}, "deprovision-users is none of deactivate, delete, keep (from flag --deprovision-users)"},
		{[]string{"--deprovision-groups", "deactivate"}, "deprovision-groups is none of empty, delete, keep (from flag --deprovision-groups)"},
		{[]string{"--name-conflict", "x"}, "name-conflict is none of fail-group, suffix-email (from flag --name-conflict)"},
		{[]string{"--guard", "query=1%/1"}, `guard: there is no limit to set for "query" (from flag --guard)`},
		{[]string{"--accept", "user"}, "accept is none of users, groups, leaves, group-leaves, shrink, query, protected (from flag --accept); do you mean users?"},
		{[]string{"--protect-presets", "none,aws-reserved"}, "protect-presets is none and something else (from flag --protect-presets)"},
		{[]string{"--protect-presets", "aws"}, "protect-presets is none of control-tower, aws-reserved, none (from flag --protect-presets)"},
		{[]string{"--attributes", "core,title"}, ""},
		{[]string{"--attributes", ""}, "attributes is empty (from flag --attributes); write core, all, or names"},
		{[]string{"--attributes", "all"}, ""},
		{[]string{"--protect-groups", "[a-z]*,x"}, ""},
		{[]string{"--group-name", "{name}-{email.domain}"}, ""},
		{[]string{"--guard", "users"}, "guard: each limit is written NAME=PERCENT%/FLOOR (from flag --guard)"},
		{[]string{"--guard", "user=1%/1"}, `guard: there is no guard "user", only users, groups, leaves, group-leaves, shrink (from flag --guard); do you mean users?`},
		{[]string{"--dry-run=maybe"}, "dry-run is neither true nor false (from flag --dry-run); write true, false, yes, no, 1 or 0"},
		{[]string{"--retain-unmatched", "--deprovision-users=delete"}, "retain-unmatched (from flag --retain-unmatched) contradicts deprovision-users (from flag --deprovision-users); take one of them away"},
		{[]string{"--retain-unmatched", "--deprovision-groups=empty"}, "retain-unmatched (from flag --retain-unmatched) contradicts deprovision-groups (from flag --deprovision-groups); take one of them away"},
		{[]string{"--retain-unmatched", "--deprovision-users=keep"}, ""},
	} {
		if got := complete(test.args...).check(t); got != test.want {
			t.Errorf("%q: got\n%s\nwant\n%s", test.args, got, test.want)
		}
	}
}

// However many things are wrong, all are reported, each once.
func TestProblemsAreReportedTogether(t *testing.T) {
	wrong := [][]string{{"-u", "x"}, {"-t", "a b"}, {"-e", "ftp://h/scim/v2"}, {"--read", "x"}, {"--sync-method", "x"}, {"--dry-run=x"}, {"--debug=x"}, {"--guard", "x"}, {"-c", "no.json"}, {"--config", "no.yaml"}}
	rapid.Check(t, func(t *rapid.T) {
		some := rapid.SliceOfNDistinct(rapid.IntRange(0, len(wrong)-1), 0, -1, rapid.ID).Draw(t, "some")
		var args, names []string
		for _, i := range some {
			args = append(args, wrong[i]...)
			o := flags().Lookup(strings.TrimPrefix(strings.Split(wrong[i][0], "=")[0], "--"))
			if o == nil {
				o = flags().ShorthandLookup(wrong[i][0][1:])
			}
			names = append(names, o.Name)
		}
		c, _, _, err := complete(args...).load(t)
		var got []string
		for _, err := range []error{err, c.Validate()} {
			for _, p := range split(err) {
				got = append(got, p.Option)
			}
		}
		slices.Sort(names)
		slices.Sort(got)
		if !slices.Equal(names, got) {
			t.Errorf("wrong are %q, reported are %q", names, got)
		}
	})
}

// split returns the problems that were joined.
func split(err error) []*Error {
	joined, ok := errors.AsType[interface {
		error
		Unwrap() []error
	}](err)
	if !ok {
		return nil
	}
	var all []*Error
	for _, err := range joined.Unwrap() {
		if p, ok := errors.AsType[*Error](err); ok {
			all = append(all, p)
		}
	}
	return all
}

func TestNothingIsSet(t *testing.T) {
	got := world{}.check(t)
	want := "the Google key is missing; set --google-credentials (-c) or SSOSYNC_GOOGLE_CREDENTIALS\n" +
		"the Google administrator is missing; set --google-admin (-u) or SSOSYNC_GOOGLE_ADMIN\n" +
		"the SCIM endpoint is missing; set --endpoint (-e) or SSOSYNC_SCIM_ENDPOINT\n" +
		"the SCIM access token is missing; set --access-token (-t) or SSOSYNC_SCIM_ACCESS_TOKEN"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestChecksOfOthers(t *testing.T) {
	c, _, _ := complete().mustLoad(t)
	refused := errors.New("no such attribute")
	if err := c.Validate(func(Config) error { return nil }, func(c Config) error {
		if c.Attributes[0] != "core" {
			t.Error("the check sees another configuration")
		}
		return refused
	}); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
}
