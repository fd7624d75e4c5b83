// Package config is what an operator may set, and how it is read: from flags,
// or else from the environment, or else from ssosync.yaml, or else from .env,
// or else the default, all by one table. It does not act on a setting, log, or
// reach the network, and no text that it makes holds the value of a secret.
package config

import (
	"time"

	"ssosync/internal/secret"
)

// The values of those settings that other packages branch on.
const (
	MethodGroups      = "groups"       // SyncMethod
	MethodUsersGroups = "users_groups" // SyncMethod

	Deactivate = "deactivate" // DeprovisionUsers
	EmptyGroup = "empty"      // DeprovisionGroups
	Delete     = "delete"     // DeprovisionUsers, DeprovisionGroups
	Keep       = "keep"       // DeprovisionUsers, DeprovisionGroups

	AdoptNone    = "none"    // Adopt
	AdoptUnowned = "unowned" // Adopt
	AdoptAll     = "all"     // Adopt

	NameOfName  = "name"  // GroupName
	NameOfEmail = "email" // GroupName

	ConflictFails   = "fail-group"   // NameConflict
	ConflictSuffix  = "suffix-email" // NameConflict
	ManageAll       = "all"          // Manage
	ManageGroups    = "groups"       // Manage
	AttributesCore  = "core"         // Attributes
	AttributesAll   = "all"          // Attributes
	PresetTower     = "control-tower"
	PresetReserved  = "aws-reserved"
	LoginAuto       = "auto"              // GoogleLogin: not worked out, for want of anything to log in with
	LoginKey        = "key"               // GoogleLogin
	LoginIdentity   = "workload-identity" // GoogleLogin
	LoginADC        = "adc"               // GoogleLogin
	LoginToken      = "access-token"      // GoogleLogin
	FromAuto        = "auto"              // GoogleProviderFrom, before it is worked out
	FromAWS         = "aws"               // GoogleProviderFrom
	FromGitHub      = "github"            // GoogleProviderFrom
	ReadAuto        = "auto"              // Read
	ReadSCIM        = "scim"              // Read
	ReadStore       = "identitystore"     // Read
	OutputText      = "text"              // Output
	OutputJSON      = "json"              // Output
	OutputMarkdown  = "markdown"          // Output
	LogText         = "text"              // LogFormat
	LogJSON         = "json"              // LogFormat
	DriftRepair     = "repair"            // Drift
	DriftReport     = "report"            // Drift
	ImpactAuto      = "auto"              // Impact
	ImpactOff       = "off"               // Impact
	StateAuto       = "auto"              // State
	Never           = "never"             // DeleteAfter
	DefaultCustomer = "my_customer"       // CustomerID: the impersonated administrator's own
)

