package config

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ssosync/internal/secret"
)

// Every flag and variable that awslabs/ssosync or its guides document, and
// ours, with the change that each must make. It is written out by hand: what
// the table of options says is what is on trial.
var documented = []struct {
	flags []string // each without its value
	env   []string
	value string
	want  func(*Config)
}{
	{[]string{"--access-token", "-t"}, []string{"SSOSYNC_SCIM_ACCESS_TOKEN", "SCIM_ACCESS_TOKEN", "SCIM_TOKEN"}, longToken, func(c *Config) { c.AccessToken = secret.New(longToken) }},
	{[]string{"--endpoint", "-e"}, []string{"SSOSYNC_SCIM_ENDPOINT", "SCIM_ENDPOINT"}, "https://scim.eu-west-1.amazonaws.com/t/scim/v2/", func(c *Config) {
		c.Endpoint, c.Region = "https://scim.eu-west-1.amazonaws.com/t/scim/v2", "eu-west-1"
	}},
	{[]string{"--google-admin", "-u"}, []string{"SSOSYNC_GOOGLE_ADMIN", "GOOGLE_ADMIN", "GOOGLE_USER"}, "a@example.com", func(c *Config) { c.GoogleAdmin = "a@example.com" }},
	{[]string{"--google-credentials", "-c"}, []string{"SSOSYNC_GOOGLE_CREDENTIALS", "GOOGLE_CREDENTIALS", "GOOGLE_CREDENTIALS_JSON"}, testKey, func(c *Config) { c.GoogleCredentials, c.GoogleLogin = secret.New(testKey), "key" }},
	{nil, []string{"GOOGLE_APPLICATION_CREDENTIALS"}, "other.json", func(c *Config) { c.GoogleCredentials, c.GoogleLogin = secret.New(testKey), "key" }},
	{[]string{"--customer-id"}, []string{"SSOSYNC_CUSTOMER_ID", "CUSTOMER_ID"}, "C0123", func(c *Config) { c.CustomerID = "C0123" }},
	{[]string{"--google-endpoint"}, []string{"SSOSYNC_GOOGLE_ENDPOINT"}, "http://localhost:1/", func(c *Config) { c.GoogleEndpoint = "http://localhost:1" }},
	{[]string{"--group-match", "-g"}, []string{"SSOSYNC_GROUP_MATCH", "GROUP_MATCH"}, "name:AWS* email:a*,b@example.com", func(c *Config) { c.GroupMatch = []string{"name:AWS* email:a*,b@example.com"} }},
	{[]string{"--group-match", "-g"}, []string{"SSOSYNC_GROUP_MATCH", "GROUP_MATCH"}, "", func(c *Config) { c.GroupMatch = nil }},
	{[]string{"--user-match", "-m"}, []string{"SSOSYNC_USER_MATCH", "USER_MATCH"}, "*", func(c *Config) { c.UserMatch = []string{"*"} }},
	{[]string{"--ignore-users"}, []string{"SSOSYNC_IGNORE_USERS", "IGNORE_USERS"}, " a@example.com ,,b*", func(c *Config) { c.IgnoreUsers = []string{"a@example.com", "b*"} }},
	{[]string{"--ignore-groups"}, []string{"SSOSYNC_IGNORE_GROUPS", "IGNORE_GROUPS"}, "a,b", func(c *Config) { c.IgnoreGroups = []string{"a", "b"} }},
	{[]string{"--include-groups"}, []string{"SSOSYNC_INCLUDE_GROUPS", "INCLUDE_GROUPS"}, "a,b", func(c *Config) { c.IncludeGroups = []string{"a", "b"} }},
	{[]string{"--sync-method", "-s"}, []string{"SSOSYNC_SYNC_METHOD", "SYNC_METHOD"}, "users_groups", func(c *Config) {
		c.SyncMethod, c.GroupName, c.DeprovisionGroups, c.LeaveUnknownMembers = "users_groups", "email", "keep", true
	}},
	{[]string{"--region", "-r"}, []string{"SSOSYNC_REGION", "REGION", "AWS_REGION", "AWS_DEFAULT_REGION"}, "eu-west-1", func(c *Config) { c.Region = "eu-west-1" }},
	{[]string{"--identity-store-id", "-i"}, []string{"SSOSYNC_IDENTITY_STORE_ID", "IDENTITY_STORE_ID", "AWS_IDENTITY_STORE_ID"}, "d-1", func(c *Config) { c.IdentityStoreID = "d-1" }},
	{[]string{"--precache-queries", "-p"}, []string{"SSOSYNC_PRECACHE_QUERIES", "PRECACHE_QUERIES"}, "OrgUnitPath=/", func(c *Config) { c.precacheQueries = "OrgUnitPath=/" }},
	{[]string{"--precache-ous"}, []string{"SSOSYNC_PRECACHE_ORG_UNITS", "PRECACHE_ORG_UNITS"}, "/", func(c *Config) { c.precacheOUs = "/" }},
	{[]string{"--cache-metrics"}, []string{"SSOSYNC_CACHE_METRICS", "CACHE_METRICS"}, "True", func(c *Config) { c.CacheMetrics = true }},
	{[]string{"--dry-run", "-n"}, []string{"SSOSYNC_DRY_RUN", "DRY_RUN"}, "true", func(c *Config) { c.DryRun = true }},
	{[]string{"--suspended"}, []string{"SSOSYNC_SYNC_SUSPENDED", "SYNC_SUSPENDED"}, "YES", func(c *Config) { c.Suspended = true }},
	{[]string{"--retain-unmatched"}, []string{"SSOSYNC_RETAIN_UNMATCHED", "RETAIN_UNMATCHED"}, "1", func(c *Config) {
		c.RetainUnmatched, c.DeprovisionUsers, c.DeprovisionGroups = true, "keep", "keep"
	}},
	{[]string{"--debug", "-d"}, []string{"SSOSYNC_DEBUG"}, "true", func(c *Config) { c.Debug, c.LogLevel = true, "debug" }},
	{[]string{"--log-level"}, []string{"SSOSYNC_LOG_LEVEL", "LOG_LEVEL"}, "WARNING", func(c *Config) { c.LogLevel = "warn" }},
	{[]string{"--log-format"}, []string{"SSOSYNC_LOG_FORMAT", "LOG_FORMAT"}, "json", func(c *Config) { c.LogFormat = "json" }},
	{[]string{"--read"}, []string{"SSOSYNC_READ"}, "scim", func(c *Config) { c.Read = "scim" }},
	{[]string{"--manage"}, []string{"SSOSYNC_MANAGE"}, "groups", func(c *Config) { c.Manage = "groups" }},
	{[]string{"--adopt"}, []string{"SSOSYNC_ADOPT"}, "unowned", func(c *Config) { c.Adopt = "unowned" }},
	{[]string{"--deprovision-users"}, []string{"SSOSYNC_DEPROVISION_USERS"}, "delete", func(c *Config) { c.DeprovisionUsers = "delete" }},
	{[]string{"--deprovision-groups"}, []string{"SSOSYNC_DEPROVISION_GROUPS"}, "delete", func(c *Config) { c.DeprovisionGroups = "delete" }},
	{[]string{"--delete-unmanaged"}, []string{"SSOSYNC_DELETE_UNMANAGED"}, "true", func(c *Config) { c.DeleteUnmanaged = true }},
	{[]string{"--delete-after"}, []string{"SSOSYNC_DELETE_AFTER"}, "never", func(c *Config) { c.DeleteAfter = "never" }},
	{[]string{"--google-login"}, []string{"SSOSYNC_GOOGLE_LOGIN"}, "adc", func(c *Config) { c.GoogleLogin = "adc" }},
	{[]string{"--google-impersonate-service-account"}, []string{"SSOSYNC_GOOGLE_IMPERSONATE_SERVICE_ACCOUNT", "GOOGLE_IMPERSONATE_SERVICE_ACCOUNT"}, "sa@p.iam.gserviceaccount.com", func(c *Config) {
		c.GoogleServiceAccount, c.GoogleLogin = "sa@p.iam.gserviceaccount.com", "adc"
	}},
	{[]string{"--google-workload-identity-provider"}, []string{"SSOSYNC_GOOGLE_WORKLOAD_IDENTITY_PROVIDER", "GOOGLE_WORKLOAD_IDENTITY_PROVIDER"}, "//iam.googleapis.com/" + provider, func(c *Config) {
		c.GoogleProvider, c.GoogleProviderFrom, c.GoogleLogin = provider, "aws", "workload-identity"
	}},
	{[]string{"--google-workload-identity-from"}, []string{"SSOSYNC_GOOGLE_WORKLOAD_IDENTITY_FROM"}, "github", func(c *Config) { c.GoogleProviderFrom = "github" }},
	{[]string{"--google-access-token"}, []string{"SSOSYNC_GOOGLE_ACCESS_TOKEN", "GOOGLE_OAUTH_ACCESS_TOKEN"}, "ya29.abc", func(c *Config) {
		c.GoogleAccessToken, c.GoogleLogin = secret.New("ya29.abc"), "access-token"
	}},
	{[]string{"--access-token-fallback"}, []string{"SSOSYNC_SCIM_ACCESS_TOKEN_FALLBACK", "SCIM_ACCESS_TOKEN_FALLBACK"}, longToken, func(c *Config) { c.FallbackToken = secret.New(longToken) }},
	{[]string{"--access-token-created"}, []string{"SSOSYNC_SCIM_ACCESS_TOKEN_CREATED", "SCIM_ACCESS_TOKEN_CREATED"}, "2026-11-26", func(c *Config) { c.TokenCreated = "2026-11-26" }},
	{[]string{"--assume-role"}, []string{"SSOSYNC_ASSUME_ROLE"}, "arn:aws:iam::123456789012:role/sync", func(c *Config) { c.AssumeRole = "arn:aws:iam::123456789012:role/sync" }},
	{[]string{"--assume-role-external-id"}, []string{"SSOSYNC_ASSUME_ROLE_EXTERNAL_ID"}, "abc", func(c *Config) { c.ExternalID = secret.New("abc") }},
	{[]string{"--drift"}, []string{"SSOSYNC_DRIFT"}, "report", func(c *Config) { c.Drift = "report" }},
	{[]string{"--protect"}, []string{"SSOSYNC_PROTECT"}, "user:a@example.com,group:Admins>=2", func(c *Config) { c.Protect = []string{"user:a@example.com", "group:Admins>=2"} }},
	{[]string{"--timeout"}, []string{"SSOSYNC_TIMEOUT"}, "10m", func(c *Config) { c.Timeout = "10m" }},
	{[]string{"--impact"}, []string{"SSOSYNC_IMPACT"}, "off", func(c *Config) { c.Impact = "off" }},
	{[]string{"--state"}, []string{"SSOSYNC_STATE"}, "here", func(c *Config) { c.State = "here" }},
	{[]string{"--state"}, []string{"SSOSYNC_STATE"}, "", func(c *Config) { c.State = "" }},
	{[]string{"--group-name"}, []string{"SSOSYNC_GROUP_NAME"}, "aws-{email.local}", func(c *Config) { c.GroupName = "aws-{email.local}" }},
	{[]string{"--name-conflict"}, []string{"SSOSYNC_NAME_CONFLICT"}, "suffix-email", func(c *Config) { c.NameConflict = "suffix-email" }},
	{[]string{"--attributes"}, []string{"SSOSYNC_ATTRIBUTES"}, "title,department", func(c *Config) { c.Attributes = []string{"title", "department"} }},
	{[]string{"--protect-users"}, []string{"SSOSYNC_PROTECT_USERS"}, "root*", func(c *Config) { c.ProtectUsers = []string{"root*"} }},
	{[]string{"--protect-groups"}, []string{"SSOSYNC_PROTECT_GROUPS"}, "Admins", func(c *Config) { c.ProtectGroups = []string{"Admins"} }},
	{[]string{"--protect-presets"}, []string{"SSOSYNC_PROTECT_PRESETS"}, "none", func(c *Config) { c.ProtectPresets = nil }},
	{[]string{"--guard"}, []string{"SSOSYNC_GUARD"}, "users=50%/9", func(c *Config) { c.Guards["users"] = "50%/9" }},
	{[]string{"--accept"}, nil, "users,groups", func(c *Config) { c.Accept = []string{"users", "groups"} }},
	{[]string{"--output"}, []string{"SSOSYNC_OUTPUT"}, "markdown", func(c *Config) { c.Output = "markdown" }},
	{[]string{"--config"}, []string{"SSOSYNC_CONFIG"}, "other.yaml", func(c *Config) { c.ConfigFile, c.GoogleAdmin = "other.yaml", "yaml@example.com" }},
	{[]string{"--env-file"}, []string{"SSOSYNC_ENV_FILE"}, "other.env", func(c *Config) { c.EnvFile, c.GoogleAdmin = "other.env", "env@example.com" }},
	{[]string{"--no-env-file"}, []string{"SSOSYNC_NO_ENV_FILE"}, "true", func(c *Config) { c.NoEnvFile = true }},
}

