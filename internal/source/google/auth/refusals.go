package auth

// Where delegation is granted (Admin console help: control API access with
// domain-wide delegation).
const grantPage = "in the Admin console under Security > Access and data control > API controls > Manage domain-wide delegation " +
	"(https://admin.google.com/ac/owl/domainwidedelegation), "

const (
	causeGrant = "the service account is not granted domain-wide delegation for these scopes, or the grant has not taken effect, " +
		"or it was entered with the account's address instead of its number, or {subject} is a group"
	remedyGrant   = grantPage + "add the client id {client} with exactly these scopes: {scopes} (it works after minutes, at most 24 hours)"
	remedySubject = "name the address of a person in this Google Workspace who is an administrator, in --google-admin (now: {subject})"
	remedyOther   = "choose another administrator in --google-admin"
	remedyKey     = "create a new key for {account} in the Cloud console, and check that the line ends (\\n) of private_key survive"
	remedyClient  = "check that the key {key} of {account} and its project are in use, or create a new key"
	remedyClock   = "set the clock (NTP): sudo timedatectl set-ntp true, or chronyc makestep, or w32tm /resync"
	remedyEnable  = "enable it, and wait some minutes: gcloud services enable {api} --project={project}"
	remedyPerson  = "use a service account, or log in again: gcloud auth application-default login " +
		"--scopes=openid," + ScopeCloud + ",{scopes}"
)

// tokenRefusals are what Google's token endpoint says; they are read from the
// top, and the first row that fits explains. (Google Identity: OAuth 2.0 for
// server to server applications, JWT error codes.)
func tokenRefusals() []refusal {
	return []refusal{
		{0, "unauthorized_client", "", causeGrant, remedyGrant},
		{0, "access_denied", "account restricted", "{subject} is restricted or suspended", remedyOther},
		{0, "access_denied", "", "at least one of the scopes is not granted to the service account", remedyGrant},
		{
			0, "admin_policy_enforced", "", "access control for apps blocks the service account",
			"in the Admin console under Security > API controls > App access control, trust the client id {client}",
		},
		{0, "invalid_grant", "invalid email or user id", "{subject} does not exist in this Google Workspace, or is no person", remedySubject},
		{0, "invalid_grant", "not a valid email", "{subject} is not an e-mail address", remedySubject},
		{0, "invalid_grant", "account not found", "the service account {account} was deleted", "create a service account and grant it delegation"},
		{0, "invalid_grant", "account has been deleted", "{subject} was deleted", remedyOther},
		{0, "invalid_grant", "jwt signature", "the key {key} was deleted or disabled, or does not belong to {account}", remedyKey},
		{0, "invalid_grant", "reasonable timeframe", "the clock of this machine is wrong by more than five minutes{skew}", remedyClock},
		{0, "invalid_grant", "audience check", "the key's token_uri {uri} is not Google's", "use the key file as it was downloaded"},
		{0, "invalid_grant", "no valid verifier", "Google does not know the issuer {account}", "use the key file as it was downloaded"},
		{0, "invalid_grant", "invalid_rapt", "the credentials are a person's, and their session has ended", remedyPerson},
		{0, "invalid_grant", "expired or revoked", "the credentials are a person's, and were revoked", remedyPerson},
		{0, "invalid_scope", "", "a scope is misspelt or empty", "ask for {scopes}"},
		{0, "invalid_client", "", "Google does not accept the service account", remedyClient},
		{0, "deleted_client", "", "the service account {account} was deleted", remedyClient},
		{0, "disabled_client", "", "the service account {account} is disabled", remedyClient},
		{0, "org_internal", "", "the service account's project admits its own organisation only", remedyClient},
		{0, "invalid_request", "", "Google cannot make sense of the request, most likely of {subject}", remedySubject},
		{500, "", "", causeFault, remedyLater},
		{0, "internal_failure", "", causeFault, remedyLater},
		{0, "", "", "the reason is not one that is known", "see the answer above, and check the key {key} of {account}"},
	}
}

const (
	causeFault  = "Google's token endpoint has a fault"
	remedyLater = "try again later"
)