// A Config is all the settings of a run, after presets and derived values have
// been worked out. The zero value is not a usable configuration; [Load] makes
// one and [Config.Validate] says what is missing or wrong.
type Config struct {
	// GoogleAdmin is the address of the administrator to impersonate; "" means
	// that the service account acts as itself.
	GoogleAdmin string
	// GoogleLogin is how to log in to Google: [LoginKey], [LoginIdentity],
	// [LoginADC] or [LoginToken], or [LoginAuto] if nothing is given to log in with.
	GoogleLogin string
	// GoogleCredentials is the content of a credentials file, a JSON object: of
	// a service account with LoginKey, of any type or empty with LoginADC.
	GoogleCredentials secret.String
	// GoogleAccessToken is the token of LoginToken.
	GoogleAccessToken secret.String
	// GoogleServiceAccount is the service account to impersonate; "" is none.
	GoogleServiceAccount string
	// GoogleProvider is the full name of a workload identity provider,
	// projects/…, and GoogleProviderFrom [FromAWS] or [FromGitHub].
	GoogleProvider, GoogleProviderFrom string
	// CustomerID is the Google customer, [DefaultCustomer] for the administrator's own.
	CustomerID string
	// GoogleEndpoint replaces the base URL of Google's APIs; "" is Google itself.
	GoogleEndpoint string

	// Endpoint is the base URL of the SCIM endpoint, …/scim/v2, without a final slash.
	Endpoint string
	// AccessToken is the bearer token for Endpoint.
	AccessToken secret.String
	// FallbackToken is taken when AccessToken is refused. It may be empty.
	FallbackToken secret.String
	// TokenCreated is the date on which AccessToken was made, as [ParseDate]
	// reads it; "" if nobody said so. TokenStored is when the secret that holds it
	// was last changed, which is that day or a later one; zero if unknown.
	TokenCreated string
	TokenStored  time.Time
	// AssumeRole is the ARN of a role to ask AWS as, ExternalID what it asks for.
	AssumeRole string
	ExternalID secret.String
	// IdentityStoreID is the identity store; "" means that it is to be found out.
	IdentityStoreID string
	// Region is the Region of the identity store; "" if nothing tells it.
	Region string
	// Read is how AWS is read: [ReadAuto], [ReadSCIM] or [ReadStore].
	Read string
	// AWSAccessKeyID, AWSSecretAccessKey and AWSSessionToken are static
	// credentials found in the .env file. They are empty when the process
	// environment has credentials of its own, which the AWS SDK finds itself.
	AWSAccessKeyID, AWSSecretAccessKey, AWSSessionToken secret.String

	// GroupMatch and UserMatch are queries, each a comma list: "*" is
	// everything, none is nothing.
	GroupMatch, UserMatch []string
	// IgnoreUsers, IgnoreGroups and IncludeGroups are globs of addresses. No
	// IncludeGroups means all groups.
	IgnoreUsers, IgnoreGroups, IncludeGroups []string
	// Suspended also creates users that are suspended in Google.
	Suspended bool
	// Manage is [ManageAll] or [ManageGroups].
	Manage string

	// SyncMethod is [MethodGroups] or [MethodUsersGroups].
	SyncMethod string
	// LeaveUnknownMembers leaves the memberships of users alone that are not
	// in scope. It is part of [MethodUsersGroups].
	LeaveUnknownMembers bool
	// Adopt says which objects that lack our external id are taken over when
	// their names match: [AdoptNone], [AdoptUnowned] or [AdoptAll].
	Adopt string
	// DeprovisionUsers is [Deactivate], [Delete] or [Keep].
	DeprovisionUsers string
	// DeprovisionGroups is [EmptyGroup], [Delete] or [Keep].
	DeprovisionGroups string
	// DeleteUnmanaged extends deprovisioning to what ssosync does not manage.
	DeleteUnmanaged bool
	// RetainUnmatched is true if it was asked for; its effect is already in
	// DeprovisionUsers and DeprovisionGroups.
	RetainUnmatched bool
	// DeleteAfter is how long what left is kept, as [ParseTime] reads it, or
	// [Never].
	DeleteAfter string
	// Drift is [DriftRepair] or [DriftReport].
	Drift string
	// GroupName is [NameOfName], [NameOfEmail], or a template with {name},
	// {email}, {email.local} or {email.domain}.
	GroupName string
	// NameConflict is [ConflictFails] or [ConflictSuffix].
	NameConflict string
	// Attributes are names of attributes, [AttributesCore] or [AttributesAll].
	Attributes []string
	// Mapping is where attributes come from in Google, where the default does not do.
	Mapping map[string]string

	// ProtectUsers and ProtectGroups are globs of names that are never touched.
	ProtectUsers, ProtectGroups []string
	// ProtectPresets are any of [PresetTower] and [PresetReserved].
	ProtectPresets []string
	// Protect are invariants, such as "user:root@example.com" and
	// "group:Admins>=2".
	Protect []string
	// Guards are the limits by guard, such as "10%/5": percent and floor.
	Guards map[string]string
	// Accept names the guards that do not stop this run.
	Accept []string

	// DryRun shows the plan and writes nothing.
	DryRun bool
	// Timeout is how long a run may take, as [ParseTime] reads it; "" is as long
	// as it needs.
	Timeout string
	// Impact is [ImpactAuto] or [ImpactOff].
	Impact string
	// Output is [OutputText], [OutputJSON] or [OutputMarkdown].
	Output string
	// CacheMetrics prints the counters of API calls.
	CacheMetrics bool
	// Debug is true if it was asked for; its effect is already in LogLevel.
	Debug bool
	// LogLevel is panic, fatal, error, warn, info, debug or trace.
	LogLevel string
	// LogFormat is [LogText] or [LogJSON].
	LogFormat string

	// State is a directory, s3://BUCKET/PREFIX, [StateAuto], or "" to keep nothing.
	State string
	// ConfigFile and EnvFile are the files that were read, "" if there was none.
	ConfigFile, EnvFile string
	// NoEnvFile says that no .env is read.
	NoEnvFile bool

	// precache takes the values of settings that are accepted without effect.
	precacheQueries, precacheOUs string
	// sources say where values come from, for what Validate has to say.
	sources Sources
	// broken names the settings whose values could not be read, so that
	// Validate does not call them missing as well.
	broken map[string]bool
	// elsewhere are the references of settings, by option, that were looked up,
	// or would have been.
	elsewhere map[string]secret.Reference
	// unread says that nothing was looked up.
	unread bool
}