var otherFiles = map[string]string{"other.json": testKey, "other.yaml": "google-admin: yaml@example.com\n", "other.env": "GOOGLE_USER=env@example.com\n"}

// longToken is longer than the names of secrets are, as tokens are.
var longToken = strings.Repeat("abc", 40)

const provider = "projects/123/locations/global/workloadIdentityPools/aws/providers/aws"

func defaults() Config {
	return Config{
		GoogleLogin: "auto", GoogleProviderFrom: "auto", CustomerID: "my_customer", Read: "auto", GroupMatch: []string{"*"}, Manage: "all", SyncMethod: "groups", Adopt: "all",
		DeprovisionUsers: "deactivate", DeprovisionGroups: "empty", DeleteAfter: "30d", Drift: "repair", Impact: "auto", State: "auto", GroupName: "name", NameConflict: "fail-group", Attributes: []string{"core"},
		Mapping: map[string]string{}, ProtectPresets: []string{"control-tower", "aws-reserved"}, Output: "text", LogLevel: "info", LogFormat: "text",
		Guards: map[string]string{"users": "10%/5", "groups": "10%/2", "leaves": "20%/20", "group-leaves": "50%/9", "shrink": "30%/5"},
	}
}

// diff compares two configurations, secrets and all.
func diff(want, got Config) string {
	for _, c := range []*Config{&want, &got} {
		c.sources, c.broken, c.elsewhere, c.unread = nil, nil, nil, false
	}
	return cmp.Diff(want, got, cmp.AllowUnexported(Config{}), cmp.Comparer(func(a, b secret.String) bool { return a.Reveal() == b.Reveal() }))
}

