package config

// Options lists every setting there is. Flags, environment variables, the keys
// of ssosync.yaml and the reference are all made from it. The names that begin
// with SSOSYNC_, the bare ones, and their short flags are those of
// awslabs/ssosync; the names after those are the ones its guides use.
var Options = []Option{
	{
		Name: "google-admin", Short: "u", Env: []string{"SSOSYNC_GOOGLE_ADMIN", "GOOGLE_ADMIN", "GOOGLE_USER"}, Group: Google, Since: "2.0", Elsewhere: true,
		Help:  "`address` of the Google administrator to impersonate; without it the service account acts as itself, which needs --customer-id",
		field: func(c *Config) any { return &c.GoogleAdmin },
	},
	{
		Name: "google-credentials", Short: "c", Env: []string{"SSOSYNC_GOOGLE_CREDENTIALS", "GOOGLE_CREDENTIALS", "GOOGLE_CREDENTIALS_JSON"},
		Last: []string{"GOOGLE_APPLICATION_CREDENTIALS"}, Kind: KeyFile, Default: "credentials.json", Group: Google, Since: "2.0", Secret: true, Elsewhere: true,
		Help:  "service account `key`, or other credentials that Google's tools write: a path, JSON, or base64 of JSON",
		field: func(c *Config) any { return &c.GoogleCredentials },
	},
	{
		Name: "customer-id", Env: []string{"SSOSYNC_CUSTOMER_ID", "CUSTOMER_ID"}, Default: DefaultCustomer, Group: Google, Since: "2.5", Elsewhere: true,
		Help:  "Google customer `id`; my_customer is the customer of --google-admin",
		field: func(c *Config) any { return &c.CustomerID },
	},
	{
		Name: "google-login", Env: []string{"SSOSYNC_GOOGLE_LOGIN"}, Kind: Enum, Values: []string{LoginAuto, LoginKey, LoginIdentity, LoginADC, LoginToken}, Default: LoginAuto, Group: Google,
		Help:  "`how` to log in to Google: key, workload-identity, adc (application default credentials), access-token, or auto, which is what is given, in this order: access-token, key, workload-identity, adc",
		field: func(c *Config) any { return &c.GoogleLogin },
	},
	{
		Name: "google-impersonate-service-account", Env: []string{"SSOSYNC_GOOGLE_IMPERSONATE_SERVICE_ACCOUNT", impersonateVar}, Group: Google, Elsewhere: true,
		Help:  "`address` of the service account to read Google as, without a key of its own; with --google-admin it signs for that administrator",
		field: func(c *Config) any { return &c.GoogleServiceAccount },
	},
	{
		Name: "google-workload-identity-provider", Env: []string{"SSOSYNC_GOOGLE_WORKLOAD_IDENTITY_PROVIDER", "GOOGLE_WORKLOAD_IDENTITY_PROVIDER"}, Group: Google, Elsewhere: true,
		Help:  "workload identity `provider` that trusts AWS or GitHub Actions: projects/NUMBER/locations/global/workloadIdentityPools/POOL/providers/PROVIDER",
		field: func(c *Config) any { return &c.GoogleProvider },
	},
	{
		Name: "google-workload-identity-from", Env: []string{"SSOSYNC_GOOGLE_WORKLOAD_IDENTITY_FROM"}, Kind: Enum, Values: []string{FromAuto, FromAWS, FromGitHub}, Default: FromAuto, Group: Google,
		Help:  "`who` vouches for this program to that provider: aws, github, or auto, which is github in a job of GitHub Actions with id-token: write",
		field: func(c *Config) any { return &c.GoogleProviderFrom },
	},
	{
		Name: "google-access-token", Env: []string{"SSOSYNC_GOOGLE_ACCESS_TOKEN", "GOOGLE_OAUTH_ACCESS_TOKEN"}, Group: Google, Secret: true, Elsewhere: true,
		Help:  "an access `token` that somebody else has obtained; it lives for an hour at most",
		field: func(c *Config) any { return &c.GoogleAccessToken },
	},
	{
		Name: "google-endpoint", Env: []string{"SSOSYNC_GOOGLE_ENDPOINT"}, Group: Google,
		Help:  "base `URL` to use in place of Google's, such as an emulator's; http only for this machine",
		field: func(c *Config) any { return &c.GoogleEndpoint },
	},

	{
		Name: "endpoint", Short: "e", Env: []string{"SSOSYNC_SCIM_ENDPOINT", "SCIM_ENDPOINT"}, Group: AWS, Since: "2.0", Elsewhere: true,
		Help:  "SCIM endpoint `URL` of IAM Identity Center, https://scim.REGION.amazonaws.com/TENANT/scim/v2; http only for this machine",
		field: func(c *Config) any { return &c.Endpoint },
	},
	{
		Name: "access-token", Short: "t", Env: []string{"SSOSYNC_SCIM_ACCESS_TOKEN", "SCIM_ACCESS_TOKEN", "SCIM_TOKEN"}, Group: AWS, Since: "2.0", Secret: true, Elsewhere: true,
		Help:  "SCIM access `token`",
		field: func(c *Config) any { return &c.AccessToken },
	},
	{
		Name: "access-token-fallback", Env: []string{"SSOSYNC_SCIM_ACCESS_TOKEN_FALLBACK", "SCIM_ACCESS_TOKEN_FALLBACK"}, Group: AWS, Secret: true, Elsewhere: true,
		Help:  "a second SCIM access `token`, used when AWS does not take the first: two may exist, so that one can be replaced without a gap",
		field: func(c *Config) any { return &c.FallbackToken },
	},
	{
		Name: "access-token-created", Env: []string{"SSOSYNC_SCIM_ACCESS_TOKEN_CREATED", "SCIM_ACCESS_TOKEN_CREATED"}, Group: AWS, Elsewhere: true,
		Help:  "the `date` the SCIM access token was made, such as 2026-11-26; it lives for a year, and runs warn from 30 days before its end",
		field: func(c *Config) any { return &c.TokenCreated },
	},
	{
		Name: "identity-store-id", Short: "i", Env: []string{"SSOSYNC_IDENTITY_STORE_ID", "IDENTITY_STORE_ID", "AWS_IDENTITY_STORE_ID"}, Group: AWS, Since: "2.0", Elsewhere: true,
		Help:  "identity store `id`; found out when not given",
		field: func(c *Config) any { return &c.IdentityStoreID },
	},
	{
		Name: "region", Short: "r", Env: []string{"SSOSYNC_REGION", "REGION"}, Last: []string{"AWS_REGION", "AWS_DEFAULT_REGION"}, Group: AWS, Since: "2.0", Elsewhere: true,
		Help:  "`Region` of the identity store; by default the one in the name of the SCIM host",
		field: func(c *Config) any { return &c.Region },
	},
	{
		Name: "assume-role", Env: []string{"SSOSYNC_ASSUME_ROLE"}, Group: AWS,
		Help:  "`ARN` of the role that asks the identity store and IAM Identity Center, in the management or the delegated administrator's account",
		field: func(c *Config) any { return &c.AssumeRole },
	},
	{
		Name: "assume-role-external-id", Env: []string{"SSOSYNC_ASSUME_ROLE_EXTERNAL_ID"}, Group: AWS, Secret: true, Elsewhere: true,
		Help:  "external `id` that this role asks for",
		field: func(c *Config) any { return &c.ExternalID },
	},
	{
		Name: "read", Env: []string{"SSOSYNC_READ"}, Kind: Enum, Values: []string{ReadAuto, ReadSCIM, ReadStore}, Default: ReadAuto, Group: AWS,
		Help:  "read AWS through this `API`: scim, identitystore, or auto, which is scim unless its lists cannot be paged",
		field: func(c *Config) any { return &c.Read },
	},

	{
		Name: "group-match", Short: "g", Env: []string{"SSOSYNC_GROUP_MATCH", "GROUP_MATCH"}, Kind: Query, Default: "*", Group: Scope, Since: "2.0",
		Help:  "sync the groups that match this `query`: * is all, empty is none, a comma is or",
		field: func(c *Config) any { return &c.GroupMatch },
	},
	{
		Name: "user-match", Short: "m", Env: []string{"SSOSYNC_USER_MATCH", "USER_MATCH"}, Kind: Query, Group: Scope, Since: "2.0",
		Help:  "also sync the users that match this `query`, in a group or not: * is all, empty is none, a comma is or",
		field: func(c *Config) any { return &c.UserMatch },
	},
	{
		Name: "ignore-users", Env: []string{"SSOSYNC_IGNORE_USERS", "IGNORE_USERS"}, Kind: List, Group: Scope, Since: "2.0",
		Help:  "leave these users alone: `addresses` or globs",
		field: func(c *Config) any { return &c.IgnoreUsers },
	},
	{
		Name: "ignore-groups", Env: []string{"SSOSYNC_IGNORE_GROUPS", "IGNORE_GROUPS"}, Kind: List, Group: Scope, Since: "2.0",
		Help:  "leave these groups alone: `addresses` or globs",
		field: func(c *Config) any { return &c.IgnoreGroups },
	},
	{
		Name: "include-groups", Env: []string{"SSOSYNC_INCLUDE_GROUPS", "INCLUDE_GROUPS"}, Kind: List, Group: Scope, Since: "2.0",
		Help:  "sync only these groups of those that match: `addresses` or globs; empty is all",
		field: func(c *Config) any { return &c.IncludeGroups },
	},
	{
		Name: "suspended", Env: []string{"SSOSYNC_SYNC_SUSPENDED", "SYNC_SUSPENDED"}, Kind: Bool, Default: "false", Group: Scope, Since: "2.3.1",
		Help:  "also create users that are suspended in Google, as inactive users",
		field: func(c *Config) any { return &c.Suspended },
	},
	{
		Name: "manage", Env: []string{"SSOSYNC_MANAGE"}, Kind: Enum, Values: []string{ManageAll, ManageGroups}, Default: ManageAll, Group: Scope,
		Help:  "`what` to write: all, or only groups and memberships when something else provisions users",
		field: func(c *Config) any { return &c.Manage },
	},

	{
		Name: "sync-method", Short: "s", Env: []string{"SSOSYNC_SYNC_METHOD", "SYNC_METHOD"}, Kind: Enum, Values: []string{MethodGroups, MethodUsersGroups}, Default: MethodGroups, Group: Semantics, Since: "2.0",
		Help:  "`preset`: groups, or users_groups, which names groups by address, keeps groups that are gone, and leaves unknown members alone",
		field: func(c *Config) any { return &c.SyncMethod },
	},
	{
		Name: "adopt", Env: []string{"SSOSYNC_ADOPT"}, Kind: Enum, Values: []string{AdoptNone, AdoptUnowned, AdoptAll}, Default: AdoptAll, Group: Semantics,
		Help:  "take over `which` objects of the same name: none, unowned ones, or all, also those with another provider's external id",
		field: func(c *Config) any { return &c.Adopt },
	},
	{
		Name: "deprovision-users", Env: []string{"SSOSYNC_DEPROVISION_USERS"}, Kind: Enum, Values: []string{Deactivate, Delete, Keep}, Default: Deactivate, Group: Semantics,
		Help:  "`what` becomes of managed users that are gone or out of scope: deactivate, delete or keep",
		field: func(c *Config) any { return &c.DeprovisionUsers },
	},
	{
		Name: "deprovision-groups", Env: []string{"SSOSYNC_DEPROVISION_GROUPS"}, Kind: Enum, Values: []string{EmptyGroup, Delete, Keep}, Default: EmptyGroup, Group: Semantics,
		Help:  "`what` becomes of managed groups that are gone or out of scope: empty, delete or keep",
		field: func(c *Config) any { return &c.DeprovisionGroups },
	},
	{
		Name: "retain-unmatched", Env: []string{"SSOSYNC_RETAIN_UNMATCHED", "RETAIN_UNMATCHED"}, Kind: Bool, Default: "false", Group: Semantics, Since: "2.8",
		Help:  "the same as --deprovision-users=keep --deprovision-groups=keep",
		field: func(c *Config) any { return &c.RetainUnmatched },
	},
	{
		Name: "delete-unmanaged", Env: []string{"SSOSYNC_DELETE_UNMANAGED"}, Kind: Bool, Default: "false", Group: Semantics,
		Help:  "deprovision what ssosync does not manage, too; guards and protected names still apply",
		field: func(c *Config) any { return &c.DeleteUnmanaged },
	},
	{
		Name: "delete-after", Env: []string{"SSOSYNC_DELETE_AFTER"}, Default: "30d", Group: Semantics,
		Help:  "delete what left after this `time`, such as 30d or 12h; until then it is inactive or empty, and can come back; never keeps it for good",
		field: func(c *Config) any { return &c.DeleteAfter },
	},
	{
		Name: "drift", Env: []string{"SSOSYNC_DRIFT"}, Kind: Enum, Values: []string{DriftRepair, DriftReport}, Default: DriftRepair, Group: Semantics,
		Help:  "`what` to do about changes that somebody else made in AWS since the last run: repair them, or report them and leave them; nobody stays active who must not be",
		field: func(c *Config) any { return &c.Drift },
	},
	{
		Name: "group-name", Env: []string{"SSOSYNC_GROUP_NAME"}, Default: NameOfName, Group: Semantics,
		Help:  "`how` groups are named in AWS: name, email, or a template such as aws-{name} or {email.local}",
		field: func(c *Config) any { return &c.GroupName },
	},
	{
		Name: "name-conflict", Env: []string{"SSOSYNC_NAME_CONFLICT"}, Kind: Enum, Values: []string{ConflictFails, ConflictSuffix}, Default: ConflictFails, Group: Semantics,
		Help:  "`what` to do when two groups get one name: fail-group reports them, suffix-email adds the address",
		field: func(c *Config) any { return &c.NameConflict },
	},
	{
		Name: "attributes", Env: []string{"SSOSYNC_ATTRIBUTES"}, Kind: List, Default: AttributesCore, Group: Semantics,
		Help:  "keep these `attributes` of users in sync: core, all, names, or core and names",
		field: func(c *Config) any { return &c.Attributes },
	},
	{
		Name: "mapping", Kind: Pairs, Group: Semantics, NoFlag: true,
		Help:  "where an attribute comes from in Google, by attribute: title: organizations[primary].title",
		field: func(c *Config) any { return &c.Mapping },
	},

	{
		Name: "protect-users", Env: []string{"SSOSYNC_PROTECT_USERS"}, Kind: List, Group: Guards,
		Help:  "never touch users with these `names` or globs in AWS",
		field: func(c *Config) any { return &c.ProtectUsers },
	},
	{
		Name: "protect-groups", Env: []string{"SSOSYNC_PROTECT_GROUPS"}, Kind: List, Group: Guards,
		Help:  "never touch groups with these `names` or globs in AWS",
		field: func(c *Config) any { return &c.ProtectGroups },
	},
	{
		Name: "protect-presets", Env: []string{"SSOSYNC_PROTECT_PRESETS"}, Kind: List, Values: []string{PresetTower, PresetReserved, "none"}, Default: PresetTower + "," + PresetReserved, Group: Guards,
		Help:  "never touch groups that these `presets` name: control-tower, aws-reserved, or none of them",
		field: func(c *Config) any { return &c.ProtectPresets },
	},
	{
		Name: "protect", Env: []string{"SSOSYNC_PROTECT"}, Kind: List, Group: Guards,
		Help:  "refuse a run that would take these `invariants` away: user:NAME stays and is active, group:NAME>=2 stays and keeps two active members at least",
		field: func(c *Config) any { return &c.Protect },
	},
	{
		Name: "guard", Env: []string{"SSOSYNC_GUARD"}, Kind: Pairs, Group: Guards,
		Help:  "refuse a run beyond this `limit`, NAME=PERCENT%/FLOOR: more than that part, and more than that many",
		field: func(c *Config) any { return &c.Guards },
	},
	{
		Name: "accept", Kind: List, Values: AcceptNames(), Group: Guards, NoFile: true,
		Help:  "let these `guards` pass, for this run; there is no variable for it, so that it cannot become a habit",
		field: func(c *Config) any { return &c.Accept },
	},

	{
		Name: "dry-run", Short: "n", Env: []string{"SSOSYNC_DRY_RUN", "DRY_RUN"}, Kind: Bool, Default: "false", Group: Output, Since: "2.3",
		Help:  "print the plan and write nothing",
		field: func(c *Config) any { return &c.DryRun },
	},
	{
		Name: "timeout", Env: []string{"SSOSYNC_TIMEOUT"}, Group: Output,
		Help:  "be done within this `time`, such as 10m: before it is over nothing new is begun, and what is left waits for the next run",
		field: func(c *Config) any { return &c.Timeout },
	},
	{
		Name: "impact", Env: []string{"SSOSYNC_IMPACT"}, Kind: Enum, Values: []string{ImpactAuto, ImpactOff}, Default: ImpactAuto, Group: Output,
		Help:  "show `what` stands behind users and groups that lose access: auto asks AWS for their accounts and applications if there are credentials that may, off does not ask",
		field: func(c *Config) any { return &c.Impact },
	},
	{
		Name: "output", Env: []string{"SSOSYNC_OUTPUT"}, Kind: Enum, Values: []string{OutputText, OutputJSON, OutputMarkdown}, Default: OutputText, Group: Output,
		Help:  "`form` of the report: text, json or markdown",
		field: func(c *Config) any { return &c.Output },
	},
	{
		Name: "log-level", Env: []string{"SSOSYNC_LOG_LEVEL", "LOG_LEVEL"}, Kind: Enum, Values: []string{"panic", "fatal", "error", "warn", "info", "debug", "trace"}, Default: "info", Group: Output, Since: "2.0",
		Help:  "log from this `level` on: panic, fatal, error, warn, info, debug or trace",
		field: func(c *Config) any { return &c.LogLevel },
	},
	{
		Name: "log-format", Env: []string{"SSOSYNC_LOG_FORMAT", "LOG_FORMAT"}, Kind: Enum, Values: []string{LogText, LogJSON}, Default: LogText, Group: Output, Since: "2.0",
		Help:  "`form` of log lines: text or json",
		field: func(c *Config) any { return &c.LogFormat },
	},
	{
		Name: "debug", Short: "d", Env: []string{"SSOSYNC_DEBUG"}, Kind: Bool, Default: "false", Group: Output, Since: "2.0",
		Help:  "the same as --log-level=debug",
		field: func(c *Config) any { return &c.Debug },
	},
	{
		Name: "cache-metrics", Env: []string{"SSOSYNC_CACHE_METRICS", "CACHE_METRICS"}, Kind: Bool, Default: "false", Group: Output, Since: "2.6",
		Help:  "print how many calls of each API were made",
		field: func(c *Config) any { return &c.CacheMetrics },
	},
	{
		Name: "precache-queries", Short: "p", Env: []string{"SSOSYNC_PRECACHE_QUERIES", "PRECACHE_QUERIES"}, Group: Output, Since: "2.3.0",
		Help: "accepted without effect: `queries` of users to read ahead", Note: "users are always read in one listing",
		field: func(c *Config) any { return &c.precacheQueries },
	},
	{
		Name: "precache-ous", Env: []string{"SSOSYNC_PRECACHE_ORG_UNITS", "PRECACHE_ORG_UNITS"}, Group: Output, Since: "2.3.1",
		Help: "accepted without effect: organizational `units` of users to read ahead", Note: "users are always read in one listing",
		field: func(c *Config) any { return &c.precacheOUs },
	},

	{
		Name: "state", Env: []string{"SSOSYNC_STATE"}, Default: StateAuto, Group: Files, Blank: true,
		Help:  "keep ledger, lock and journal in this `directory`, or in s3://BUCKET/PREFIX; auto is the user's own, $XDG_STATE_HOME/ssosync or ~/.local/state/ssosync; empty keeps nothing",
		field: func(c *Config) any { return &c.State },
	},
	{
		Name: "config", Env: []string{"SSOSYNC_CONFIG"}, Default: "ssosync.yaml", Group: Files, NoFile: true,
		Help:  "read settings from this YAML `file`",
		field: func(c *Config) any { return &c.ConfigFile },
	},
	{
		Name: "env-file", Env: []string{"SSOSYNC_ENV_FILE"}, Default: ".env", Group: Files, NoFile: true,
		Help:  "read variables that the environment does not have from this `file`",
		field: func(c *Config) any { return &c.EnvFile },
	},
	{
		Name: "no-env-file", Env: []string{"SSOSYNC_NO_ENV_FILE"}, Kind: Bool, Default: "false", Group: Files, NoFile: true,
		Help:  "do not read .env",
		field: func(c *Config) any { return &c.NoEnvFile },
	},
}
