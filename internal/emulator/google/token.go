package google

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// An oauthError is a refusal in the form of the token endpoints (RFC 6749 §5.2).
type oauthError struct {
	code        int
	kind        string
	description string
}

func (e *oauthError) Error() string { return e.kind + ": " + e.description }

func (e *oauthError) body() map[string]any {
	body := map[string]any{"error": e.kind, "error_description": e.description}
	if e.description == reauthText {
		body["error_subtype"], body["error_uri"] = "invalid_rapt", "https://support.google.com/a/answer/9368756"
	}
	return body
}

func invalidGrant(description string) *oauthError {
	return &oauthError{http.StatusBadRequest, "invalid_grant", description}
}

func refuse(code int, kind, description string) *oauthError {
	return &oauthError{code, kind, description}
}

const (
	jwtBearer    = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	jwtBearerOld = "http://oauth.net/grant_type/jwt/1.0/bearer"

	notDelegated = "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested."
	badTimes     = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim."
)

// token answers the OAuth token endpoint for user credentials and for signed
// assertions, these in today's form and in the older one that Google's
// impersonate package still sends (OAuth 2.0 for server to server
// applications; RFC 7523 §2.1).
func token(c *call) (*reply, error) {
	if err := c.r.ParseForm(); err != nil {
		return nil, refuse(http.StatusBadRequest, "invalid_request", "Bad Request")
	}
	form := c.r.PostForm
	grant := form.Get("grant_type")
	if grant == "refresh_token" {
		return c.refreshed(form)
	}
	old := grant == "assertion" && form.Get("assertion_type") == jwtBearerOld
	if grant != jwtBearer && !old {
		return nil, refuse(http.StatusBadRequest, "unsupported_grant_type", "Invalid grant_type: "+grant)
	}
	a, err := parseJWT(form.Get("assertion"))
	if err == nil {
		err = json.Unmarshal(a.payload, &a.claims)
	}
	if err != nil {
		return nil, invalidGrant("Invalid JWT: " + err.Error())
	}
	sa, err := c.signer(a)
	if err != nil {
		return nil, err
	}
	who, err := c.grant(a, sa)
	if err != nil {
		return nil, err
	}
	return &reply{status: http.StatusOK, body: map[string]any{
		"access_token": c.s.issue(who), "expires_in": int(tokenLife.Seconds()), "token_type": "Bearer",
	}}, nil
}

// signer checks who signed the assertion, for whom and when.
func (c *call) signer(a assertion) (*ServiceAccount, error) {
	if !strings.HasSuffix(domainOf(a.claims.Issuer), ".gserviceaccount.com") {
		return nil, invalidGrant("Invalid JWT: No valid verifier found for issuer.")
	}
	sa := c.view.accounts[fold(a.claims.Issuer)]
	switch {
	case sa == nil || sa.Deleted:
		return nil, invalidGrant("Invalid grant: account not found")
	case !c.verified(a, sa):
		return nil, invalidGrant("Invalid JWT Signature.")
	case !c.audience(a, sa):
		return nil, invalidGrant("Invalid JWT: Failed audience check.")
	case !a.inTime(c.now):
		return nil, invalidGrant(badTimes)
	case sa.Disabled:
		return nil, refuse(http.StatusUnauthorized, "disabled_client", "The OAuth client was disabled.")
	}
	return sa, nil
}

func (c *call) verified(a assertion, sa *ServiceAccount) bool {
	if key := c.s.systemPublic(sa.Email); key != nil && a.kid == systemKeyID(sa.Email) {
		return a.signedBy(key)
	}
	return slices.ContainsFunc(sa.Keys, func(k Key) bool {
		key := parsePublic(k.PublicKey)
		return key != nil && !k.Disabled && (a.kid == "" || a.kid == k.ID) && a.signedBy(key)
	})
}

// audience is the token endpoint: the real one, the one in the key file, or
// this one under the name by which it was called.
func (c *call) audience(a assertion, sa *ServiceAccount) bool {
	aud := a.claims.Audience
	if slices.Contains([]string{
		"https://oauth2.googleapis.com/token", "https://www.googleapis.com/oauth2/v4/token", "https://accounts.google.com/o/oauth2/token",
	}, aud) {
		return true
	}
	here := "://" + c.r.Host + c.r.URL.Path
	return aud == "http"+here || aud == "https"+here ||
		slices.ContainsFunc(sa.Keys, func(k Key) bool { return k.TokenURI != "" && k.TokenURI == aud })
}

// grant decides what the assertion is worth: the service account itself, or
// with a subject that user, by domain-wide delegation.
func (c *call) grant(a assertion, sa *ServiceAccount) (*session, error) {
	scopes := strings.Fields(a.claims.Scope)
	if len(scopes) == 0 || slices.ContainsFunc(scopes, func(s string) bool { return !knownScope(s) }) {
		return nil, refuse(http.StatusBadRequest, "invalid_scope", "Invalid OAuth scope or ID token audience provided.")
	}
	who := &session{kind: kindAccount, email: sa.Email, members: []string{"serviceAccount:" + sa.Email}, scopes: scopes, expires: c.now.Add(tokenLife)}
	subject := a.claims.Subject
	if subject == "" {
		subject = a.claims.Prn
	}
	if subject == "" {
		return who, nil
	}
	missing := slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return slices.Contains(sa.DelegatedScopes, s) })
	u, err := c.subject(subject)
	switch {
	case err != nil:
		return nil, err
	case len(missing) == len(scopes):
		return nil, refuse(http.StatusUnauthorized, "unauthorized_client", notDelegated)
	case len(missing) > 0:
		return nil, refuse(http.StatusBadRequest, "access_denied", "Requested client not authorized")
	}
	who.kind, who.email, who.members = kindUser, u.PrimaryEmail, nil
	return who, nil
}

// subject finds the user to act for, who must be one of the customer, alive
// and not suspended.
func (c *call) subject(email string) (*userRow, error) {
	if !strings.Contains(email, "@") || strings.ContainsAny(email, " \t") {
		return nil, invalidGrant("Not a valid email")
	}
	u := c.view.user(email)
	switch {
	case u == nil && c.view.group(email) != nil:
		return nil, refuse(http.StatusUnauthorized, "unauthorized_client", notDelegated)
	case u == nil && slices.ContainsFunc(c.view.f.DeletedUsers, func(d User) bool { return fold(d.PrimaryEmail) == fold(email) }):
		return nil, invalidGrant("The account has been deleted")
	case u == nil:
		return nil, invalidGrant("Invalid email or User ID")
	case u.Suspended || u.Archived:
		return nil, refuse(http.StatusBadRequest, "access_denied", "Account restricted")
	}
	return u, nil
}

// knownScope says whether a scope exists: those of the Directory API by name
// (OAuth 2.0 scopes for Google APIs), others by their form.
func knownScope(scope string) bool {
	name, ok := strings.CutPrefix(scope, scopePrefix)
	if !ok || name == "" {
		return false
	}
	rest, isDirectory := strings.CutPrefix(name, "admin.directory.")
	if !isDirectory {
		return true
	}
	return slices.Contains([]string{
		"user", "user.alias", "user.security", "group", "group.member", "orgunit", "userschema", "customer", "domain",
		"rolemanagement", "device.chromeos", "device.mobile", "device.mobile.action", "notifications", "resource.calendar",
	}, strings.TrimSuffix(rest, ".readonly"))
}