func TestEveryDocumentedNameHasItsEffect(t *testing.T) {
	check := func(t *testing.T, w world, change func(*Config), from string) {
		t.Helper()
		w.files = otherFiles
		c, sources, _ := w.mustLoad(t)
		want := defaults()
		change(&want)
		if d := diff(want, c); d != "" {
			t.Errorf("%s (-want +got):\n%s", from, d)
		}
		if from != "" && !slices.ContainsFunc(Explain(c, sources), func(r Row) bool { return r.From == from }) {
			t.Errorf("nothing is explained by %q", from)
		}
	}
	t.Run("nothing", func(t *testing.T) { check(t, world{}, func(*Config) {}, "") })
	for _, d := range documented {
		for _, flag := range d.flags {
			args := []string{flag, d.value}
			if o, _ := find(strings.TrimPrefix(d.flags[0], "--")); o.Kind == Bool {
				args = []string{flag + "=" + d.value}
			}
			t.Run(strings.Join(args, " "), func(t *testing.T) { check(t, world{args: args}, d.want, "flag "+d.flags[0]) })
		}
		for _, name := range d.env {
			for _, mode := range []Mode{CLI, Lambda} {
				t.Run(name, func(t *testing.T) {
					check(t, world{env: map[string]string{name: d.value}, mode: mode}, d.want, "environment "+name)
				})
			}
		}
	}
}

