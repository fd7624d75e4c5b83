package google

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

const (
	revokedText = "Token has been expired or revoked."
	reauthText  = "reauth related error (invalid_rapt)"
)

// refreshed answers the token endpoint for user credentials (OAuth 2.0 for
// native applications: refreshing an access token; RFC 6749 §6).
func (c *call) refreshed(form url.Values) (*reply, error) {
	id, secret, basic := c.r.BasicAuth()
	if !basic {
		id, secret = form.Get("client_id"), form.Get("client_secret")
	}
	known := func(t RefreshToken) bool { return t.ClientID == id }
	client := slices.IndexFunc(c.view.f.RefreshTokens, known)
	if client < 0 {
		return nil, refuse(http.StatusUnauthorized, "invalid_client", "The OAuth client was not found.")
	}
	if c.view.f.RefreshTokens[client].ClientSecret != secret {
		return nil, refuse(http.StatusUnauthorized, "invalid_client", "The provided client secret is invalid.")
	}
	i := slices.IndexFunc(c.view.f.RefreshTokens, func(t RefreshToken) bool { return known(t) && t.Token == form.Get("refresh_token") })
	if i < 0 {
		return nil, invalidGrant("Bad Request")
	}
	t := c.view.f.RefreshTokens[i]
	u := c.view.user(t.Email)
	switch {
	case t.State == RefreshReauth:
		return nil, invalidGrant(reauthText)
	case t.State == RefreshRevoked:
		return nil, invalidGrant(revokedText)
	case u == nil:
		return nil, invalidGrant("Account has been deleted")
	case u.Suspended:
		return nil, invalidGrant("Account disabled: " + t.Email)
	}
	who := &session{
		kind: kindUser, email: u.PrimaryEmail, members: []string{"user:" + u.PrimaryEmail},
		scopes: t.Scopes, expires: c.now.Add(tokenLife), noProject: t.NoProject,
	}
	return &reply{status: http.StatusOK, body: map[string]any{
		"access_token": c.s.issue(who), "expires_in": int(tokenLife.Seconds()), "token_type": "Bearer", "scope": strings.Join(t.Scopes, " "),
	}}, nil
}
