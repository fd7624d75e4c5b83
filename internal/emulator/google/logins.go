package google

// A Provider of a workload identity pool is one for OIDC when it has an
// Issuer, else one for AWS (IAM reference: workloadIdentityPools.providers).
type Provider struct {
	// Audience is "//iam.googleapis.com/projects/N/locations/global/workloadIdentityPools/P/providers/AWS".
	Audience string `json:"audience"`

	AccountID string `json:"accountId,omitempty"` // of AWS
	// Callers maps an AWS access key id to the ARN that GetCallerIdentity
	// would answer: there is no AWS here to ask.
	Callers map[string]string `json:"callers,omitempty"`
	// Secrets maps access key ids to their secrets. The signature of a key that
	// is in it is verified, any other's is only looked at.
	Secrets map[string]string `json:"secrets,omitempty"`
	// AllowedRoles is the attribute condition: the assumed-role ARNs that are
	// let in; none means all of the account.
	AllowedRoles []string `json:"allowedRoles,omitempty"`

	Issuer string `json:"issuer,omitempty"` // of OIDC, such as [GitHubIssuer]
	// AllowedAudiences are the values of aud that are taken; none means
	// Audience, with https: before it or without.
	AllowedAudiences []string `json:"allowedAudiences,omitempty"`
	// JWKS are the issuer's public keys. Without any they are fetched from the
	// issuer, and the only one that can be reached is [GitHubIssuer].
	JWKS []Key `json:"jwks,omitempty"`
	// AllowedRepositories is the attribute condition assertion.repository in
	// [...]; none means all.
	AllowedRepositories []string `json:"allowedRepositories,omitempty"`
	// Disabled providers are answered like those that do not exist.
	Disabled bool `json:"disabled,omitempty"`
}

// The states of a [RefreshToken].
const (
	RefreshRevoked = "revoked" // by the user, an administrator, or age
	RefreshReauth  = "reauth"  // the session length control asks for a new login
)

// A RefreshToken is what gcloud auth application-default login leaves behind:
// user credentials of the type authorized_user.
type RefreshToken struct {
	Token        string   `json:"token"`
	ClientID     string   `json:"clientId"`
	ClientSecret string   `json:"clientSecret"`
	Email        string   `json:"email"`
	Scopes       []string `json:"scopes"`
	State        string   `json:"state,omitempty"` // empty, RefreshRevoked or RefreshReauth
	// NoProject: the client belongs to no project of the user's, as gcloud's
	// own does, so that Directory calls need X-Goog-User-Project.
	NoProject bool `json:"noProject,omitempty"`
}

// Metadata is the metadata server of a virtual machine. It is there when a
// service account is attached, else nothing answers.
type Metadata struct {
	ServiceAccount string   `json:"serviceAccount,omitempty"`
	Scopes         []string `json:"scopes,omitempty"` // of its tokens; none means cloud-platform
	// AnyScopes lets a caller choose other scopes (Cloud Run: the parameter
	// scopes); a virtual machine passes over the parameter.
	AnyScopes bool `json:"anyScopes,omitempty"`
}

// GitHub is a job of GitHub Actions that may ask for ID tokens, at
// /github/oidc (GitHub documentation: OpenID Connect reference). It is there
// when a repository is named.
type GitHub struct {
	Repository  string `json:"repository,omitempty"` // owner/name
	Ref         string `json:"ref,omitempty"`        // refs/heads/main when empty
	Environment string `json:"environment,omitempty"`
	// RequestToken is ACTIONS_ID_TOKEN_REQUEST_TOKEN; empty takes any.
	RequestToken string `json:"requestToken,omitempty"`

	// What follows spoils the tokens.
	Issuer     string `json:"issuer,omitempty"`     // in the place of [GitHubIssuer]
	Audience   string `json:"audience,omitempty"`   // in the place of the one asked for
	AgeSeconds int    `json:"ageSeconds,omitempty"` // how long ago they were issued
	Forged     bool   `json:"forged,omitempty"`     // signed by another key under the same id
}
