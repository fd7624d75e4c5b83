package google

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// impersonate checks that the caller may use a service account. One that does
// not exist is a 403 too, since the project is a wildcard (IAM reference:
// signJwt, name).
func (c *call) impersonate(permission string, holders func(*ServiceAccount) []string) (*ServiceAccount, error) {
	if c.view.f.Project.IAMAPIOff {
		return nil, apiOff("iamcredentials.googleapis.com", "IAM Service Account Credentials API", c.view.f.Project.Number).plainly()
	}
	tok, err := bearer(c.r)
	if err != nil {
		return nil, badCredentials()
	}
	if c.who = c.s.vaultUse(tok, 0, c.now); c.who == nil {
		return nil, badCredentials()
	}
	if accepted := []string{scopePrefix + "cloud-platform", scopePrefix + "iam"}; !c.who.has(accepted) {
		return nil, lacksScope("iamcredentials.googleapis.com", "google.iam.credentials.v1.IAMCredentials."+title(strings.TrimPrefix(c.op, "iam.")), accepted).plainly()
	}
	sa := c.view.accounts[fold(c.params["account"])]
	if sa == nil || sa.Deleted || !slices.ContainsFunc(holders(sa), func(m string) bool { return slices.Contains(c.who.members, m) }) {
		return nil, permissionDenied("iam.serviceAccounts." + permission)
	}
	return sa, nil
}

// permissionDenied is the refusal of a caller whom no policy lets do it (IAM
// guide: troubleshoot permission error messages).
func permissionDenied(permission string) *apiError {
	e := &apiError{
		code: http.StatusForbidden, reason: "forbidden", status: "PERMISSION_DENIED",
		message: "Permission '" + permission + "' denied on resource (or it may not exist).",
		details: []any{map[string]any{
			"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "IAM_PERMISSION_DENIED", "domain": "iam.googleapis.com",
			"metadata": map[string]any{"permission": permission},
		}},
	}
	return e.plainly()
}

func invalidArgument() *apiError {
	e := &apiError{code: http.StatusBadRequest, reason: "badRequest", status: "INVALID_ARGUMENT", message: "Request contains an invalid argument."}
	return e.plainly()
}

// badCredentials is what APIs other than the Directory's say to a token that
// is missing, unknown or expired (IAM guide: troubleshoot workload identity
// federation).
func badCredentials() *apiError {
	e := &apiError{
		code: http.StatusUnauthorized, reason: "unauthorized", status: "UNAUTHENTICATED",
		message: "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential. " +
			"See https://developers.google.com/identity/sign-in/web/devconsole-project.",
		header: http.Header{"Www-Authenticate": {`Bearer realm="https://accounts.google.com/", error="invalid_token"`}},
	}
	return e.plainly()
}

// signJWT answers signJwt of the IAM Service Account Credentials API: it needs
// roles/iam.serviceAccountTokenCreator; roles/iam.workloadIdentityUser does
// not contain it. A service account needs the role on itself to sign for
// itself.
func signJWT(c *call) (*reply, error) {
	sa, err := c.impersonate("signJwt", func(sa *ServiceAccount) []string { return sa.TokenCreators })
	if err != nil {
		return nil, err
	}
	var body struct{ Payload string }
	if json.NewDecoder(c.r.Body).Decode(&body) != nil {
		return nil, invalidArgument()
	}
	payload, err := c.signable(body.Payload)
	if err != nil {
		return nil, err
	}
	key, err := c.s.systemKey(sa.Email)
	if err != nil {
		return nil, err
	}
	signed, err := signPayload(payload, systemKeyID(sa.Email), key)
	if err != nil {
		return nil, err
	}
	return &reply{status: http.StatusOK, body: map[string]any{"keyId": systemKeyID(sa.Email), "signedJwt": signed}}, nil
}

// signable checks the claims to sign. exp is a whole number, at most 12 hours
// ahead; without it an hour is added (IAM Service Account Credentials
// reference: signJwt, payload).
func (c *call) signable(payload string) (string, error) {
	claims := map[string]any{}
	dec := json.NewDecoder(strings.NewReader(payload))
	dec.UseNumber()
	if dec.Decode(&claims) != nil {
		return "", invalidArgument()
	}
	exp, given := claims["exp"]
	if !given {
		claims["exp"] = c.now.Add(time.Hour).Unix()
		data, err := json.Marshal(claims)
		return string(data), err
	}
	n, _ := exp.(json.Number)
	at, err := n.Int64()
	if err != nil || at > c.now.Add(12*time.Hour).Unix() {
		return "", invalidArgument()
	}
	return payload, nil
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
	if json.NewDecoder(c.r.Body).Decode(&body) != nil {
		return nil, invalidArgument()
	}
	life, ok := lifetime(body.Lifetime)
	if !ok || len(body.Scope) == 0 {
		return nil, invalidArgument()
	}
	who := &session{kind: kindAccount, email: sa.Email, members: []string{"serviceAccount:" + sa.Email}, scopes: body.Scope, expires: c.now.Add(life)}
	return &reply{status: http.StatusOK, body: map[string]any{
		"accessToken": c.s.issue(who), "expireTime": who.expires.UTC().Format(time.RFC3339),
	}}, nil
}

// lifetime reads a duration such as "3600s", an hour when absent and at most
// (IAM Service Account Credentials reference: generateAccessToken, lifetime;
// a longer one takes an organization policy).
func lifetime(text string) (time.Duration, bool) {
	if text == "" {
		return time.Hour, true
	}
	digits, ok := strings.CutSuffix(text, "s")
	n, err := strconv.ParseFloat(digits, 64)
	life := time.Duration(n * float64(time.Second))
	return life, ok && err == nil && life > 0 && life <= time.Hour
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
