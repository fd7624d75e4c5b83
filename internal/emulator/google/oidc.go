package google

import (
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// GitHubIssuer is the iss of GitHub Actions' tokens (GitHub documentation:
// OpenID Connect reference).
const GitHubIssuer = "https://token.actions.githubusercontent.com"

// audiences are one string or several (RFC 7519 §4.1.3).
type audiences []string

// UnmarshalJSON takes both forms.
func (a *audiences) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*a = audiences{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(a))
}

type oidcClaims struct {
	Issuer     string    `json:"iss"`
	Subject    string    `json:"sub"`
	Audience   audiences `json:"aud"`
	IssuedAt   float64   `json:"iat"`
	Expires    float64   `json:"exp"`
	Repository string    `json:"repository"`
	Owner      string    `json:"repository_owner"`
	Ref        string    `json:"ref"`
}

// oidcCaller checks an ID token (STS reference: token, subjectToken: kid and
// alg, iss, iat in the past, exp within 48 hours of it, sub, aud). What the
// refusals say is as reported by users: Google documents one of them.
func (c *call) oidcCaller(p Provider, subjectToken string) (*session, error) {
	a, err := parseJWT(subjectToken)
	var t oidcClaims
	if err == nil {
		err = json.Unmarshal(a.payload, &t)
	}
	if err != nil || a.kid == "" {
		return nil, invalidGrant("Unable to parse the ID Token.")
	}
	if t.Issuer != p.Issuer {
		return nil, invalidGrant(fmt.Sprintf("The issuer in ID Token %s does not match the expected ones: %s", t.Issuer, p.Issuer))
	}
	keys, err := c.issuerKeys(p, a.kid)
	if err != nil {
		return nil, err
	}
	at := float64(c.now.Unix())
	switch {
	case !slices.ContainsFunc(keys, a.signedBy):
		return nil, invalidGrant("Invalid signature of the ID Token.")
	case !slices.ContainsFunc(t.Audience, p.takes):
		return nil, invalidGrant(fmt.Sprintf("The audience in ID Token %v does not match the expected audience %s.", []string(t.Audience), p.Audience))
	case t.Expires <= at:
		return nil, invalidGrant(fmt.Sprintf("ID Token issued at %.0f is stale to sign-in.", t.IssuedAt))
	case t.IssuedAt > at, t.Expires-t.IssuedAt >= 48*3600:
		return nil, invalidGrant("Invalid times of the ID Token.")
	case t.Subject == "":
		return nil, invalidGrant("The ID Token has no subject.")
	case len(p.AllowedRepositories) > 0 && !slices.Contains(p.AllowedRepositories, t.Repository):
		return nil, unconditional()
	}
	return p.mapped(t.Subject, map[string]string{"repository": t.Repository, "repository_owner": t.Owner, "ref": t.Ref})
}

// takes says whether an audience means the provider (IAM reference: Oidc,
// allowedAudiences).
func (p Provider) takes(audience string) bool {
	if len(p.AllowedAudiences) > 0 {
		return slices.Contains(p.AllowedAudiences, audience)
	}
	return strings.TrimPrefix(audience, "https:") == p.Audience
}

// issuerKeys are the keys that may have signed: those that were uploaded, else
// those that the issuer publishes.
func (c *call) issuerKeys(p Provider, kid string) ([]*rsa.PublicKey, error) {
	var keys []*rsa.PublicKey
	for _, k := range p.JWKS {
		if key := parsePublic(k.PublicKey); key != nil && !k.Disabled && k.ID == kid {
			keys = append(keys, key)
		}
	}
	if len(p.JWKS) > 0 {
		return keys, nil
	}
	if p.Issuer != GitHubIssuer || c.view.f.GitHub.Repository == "" {
		return nil, invalidGrant("Error connecting to the given credential's issuer.")
	}
	if key := c.s.systemPublic(GitHubIssuer); key != nil && kid == systemKeyID(GitHubIssuer) {
		keys = append(keys, key)
	}
	return keys, nil
}
