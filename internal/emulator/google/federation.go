package google

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// stsToken answers the security token service: a signed GetCallerIdentity
// request of AWS for a federated token (IAM guide: workload identity
// federation with AWS; RFC 8693). There is no AWS here to check the signature
// with: the access key decides who is calling.
func stsToken(c *call) (*reply, error) {
	if err := c.r.ParseForm(); err != nil {
		return nil, refuse(http.StatusBadRequest, "invalid_request", "Bad Request")
	}
	if c.view.f.Project.STSAPIOff {
		return nil, apiOff("sts.googleapis.com", "Security Token Service API", c.view.f.Project.Number)
	}
	form := c.r.PostForm
	if form.Get("grant_type") != "urn:ietf:params:oauth:grant-type:token-exchange" ||
		form.Get("subject_token_type") != "urn:ietf:params:aws:token-type:aws4_request" ||
		form.Get("requested_token_type") != "urn:ietf:params:oauth:token-type:access_token" {
		return nil, refuse(http.StatusBadRequest, "invalid_request", "Invalid grant_type, subject_token_type or requested_token_type.")
	}
	i := slices.IndexFunc(c.view.f.Providers, func(p Provider) bool { return p.Audience == form.Get("audience") })
	if i < 0 {
		return nil, refuse(http.StatusBadRequest, "invalid_target",
			"The target service indicated by the \"audience\" parameters is invalid. "+
				"This might either be because the pool or provider is disabled or deleted or because it doesn't exist.")
	}
	p := c.view.f.Providers[i]
	arn, err := c.awsCaller(p, form.Get("subject_token"))
	if err != nil {
		return nil, err
	}
	who := &session{
		kind: kindFederated, email: arn, members: p.members(arn),
		scopes: strings.Fields(form.Get("scope")), expires: c.now.Add(tokenLife),
	}
	return &reply{status: http.StatusOK, body: map[string]any{
		"access_token": c.s.issue(who), "issued_token_type": "urn:ietf:params:oauth:token-type:access_token",
		"token_type": "Bearer", "expires_in": int(tokenLife.Seconds()),
	}}, nil
}

// An awsRequest is the serialised request that stands for an AWS identity
// (IAM guide: workload identity federation with AWS, subject token).
type awsRequest struct {
	URL, Method string
	Headers     []struct{ Key, Value string }
	header      http.Header
}

func parseAWSRequest(subjectToken string) (awsRequest, error) {
	var r awsRequest
	plain, err := url.QueryUnescape(subjectToken)
	if err != nil || json.Unmarshal([]byte(plain), &r) != nil {
		return r, badSubject("it is no URL-encoded JSON")
	}
	r.header = http.Header{}
	for _, h := range r.Headers {
		r.header.Set(h.Key, h.Value)
	}
	u, err := url.Parse(r.URL)
	if err != nil || !strings.HasPrefix(u.Host, "sts.") || u.Query().Get("Action") != "GetCallerIdentity" || r.Method != http.MethodPost {
		return r, badSubject("it is no GetCallerIdentity request")
	}
	return r, nil
}

func badSubject(why string) error { return invalidGrant("Invalid AWS subject token: " + why + ".") }

// awsCaller reads the serialised request and says who signed it.
func (c *call) awsCaller(p Provider, subjectToken string) (arn string, err error) {
	r, err := parseAWSRequest(subjectToken)
	if err != nil {
		return "", err
	}
	at, err := time.Parse("20060102T150405Z", r.header.Get("X-Amz-Date"))
	arn = p.Callers[accessKey(r.header.Get("Authorization"))]
	switch {
	case err != nil || c.now.Sub(at).Abs() > 15*time.Minute:
		return "", badSubject("the signature has expired")
	case r.header.Get("X-Goog-Cloud-Target-Resource") != p.Audience:
		return "", badSubject("x-goog-cloud-target-resource is not the audience")
	case !strings.Contains(arn, ":"+p.AccountID+":"):
		return "", badSubject("the AWS account is not the provider's")
	case len(p.AllowedRoles) > 0 && !slices.Contains(p.AllowedRoles, roleARN(arn)):
		return "", refuse(http.StatusUnauthorized, "unauthorized_client", "The given credential is rejected by the attribute condition.")
	}
	return arn, nil
}

// accessKey is the key id in an AWS4-HMAC-SHA256 header.
func accessKey(authorization string) string {
	_, credential, _ := strings.Cut(authorization, "Credential=")
	key, _, _ := strings.Cut(credential, "/")
	return key
}

// roleARN is an assumed role without its session name.
func roleARN(arn string) string {
	if head, rest, ok := strings.Cut(arn, ":assumed-role/"); ok {
		role, _, _ := strings.Cut(rest, "/")
		return head + ":assumed-role/" + role
	}
	return arn
}