// Nothing in the table of options lacks a row above, and the reverse.
func TestEveryOptionIsOnTrial(t *testing.T) {
	var want, got []string
	for _, o := range Options {
		if !o.NoFlag {
			want = append(want, "--"+o.Name)
		}
		if o.Short != "" {
			want = append(want, "-"+o.Short)
		}
		want = append(append(want, o.Env...), o.Last...)
	}
	for _, d := range documented {
		got = append(append(got, d.flags...), d.env...)
	}
	slices.Sort(want)
	slices.Sort(got)
	if d := cmp.Diff(want, slices.Compact(got)); d != "" {
		t.Errorf("options -, tested +:\n%s", d)
	}
}

// Every key of the file does what the flag does.
func TestEveryFileKeyHasItsEffect(t *testing.T) {
	for _, d := range documented {
		if d.flags == nil {
			continue
		}
		o, _ := find(strings.TrimPrefix(d.flags[0], "--"))
		if o.FileKey() == "" || o.Kind == Pairs {
			continue
		}
		t.Run(o.Name, func(t *testing.T) {
			c, _, _ := world{files: map[string]string{"ssosync.yaml": o.FileKey() + ": '" + d.value + "'\n"}}.mustLoad(t)
			want := defaults()
			want.ConfigFile = "ssosync.yaml"
			d.want(&want)
			if diff := diff(want, c); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	c, _, _ := world{files: map[string]string{"ssosync.yaml": "guards: {users: 1%, leaves: 2%/3}\nmapping:\n  title: a[x=1,y].b\nignore-users: [a, 'b,c', 7]\ngroup-match:\n- a\n- b,c\nidentity-store-id: 0123\ndry-run: yes\n"}}.mustLoad(t)
	want := defaults()
	want.ConfigFile, want.Mapping, want.IgnoreUsers, want.GroupMatch = "ssosync.yaml", map[string]string{"title": "a[x=1,y].b"}, []string{"a", "b", "c", "7"}, []string{"a", "b,c"}
	want.IdentityStoreID, want.DryRun = "0123", true
	want.Guards["users"], want.Guards["leaves"] = "1%", "2%/3"
	if d := diff(want, c); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestRepeatedFlags(t *testing.T) {
	c, _, _ := world{args: []string{"-g", "a", "-g", "b,c", "--ignore-users=x", "--ignore-users", "y,z", "--guard", "users=1%", "--guard=groups=2%/2", "-u", "first@example.com", "-u", "last@example.com"}}.mustLoad(t)
	want := defaults()
	want.GroupMatch, want.IgnoreUsers, want.GoogleAdmin = []string{"a", "b,c"}, []string{"x", "y", "z"}, "last@example.com"
	want.Guards["users"], want.Guards["groups"] = "1%", "2%/2"
	if d := diff(want, c); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

func TestNoEffectIsWarnedOf(t *testing.T) {
	_, _, warnings := world{env: map[string]string{"PRECACHE_ORG_UNITS": "/"}, args: []string{"-p", "x", "-p", "y"}}.mustLoad(t)
	want := []Warning{
		{Option: "precache-queries", Text: "precache-queries has no effect: users are always read in one listing (from flag --precache-queries)"},
		{Option: "precache-ous", Text: "precache-ous has no effect: users are always read in one listing (from environment PRECACHE_ORG_UNITS)"},
	}
	if d := cmp.Diff(want, warnings); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}