// stsRefusals are what Google's Security Token Service says (IAM guide:
// troubleshoot Workload Identity Federation). Its wording is not documented, so
// the codes decide as far as they can.
func stsRefusals() []refusal {
	const describe = "compare the provider with what it was given: gcloud iam workload-identity-pools providers describe {provider}"
	return []refusal{
		{0, "SERVICE_DISABLED", "", "the Security Token Service API is not enabled", "enable it, and wait some minutes: gcloud services enable sts.googleapis.com --project={number}"},
		{403, "", "has not been used in project", "the Security Token Service API is not enabled", "enable it, and wait some minutes: gcloud services enable sts.googleapis.com --project={number}"},
		{0, "", "attribute condition", "the attribute condition of the provider does not admit this identity, which is {identity}", "change the condition, or run as whom it admits; " + describe},
		{0, "unauthorized_client", "", "the provider does not admit this identity, which is {identity}", "let its attribute mapping and condition admit it; " + describe},
		{0, "invalid_target", "", "there is no such pool or provider, or it is disabled; the audience is {audience}", "check --google-workload-identity-provider (the project by its number); " + describe},
		{0, "invalid_grant", "", "the provider does not accept this identity, which is {identity}: the audience, the account or the issuer is another one, " +
			"or the clock of this machine is wrong{skew}; the audience is {audience}", describe + "; if that is right, " + remedyClock},
		{0, "invalid_request", "", "the Security Token Service cannot make sense of the request; the audience is {audience}", "check --google-workload-identity-provider; " + describe},
		{401, "", "", "the provider does not accept this identity, which is {identity}", describe},
		{403, "", "", "the provider does not admit this identity, which is {identity}", describe},
		{500, "", "", "the Security Token Service has a fault", remedyLater},
		{0, "", "", "the reason is not one that is known; the audience is {audience}", describe},
	}
}

const (
	// bindCreator lets the caller sign for the service account, and get tokens of it.
	bindCreator = `gcloud iam service-accounts add-iam-policy-binding {account} --role=roles/iam.serviceAccountTokenCreator --member="{member}"`
	// bindUser lets a federated caller get tokens of the service account, not sign.
	bindUser = `gcloud iam service-accounts add-iam-policy-binding {account} --role=roles/iam.workloadIdentityUser --member="{member}"`
	// bindSelf lets the service account sign for itself.
	bindSelf = `gcloud iam service-accounts add-iam-policy-binding {account} --role=roles/iam.serviceAccountTokenCreator --member="serviceAccount:{account}"`
)

// iamRefusals are what the IAM Service Account Credentials API says. Who lacks a
// permission, and who names an account that does not exist, both get a 403; its
// wording is not documented. The row for 403 depends on what was asked for.
func iamRefusals(cause403, remedy403 string) []refusal {
	return []refusal{
		{0, "SERVICE_DISABLED", "", "the API {api} is not enabled", remedyEnable},
		{403, "", "has not been used in project", "the API {api} is not enabled", remedyEnable},
		{403, "", "", cause403, remedy403},
		{404, "", "", "there is no service account {account}", "check --google-impersonate-service-account: gcloud iam service-accounts list"},
		{400, "", "", "the service account {account} cannot do this: it is disabled, or its address is wrong", "check --google-impersonate-service-account: gcloud iam service-accounts describe {account}"},
		{401, "", "", "Google does not accept the token of the caller, {caller}", "log in again; if it was just made, " + remedyClock},
		{429, "", "", "the quota of the IAM Service Account Credentials API is used up", remedyLater},
		{500, "", "", "the IAM Service Account Credentials API has a fault", remedyLater},
		{0, "", "", "the reason is not one that is known", "see the answer above, and check what the caller may do: " + bindCreator},
	}
}

const (
	causeSign    = "{caller} may not sign for {account} (it lacks iam.serviceAccounts.signJwt, or there is no such account)"
	remedySign   = "check the address, and let the caller sign: " + bindCreator
	causeToken   = "{caller} may not get tokens of {account} (it lacks iam.serviceAccounts.getAccessToken, or there is no such account)"
	remedyToken  = "check the address, and let the caller get them: {bind}"
	causeSelf    = "{account} may not sign for itself (it lacks iam.serviceAccounts.signJwt on itself), and {caller} may only get its tokens"
	remedySelf   = "let the account sign for itself: " + bindSelf + "; or, better, let the caller sign: " + bindCreator
	causeNeither = "{caller} may neither sign for {account} (it lacks iam.serviceAccounts.signJwt) nor get tokens of it " +
		"(iam.serviceAccounts.getAccessToken), or there is no such account"
	remedyNeither = "check the address, and either let the caller sign: " + bindCreator + "; or let it get tokens, and the account sign for itself: {bind}; and: " + bindSelf
)