// members are the names that IAM policies may give a federated caller (IAM
// guide: principal identifiers, workload identity pool).
func (p Provider) members(arn string) []string {
	pool, _, _ := strings.Cut(strings.TrimPrefix(p.Audience, "//iam.googleapis.com/"), "/providers/")
	set := "principalSet://iam.googleapis.com/" + pool
	return []string{
		set + "/attribute.aws_role/" + roleARN(arn), set + "/attribute.account/" + p.AccountID, set + "/*",
		"principal://iam.googleapis.com/" + pool + "/subject/" + arn,
	}
}

// impersonate checks that the caller may use a service account. One that does
// not exist is a 403 too, since the project is a wildcard (IAM reference:
// signJwt, name).
func (c *call) impersonate(permission string, holders func(*ServiceAccount) []string) (*ServiceAccount, error) {
	if c.view.f.Project.IAMAPIOff {
		return nil, apiOff("iamcredentials.googleapis.com", "IAM Service Account Credentials API", c.view.f.Project.Number)
	}
	tok, err := bearer(c.r)
	if err != nil {
		return nil, err
	}
	if c.who = c.s.vaultUse(tok, 0, c.now); c.who == nil {
		return nil, invalidCredentials()
	}
	if !c.who.has([]string{scopePrefix + "cloud-platform", scopePrefix + "iam"}) {
		return nil, scopeMissing("iamcredentials."+permission, []string{scopePrefix + "cloud-platform"})
	}
	sa := c.view.accounts[fold(c.params["account"])]
	if sa == nil || sa.Deleted || !slices.ContainsFunc(holders(sa), func(m string) bool { return slices.Contains(c.who.members, m) }) {
		return nil, &apiError{
			code: http.StatusForbidden, reason: "forbidden", status: "PERMISSION_DENIED",
			message: "Permission 'iam.serviceAccounts." + permission + "' denied on resource (or it may not exist).",
			details: []any{map[string]any{
				"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "IAM_PERMISSION_DENIED", "domain": "iam.googleapis.com",
				"metadata": map[string]any{"permission": "iam.serviceAccounts." + permission},
			}},
		}
	}
	return sa, nil
}

// signJWT answers signJwt of the IAM Service Account Credentials API: it needs
// roles/iam.serviceAccountTokenCreator; roles/iam.workloadIdentityUser does
// not contain it.
func signJWT(c *call) (*reply, error) {
	sa, err := c.impersonate("signJwt", func(sa *ServiceAccount) []string { return sa.TokenCreators })
	if err != nil {
		return nil, err
	}
	var body struct{ Payload string }
	var payload map[string]any
	if json.NewDecoder(c.r.Body).Decode(&body) != nil || json.Unmarshal([]byte(body.Payload), &payload) != nil {
		return nil, &apiError{code: http.StatusBadRequest, reason: "badRequest", status: "INVALID_ARGUMENT", message: "Request contains an invalid argument."}
	}
	key, err := c.s.systemKey(sa.Email)
	if err != nil {
		return nil, err
	}
	signed, err := signPayload(body.Payload, systemKeyID(sa.Email), key)
	if err != nil {
		return nil, err
	}
	return &reply{status: http.StatusOK, body: map[string]any{"keyId": systemKeyID(sa.Email), "signedJwt": signed}}, nil
}

// generateAccessToken answers the method of that name: a token of the service
// account itself. It has no subject: delegation needs signJwt.
func generateAccessToken(c *call) (*reply, error) {
	sa, err := c.impersonate("getAccessToken", func(sa *ServiceAccount) []string {
		return slices.Concat(sa.TokenCreators, sa.IdentityUsers)
	})
	if err != nil {
		return nil, err
	}
	var body struct {
		Scope    []string
		Lifetime string
	}
	life := time.Hour
	if err := json.NewDecoder(c.r.Body).Decode(&body); err == nil && body.Lifetime != "" {
		life, _ = time.ParseDuration(body.Lifetime)
	}
	if life <= 0 || life > time.Hour || len(body.Scope) == 0 {
		return nil, &apiError{code: http.StatusBadRequest, reason: "badRequest", status: "INVALID_ARGUMENT", message: "Request contains an invalid argument."}
	}
	who := &session{kind: kindAccount, email: sa.Email, members: []string{"serviceAccount:" + sa.Email}, scopes: body.Scope, expires: c.now.Add(life)}
	return &reply{status: http.StatusOK, body: map[string]any{
		"accessToken": c.s.issue(who), "expireTime": who.expires.UTC().Format(time.RFC3339),
	}}, nil
}

// systemKeyID names the key that Google holds for a service account.
func systemKeyID(email string) string {
	return hex.EncodeToString([]byte(number(20, "system key", email)))
}

// systemKey is that key, made when it is first needed.
func (s *Server) systemKey(email string) (*rsa.PrivateKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if key := s.vault.keys[email]; key != nil {
		return key, nil
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	s.vault.keys[email] = key
	return key, nil
}

func (s *Server) systemPublic(email string) *rsa.PublicKey {
	s.mu.Lock()
	defer s.mu.Unlock()
	if key := s.vault.keys[email]; key != nil {
		return &key.PublicKey
	}
	return nil
}
